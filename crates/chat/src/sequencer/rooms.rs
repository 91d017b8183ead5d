//! The rooms in memory: those with somebody in them, and those that something is happening to.

use causerie_model::{Effective, Record, RoomId};
use causerie_room::{Room, Settings as RoomSettings};
use causerie_store::{History, Journal, StoreError};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Rooms without anybody that may stay in memory, since a post or a history read is often followed by another.
const IDLE_ROOMS: usize = 1_024;

pub(super) struct Rooms {
    loaded: HashMap<RoomId, Room>,
    /// A commit failed, so that the head in memory may not be the one on the disk.
    distrusted: HashSet<RoomId>,
    settings: RoomSettings,
    /// Rooms in memory at which those without anybody are let go, so that looking for them costs little per room.
    sweep_at: usize,
}

impl Rooms {
    pub(super) fn new(effective: &Effective) -> Self {
        Self {
            loaded: HashMap::new(),
            distrusted: HashSet::new(),
            settings: limits(effective),
            sweep_at: IDLE_ROOMS,
        }
    }

    /// Has other settings hold, for rooms in memory too. A room that is to keep more messages has them when it is loaded
    /// the next time.
    pub(super) fn set_limits(&mut self, effective: &Effective) {
        self.settings = limits(effective);
        for room in self.loaded.values_mut() {
            room.set_limits(self.settings);
        }
    }

    /// Makes sure that a room is in memory and as the store has it.
    pub(super) async fn load(
        &mut self,
        id: RoomId,
        journal: &dyn Journal,
        history: &dyn History,
    ) -> Result<(), StoreError> {
        if self.loaded.contains_key(&id) && !self.distrusted.contains(&id) {
            return Ok(());
        }
        let head = journal.head(causerie_model::ChainId::Room(id)).await?;
        let keep = u32::try_from(self.settings.keep).unwrap_or(u32::MAX);
        let recent = history
            .latest(id, None, keep)
            .await?
            .into_iter()
            .map(Arc::new)
            .collect();
        let mut room = Room::new(head, recent, self.settings);
        if let Some(old) = self.loaded.get(&id) {
            for endpoint in old.endpoints() {
                if let Some(participant) = old.participant(endpoint) {
                    room.enter(endpoint, participant.clone());
                }
            }
        }
        self.loaded.insert(id, room);
        self.distrusted.remove(&id);
        Ok(())
    }

    pub(super) fn get(&self, id: RoomId) -> Option<&Room> {
        self.loaded.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.loaded.get_mut(&id)
    }

    pub(super) fn ids(&self) -> Vec<RoomId> {
        self.loaded.keys().copied().collect()
    }

    /// Takes over a record that was committed.
    pub(super) fn record(&mut self, id: RoomId, record: &Record) {
        if let Some(room) = self.loaded.get_mut(&id)
            && let Err(error) = room.record(record)
        {
            // Can't be: the record was made from this room's head. Should it be all the same, the store is right.
            tracing::error!(room = %id, %error, "A committed record doesn't follow the room in memory.");
            self.distrusted.insert(id);
        }
    }

    pub(super) fn distrust(&mut self, id: RoomId) {
        self.distrusted.insert(id);
    }

    /// Lets go of rooms without anybody, whenever there are many more rooms than the last time.
    pub(super) fn unload_idle(&mut self) {
        if self.loaded.len() < self.sweep_at {
            return;
        }
        self.loaded.retain(|_, room| !room.is_idle());
        let loaded = &self.loaded;
        self.distrusted.retain(|id| loaded.contains_key(id));
        self.sweep_at = self.loaded.len() * 2 + IDLE_ROOMS;
    }
}

fn limits(effective: &Effective) -> RoomSettings {
    RoomSettings {
        keep: usize::from(effective.default_chat_history),
        participant_limit: usize::try_from(effective.participant_update_limit).unwrap_or(usize::MAX),
    }
}
