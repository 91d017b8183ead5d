//! Which record the changed bytes of a file were made of.

use super::{Files, MAX_LINE, Wrong};
use crate::{Stored, manifest::Part, manifest::RECORDS};
use sha2::{Digest, Sha256};
use std::io::{BufRead, Read};

/// The same wrong, with the first part whose bytes differ.
pub(super) fn locate(files: &dyn Files, name: &str, list: &str, wrong: Wrong) -> Wrong {
    let Wrong::File { file, damage, .. } = wrong else {
        return wrong;
    };
    let mut found = None;
    let _ = files.read(list, &mut |parts| {
        files.read(name, &mut |data| {
            found = first_difference(parts, data)?;
            Ok(())
        })
    });
    let place = found.map(|(at, position)| match position {
        Some(position) => format!("first differs at byte {at}: {}", record(files, position)),
        None => format!("first differs at byte {at}, which isn't of a record"),
    });
    Wrong::File { file, damage, place }
}

/// Where the first part that differs begins, and of which record it was made.
fn first_difference(
    parts: &mut dyn BufRead,
    data: &mut dyn BufRead,
) -> Result<Option<(u64, Option<u64>)>, String> {
    let mut at = 0_u64;
    while let Some(line) = next_line(parts)? {
        let part: Part = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let (mut sha, mut left) = (Sha256::new(), part.bytes);
        while left > 0 {
            let bytes = data.fill_buf().map_err(|error| error.to_string())?;
            let some = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let Some(some_bytes) = bytes.get(..some).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            sha.update(some_bytes);
            data.consume(some);
            left = left.saturating_sub(u64::try_from(some).unwrap_or(left));
        }
        if left > 0 || hex::encode(sha.finalize()) != part.sha256 {
            return Ok(Some((at, part.position)));
        }
        at = at.saturating_add(part.bytes);
    }
    // Every part is as it was: what differs comes after them.
    Ok(Some((at, None)))
}

fn next_line(reader: &mut dyn BufRead) -> Result<Option<String>, String> {
    let mut line = String::new();
    let read = reader
        .take(MAX_LINE)
        .read_line(&mut line)
        .map_err(|error| error.to_string())?;
    Ok((read > 0).then_some(line))
}

/// Names the record at a position, as `records.ndjson` has it.
fn record(files: &dyn Files, position: u64) -> String {
    let mut name = format!("the record at position {position}");
    let _ = files.read(RECORDS, &mut |records| {
        while let Some(line) = next_line(records)? {
            if let Ok(stored) = Stored::parse(line.trim_end())
                && stored.position == position
            {
                let record = stored.record;
                name = format!(
                    "record {} of {} (position {position})",
                    record.number, record.chain
                );
                break;
            }
        }
        Ok(())
    });
    name
}
