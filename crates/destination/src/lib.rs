//! The port to where exports go.
//!
//! An export is there as a whole or not at all: it is staged, and then committed under its name. Every adapter runs the
//! suite in `conformance`.

use async_trait::async_trait;
use thiserror::Error;

/// A failure to deliver. Nothing is there under the export's name because of it.
#[derive(Clone, Debug, Error)]
#[error("{0}")]
pub struct DeliveryError(pub String);

/// Where exports go.
#[async_trait]
pub trait Destination: Send + Sync {
    /// A file of an export that is there as a whole; `None` if no such export is there, or it has no such file.
    ///
    /// # Errors
    /// [`DeliveryError`] if that can't be told.
    async fn read(&self, export: &str, file: &str) -> Result<Option<Vec<u8>>, DeliveryError>;

    /// Begins an export. What was staged under this name and never committed goes.
    ///
    /// # Errors
    /// [`DeliveryError`] if it can't, or an export of this name is there.
    async fn begin(&self, export: &str) -> Result<Box<dyn Staging>, DeliveryError>;

    /// Where an export of this name is, for people.
    fn place(&self, export: &str) -> String;
}

/// An export that isn't there yet. Dropped without [`Staging::commit`] it never will be.
#[async_trait]
pub trait Staging: Send {
    /// Adds bytes at the end of a file, which is made if it isn't there. Names have letters, digits, `.`, `-` and `_`, and
    /// don't begin with a point.
    ///
    /// # Errors
    /// [`DeliveryError`] if they can't be written, or it is no such name.
    async fn write(&mut self, file: &str, bytes: &[u8]) -> Result<(), DeliveryError>;

    /// Makes `to` of `from` by an XSLT 1.0 stylesheet, in a process of its own that reaches neither network nor files.
    ///
    /// # Errors
    /// [`DeliveryError`] with what the processor said.
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

/// Where an adapter's exports go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// An absolute path.
    pub directory: String,
    /// Each export is a zip; if not, a folder.
    pub zip: bool,
}

/// Gives destinations.
pub trait Destinations: Send + Sync {
    /// The destination at a place.
    ///
    /// # Errors
    /// [`DeliveryError`] if it can't be reached.
    fn at(&self, place: &Place) -> Result<std::sync::Arc<dyn Destination>, DeliveryError>;
}
