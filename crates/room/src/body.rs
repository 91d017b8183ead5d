//! An event's own fields as canonical JSON.

use causerie_model::{Cause, Event, Purge, Seen, Subject};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The name of a message's number in the body of a `CHAT` record.
const CHAT_ID: &str = "chatId";

/// The body of an event's record. [`crate::chain`] documents its fields.
pub(crate) fn of(event: &Event) -> String {
    let mut fields: BTreeMap<&str, Value> = BTreeMap::new();
    match event {
        Event::Chat { message, kept } => {
            fields.insert("author", message.author.as_str().into());
            fields.insert("authorName", message.author_name.as_str().into());
            fields.insert(CHAT_ID, message.chat_id.0.into());
            fields.insert("kept", (*kept).into());
            fields.insert("text", message.text.as_str().into());
            if !message.extras.attributes.is_empty() {
                fields.insert("extraAttributes", message.extras.attributes.as_str().into());
            }
            if !message.extras.children.is_empty() {
                fields.insert("extraChildren", message.extras.children.as_str().into());
            }
        }
        Event::Join { user, name } => {
            fields.insert("name", name.as_str().into());
            fields.insert("user", user.as_str().into());
        }
        Event::Part {
            user,
            reason,
            not_before,
        } => {
            if let Some(at) = not_before {
                fields.insert("notBefore", at.to_string().into());
            }
            fields.insert("reason", reason.as_str().into());
            fields.insert("user", user.as_str().into());
        }
        Event::Backchat {
            user,
            query,
            shown,
            seen,
        } => {
            fields.insert("query", query.as_str().into());
            fields.insert("seen", seen.iter().map(seen_in).collect());
            fields.insert("shown", (*shown).into());
            fields.insert("user", user.as_str().into());
        }
        Event::Changed {
            what,
            target,
            before,
            after,
            origin,
            subject,
        } => {
            if let Some((key, value)) = subject.as_ref().map(subject_of) {
                fields.insert(key, value);
            }
            fields.insert("after", after.as_str().into());
            fields.insert("before", before.as_str().into());
            fields.insert("target", target.as_str().into());
            fields.insert("what", what.as_str().into());
            fields.insert("origin", origin.as_str().into());
        }
        Event::Deleted { message, replacement } => {
            fields.insert("at", message.at.to_string().into());
            fields.insert("author", message.author.as_str().into());
            // Not under the name of a message's own number: this record is no message.
            fields.insert("deleted", message.chat_id.0.into());
            fields.insert("replacement", replacement.as_deref().into());
            fields.insert("text", message.text.as_str().into());
        }
        Event::Purged { which, messages } => {
            fields.insert("messages", (*messages).into());
            match which {
                Purge::Until(until) => {
                    fields.insert("until", until.to_string().into());
                }
                Purge::Numbers {
                    numbers,
                    cause,
                    origin,
                } => {
                    fields.insert("cause", cause_of(cause));
                    fields.insert("numbers", numbers.as_str().into());
                    fields.insert("origin", origin.as_str().into());
                }
            }
        }
        Event::Denied {
            user,
            action,
            rule,
            times,
        } => {
            fields.insert("action", action.as_str().into());
            fields.insert("rule", rule.as_str().into());
            fields.insert("times", (*times).into());
            if let Some(user) = user {
                fields.insert("user", user.as_str().into());
            }
        }
        Event::SignedIn { origin } => {
            fields.insert("origin", origin.as_str().into());
        }
        Event::Queried {
            what,
            query,
            found,
            shown,
            origin,
        } => {
            fields.insert("found", (*found).into());
            fields.insert("origin", origin.as_str().into());
            fields.insert("query", query.as_str().into());
            fields.insert("shown", (*shown).into());
            fields.insert("what", what.as_str().into());
        }
        Event::Exported {
            of,
            batch,
            after,
            up_to,
            records,
            manifest,
        } => {
            fields.insert("after", (*after).into());
            fields.insert("batch", batch.as_str().into());
            fields.insert("manifest", manifest.to_string().into());
            fields.insert("of", of.as_str().into());
            fields.insert("records", (*records).into());
            fields.insert("upTo", (*up_to).into());
        }
        Event::Retired {
            chain,
            first,
            last,
            records,
            messages,
            rule,
        } => {
            fields.insert("chain", chain.to_string().into());
            fields.insert("first", (*first).into());
            fields.insert("last", (*last).into());
            if !messages.is_empty() {
                fields.insert("messages", messages.as_str().into());
            }
            fields.insert("records", (*records).into());
            fields.insert("rule", rule.as_str().into());
        }
        Event::SetAside {
            chain,
            number,
            hash,
            reason,
        } => {
            fields.insert("chain", chain.to_string().into());
            fields.insert("hash", hash.to_string().into());
            fields.insert("number", (*number).into());
            fields.insert("reason", reason.as_str().into());
        }
    }
    // Collected in sorted order: right whether or not serde_json was built to sort by itself.
    Value::Object(
        fields
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
    .to_string()
}

fn cause_of(cause: &Cause) -> Value {
    json!({ "first": cause.first, "hash": cause.hash.to_string(), "last": cause.last })
}

fn seen_in(seen: &Seen) -> Value {
    json!({ "messages": seen.messages, "room": seen.room.0 })
}

fn subject_of(subject: &Subject) -> (&'static str, Value) {
    match subject {
        Subject::Room {
            guid,
            name,
            category,
            category_name,
        } => {
            let value = json!({
                "category": category.to_string(),
                "categoryName": category_name,
                "guid": guid.to_string(),
                "name": name,
            });
            ("room", value)
        }
        Subject::Category { guid, name } => ("category", json!({ "guid": guid.to_string(), "name": name })),
    }
}
