//! Makes a statement of a query, of the parts that it needs.
//!
//! Every value is bound; what is put together is constant text. The rows of `messages` rise in the order of commits, and
//! within a room with numbers and times, so that rows stand for both.

use crate::{history::message, reader::Reader, writer::Query};
use causerie_model::{ChatId, MessageQuery, Order, RoomId, Start, TextQuery};
use causerie_store::{Found, StoreError};
use serde_json::json;
use sqlx::AssertSqlSafe;
use std::fmt::Write as _;

/// Messages that are read at once to be checked letter by letter.
const CHECKED_AT_ONCE: u32 = 200;

const COLUMNS: &str =
    "m.room, m.chat_id, m.at, m.author, m.author_name, m.text, m.extra_attributes, m.extra_children";

// CROSS JOIN makes SQLite begin with the index of words, which gives its rows in order and ends when it has enough.
const WORDS: &str = "message_words AS w";
const WORDS_AND_MESSAGES: &str = "message_words AS w CROSS JOIN messages AS m ON m.id = w.rowid";
const MESSAGES: &str = "messages AS m";

#[derive(Clone)]
enum Value {
    Number(i64),
    Text(String),
}

/// What is searched, in the order of `key`, under which conditions.
#[derive(Clone)]
struct Plan {
    from: &'static str,
    /// The row of `messages`.
    id: &'static str,
    /// What rises with it, and has an index together with the conditions.
    key: &'static str,
    conditions: Vec<String>,
    values: Vec<Value>,
}

/// Finds what a query is for.
pub(crate) async fn search(reader: &Reader, query: &MessageQuery) -> Result<Found, StoreError> {
    // Rows begin with 1. Another number can't be a word of the index.
    let rooms: Vec<RoomId> = query.rooms.iter().copied().filter(|room| room.0 > 0).collect();
    let without_terms = |text: &TextQuery| text.terms().is_empty();
    if rooms.is_empty() || query.text.as_ref().is_some_and(without_terms) {
        return Ok(Found::default());
    }
    let plan = Plan::new(query, &rooms);
    match query.text.as_ref().filter(|text| text.case_sensitive()) {
        Some(text) => checked(reader, query, plan, text).await,
        None => counted(reader, query, &plan).await,
    }
}

/// The database counts, and reads only the messages that are given.
async fn counted(reader: &Reader, query: &MessageQuery, plan: &Plan) -> Result<Found, StoreError> {
    let (scan, order) = (direction(query.scan), direction(query.order));
    let Plan { from, id, key, .. } = plan;
    let sql = format!(
        "WITH found (id) AS MATERIALIZED (SELECT {id} FROM {from}{} ORDER BY {key} {scan} LIMIT ?)
         SELECT counted.total, {COLUMNS} FROM (SELECT count(*) AS total FROM found) AS counted
         LEFT JOIN (SELECT id FROM found ORDER BY id {scan} LIMIT ?) AS page ON true
         LEFT JOIN messages AS m ON m.id = page.id
         ORDER BY page.id {order}",
        plan.conditions()
    );
    let statement = plan
        .bound(sql)
        .bind(i64::from(Found::sought(query.limit)))
        .bind(i64::from(query.limit));
    let rows = reader
        .all(statement, |row| {
            // There is one row without a message if there is none with one.
            let found = row.get::<Option<i64>>(1)?.is_some();
            Ok((
                row.unsigned(0)?,
                if found { Some(message(row, 1)?) } else { None },
            ))
        })
        .await?;
    let matches = rows.first().map_or(0, |(matches, _)| *matches);
    let messages = rows.into_iter().filter_map(|(_, message)| message).collect();
    Ok(Found::new(messages, matches, query.limit))
}

/// The index doesn't know the case, so texts are read, some at a time, and looked at.
async fn checked(
    reader: &Reader,
    query: &MessageQuery,
    mut plan: Plan,
    text: &TextQuery,
) -> Result<Found, StoreError> {
    plan.from = WORDS_AND_MESSAGES;
    plan.holds_words(text);
    let (scan, beyond) = match query.scan {
        Order::OldestFirst => ("ASC", ">"),
        Order::NewestFirst => ("DESC", "<"),
    };
    let (mut messages, mut matches, mut last) = (Vec::new(), 0, None);
    loop {
        let mut next = plan.clone();
        if let Some(last) = last {
            next.and(format!("{} {beyond} ?", plan.id), Value::Number(last));
        }
        let sql = format!(
            "SELECT {}, {COLUMNS} FROM {}{} ORDER BY {} {scan} LIMIT ?",
            next.id,
            next.from,
            next.conditions(),
            next.key
        );
        let statement = next.bound(sql).bind(i64::from(CHECKED_AT_ONCE));
        let candidates = reader
            .all(statement, |row| Ok((row.get(0)?, message(row, 1)?)))
            .await?;
        let at_end = candidates.len() < CHECKED_AT_ONCE as usize;
        last = candidates.last().map(|(id, _)| *id);
        for (_, candidate) in candidates {
            if matches < Found::sought(query.limit) && text.is_in(&candidate.text) {
                if matches < query.limit {
                    messages.push(candidate);
                }
                matches += 1;
            }
        }
        if at_end || matches == Found::sought(query.limit) {
            break;
        }
    }
    if query.order != query.scan {
        messages.reverse();
    }
    Ok(Found::new(messages, matches, query.limit))
}

impl Plan {
    fn new(query: &MessageQuery, rooms: &[RoomId]) -> Self {
        let (from, id, key) = match (&query.text, rooms) {
            (Some(_), _) => (WORDS, "w.rowid", "w.rowid"),
            (None, [_]) => (MESSAGES, "m.id", "m.chat_id"),
            (None, _) => (MESSAGES, "m.id", "m.id"),
        };
        let mut plan = Self {
            from,
            id,
            key,
            conditions: Vec::new(),
            values: Vec::new(),
        };
        match (&query.text, rooms) {
            (Some(text), _) => plan.has_text(text, rooms),
            (None, [room]) => plan.and("m.room = ?", Value::Number(room.0)),
            (None, _) => plan.is_in(rooms),
        }
        match rooms {
            [room] => plan.within(query, *room),
            _ => plan.each_within(query),
        }
        if !query.authors.is_empty() {
            let authors: Vec<&str> = query.authors.iter().map(|author| author.as_str()).collect();
            plan.and_of_message(
                "m.author IN (SELECT value FROM json_each(?))",
                Value::Text(json!(authors).to_string()),
            );
        }
        plan
    }

    fn and(&mut self, condition: impl Into<String>, value: Value) {
        self.conditions.push(condition.into());
        self.values.push(value);
    }

    /// A condition that the index of words can't answer.
    fn and_of_message(&mut self, condition: &str, value: Value) {
        if self.from == WORDS {
            self.from = WORDS_AND_MESSAGES;
        }
        self.and(condition, value);
    }

    fn has_text(&mut self, text: &TextQuery, rooms: &[RoomId]) {
        // What was removed is in the index until it is forgotten.
        let removed = "NOT EXISTS (SELECT 1 FROM messages AS r WHERE r.id = w.rowid AND r.room < 0)";
        self.conditions.push(removed.to_owned());
        let text = expression(text);
        match rooms {
            [room] => {
                let text = format!("room : \"{room}\" AND text : ({text})");
                self.and("message_words MATCH ?", Value::Text(text));
            }
            _ => {
                let text = format!("text : ({text})");
                self.and("message_words MATCH ?", Value::Text(text));
                self.is_in(rooms);
            }
        }
    }

    fn is_in(&mut self, rooms: &[RoomId]) {
        let rooms: Vec<i64> = rooms.iter().map(|room| room.0).collect();
        self.and_of_message(
            "m.room IN (SELECT value FROM json_each(?))",
            Value::Text(json!(rooms).to_string()),
        );
    }

    /// In one room every bound is a message: the first or the last that is within it. If there is none, SQL's null makes
    /// the condition false for all.
    fn within(&mut self, query: &MessageQuery, room: RoomId) {
        for (bound, value) in bounds(query) {
            let (sign, condition, order) = match bound {
                Bound::From => (">=", "at >= ?", "at, id"),
                Bound::To => ("<=", "at < ?", "at DESC, id DESC"),
                Bound::After => (">=", "chat_id > ?", "chat_id"),
                Bound::Before => ("<=", "chat_id < ?", "chat_id DESC"),
            };
            let column = if self.key == "m.chat_id" { "chat_id" } else { "id" };
            let first = format!("SELECT {column} FROM messages WHERE room = ? AND {condition}");
            self.values.push(Value::Number(room.0));
            self.and(
                format!("{} {sign} ({first} ORDER BY {order} LIMIT 1)", self.key),
                Value::Number(value),
            );
        }
    }

    fn each_within(&mut self, query: &MessageQuery) {
        for (bound, value) in bounds(query) {
            let condition = match bound {
                Bound::From => "m.at >= ?",
                Bound::To => "m.at < ?",
                Bound::After => "m.chat_id > ?",
                Bound::Before => "m.chat_id < ?",
            };
            self.and_of_message(condition, Value::Number(value));
        }
    }

    /// The letters of a term's words must be in the text, somewhere: that much can be asked without looking at words.
    fn holds_words(&mut self, text: &TextQuery) {
        let mut terms = Vec::new();
        for term in text.terms() {
            let mut words = Vec::new();
            for word in term.words() {
                words.push("instr(m.text, ?) > 0");
                self.values.push(Value::Text(word.to_owned()));
            }
            terms.push(words.join(" AND "));
        }
        let glue = if text.any() { " OR " } else { " AND " };
        self.conditions.push(format!("({})", terms.join(glue)));
    }

    fn conditions(&self) -> String {
        let mut sql = String::new();
        for (n, condition) in self.conditions.iter().enumerate() {
            // Writing to a String can't fail.
            let _ = write!(sql, " {} {condition}", if n == 0 { "WHERE" } else { "AND" });
        }
        sql
    }

    fn bound(&self, sql: String) -> Query {
        let query = sqlx::query(AssertSqlSafe(sql));
        self.values
            .iter()
            .cloned()
            .fold(query, |query, value| match value {
                Value::Number(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
            })
    }
}

enum Bound {
    From,
    To,
    After,
    Before,
}

/// What bounds a query. A place to begin from overrides times.
fn bounds(query: &MessageQuery) -> Vec<(Bound, i64)> {
    let number = |id: ChatId| i64::try_from(id.0).unwrap_or(i64::MAX);
    match query.start {
        Some(Start::After(id)) => vec![(Bound::After, number(id))],
        Some(Start::Before(id)) => vec![(Bound::Before, number(id))],
        None => {
            let from = query.from.map(|from| (Bound::From, from.0));
            let to = query.to.map(|to| (Bound::To, to.0));
            from.into_iter().chain(to).collect()
        }
    }
}

/// Each term as an FTS5 string, in which nothing but the quotation mark means anything. Strings side by side must all be
/// there; those in which FTS5 sees no word don't count.
fn expression(text: &TextQuery) -> String {
    let terms = text.terms().iter().map(|term| {
        let star = if term.prefix() { "*" } else { "" };
        format!("\"{}\"{star}", term.text().replace('"', "\"\""))
    });
    let terms: Vec<String> = terms.collect();
    terms.join(if text.any() { " OR " } else { " " })
}

fn direction(order: Order) -> &'static str {
    match order {
        Order::OldestFirst => "ASC",
        Order::NewestFirst => "DESC",
    }
}
