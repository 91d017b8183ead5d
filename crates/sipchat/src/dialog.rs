//! One dialog: its endpoint in the chat service, what it has asked and not been answered yet.

use crate::{Shared, codes, history::Gathering, info::Open, render};
use bytes::Bytes;
use causerie_chat::{Answer, Deliveries, Delivery, Endpoint, Operation, Refusal};
use causerie_model::{PartReason, SipAddress};
use causerie_sip::{
    Dialog, Method,
    ua::{Ending, Outbox, Party},
};
use causerie_xccos::{Correlation, names::reply as reply_name, reply};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::Arc,
    task::{Context, Poll},
};

/// Messages that one dialog puts into the outbox at a time, before others get their turn.
const BURST: usize = 64;

/// Every body that the server sends is of this type, as the protocol has it.
const TEXT_PLAIN: &str = "text/plain";

pub(crate) struct ChatDialog {
    pub(crate) shared: Arc<Shared>,
    pub(crate) sip: Dialog,
    address: String,
    via: String,
    /// Where the user is, for records of what he changes.
    pub(crate) origin: Box<str>,
    branches: u64,
    /// The last branch; all begin with its first `stem` octets.
    branch: String,
    stem: usize,
    attached: Option<(Endpoint, Deliveries)>,
    /// The end of the deliveries was seen; they must not be polled again.
    cut: bool,
    pub(crate) next_token: u64,
    pub(crate) pending: HashMap<u64, Pending>,
    /// INFOs with posts that wait for their commit.
    pub(crate) open: HashMap<u64, Open>,
    pub(crate) gathering: HashMap<u64, Gathering>,
    /// What wasn't understood here and was told of.
    told: Vec<Box<str>>,
}

/// Kinds of things not understood that are told of in one dialog, so that a client can't fill the log.
pub(crate) const MAX_TOLD: usize = 32;
/// Characters of a name that are told of. No real one is as long.
const MAX_TOLD_CHARS: usize = 64;

/// What an answer belongs to.
pub(crate) enum Pending {
    /// A command, answered by a reply.
    Command {
        name: Cow<'static, str>,
        kind: Kind,
        envid: String,
        seqid: String,
    },
    /// A post, answered by the response to its INFO.
    Post { open: u64, seqid: String },
    /// A room of a history request: which one in its order.
    Gathered { gathering: u64, place: usize },
}

/// What a reply needs to know beside the outcome.
pub(crate) enum Kind {
    Join,
    BatchJoin {
        domain: String,
    },
    Part {
        uri: String,
    },
    /// Rooms as a search shows them.
    ChannelSearch,
    /// Rooms with all that there is to tell.
    Rooms,
    Categories,
    Principals,
    Role,
    Permissions,
    Participants,
    Addins,
    /// Makes or changes a room; whether it is an error if nothing is other than before.
    Manage {
        must_change: bool,
    },
    Invitations,
    ServerInfo {
        info_type: String,
    },
    GetPreference {
        create_default: bool,
    },
    SetPreference {
        create_default: bool,
    },
}

impl ChatDialog {
    pub(crate) fn new(shared: Arc<Shared>, party: &Party, sip: Dialog) -> Self {
        let branch = format!("z9hG4bK{}", shared.random.token());
        Self {
            stem: branch.len(),
            branch,
            shared,
            sip,
            address: party.address.clone(),
            via: party.via.clone(),
            origin: party.peer.map(|peer| peer.to_string()).unwrap_or_default().into(),
            branches: 0,
            attached: None,
            cut: false,
            next_token: 0,
            pending: HashMap::new(),
            open: HashMap::new(),
            gathering: HashMap::new(),
            told: Vec::new(),
        }
    }

    /// Submits an operation, attaching to the chat service with the first one.
    pub(crate) fn submit(&mut self, pending: Pending, operation: Operation) -> Result<(), Refusal> {
        if self.attached.is_none() {
            let user = {
                let catalogue = self.shared.chat.catalogue();
                let address = SipAddress::parse(&self.address).map_err(|_| Refusal::Unknown)?;
                catalogue.user_by_address(&address).ok_or(Refusal::Unknown)?.id
            };
            self.attached = Some(self.shared.chat.attach(user)?);
        }
        let Some((endpoint, _)) = &self.attached else {
            return Err(Refusal::Unknown);
        };
        self.next_token += 1;
        endpoint.submit(self.next_token, operation)?;
        self.pending.insert(self.next_token, pending);
        Ok(())
    }

    /// Sends a document to the client.
    pub(crate) fn send(&mut self, body: Bytes, outbox: &mut Outbox) {
        self.branches += 1;
        self.branch.truncate(self.stem);
        self.branch.push_str(itoa::Buffer::new().format(self.branches));
        match self.sip.request(&Method::Info, &self.via, &self.branch) {
            Ok(info) => outbox.send(info.body(TEXT_PLAIN, body)),
            Err(error) => tracing::error!(user = %self.address, %error, "A dialog can't send any more."),
        }
    }

    /// Sends the reply to a command that failed.
    pub(crate) fn fail(
        &mut self,
        name: &str,
        envid: &str,
        seqid: &str,
        refusal: &Refusal,
        outbox: &mut Outbox,
    ) {
        let own = self.shared.next_envid();
        let to = Correlation {
            envid: &own,
            request_envid: envid,
            request_seqid: seqid,
        };
        let document = reply::error(name, &to, codes::xccos_code(refusal), &refusal.to_string());
        self.send(document.into(), outbox);
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>, outbox: &mut Outbox) -> Poll<()> {
        for _ in 0..BURST {
            let Some((_, deliveries)) = &mut self.attached else {
                return Poll::Pending;
            };
            match deliveries.poll_next(context) {
                Poll::Ready(Some(Delivery::Answer(answer))) => self.answered(*answer, outbox),
                Poll::Ready(Some(Delivery::Notice(broadcast))) => {
                    let shared = self.shared.clone();
                    let body = broadcast.wire(|notice| {
                        render::notice(&shared.settings.domain, &shared.next_envid(), notice).into()
                    });
                    self.send(body, outbox);
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
        // There may be more: come back after the others.
        context.waker().wake_by_ref();
        Poll::Pending
    }

    pub(crate) fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<Ending> {
        let Some((_, deliveries)) = self.attached.as_mut().filter(|_| !self.cut) else {
            return Poll::Pending;
        };
        deliveries.poll_cut(context).map(|reason| {
            self.cut = true;
            match reason {
                PartReason::SlowReader => Ending::SlowReader,
                PartReason::Removed => Ending::Removed,
                PartReason::Left | PartReason::Disconnected | PartReason::Lost => Ending::Stopped,
            }
        })
    }

    fn answered(&mut self, answer: Answer, outbox: &mut Outbox) {
        let Answer {
            token,
            result,
            statements,
        } = answer;
        let pending = self.pending.remove(&token);
        if self.pending.is_empty() {
            // An idle dialog keeps no room for them.
            self.pending = HashMap::new();
        }
        match pending {
            Some(Pending::Post { open, seqid }) => {
                self.post_answered(open, &seqid, result, statements, outbox);
            }
            Some(Pending::Command {
                name,
                kind,
                envid,
                seqid,
            }) => {
                tracing::debug!(
                    target: "causerie::xccos",
                    user = %self.address,
                    command = &*name,
                    queries = statements,
                    refusal = result.as_ref().err().map(Refusal::name),
                    "XCCOS command."
                );
                self.command_answered(&name, &kind, &envid, &seqid, result, outbox);
            }
            Some(Pending::Gathered { gathering, place }) => self.gathered(gathering, place, result, outbox),
            None => {}
        }
    }

    fn command_answered(
        &mut self,
        name: &str,
        kind: &Kind,
        envid: &str,
        seqid: &str,
        result: Result<causerie_chat::Outcome, Refusal>,
        outbox: &mut Outbox,
    ) {
        let own = self.shared.next_envid();
        let to = Correlation {
            envid: &own,
            request_envid: envid,
            request_seqid: seqid,
        };
        let rendered =
            result.and_then(|outcome| render::outcome(&self.shared.settings, name, kind, &to, &outcome));
        match rendered {
            Ok(document) => self.send(document.into(), outbox),
            Err(refusal) => self.fail(name, envid, seqid, &refusal, outbox),
        }
    }

    /// Tells of a refused post in XCCOS too, for clients that look there.
    pub(crate) fn fail_post(&mut self, envid: &str, seqid: &str, refusal: &Refusal, outbox: &mut Outbox) {
        self.fail(reply_name::POST, envid, seqid, refusal, outbox);
    }

    /// Tells of something that wasn't understood: once for each name, and of so many names.
    pub(crate) fn tell_once(&mut self, name: &str, why: &str) {
        let name: Box<str> = name.chars().take(MAX_TOLD_CHARS).collect();
        if self.told.len() < MAX_TOLD && !self.told.contains(&name) {
            tracing::info!(user = %self.address, name = ?name, why, "A request isn't understood.");
            self.told.push(name);
        }
    }

    pub(crate) fn call_id(&self) -> &str {
        &self.sip.id().call_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_dialog_is_small() {
        let size = size_of::<ChatDialog>();
        assert!(size <= 640, "a dialog has {size} bytes");
    }
}
