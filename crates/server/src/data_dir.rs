//! The directory with everything that the server keeps.

use crate::compliance::signing_key;
use anyhow::{Context, Result, bail};
use causerie_model::Random;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{ErrorKind, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};
use uuid::Uuid;

/// Tells other programs where the server listens, while it does.
const LISTENING: &str = "listening.json";

/// The room database.
const DATABASE: &str = "causerie.db";

/// The socket of a compliance service that runs alone, if no other is configured.
pub(crate) const COMPLIANCE_SOCKET: &str = "compliance.sock";

/// Names the data directory among those of other servers, for good.
const IDENTITY: &str = "identity";

/// The directory, for one server at a time.
pub(crate) struct DataDir {
    path: PathBuf,
    /// Holds the lock for as long as it is open; the kernel frees it however the process ends.
    _lock: File,
}

impl DataDir {
    /// Makes the directory if it isn't there, for its owner only, and claims it.
    pub(crate) fn claim(path: &Path) -> Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("the data directory {} can't be made", path.display()))?;
        let path = path
            .canonicalize()
            .with_context(|| format!("the data directory {}", path.display()))?;
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// Its absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The room database.
    pub(crate) fn database(&self) -> PathBuf {
        self.file(DATABASE)
    }

    /// What leases are held under. It is made at the first start and stays: a server that was killed is the same one when it
    /// starts again, and needn't wait for the end of its own leases. A copy of the directory is another server: the file says
    /// which file it is, and in a copy that is another one. What copies whole disks can't be told so.
    pub(crate) fn identity(&self, random: &dyn Random) -> Result<Uuid> {
        let file = self.file(IDENTITY);
        let context = || format!("{} can't be read", file.display());
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return self.be(random.guid()),
            Err(error) => return Err(error).with_context(context),
        };
        let mut lines = text.lines();
        let identity: Uuid = lines.next().unwrap_or_default().parse().with_context(context)?;
        match lines.next() {
            // Of a version that didn't say so.
            None => self.be(identity),
            Some(of) if of == file_id(&file).with_context(context)? => Ok(identity),
            Some(_) => {
                tracing::warn!(
                    "the data directory {} is a copy, or came out of a backup: it gets an identity of its own, and waits for the end of leases that the other holds",
                    self.path.display()
                );
                self.be(random.guid())
            }
        }
    }

    /// Has the directory have this identity.
    fn be(&self, identity: Uuid) -> Result<Uuid> {
        let file = self.file(IDENTITY);
        let context = || format!("{} can't be written", file.display());
        // Its name comes last: it stays the same file when it gets its content, and is never there by halves.
        let made = self.file(&format!("{IDENTITY}.made"));
        write_private(&made, b"")?;
        let of = file_id(&made).with_context(context)?;
        fs::write(&made, format!("{identity}\n{of}\n")).with_context(context)?;
        File::open(&made)
            .and_then(|made| made.sync_all())
            .with_context(context)?;
        fs::rename(&made, &file).with_context(context)?;
        File::open(&self.path)
            .and_then(|directory| directory.sync_all())
            .with_context(context)?;
        Ok(identity)
    }

    /// Says where the server listens. Removed again when the returned value is dropped.
    pub(crate) fn announce(&self, listening: &serde_json::Value) -> Result<Announcement> {
        let path = self.file(LISTENING);
        write_private(&path, format!("{listening}\n").as_bytes())?;
        Ok(Announcement(path))
    }
}

/// What tells a file from its copies: its number in the file system, and when it was made, if that is kept.
fn file_id(path: &Path) -> std::io::Result<String> {
    let file = fs::metadata(path)?;
    let made = file.created().ok();
    let made = made.and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    Ok(format!(
        "{} {}",
        file.ino(),
        made.map_or(0, |made| made.as_nanos())
    ))
}

/// The announcement of where the server listens.
pub(crate) struct Announcement(PathBuf);

impl Drop for Announcement {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(%error, file = %self.0.display(), "can't be removed");
        }
    }
}

fn lock(path: &Path) -> Result<File> {
    let file = path.join("lock");
    let mut lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(&file)
        .with_context(|| format!("{} can't be opened", file.display()))?;
    match lock.try_lock() {
        Ok(()) => {
            lock.set_len(0)?;
            write!(lock, "{}", std::process::id())?;
            Ok(lock)
        }
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Only for the message.
            let _ = lock.rewind().and_then(|()| lock.read_to_string(&mut pid));
            bail!(
                "another server (process {}) uses the data directory {}; stop it, or give this one another by --data-dir",
                pid.trim(),
                path.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} can't be locked", file.display()))
        }
    }
}

/// Writes a file that only its owner may read, whole or not at all.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let write = || {
        // What a crash may have left could have another mode.
        if let Err(error) = fs::remove_file(&new)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut file = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        match path.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    };
    write().with_context(|| format!("{} can't be written", path.display()))
}

/// Where a server with this data directory has its administration socket: where it says, or where it would be.
pub(crate) fn admin_socket_in(data_dir: &Path) -> PathBuf {
    let usual = || {
        let name = if is_of_compliance(data_dir) {
            COMPLIANCE_SOCKET
        } else {
            "admin.sock"
        };
        data_dir.join(name)
    };
    socket_said_in(data_dir).unwrap_or_else(usual)
}

/// Whether it is that of a compliance service that runs alone: no rooms are in it, and the key from which its trust comes is.
pub(crate) fn is_of_compliance(data_dir: &Path) -> bool {
    data_dir.join(signing_key::ROOT).exists() && !data_dir.join(DATABASE).exists()
}

/// Where the server that runs in this data directory says that its administration socket is.
pub(crate) fn socket_said_in(data_dir: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(data_dir.join(LISTENING)).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(PathBuf::from(json.get("admin")?.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn is_private_and_for_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let first = DataDir::claim(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        let refused = DataDir::claim(&path).err().unwrap().to_string();
        assert!(
            refused.contains(&format!("another server (process {})", std::process::id())),
            "{refused}"
        );
        drop(first);
        assert!(DataDir::claim(&path).is_ok());
    }

    #[test]
    fn an_identity_lasts() {
        let random = &crate::real::SystemRandom;
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let identity = |folder: &Path| DataDir::claim(folder).unwrap().identity(random);
        let first = identity(one.path()).unwrap();
        assert_eq!(identity(one.path()).unwrap(), first);
        assert_ne!(identity(other.path()).unwrap(), first);
        let file = one.path().join(IDENTITY);
        assert_eq!(mode(&file), 0o600);
        // Moved it is the same.
        let moved = one.path().with_extension("moved");
        fs::rename(one.path(), &moved).unwrap();
        assert_eq!(identity(&moved).unwrap(), first);
        fs::rename(&moved, one.path()).unwrap();
        // As versions wrote it that said less.
        fs::write(&file, format!("{first}\n")).unwrap();
        assert_eq!(identity(one.path()).unwrap(), first);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 2);
        assert_eq!(identity(one.path()).unwrap(), first);
        assert_eq!(mode(&file), 0o600);
        fs::write(&file, "abc").unwrap();
        let told = format!("{:#}", identity(one.path()).unwrap_err());
        assert!(told.contains("identity can't be read"), "{told}");
    }

    #[test]
    fn a_copy_has_an_identity_of_its_own() {
        let random = &crate::real::SystemRandom;
        let (one, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let identity = |folder: &Path| DataDir::claim(folder).unwrap().identity(random).unwrap();
        let first = identity(one.path());
        fs::copy(one.path().join(IDENTITY), copy.path().join(IDENTITY)).unwrap();
        let second = identity(copy.path());
        assert_ne!(second, first);
        // Each keeps its own.
        assert_eq!((identity(one.path()), identity(copy.path())), (first, second));
        // Over the file itself, as out of a backup.
        let kept = fs::read(one.path().join(IDENTITY)).unwrap();
        fs::write(one.path().join("kept"), kept).unwrap();
        fs::rename(one.path().join("kept"), one.path().join(IDENTITY)).unwrap();
        let third = identity(one.path());
        assert!(third != first && third != second);
        assert_eq!(identity(one.path()), third);
    }

    #[test]
    fn an_announcement_is_private_and_goes_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let directory = DataDir::claim(folder.path()).unwrap();
        let announced = directory
            .announce(&serde_json::json!({"admin": "/run/x.sock"}))
            .unwrap();
        let file = folder.path().join(LISTENING);
        assert_eq!(mode(&file), 0o600);
        assert_eq!(admin_socket_in(folder.path()), Path::new("/run/x.sock"));
        drop(announced);
        assert!(!file.exists());
        let usual = || admin_socket_in(folder.path());
        assert_eq!(usual(), folder.path().join("admin.sock"));
        fs::write(folder.path().join(signing_key::ROOT), "").unwrap();
        assert_eq!(usual(), folder.path().join("compliance.sock"));
        fs::write(folder.path().join(DATABASE), "").unwrap();
        assert_eq!(usual(), folder.path().join("admin.sock"), "it has rooms as well");
    }
}
