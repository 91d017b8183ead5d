//! What the service does itself becomes a record of its own chain, in the commit that does it.

use crate::{Compliance, ComplianceError};
use causerie_model::{Actor, ChainId, Event, Head, Sealed, StoreFault};
use causerie_records::{Addition, ChainHead};

/// So often is decided again when somebody else was faster, before it is given up with an error. Each time somebody else got
/// on.
pub const MAX_DECISIONS: u32 = 100;

/// Records of the service's own chain that follow `head`.
fn seal(head: &ChainHead, at: causerie_model::Timestamp, actor: &Actor, events: &[Event]) -> Vec<Sealed> {
    let mut head = Head {
        record: head.number,
        chat_id: causerie_model::ChatId(0),
        at: head.at,
        hash: head.hash,
    };
    events
        .iter()
        .map(|event| {
            let record = causerie_room::seal(ChainId::Compliance, &head, at, actor, event);
            head = causerie_room::advance(&head, &record);
            Sealed::from(&record)
        })
        .collect()
}

impl Compliance {
    /// The end of the service's own chain. Read it, decide, and give it to [`Compliance::commit_after`].
    pub(crate) async fn own_head(&self) -> Result<ChainHead, ComplianceError> {
        Ok(self.needs().records.head(ChainId::Compliance).await?)
    }

    /// Commits what was decided when the service's own chain ended at `head`: the events as its next records, and the
    /// addition with them. `None` if the chain has gone on since: decide again.
    pub(crate) async fn commit_after(
        &self,
        head: &ChainHead,
        actor: &Actor,
        events: &[Event],
        mut addition: Addition,
    ) -> Result<Option<u64>, ComplianceError> {
        let own = seal(head, self.needs().clock.now(), actor, events);
        addition.records.extend(own);
        match self.needs().records.append(&addition).await {
            Ok(end) => Ok(Some(end)),
            Err(error) if error.fault == StoreFault::Conflict => {
                if self.own_head().await? == *head {
                    Err(error.into())
                } else {
                    Ok(None)
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Commits events whatever the service's own chain says.
    pub(crate) async fn record(&self, actor: &Actor, events: &[Event]) -> Result<u64, ComplianceError> {
        for _ in 0..MAX_DECISIONS {
            let head = self.own_head().await?;
            if let Some(end) = self
                .commit_after(&head, actor, events, Addition::default())
                .await?
            {
                return Ok(end);
            }
        }
        Err(Self::contended())
    }

    /// What is said when somebody else was faster too often.
    pub(crate) fn contended() -> ComplianceError {
        ComplianceError::Busy("others change compliance data all the time: try again".to_owned())
    }
}
