//! Takes what was destroyed out of the files.
//!
//! A commit overwrites with zeros what it deletes (`secure_delete`), and removed messages are forgotten piece by piece. But
//! the log has the pages of before until it is emptied, and as others write to it, it would keep them for long.

use crate::{
    fault::store_error,
    writer::{Shared, State},
};
use causerie_store::StoreFault;
use sqlx::{Executor, Row};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{sync::Notify, time::sleep};

/// How long the log's emptying waits for those who read from it. Posts wait with it.
const READERS: Duration = Duration::from_millis(50);
/// When it is tried again after somebody read too long: posts wait for a hundredth of the time then.
const AFTER_READERS: Duration = Duration::from_secs(5);
/// When it is tried again after the database couldn't be written.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Cleans whenever something was destroyed and has lingered for a while. Runs until it is aborted or the writer is gone.
pub(crate) async fn keep_clean(shared: Weak<Shared>, destroyed: Arc<Notify>, linger: Duration) {
    loop {
        destroyed.notified().await;
        let mut pause = Some(linger);
        while let Some(time) = pause {
            sleep(time).await;
            let Some(shared) = shared.upgrade() else { return };
            pause = shared.clean().await;
        }
    }
}

impl Shared {
    /// Takes a step; others write in between. Gives when the next is due, `None` if nothing is left.
    pub(crate) async fn clean(&self) -> Option<Duration> {
        self.step(&mut *self.state.lock().await).await
    }

    /// [`Self::clean`] for who has the state.
    pub(crate) async fn step(&self, state: &mut State) -> Option<Duration> {
        if state.stopped.is_some() {
            return None;
        }
        if let Some(forget) = self.forget {
            match self.transact(state, forget).await.0 {
                Ok(false) => {}
                Ok(true) => {
                    self.checkpoint(state).await;
                    return Some(Duration::ZERO);
                }
                Err(error) => {
                    tracing::warn!(%error, "removed messages are still in the database's file");
                    return Some(AFTER_FAILURE);
                }
            }
        }
        self.empty_log(state).await
    }

    /// Moves all of the log to the database file and cuts it off. It can't while somebody reads from it; who begins to
    /// read once all is moved is no hindrance.
    async fn empty_log(&self, state: &mut State) -> Option<Duration> {
        let Some(mut connection) = state.connection.take() else {
            return Some(AFTER_FAILURE);
        };
        let emptied = async {
            let wait =
                |time: Duration| sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {}", time.as_millis()));
            connection.execute(wait(READERS)).await?;
            let row = connection.fetch_one("PRAGMA wal_checkpoint(TRUNCATE)").await?;
            connection.execute(wait(self.busy_timeout)).await?;
            Ok(row.try_get::<i64, _>(0)? == 0)
        };
        match emptied.await {
            Ok(emptied) => {
                state.connection = Some(connection);
                if emptied {
                    state.logged = 0;
                }
                (!emptied).then_some(AFTER_READERS)
            }
            Err(error) => {
                let error = store_error(&self.path, &error);
                tracing::warn!(%error, "the log of the database can't be emptied now; it may hold what was destroyed");
                // Otherwise the connection isn't used again: it may wait for others less long than it should.
                drop(state.stop_if_sync_failed(&error, Some(connection)));
                (error.fault != StoreFault::SyncFailed).then_some(AFTER_FAILURE)
            }
        }
    }
}
