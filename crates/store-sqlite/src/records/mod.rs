//! The database of compliance records.

mod append;
mod lease;
mod read;

use crate::{
    Options,
    open::{Kind, open},
    reader::Reader,
    writer::Writer,
};
use causerie_model::StoreError;
use std::path::Path;

const KIND: Kind = Kind {
    name: "database of compliance records",
    // "mgcc"
    application_id: 0x6d67_6363,
    migrations: &[(
        1,
        "start",
        include_str!("../../migrations-records/0001_start.sql"),
    )],
    count: None,
    forget: None,
};

/// The database of compliance records in one file.
///
/// Several may have it open at once: the file's lock puts what they append into one order. Triggers refuse to change or
/// remove records, tombstones and checkpoints, whoever sends the statement.
pub struct SqliteRecords {
    writer: Writer,
    reader: Reader,
}

impl SqliteRecords {
    /// Opens the database; makes it, readable by its owner only, if there is none; and brings its tables up to date.
    ///
    /// # Errors
    /// As [`crate::SqliteStore::open`].
    pub async fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        let (writer, reader) = open(path, &options, &KIND).await?.start().await?;
        Ok(Self { writer, reader })
    }

    /// Ends reading and writing, as [`crate::SqliteStore::close`].
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}
