//! What several of these commands show and ask for.

use super::super::moment::moment;
use causerie_model::Timestamp;
use clap::Args;
use serde_json::Value;

/// A period of time.
#[derive(Args, Clone, Copy)]
pub(in super::super) struct Period {
    /// Not before this: a date, or a time such as 2026-11-23T08:30:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(in super::super) from: Option<Timestamp>,
    /// Before this
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(in super::super) until: Option<Timestamp>,
}

impl Period {
    pub(super) fn words(self) -> (Option<String>, Option<String>) {
        let words = |at: Option<Timestamp>| at.map(|at| at.to_string());
        (words(self.from), words(self.until))
    }
}

/// The period that an answer names, for people.
pub(in super::super) fn period(value: &Value) -> String {
    match (value["from"].as_str(), value["until"].as_str()) {
        (None, None) => "any time".to_owned(),
        (Some(from), None) => format!("from {from}"),
        (None, Some(until)) => format!("until {until}"),
        (Some(from), Some(until)) => format!("{from} to {until}"),
    }
}

/// A list that an answer has, for people; `any` for none.
pub(super) fn list(value: &Value, any: &str) -> String {
    let words = value.as_array().into_iter().flatten().map(word);
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        any.to_owned()
    } else {
        words.join(", ")
    }
}

/// A text or number of an answer, for people.
pub(super) fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The rooms of something that was set: their names, each with the row that tells it from others of that name.
pub(in super::super) fn rooms_of(value: &Value) -> String {
    let rooms = value["rooms"].as_array().into_iter().flatten();
    let named = rooms.map(|room| {
        let row = word(room);
        match value["roomNames"][&row].as_str() {
            Some(name) => format!("{name} ({row})"),
            None => row,
        }
    });
    list(&named.collect(), "all rooms")
}
