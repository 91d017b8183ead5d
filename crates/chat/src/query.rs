//! Questions that need no sequencing: finding rooms, describing one, reading and searching history.

use crate::{Inner, Outcome, Refusal, RoomSummary, SearchIn, ServerInfo};
use causerie_model::{Catalogue, Match, Message, MessageQuery, PrincipalId, Room, TextQuery};
use causerie_policy::{Action, Asker, Verdict, decide};
use causerie_store::History;
use std::sync::Arc;
use uuid::Uuid;

impl Inner {
    /// The room with this GUID, if the rules let this user do this there.
    pub(crate) fn permitted(&self, who: PrincipalId, action: Action, guid: Uuid) -> Result<Room, Refusal> {
        let catalogue = self.catalogue();
        let room = catalogue.room_by_guid(guid).ok_or(Refusal::NoSuchRoom)?;
        check(&decide(&catalogue, who, action, room.id))?;
        Ok(room.clone())
    }

    /// What was read, as far as this user may read it now.
    pub(crate) fn still_permitted(&self, who: PrincipalId, read: Outcome) -> Result<Outcome, Refusal> {
        let Outcome::Messages {
            room,
            mut messages,
            matches,
        } = read
        else {
            return Ok(read);
        };
        let catalogue = self.catalogue();
        let asker = Asker::new(&catalogue, who);
        if let Some(summary) = &room {
            check(&asker.decide(Action::ReadHistory, summary.room.id))?;
        }
        messages.retain(|message| asker.decide(Action::ReadHistory, message.room).allowed);
        Ok(Outcome::Messages {
            room,
            messages,
            matches,
        })
    }

    /// The room as others see it.
    pub(crate) fn summary(&self, catalogue: &Catalogue, room: &Room) -> Option<RoomSummary> {
        Some(RoomSummary {
            room: room.clone(),
            category: catalogue.category(room.category)?.clone(),
            addin: room.addin.and_then(|id| catalogue.addin(id)).cloned(),
            present: self.present().get(&room.id).copied().unwrap_or(0),
        })
    }

    /// What the server is and allows.
    pub(crate) fn server_info(&self) -> Outcome {
        Outcome::ServerInfo(ServerInfo {
            time: self.clock.now(),
            database: self.database,
            search_results: self.settings.search_results,
            message_bytes: self.settings.message_bytes,
            story_bytes: self.settings.story_bytes,
            room_management_url: Some(self.effective().room_management_url).filter(|url| !url.is_empty()),
        })
    }

    /// Messages with all these words, from rooms that this user may read now.
    pub(crate) async fn search(
        &self,
        history: &dyn History,
        who: PrincipalId,
        rooms: &SearchIn,
        words: &str,
        count: u32,
    ) -> Result<(Option<RoomSummary>, Vec<Arc<Message>>), Refusal> {
        let text = TextQuery::parse(words, Match::All, false)
            .map_err(|error| Refusal::Invalid(error.to_string()))?;
        let (summary, ids) = match rooms {
            SearchIn::Room(guid) => {
                let room = self.permitted(who, Action::ReadHistory, *guid)?;
                (self.summary(&self.catalogue(), &room), vec![room.id])
            }
            SearchIn::All => {
                let catalogue = self.catalogue();
                let asker = Asker::new(&catalogue, who);
                let rooms = catalogue.rooms().map(|room| room.id);
                (
                    None,
                    rooms
                        .filter(|id| asker.decide(Action::ReadHistory, *id).allowed)
                        .collect(),
                )
            }
        };
        // Without words nothing is asked for.
        if text.is_none() {
            return Ok((summary, Vec::new()));
        }
        let query = MessageQuery {
            text,
            ..MessageQuery::newest(ids, count.min(self.settings.search_results))
        };
        let found = history.search(&query).await.map_err(Refusal::Store)?;
        Ok((summary, found.messages.into_iter().map(Arc::new).collect()))
    }
}

/// A verdict as a result. A room that the asker mustn't know of looks like one that doesn't exist.
pub(crate) fn check(verdict: &Verdict) -> Result<(), Refusal> {
    match verdict {
        Verdict { allowed: true, .. } => Ok(()),
        Verdict { rule, .. } if rule.hides() => Err(Refusal::NoSuchRoom),
        Verdict { rule, .. } => Err(Refusal::Denied(*rule)),
    }
}
