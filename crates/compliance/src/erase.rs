//! Messages go from the rooms whose records went.
//!
//! Which they are is noted by the commit that destroys the records, and the note goes when the chat server has taken them
//! out. A note counts only as far as the `RETIRED` records say the same: who writes one into the database has nothing erased
//! by it.

use crate::{
    Compliance, ComplianceError,
    documents::{self, Erasure},
    intake::{PAGE, lost},
    schedule::TICK,
    service::Stop,
};
use causerie_model::{Cause, ChainId, ChatId, RoomId, Timestamp, chat_id_ranges};
use causerie_proof::Content;
use causerie_queue::{LOCAL, Order};
use causerie_records::{Addition, Stored};
use serde::Deserialize;

/// The alarm when messages should be gone, and aren't.
const ERASURE_WAITS: &str = "erasure-waits";

/// The members of a `RETIRED` record's body that matter here.
#[derive(Deserialize)]
struct Retired {
    chain: String,
    #[serde(default)]
    messages: String,
}

/// What came of what was noted.
#[derive(Default)]
pub(crate) struct Noted {
    /// So many messages went.
    pub(crate) messages: u64,
    /// Why others didn't: the first reason.
    pub(crate) waits: Option<ComplianceError>,
}

impl Compliance {
    /// Has those messages taken out of rooms that are noted, until it is to stop. What can't be is an alarm, and is tried again.
    pub(crate) async fn keep_erasing(&self, mut stop: Stop) {
        loop {
            match self.erase_noted().await {
                Ok(Noted { messages, waits }) => {
                    if messages > 0 {
                        tracing::info!("{messages} messages went from rooms, after their records");
                    }
                    match waits {
                        None => self.over(ERASURE_WAITS, ""),
                        // The other service does it.
                        Some(ComplianceError::Busy(_)) => {}
                        Some(error) => self.alarm_once(
                            ERASURE_WAITS,
                            "",
                            format!("messages aren't out of their rooms yet, whose records retention destroyed: {error}. It is tried again."),
                        ),
                    }
                }
                // That the database is away others tell.
                Err(error) => tracing::debug!("what is to go from rooms can't be read: {error}"),
            }
            if !stop.sleep(TICK).await {
                return;
            }
        }
    }

    /// Has the messages of all notes taken out of their rooms; one that can't be keeps back no other.
    pub(crate) async fn erase_noted(&self) -> Result<Noted, ComplianceError> {
        let _one = self.inner.erasing.lock().await;
        let mut noted = Noted::default();
        for erasure in documents::load_all::<Erasure>(&*self.needs().records)
            .await?
            .into_values()
        {
            match self.erase(&erasure).await {
                Ok(messages) => noted.messages += messages,
                Err(error) => noted.waits = noted.waits.or(Some(error)),
            }
        }
        Ok(noted)
    }

    /// Has messages taken out of their room. How many were there.
    pub(crate) async fn erase(&self, erasure: &Erasure) -> Result<u64, ComplianceError> {
        let all = erasure.messages.iter().flatten();
        let order = Order {
            room: RoomId(erasure.room),
            messages: all.map(|(id, at)| (ChatId(*id), Timestamp(*at))).collect(),
            cause: self.cause(erasure).await?,
            origin: LOCAL.to_owned(),
        };
        let lease = self.queue_lease().await.map_err(waits)?;
        let now = self.needs().clock.now();
        let erased = self.needs().erasure.erase(&lease, now, &order).await;
        let erased = erased.map_err(|error| waits(lost(error)))?;
        let done = Addition {
            documents: vec![documents::gone::<Erasure>(erasure.first)],
            ..Addition::default()
        };
        self.needs().records.append(&done).await?;
        Ok(erased.messages)
    }

    /// The records that a note says are its cause.
    async fn cause(&self, erasure: &Erasure) -> Result<Cause, ComplianceError> {
        // An error if the service's own chain, or what it tells of, isn't what it was.
        drop(self.ledger().await?);
        let first = erasure.first;
        let last = first
            .saturating_add(erasure.messages.len() as u64)
            .saturating_sub(1);
        let records = &self.needs().records;
        let told = records
            .of_chain(ChainId::Compliance, first.saturating_sub(1), last, PAGE)
            .await?;
        let chain = ChainId::Room(RoomId(erasure.room)).to_string();
        let mut pairs = told.iter().zip(&erasure.messages);
        let is_told = told.len() == erasure.messages.len()
            && pairs.all(|(stored, messages)| tells(stored, &chain, messages));
        match told.last() {
            Some(end) if is_told => Ok(Cause {
                first,
                last,
                hash: end.record.hash,
            }),
            _ => Err(ComplianceError::Damaged(format!(
                "messages of room {} are noted to be erased, and the records from {first} to {last} of the service's own chain don't say so: somebody changed the database",
                erasure.room
            ))),
        }
    }
}

/// Whether a record says that these messages of a chain's room go.
fn tells(stored: &Stored, chain: &str, messages: &[(u64, i64)]) -> bool {
    let record = &stored.record;
    let Ok(told) = serde_json::from_str::<Retired>(&record.body) else {
        return false;
    };
    record.kind == "RETIRED"
        && Content::of(record).hash() == record.hash
        && told.chain == chain
        && told.messages == chat_id_ranges(messages.iter().map(|(id, _)| ChatId(*id)))
}

/// What keeps the messages in their room whose records went.
fn waits(error: ComplianceError) -> ComplianceError {
    match error {
        ComplianceError::Store(error) => ComplianceError::ErasureWaits(error),
        error => error,
    }
}
