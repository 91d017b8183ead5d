//! All that one user could have read between two moments.
//!
//! That is: the messages of each room that were posted while he was in it, by the order of the room's chain, and those that
//! his reads and searches of history showed him. Of a message that had been replaced before he was shown it, the record of the
//! replacement (`DELETED`) is among them, since that has what he saw. When a `PART` is lost, he counts as present until the time of its record,
//! and the room says so.

use crate::{
    Compliance, ComplianceError, ExportOutcome, ExportRequest, Found, Officer, Page, Progress,
    export::Selected, intake::PAGE, scope,
};
use causerie_model::{ChainId, RoomId, SipAddress, Timestamp};
use causerie_records::{Selection, Stored};
use serde_json::{Value, json};
use std::{collections::BTreeMap, slice::from_ref};

/// Whose reading is asked for, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The user.
    pub user: SipAddress,
    /// From this moment on …
    pub from: Timestamp,
    /// … and before this one.
    pub until: Timestamp,
}

/// What he could have read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// The messages: how many in each room, and a page of them.
    pub found: Found,
    /// Every room in which he was, or of which he was shown messages.
    pub rooms: BTreeMap<RoomId, RoomReads>,
    /// So many records of who entered, left or read history have lost their content: he may have been in more rooms.
    pub retired: u64,
    /// What looks like a mistake, a sentence each: no record tells of him.
    pub warnings: Vec<String>,
}

/// What he could have read in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomReads {
    /// When he was there, by numbers of the room's chain, ends excluded, with no end if he still was; rising.
    pub present: Vec<(u64, Option<u64>)>,
    /// So often it isn't known when he left: he counts as present until that was noted.
    pub lost: u64,
    /// Numbers of messages that he was shown as history, as ranges with both ends; rising.
    pub shown: Vec<(u64, u64)>,
    /// The same, each with the position of the record that tells of it; rising by that.
    showings: Vec<(u64, u64, u64)>,
}

impl RoomReads {
    fn enters(&mut self, number: u64) {
        if self.present.last().is_none_or(|(_, end)| end.is_some()) {
            self.present.push((number, None));
        }
    }

    fn leaves(&mut self, number: u64) {
        match self.present.last_mut() {
            Some((_, end @ None)) => *end = Some(number),
            // Of his entering nothing is left: he may have been there since he was seen leaving, or from the first on.
            Some((_, Some(end))) => {
                let begin = *end;
                self.present.push((begin, Some(number)));
            }
            None => self.present.push((0, Some(number))),
        }
    }

    fn was_there(&self, number: u64) -> bool {
        let begun = self.present.partition_point(|(begin, _)| *begin < number);
        let last = begun.checked_sub(1).and_then(|index| self.present.get(index));
        last.is_some_and(|(_, end)| end.is_none_or(|end| number < end))
    }

    fn was_shown(&self, chat_id: u64) -> bool {
        let begun = self.shown.partition_point(|(first, _)| *first <= chat_id);
        let last = begun.checked_sub(1).and_then(|index| self.shown.get(index));
        last.is_some_and(|(_, last)| chat_id <= *last)
    }

    /// Whether he was shown this message after a position.
    fn was_shown_after(&self, chat_id: u64, position: u64) -> bool {
        let later = self.showings.partition_point(|(_, _, at)| *at <= position);
        let mut later = self.showings.iter().skip(later);
        later.any(|(first, last, _)| (*first..=*last).contains(&chat_id))
    }

    /// Sorts what he was shown, and makes one range of those that touch.
    fn settle(&mut self) {
        self.shown.sort_unstable();
        let mut settled: Vec<(u64, u64)> = Vec::new();
        for (first, last) in self.shown.drain(..) {
            match settled.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => settled.push((first, last)),
            }
        }
        self.shown = settled;
    }
}

/// Reads ranges as [`causerie_model::chat_id_ranges`] writes them.
fn ranges(text: &str) -> impl Iterator<Item = (u64, u64)> + '_ {
    text.split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((first.parse().ok()?, last.parse().ok()?))
    })
}

fn asked(reading: &Reading) -> Value {
    json!({
        "from": reading.from.to_string(),
        "until": reading.until.to_string(),
        "user": reading.user.as_str(),
    })
}

impl Reads {
    /// Takes in that he entered, left or was shown something.
    fn learn(&mut self, stored: &Stored, reading: &Reading) {
        let record = &stored.record;
        if stored.retired {
            self.retired += 1;
            return;
        }
        let Ok(body) = serde_json::from_str::<Value>(&record.body) else {
            return;
        };
        let member = |name: &str| body.get(name).and_then(Value::as_str);
        if member("user") != Some(reading.user.as_str()) {
            return;
        }
        match (record.kind.as_str(), record.chain) {
            ("JOIN", ChainId::Room(room)) => self.rooms.entry(room).or_default().enters(record.number),
            ("PART", ChainId::Room(room)) => {
                let room = self.rooms.entry(room).or_default();
                room.leaves(record.number);
                if member("notBefore").is_some() && record.at >= reading.from {
                    room.lost += 1;
                }
            }
            ("BACKCHAT", _) if record.at >= reading.from => {
                let seen = body.get("seen").and_then(Value::as_array);
                for seen in seen.into_iter().flatten() {
                    let room = seen.get("room").and_then(Value::as_i64);
                    let messages = seen.get("messages").and_then(Value::as_str);
                    if let (Some(room), Some(messages)) = (room, messages) {
                        let room = self.rooms.entry(RoomId(room)).or_default();
                        room.shown.extend(ranges(messages));
                        let showings = ranges(messages).map(|(first, last)| (first, last, stored.position));
                        room.showings.extend(showings);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether he could have read this message, or what it was replaced by.
    pub(crate) fn holds(&self, stored: &Stored, reading: &Reading) -> bool {
        let record = &stored.record;
        let ChainId::Room(room) = record.chain else {
            return false;
        };
        let Some(room) = self.rooms.get(&room) else {
            return false;
        };
        let body: Value = serde_json::from_str(&record.body).unwrap_or_default();
        let number = |name: &str| body.get(name).and_then(Value::as_u64);
        if record.kind == "DELETED" {
            let is_replaced = body.get("replacement").is_some_and(Value::is_string);
            let shown =
                number("deleted").is_some_and(|chat_id| room.was_shown_after(chat_id, stored.position));
            return is_replaced && shown;
        }
        let inside = record.at >= reading.from && record.at < reading.until;
        (inside && room.was_there(record.number))
            || number("chatId").is_some_and(|chat_id| room.was_shown(chat_id))
    }

    /// The messages of the rooms that matter, and their replacements.
    pub(crate) fn selection(&self, reading: &Reading) -> Selection {
        Selection {
            chains: self.rooms.keys().copied().map(ChainId::Room).collect(),
            kinds: ["CHAT", "DELETED"].map(str::to_owned).to_vec(),
            until: Some(reading.until),
            ..Selection::default()
        }
    }
}

impl Compliance {
    /// All that a user could have read. What was asked, how much was found and how much shown is recorded before it is
    /// given.
    ///
    /// `progress` is told how far it is: first all records are looked through for where he was, then those of these rooms. How
    /// many the latter are is known only then; before, they count as all.
    ///
    /// # Errors
    /// [`ComplianceError::Invalid`] if the period ends before it begins; [`ComplianceError::Store`],
    /// [`ComplianceError::Busy`] if it can't be recorded: then nothing is shown.
    pub async fn reads(
        &self,
        officer: &Officer,
        reading: &Reading,
        page: Page,
        progress: Progress<'_>,
    ) -> Result<Reads, ComplianceError> {
        let up_to = self.needs().records.end().await?;
        let looked = |done, of: u64| progress(done, of.saturating_mul(2));
        let mut reads = self.presence(reading, up_to, &looked).await?;
        if reads.rooms.is_empty() {
            reads.found.up_to = up_to;
            progress(up_to, up_to);
        } else {
            let fits = |stored: &Stored| reads.holds(stored, reading);
            let sifted = |done, of| progress(up_to + done, up_to + of);
            let found = self
                .sift(&reads.selection(reading), up_to, &fits, page, &sifted)
                .await?;
            reads.found = found;
        }
        reads.warnings = self.strangers(from_ref(&reading.user)).await;
        let asked = asked(reading);
        self.queried(officer, "reads", ("reading", asked), page, &reads.found)
            .await?;
        Ok(reads)
    }

    /// Exports all that a user could have read as a batch with its manifest. With `what_if` it is only counted, which is
    /// recorded as any query.
    ///
    /// # Errors
    /// As [`Compliance::reads`]; [`ComplianceError::Delivery`]: then there is no batch.
    pub async fn export_reads(
        &self,
        officer: &Officer,
        reading: &Reading,
        request: &ExportRequest,
        what_if: bool,
        progress: Progress<'_>,
    ) -> Result<ExportOutcome, ComplianceError> {
        let up_to = self.covered_now().await?;
        let reads = self.presence(reading, up_to, &|_, _| {}).await?;
        let selected = Selected {
            of: "reads".to_owned(),
            what: "reads.export",
            asked: ("reading", asked(reading)),
            selection: reads.selection(reading),
            up_to: if reads.rooms.is_empty() { 0 } else { up_to },
            fits: &|stored| reads.holds(stored, reading),
            words: format!("all that one user could have read: {}", asked(reading)),
        };
        let warnings = self.strangers(from_ref(&reading.user)).await;
        let mut outcome = self
            .export_selected(officer, request, selected, what_if, progress)
            .await?;
        outcome.found.retired += reads.retired;
        outcome.warnings = warnings;
        Ok(outcome)
    }

    /// Where he was and what he was shown, by the records up to a position.
    pub(crate) async fn presence(
        &self,
        reading: &Reading,
        up_to: u64,
        progress: Progress<'_>,
    ) -> Result<Reads, ComplianceError> {
        scope::check_period(Some(reading.from), Some(reading.until))?;
        let selection = Selection {
            kinds: ["JOIN", "PART", "BACKCHAT"].map(str::to_owned).to_vec(),
            until: Some(reading.until),
            ..Selection::default()
        };
        let mut reads = Reads::default();
        let mut after = 0;
        while after < up_to {
            self.goes_on()?;
            let page = self.needs().records.select(&selection, after, PAGE).await?;
            after = page.last().map_or(up_to, |last| last.position.min(up_to));
            for stored in page.iter().filter(|stored| stored.position <= up_to) {
                reads.learn(stored, reading);
            }
            progress(after, up_to);
        }
        reads.rooms.values_mut().for_each(RoomReads::settle);
        Ok(reads)
    }
}
