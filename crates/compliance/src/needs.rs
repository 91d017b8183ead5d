//! What the service is given.

use causerie_destination::Destinations;
use causerie_model::{Actor, Alarms, Clock};
use causerie_proof::{PublicKey, SigningKey};
use causerie_queue::{Erasure, Queue};
use causerie_records::RecordStore;
use std::sync::Arc;
use uuid::Uuid;

/// What the service needs from outside.
#[derive(Clone)]
pub struct Needs {
    /// Where records come from.
    pub queue: Arc<dyn Queue>,
    /// Takes messages out of rooms when their records are destroyed.
    pub erasure: Arc<dyn Erasure>,
    /// Where records are kept.
    pub records: Arc<dyn RecordStore>,
    /// Where exports go.
    pub destinations: Arc<dyn Destinations>,
    /// Where checkpoints are made known.
    pub anchor: Arc<dyn Anchor>,
    /// Who is told when something is wrong.
    pub alarms: Arc<dyn Alarms>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Names this service where several share a queue or a database: the same after each start, so that one which was killed
    /// has its leases again at once, and no other's.
    pub holder: Uuid,
    /// Signs checkpoints and manifests.
    pub key: Arc<SigningKey>,
    /// The key that signed, or will sign, the first checkpoint. All trust in checkpoints comes from it, so it mustn't come out
    /// of the database.
    pub root: PublicKey,
}

/// Makes checkpoints known where nobody who can change the database can change them: a file elsewhere, a log host.
pub trait Anchor: Send + Sync {
    /// Writes a checkpoint's line durably, everywhere if there are several places. Lines come in order; after a failure the
    /// later ones come too, and some time after that all again, from the one that failed.
    ///
    /// # Errors
    /// What went wrong; it is tried again.
    fn put(&self, line: &str) -> Result<(), String>;

    /// All lines that were written and can be read back, in any order; none if none can be, as on a log host. The database
    /// must have every one of these checkpoints.
    ///
    /// # Errors
    /// What went wrong; it is tried again.
    fn all(&self) -> Result<Vec<String>, String>;
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// His name, by his token, or `unix:NAME`.
    pub name: String,
    /// Where he came from: `unix`, or an address.
    pub origin: String,
}

impl Officer {
    /// As records name him.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Officer(self.name.clone())
    }
}
