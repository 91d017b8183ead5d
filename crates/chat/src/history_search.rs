//! A search of one room's messages.

use causerie_model::{Match, MessageQuery, Order, RoomId, SipAddress, Start, TextQuery, Timestamp};
use std::fmt;
use uuid::Uuid;

use crate::Refusal;

/// Which messages of a room are looked for: those that fit all that is given.
#[derive(Clone, Debug)]
pub struct HistorySearch {
    /// The room, by GUID.
    pub room: Uuid,
    /// What the text holds, by the grammar of [`causerie_model::text_query`]; empty for anything.
    pub text: String,
    /// How much of the text must be held.
    pub words: Match,
    /// Whether the case of letters matters.
    pub case_sensitive: bool,
    /// Who wrote it: one of these; empty for anybody.
    pub authors: Vec<SipAddress>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Up to this time, inclusive.
    pub to: Option<Timestamp>,
    /// A place to begin from; then the times don't matter.
    pub start: Option<Start>,
    /// How many at most. The server has its own limit beside.
    pub limit: u32,
    /// Whether the newest or the oldest are taken if there are more than `limit`.
    pub scan: Order,
    /// The order of those that were taken.
    pub order: Order,
}

impl HistorySearch {
    /// The query to the store.
    pub(crate) fn query(&self, room: RoomId) -> Result<MessageQuery, Refusal> {
        let text = TextQuery::parse(&self.text, self.words, self.case_sensitive)
            .map_err(|error| Refusal::Invalid(error.to_string()))?;
        Ok(MessageQuery {
            rooms: vec![room],
            text,
            authors: self.authors.clone(),
            from: self.from,
            to: self.to.map(|to| Timestamp(to.0.saturating_add(1))),
            start: self.start,
            limit: self.limit,
            scan: self.scan,
            order: self.order,
        })
    }
}

/// In words, as the record of the search tells it.
impl fmt::Display for HistorySearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("search")?;
        if !self.text.trim().is_empty() {
            let case = if self.case_sensitive { " in this case" } else { "" };
            write!(f, " {} of {:?}{case}", self.words, self.text)?;
        }
        for (index, author) in self.authors.iter().enumerate() {
            write!(f, "{} {author}", if index == 0 { " by" } else { " or" })?;
        }
        match (self.start, self.from, self.to) {
            (Some(Start::Before(id)), ..) => write!(f, " before {id}")?,
            (Some(Start::After(id)), ..) => write!(f, " after {id}")?,
            (None, from, to) => {
                from.map_or(Ok(()), |from| write!(f, " from {from}"))?;
                to.map_or(Ok(()), |to| write!(f, " to {to}"))?;
            }
        }
        let scan = match self.scan {
            Order::NewestFirst => "newest",
            Order::OldestFirst => "oldest",
        };
        write!(f, ", the {scan} {}", self.limit)
    }
}
