//! Keeps invitations, and who is to be invited.

use crate::{SqliteStore, row::Row};
use async_trait::async_trait;
use causerie_model::{PrincipalId, RoomId, Timestamp};
use causerie_store::{Invitation, Invitations, PendingInvitation, StoreError};
use serde_json::json;

// Each user is asked about once, so that no number is given twice.
const ISSUE: &str = "
    INSERT INTO invitations (user, id, room, at)
    SELECT principals.id,
           1 + coalesce((SELECT max(known.id) FROM invitations AS known WHERE known.user = principals.id), 0), ?2, ?3
    FROM (SELECT DISTINCT value AS id FROM json_each(?1)) AS asked
    JOIN principals ON principals.id = asked.id AND principals.kind = 'user'
    WHERE true
    ON CONFLICT (user, room) DO NOTHING
    RETURNING user, id";

#[async_trait]
impl Invitations for SqliteStore {
    async fn pending(&self) -> Result<Option<PendingInvitation>, StoreError> {
        let query = sqlx::query("SELECT id, room, principal FROM invitation_queue ORDER BY id LIMIT 1");
        self.reader
            .first(query, |row| {
                Ok(PendingInvitation {
                    id: row.get(0)?,
                    room: RoomId(row.get(1)?),
                    principal: PrincipalId(row.get(2)?),
                })
            })
            .await
    }

    async fn issue(
        &self,
        pending: &PendingInvitation,
        users: &[PrincipalId],
        at: Timestamp,
        last: bool,
    ) -> Result<Vec<Invitation>, StoreError> {
        let PendingInvitation { id, room, .. } = *pending;
        let users = json!(users.iter().map(|user| user.0).collect::<Vec<_>>()).to_string();
        self.writer
            .write(move |transaction| {
                Box::pin(async move {
                    let waiting = sqlx::query("SELECT 1 FROM invitation_queue WHERE id = ?1").bind(id);
                    if transaction.rows(waiting).await?.is_empty() {
                        return Ok(Vec::new());
                    }
                    transaction.note(users.len() * 2);
                    let issue = sqlx::query(ISSUE).bind(users).bind(room.0).bind(at.0);
                    let rows = transaction.rows(issue).await?;
                    if last {
                        let done = sqlx::query("DELETE FROM invitation_queue WHERE id = ?1").bind(id);
                        transaction.execute(done).await?;
                    }
                    let issued = rows.iter().map(|row| {
                        let row = Row(row);
                        Ok(Invitation {
                            user: PrincipalId(row.get(0)?),
                            id: row.unsigned(1)?,
                            room,
                            at,
                        })
                    });
                    issued.collect()
                })
            })
            .await
    }

    async fn issued(&self, user: PrincipalId, after: u32, count: u32) -> Result<Vec<Invitation>, StoreError> {
        let query = sqlx::query(
            "SELECT id, room, at FROM invitations WHERE user = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        )
        .bind(user.0)
        .bind(after)
        .bind(count);
        self.reader
            .all(query, |row| {
                Ok(Invitation {
                    user,
                    id: row.unsigned(0)?,
                    room: RoomId(row.get(1)?),
                    at: row.time(2)?,
                })
            })
            .await
    }
}
