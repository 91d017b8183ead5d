//! What a record tells, in words.

use crate::cli::chat::clean;
use serde_json::Value;

/// What a record of this kind with this body tells of him who did it. Of a body that can't be read it is the body.
pub(super) fn what(kind: &str, body: &str) -> String {
    if body.is_empty() {
        return "(destroyed)".to_owned();
    }
    let told = serde_json::from_str(body).ok().and_then(|body| told(kind, &body));
    cell(&told.unwrap_or_else(|| body.to_owned()))
}

/// What somebody wrote, for a row: it neither commands the terminal nor reorders the row nor makes two of it.
pub(super) fn cell(text: &str) -> String {
    clean(&text.replace(['\r', '\n'], " "))
}

/// `None` if something is missing, or the kind isn't known.
fn told(kind: &str, body: &Value) -> Option<String> {
    let text = |name: &str| body[name].as_str();
    let number = |name: &str| body[name].as_u64();
    Some(match kind {
        "CHAT" => text("text")?.to_owned(),
        "JOIN" => "entered".to_owned(),
        "PART" => match (text("reason")?, text("notBefore")) {
            ("left", None) => "left".to_owned(),
            (reason, None) => format!("left: {reason}"),
            (reason, Some(at)) => format!("left: {reason}, not before {at}"),
        },
        "BACKCHAT" => format!("was shown {} messages: {}", number("shown")?, text("query")?),
        "CHANGED" => {
            let did = format!("{} {}", text("what")?, text("target")?);
            match (text("before")?, text("after")?) {
                ("", "") => did,
                ("", after) => format!("{did}: {after}"),
                (before, "") => format!("{did}: it was {before}"),
                (before, after) => format!("{did}: {before} -> {after}"),
            }
        }
        "DELETED" => {
            let of = format!("message {} of {}", number("deleted")?, text("author")?);
            match text("replacement") {
                None => format!("removed {of}: {}", text("text")?),
                Some(with) => format!("replaced {of}: {} -> {with}", text("text")?),
            }
        }
        "PURGED" => {
            let took = format!("took {} messages out of the room's history", number("messages")?);
            let took = match (text("numbers"), text("until")) {
                (Some(numbers), _) => format!("{took}: {numbers}"),
                (None, until) => format!("{took}: all until {}", until?),
            };
            let cause = &body["cause"];
            let after = match (cause["first"].as_u64(), cause["last"].as_u64()) {
                (Some(first), Some(last)) => format!(", after records {first} to {last} of compliance"),
                _ => String::new(),
            };
            let asked = text("origin").map_or_else(String::new, |origin| format!(", asked by {origin}"));
            took + &after + &asked
        }
        "DENIED" => {
            let refused = format!("was refused {}: {}", text("action")?, text("rule")?);
            match number("times")? {
                1 => refused,
                times => format!("{refused}, {times} times"),
            }
        }
        "SIGNEDIN" => format!("signed in from {}", text("origin")?),
        "QUERIED" => format!(
            "asked {}, {} found, {} shown: {}",
            text("what")?,
            number("found")?,
            number("shown")?,
            text("query")?
        ),
        "EXPORTED" => format!(
            "exported {} records for {} as {}",
            number("records")?,
            text("of")?,
            text("batch")?
        ),
        "RETIRED" => format!(
            "destroyed the content of {} records, {} to {} of {}, by {}",
            number("records")?,
            number("first")?,
            number("last")?,
            text("chain")?,
            text("rule")?
        ),
        "SETASIDE" => format!(
            "set aside record {} of {}: {}",
            number("number")?,
            text("chain")?,
            text("reason")?
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::what;

    #[test]
    fn each_kind_is_told_in_words() {
        for (kind, body, words) in [
            (
                "CHAT",
                r#"{"author":"ann@x","chatId":1,"kept":true,"text":"a {\"b\"} c"}"#,
                r#"a {"b"} c"#,
            ),
            (
                "CHAT",
                r#"{"text":"one\r\ntwo\u001b[31m\u202egnp.exe"}"#,
                "one  two\u{fffd}[31m\u{fffd}gnp.exe",
            ),
            ("JOIN", r#"{"name":"Ann","user":"ann@x"}"#, "entered"),
            ("PART", r#"{"reason":"left","user":"ann@x"}"#, "left"),
            (
                "PART",
                r#"{"reason":"disconnected","user":"ann@x"}"#,
                "left: disconnected",
            ),
            (
                "PART",
                r#"{"notBefore":"2026-01-01T00:00:00Z","reason":"lost","user":"ann@x"}"#,
                "left: lost, not before 2026-01-01T00:00:00Z",
            ),
            (
                "BACKCHAT",
                r#"{"query":"newest","seen":[],"shown":3,"user":"ann@x"}"#,
                "was shown 3 messages: newest",
            ),
            (
                "CHANGED",
                r#"{"after":"name=B","before":"name=A","origin":"unix","target":"room A","what":"room.change"}"#,
                "room.change room A: name=A -> name=B",
            ),
            (
                "CHANGED",
                r#"{"after":"x","before":"","origin":"unix","target":"h1","what":"hold.place"}"#,
                "hold.place h1: x",
            ),
            (
                "CHANGED",
                r#"{"after":"","before":"x","origin":"unix","target":"h1","what":"hold.lift"}"#,
                "hold.lift h1: it was x",
            ),
            (
                "DELETED",
                r#"{"at":"","author":"ann@x","deleted":7,"replacement":null,"text":"bad"}"#,
                "removed message 7 of ann@x: bad",
            ),
            (
                "DELETED",
                r#"{"at":"","author":"ann@x","deleted":7,"replacement":"good","text":"bad"}"#,
                "replaced message 7 of ann@x: bad -> good",
            ),
            (
                "PURGED",
                r#"{"messages":2,"numbers":"1-2"}"#,
                "took 2 messages out of the room's history: 1-2",
            ),
            (
                "PURGED",
                r#"{"cause":{"first":7,"hash":"ab","last":9},"messages":2,"numbers":"1-2","origin":"this process"}"#,
                "took 2 messages out of the room's history: 1-2, after records 7 to 9 of compliance, asked by this process",
            ),
            (
                "PURGED",
                r#"{"messages":2,"until":"2026-01-01T00:00:00Z"}"#,
                "took 2 messages out of the room's history: all until 2026-01-01T00:00:00Z",
            ),
            (
                "DENIED",
                r#"{"action":"join","rule":"not-a-member","times":2,"user":"ann@x"}"#,
                "was refused join: not-a-member, 2 times",
            ),
            ("SIGNEDIN", r#"{"origin":"unix"}"#, "signed in from unix"),
            (
                "QUERIED",
                r#"{"found":4,"origin":"unix","query":"{}","shown":2,"what":"reads"}"#,
                "asked reads, 4 found, 2 shown: {}",
            ),
            (
                "EXPORTED",
                r#"{"after":0,"batch":"a-1-9","manifest":"","of":"a","records":9,"upTo":9}"#,
                "exported 9 records for a as a-1-9",
            ),
            (
                "RETIRED",
                r#"{"chain":"room:1","first":3,"last":5,"records":2,"rule":"global"}"#,
                "destroyed the content of 2 records, 3 to 5 of room:1, by global",
            ),
            (
                "SETASIDE",
                r#"{"chain":"room:1","hash":"","number":3,"reason":"bad hash"}"#,
                "set aside record 3 of room:1: bad hash",
            ),
            // What isn't known, or isn't whole, is shown as it is.
            ("LATER", r#"{"a":1}"#, r#"{"a":1}"#),
            ("DENIED", r#"{"action":"join"}"#, r#"{"action":"join"}"#),
            ("CHAT", "not JSON", "not JSON"),
            ("CHAT", "", "(destroyed)"),
        ] {
            assert_eq!(what(kind, body), words, "{kind} {body}");
        }
    }
}
