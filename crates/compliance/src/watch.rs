//! Looks at records as they come in for what people must hear of at once: an administrator who lets somebody into a secret
//! room.
//!
//! Whether a room is secret is known from the records that tell how it was made and changed.

use crate::{Compliance, ComplianceError};
use causerie_model::{ChainId, Sealed};
use causerie_records::DocumentKey;
use serde_json::Value;
use std::collections::BTreeMap;

/// The kind of the document that says how private a room is; its id is the room's row.
const PRIVACY: &str = "privacy";
/// What lets somebody into a room.
const GRANTS: [&str; 3] = ["member.grant", "manager.grant", "presenter.grant"];

fn key(chain: ChainId) -> Option<DocumentKey> {
    match chain {
        ChainId::Room(row) => Some(DocumentKey {
            kind: PRIVACY.to_owned(),
            id: row.to_string(),
        }),
        _ => None,
    }
}

/// The word after `privacy=` in a room's description, which has other texts in quotation marks.
fn privacy(description: &str) -> Option<&str> {
    let mut quoted = false;
    let mut escaped = false;
    let mut begin = 0;
    for (at, c) in description.char_indices().chain([(description.len(), ' ')]) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' if !quoted => {
                if let Some(word) = description.get(begin..at)?.strip_prefix("privacy=") {
                    return Some(word);
                }
                begin = at.saturating_add(1);
            }
            _ => {}
        }
    }
    None
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
    /// Raises an alarm if this record tells of somebody whom an administrator let into a secret room.
    pub(crate) async fn watch(&self, record: &Sealed) -> Result<(), ComplianceError> {
        if record.kind != "CHANGED" || !record.actor.starts_with("admin:") {
            return Ok(());
        }
        let Some(key) = key(record.chain) else {
            return Ok(());
        };
        let body: Value = serde_json::from_str(&record.body).unwrap_or_default();
        let text = |member| body.get(member).and_then(Value::as_str).unwrap_or_default();
        if !GRANTS.contains(&text("what")) {
            return Ok(());
        }
        let privacy = self.needs().records.document(&key).await?;
        if privacy.as_deref() == Some("\"secret\"") {
            let text = format!(
                "administrator {} let {} into the secret room {} ({}, record {} of {})",
                record.actor.trim_start_matches("admin:"),
                text("after"),
                text("target"),
                text("what"),
                record.number,
                record.chain
            );
            self.alarm("wall-passed", text);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::privacy;

    #[test]
    fn only_the_word_itself_counts() {
        let of =
            r#"name="a privacy=open \" privacy=open " category="X" type=normal privacy=secret disabled=off"#;
        assert_eq!(privacy(of), Some("secret"));
        assert_eq!(privacy(r#"name="privacy=secret""#), None);
        assert_eq!(privacy("privacy=closed"), Some("closed"));
        assert_eq!(privacy(""), None);
    }
}
