//! Actions tried out on a copy of the working set, so that what many of them would do, and all that is wrong with them,
//! is known before the first is carried out, and nobody waits for it.

use crate::{
    Action, ActionError, By, Chat, MAX_ACTIONS, Settings, Told,
    admin::{Resources, settle},
};
use causerie_model::{Catalogue, Random, RoomId, Timestamp};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// A copy of the working set on which actions are tried out. What it holds can be dropped without a trace.
pub struct Rehearsal {
    catalogue: Catalogue,
    by: By,
    settings: Settings,
    now: Timestamp,
    database: Uuid,
    numbers: Placeholders,
}

impl Chat {
    /// A copy of the working set as it is now.
    pub fn rehearsal(&self, by: impl Into<By>) -> Rehearsal {
        Rehearsal {
            catalogue: self.catalogue().clone(),
            by: by.into(),
            settings: self.inner.settings.clone(),
            now: self.inner.clock.now(),
            database: self.inner.database,
            numbers: Placeholders(AtomicU64::new(u64::MAX)),
        }
    }
}

impl Rehearsal {
    /// How things are after what was tried so far.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Tries out actions, as many at a time as one commit takes, and tells what they would do.
    ///
    /// # Errors
    /// [`ActionError`]; then nothing in the copy has changed but by those of earlier commits.
    pub fn act(&mut self, actions: &[Action]) -> Result<Vec<Told>, ActionError> {
        let resources = Resources {
            random: &self.numbers,
            highest_room: RoomId(0),
            now: self.now,
            settings: &self.settings,
            database: self.database,
        };
        let mut told = Vec::new();
        for actions in actions.chunks(MAX_ACTIONS) {
            let planned = settle(&mut self.catalogue, &self.by, actions, &resources)?;
            for change in &planned.changes {
                self.catalogue.apply(change);
            }
            told.extend(planned.told);
        }
        Ok(told)
    }
}

/// Numbers that nobody will ever see, for the GUIDs of what isn't made in the end.
struct Placeholders(AtomicU64);

impl Random for Placeholders {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_sub(1, Ordering::Relaxed).to_be_bytes();
            chunk.iter_mut().zip(next).for_each(|(byte, next)| *byte = next);
        }
    }
}
