//! The check that nobody touched a chain.

use crate::{body, chain::next_chat_id};
use causerie_model::{ChainId, ChatId, Hash, Head, Sealed, Timestamp};
use causerie_proof::record::Content;
use std::{error::Error, fmt};

/// One record as it was found, in a database or in an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// The chain.
    pub chain: ChainId,
    /// Its number in the chain.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who did it, as [`causerie_model::Actor`] prints it.
    pub actor: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its body as stored.
    pub body: &'a str,
    /// The hash of the record before, as stored.
    pub previous: Hash,
    /// Its hash, as stored.
    pub hash: Hash,
}

impl<'a> From<&'a Sealed> for Link<'a> {
    fn from(record: &'a Sealed) -> Self {
        Self {
            chain: record.chain,
            number: record.number,
            at: record.at,
            actor: &record.actor,
            kind: &record.kind,
            body: &record.body,
            previous: record.previous,
            hash: record.hash,
        }
    }
}

/// The first record that is wrong, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The chain that the record says it is in.
    pub chain: ChainId,
    /// The number that the record says it has.
    pub number: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// How a record is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Records are missing before it.
    Gap {
        /// The number that should be here.
        expected: u64,
    },
    /// It names another record as the one before.
    Previous,
    /// Its hash isn't that of its content, or its content isn't that of its kind.
    Content,
    /// It is in the wrong place: its number was there already, it is of another chain, it is earlier than the record
    /// before, or its message doesn't have the next number.
    Order,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.chain {
            ChainId::System => write!(f, "record {} of the system: ", self.number)?,
            ChainId::Compliance => write!(f, "record {} of the compliance service: ", self.number)?,
            ChainId::Room(room) => write!(f, "record {} of room {room}: ", self.number)?,
        }
        match self.fault {
            Fault::Gap { expected } => write!(f, "the records from {expected} on are missing before it"),
            Fault::Previous => f.write_str("the record before it isn't the one that it was made after"),
            Fault::Content => f.write_str("its content isn't what was recorded"),
            Fault::Order => f.write_str("it is in the wrong place"),
        }
    }
}

impl Error for Broken {}

/// Checks that these records are of `chain`, follow `start` without a gap, and are as they were sealed. Returns the last
/// one's head, to be compared with a signed one: a chain that was cut at its end is sound by itself.
///
/// `start` is [`Head::START`] or the head at a checkpoint, with its message number.
///
/// # Errors
/// [`Broken`] names the first wrong record.
pub fn verify<'a>(
    chain: ChainId,
    links: impl IntoIterator<Item = Link<'a>>,
    start: Head,
) -> Result<Head, Broken> {
    let mut head = start;
    for link in links {
        let broken = |fault| Broken {
            chain: link.chain,
            number: link.number,
            fault,
        };
        head = follow(&head, chain, &link).map_err(broken)?;
    }
    Ok(head)
}

/// The head after `link`, if it follows `head` in `chain`.
fn follow(head: &Head, chain: ChainId, link: &Link<'_>) -> Result<Head, Fault> {
    let expected = head.record.saturating_add(1);
    if link.chain != chain || link.number < expected {
        return Err(Fault::Order);
    }
    if link.number > expected {
        return Err(Fault::Gap { expected });
    }
    if link.previous != head.hash {
        return Err(Fault::Previous);
    }
    let Link {
        chain,
        number,
        at,
        actor,
        kind,
        body,
        previous,
        hash,
    } = *link;
    if (Content {
        previous,
        chain,
        number,
        at,
        actor,
        kind,
        body,
    })
    .hash()
        != hash
    {
        return Err(Fault::Content);
    }
    let chat_id: ChatId = match kind {
        "CHAT" => body::chat_id(body).ok_or(Fault::Content)?,
        _ => head.chat_id,
    };
    if at < head.at || (kind == "CHAT" && chat_id != next_chat_id(head)) {
        return Err(Fault::Order);
    }
    Ok(Head {
        record: number,
        chat_id,
        at,
        hash,
    })
}
