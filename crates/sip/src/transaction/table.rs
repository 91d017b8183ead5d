//! A table whose entries all live equally long, so that the oldest is always the next to expire.
use std::collections::{HashMap, VecDeque};

use super::TransactionKey;

/// An emptied table keeps no more room than this until it is [released](Table::release).
const IDLE_CAPACITY: usize = 8;

#[derive(Clone, Debug)]
pub(super) struct Table<V> {
    places: HashMap<TransactionKey, u64>,
    /// In order of insertion; removed ones leave a hole until they are the oldest or holes prevail.
    slots: VecDeque<Option<Slot<V>>>,
    /// The place of the first slot.
    first: u64,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    key: TransactionKey,
    expires: u64,
    value: V,
}

impl<V> Table<V> {
    pub(super) fn new() -> Self {
        Self {
            places: HashMap::new(),
            slots: VecDeque::new(),
            first: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    fn index(&self, key: &TransactionKey) -> Option<usize> {
        usize::try_from(self.places.get(key)?.checked_sub(self.first)?).ok()
    }

    pub(super) fn get_mut(&mut self, key: &TransactionKey) -> Option<&mut V> {
        let index = self.index(key)?;
        self.slots.get_mut(index)?.as_mut().map(|slot| &mut slot.value)
    }

    /// Inserts what is not there yet; `expires` must not be before that of any other.
    pub(super) fn insert(&mut self, key: TransactionKey, expires: u64, value: V) {
        let place = self.first + self.slots.len() as u64;
        self.places.insert(key.clone(), place);
        self.slots.push_back(Some(Slot { key, expires, value }));
    }

    pub(super) fn remove(&mut self, key: &TransactionKey) -> Option<V> {
        let index = self.index(key)?;
        let slot = self.slots.get_mut(index)?.take()?;
        self.places.remove(key);
        self.drop_holes();
        if self.slots.len() > 2 * self.places.len() + IDLE_CAPACITY {
            self.close_holes();
        }
        Some(slot.value)
    }

    pub(super) fn remove_oldest(&mut self) -> Option<V> {
        self.drop_holes();
        let slot = self.slots.pop_front()??;
        self.first += 1;
        self.places.remove(&slot.key);
        self.drop_holes();
        Some(slot.value)
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
        self.slots.front()?.as_ref().map(|slot| slot.expires)
    }

    fn drop_holes(&mut self) {
        while let Some(None) = self.slots.front() {
            self.slots.pop_front();
            self.first += 1;
        }
        if self.slots.is_empty() && self.slots.capacity() > IDLE_CAPACITY {
            self.slots.shrink_to(IDLE_CAPACITY);
            self.places.shrink_to(IDLE_CAPACITY);
        }
    }

    /// Gives the room of an empty table back.
    pub(super) fn release(&mut self) {
        if self.places.is_empty() {
            *self = Self::new();
        }
    }

    /// Moves all to the front. One old entry would otherwise keep the holes of everything that came and went after it.
    fn close_holes(&mut self) {
        self.slots.retain(Option::is_some);
        for (place, slot) in (self.first..).zip(self.slots.iter().flatten()) {
            if let Some(known) = self.places.get_mut(&slot.key) {
                *known = place;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::Method;
    use crate::text::Text;

    fn key(cseq: u32) -> TransactionKey {
        TransactionKey {
            call_id: Text::from_static("c"),
            cseq,
            method: Method::Info,
        }
    }

    #[test]
    fn one_old_entry_keeps_no_holes() {
        let mut table = Table::new();
        table.insert(key(0), 0, 0);
        for n in 1..=1_000 {
            table.insert(key(n), u64::from(n), n);
            if n % 100 != 0 {
                assert_eq!(table.remove(&key(n)), Some(n));
            }
            assert!(
                table.slots.len() <= 2 * table.len() + IDLE_CAPACITY + 1,
                "after {n}"
            );
        }
        assert_eq!(table.len(), 11);
        for n in (0..=1_000).step_by(100) {
            assert_eq!(table.get_mut(&key(n)), Some(&mut { n }));
        }
        for n in (0..=1_000).step_by(100) {
            assert_eq!(table.next_expiry(), Some(u64::from(n)));
            assert_eq!(table.remove_oldest(), Some(n));
        }
        assert_eq!(table.remove_oldest(), None);
    }
}
