//! `bccontext` and searches of history: one request, each of its rooms an operation, one reply when all are there.

use crate::{
    dialog::{ChatDialog, Pending},
    info::room_guid,
    render::{self, MAX_HISTORY_BYTES},
};
use causerie_chat::{HistorySearch, Operation, Outcome, Refusal};
use causerie_model::{ChatId, Match, Order, SipAddress, Start, Timestamp};
use causerie_sip::ua::Outbox;
use causerie_xccos::{
    Correlation, RoomUri,
    blocks::{FailureBlock, RoomBlock},
    commands::{Backchat, HistoryQuery, SearchHistory},
    names::command,
    reply,
};
use std::collections::VecDeque;
use uuid::Uuid;

/// Rooms that one history request may name.
pub(crate) const MAX_HISTORY_ROOMS: usize = 64;

/// A history request on its way.
pub(crate) struct Gathering {
    name: String,
    envid: String,
    seqid: String,
    /// Each room as it was named, and what came of it.
    rooms: Vec<(String, Option<Result<RoomBlock<'static>, Refusal>>)>,
    /// Bytes of text that the reply still takes.
    room_left: usize,
}

impl Gathering {
    fn is_complete(&self) -> bool {
        self.rooms.iter().all(|(_, result)| result.is_some())
    }
}

impl ChatDialog {
    pub(crate) fn backchat(&mut self, asked: &Backchat, envid: &str, seqid: &str, outbox: &mut Outbox) {
        let default = u32::from(self.shared.chat.effective().default_chat_history);
        let count = asked.last.unwrap_or(default);
        let operation = |room| Operation::Backchat {
            room,
            count,
            before: None,
        };
        self.gather(
            command::BACKCHAT,
            &asked.chan_uris,
            envid,
            seqid,
            operation,
            outbox,
        );
    }

    pub(crate) fn search_history(
        &mut self,
        asked: &SearchHistory,
        envid: &str,
        seqid: &str,
        outbox: &mut Outbox,
    ) {
        let default = u32::from(self.shared.chat.effective().default_chat_history);
        match search(&asked.query, default) {
            Ok(search) => {
                let operation = |room| {
                    Operation::SearchRoom(Box::new(HistorySearch {
                        room,
                        ..search.clone()
                    }))
                };
                self.gather(&asked.name, &asked.chan_uris, envid, seqid, operation, outbox);
            }
            Err(refusal) => self.fail(&asked.name, envid, seqid, &refusal, outbox),
        }
    }

    /// Asks for each room, and answers if nothing could be asked for.
    fn gather(
        &mut self,
        name: &str,
        uris: &[String],
        envid: &str,
        seqid: &str,
        operation: impl Fn(Uuid) -> Operation,
        outbox: &mut Outbox,
    ) {
        if uris.is_empty() || uris.len() > MAX_HISTORY_ROOMS {
            let refusal =
                Refusal::Invalid(format!("A history request names 1 to {MAX_HISTORY_ROOMS} rooms."));
            return self.fail(name, envid, seqid, &refusal, outbox);
        }
        self.next_token += 1;
        let id = self.next_token;
        let mut rooms = Vec::new();
        for (place, uri) in uris.iter().enumerate() {
            let submitted = room_guid(uri)
                .and_then(|room| self.submit(Pending::Gathered { gathering: id, place }, operation(room)));
            rooms.push((uri.clone(), submitted.err().map(Err)));
        }
        let gathering = Gathering {
            name: name.to_owned(),
            envid: envid.to_owned(),
            seqid: seqid.to_owned(),
            rooms,
            room_left: MAX_HISTORY_BYTES,
        };
        if gathering.is_complete() {
            return self.gathered_all(gathering, outbox);
        }
        self.gathering.insert(id, gathering);
    }

    pub(crate) fn gathered(
        &mut self,
        id: u64,
        place: usize,
        result: Result<Outcome, Refusal>,
        outbox: &mut Outbox,
    ) {
        let Some(gathering) = self.gathering.get_mut(&id) else {
            return;
        };
        let settings = &self.shared.settings;
        let room = result.and_then(|outcome| render::history(settings, &outcome, &mut gathering.room_left));
        if let Some((_, slot)) = gathering.rooms.get_mut(place) {
            *slot = Some(room);
        }
        if gathering.is_complete()
            && let Some(gathering) = self.gathering.remove(&id)
        {
            self.gathered_all(gathering, outbox);
        }
    }

    /// Answers a history request. If no room could be read, it failed; otherwise those that couldn't are told of.
    fn gathered_all(&mut self, gathering: Gathering, outbox: &mut Outbox) {
        let Gathering {
            name,
            envid,
            seqid,
            rooms,
            ..
        } = gathering;
        let (mut read, mut failures, mut refusals) = (Vec::new(), Vec::new(), VecDeque::new());
        for (uri, result) in rooms {
            match result {
                Some(Ok(room)) => read.push(room),
                Some(Err(refusal)) => {
                    failures.push(failure(&uri));
                    refusals.push_back(refusal);
                }
                None => {}
            }
        }
        if let Some(refusal) = refusals.pop_front().filter(|_| read.is_empty()) {
            return self.fail(&name, &envid, &seqid, &refusal, outbox);
        }
        let own = self.shared.next_envid();
        let to = Correlation {
            envid: &own,
            request_envid: &envid,
            request_seqid: &seqid,
        };
        self.send(reply::history(&name, &to, &read, &failures).into(), outbox);
    }
}

/// A room that couldn't be read, as it was named. What isn't the URI of a room is told as it is.
fn failure(uri: &str) -> FailureBlock<'static> {
    match uri.parse::<RoomUri>() {
        Ok(uri) => FailureBlock::operation_failed(uri.domain, uri.guid),
        Err(_) => FailureBlock::operation_failed(String::new(), uri.to_owned()),
    }
}

/// The search of a query, for a room to be named.
fn search(query: &HistoryQuery, default: u32) -> Result<HistorySearch, Refusal> {
    let time = |text: &Option<String>| {
        let parse = |text: &String| {
            let time = Timestamp::parse(text.trim());
            time.ok_or_else(|| Refusal::Invalid(format!("'{text}' is not a date and time.")))
        };
        text.as_ref().map(parse).transpose()
    };
    let author = |uri: &String| {
        let address = SipAddress::parse(uri);
        address.map_err(|error| Refusal::Invalid(format!("An author is wrong: {error}.")))
    };
    let backwards = |on| {
        if on {
            Order::NewestFirst
        } else {
            Order::OldestFirst
        }
    };
    let text = query.text.as_ref();
    Ok(HistorySearch {
        room: Uuid::nil(),
        text: text.map(|text| text.words.clone()).unwrap_or_default(),
        words: if query.exact_phrase {
            Match::Phrase
        } else {
            Match::Any
        },
        case_sensitive: query.match_case,
        authors: query.authors.iter().map(author).collect::<Result<_, _>>()?,
        from: time(&query.from)?,
        to: time(&query.to)?,
        start: query.message_id.map(|id| {
            let id = ChatId(id.get());
            if query.search_backwards {
                Start::Before(id)
            } else {
                Start::After(id)
            }
        }),
        limit: query.last.or(query.limit).unwrap_or(default),
        // "The last so many" are the newest, whatever else is said.
        scan: backwards(query.search_backwards || query.last.is_some()),
        order: backwards(query.sort_backwards),
    })
}
