//! The check of an export with nothing but the public key: [`verify`]; and of several together: [`Series`].
//!
//! What is in memory at one time is a line of a file, for each record its position and hash, and for each node its
//! position, size and hash: 40 and 48 bytes.

mod contents;
mod locate;
mod series;
mod wrong;

pub use series::{Exported, RESTART, Series, SeriesWrong, Stretch};
pub use wrong::{Damage, Wrong};

use crate::{
    PublicKey, SignedManifest,
    manifest::{CHECKPOINTS, MANIFEST, Manifest, NODES, PARTS_SUFFIX, RECORDS, SIGNATURE},
};
use causerie_model::{ChainId, Hash};
use contents::{Checkpoints, Nodes, Records};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    io::{BufRead, Read},
};

/// The longest line of a file that is read, in bytes: a record is limited to kilobytes.
pub const MAX_LINE: u64 = 16 * 1024 * 1024;

/// The longest manifest that is read, in bytes.
pub const MAX_MANIFEST: u64 = 64 * 1024 * 1024;

/// What does something with the bytes of a file.
pub type Reading<'a> = &'a mut dyn FnMut(&mut dyn BufRead) -> Result<(), String>;

/// What takes the next bytes of a file; none at its end.
type Piece<'a> = &'a mut dyn FnMut(&mut dyn BufRead) -> Result<Vec<u8>, String>;

/// Where the files of an export are.
pub trait Files {
    /// The name of everything that is there, folders too.
    ///
    /// # Errors
    /// Says why that can't be told.
    fn names(&self) -> Result<Vec<String>, String>;

    /// Gives the bytes of a file to `reading`, which may read another one meanwhile.
    ///
    /// # Errors
    /// Says why it can't be read; what `reading` says.
    fn read(&self, name: &str, reading: Reading<'_>) -> Result<(), String>;
}

/// An export that is as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedExport {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Who signed it.
    pub key: PublicKey,
    /// How many checkpoints cover its records.
    pub checkpoints: u64,
    /// How many of its records no checkpoint covers. In an export that is complete there is none.
    pub not_covered: u64,
    /// Of how many records the content was destroyed before.
    pub retired: u64,
    /// SHA-256 of its manifest.
    pub hash: Hash,
    /// The numbers of its `EXPORTED` records, and what they tell of exports, this one or others.
    pub exported: Vec<(u64, Exported)>,
    /// The numbers of its records of adapters that begin anew ([`RESTART`]), and which adapters.
    pub restarted: Vec<(u64, String)>,
    /// Which records its `SETASIDE` records tell of.
    pub set_aside: Vec<(ChainId, u64)>,
}

/// Checks an export: the manifest's signature, every file, every record, every chain, every checkpoint.
///
/// Trust goes forward from `key` alone: it signed the manifest and the checkpoints that cover records, or the checkpoints
/// lead from it to the key that did, each named by the one before. `progress` is told how many bytes
/// were read, and how many there are.
///
/// # Errors
/// [`Wrong`] names what is wrong, as exactly as can be told.
pub fn verify(
    files: &dyn Files,
    key: &PublicKey,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifiedExport, Wrong> {
    let mut names = files.names().map_err(|why| Wrong::unreadable("", why))?;
    let signed = SignedManifest {
        manifest: small(files, &names, MANIFEST)?,
        signature: small(files, &names, SIGNATURE)?,
    };
    let (manifest, signer) = signed
        .open()
        .map_err(|error| Wrong::Manifest(error.to_string()))?;
    names.retain(|name| name != MANIFEST && name != SIGNATURE);
    check_names(&manifest, &names)?;
    let total = manifest
        .files
        .values()
        .fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
    let mut reader = Checker {
        files,
        manifest: &manifest,
        progress,
        done: 0,
        total,
    };

    let mut checkpoints = Checkpoints::new(*key);
    reader.lines(CHECKPOINTS, &mut |line| checkpoints.line(line))?;
    if !checkpoints.leads_to(&signer) {
        return Err(Wrong::Key {
            signer,
            trusted: *key,
        });
    }
    let mut nodes = Nodes::default();
    reader.lines(NODES, &mut |line| nodes.line(line))?;
    let mut records = Records::new(&manifest);
    let read = reader.lines(RECORDS, &mut |line| records.line(line));
    read.map_err(|wrong| match (wrong, records.expected()) {
        (Wrong::File { file, damage, place }, Some(expected)) if matches!(damage, Damage::Short { .. }) => {
            let expected = format!("the next should be {expected}");
            let place = place.map_or_else(|| expected.clone(), |place| format!("{place}; {expected}"));
            Wrong::File {
                file,
                damage,
                place: Some(place),
            }
        }
        (wrong, _) => wrong,
    })?;
    let retired = records.retired();
    let (positions, told) = records.finish()?;
    let covered = contents::cover(&manifest, positions, nodes, checkpoints.list())?;

    // Lists of parts first: they are asked when the file beside them is wrong.
    let rest = |name: &&String| ![CHECKPOINTS, NODES, RECORDS].contains(&name.as_str());
    let (parts, others): (Vec<&String>, Vec<&String>) = manifest
        .files
        .keys()
        .filter(rest)
        .partition(|name| name.ends_with(PARTS_SUFFIX));
    let mut sound_parts = Vec::new();
    let mut wrong_parts = None;
    for name in parts {
        match reader.whole(name) {
            Ok(()) => sound_parts.push(name.as_str()),
            Err(wrong) => wrong_parts = wrong_parts.or(Some(wrong)),
        }
    }
    for name in others {
        reader.whole(name).map_err(|wrong| {
            let list = format!("{name}{PARTS_SUFFIX}");
            match wrong {
                Wrong::File { .. } if sound_parts.contains(&list.as_str()) => {
                    locate::locate(files, name, &list, wrong)
                }
                wrong => wrong,
            }
        })?;
    }
    if let Some(wrong) = wrong_parts {
        return Err(wrong);
    }
    Ok(VerifiedExport {
        checkpoints: covered.checkpoints,
        key: signer,
        not_covered: covered.not_covered,
        retired,
        hash: signed.hash(),
        exported: told.exported,
        restarted: told.restarted,
        set_aside: told.set_aside,
        manifest,
    })
}

/// The bytes of one of the manifest's own files.
fn small(files: &dyn Files, names: &[String], name: &str) -> Result<Vec<u8>, Wrong> {
    if !names.iter().any(|there| there == name) {
        return Err(Wrong::Missing(name.to_owned()));
    }
    let mut bytes = Vec::new();
    files
        .read(name, &mut |reader| {
            let read = reader
                .take(MAX_MANIFEST.saturating_add(1))
                .read_to_end(&mut bytes)
                .map_err(|error| error.to_string())?;
            if u64::try_from(read).is_ok_and(|read| read <= MAX_MANIFEST) {
                Ok(())
            } else {
                Err(format!("it has more than {MAX_MANIFEST} bytes"))
            }
        })
        .map_err(|why| Wrong::unreadable(name, why))?;
    Ok(bytes)
}

/// No file too few, none too many, none twice.
fn check_names(manifest: &Manifest, names: &[String]) -> Result<(), Wrong> {
    for name in [RECORDS, CHECKPOINTS, NODES] {
        if !manifest.files.contains_key(name) {
            return Err(Wrong::Manifest(format!("{MANIFEST}: it names no {name}")));
        }
    }
    let mut there = BTreeSet::new();
    let added = names
        .iter()
        .find(|name| !there.insert(*name) || !manifest.files.contains_key(*name));
    let mut named = manifest.files.keys();
    if added.is_none()
        && let Some(name) = named.find(|name| !there.contains(name))
    {
        return Err(Wrong::Missing(name.clone()));
    }
    match added {
        Some(name) => Err(Wrong::Added(name.clone())),
        None => Ok(()),
    }
}

/// Reads files and compares them with the manifest.
struct Checker<'a> {
    files: &'a dyn Files,
    manifest: &'a Manifest,
    progress: &'a mut dyn FnMut(u64, u64),
    done: u64,
    total: u64,
}

impl Checker<'_> {
    /// Reads a file by lines. What is wrong with a line is told of only if nothing worse is wrong with the file.
    fn lines(&mut self, name: &str, line: &mut dyn FnMut(&str) -> Result<(), String>) -> Result<(), Wrong> {
        let (mut number, mut wrong) = (0_u64, None);
        self.file(name, &mut |reader| {
            let mut bytes = Vec::new();
            reader
                .take(MAX_LINE)
                .read_until(b'\n', &mut bytes)
                .map_err(|error| error.to_string())?;
            if bytes.is_empty() {
                return Ok(bytes);
            }
            number = number.saturating_add(1);
            if wrong.is_none() {
                let text = bytes.strip_suffix(b"\n").ok_or("it has no end");
                let text = text.and_then(|text| std::str::from_utf8(text).map_err(|_| "it isn't UTF-8"));
                wrong = match text {
                    Ok(text) => line(text).err(),
                    Err(why) => Some(why.to_owned()),
                }
                .map(|why| (number, why));
            }
            Ok(bytes)
        })
        .map_err(|damage| match damage {
            Wrong::File { file, damage, .. } => Wrong::File {
                file,
                damage,
                place: wrong.take().map(|(line, why)| format!("line {line}: {why}")),
            },
            other => other,
        })?;
        match wrong {
            Some((line, why)) => Err(Wrong::Line {
                file: name.to_owned(),
                line,
                why,
            }),
            None => Ok(()),
        }
    }

    /// Reads a file as it comes.
    fn whole(&mut self, name: &str) -> Result<(), Wrong> {
        self.file(name, &mut |reader| {
            let bytes = reader.fill_buf().map_err(|error| error.to_string())?.to_vec();
            reader.consume(bytes.len());
            Ok(bytes)
        })
    }

    /// Reads a file piece by piece and compares its length and hash.
    fn file(&mut self, name: &str, piece: Piece<'_>) -> Result<(), Wrong> {
        let Some(expected) = self.manifest.files.get(name) else {
            return Err(Wrong::Added(name.to_owned()));
        };
        let (mut length, mut sha) = (0_u64, Sha256::new());
        self.files
            .read(name, &mut |reader| {
                loop {
                    let bytes = piece(reader)?;
                    if bytes.is_empty() {
                        return Ok(());
                    }
                    sha.update(&bytes);
                    let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    length = length.saturating_add(read);
                    self.done = self.done.saturating_add(read);
                    (self.progress)(self.done, self.total);
                }
            })
            .map_err(|why| Wrong::unreadable(name, why))?;
        let damage = if length < expected.bytes {
            Damage::Short {
                bytes: length,
                of: expected.bytes,
            }
        } else if length > expected.bytes {
            Damage::Long {
                more: length.saturating_sub(expected.bytes),
            }
        } else if hex::encode(sha.finalize()) != expected.sha256 {
            Damage::Changed
        } else {
            return Ok(());
        };
        Err(Wrong::File {
            file: name.to_owned(),
            damage,
            place: None,
        })
    }
}
