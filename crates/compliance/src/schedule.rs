//! When adapters run by themselves.

use crate::{
    Compliance,
    documents::{self, Adapter, Run},
    service::{Stop, lock},
    status::NO_ADAPTER,
};
use causerie_model::{Actor, Timestamp};
use std::time::Duration;

/// So often is looked whose turn it is.
pub(crate) const TICK: Duration = Duration::from_secs(5);
/// After a failure an adapter is tried again after its interval, and after this many seconds at the latest.
pub(crate) const RETRY_SECONDS: i64 = 60;
/// So often is said that there is no adapter.
const WARN_SECONDS: i64 = 86_400;

impl Compliance {
    /// When an adapter runs next; `None` if at once.
    pub(crate) fn next_run(&self, name: &str, adapter: &Adapter, run: Option<&Run>) -> Option<Timestamp> {
        let attempt = lock(&self.inner.runs).get(name).cloned().unwrap_or_default();
        let interval = i64::from(adapter.interval);
        let now = self.needs().clock.now();
        // What was at a moment that is still to come was told by a clock that has been put back since.
        let has_been = |at: &Timestamp| *at <= now;
        let attempted = attempt.at.filter(has_been);
        if attempt.error.is_some() || attempt.busy.is_some() {
            return attempted.map(|at| at.plus_seconds(interval.min(RETRY_SECONDS)));
        }
        // One that isn't finished was cut short: it is done first of all.
        let planned = run.filter(|run| run.finished).map(|run| run.planned_at);
        let last = attempted.max(planned.filter(has_been));
        last.map(|at| at.plus_seconds(interval))
    }

    /// Runs every adapter whose turn it is. What fails is an alarm, and is tried again.
    pub(crate) async fn run_due(&self, stop: &Stop) {
        let adapters = match self.adapters().await {
            Ok(adapters) => adapters,
            Err(error) => {
                tracing::warn!("adapters can't be read: {error}");
                return;
            }
        };
        for (name, adapter) in adapters.iter().filter(|(_, adapter)| adapter.enabled) {
            if stop.is_set() {
                return;
            }
            let run = match documents::load::<Run>(&*self.needs().records, name).await {
                Ok(run) => run,
                Err(error) => {
                    tracing::warn!("the last run of adapter {name} can't be read: {error}");
                    continue;
                }
            };
            let due = self.next_run(name, adapter, run.as_ref());
            if due.is_some_and(|due| due > self.needs().clock.now()) {
                continue;
            }
            match self.run(&Actor::System, name, &|_, _| {}).await {
                Ok(outcome) => {
                    if let Some(batch) = outcome.batch {
                        tracing::info!(records = outcome.records, "batch {batch} is delivered");
                    }
                }
                Err(error) => tracing::warn!("adapter {name} exported nothing: {error}"),
            }
        }
        self.over_unless("run-failed", |name| adapters.contains_key(name));
        if adapters.is_empty() {
            self.alarm_once("no-adapter", "", NO_ADAPTER);
        } else {
            self.over("no-adapter", "");
        }
    }

    /// Runs adapters until it is to stop.
    pub(crate) async fn keep_running(&self, mut stop: Stop) {
        let mut warned = self.needs().clock.now();
        loop {
            self.run_due(&stop).await;
            let now = self.needs().clock.now();
            if warned.plus_seconds(WARN_SECONDS) <= now {
                warned = now;
                self.tell_again("no-adapter", "");
            }
            // For the gauges.
            if let Err(error) = self.status().await {
                tracing::debug!("no status: {error}");
            }
            if !stop.sleep(TICK).await {
                return;
            }
        }
    }
}
