//! What officers name: people, rooms, periods, words. Checked and found here, for holds and matters alike.

use crate::{Compliance, ComplianceError, documents};
use causerie_model::{Actor, ChainId, RoomId, SipAddress, Timestamp};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Most people, rooms or words that one hold or matter names.
pub const MAX_NAMED: usize = 1_000;
/// Longest reason, name or word, in bytes.
pub const MAX_TEXT: usize = 1_000;

pub(crate) fn invalid<T>(text: impl Into<String>) -> Result<T, ComplianceError> {
    Err(ComplianceError::Invalid(text.into()))
}

/// An error if a text that people give is empty or too long.
pub(crate) fn check_text(what: &str, text: &str) -> Result<(), ComplianceError> {
    if text.trim().is_empty() || text.len() > MAX_TEXT {
        return invalid(format!("{what} has 1 to {MAX_TEXT} bytes, and not only blanks"));
    }
    Ok(())
}

/// An error if there are too many.
pub(crate) fn check_count<T>(what: &str, list: &[T]) -> Result<(), ComplianceError> {
    if list.len() > MAX_NAMED {
        return invalid(format!("{} {what} are too many: {MAX_NAMED} at most", list.len()));
    }
    Ok(())
}

/// An error if a period ends before it begins.
pub(crate) fn check_period(from: Option<Timestamp>, until: Option<Timestamp>) -> Result<(), ComplianceError> {
    match (from, until) {
        (Some(from), Some(until)) if from >= until => invalid(format!(
            "the period ends at {until}, not after it begins at {from}"
        )),
        _ => Ok(()),
    }
}

/// Addresses, in order, none twice.
pub(crate) fn people(texts: &[String]) -> Result<Vec<SipAddress>, ComplianceError> {
    check_count("people", texts)?;
    let parse =
        |text: &String| SipAddress::parse(text).map_err(|error| ComplianceError::Invalid(error.to_string()));
    let people: BTreeSet<SipAddress> = texts.iter().map(parse).collect::<Result<_, _>>()?;
    Ok(people.into_iter().collect())
}

impl Compliance {
    /// A warning for each of these people of whom no record tells that he did anything. The service knows no accounts: who is
    /// misspelt looks like somebody who hasn't come yet, so that this is no error. Nor is it one if that can't be told.
    pub(crate) async fn strangers(&self, people: &[SipAddress]) -> Vec<String> {
        let actor = |person: &SipAddress| Actor::User(person.clone()).to_string();
        let actors: Vec<String> = people.iter().map(actor).collect();
        let acted = match self.needs().records.who_acted(&actors).await {
            Ok(acted) => acted,
            Err(error) => {
                tracing::warn!("it can't be told whether there are records of those who were named: {error}");
                return Vec::new();
            }
        };
        let strangers = people.iter().filter(|person| !acted.contains(&actor(person)));
        let warning = |person| format!("no record tells of anything that {person} did: is the name right?");
        strangers.map(warning).collect()
    }

    /// Rooms by row, address (`ma-chan://domain/guid`), GUID or name (in any case), in order of rows, none twice. One that
    /// no record tells of is found by its row if it has records.
    ///
    /// # Errors
    /// [`ComplianceError::Unknown`] if there is no such room; [`ComplianceError::Invalid`] if several have the name,
    /// or one has it and another the row;
    /// [`ComplianceError::Store`].
    pub(crate) async fn rooms_named(&self, texts: &[String]) -> Result<Vec<RoomId>, ComplianceError> {
        check_count("rooms", texts)?;
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let known = documents::load_all::<documents::Room>(&*self.needs().records).await?;
        let known: Vec<(RoomId, documents::Room)> = known
            .into_iter()
            .filter_map(|(row, room)| Some((RoomId(row.parse().ok()?), room)))
            .collect();
        let prefix = format!("ma-chan://{}/", self.settings().domain);
        let mut rooms = BTreeSet::new();
        for text in texts {
            rooms.insert(self.room_named(text, &prefix, &known).await?);
        }
        Ok(rooms.into_iter().collect())
    }

    async fn room_named(
        &self,
        text: &str,
        prefix: &str,
        known: &[(RoomId, documents::Room)],
    ) -> Result<RoomId, ComplianceError> {
        let unknown = || ComplianceError::Unknown {
            what: "room",
            name: text.to_owned(),
        };
        let guid: Option<Uuid> = text.strip_prefix(prefix).unwrap_or(text).parse().ok();
        let name = text.to_lowercase();
        let matches = |room: &documents::Room| match guid {
            Some(guid) => room.guid == guid,
            None => room.name.to_lowercase() == name,
        };
        let named = known.iter().filter(|(_, room)| matches(room));
        let mut found: BTreeSet<RoomId> = named.map(|(row, _)| *row).collect();
        if let Ok(row) = text.parse::<i64>() {
            let room = RoomId(row);
            let is_known = known.iter().any(|(known, _)| *known == room);
            let head = self.needs().records.head(ChainId::Room(room)).await;
            if is_known || (row > 0 && head?.number > 0) {
                // One room's row may be another one's name.
                found.insert(room);
            }
        }
        let room = found.pop_first().ok_or_else(unknown)?;
        if !found.is_empty() {
            return invalid(format!(
                "several rooms are called '{text}': name it by its address"
            ));
        }
        Ok(room)
    }
}
