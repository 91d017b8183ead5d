//! Forgets removed messages: takes their words out of the index and empties their rows, some at a time, since that takes
//! about as long as it took to put them there.

use crate::{
    row::Row,
    writer::{Transaction, Work},
};
use causerie_model::set_apart;
use causerie_store::StoreError;
use serde_json::{Value, json};

/// Most messages of one commit.
const MESSAGES: i64 = 50;
/// A commit has no more messages when they come to so many bytes of text. Posts wait while it lasts.
const BYTES: usize = 8 * 1024;

const LEAVING: &str = "SELECT id, -room, text FROM messages WHERE room < 0 ORDER BY room, chat_id LIMIT ?1";

const FORGET_WORDS: &str = "
    INSERT INTO message_words (message_words, rowid, room, text)
    SELECT 'delete', value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)";

const EMPTY: &str = "
    UPDATE messages
    SET room = 0, chat_id = id, record = 0, at = 0, author = '', author_name = '', text = '', extra_attributes = '',
        extra_children = ''
    WHERE id IN (SELECT value ->> 0 FROM json_each(?1))";

/// Forgets the next messages. Whether there may be more.
pub(crate) fn forget<'a>(transaction: &'a mut Transaction<'_>) -> Work<'a, bool> {
    Box::pin(async move {
        let leaving = transaction.rows(sqlx::query(LEAVING).bind(MESSAGES)).await?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for row in leaving.iter().map(Row) {
            if bytes >= BYTES {
                break;
            }
            let text: String = row.get(2)?;
            bytes += text.len();
            rows.push(json!([row.get::<i64>(0)?, row.get::<i64>(1)?, set_apart(&text)]));
        }
        if rows.is_empty() {
            return Ok(false);
        }
        transaction.note(bytes * 2);
        let rows = Value::Array(rows).to_string();
        for sql in [FORGET_WORDS, EMPTY] {
            transaction.execute(sqlx::query(sql).bind(rows.clone())).await?;
        }
        Ok(true)
    })
}

/// Takes the words of a message that stays out of the index. `text` is what it had until now.
pub(crate) async fn forget_words(
    transaction: &mut Transaction<'_>,
    id: i64,
    room: i64,
    text: &str,
) -> Result<(), StoreError> {
    let rows = json!([[id, room, set_apart(text)]]).to_string();
    transaction.execute(sqlx::query(FORGET_WORDS).bind(rows)).await?;
    Ok(())
}
