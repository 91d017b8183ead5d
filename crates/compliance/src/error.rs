//! What can go wrong.

use causerie_destination::DeliveryError;
use causerie_model::StoreError;
use causerie_proof::PublicKey;
use thiserror::Error;

/// Why the service couldn't. Each says what to do.
#[derive(Clone, Debug, Error)]
pub enum ComplianceError {
    /// The queue or the database of records failed. Look at its disk and connection; what is temporary mends itself.
    #[error("the database of records or the queue failed: {0}")]
    Store(#[from] StoreError),
    /// The chat server didn't take messages out of a room. Their records stay; see that it runs, and apply retention again.
    #[error("the messages can't be taken out of their room, so their records stay: {0}")]
    Erasure(StoreError),
    /// Records went, and the chat server didn't take their messages out of the room yet. See that it runs: it is tried again.
    #[error(
        "the records are destroyed, and their messages go from the room when the chat server takes them out: {0}"
    )]
    ErasureWaits(StoreError),
    /// The destination of an export failed. Nothing of the export is there; mend the destination, it is tried again.
    #[error("the export couldn't be delivered: {0}")]
    Delivery(#[from] DeliveryError),
    /// The key isn't the one that must sign the next checkpoint. Configure that one, or rotate with it before changing.
    #[error(
        "the last checkpoint says that the key {} signs the next one, and the configured key is {}: configure the former", expected.id(), ours.id()
    )]
    Key {
        /// Who must sign.
        expected: PublicKey,
        /// What is configured.
        ours: PublicKey,
    },
    /// What is stored isn't what it should be. Don't change anything; find out what happened, `compliance verify` helps.
    #[error("the records aren't as they should be: {0}")]
    Damaged(String),
    /// Somebody else does this just now. Try again when he is done.
    #[error("{0}")]
    Busy(String),
    /// The service is stopping. Adapters go on by themselves after its next start; ask again for anything else.
    #[error(
        "the compliance service is stopping, and this was broken off: adapters go on by themselves after its next start, ask again for anything else"
    )]
    Stopping,
    /// There is no such thing. Look at the list of those that there are.
    #[error("there is no {what} '{name}'")]
    Unknown {
        /// What it would be: `adapter`, `hold` …
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A value isn't allowed. Give another.
    #[error("{0}")]
    Invalid(String),
    /// A rule forbids it, which the text names.
    #[error("{0}")]
    Refused(String),
}

impl ComplianceError {
    /// Whether the same may succeed later without anybody doing anything.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Store(error) | Self::Erasure(error) | Self::ErasureWaits(error) => error.is_temporary(),
            Self::Delivery(_) | Self::Busy(_) | Self::Stopping => true,
            _ => false,
        }
    }
}
