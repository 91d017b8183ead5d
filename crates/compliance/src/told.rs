//! What a record tells: of whom, of when, and in which words.

use crate::documents::Hold;
use causerie_model::{ChainId, Sealed, SipAddress, Timestamp};
use serde_json::Value;

/// What a record tells.
pub(crate) struct Told {
    chain: ChainId,
    /// Addresses without scheme of who did it, wrote it, or had it done to him.
    people: Vec<String>,
    /// It happened between these moments, both included.
    between: (Timestamp, Timestamp),
    /// The moment of the message that it is about.
    message_at: Option<Timestamp>,
    /// What was said, in lower case.
    texts: Vec<String>,
    /// The body can't be read: it may tell of anybody.
    unreadable: bool,
}

impl Told {
    /// Reads a record. Of a retired one nothing is told but its chain and time.
    pub(crate) fn of(record: &Sealed) -> Self {
        let body: Option<Value> = serde_json::from_str(&record.body).ok();
        let member = |name: &str| body.as_ref()?.get(name)?.as_str();
        let actor = record.actor.strip_prefix("sip:");
        let people = [actor, member("author"), member("user")];
        let lower = |name: &&str| member(name).map(str::to_lowercase);
        let not_before = member("notBefore").and_then(Timestamp::parse);
        Self {
            chain: record.chain,
            people: people.into_iter().flatten().map(str::to_lowercase).collect(),
            between: (not_before.unwrap_or(record.at).min(record.at), record.at),
            message_at: member("at").and_then(Timestamp::parse),
            texts: ["text", "replacement"].iter().filter_map(lower).collect(),
            unreadable: body.is_none(),
        }
    }

    /// Whether it tells of one of these people; of anybody if there are none.
    pub(crate) fn is_of(&self, people: &[SipAddress]) -> bool {
        let told = |person: &SipAddress| self.people.iter().any(|told| told == person.as_str());
        people.is_empty() || people.iter().any(told)
    }

    /// Whether one of these words, in lower case, is in what was said; anything if there are none.
    pub(crate) fn says(&self, words: &[String]) -> bool {
        let said = |word: &String| self.texts.iter().any(|text| text.contains(word.as_str()));
        words.is_empty() || words.iter().any(said)
    }

    /// Whether it can be of this time: at `from` or later, before `until`.
    pub(crate) fn is_in(&self, from: Option<Timestamp>, until: Option<Timestamp>) -> bool {
        let meets = |(first, last): (Timestamp, Timestamp)| {
            from.is_none_or(|from| last >= from) && until.is_none_or(|until| first < until)
        };
        meets(self.between) || self.message_at.is_some_and(|at| meets((at, at)))
    }

    /// Whether a hold covers it. What can't be told counts as covered.
    pub(crate) fn is_held_by(&self, hold: &Hold) -> bool {
        let in_room = hold.rooms.iter().any(|room| ChainId::Room(*room) == self.chain);
        (hold.rooms.is_empty() || in_room)
            && self.is_in(hold.from, hold.until)
            && (self.unreadable || self.is_of(&hold.people))
    }
}
