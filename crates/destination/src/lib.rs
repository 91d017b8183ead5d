//! The port to where exports go.
//!
//! An export is there as a whole or not at all: it is staged, and then committed under its name. Every adapter runs the
//! suite in `conformance`.

pub mod conformance;

use async_trait::async_trait;
use std::sync::Arc;
use thiserror::Error;

/// The longest name of an export or a file, in bytes: what is put around it fits a file system's 255 too.
pub const MAX_NAME_BYTES: usize = 200;

/// Whether exports and files may have this name: letters, digits, `.`, `-` and `_` of ASCII, no point first, no more than
/// [`MAX_NAME_BYTES`].
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// A failure to deliver. Nothing is there under the export's name because of it.
#[derive(Clone, Debug, Error)]
#[error("{0}")]
pub struct DeliveryError(pub String);

/// A place that exports can go to, as an adapter's settings say it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The directory that exports are put into.
    pub directory: String,
    /// Each export is one zip; if not, a folder.
    pub zip: bool,
}

/// Gives the destination of a place.
pub trait Destinations: Send + Sync {
    /// The destination of this place.
    ///
    /// # Errors
    /// [`DeliveryError`] if it can't be one.
    fn at(&self, place: &Place) -> Result<Arc<dyn Destination>, DeliveryError>;

    /// Whether [`Staging::transform`] takes this stylesheet, as far as that can be told without a file.
    ///
    /// # Errors
    /// [`DeliveryError`] with what is wrong with it.
    fn check(&self, stylesheet: &str) -> Result<(), DeliveryError> {
        let _ = stylesheet;
        Ok(())
    }
}

/// Where exports go.
#[async_trait]
pub trait Destination: Send + Sync {
    /// A file of an export that is there as a whole; `None` if no such export is there, or it has no such file.
    ///
    /// # Errors
    /// [`DeliveryError`] if that can't be told.
    async fn read(&self, export: &str, file: &str) -> Result<Option<Vec<u8>>, DeliveryError>;

    /// Begins an export. What was staged under this name by somebody who failed before he committed it goes. Names are as
    /// [`is_name`] says.
    ///
    /// # Errors
    /// [`DeliveryError`] if it can't, an export of this name is there, or one is being staged.
    async fn begin(&self, export: &str) -> Result<Box<dyn Staging>, DeliveryError>;

    /// The names of all exports that are there as a whole, in order. What else is there and can have such a name is told too.
    ///
    /// # Errors
    /// [`DeliveryError`] if that can't be told.
    async fn exports(&self) -> Result<Vec<String>, DeliveryError>;

    /// Whether exports can be put here just now. That is tried out; nothing of it stays.
    ///
    /// # Errors
    /// [`DeliveryError`] with what keeps them from it.
    async fn check(&self) -> Result<(), DeliveryError>;

    /// As [`Destination::check`], as far as it can be told without writing anything.
    ///
    /// # Errors
    /// [`DeliveryError`] with what would keep them from it.
    async fn look(&self) -> Result<(), DeliveryError>;

    /// Where an export of this name is, for people.
    fn place(&self, export: &str) -> String;
}

/// An export that isn't there yet. Dropped without [`Staging::commit`] it never will be.
#[async_trait]
pub trait Staging: Send {
    /// Adds bytes at the end of a file, which is made if it isn't there. Names are as [`is_name`] says.
    ///
    /// # Errors
    /// [`DeliveryError`] if they can't be written, or it is no such name. After it the export can't be committed. What can't
    /// be written may also be told by a later call.
    async fn write(&mut self, file: &str, bytes: &[u8]) -> Result<(), DeliveryError>;

    /// Makes the file `to`, which isn't there yet, of the file `from` by an XSLT 1.0 stylesheet, in a process of its own that
    /// reaches neither network nor other files.
    ///
    /// # Errors
    /// [`DeliveryError`] with what the processor said. After it the export can't be committed.
    async fn transform(&mut self, stylesheet: &str, from: &str, to: &str) -> Result<(), DeliveryError>;

    /// Length and SHA-256 of each file, by name, as they are on the disk.
    ///
    /// # Errors
    /// [`DeliveryError`] if they can't be read.
    async fn files(&mut self) -> Result<Vec<Staged>, DeliveryError>;

    /// Puts the export where it goes, durably and at once.
    ///
    /// # Errors
    /// [`DeliveryError`] if it can't.
    async fn commit(self: Box<Self>) -> Result<(), DeliveryError>;
}

/// A staged file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of it.
    pub sha256: [u8; 32],
}
