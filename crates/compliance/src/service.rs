//! The service as others hold it.

use crate::{Alarm, ComplianceError, Needs, Settings};
use causerie_proof::SigningKey;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The service. A handle: clones are the same service.
#[derive(Clone)]
pub struct Compliance {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    needs: Needs,
    /// The key that signs from now on: that of the needs, or the one that it was rotated to.
    key: Mutex<Arc<SigningKey>>,
    /// Alarms that were raised and whose reason lasts.
    lasting: Mutex<BTreeSet<String>>,
}

/// Nothing that is kept behind these locks can be half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Compliance {
    /// The service at rest: it does only what it is asked. [`Compliance::start`] has it work by itself.
    ///
    /// # Errors
    /// [`ComplianceError::Key`] if another key must sign the next checkpoint; [`ComplianceError::Store`] if that can't be
    /// read.
    #[expect(clippy::unused_async, reason = "the last checkpoint is read here")]
    pub async fn open(settings: Settings, needs: Needs) -> Result<Self, ComplianceError> {
        let inner = Inner {
            key: Mutex::new(Arc::clone(&needs.key)),
            settings,
            needs,
            lasting: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
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

    /// Tells people of something that happened.
    pub(crate) fn alarm(&self, name: &'static str, text: impl Into<String>) {
        let text = text.into();
        tracing::error!(alarm = name, "{text}");
        let at = self.needs().clock.now();
        self.needs().alarms.raise(&Alarm { name, text, at });
    }

    /// Tells people of something that lasts, once until [`Compliance::over`]. `of` tells it from others of its name.
    pub(crate) fn alarm_once(&self, name: &'static str, of: &str, text: impl Into<String>) {
        if lock(&self.inner.lasting).insert(format!("{name} {of}")) {
            self.alarm(name, text);
        }
    }

    /// What an alarm was about is over.
    pub(crate) fn over(&self, name: &'static str, of: &str) {
        lock(&self.inner.lasting).remove(&format!("{name} {of}"));
    }
}
