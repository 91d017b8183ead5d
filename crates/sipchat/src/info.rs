//! INFO: a document arrives.
//!
//! Commands are answered 200 at once and replied to by an INFO of our own. A post is answered only when its fate is
//! known: 200 after the commit that holds it, otherwise a status that says why not.

use crate::{
    codes::{self, RETRY_AFTER_SECONDS},
    dialog::{ChatDialog, Pending},
    session::{OUT_OF_ORDER, refusal as refused, refuse},
};
use causerie_chat::{Operation, Outcome, Refusal};
use causerie_model::Extras;
use causerie_sip::{
    CheckedRequest, Sequence,
    ua::{Facts, Outbox},
};
use causerie_xccos::{
    Command, Correlation, Document, Post, PrimitiveKind, RoomUri, limits::DEFAULT_MAX_DOCUMENT_BYTES,
    names::code, reply,
};
use uuid::Uuid;

/// INFOs with posts of one dialog that may wait for their commit. One more is refused, so that a client can't make the
/// server remember without bound.
pub(crate) const MAX_OPEN: usize = 256;

/// An INFO with posts, not answered yet.
pub(crate) struct Open {
    request: CheckedRequest,
    envid: String,
    left: usize,
    refusal: Option<Refusal>,
    room: Option<String>,
    statements: u32,
}

impl ChatDialog {
    pub(crate) fn info(&mut self, request: &CheckedRequest, outbox: &mut Outbox) {
        match self.sip.receive(request) {
            Sequence::Next => {}
            // The first one is being worked on, and its answer is on the way.
            Sequence::Repeated => return,
            Sequence::OutOfOrder => return refuse(request, 500, OUT_OF_ORDER, outbox),
        }
        let document = match Document::parse(request.body(), DEFAULT_MAX_DOCUMENT_BYTES) {
            Ok(document) => document,
            Err(error) => {
                self.tell_once("INFO", &error.to_string());
                return refuse(request, 400, &error.to_string(), outbox);
            }
        };
        let posts = document
            .primitives
            .iter()
            .filter(|p| matches!(p.kind, PrimitiveKind::Post(_)))
            .count();
        let open = (posts > 0).then(|| self.open_info(request, &document.envid, posts));
        if let Some(None) = open {
            let response = refused(request, 503, "Too many posts are waiting")
                .header("Retry-After", &RETRY_AFTER_SECONDS.to_string());
            return outbox.respond(
                response,
                Facts {
                    refusal: Some("busy"),
                    ..Facts::default()
                },
            );
        }
        if posts == 0 {
            outbox.respond(request.response(200, None), self.facts(&document));
        }
        for primitive in document.primitives {
            let (envid, seqid) = (&document.envid, primitive.seqid);
            match primitive.kind {
                PrimitiveKind::Command(command) => self.command(command, envid, &seqid, outbox),
                PrimitiveKind::Post(post) => {
                    if let Some(Some(open)) = open {
                        self.post(open, post, &seqid, outbox);
                    }
                }
                PrimitiveKind::Unknown { name } => {
                    self.tell_once(&name, "unknown command");
                    self.not_supported(&name, envid, &seqid, outbox);
                }
                PrimitiveKind::Invalid { name, reason } => {
                    self.tell_once(&name, &reason);
                    let refusal = Refusal::Invalid(reason);
                    self.fail(&name, envid, &seqid, &refusal, outbox);
                }
            }
        }
    }

    /// What the log is told of an INFO with commands: the first one, and the first room that it names.
    fn facts(&self, document: &Document) -> Facts {
        let first = document
            .primitives
            .iter()
            .find_map(|primitive| match &primitive.kind {
                PrimitiveKind::Command(command) => Some(command),
                _ => None,
            });
        let guid = first.and_then(|command| match command {
            Command::Join(join) => Uuid::parse_str(&join.room.guid).ok(),
            Command::BatchJoin(join) => join
                .rooms
                .first()
                .and_then(|room| Uuid::parse_str(&room.guid).ok()),
            Command::Part(part) => room_guid(&part.chan_uri).ok(),
            Command::Backchat(backchat) => backchat.chan_uris.first().and_then(|uri| room_guid(uri).ok()),
            _ => None,
        });
        Facts {
            operation: first.map(Command::name),
            room: guid.and_then(|guid| self.room_name(guid)),
            ..Facts::default()
        }
    }

    fn room_name(&self, guid: Uuid) -> Option<String> {
        let catalogue = self.shared.chat.catalogue();
        catalogue.room_by_guid(guid).map(|room| room.name.clone())
    }

    fn open_info(&mut self, request: &CheckedRequest, envid: &str, posts: usize) -> Option<u64> {
        if self.open.len() >= MAX_OPEN {
            return None;
        }
        self.next_token += 1;
        let open = Open {
            request: request.clone(),
            envid: envid.to_owned(),
            left: posts,
            refusal: None,
            room: None,
            statements: 0,
        };
        self.open.insert(self.next_token, open);
        Some(self.next_token)
    }

    fn post(&mut self, open: u64, post: Post, seqid: &str, outbox: &mut Outbox) {
        let submitted = room_guid(&post.chan_uri).and_then(|room| {
            let name = self.room_name(room);
            if let Some(open) = self.open.get_mut(&open) {
                open.room = name;
            }
            let extras = Extras {
                attributes: post.extra.attributes.into_owned(),
                children: post.extra.children.into_owned(),
            };
            let pending = Pending::Post {
                open,
                seqid: seqid.to_owned(),
            };
            self.submit(
                pending,
                Operation::Post {
                    room,
                    text: post.text,
                    extras,
                },
            )
        });
        if let Err(refusal) = submitted {
            self.post_answered(open, seqid, Err(refusal), 0, outbox);
        }
    }

    pub(crate) fn post_answered(
        &mut self,
        id: u64,
        seqid: &str,
        result: Result<Outcome, Refusal>,
        statements: u32,
        outbox: &mut Outbox,
    ) {
        let Some(open) = self.open.get_mut(&id) else {
            return;
        };
        open.left -= 1;
        open.statements = open.statements.max(statements);
        let failed = result.err();
        if let Some(refusal) = &failed {
            open.refusal.get_or_insert_with(|| refusal.clone());
        }
        let envid = open.envid.clone();
        if open.left == 0
            && let Some(open) = self.open.remove(&id)
        {
            answer(open, outbox);
        }
        if let Some(refusal) = failed {
            self.fail_post(&envid, seqid, &refusal, outbox);
        }
    }

    /// Replies to a command that no operation does.
    pub(crate) fn not_supported(&mut self, name: &str, envid: &str, seqid: &str, outbox: &mut Outbox) {
        let own = self.shared.next_envid();
        let to = Correlation {
            envid: &own,
            request_envid: envid,
            request_seqid: seqid,
        };
        let (number, text) = (code::NOT_SUPPORTED.number, code::NOT_SUPPORTED.text);
        self.send(reply::error(name, &to, number, text).into(), outbox);
    }
}

/// Answers an INFO whose posts all have their fate. If one of several was refused, the INFO was.
fn answer(open: Open, outbox: &mut Outbox) {
    let Open {
        request,
        refusal,
        room,
        statements,
        ..
    } = open;
    let facts = Facts {
        operation: Some("grpchat"),
        room,
        statements,
        refusal: refusal.as_ref().map(Refusal::name),
    };
    let response = match refusal {
        None => request.response(200, None),
        Some(refusal) => {
            let response = refused(&request, codes::sip_status(&refusal), &refusal.to_string());
            match codes::sip_status(&refusal) {
                503 => response.header("Retry-After", &RETRY_AFTER_SECONDS.to_string()),
                _ => response,
            }
        }
    };
    outbox.respond(response, facts);
}

/// The GUID of a room URI. What isn't one names no room.
pub(crate) fn room_guid(uri: &str) -> Result<Uuid, Refusal> {
    let uri: RoomUri = uri.parse().map_err(|_| Refusal::NoSuchRoom)?;
    Uuid::parse_str(&uri.guid).map_err(|_| Refusal::NoSuchRoom)
}
