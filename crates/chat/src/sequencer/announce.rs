//! What rooms and categories are that were made before records told it: whoever has the records alone learns it by one
//! record each.

use super::{Sequencer, round::MAX_ROUND_RECORDS};
use crate::admin::known;
use causerie_model::{Actor, ChainId, Change};
use causerie_room::chain;
use causerie_store::{Batch, CatalogueStore, StoreError};

impl Sequencer {
    /// Records what no record has told so far, once. What the store can't take now waits for the next start.
    pub(crate) async fn announce(&mut self, store: &dyn CatalogueStore) -> Result<(), StoreError> {
        let waiting = store.unannounced().await?;
        for nodes in waiting.chunks(MAX_ROUND_RECORDS) {
            let mut batch = Batch::default();
            let mut system = self.system;
            for &node in nodes {
                let told = known(&self.inner.catalogue(), node);
                // Whatever is gone by now was recorded when it went.
                if let Some((chain, event)) = told {
                    let head = match chain {
                        ChainId::System => system,
                        room => self.journal.head(room).await?,
                    };
                    let record = chain::seal(chain, &head, self.clock.now(), &Actor::System, &event);
                    if chain == ChainId::System {
                        system = chain::advance(&head, &record);
                    }
                    batch.records.push(record);
                }
                batch.changes.push(Change::Announce(node));
            }
            match self.journal.append(&batch).await {
                Err(error) if error.is_temporary() => {
                    tracing::warn!(fault = ?error.fault, %error, "Rooms can't be made known to compliance yet.");
                    return Ok(());
                }
                other => other?,
            }
            self.advance(&batch.records);
        }
        if !waiting.is_empty() {
            let count = waiting.len();
            tracing::info!(
                count,
                "Rooms and categories were made known to compliance; this is done once."
            );
        }
        Ok(())
    }
}
