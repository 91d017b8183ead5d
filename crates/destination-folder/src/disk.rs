//! Files and directories, with errors that name them.

use causerie_destination::{DeliveryError, Staged};
use sha2::{Digest, Sha256};
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

/// What the group of a directory may do besides its owner: read, so that an archive's collector needn't be the service.
const DIRECTORY_MODE: u32 = 0o750;
/// The same for files.
const FILE_MODE: u32 = 0o640;
/// How much is read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Says which file it was.
pub(crate) fn failed<'a>(what: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> DeliveryError + 'a {
    move |error| DeliveryError(format!("{what} {}: {error}", path.display()))
}

/// Makes a directory that isn't there.
pub(crate) fn make(path: &Path) -> Result<(), DeliveryError> {
    DirBuilder::new()
        .mode(DIRECTORY_MODE)
        .create(path)
        .map_err(failed("can't make", path))
}

/// Opens a file that isn't there.
pub(crate) fn create(path: &Path) -> Result<File, DeliveryError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path)
        .map_err(failed("can't make", path))
}

/// Adds bytes at the end of a file.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> Result<(), DeliveryError> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(FILE_MODE)
        .open(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(failed("can't write", path))
}

/// A file as a whole, if it is there.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, DeliveryError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("can't read", path)(error)),
    }
}

/// The names of the files in a directory that have no point first, sorted.
pub(crate) fn names(directory: &Path) -> Result<Vec<String>, DeliveryError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed("can't list", directory))? {
        let entry = entry.map_err(failed("can't list", directory))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Length and hash of a file.
pub(crate) fn measure(directory: &Path, name: &str) -> Result<Staged, DeliveryError> {
    let path = directory.join(name);
    let mut file = File::open(&path).map_err(failed("can't read", &path))?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let got = match file.read(&mut chunk) {
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed("can't read", &path)(error)),
        };
        let Some(part) = chunk.get(..got).filter(|part| !part.is_empty()) else {
            break;
        };
        hash.update(part);
        bytes += part.len() as u64;
    }
    Ok(Staged {
        name: name.to_owned(),
        bytes,
        sha256: hash.finalize().into(),
    })
}

/// Waits until a file or directory is on the disk.
pub(crate) fn sync(path: &Path) -> Result<(), DeliveryError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(failed("can't write out", path))
}

/// Renames.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), DeliveryError> {
    std::fs::rename(from, to).map_err(failed("can't rename to", to))
}

/// Removes a file or a directory with all that is in it, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), DeliveryError> {
    let removed = match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("can't remove", path)(error)),
        _ => Ok(()),
    }
}
