//! Puts messages into the index of words that a migration made anew.

use crate::fault::store_error;
use causerie_model::set_apart;
use causerie_store::StoreError;
use serde_json::{Value, json};
use sqlx::{Executor, Row, SqliteConnection};
use std::path::Path;

/// Messages of one transaction.
const CHUNK: i64 = 2_000;

const WAITING: &str = "SELECT after, up_to FROM unindexed";
const READ: &str = "
    SELECT id, abs(room), text FROM messages WHERE id > ?1 AND id <= ?2 AND room <> 0 ORDER BY id LIMIT ?3";
const INDEX: &str = "
    INSERT INTO message_words (rowid, room, text)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)";

/// Indexes what waits, chunk by chunk. What was done stays done if it is cut short: the next opening goes on.
pub(crate) async fn index_waiting(path: &Path, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let fail = |error: sqlx::Error| {
        let error = store_error(path, &error);
        StoreError::new(error.fault, format!("indexing messages: {error}"))
    };
    // Most times there is nothing, and then nothing is locked.
    let none = connection.fetch_optional(WAITING).await.map_err(fail)?.is_none();
    if none {
        return Ok(());
    }
    tracing::info!(database = %path.display(), "All messages are indexed for search; this is done once.");
    while let Some((done, up_to)) = chunk(connection).await.map_err(fail)? {
        let percent = done.saturating_mul(100) / up_to.max(1);
        tracing::info!(done, up_to, percent, "Messages are indexed for search.");
        // Nobody else moves the log to the file, which would grow by all of the index.
        let row = connection
            .fetch_one("PRAGMA wal_checkpoint(PASSIVE)")
            .await
            .map_err(fail)?;
        drop(row);
    }
    Ok(())
}

/// Indexes the next messages. Gives the row up to which it is done and the last one, or `None` if nothing waited.
///
/// Not rolled back on an error: the connection is given up then.
async fn chunk(connection: &mut SqliteConnection) -> Result<Option<(i64, i64)>, sqlx::Error> {
    connection.execute("BEGIN IMMEDIATE").await?;
    let Some(waiting) = connection.fetch_optional(WAITING).await? else {
        connection.execute("COMMIT").await?;
        return Ok(None);
    };
    let (after, up_to): (i64, i64) = (waiting.try_get(0)?, waiting.try_get(1)?);
    let query = sqlx::query(READ).bind(after).bind(up_to).bind(CHUNK);
    let messages = query.fetch_all(&mut *connection).await?;
    let mut last = up_to;
    let mut rows = Vec::with_capacity(messages.len());
    for message in &messages {
        let (id, room, text): (i64, i64, &str) =
            (message.try_get(0)?, message.try_get(1)?, message.try_get(2)?);
        rows.push(json!([id, room, set_apart(text)]));
        last = id;
    }
    sqlx::query(INDEX)
        .bind(Value::Array(rows).to_string())
        .execute(&mut *connection)
        .await?;
    let note = if last < up_to {
        sqlx::query("UPDATE unindexed SET after = ?1").bind(last)
    } else {
        sqlx::query("DELETE FROM unindexed")
    };
    note.execute(&mut *connection).await?;
    connection.execute("COMMIT").await?;
    Ok(Some((last, up_to)))
}
