//! A table whose entries all live equally long, so that the oldest is always the next to expire.
use std::collections::VecDeque;

use super::TransactionKey;

/// An emptied table keeps no more room than this until it is [released](Table::release).
const IDLE_CAPACITY: usize = 4;

/// In order of insertion, searched from the oldest on: answers come in the order of their requests, so that what is
/// looked for is nearly always the first.
#[derive(Clone, Debug)]
pub(super) struct Table<V> {
    entries: VecDeque<Entry<V>>,
}

#[derive(Clone, Debug)]
struct Entry<V> {
    key: TransactionKey,
    expires: u64,
    value: V,
}

impl<V> Table<V> {
    pub(super) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get_mut(&mut self, key: &TransactionKey) -> Option<&mut V> {
        let entry = self.entries.iter_mut().find(|entry| entry.key == *key)?;
        Some(&mut entry.value)
    }

    /// Inserts what is not there yet; `expires` must not be before that of any other.
    pub(super) fn insert(&mut self, key: TransactionKey, expires: u64, value: V) {
        self.entries.push_back(Entry { key, expires, value });
    }

    pub(super) fn remove(&mut self, key: &TransactionKey) -> Option<V> {
        self.take(|known| known == key)
    }

    /// Removes the oldest whose key is wanted.
    pub(super) fn take(&mut self, wanted: impl Fn(&TransactionKey) -> bool) -> Option<V> {
        let index = self.entries.iter().position(|entry| wanted(&entry.key))?;
        let entry = self.entries.remove(index)?;
        self.give_back();
        Some(entry.value)
    }

    pub(super) fn remove_oldest(&mut self) -> Option<V> {
        let entry = self.entries.pop_front()?;
        self.give_back();
        Some(entry.value)
    }

    /// Removes the oldest if its time is over.
    pub(super) fn remove_expired(&mut self, now: u64) -> Option<V> {
        if self.next_expiry()? > now {
            None
        } else {
            self.remove_oldest()
        }
    }

    /// When the oldest expires.
    pub(super) fn next_expiry(&self) -> Option<u64> {
        self.entries.front().map(|entry| entry.expires)
    }

    /// Gives the room of an empty table back.
    pub(super) fn release(&mut self) {
        if self.entries.is_empty() {
            *self = Self::new();
        }
    }

    fn give_back(&mut self) {
        if self.entries.is_empty() && self.entries.capacity() > IDLE_CAPACITY {
            self.entries.shrink_to(IDLE_CAPACITY);
        }
    }
}
