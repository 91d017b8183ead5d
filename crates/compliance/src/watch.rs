//! Looks at records as they come in for what people must hear of at once: an administrator who lets somebody into a secret
//! room, or makes one less private.
//!
//! Whether a room is secret is known from the records that tell how it was made and changed.

use crate::{Compliance, ComplianceError, intake::fault};
use causerie_model::{ChainId, Sealed};
use causerie_queue::Queued;
use causerie_records::DocumentKey;
use serde_json::Value;
use std::collections::BTreeMap;

/// The kind of the document that says how private a room is; its id is the room's row.
const PRIVACY: &str = "privacy";
/// What it says of a secret room.
const SECRET: &str = "\"secret\"";
/// The alarm.
pub(crate) const WALL_PASSED: &str = "wall-passed";
/// What lets somebody into a room.
const GRANTS: [&str; 3] = ["member.grant", "manager.grant", "presenter.grant"];
/// What a room's lists begin with.
const LISTS: [&str; 3] = ["members=[", "managers=[", "presenters=["];

fn key(chain: ChainId) -> Option<DocumentKey> {
    match chain {
        ChainId::Room(row) => Some(DocumentKey {
            kind: PRIVACY.to_owned(),
            id: row.to_string(),
        }),
        _ => None,
    }
}

/// The words of a room's description, each with where it begins. There are other texts in quotation marks.
fn words(description: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut quoted = false;
    let mut escaped = false;
    let mut begin = 0;
    let ends = description.char_indices().chain([(description.len(), ' ')]);
    ends.filter_map(move |(at, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' if !quoted => {
                let word = description.get(begin..at).map(|word| (begin, word));
                begin = at.saturating_add(1);
                return word;
            }
            _ => {}
        }
        None
    })
}

/// The word after `privacy=`.
fn privacy(description: &str) -> Option<&str> {
    words(description).find_map(|(_, word)| word.strip_prefix("privacy="))
}

/// The lists at the end, which are there if any was given anew.
fn lists(description: &str) -> Option<&str> {
    let is_list = |word: &str| LISTS.iter().any(|list| word.starts_with(list));
    let (begin, _) = words(description).find(|(_, word)| is_list(word))?;
    description.get(begin..)
}

/// Notes how private a room is.
pub(crate) fn project(record: &Sealed, body: &Value, put: &mut BTreeMap<DocumentKey, Option<String>>) {
    let text = |member| body.get(member).and_then(Value::as_str).unwrap_or_default();
    if !matches!(text("what"), "room.add" | "room.change" | "room.known") {
        return;
    }
    if let (Some(key), Some(privacy)) = (key(record.chain), privacy(text("after"))) {
        put.insert(key, Some(Value::from(privacy).to_string()));
    }
}

impl Compliance {
    /// Raises an alarm for each of these records that tells of somebody whom an administrator let into a secret room, or of
    /// a secret room that an administrator made less private. They aren't stored yet. What is given back names the alarms;
    /// they aren't raised again until they are over.
    pub(crate) async fn watch(&self, records: &[Queued]) -> Result<Vec<String>, ComplianceError> {
        let mut told = Vec::new();
        // How private rooms are as of the record before.
        let mut known: BTreeMap<DocumentKey, Option<String>> = BTreeMap::new();
        for Queued { record, .. } in records {
            let Some(key) = key(record.chain).filter(|_| record.kind == "CHANGED") else {
                continue;
            };
            if fault(record).is_some() {
                continue;
            }
            if !known.contains_key(&key) {
                let privacy = self.needs().records.document(&key).await?;
                known.insert(key.clone(), privacy);
            }
            let body: Value = serde_json::from_str(&record.body).unwrap_or_default();
            let was_secret = known.get(&key).and_then(Option::as_deref) == Some(SECRET);
            if let Some(text) = passed(record, &body, was_secret) {
                let of = format!("{} {}", record.chain, record.number);
                self.alarm_once(WALL_PASSED, &of, text);
                told.push(of);
            }
            project(record, &body, &mut known);
        }
        Ok(told)
    }
}

/// What is to be said of a record in a room that was secret before it, or says so itself; `None` if nothing.
fn passed(record: &Sealed, body: &Value, was_secret: bool) -> Option<String> {
    let admin = record.actor.strip_prefix("admin:")?;
    let text = |member| body.get(member).and_then(Value::as_str).unwrap_or_default();
    let (what, target) = (text("what"), text("target"));
    let was_secret = privacy(text("before")).map_or(was_secret, |before| before == "secret");
    let done = match privacy(text("after")) {
        _ if !was_secret => return None,
        _ if GRANTS.contains(&what) => format!("let {} into the secret room {target}", text("after")),
        Some(after) if what == "room.change" && after != "secret" => {
            format!("made the secret room {target} {after}")
        }
        Some(_) if what == "room.change" && lists(text("before")) != lists(text("after")) => {
            let lists = lists(text("after")).unwrap_or_default();
            format!("gave the secret room {target} other lists, {lists}")
        }
        _ => return None,
    };
    Some(format!(
        "administrator {admin} {done} ({what}, record {} of {})",
        record.number, record.chain
    ))
}

#[cfg(test)]
mod tests {
    use super::{lists, privacy};

    #[test]
    fn only_the_word_itself_counts() {
        let of =
            r#"name="a privacy=open \" privacy=open " category="X" type=normal privacy=secret disabled=off"#;
        assert_eq!(privacy(of), Some("secret"));
        assert_eq!(privacy(r#"name="privacy=secret""#), None);
        assert_eq!(privacy("privacy=closed"), Some("closed"));
        assert_eq!(privacy(""), None);
    }

    #[test]
    fn lists_are_what_follows_the_first_of_them() {
        let of = r#"name="members=[" privacy=secret addin="" members=["a b@x", "c"] presenters=[]"#;
        assert_eq!(lists(of), Some(r#"members=["a b@x", "c"] presenters=[]"#));
        assert_eq!(lists(r#"name="members=[" privacy=secret"#), None);
    }
}
