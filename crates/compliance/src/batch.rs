//! The one writer of exports: records, what proves them, and the format that was asked for.
//!
//! What is kept in memory is one page of records, what waits to be written, a few hundred bytes for each chain, and a bit for
//! each position that it covers.

use crate::{
    ComplianceError, checkpoint,
    entry::{People, entry},
    intake::PAGE,
};
use causerie_destination::Staging;
use causerie_formats::{Format, Person, Piece, Room};
use causerie_model::{ChainId, Timestamp};
use causerie_proof::{
    ChainRange, File, Manifest, Node, Part, Rest, SignedManifest, SigningKey,
    manifest::{CHECKPOINTS, MANIFEST, NODES, PARTS_SUFFIX, RECORDS, SIGNATURE},
    merkle,
};
use causerie_records::{RecordStore, Stored};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Of each file so many bytes are written at once.
const CHUNK: usize = 64 * 1024;
/// So many bytes wait at most over all files.
const MAX_WAITING: usize = 1024 * 1024;

/// What an export says of itself before its first record is known.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    /// Its name.
    pub(crate) batch: String,
    /// The adapter or matter that it is for.
    pub(crate) of: String,
    /// The format's name.
    pub(crate) format: String,
    /// It covers positions after this one …
    pub(crate) after: u64,
    /// … up to this one, which a checkpoint covers.
    pub(crate) up_to: u64,
    /// When it was planned.
    pub(crate) at: Timestamp,
    /// Which records of these it has, in words; `None` if all.
    pub(crate) selection: Option<String>,
    /// People are named, not only addressed.
    pub(crate) user_details: bool,
}

/// A stylesheet that the format's XML files are put through.
#[derive(Clone, Debug)]
pub(crate) struct Stylesheet {
    /// XSLT 1.0.
    pub(crate) text: String,
    /// What the names of the files that it makes end with, without a point.
    pub(crate) extension: String,
}

/// What a chain is called in an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Label {
    /// `ma-chan://domain/guid`, `system` or `compliance`.
    pub(crate) uri: String,
    /// The room's name, if wanted and known.
    pub(crate) name: Option<String>,
    /// Its category's name, if wanted and known.
    pub(crate) category: Option<String>,
}

/// What waits to be written.
#[derive(Default)]
struct Output {
    waiting: BTreeMap<String, Vec<u8>>,
    bytes: usize,
}

impl Output {
    async fn put(
        &mut self,
        staging: &mut dyn Staging,
        file: &str,
        bytes: &[u8],
    ) -> Result<(), ComplianceError> {
        let waiting = self.waiting.entry(file.to_owned()).or_default();
        waiting.extend_from_slice(bytes);
        self.bytes += bytes.len();
        if waiting.len() >= CHUNK {
            self.bytes -= waiting.len();
            staging.write(file, &std::mem::take(waiting)).await?;
        }
        if self.bytes > MAX_WAITING {
            self.flush(staging).await?;
        }
        Ok(())
    }

    async fn flush(&mut self, staging: &mut dyn Staging) -> Result<(), ComplianceError> {
        for (file, bytes) in std::mem::take(&mut self.waiting) {
            if !bytes.is_empty() {
                staging.write(&file, &bytes).await?;
            }
        }
        self.bytes = 0;
        Ok(())
    }
}

/// A set of positions after one: a bit for each.
struct Positions {
    after: u64,
    bits: Vec<u64>,
}

impl Positions {
    fn after(after: u64) -> Self {
        let bits = Vec::new();
        Self { after, bits }
    }

    /// The word of a position, and its bit in it; `None` if it isn't after the one from which on they are counted.
    fn place(&self, position: u64) -> Option<(usize, u64)> {
        let index = position.checked_sub(self.after)?.checked_sub(1)?;
        Some((usize::try_from(index / 64).ok()?, 1 << (index % 64)))
    }

    fn insert(&mut self, position: u64) {
        let Some((word, bit)) = self.place(position) else {
            return;
        };
        if self.bits.len() <= word {
            self.bits.resize(word.saturating_add(1), 0);
        }
        if let Some(bits) = self.bits.get_mut(word) {
            *bits |= bit;
        }
    }

    fn contains(&self, position: u64) -> bool {
        self.place(position)
            .is_some_and(|(word, bit)| self.bits.get(word).is_some_and(|bits| bits & bit != 0))
    }

    /// The least.
    fn first(&self) -> Option<u64> {
        let word = self.bits.iter().position(|bits| *bits != 0)?;
        let bit = self.bits.get(word)?.trailing_zeros();
        let index = (word as u64).saturating_mul(64).saturating_add(u64::from(bit));
        Some(self.after.saturating_add(index).saturating_add(1))
    }

    /// Whether a position after one and up to another is in it.
    fn any(&self, after: u64, up_to: u64) -> bool {
        (after.saturating_add(1)..=up_to).any(|position| self.contains(position))
    }
}

/// The chain whose records are written.
struct Open {
    chain: ChainId,
    people: People,
    range: ChainRange,
}

/// An export that is being written. The calls come in this order: for each chain [`Writer::open`], its records by number,
/// [`Writer::close`]; at last [`Writer::finish`].
pub(crate) struct Writer {
    staging: Box<dyn Staging>,
    format: Box<dyn Format>,
    heading: Heading,
    output: Output,
    open: Option<Open>,
    chains: BTreeMap<String, ChainRange>,
    /// The format's files.
    files: BTreeSet<String>,
    positions: Positions,
    records: u64,
}

/// An export that is staged as a whole.
pub(crate) struct Written {
    /// To be committed.
    pub(crate) staging: Box<dyn Staging>,
    /// Its manifest, which is in it.
    pub(crate) manifest: SignedManifest,
    /// How many records it has.
    pub(crate) records: u64,
}

impl Writer {
    /// Begins an export in a staging that is empty.
    pub(crate) async fn begin(
        staging: Box<dyn Staging>,
        mut format: Box<dyn Format>,
        heading: Heading,
    ) -> Result<Self, ComplianceError> {
        let pieces = format.begin();
        let positions = Positions::after(heading.after);
        let mut writer = Self {
            staging,
            format,
            heading,
            output: Output::default(),
            open: None,
            chains: BTreeMap::new(),
            files: BTreeSet::new(),
            positions,
            records: 0,
        };
        for file in [RECORDS, CHECKPOINTS, NODES] {
            // They are there even if there is nothing to write.
            writer.staging.write(file, &[]).await?;
        }
        writer.put(pieces).await?;
        Ok(writer)
    }

    /// Begins a chain. `present` are those in the room before the first record, display names by address.
    pub(crate) async fn open(
        &mut self,
        chain: ChainId,
        label: &Label,
        present: BTreeMap<String, String>,
        (begins, ends): (Timestamp, Timestamp),
    ) -> Result<(), ComplianceError> {
        let people = People::new(present);
        let details = self.heading.user_details;
        let present: Vec<Person> = people
            .present
            .keys()
            .map(|address| people.person(address, details))
            .collect();
        let pieces = self.format.open(&Room {
            uri: label.uri.clone(),
            name: label.name.clone(),
            category: label.category.clone(),
            present,
            begins,
            ends,
        });
        let is_room = matches!(chain, ChainId::Room(_));
        self.open = Some(Open {
            chain,
            people,
            range: ChainRange {
                room: is_room.then(|| label.uri.clone()),
                ..ChainRange::default()
            },
        });
        self.put(pieces).await
    }

    /// Writes a record of the chain that is open.
    pub(crate) async fn record(&mut self, stored: &Stored) -> Result<(), ComplianceError> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let (record, range) = (&stored.record, &mut open.range);
        if range.records == 0 {
            range.first = record.number;
            range.previous = record.previous.to_string();
        }
        range.last = record.number;
        range.head = record.hash.to_string();
        range.records += 1;
        *range.counts.entry(record.kind.clone()).or_default() += 1;
        self.records += 1;
        self.positions.insert(stored.position);
        let entry = entry(stored, &mut open.people, self.heading.user_details);
        let line = stored.to_line() + "\n";
        self.output
            .put(&mut *self.staging, RECORDS, line.as_bytes())
            .await?;
        let pieces = self.format.entry(&entry);
        self.put(pieces).await
    }

    /// Ends the chain that is open: who is in the room now, display names by address.
    pub(crate) async fn close(&mut self) -> Result<BTreeMap<String, String>, ComplianceError> {
        let pieces = self.format.close();
        self.put(pieces).await?;
        let Some(open) = self.open.take() else {
            return Ok(BTreeMap::new());
        };
        self.chains.insert(open.chain.to_string(), open.range);
        Ok(open.people.present)
    }

    async fn put(&mut self, pieces: Vec<Piece>) -> Result<(), ComplianceError> {
        for piece in pieces {
            let part = Part {
                bytes: piece.bytes.len() as u64,
                position: piece.position,
                sha256: hex::encode(Sha256::digest(&piece.bytes)),
            };
            // Numbers and texts: that can't fail.
            let mut line = serde_json::to_vec(&part).unwrap_or_default();
            line.push(b'\n');
            let staging = &mut *self.staging;
            self.output.put(staging, &piece.file, &piece.bytes).await?;
            let parts = format!("{}{PARTS_SUFFIX}", piece.file);
            self.output.put(staging, &parts, &line).await?;
            self.files.insert(piece.file);
        }
        Ok(())
    }

    /// Ends the export: writes what proves it, and its manifest.
    pub(crate) async fn finish(
        mut self,
        records: &dyn RecordStore,
        key: &SigningKey,
        stylesheet: Option<&Stylesheet>,
    ) -> Result<Written, ComplianceError> {
        let pieces = self.format.end();
        self.put(pieces).await?;
        self.proof(records).await?;
        self.output.flush(&mut *self.staging).await?;
        if let Some(stylesheet) = stylesheet {
            for file in self.files.iter().filter(|file| file.ends_with(".xml")) {
                let to = format!("{}.{}", file.trim_end_matches(".xml"), stylesheet.extension);
                self.staging.transform(&stylesheet.text, file, &to).await?;
            }
        }
        let mut files = BTreeMap::new();
        for staged in self.staging.files().await? {
            let file = File {
                bytes: staged.bytes,
                sha256: hex::encode(staged.sha256),
            };
            files.insert(staged.name, file);
        }
        let heading = self.heading;
        let manifest = Manifest {
            after: heading.after,
            at: heading.at.to_string(),
            batch: heading.batch,
            chains: self.chains,
            complete: heading.selection.is_none(),
            files,
            format: heading.format,
            of: heading.of,
            records: self.records,
            selection: heading.selection,
            up_to: heading.up_to,
        };
        let manifest = manifest.sign(key);
        self.staging.write(MANIFEST, &manifest.manifest).await?;
        self.staging.write(SIGNATURE, &manifest.signature).await?;
        Ok(Written {
            staging: self.staging,
            manifest,
            records: self.records,
        })
    }

    /// The checkpoints that cover the records, and the nodes over what they cover besides. Those that name another key are there
    /// in any case: they lead whoever holds an earlier key to the one that signs the manifest.
    async fn proof(&mut self, records: &dyn RecordStore) -> Result<(), ComplianceError> {
        let mut rotations = checkpoint::rotations(records).await?;
        let first = self.positions.first().map(|first| first.saturating_sub(1));
        let first = first.unwrap_or(self.heading.after);
        let mut number = checkpoint::first_after(records, first).await?;
        'covering: loop {
            let lines = records.checkpoints(number.saturating_sub(1), PAGE).await?;
            let Some(last) = lines.last().map(|line| line.number) else {
                break;
            };
            number = last.saturating_add(1);
            for line in lines {
                let signed = checkpoint::parse(&line)?;
                let (after, up_to) = (signed.checkpoint.after, signed.checkpoint.up_to);
                if after >= self.heading.up_to {
                    break 'covering;
                }
                if !self.positions.any(after, up_to) {
                    continue;
                }
                let mut later = rotations.split_off(&line.number);
                later.remove(&line.number);
                self.checkpoints(rotations.into_values().chain([line.line]))
                    .await?;
                rotations = later;
                let whole = self.heading.selection.is_none()
                    && after >= self.heading.after
                    && up_to <= self.heading.up_to;
                if !whole {
                    self.nodes(records, after, up_to).await?;
                }
            }
        }
        self.checkpoints(rotations.into_values()).await
    }

    async fn checkpoints(
        &mut self,
        lines: impl Iterator<Item = String> + Send,
    ) -> Result<(), ComplianceError> {
        for line in lines {
            let text = line + "\n";
            self.output
                .put(&mut *self.staging, CHECKPOINTS, text.as_bytes())
                .await?;
        }
        Ok(())
    }

    /// The nodes of a checkpoint's tree that stand for what isn't in the export.
    async fn nodes(
        &mut self,
        records: &dyn RecordStore,
        after: u64,
        up_to: u64,
    ) -> Result<(), ComplianceError> {
        let mut rest = Rest::new(after);
        while rest.position() <= up_to {
            let next = rest.position();
            let page = records.read(next.saturating_sub(1), up_to, PAGE).await?;
            if page.is_empty() {
                let text = format!("there is no record at position {next}");
                return Err(ComplianceError::Damaged(text));
            }
            for stored in page {
                let (next, position) = (rest.position(), stored.position);
                if position != next {
                    let text = format!("at position {next} there is the record of position {position}");
                    return Err(ComplianceError::Damaged(text));
                }
                if self.positions.contains(position) {
                    self.put_nodes(rest.show()).await?;
                } else {
                    rest.hide(merkle::leaf(position, stored.record.hash));
                }
            }
        }
        self.put_nodes(rest.finish()).await
    }

    async fn put_nodes(&mut self, nodes: Vec<Node>) -> Result<(), ComplianceError> {
        for node in nodes {
            let line = node.to_line() + "\n";
            self.output
                .put(&mut *self.staging, NODES, line.as_bytes())
                .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Positions;

    #[test]
    fn positions_take_room_from_where_they_begin() {
        const AFTER: u64 = 1 << 40;
        let mut positions = Positions::after(AFTER);
        let all = [1, 2, 64, 65, 128].map(|position| AFTER + position);
        all.iter().for_each(|position| positions.insert(*position));
        assert_eq!((positions.bits.len(), positions.first()), (2, Some(AFTER + 1)));
        let found: Vec<u64> = (AFTER - 2..AFTER + 200)
            .filter(|it| positions.contains(*it))
            .collect();
        assert_eq!(found, all);
        assert!(positions.any(AFTER + 2, AFTER + 64) && !positions.any(AFTER + 2, AFTER + 63));
        // Before it nothing is.
        positions.insert(AFTER);
        assert!(!positions.contains(AFTER));
    }
}
