//! What of a batch belongs to one chain.

use crate::{Batch, StoreError, StoreFault};
use causerie_model::{ChainId, ChatId, Hash, Head, Record};
use causerie_room::advance;
use std::collections::{BTreeMap, btree_map::Entry};

/// The records that a batch adds to one chain, as an adapter needs them to check that they follow what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The chain.
    pub chain: ChainId,
    /// Number of the first record.
    number: u64,
    /// Hash of the record before the first.
    previous: Hash,
    /// The first message's number, if there is a message.
    chat_id: Option<ChatId>,
    /// The head after the last record. Its message number counts only if `chat_id` isn't `None`.
    last: Head,
}

impl Batch {
    /// The chains of this batch, each once.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] if the records of a chain don't follow each other, or a message isn't the one of its
    /// record's chain and number.
    pub fn spans(&self) -> Result<Vec<Span>, StoreError> {
        let mut spans: BTreeMap<ChainId, Span> = BTreeMap::new();
        for record in &self.records {
            check_place(record)?;
            match spans.entry(record.chain) {
                Entry::Occupied(mut span) => span.get_mut().extend(record)?,
                Entry::Vacant(span) => {
                    span.insert(Span {
                        chain: record.chain,
                        number: record.number,
                        previous: record.previous,
                        chat_id: record.chat_id,
                        last: advance(&Head::START, record),
                    });
                }
            }
        }
        Ok(spans.into_values().collect())
    }
}

impl Span {
    fn extend(&mut self, record: &Record) -> Result<(), StoreError> {
        let known = self.chat_id.is_some();
        check_follows(
            self.chain,
            &self.last,
            record.number,
            record.previous,
            record.chat_id.filter(|_| known),
        )?;
        self.chat_id = self.chat_id.or(record.chat_id);
        self.last = advance(&self.last, record);
        Ok(())
    }

    /// The chain's new head, if the span follows `stored`.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] if it doesn't.
    pub fn follow(&self, stored: &Head) -> Result<Head, StoreError> {
        check_follows(self.chain, stored, self.number, self.previous, self.chat_id)?;
        Ok(Head {
            chat_id: if self.chat_id.is_some() {
                self.last.chat_id
            } else {
                stored.chat_id
            },
            ..self.last
        })
    }
}

/// Rooms' rows begin with 1, and a message is stored where its record says.
fn check_place(record: &Record) -> Result<(), StoreError> {
    let room = match record.chain {
        ChainId::System => None,
        ChainId::Compliance => return Err(conflict(record.chain, "its records aren't made here")),
        ChainId::Room(room) if room.0 < 1 => return Err(conflict(record.chain, "no room has such a row")),
        ChainId::Room(room) => Some(room),
    };
    match &record.message {
        Some(message) if Some(message.room) != room || Some(message.chat_id) != record.chat_id => {
            Err(conflict(record.chain, "a message isn't that of its record"))
        }
        _ => Ok(()),
    }
}

fn check_follows(
    chain: ChainId,
    head: &Head,
    number: u64,
    previous: Hash,
    chat_id: Option<ChatId>,
) -> Result<(), StoreError> {
    if head.record.checked_add(1) != Some(number) {
        return Err(conflict(
            chain,
            &format!("record {number} doesn't follow record {}", head.record),
        ));
    }
    if previous != head.hash {
        return Err(conflict(
            chain,
            &format!(
                "record {number} was made after another record than {}",
                head.record
            ),
        ));
    }
    match chat_id {
        Some(id) if head.chat_id.0.checked_add(1) != Some(id.0) => Err(conflict(
            chain,
            &format!("message {id} doesn't follow message {}", head.chat_id),
        )),
        _ => Ok(()),
    }
}

fn conflict(chain: ChainId, what: &str) -> StoreError {
    let chain = match chain {
        ChainId::System => "the system's chain".to_owned(),
        ChainId::Compliance => "the chain of the compliance service".to_owned(),
        ChainId::Room(room) => format!("the chain of room {room}"),
    };
    StoreError::new(StoreFault::Conflict, format!("{chain}: {what}"))
}
