//! The room database and the database of compliance records on SQLite.
//!
//! One connection writes, a few read. Every write is one transaction that is on the disk when the call returns
//! (write-ahead log, `synchronous = FULL`); a batch costs the same few statements whatever its size. The tables are
//! described in `migrations/` and `migrations-records/`.

mod catalogue;
mod change;
mod clean;
mod contacts;
mod fault;
mod forget;
mod history;
mod index;
mod invitations;
mod journal;
mod message_change;
mod open;
mod preferences;
mod queue;
mod reader;
mod records;
mod row;
mod search;
mod secrets;
mod tokens;
mod writer;

pub use queue::Aside;

use causerie_store::StoreError;
use index::index_waiting;
use open::{Kind, open};
use reader::Reader;
pub use records::SqliteRecords;
use std::{path::Path, time::Duration};
use writer::Writer;

const ROOMS: Kind = Kind {
    name: "room database",
    // "Caus"
    application_id: 0x4361_7573,
    migrations: &[
        (1, "start", include_str!("../migrations/0001_start.sql")),
        (2, "search", include_str!("../migrations/0002_search.sql")),
        (3, "tokens", include_str!("../migrations/0003_tokens.sql")),
        (4, "rooms", include_str!("../migrations/0004_rooms.sql")),
        (
            5,
            "invitations",
            include_str!("../migrations/0005_invitations.sql"),
        ),
        (6, "queue", include_str!("../migrations/0006_queue.sql")),
        (7, "presence", include_str!("../migrations/0007_presence.sql")),
        (8, "compliance", include_str!("../migrations/0008_compliance.sql")),
        (9, "holder", include_str!("../migrations/0009_holder.sql")),
        (10, "gone", include_str!("../migrations/0010_gone.sql")),
    ],
    count: Some("SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM set_aside)"),
    forget: Some(forget::forget),
};

/// How to open the database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections that read. They serve queries of history, so that none waits for the writer or for a slow search.
    pub readers: u32,
    /// How long a write waits for another process that writes.
    pub busy_timeout: Duration,
    /// Most pages of 4,096 bytes that the database may have; `None` for as many as the disk holds.
    pub page_limit: Option<u32>,
    /// How long what was destroyed lingers in the files before they are cleaned of it, all that came together meanwhile at
    /// once.
    pub linger: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            page_limit: None,
            linger: Duration::from_secs(5),
        }
    }
}

/// The room database in one file.
///
/// It is [`causerie_queue::Queue`] as well. How many records wait is counted when it is opened, and from then on with each
/// commit: that is right only as long as nobody else writes, so a database is for one process, which opens it once.
pub struct SqliteStore {
    writer: Writer,
    reader: Reader,
}

impl SqliteStore {
    /// Opens the database; makes it, readable by its owner only, if there is none; and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError`] says in words why not: no such directory, no room database, a database of a newer program, a
    /// migration that isn't the one that was applied, …
    pub async fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        let mut opened = open(path, &options, &ROOMS).await?;
        index_waiting(path, &mut opened.connection).await?;
        let (writer, reader) = opened.start().await?;
        Ok(Self { writer, reader })
    }

    /// Ends reading and writing. What was committed goes from the log to the database file, so that this is all there
    /// is. Not needed for safety: a database that was never closed has everything as well.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}
