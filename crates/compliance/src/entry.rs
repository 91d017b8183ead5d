//! Records as exports tell of them.

use causerie_formats::{Entry, Person, What};
use causerie_model::Timestamp;
use causerie_records::Stored;
use serde_json::Value;
use std::collections::BTreeMap;

/// The members of a record's body; what is missing is empty.
struct Body(Value);

impl Body {
    fn text(&self, member: &str) -> &str {
        self.0.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, member: &str) -> u64 {
        self.0.get(member).and_then(Value::as_u64).unwrap_or_default()
    }

    fn optional(&self, member: &str) -> Option<&str> {
        self.0.get(member).and_then(Value::as_str)
    }
}

/// An address without scheme; what isn't one stays as it is.
fn bare(actor: &str) -> &str {
    actor.strip_prefix("sip:").unwrap_or(actor)
}

/// Who is in a room, and what people are called: display names by address, as the records before say.
#[derive(Debug, Default)]
pub(crate) struct People {
    /// Those in the room.
    pub(crate) present: BTreeMap<String, String>,
    /// The names of all who were heard of.
    names: BTreeMap<String, String>,
}

impl People {
    pub(crate) fn new(present: BTreeMap<String, String>) -> Self {
        Self {
            names: present.clone(),
            present,
        }
    }

    fn called(&mut self, address: &str, name: &str) {
        if !name.is_empty() {
            self.names.insert(address.to_owned(), name.to_owned());
        }
    }

    /// As an export names him.
    pub(crate) fn person(&self, address: &str, details: bool) -> Person {
        Person {
            address: address.to_owned(),
            name: self.names.get(address).filter(|_| details).cloned(),
        }
    }
}

/// What an export tells of a record. Who is in the room afterwards is noted.
pub(crate) fn entry(stored: &Stored, people: &mut People, details: bool) -> Entry {
    let record = &stored.record;
    let body = Body(serde_json::from_str(&record.body).unwrap_or_default());
    let user = body.text("user");
    let mut who = bare(&record.actor);
    let what = if stored.retired {
        What::Retired
    } else {
        match record.kind.as_str() {
            "JOIN" => {
                who = user;
                people.called(user, body.text("name"));
                people
                    .present
                    .insert(user.to_owned(), body.text("name").to_owned());
                What::Join
            }
            "PART" => {
                who = user;
                people.present.remove(user);
                What::Part {
                    reason: body.text("reason").to_owned(),
                    not_before: body.optional("notBefore").and_then(Timestamp::parse),
                }
            }
            "CHAT" => {
                who = body.text("author");
                people.called(who, body.text("authorName"));
                What::Chat {
                    id: body.number("chatId"),
                    text: body.text("text").to_owned(),
                }
            }
            "BACKCHAT" => {
                who = user;
                What::Backchat {
                    query: body.text("query").to_owned(),
                    shown: body.number("shown"),
                }
            }
            "DELETED" => What::Deleted {
                id: body.number("deleted"),
                text: body.text("text").to_owned(),
                author: body.text("author").to_owned(),
                replacement: body.optional("replacement").map(str::to_owned),
            },
            kind => What::Other {
                text: sentence(kind, &body, &record.body),
            },
        }
    };
    Entry {
        position: stored.position,
        number: record.number,
        at: record.at,
        who: people.person(who, details),
        what,
        kind: record.kind.clone(),
        body: record.body.clone(),
    }
}

/// Anything that exports have no element for, as a sentence.
fn sentence(kind: &str, body: &Body, whole: &str) -> String {
    let text = |member| body.text(member);
    let number = |member| body.number(member);
    match kind {
        "CHANGED" => format!(
            "{} of {}, before: [{}], after: [{}], from {}",
            text("what"),
            text("target"),
            text("before"),
            text("after"),
            text("origin")
        ),
        "PURGED" => format!(
            "cleared the history up to {}: {} messages",
            text("until"),
            number("messages")
        ),
        "DENIED" => format!(
            "{} was refused {} by the rule {}, {} times",
            text("user"),
            text("action"),
            text("rule"),
            number("times")
        ),
        "SIGNEDIN" => format!("was let in from {}", text("origin")),
        "QUERIED" => format!(
            "asked {} {} from {}: {} found, {} shown",
            text("what"),
            text("query"),
            text("origin"),
            number("found"),
            number("shown")
        ),
        "EXPORTED" => format!(
            "exported {} records after position {} up to {} for {} as {}, manifest {}",
            number("records"),
            number("after"),
            number("upTo"),
            text("of"),
            text("batch"),
            text("manifest")
        ),
        "RETIRED" => format!(
            "destroyed the content of {} records from {} to {} of chain {} by the rule {}",
            number("records"),
            number("first"),
            number("last"),
            text("chain"),
            text("rule")
        ),
        "SETASIDE" => format!(
            "set aside record {} of chain {}: {}",
            number("number"),
            text("chain"),
            text("reason")
        ),
        _ => format!("{kind} {whole}"),
    }
}
