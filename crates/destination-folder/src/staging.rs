//! An export on its way.

use crate::{blocking, disk, named, transform::Processor, zip_of, zipped};
use async_trait::async_trait;
use causerie_destination::{DeliveryError, Staged as StagedFile, Staging};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, TryLockError},
    mem,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Handle;

/// What the name of a folder begins with that isn't an export yet.
const PREFIX: &str = ".staging-";
/// How much waits in memory for the disk, over all files of an export.
const BUFFER_BYTES: usize = 1024 * 1024;

/// What the name of a folder begins with that is made only to see whether one can be.
const PROBE: &str = ".probe-";
/// Tells the probes of this process apart.
static PROBES: AtomicU64 = AtomicU64::new(0);

/// How long to wait for a folder of the same name to be gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// The folders that this process removes just now, and what tells that one is gone.
static LEAVING: (Mutex<BTreeSet<PathBuf>>, Condvar) = (Mutex::new(BTreeSet::new()), Condvar::new());

/// A folder that is to be removed, until this is dropped.
struct Leaving(PathBuf);

impl Leaving {
    fn begin(folder: PathBuf) -> Self {
        let mut all = LEAVING.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(folder.clone());
        Self(folder)
    }

    /// Waits until a folder isn't removed any more.
    fn wait(folder: &Path) -> Result<(), DeliveryError> {
        let all = LEAVING.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = LEAVING
            .1
            .wait_timeout_while(all, PATIENCE, |all| all.contains(folder));
        let (all, late) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(all);
        if late.timed_out() {
            return Err(DeliveryError(format!(
                "{} is still being removed",
                folder.display()
            )));
        }
        Ok(())
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut all = LEAVING.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.0);
        LEAVING.1.notify_all();
    }
}

/// An error unless it is a directory.
fn is_there(directory: &Path) -> Result<(), DeliveryError> {
    if directory.is_dir() {
        return Ok(());
    }
    Err(DeliveryError(format!(
        "exports can't go to {}: it isn't there, or isn't a directory",
        directory.display()
    )))
}

/// An error unless it is a directory that somebody may write to.
pub(crate) fn look(directory: &Path) -> Result<(), DeliveryError> {
    is_there(directory)?;
    let mode = directory
        .metadata()
        .map_err(disk::failed("can't read", directory))?
        .permissions();
    if mode.readonly() {
        return Err(DeliveryError(format!(
            "exports can't go to {}: nobody may write to it",
            directory.display()
        )));
    }
    Ok(())
}

/// Makes a folder with a file in this directory, as exports are, and removes it again.
pub(crate) fn check(directory: &Path) -> Result<(), DeliveryError> {
    is_there(directory)?;
    let number = PROBES.fetch_add(1, Ordering::Relaxed);
    let probe = directory.join(format!("{PROBE}{}-{number}", std::process::id()));
    // One of this name was left by a crash.
    disk::remove(&probe)?;
    let tried = disk::make(&probe).and_then(|()| {
        let file = probe.join("probe");
        disk::append(&file, b"probe")?;
        disk::sync(&file)
    });
    tried.and(disk::remove(&probe))
}

/// The folder that an export is staged in. It goes when this is dropped: soon after, where a slow disk holds up nobody.
pub(crate) struct Staged {
    directory: PathBuf,
    export: String,
    folder: PathBuf,
    zip: bool,
    /// Nothing is there any more.
    gone: AtomicBool,
    /// Keeps others from this folder for as long as it is open.
    lock: Option<File>,
}

impl Staged {
    /// Makes the folder in place of what is left of one.
    pub(crate) fn begin(directory: &Path, export: &str, zip: bool) -> Result<Self, DeliveryError> {
        is_there(directory)?;
        for there in [directory.join(export), zip_of(directory, export)] {
            // A link that leads nowhere is there too.
            if there.symlink_metadata().is_ok() {
                return Err(DeliveryError(format!("{} is there already", there.display())));
            }
        }
        let folder = directory.join(format!("{PREFIX}{export}"));
        Leaving::wait(&folder)?;
        if let Ok(old) = File::open(&folder) {
            lock(&old, &folder)?;
            disk::remove(&folder)?;
        }
        disk::remove(&packed(&folder))?;
        disk::make(&folder)?;
        let lock_of = File::open(&folder).map_err(disk::failed("can't open", &folder))?;
        lock(&lock_of, &folder)?;
        Ok(Self {
            directory: directory.to_owned(),
            export: export.to_owned(),
            folder,
            zip,
            gone: AtomicBool::new(false),
            lock: Some(lock_of),
        })
    }

    fn files(&self) -> Result<Vec<StagedFile>, DeliveryError> {
        let names = disk::names(&self.folder)?;
        names
            .iter()
            .map(|name| disk::measure(&self.folder, name))
            .collect()
    }

    fn commit(&self) -> Result<(), DeliveryError> {
        let to = if self.zip {
            zip_of(&self.directory, &self.export)
        } else {
            self.directory.join(&self.export)
        };
        if to.symlink_metadata().is_ok() {
            return Err(DeliveryError(format!("{} is there already", to.display())));
        }
        if self.zip {
            let packed = packed(&self.folder);
            zipped::pack(&self.folder, &self.export, &packed)?;
            disk::rename(&packed, &to)?;
        } else {
            for name in disk::names(&self.folder)? {
                disk::sync(&self.folder.join(name))?;
            }
            disk::sync(&self.folder)?;
            disk::rename(&self.folder, &to)?;
            self.gone.store(true, Ordering::SeqCst);
        }
        disk::sync(&self.directory)
    }

    /// Removes what is there, if anything is.
    fn clear(&self) {
        if !self.gone.swap(true, Ordering::SeqCst) {
            clear(&self.folder);
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if *self.gone.get_mut() {
            return;
        }
        let (leaving, lock) = (Leaving::begin(mem::take(&mut self.folder)), self.lock.take());
        let remove = move || {
            clear(&leaving.0);
            drop(lock);
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

/// Removes a staged folder, and its zip.
fn clear(folder: &Path) {
    for path in [&packed(folder), folder] {
        if let Err(error) = disk::remove(path) {
            tracing::warn!(%error, "what was staged of an export stays until it is begun again");
        }
    }
}

/// The zip of a staged folder before it has its name.
fn packed(folder: &Path) -> PathBuf {
    folder.with_added_extension("zip")
}

/// Takes a folder for oneself. Where the file system knows no locks there is none: runs have a lease besides.
fn lock(folder: &File, path: &Path) -> Result<(), DeliveryError> {
    match folder.try_lock() {
        Err(TryLockError::WouldBlock) => Err(DeliveryError(format!(
            "{} is being written by another",
            path.display()
        ))),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// A staged export with what hasn't gone to the disk yet.
pub(crate) struct InFolder {
    staged: Arc<Staged>,
    processor: Processor,
    waiting: BTreeMap<String, Vec<u8>>,
    waiting_bytes: usize,
    /// Something is missing in it: it must not be committed.
    broken: bool,
}

impl InFolder {
    pub(crate) fn new(staged: Staged, processor: Processor) -> Self {
        Self {
            staged: Arc::new(staged),
            processor,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            broken: false,
        }
    }

    async fn flush(&mut self) -> Result<(), DeliveryError> {
        if self.broken {
            return Err(DeliveryError("a part of the export couldn't be made".to_owned()));
        }
        let waiting = mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let staged = Arc::clone(&self.staged);
        // Until it is known to be there, it isn't: the caller may stop waiting.
        self.broken = true;
        blocking(move || {
            waiting
                .iter()
                .try_for_each(|(name, bytes)| disk::append(&staged.folder.join(name), bytes))
        })
        .await?;
        self.broken = false;
        Ok(())
    }
}

#[async_trait]
impl Staging for InFolder {
    async fn write(&mut self, file: &str, bytes: &[u8]) -> Result<(), DeliveryError> {
        if let Err(error) = named("a file", file) {
            self.broken = true;
            return Err(error);
        }
        if let Some(waiting) = self.waiting.get_mut(file) {
            waiting.extend_from_slice(bytes);
        } else {
            self.waiting.insert(file.to_owned(), bytes.to_owned());
        }
        self.waiting_bytes += bytes.len() + file.len();
        if self.waiting_bytes >= BUFFER_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    async fn transform(&mut self, stylesheet: &str, from: &str, to: &str) -> Result<(), DeliveryError> {
        named("a file", from)?;
        named("a file", to)?;
        self.flush().await?;
        self.broken = true;
        self.processor
            .run(&self.staged.folder, stylesheet, from, to)
            .await?;
        self.broken = false;
        Ok(())
    }

    async fn files(&mut self) -> Result<Vec<StagedFile>, DeliveryError> {
        self.flush().await?;
        let staged = Arc::clone(&self.staged);
        blocking(move || staged.files()).await
    }

    async fn commit(mut self: Box<Self>) -> Result<(), DeliveryError> {
        let flushed = self.flush().await;
        let staged = Arc::clone(&self.staged);
        blocking(move || {
            let done = flushed.and_then(|()| staged.commit());
            staged.clear();
            done
        })
        .await
    }
}
