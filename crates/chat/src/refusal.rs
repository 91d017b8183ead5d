//! Why an operation wasn't done.

use crate::ActionError;
use causerie_policy::Rule;
use causerie_store::StoreError;
use thiserror::Error;

/// A refusal, in the service's own words. Each gateway maps it to the codes of its protocol in one table.
#[derive(Clone, Debug, Error)]
pub enum Refusal {
    /// The rules say no.
    #[error("{0}")]
    Denied(Rule),
    /// There is no such room, or the asker mustn't know that there is.
    #[error("There is no such room.")]
    NoSuchRoom,
    /// There is no such user or group.
    #[error("There is no such user or group.")]
    NoSuchPrincipal,
    /// The endpoint hasn't entered the room.
    #[error("You are not in this room.")]
    NotJoined,
    /// There is no such user, or he may not sign in.
    #[error("This user is unknown or disabled.")]
    Unknown,
    /// The message is larger than allowed.
    #[error("The message has {size} bytes; {limit} are allowed.")]
    TooLarge {
        /// What it has, in bytes.
        size: usize,
        /// What it may have, in bytes.
        limit: usize,
    },
    /// A room can't be made or changed so. Nothing was done.
    #[error("{}", sentence(.0))]
    Action(Box<ActionError>),
    /// All who were to be given a role have it.
    #[error("They have this role already.")]
    AlreadyHeld,
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// Too much is waiting. Try again soon.
    #[error("The server is busy. Try again in a moment.")]
    Busy,
    /// The room's category takes no messages while compliance is behind.
    #[error("Messages can't be recorded for compliance at the moment. Try again later.")]
    ComplianceBehind,
    /// The store can't take it. Nothing was done.
    #[error("The server can't store this now: {0}.")]
    Store(StoreError),
}

impl Refusal {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Busy | Self::ComplianceBehind => true,
            Self::Store(error) => error.is_temporary(),
            _ => false,
        }
    }

    /// A short stable name for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Denied(rule) => rule.as_str(),
            Self::NoSuchRoom => "no-such-room",
            Self::NoSuchPrincipal => "no-such-principal",
            Self::NotJoined => "not-joined",
            Self::Unknown => "unknown-user",
            Self::TooLarge { .. } => "too-large",
            Self::Action(error) => error.name(),
            Self::AlreadyHeld => "already-held",
            Self::Invalid(_) => "invalid",
            Self::Busy => "busy",
            Self::ComplianceBehind => Rule::ComplianceBehind.as_str(),
            Self::Store(_) => "store",
        }
    }
}

/// An action's error is a part of a sentence, since command lines put something before it.
fn sentence(error: &ActionError) -> String {
    let text = error.to_string();
    let mut rest = text.chars();
    let first = rest.next().map(|c| c.to_ascii_uppercase());
    let end = if text.ends_with('.') { None } else { Some('.') };
    first.into_iter().chain(rest).chain(end).collect()
}

/// Which of several actions it was says nothing to who asked for one thing.
impl From<ActionError> for Refusal {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::InBatch { error, .. } => Self::from(*error),
            ActionError::Store(error) => Self::Store(error),
            ActionError::Stopped => Self::Busy,
            error => Self::Action(Box::new(error)),
        }
    }
}
