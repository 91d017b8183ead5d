//! What an export's lines say, and whether it fits together.

use super::{Exported, RESTART, Wrong};
use crate::{
    Node, PublicKey, SignedCheckpoint, Stored, Tree,
    chain::{Fault, Follower},
    manifest::{ChainRange, Manifest, NODES},
    merkle,
    ranges::Ranges,
};
use causerie_model::{ChainId, Hash};
use serde::Deserialize;
use std::{collections::BTreeMap, iter::Peekable};

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

/// Nodes over records that are covered and aren't in the export, in order; none overlaps another.
#[derive(Default)]
pub(super) struct Nodes(Vec<Node>);

impl Nodes {
    pub(super) fn line(&mut self, line: &str) -> Result<(), String> {
        let node = Node::parse(line).map_err(|error| error.to_string())?;
        if let Some(before) = self.0.last()
            && before.last() >= node.position
        {
            let (position, last) = (node.position, before.last());
            return Err(format!(
                "it begins at position {position}, and the line before reaches position {last}"
            ));
        }
        self.0.push(node);
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
    /// Exports, by the number of the record.
    pub(super) exported: Vec<(u64, Exported)>,
    /// Adapters that begin anew, by the number of the record.
    pub(super) restarted: Vec<(u64, String)>,
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
                "EXPORTED" => {
                    let exported = serde_json::from_str(&record.body).ok();
                    self.told
                        .exported
                        .extend(exported.map(|told| (record.number, told)));
                }
                "CHANGED" => {
                    let adapter = restarted(&record.body);
                    self.told
                        .restarted
                        .extend(adapter.map(|name| (record.number, name)));
                }
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

/// The adapter that begins anew, as a `CHANGED` record tells.
fn restarted(body: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Changed {
        what: String,
        target: String,
    }
    let changed: Changed = serde_json::from_str(body).ok()?;
    (changed.what == RESTART).then_some(changed.target)
}

/// What the checkpoints cover.
pub(super) struct Covered {
    /// How many of them cover something of the export.
    pub(super) checkpoints: u64,
    /// How many records none of them covers.
    pub(super) not_covered: u64,
}

/// What is at positions after one another: a record, or the records under a node.
#[derive(Clone, Copy)]
struct Piece {
    first: u64,
    /// How many positions.
    leaves: u64,
    /// The root of the subtree over them.
    hash: Hash,
    is_record: bool,
}

impl Piece {
    fn last(&self) -> u64 {
        self.first.saturating_add(self.leaves.saturating_sub(1))
    }
}

/// Records and nodes by position.
fn pieces(records: Vec<(u64, Hash)>, nodes: Nodes) -> impl Iterator<Item = Piece> {
    let mut records = records.into_iter().peekable();
    let mut nodes = nodes.0.into_iter().peekable();
    std::iter::from_fn(move || {
        let next_node = nodes.peek().map_or(u64::MAX, |node| node.position);
        if let Some((position, hash)) = records.next_if(|(position, _)| *position <= next_node) {
            return Some(Piece {
                first: position,
                leaves: 1,
                hash: merkle::leaf(position, hash),
                is_record: true,
            });
        }
        nodes.next().map(|node| Piece {
            first: node.position,
            leaves: node.leaves,
            hash: node.hash,
            is_record: false,
        })
    })
}

/// A complete export has every record of its range; none has a record twice, or one that a node covers too. So a node
/// of a complete export is outside of its range.
fn check_positions(manifest: &Manifest, records: &[(u64, Hash)], nodes: &Nodes) -> Result<(), Wrong> {
    if let Some([(position, _), _]) = records.array_windows().find(|[one, two]| one.0 == two.0) {
        return Err(Wrong::Content(format!("position {position} is there twice")));
    }
    if manifest.complete {
        let mut expected = manifest.after.saturating_add(1);
        for (position, _) in records {
            if *position != expected {
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
    for node in &nodes.0 {
        let at = records.partition_point(|(position, _)| *position < node.position);
        if let Some((position, _)) = records.get(at)
            && *position <= node.last()
        {
            return Err(Wrong::Content(format!(
                "{NODES}: the node over the positions {} to {} covers position {position}, whose record is in the export",
                node.position,
                node.last()
            )));
        }
    }
    Ok(())
}

/// Compares the checkpoints with the records and nodes. One that names another key may be there for that alone: nothing of
/// what it covers is.
pub(super) fn cover(
    manifest: &Manifest,
    records: Vec<(u64, Hash)>,
    nodes: Nodes,
    checkpoints: &[Range],
) -> Result<Covered, Wrong> {
    check_positions(manifest, &records, &nodes)?;
    let mut rest = pieces(records, nodes).peekable();
    let mut covered = Covered {
        checkpoints: 0,
        not_covered: 0,
    };
    // Only a selection may have records that no checkpoint covers.
    let mut outside = |piece: Piece| {
        if manifest.complete || !piece.is_record {
            return Err(Wrong::Content(format!(
                "no checkpoint covers what is at position {}",
                piece.first
            )));
        }
        covered.not_covered = covered.not_covered.saturating_add(1);
        Ok(())
    };
    for range in checkpoints {
        while let Some(piece) = rest.next_if(|piece| piece.first <= range.after) {
            outside(piece)?;
        }
        let any = rest.peek().is_some_and(|piece| piece.first <= range.up_to);
        if !any && (range.names_key || range.after == range.up_to) {
            continue;
        }
        range.check(&mut rest)?;
        covered.checkpoints = covered.checkpoints.saturating_add(1);
    }
    rest.try_for_each(outside)?;
    Ok(covered)
}

impl Range {
    /// Takes the pieces that it covers and compares their tree with its root.
    fn check(&self, rest: &mut Peekable<impl Iterator<Item = Piece>>) -> Result<(), Wrong> {
        let wrong = |what: &str| Wrong::Content(format!("checkpoint {}: {what}", self.number));
        if !self.trusted {
            return Err(wrong(&format!(
                "it is signed by the key {}, to which nothing leads from the trusted key",
                self.signer.id()
            )));
        }
        let mut tree = Tree::default();
        loop {
            let position = self.after.saturating_add(tree.size()).saturating_add(1);
            if position > self.up_to {
                break;
            }
            let Some(piece) = rest.next_if(|piece| piece.first == position) else {
                return Err(wrong(&format!(
                    "neither a record nor a node is there for position {position}"
                )));
            };
            if piece.last() > self.up_to {
                return Err(wrong(&format!(
                    "the node over the positions {position} to {} goes on after its end",
                    piece.last()
                )));
            }
            tree.push_subtree(piece.hash, piece.leaves).map_err(|_| {
                wrong(&format!(
                    "its tree has no node over the positions {position} to {}",
                    piece.last()
                ))
            })?;
        }
        if tree.root() != self.root {
            return Err(wrong(&format!(
                "the records and nodes at positions {} to {} aren't those that it was made over",
                self.after.saturating_add(1),
                self.up_to
            )));
        }
        Ok(())
    }
}
