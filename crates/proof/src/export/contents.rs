//! What an export's lines say, and whether it fits together.

use super::{Exported, Wrong};
use crate::{
    PublicKey, SignedCheckpoint, Stored, Tree,
    chain::{Fault, Follower},
    manifest::{ChainRange, Leaf, Manifest},
    merkle,
    ranges::Ranges,
};
use causerie_model::{ChainId, Hash};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The checkpoints, in order, and the keys that they lead to from the trusted one.
pub(super) struct Checkpoints {
    list: Vec<Range>,
    /// The trusted key and those after it: each is named by a checkpoint of the one before.
    keys: Vec<PublicKey>,
    /// A key of these was seen to sign.
    begun: bool,
    last: Option<SignedCheckpoint>,
}

/// What a checkpoint covers.
pub(super) struct Range {
    number: u64,
    after: u64,
    up_to: u64,
    root: Hash,
    signer: PublicKey,
    /// Trust reaches its signer.
    trusted: bool,
    /// It names another key.
    names_key: bool,
}

impl Checkpoints {
    pub(super) fn new(trusted: PublicKey) -> Self {
        Self {
            list: Vec::new(),
            keys: vec![trusted],
            begun: false,
            last: None,
        }
    }

    pub(super) fn line(&mut self, line: &str) -> Result<(), String> {
        let signed = SignedCheckpoint::parse(line).map_err(|error| error.to_string())?;
        let this = &signed.checkpoint;
        let name = |what: &str| Err(format!("checkpoint {}: {what}", this.number));
        if !signed.is_signed() {
            return name("its signature isn't right");
        }
        if this.up_to < this.after {
            return name("it ends before it begins");
        }
        let trusted = self.keys.last() == Some(&signed.key);
        let mut turn = trusted || !self.begun;
        if let Some(last) = &self.last {
            let before = &last.checkpoint;
            if this.number <= before.number || this.after < before.up_to || this.at < before.at {
                return name("it is out of order");
            }
            if this.number == before.number.saturating_add(1) {
                if this.previous != last.hash() {
                    return name("the checkpoint before it isn't the one that it was made after");
                }
                if this.after != before.up_to {
                    return name("it doesn't begin where the one before it ends");
                }
                turn &= signed.key == last.next_key();
            }
        }
        if !turn {
            return name("it is signed by another key than the one whose turn it was");
        }
        if trusted {
            self.begun = true;
            self.keys.extend(this.next_key);
        }
        self.list.push(Range {
            number: this.number,
            after: this.after,
            up_to: this.up_to,
            root: this.root,
            signer: signed.key,
            trusted,
            names_key: this.next_key.is_some(),
        });
        self.last = Some(signed);
        Ok(())
    }

    /// Whether `signer` is the trusted key or one that trust reaches from it.
    pub(super) fn leads_to(&self, signer: &PublicKey) -> bool {
        self.keys.contains(signer)
    }

    pub(super) fn list(&self) -> &[Range] {
        &self.list
    }
}

/// Records that are covered and aren't in the export.
#[derive(Default)]
pub(super) struct Leaves(Vec<(u64, Hash)>);

impl Leaves {
    pub(super) fn line(&mut self, line: &str) -> Result<(), String> {
        let leaf: Leaf = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let hash = leaf
            .hash
            .parse()
            .map_err(|error: causerie_model::NotAHash| error.to_string())?;
        if self.0.last().is_some_and(|(last, _)| *last >= leaf.position) {
            return Err("its position isn't after that of the line before".to_owned());
        }
        self.0.push((leaf.position, hash));
        Ok(())
    }
}

/// The records, in order.
pub(super) struct Records<'a> {
    manifest: &'a Manifest,
    current: Option<(Follower, ChainId)>,
    found: BTreeMap<String, ChainRange>,
    positions: Vec<(u64, Hash)>,
    retired: u64,
    missing: BTreeMap<ChainId, Ranges<()>>,
    told: Told,
}

/// What records of the compliance service tell of others.
#[derive(Default)]
pub(super) struct Told {
    /// Records that were set aside.
    pub(super) set_aside: Vec<(ChainId, u64)>,
    /// Exports.
    pub(super) exported: Vec<Exported>,
}

impl<'a> Records<'a> {
    pub(super) fn new(manifest: &'a Manifest) -> Self {
        Self {
            manifest,
            current: None,
            found: BTreeMap::new(),
            positions: Vec::new(),
            retired: 0,
            missing: BTreeMap::new(),
            told: Told::default(),
        }
    }

    pub(super) fn line(&mut self, line: &str) -> Result<(), String> {
        let stored = Stored::parse(line).map_err(|error| error.to_string())?;
        let (record, position) = (&stored.record, stored.position);
        let named = |what: &dyn std::fmt::Display| {
            format!(
                "record {} of {} (position {position}): {what}",
                record.number, record.chain
            )
        };
        if position <= self.manifest.after || position > self.manifest.up_to {
            return Err(named(&"it isn't of the range that the manifest gives"));
        }
        let name = record.chain.to_string();
        if self
            .current
            .as_ref()
            .is_none_or(|(_, chain)| *chain != record.chain)
        {
            let Some(told) = self.manifest.chains.get(&name) else {
                return Err(named(&"the manifest names no such chain"));
            };
            if self.found.contains_key(&name) {
                return Err(named(&"the records of its chain aren't together"));
            }
            if record.number != told.first {
                let what = format!("the first of its chain should be {}", told.first);
                return Err(named(&what));
            }
            let before = record.number.saturating_sub(1);
            let previous = told.previous.parse().ok();
            self.current = Some((
                Follower::after_number(record.chain, before, previous),
                record.chain,
            ));
            self.found.insert(
                name.clone(),
                ChainRange {
                    first: record.number,
                    previous: record.previous.to_string(),
                    room: told.room.clone(),
                    ..ChainRange::default()
                },
            );
        }
        let (Some((follower, _)), Some(range)) = (&mut self.current, self.found.get_mut(&name)) else {
            return Ok(());
        };
        let mut followed = follower.follow(record, stored.retired);
        if let Err(Fault::Gap { expected }) = followed {
            let last = record.number.saturating_sub(1);
            if self.manifest.complete {
                let missing = self.missing.entry(record.chain).or_default();
                missing.add(expected, last, ());
            }
            follower.skip_to(last);
            followed = follower.follow(record, stored.retired);
        }
        followed.map_err(|fault| named(&fault))?;
        range.last = record.number;
        range.head = record.hash.to_string();
        range.records = range.records.saturating_add(1);
        let count = range.counts.entry(record.kind.clone()).or_default();
        *count = count.saturating_add(1);
        self.positions.push((position, record.hash));
        self.retired = self.retired.saturating_add(u64::from(stored.retired));
        if record.chain == ChainId::Compliance {
            match record.kind.as_str() {
                "SETASIDE" => self.told.set_aside.extend(set_aside(&record.body)),
                "EXPORTED" => self.told.exported.extend(serde_json::from_str(&record.body).ok()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The record that should come after those that were read, in words. Chains come as [`ChainId`] orders them.
    pub(super) fn expected(&self) -> Option<String> {
        let chains = &self.manifest.chains;
        if let Some((_, chain)) = &self.current {
            let name = chain.to_string();
            let last = self
                .found
                .get(&name)?
                .last
                .max(chains.get(&name)?.first.saturating_sub(1));
            if last < chains.get(&name)?.last {
                return Some(if self.manifest.complete {
                    format!("record {} of {name}", last.saturating_add(1))
                } else {
                    format!("one after record {last} of {name}")
                });
            }
        }
        let rest = chains.iter().filter(|(name, _)| !self.found.contains_key(*name));
        let (name, told) = rest.min_by_key(|(name, _)| crate::wire::chain(name))?;
        Some(format!("record {} of {name}", told.first))
    }

    pub(super) fn retired(&self) -> u64 {
        self.retired
    }

    /// Positions and hashes, by position, if the manifest tells the same; and what the records tell of others.
    pub(super) fn finish(mut self) -> Result<(Vec<(u64, Hash)>, Told), Wrong> {
        for (chain, number) in &self.told.set_aside {
            if let Some(missing) = self.missing.get_mut(chain) {
                missing.take(*number, *number);
            }
        }
        for (chain, missing) in &self.missing {
            if let Some((first, last, ())) = missing.iter().next() {
                return Err(Wrong::Content(format!(
                    "records.ndjson: of {chain} the records {first} to {last} are missing"
                )));
            }
        }
        for (name, told) in &self.manifest.chains {
            if self.found.get(name) != Some(told) {
                return Err(Wrong::Content(format!(
                    "manifest.json: what it tells of {name} isn't what records.ndjson has"
                )));
            }
        }
        let records = u64::try_from(self.positions.len()).unwrap_or(u64::MAX);
        if records != self.manifest.records {
            return Err(Wrong::Content(format!(
                "manifest.json: it tells of {} records, records.ndjson has {records}",
                self.manifest.records
            )));
        }
        self.positions.sort_unstable_by_key(|(position, _)| *position);
        Ok((self.positions, self.told))
    }
}

/// The record that a `SETASIDE` record tells of.
fn set_aside(body: &str) -> Option<(ChainId, u64)> {
    #[derive(Deserialize)]
    struct Told {
        chain: String,
        number: u64,
    }
    let told: Told = serde_json::from_str(body).ok()?;
    Some((crate::wire::chain(&told.chain)?, told.number))
}

/// What the checkpoints cover.
pub(super) struct Covered {
    /// How many of them cover something of the export.
    pub(super) checkpoints: u64,
    /// How many records none of them covers.
    pub(super) not_covered: u64,
}

/// Compares the checkpoints with the records and leaves. One that names another key may be there for that alone: nothing of
/// what it covers is.
pub(super) fn cover(
    manifest: &Manifest,
    records: Vec<(u64, Hash)>,
    leaves: Leaves,
    checkpoints: &[Range],
) -> Result<Covered, Wrong> {
    let doubled = |position: u64| Err(Wrong::Content(format!("position {position} is there twice")));
    if manifest.complete {
        let mut expected = manifest.after.saturating_add(1);
        for (position, _) in &records {
            if *position < expected {
                return doubled(*position);
            }
            if *position > expected {
                break;
            }
            expected = expected.saturating_add(1);
        }
        if expected != manifest.up_to.saturating_add(1) {
            return Err(Wrong::Content(format!(
                "records.ndjson: the record at position {expected} is missing"
            )));
        }
    }
    let is_record: Vec<u64> = records.iter().map(|(position, _)| *position).collect();
    let mut all = records;
    all.extend(leaves.0);
    all.sort_unstable_by_key(|(position, _)| *position);
    if let Some([(position, _), _]) = all.array_windows().find(|[one, two]| one.0 == two.0) {
        return doubled(*position);
    }
    let mut rest = all.into_iter().peekable();
    let (mut outside, mut covering) = (Vec::new(), 0_u64);
    for range in checkpoints {
        while let Some((position, _)) = rest.next_if(|(position, _)| *position <= range.after) {
            outside.push(position);
        }
        let any = rest.peek().is_some_and(|(position, _)| *position <= range.up_to);
        if !any && (range.names_key || range.after == range.up_to) {
            continue;
        }
        if !range.trusted {
            return Err(Wrong::Content(format!(
                "checkpoint {}: it is signed by the key {}, to which nothing leads from the trusted key",
                range.number,
                range.signer.id()
            )));
        }
        covering = covering.saturating_add(1);
        let (mut tree, mut expected) = (Tree::default(), range.after);
        while let Some((position, hash)) = rest.next_if(|(position, _)| *position <= range.up_to) {
            expected = expected.saturating_add(1);
            if position != expected {
                break;
            }
            tree.push(merkle::leaf(position, hash));
        }
        if tree.size() != range.up_to.saturating_sub(range.after) || tree.root() != range.root {
            return Err(Wrong::Content(format!(
                "checkpoint {}: the records and leaves at positions {} to {} aren't those that it was made over",
                range.number,
                range.after.saturating_add(1),
                range.up_to
            )));
        }
    }
    outside.extend(rest.map(|(position, _)| position));
    if let Some(position) = outside
        .iter()
        .find(|position| manifest.complete || is_record.binary_search(position).is_err())
    {
        return Err(Wrong::Content(format!(
            "no checkpoint covers what is at position {position}"
        )));
    }
    Ok(Covered {
        checkpoints: covering,
        not_covered: u64::try_from(outside.len()).unwrap_or(u64::MAX),
    })
}
