//! The bytes by which records are proved: what their hashes cover, the Merkle trees and signatures of checkpoints, and the
//! manifests of exports.
//!
//! Pure: whoever checks an export needs this crate, the files, and the public key.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod chain;
pub mod checkpoint;
pub mod export;
pub mod key;
pub mod log;
pub mod manifest;
pub mod merkle;
pub mod node;
mod ranges;
pub mod record;
pub mod wire;

pub use checkpoint::{Checkpoint, NotACheckpoint, SignedCheckpoint};
pub use export::{VerifiedExport, verify as verify_export};
pub use key::{KeyError, PublicKey, SigningKey};
pub use log::LogVerifier;
pub use manifest::{ChainRange, File, Manifest, NotAManifest, Part, SignedManifest};
pub use merkle::{Rest, Tree};
pub use node::{Node, NotANode};
pub use record::Content;
pub use wire::{NotARecord, Stored};
