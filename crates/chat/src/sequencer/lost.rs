//! Who was in a room when the program ended without a word: his leaving is recorded by the next start, before anybody comes.

use super::{Sequencer, round::MAX_ROUND_RECORDS};
use causerie_model::{Actor, ChainId, Event, Head, PartReason, RoomId, Timestamp};
use causerie_room::chain;
use causerie_store::{Batch, StoreError};

/// The room that is being cleared.
#[derive(Clone, Copy)]
struct Clearing {
    room: RoomId,
    head: Head,
    /// The time of the last record before: those who were lost were there then.
    seen: Timestamp,
}

impl Sequencer {
    /// Has everybody leave whom the store still has in a room. To be called while nobody is in any.
    pub(crate) async fn part_lost(&mut self) -> Result<(), StoreError> {
        let present = self.journal.present().await?;
        let count = present.len();
        let mut batch = Batch::default();
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
            let event = Event::Part {
                user,
                reason: PartReason::Lost,
                not_before: Some(before.seen),
            };
            let record = chain::seal(chain, &before.head, self.clock.now(), &Actor::System, &event);
            clearing = Some(Clearing {
                head: chain::advance(&before.head, &record),
                ..before
            });
            batch.records.push(record);
            if batch.records.len() == MAX_ROUND_RECORDS {
                self.journal.append(&std::mem::take(&mut batch)).await?;
            }
        }
        self.journal.append(&batch).await?;
        if count > 0 {
            tracing::warn!(
                count,
                "The server ended without recording who left rooms; it is recorded now."
            );
        }
        Ok(())
    }
}
