//! Sets of numbers, kept as ranges that each carry a tag.

use std::collections::BTreeMap;

/// Ranges that don't overlap: first → (last, tag). Ranges that touch grow together and keep the first one's tag.
#[derive(Clone, Debug)]
pub(crate) struct Ranges<T>(BTreeMap<u64, (u64, T)>);

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Clone> Ranges<T> {
    /// Adds `first..=last`, of which nothing after `first` may be there but what is added again.
    pub(crate) fn add(&mut self, first: u64, last: u64, tag: T) {
        if let Some((_, (end, _))) = self.0.range_mut(..=first).next_back()
            && end.saturating_add(1) >= first
        {
            *end = last.max(*end);
        } else {
            self.0.insert(first, (last, tag));
        }
    }

    /// Takes out what it has of `first..=last`, as ranges.
    pub(crate) fn take(&mut self, first: u64, last: u64) -> Vec<(u64, u64)> {
        let mut taken = Vec::new();
        // From the right: a range ends before the next one begins, so nothing further left can reach in again.
        while let Some((&begin, (end, tag))) = self.0.range(..=last).next_back() {
            let (end, tag) = (*end, tag.clone());
            if end < first {
                break;
            }
            self.0.remove(&begin);
            if end > last {
                self.0.insert(last.saturating_add(1), (end, tag.clone()));
            }
            if begin < first {
                self.0.insert(begin, (first.saturating_sub(1), tag));
            }
            taken.push((begin.max(first), end.min(last)));
        }
        taken
    }

    /// The tag of the range that holds a number.
    pub(crate) fn tag(&self, number: u64) -> Option<&T> {
        let (_, (last, tag)) = self.0.range(..=number).next_back()?;
        (*last >= number).then_some(tag)
    }

    /// The tags, in no order that means anything.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &T> {
        self.0.values().map(|(_, tag)| tag)
    }

    /// First, last and tag of each, rising.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64, &T)> {
        self.0.iter().map(|(first, (last, tag))| (*first, *last, tag))
    }
}
