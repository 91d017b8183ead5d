//! What SQLite says, as a kind of failure.

use causerie_store::{StoreError, StoreFault};
use std::{
    fs::{OpenOptions, remove_file},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

// Result codes, <https://www.sqlite.org/rescode.html>. The low byte is the primary code.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const PROTOCOL: i32 = 15;
const CONSTRAINT: i32 = 19;
const NOTADB: i32 = 26;
const IOERR_FSYNC: i32 = IOERR | 4 << 8;
const IOERR_DIR_FSYNC: i32 = IOERR | 5 << 8;
const IOERR_CORRUPTFS: i32 = IOERR | 33 << 8;

/// Turns an error of sqlx into one of the port. `path` is the database file.
pub(crate) fn store_error(path: &Path, error: &sqlx::Error) -> StoreError {
    let fault = match error {
        sqlx::Error::Database(database) => database
            .code()
            .and_then(|code| code.parse().ok())
            .map_or(StoreFault::Other, |code: i32| fault_of_code(code, || probe(path))),
        sqlx::Error::Io(error) => fault_of_io(error),
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => StoreFault::Unavailable,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreFault::Corrupt,
        _ => StoreFault::Other,
    };
    StoreError::new(fault, format!("{}: {error}", path.display()))
}

/// `probe` finds out why a file can't be written where SQLite doesn't tell.
fn fault_of_code(code: i32, probe: impl FnOnce() -> StoreFault) -> StoreFault {
    match code {
        IOERR_FSYNC | IOERR_DIR_FSYNC => return StoreFault::SyncFailed,
        IOERR_CORRUPTFS => return StoreFault::Corrupt,
        _ => {}
    }
    match code & 0xff {
        FULL => StoreFault::Full,
        READONLY => StoreFault::ReadOnly,
        BUSY | LOCKED | PROTOCOL => StoreFault::Unavailable,
        CORRUPT | NOTADB => StoreFault::Corrupt,
        CONSTRAINT => StoreFault::Conflict,
        IOERR | CANTOPEN => probe(),
        _ => StoreFault::Other,
    }
}

fn fault_of_io(error: &io::Error) -> StoreFault {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreFault::Full,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => StoreFault::ReadOnly,
        _ => StoreFault::Other,
    }
}

/// SQLite names a failed write (quota, file system turned read-only) just "disk I/O error". Writing a file beside the
/// database tells which it was; if that succeeds, the trouble may be over and a later try worth it.
fn probe(database: &Path) -> StoreFault {
    /// As much as a small commit.
    const PROBE_BYTES: usize = 64 * 1024;
    let path = beside(database, "-probe");
    let outcome = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)
        .and_then(|mut file| file.write_all(&[0; PROBE_BYTES]));
    // Nothing to be done if it stays; the next probe overwrites it.
    let _ = remove_file(&path);
    outcome.map_or_else(|error| fault_of_io(&error), |()| StoreFault::Unavailable)
}

/// The file with this suffix that belongs to a database.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_kind_of_failure() {
        let fault = |code| fault_of_code(code, || StoreFault::Other);
        assert_eq!(fault(1034), StoreFault::SyncFailed);
        assert_eq!(fault(1290), StoreFault::SyncFailed);
        assert_eq!(fault(13), StoreFault::Full);
        assert_eq!(fault(8 | 6 << 8), StoreFault::ReadOnly);
        assert_eq!(fault(5 | 2 << 8), StoreFault::Unavailable);
        assert_eq!(fault(6), StoreFault::Unavailable);
        assert_eq!(fault(11 | 1 << 8), StoreFault::Corrupt);
        assert_eq!(fault(26), StoreFault::Corrupt);
        assert_eq!(fault(19 | 8 << 8), StoreFault::Conflict);
        assert_eq!(fault(1), StoreFault::Other);
    }

    #[test]
    fn a_failed_write_is_looked_into() {
        assert_eq!(fault_of_code(778, || StoreFault::Full), StoreFault::Full);
        assert_eq!(fault_of_code(14, || StoreFault::ReadOnly), StoreFault::ReadOnly);
        assert_eq!(
            probe(Path::new("/nonexistent/directory/database")),
            StoreFault::Other
        );
    }
}
