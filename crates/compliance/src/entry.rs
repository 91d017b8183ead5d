//! Records as exports tell of them.

use causerie_formats::{Entry, Person, What};
use causerie_model::{Sealed, Timestamp};
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
    let told = if stored.retired {
        Some((bare(&record.actor).to_owned(), What::Retired))
    } else {
        told(record, people)
    };
    // What can't be read as what it is goes out as it is.
    let (who, what) = told.unwrap_or_else(|| {
        let text = format!("{} {}", record.kind, record.body);
        (bare(&record.actor).to_owned(), What::Other { text })
    });
    Entry {
        position: stored.position,
        number: record.number,
        at: record.at,
        who: people.person(&who, details),
        what,
        kind: record.kind.clone(),
        body: record.body.clone(),
    }
}

/// Who did what; `None` if the body lacks what a record of its kind has.
fn told(record: &Sealed, people: &mut People) -> Option<(String, What)> {
    let body = Body(serde_json::from_str(&record.body).ok().filter(Value::is_object)?);
    let who = bare(&record.actor);
    let (who, what) = match record.kind.as_str() {
        "JOIN" => {
            let user = body.optional("user")?;
            people.called(user, body.text("name"));
            people
                .present
                .insert(user.to_owned(), body.text("name").to_owned());
            (user, What::Join)
        }
        "PART" => {
            let user = body.optional("user")?;
            people.present.remove(user);
            let reason = body.text("reason").to_owned();
            let not_before = body.optional("notBefore").and_then(Timestamp::parse);
            (user, What::Part { reason, not_before })
        }
        "CHAT" => {
            let author = body.optional("author")?;
            let text = body.optional("text")?.to_owned();
            people.called(author, body.text("authorName"));
            let id = body.number("chatId");
            (author, What::Chat { id, text })
        }
        "BACKCHAT" => {
            let query = body.text("query").to_owned();
            let shown = body.number("shown");
            (body.optional("user")?, What::Backchat { query, shown })
        }
        // Made by nobody here: chat rooms of Persistent Chat Server took files.
        kind @ ("FILEUPLOAD" | "FILEDOWNLOAD") => {
            let name = body.optional("file")?.to_owned();
            let upload = kind == "FILEUPLOAD";
            (body.optional("user").unwrap_or(who), What::File { upload, name })
        }
        "DELETED" => (
            who,
            What::Deleted {
                id: body.number("deleted"),
                text: body.text("text").to_owned(),
                author: body.text("author").to_owned(),
                replacement: body.optional("replacement").map(str::to_owned),
            },
        ),
        kind => {
            let text = sentence(kind, who, &body, &record.body);
            (who, What::Other { text })
        }
    };
    Some((who.to_owned(), what))
}

/// The records that a `PURGED` record follows, and who asked for it. Records of before they were told have neither.
fn cause(body: &Value) -> String {
    let cause = |member| {
        body.get("cause")
            .and_then(|cause| cause.get(member))
            .and_then(Value::as_u64)
    };
    let (Some(first), Some(last)) = (cause("first"), cause("last")) else {
        return String::new();
    };
    let origin = body.get("origin").and_then(Value::as_str).unwrap_or_default();
    format!(", after records {first} to {last} of chain compliance, asked by {origin}")
}

/// Anything that exports have no element for, as a sentence.
fn sentence(kind: &str, who: &str, body: &Body, whole: &str) -> String {
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
        "PURGED" => match body.optional("numbers") {
            Some(numbers) => format!(
                "took {} messages out of the history by retention: {numbers}{}",
                number("messages"),
                cause(&body.0)
            ),
            None => format!(
                "cleared the history up to {}: {} messages",
                text("until"),
                number("messages")
            ),
        },
        "DENIED" => format!(
            "{} was refused {} by the rule {}, {} times",
            // Who isn't named was the one who tried.
            body.optional("user").unwrap_or(who),
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
            "destroyed the content of {} records from {} to {} of chain {} by the rule {}{}",
            number("records"),
            number("first"),
            number("last"),
            text("chain"),
            text("rule"),
            body.optional("messages").map_or(String::new(), |numbers| format!(
                ", and has the messages {numbers} taken out of the history"
            ))
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

#[cfg(test)]
mod tests {
    use super::*;
    use causerie_model::{ChainId, Hash, RoomId};

    fn told(kind: &str, body: &str) -> (String, What) {
        let record = Sealed {
            chain: ChainId::Room(RoomId(1)),
            number: 1,
            at: Timestamp(0),
            actor: "sip:ann@x.test".to_owned(),
            kind: kind.to_owned(),
            body: body.to_owned(),
            previous: Hash::ZERO,
            hash: Hash::ZERO,
        };
        let stored = Stored {
            position: 1,
            record,
            retired: false,
        };
        let entry = entry(&stored, &mut People::default(), true);
        (entry.who.address, entry.what)
    }

    fn other(text: &str) -> (String, What) {
        let text = text.to_owned();
        ("ann@x.test".to_owned(), What::Other { text })
    }

    #[test]
    fn what_can_not_be_read_goes_out_as_it_is() {
        for body in ["", "{", "[]", "{}", r#"{"text":"hush"}"#] {
            for kind in ["CHAT", "JOIN", "PART", "BACKCHAT", "FILEUPLOAD"] {
                assert_eq!(told(kind, body), other(&format!("{kind} {body}")));
            }
        }
        assert_eq!(told("CHANGED", "{"), other("CHANGED {"));
    }

    #[test]
    fn what_went_from_a_room_names_what_it_follows() {
        let took = "took 3 messages out of the history by retention: 1-2,5";
        let body = r#"{"messages":3,"numbers":"1-2,5"}"#;
        assert_eq!(told("PURGED", body), other(took), "as it was recorded before");
        let body = r#"{"cause":{"first":7,"hash":"ab","last":9},"messages":3,"numbers":"1-2,5","origin":"this process"}"#;
        let told_now = format!("{took}, after records 7 to 9 of chain compliance, asked by this process");
        assert_eq!(told("PURGED", body), other(&told_now));
        let destroyed = "destroyed the content of 2 records from 1 to 2 of chain room:1 by the rule global";
        let body = r#"{"chain":"room:1","first":1,"last":2,"records":2,"rule":"global"}"#;
        assert_eq!(told("RETIRED", body), other(destroyed));
        let body = r#"{"chain":"room:1","first":1,"last":2,"messages":"4","records":2,"rule":"global"}"#;
        let destroyed = format!("{destroyed}, and has the messages 4 taken out of the history");
        assert_eq!(told("RETIRED", body), other(&destroyed));
    }

    #[test]
    fn who_is_refused_is_named() {
        let refused = |user| format!("{user} was refused join by the rule scope, 2 times");
        let body = r#"{"action":"join","rule":"scope","times":2}"#;
        assert_eq!(told("DENIED", body), other(&refused("ann@x.test")));
        let body = r#"{"action":"join","rule":"scope","times":2,"user":"bob@x.test"}"#;
        assert_eq!(told("DENIED", body), other(&refused("bob@x.test")));
    }

    #[test]
    fn files_come_and_go() {
        for (kind, upload) in [("FILEUPLOAD", true), ("FILEDOWNLOAD", false)] {
            let name = "plan.docx".to_owned();
            let expected = ("bob@x.test".to_owned(), What::File { upload, name });
            assert_eq!(
                told(kind, r#"{"file":"plan.docx","user":"bob@x.test"}"#),
                expected
            );
        }
    }
}
