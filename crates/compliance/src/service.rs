//! The service as others hold it.

use crate::{
    ComplianceError, Needs, Settings, VerifiedStatus, alarms::AllStanding, checkpoint, ledger::Ledger,
    trust::Trust,
};
use causerie_model::Timestamp;
use causerie_proof::SigningKey;
use causerie_queue::Lease;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// The service. A handle: clones are the same service.
#[derive(Clone)]
pub struct Compliance {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    settings: Settings,
    needs: Needs,
    /// The key that signs from now on: that of the needs, or the one that it was rotated to.
    pub(crate) key: Mutex<Arc<SigningKey>>,
    /// Alarms that were raised and whose reason lasts.
    pub(crate) lasting: Mutex<AllStanding>,
    /// The right to take from the queue. Locked by who takes.
    pub(crate) queue_lease: tokio::sync::Mutex<Option<Lease>>,
    /// Since when the queue can't be reached, if so.
    pub(crate) queue_lost: Mutex<Option<Timestamp>>,
    /// Why nothing was taken the last time, if so.
    pub(crate) intake_error: Mutex<Option<String>>,
    /// The checkpoints that are known to be right, once they were looked at.
    pub(crate) trust: tokio::sync::Mutex<Option<Trust>>,
    /// Locked by who makes a checkpoint.
    pub(crate) checkpointing: tokio::sync::Mutex<()>,
    /// Up to which checkpoint they are known elsewhere, as far as this service knows.
    pub(crate) anchored: Mutex<Option<u64>>,
    /// What the service's own chain tells of documents, as far as it was read.
    pub(crate) ledger: tokio::sync::Mutex<Ledger>,
    /// Locked by who applies retention.
    pub(crate) applying: tokio::sync::Mutex<()>,
    /// Locked by who has messages taken out of rooms.
    pub(crate) erasing: tokio::sync::Mutex<()>,
    /// Locked by who runs an adapter.
    pub(crate) running: tokio::sync::Mutex<()>,
    /// The last try of each adapter.
    pub(crate) runs: Mutex<BTreeMap<String, Attempt>>,
    /// The last verification.
    pub(crate) verified: Mutex<Option<VerifiedStatus>>,
    stop: watch::Sender<bool>,
    tasks: tokio::sync::Mutex<JoinSet<()>>,
}

/// A try to run an adapter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempt {
    /// When it ended.
    pub(crate) at: Option<Timestamp>,
    /// Why it failed, if it did.
    pub(crate) error: Option<String>,
    /// Since when nothing was tried, as somebody else has the right to, if so.
    pub(crate) busy: Option<Timestamp>,
}

/// Nothing that is kept behind these locks can be half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whole seconds from one moment to another; 0 if that is earlier.
pub(crate) fn age(from: Timestamp, now: Timestamp) -> u64 {
    let seconds = now.0.saturating_sub(from.0) / 1_000_000;
    u64::try_from(seconds).unwrap_or(0)
}

/// Tells a task when to end.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    pub(crate) fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits; false if the task is to end.
    pub(crate) async fn sleep(&mut self, time: Duration) -> bool {
        if self.is_set() {
            return false;
        }
        tokio::select! {
            () = tokio::time::sleep(time) => !self.is_set(),
            // Somebody sets it, or nobody is left who could.
            _ = self.0.changed() => false,
        }
    }
}

impl Compliance {
    /// The service at rest: it does only what it is asked. [`Compliance::start`] has it work by itself.
    ///
    /// # Errors
    /// [`ComplianceError::Key`] if another key must sign the next checkpoint; [`ComplianceError::Damaged`] if the database's
    /// checkpoints don't follow those that are known outside of it, or the root of trust;
    /// [`ComplianceError::Store`] or [`ComplianceError::Busy`] if they can't be read.
    pub async fn open(settings: Settings, needs: Needs) -> Result<Self, ComplianceError> {
        let inner = Inner {
            key: Mutex::new(Arc::clone(&needs.key)),
            settings,
            needs,
            lasting: Mutex::default(),
            queue_lease: tokio::sync::Mutex::default(),
            queue_lost: Mutex::default(),
            intake_error: Mutex::default(),
            trust: tokio::sync::Mutex::default(),
            checkpointing: tokio::sync::Mutex::default(),
            anchored: Mutex::default(),
            ledger: tokio::sync::Mutex::default(),
            applying: tokio::sync::Mutex::default(),
            erasing: tokio::sync::Mutex::default(),
            running: tokio::sync::Mutex::default(),
            runs: Mutex::default(),
            verified: Mutex::default(),
            stop: watch::channel(false).0,
            tasks: tokio::sync::Mutex::default(),
        };
        let service = Self {
            inner: Arc::new(inner),
        };
        let last = service.follow_checkpoints().await?;
        checkpoint::check_key(last.as_ref(), service.key().public())?;
        Ok(service)
    }

    /// Opens the service and has it work: take records in, make checkpoints, run adapters, until [`Compliance::stop`].
    ///
    /// # Errors
    /// As [`Compliance::open`].
    pub async fn start(settings: Settings, needs: Needs) -> Result<Self, ComplianceError> {
        let service = Self::open(settings, needs).await?;
        let mut tasks = service.inner.tasks.lock().await;
        let stop = || Stop(service.inner.stop.subscribe());
        tasks.spawn({
            let (service, stop) = (service.clone(), stop());
            async move { service.keep_taking_in(stop).await }
        });
        tasks.spawn({
            let (service, stop) = (service.clone(), stop());
            async move { service.keep_checkpoints(stop).await }
        });
        tasks.spawn({
            let (service, stop) = (service.clone(), stop());
            async move { service.keep_running(stop).await }
        });
        tasks.spawn({
            let (service, stop) = (service.clone(), stop());
            async move { service.keep_erasing(stop).await }
        });
        drop(tasks);
        Ok(service)
    }

    /// Has all that goes on end at its next page: what the service does by itself, and what officers wait for, who are told
    /// [`ComplianceError::Stopping`]. Doesn't wait for it.
    pub fn break_off(&self) {
        self.inner.stop.send_replace(true);
    }

    /// Ends what the service does by itself, gives its lease back, and makes a last checkpoint. A run that goes on is broken
    /// off, as by [`Compliance::break_off`]; the next start does the same batch again.
    pub async fn stop(&self) {
        self.break_off();
        let mut tasks = self.inner.tasks.lock().await;
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!("a task of the compliance service ended badly: {error}");
            }
        }
        self.leave_queue().await;
        if let Err(error) = self.checkpoint().await {
            tracing::warn!("no last checkpoint was made: {error}");
        }
    }

    /// An error once the service is to stop.
    pub(crate) fn goes_on(&self) -> Result<(), ComplianceError> {
        if *self.inner.stop.borrow() {
            return Err(ComplianceError::Stopping);
        }
        Ok(())
    }

    /// Waits until the service is to stop.
    pub(crate) async fn stopping(&self) {
        let mut stop = self.inner.stop.subscribe();
        // The sender lives as long as the service.
        drop(stop.wait_for(|stop| *stop).await);
    }

    pub(crate) fn needs(&self) -> &Needs {
        &self.inner.needs
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn key(&self) -> Arc<SigningKey> {
        Arc::clone(&lock(&self.inner.key))
    }
}
