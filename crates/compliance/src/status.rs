//! How the service is.

use crate::{
    Compliance, ComplianceError, StandingAlarm, checkpoint,
    documents::{self, Adapter, Run},
    service::{age, lock},
};
use causerie_model::Timestamp;
use serde::Serialize;

/// What is said when nothing is exported.
pub const NO_ADAPTER: &str = "no adapter is set: records are kept and go nowhere. Set one, or nothing leaves this server and nothing can be retired";
/// So many records are looked through for the first that isn't exported.
const LOOK: u32 = 100;

/// How the service is. Times are ISO 8601, ages are whole seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// What waits to be stored.
    pub queue: QueueStatus,
    /// How many records are stored.
    pub records: u64,
    /// The last checkpoint, if there is one.
    pub checkpoint: Option<CheckpointStatus>,
    /// The last verification of the whole database in this process's life.
    pub verified: Option<VerifiedStatus>,
    /// The adapters, by name.
    pub adapters: Vec<AdapterStatus>,
    /// The alarms that stand now.
    pub alarms: Vec<StandingAlarm>,
    /// What a person should look at, a sentence each.
    pub warnings: Vec<String>,
}

/// What waits to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueStatus {
    /// How many records; `None`, as the next two, if the queue can't be reached.
    pub depth: Option<u64>,
    /// For how long the first has waited: the time from commit to record. 0 if none waits.
    pub lag_seconds: Option<u64>,
    /// How many records were set aside.
    pub set_aside: Option<u64>,
    /// Why records aren't taken from it just now, if so.
    pub error: Option<String>,
}

/// The last checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointStatus {
    /// Its number.
    pub number: u64,
    /// The last position that it covers.
    pub position: u64,
    /// When it was made.
    pub at: String,
    /// How long ago.
    pub age_seconds: u64,
    /// Names the key that signed it.
    pub key: String,
}

/// A verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedStatus {
    /// When it ended.
    pub at: String,
    /// Nothing was wrong.
    pub right: bool,
    /// What was found, in a sentence.
    pub result: String,
}

/// An adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdapterStatus {
    /// Its name.
    pub name: String,
    /// It runs by itself.
    pub enabled: bool,
    /// The last position that it has exported.
    pub position: u64,
    /// For how long the first record that it hasn't exported has been there: the time from record to file.
    pub lag_seconds: u64,
    /// When the last run was planned that had something to export.
    pub last_run: Option<String>,
    /// The last batch.
    pub batch: Option<String>,
    /// When it runs next; `None` if it is disabled.
    pub next_run: Option<String>,
    /// Why the last run failed, if it did.
    pub error: Option<String>,
}

impl Compliance {
    /// How the service is. The gauges of metrics are set as well.
    ///
    /// # Errors
    /// [`ComplianceError::Store`] if the database of records can't be read. That the queue can't is a warning.
    pub async fn status(&self) -> Result<Status, ComplianceError> {
        let now = self.needs().clock.now();
        let mut status = Status {
            records: self.needs().records.end().await?,
            verified: lock(&self.inner.verified).clone(),
            alarms: self.standing(),
            ..Status::default()
        };
        status.queue.error = lock(&self.inner.intake_error).clone();
        match self.needs().queue.backlog().await {
            Ok(backlog) => {
                status.queue.depth = Some(backlog.depth);
                status.queue.set_aside = Some(backlog.set_aside);
                status.queue.lag_seconds = Some(backlog.oldest.map_or(0, |oldest| age(oldest, now)));
            }
            Err(error) => status
                .warnings
                .push(format!("the queue can't be reached: {error}")),
        }
        if let Some(last) = checkpoint::last(&*self.needs().records).await? {
            let checkpoint = &last.checkpoint;
            status.checkpoint = Some(CheckpointStatus {
                number: checkpoint.number,
                position: checkpoint.up_to,
                at: checkpoint.at.to_string(),
                age_seconds: age(checkpoint.at, now),
                key: last.key.id(),
            });
        }
        for (name, adapter) in self.adapters().await? {
            let adapter = self.adapter_status(name, &adapter, now).await?;
            if let Some(error) = &adapter.error {
                status
                    .warnings
                    .push(format!("adapter {} exports nothing: {error}", adapter.name));
            }
            status.adapters.push(adapter);
        }
        if status.adapters.is_empty() {
            status.warnings.push(NO_ADAPTER.to_owned());
        }
        if let Some(count @ 1..) = status.queue.set_aside {
            let text = format!("{count} records were set aside: find out how they came about");
            status.warnings.push(text);
        }
        status.gauge();
        Ok(status)
    }

    async fn adapter_status(
        &self,
        name: String,
        adapter: &Adapter,
        now: Timestamp,
    ) -> Result<AdapterStatus, ComplianceError> {
        let records = &*self.needs().records;
        let run: Option<Run> = documents::load(records, &name).await?;
        let position = run.as_ref().map_or(0, Run::exported);
        let waiting = records.read(position, u64::MAX, LOOK).await?;
        let first = waiting.iter().find(|stored| stored.record.kind != "EXPORTED");
        let attempt = lock(&self.inner.runs).get(&name).cloned().unwrap_or_default();
        let next = self
            .next_run(&name, adapter, run.as_ref())
            .filter(|_| adapter.enabled);
        Ok(AdapterStatus {
            enabled: adapter.enabled,
            position,
            lag_seconds: first.map_or(0, |stored| age(stored.record.at, now)),
            last_run: run.as_ref().map(|run| run.planned_at.to_string()),
            batch: run.map(|run| run.batch),
            next_run: next.map(|next| next.to_string()),
            error: attempt.error,
            name,
        })
    }
}

impl Status {
    fn gauge(&self) {
        // The same as the chat server's: where that is another process only one of them is there.
        // What isn't known is no number, so that nothing looks empty that can't be reached.
        let queue = |number: Option<u64>| number.map_or(f64::NAN, |number| number as f64);
        metrics::gauge!("causerie_queue_depth").set(queue(self.queue.depth));
        metrics::gauge!("causerie_queue_oldest_seconds").set(queue(self.queue.lag_seconds));
        metrics::gauge!("causerie_queue_set_aside").set(queue(self.queue.set_aside));
        if let Some(checkpoint) = &self.checkpoint {
            metrics::gauge!("causerie_compliance_checkpoint_age_seconds").set(checkpoint.age_seconds as f64);
        }
        for adapter in &self.adapters {
            metrics::gauge!("causerie_compliance_exported_position", "adapter" => adapter.name.clone())
                .set(adapter.position as f64);
            metrics::gauge!("causerie_compliance_export_lag_seconds", "adapter" => adapter.name.clone())
                .set(adapter.lag_seconds as f64);
        }
    }
}

impl Run {
    /// The last position that is exported.
    pub(crate) fn exported(&self) -> u64 {
        if self.finished { self.up_to } else { self.after }
    }
}
