//! What the sequencer can be told.

use crate::{Action, ActionError, By, Operation, Outcome, Refusal, Told, delivery::Sink};
use causerie_model::{Actor, ChainId, EndpointId, PartReason, PrincipalId, RoomId};
use causerie_policy::Rule;
use causerie_store::{Invitation, StoreError};
use tokio::{sync::oneshot, time::Instant};

/// What the sequencer can be told.
pub(crate) enum Command {
    /// A device came.
    Attach {
        endpoint: EndpointId,
        user: PrincipalId,
        sink: Sink,
    },
    /// A device asks for something.
    Operate {
        endpoint: EndpointId,
        token: u64,
        operation: Operation,
        /// When it was handed in.
        queued: Instant,
    },
    /// A device is gone.
    Detach {
        endpoint: EndpointId,
        reason: PartReason,
    },
    /// Somebody's rights in a room ended.
    Evict { room: RoomId, endpoint: EndpointId },
    /// History was read and can be handed over once that is recorded.
    Shown {
        endpoint: EndpointId,
        token: u64,
        shown: Shown,
    },
    /// Invitations were issued: those who are here are told.
    Invited(Vec<Invitation>),
    /// A user's invitations were read.
    InvitationsRead {
        endpoint: EndpointId,
        token: u64,
        read: Result<Vec<Invitation>, StoreError>,
        statements: u32,
    },
    /// Says when all that was committed before is in memory too.
    Sync(oneshot::Sender<()>),
    /// A question was answered.
    Answered {
        endpoint: EndpointId,
        token: u64,
        result: Result<Outcome, Refusal>,
    },
    /// An administrator's role didn't let him do something.
    Refused {
        actor: Actor,
        act: &'static str,
        rule: Rule,
    },
    /// An administrator acts.
    Act {
        by: By,
        actions: Vec<Action>,
        /// Nothing is done; only what would be is told.
        rehearsal: bool,
        reply: oneshot::Sender<Result<Vec<Told>, ActionError>>,
    },
}

/// What was read from history.
pub(crate) struct Shown {
    /// The room whose chain records the reading; the system's chain if it went over several rooms.
    pub(crate) chain: ChainId,
    /// What was asked, in words.
    pub(crate) query: String,
    pub(crate) result: Result<Outcome, Refusal>,
    pub(crate) statements: u32,
}
