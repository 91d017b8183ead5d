//! Exports as folders or zips on a file system.
//!
//! An export is staged in the folder `.staging-NAME` of its place and renamed to `NAME` when it is whole and on the disk; or
//! packed into `.staging-NAME.zip`, which is renamed to `NAME.zip`. Whoever collects exports leaves names with a point first
//! alone.

mod disk;
mod gate;
mod sandbox;
mod staging;
mod stylesheet;
mod transform;
mod zipped;

pub use gate::ANSWER_DEADLINE;
pub use sandbox::{Enforced, Sandbox};
pub use transform::{TRANSFORM_DEADLINE, TRANSFORM_MEMORY_BYTES, TRANSFORM_OUTPUT_BYTES};

use async_trait::async_trait;
use causerie_destination::{DeliveryError, Destination, Destinations, Place, Staging, is_name};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use transform::Processor;

/// Places on a file system.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    processor: Processor,
    gates: gate::Gates,
}

impl Folders {
    /// With `xsltproc` from `/usr/local/bin`, `/usr/bin` or `/bin`, and the limits that are named in this crate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this program instead of `xsltproc`, which takes the same options.
    #[must_use]
    pub fn with_program(mut self, program: impl Into<PathBuf>) -> Self {
        self.processor.program = Some(program.into());
        self
    }

    /// With a sandbox around that program. Without one, the check of stylesheets is the only wall.
    #[must_use]
    pub fn with_sandbox(mut self, sandbox: Sandbox) -> Self {
        self.processor.sandbox = Some(sandbox);
        self
    }

    /// With this instead of [`TRANSFORM_DEADLINE`].
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.processor.deadline = deadline;
        self
    }

    /// With this instead of [`ANSWER_DEADLINE`].
    #[must_use]
    pub fn with_answer_deadline(mut self, deadline: Duration) -> Self {
        self.gates = gate::Gates::new(deadline);
        self
    }

    /// With this instead of [`TRANSFORM_OUTPUT_BYTES`].
    #[must_use]
    pub fn with_output_bytes(mut self, bytes: u64) -> Self {
        self.processor.output_bytes = bytes;
        self
    }
}

impl Destinations for Folders {
    fn at(&self, place: &Place) -> Result<Arc<dyn Destination>, DeliveryError> {
        let directory = PathBuf::from(&place.directory);
        if !directory.is_absolute() {
            return Err(DeliveryError(format!(
                "exports can't go to {:?}: say the whole path of a directory",
                place.directory
            )));
        }
        Ok(Arc::new(Folder {
            gate: self.gates.at(&directory),
            directory,
            zip: place.zip,
            processor: self.processor.clone(),
        }))
    }

    fn check(&self, stylesheet: &str) -> Result<(), DeliveryError> {
        stylesheet::checked(stylesheet).map(drop).map_err(DeliveryError)
    }
}

/// A directory that exports go to.
struct Folder {
    directory: PathBuf,
    gate: gate::Gate,
    zip: bool,
    processor: Processor,
}

#[async_trait]
impl Destination for Folder {
    async fn read(&self, export: &str, file: &str) -> Result<Option<Vec<u8>>, DeliveryError> {
        named("an export", export)?;
        named("a file", file)?;
        let folder = self.directory.join(export);
        let zip = zip_of(&self.directory, export);
        let (export, file) = (export.to_owned(), file.to_owned());
        self.gate
            .pass(move || {
                if folder.is_dir() {
                    return disk::read(&folder.join(file));
                }
                zipped::read(&zip, &export, &file)
            })
            .await
    }

    async fn begin(&self, export: &str) -> Result<Box<dyn Staging>, DeliveryError> {
        named("an export", export)?;
        let (directory, export, zip) = (self.directory.clone(), export.to_owned(), self.zip);
        let staged = self
            .gate
            .pass(move || staging::Staged::begin(&directory, &export, zip))
            .await?;
        Ok(Box::new(staging::InFolder::new(staged, self.processor.clone())))
    }

    async fn exports(&self) -> Result<Vec<String>, DeliveryError> {
        let directory = self.directory.clone();
        self.gate
            .pass(move || {
                let names = disk::names(&directory)?.into_iter();
                let names = names.map(|name| name.strip_suffix(".zip").map(str::to_owned).unwrap_or(name));
                let mut names: Vec<String> = names.filter(|name| is_name(name)).collect();
                names.sort();
                names.dedup();
                Ok(names)
            })
            .await
    }

    async fn check(&self) -> Result<(), DeliveryError> {
        let directory = self.directory.clone();
        self.gate.pass(move || staging::check(&directory)).await
    }

    async fn look(&self) -> Result<(), DeliveryError> {
        let directory = self.directory.clone();
        self.gate.pass(move || staging::look(&directory)).await
    }

    fn place(&self, export: &str) -> String {
        let path = if self.zip {
            zip_of(&self.directory, export)
        } else {
            self.directory.join(export)
        };
        path.display().to_string()
    }
}

/// Where an export is as a zip.
fn zip_of(directory: &Path, export: &str) -> PathBuf {
    directory.join(format!("{export}.zip"))
}

fn named(what: &str, name: &str) -> Result<(), DeliveryError> {
    if is_name(name) {
        return Ok(());
    }
    Err(DeliveryError(format!("{what} can't have the name {name:?}")))
}

/// Runs what waits for the disk where it holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DeliveryError> + Send + 'static,
) -> Result<T, DeliveryError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(DeliveryError(format!("work on the disk was cut off: {error}"))),
    }
}
