//! Who was in a room when the program ended without a word: his leaving is recorded by the next start, before anybody comes.

use super::{
    Sequencer,
    round::{MAX_ROUND_RECORDS, Owed},
};
use causerie_model::{Actor, ChainId, Event, Head, PartReason, RoomId, Timestamp};
use causerie_room::chain;
use causerie_store::{Batch, StoreError};
use std::sync::atomic::Ordering;

/// The room that is being cleared.
#[derive(Clone, Copy)]
struct Clearing {
    room: RoomId,
    head: Head,
    /// The time of the last record before: those who were lost were there then.
    seen: Timestamp,
}

/// Leavings that are to be committed together.
#[derive(Default)]
struct Leavings {
    batch: Batch,
    /// The same once more, to be owed if they can't be.
    owed: Vec<Owed>,
}

impl Sequencer {
    /// Has everybody leave whom the store still has in a room. To be called while nobody is in any. What the store can't
    /// take now is owed: it goes before all else, so that nobody enters before it is recorded.
    pub(crate) async fn part_lost(&mut self) -> Result<(), StoreError> {
        let present = self.journal.present().await?;
        let count = present.len();
        let mut leavings = Leavings::default();
        let mut clearing: Option<Clearing> = None;
        for (room, user) in present {
            let chain = ChainId::Room(room);
            let before = match clearing {
                Some(same) if same.room == room => same,
                _ => {
                    let head = self.journal.head(chain).await?;
                    Clearing {
                        room,
                        head,
                        seen: head.at,
                    }
                }
            };
            let owed = Owed {
                chain,
                at: self.clock.now(),
                actor: Actor::System,
                event: Event::Part {
                    user,
                    reason: PartReason::Lost,
                    not_before: Some(before.seen),
                },
            };
            let record = chain::seal(chain, &before.head, owed.at, &owed.actor, &owed.event);
            clearing = Some(Clearing {
                head: chain::advance(&before.head, &record),
                ..before
            });
            leavings.batch.records.push(record);
            leavings.owed.push(owed);
            if leavings.owed.len() == MAX_ROUND_RECORDS {
                self.commit_lost(std::mem::take(&mut leavings)).await?;
            }
        }
        self.commit_lost(leavings).await?;
        if count > 0 {
            tracing::warn!(
                count,
                "The server ended without recording who left rooms; it is recorded now."
            );
        }
        Ok(())
    }

    async fn commit_lost(&mut self, leavings: Leavings) -> Result<(), StoreError> {
        if self.owed.is_empty() {
            match self.journal.append(&leavings.batch).await {
                Err(error) if error.is_temporary() => {
                    tracing::error!(fault = ?error.fault, %error, "Who left rooms can't be recorded yet.");
                    self.inner.writable.store(false, Ordering::Relaxed);
                }
                other => return other,
            }
        }
        self.owed.extend(leavings.owed);
        Ok(())
    }
}
