//! Opens, makes and upgrades the database.

use crate::{
    Options,
    fault::store_error,
    reader::Reader,
    writer::{Forget, Terms, Writer},
};
use causerie_store::{StoreError, StoreFault};
use sqlx::{
    ConnectOptions, Connection, Executor, Row, SqlSafeStr, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{fs::OpenOptions, io::ErrorKind, os::unix::fs::OpenOptionsExt, path::Path};

/// Which database it is.
pub(crate) struct Kind {
    /// What people call it.
    pub(crate) name: &'static str,
    /// What `PRAGMA application_id` of it is.
    pub(crate) application_id: i64,
    /// Number, name and statements of all migrations. One that was released is never changed: databases remember a
    /// checksum of each.
    pub(crate) migrations: &'static [(i64, &'static str, &'static str)],
    /// Gives the fields of [`crate::writer::Tally`], if its commits are counted.
    pub(crate) count: Option<&'static str>,
    /// Forgets what was removed, if that is more than deleting it.
    pub(crate) forget: Option<Forget>,
}

/// A database whose tables are up to date.
pub(crate) struct Opened {
    /// The connection that is to write.
    pub(crate) connection: SqliteConnection,
    /// The connection that holds the log's index open.
    keeper: SqliteConnection,
    terms: Terms,
    reading: SqliteConnectOptions,
    readers: u32,
}

impl Opened {
    pub(crate) async fn start(self) -> Result<(Writer, Reader), StoreError> {
        let reader = Reader::new(self.terms.path.clone(), self.reading, self.readers);
        let writer = Writer::new(self.terms, self.connection, self.keeper).await?;
        Ok((writer, reader))
    }
}

pub(crate) async fn open(path: &Path, options: &Options, kind: &Kind) -> Result<Opened, StoreError> {
    make_file(path)?;
    let plain = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(options.busy_timeout)
        // What is destroyed isn't to be copied to files that nobody knows of.
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging();
    check_owner(path, &plain, kind).await?;

    let mut writing = plain
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is deleted is overwritten. FAST would spare the pages that become free, where most of a long text is.
        .pragma("secure_delete", "ON")
        // The writer does it, and sees when it fails.
        .pragma("wal_autocheckpoint", "0");
    if let Some(pages) = options.page_limit {
        writing = writing.pragma("max_page_count", pages.to_string());
    }
    let mut connection = writing
        .connect()
        .await
        .map_err(|error| store_error(path, &error))?;
    migrate(path, &mut connection, kind).await?;
    let keeper = keeper(&writing)
        .await
        .map_err(|error| store_error(path, &error))?;
    Ok(Opened {
        connection,
        keeper,
        terms: Terms {
            path: path.to_owned(),
            options: writing,
            busy_timeout: options.busy_timeout,
            count: kind.count,
            forget: kind.forget,
            linger: options.linger,
        },
        reading: plain.read_only(true),
        readers: options.readers,
    })
}

/// A connection that has read, and so holds the index of the log.
async fn keeper(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    connection.fetch_one("SELECT count(*) FROM sqlite_schema").await?;
    Ok(connection)
}

/// Makes the file if it isn't there, so that nobody else may read it: SQLite would go by the umask. The log takes its
/// mode from the file.
fn make_file(path: &Path) -> Result<(), StoreError> {
    let fail = |fault, why: String| Err(StoreError::new(fault, format!("{}: {why}", path.display())));
    if path.is_dir() {
        return fail(
            StoreFault::Other,
            "is a directory, not a database file".to_owned(),
        );
    }
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(_) => Ok(()),
        Err(error) => match error.kind() {
            ErrorKind::AlreadyExists if path.is_file() => Ok(()),
            ErrorKind::AlreadyExists => fail(StoreFault::Other, "is not a regular file".to_owned()),
            ErrorKind::NotFound => fail(StoreFault::Other, "its directory doesn't exist".to_owned()),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => fail(StoreFault::Full, error.to_string()),
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                fail(StoreFault::ReadOnly, error.to_string())
            }
            _ => fail(StoreFault::Other, error.to_string()),
        },
    }
}

/// Refuses another program's database before anything of it is touched.
async fn check_owner(path: &Path, options: &SqliteConnectOptions, kind: &Kind) -> Result<(), StoreError> {
    let look = async {
        let mut connection = options.connect().await?;
        let row = sqlx::query(
            "SELECT application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id",
        )
        .fetch_one(&mut connection)
        .await?;
        let found: (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        connection.close().await?;
        Ok(found)
    };
    let (application, tables) = look.await.map_err(|error| store_error(path, &error))?;
    // Without tables it is new, or its making was cut short before the first migration was committed.
    if application == kind.application_id || (application == 0 && tables == 0) {
        return Ok(());
    }
    if application == 0 && only_migrations_table(path, options).await? {
        return Ok(());
    }
    Err(StoreError::new(
        StoreFault::Other,
        format!(
            "{}: is a database, but not a {} of Causerie",
            path.display(),
            kind.name
        ),
    ))
}

/// The table of migrations is made before the first of them.
async fn only_migrations_table(path: &Path, options: &SqliteConnectOptions) -> Result<bool, StoreError> {
    let look = async {
        let mut connection = options.connect().await?;
        let row = sqlx::query(
            "SELECT count(*) FROM sqlite_schema WHERE tbl_name NOT IN ('_sqlx_migrations', 'sqlite_sequence')",
        )
        .fetch_one(&mut connection)
        .await?;
        let others: i64 = row.try_get(0)?;
        connection.close().await?;
        Ok(others == 0)
    };
    look.await.map_err(|error| store_error(path, &error))
}

async fn migrate(path: &Path, connection: &mut SqliteConnection, kind: &Kind) -> Result<(), StoreError> {
    let migrations = kind
        .migrations
        .iter()
        .map(|&(version, name, sql)| {
            Migration::new(
                version,
                name.into(),
                MigrationType::Simple,
                sql.into_sql_str(),
                false,
            )
        })
        .collect();
    let outcome = Migrator::with_migrations(migrations)
        .run_direct(None, connection, false)
        .await;
    let newest = kind.migrations.last().map_or(0, |&(version, ..)| version);
    outcome.map_err(|error| match error {
        MigrateError::Execute(error) => store_error(path, &error),
        MigrateError::ExecuteMigration(error, version) => {
            let error = store_error(path, &error);
            StoreError::new(error.fault, format!("migration {version}: {error}"))
        }
        MigrateError::VersionMissing(version) if version > newest => StoreError::new(
            StoreFault::Other,
            format!(
                "{}: is newer than this program: it has migration {version}, the program knows those up to {newest}. \
                 Start a newer program, or restore the backup from before the upgrade",
                path.display()
            ),
        ),
        MigrateError::VersionMissing(version) => StoreError::new(
            StoreFault::Other,
            format!("{}: has a migration {version} that this program doesn't know", path.display()),
        ),
        MigrateError::VersionMismatch(version) => StoreError::new(
            StoreFault::Other,
            format!("{}: migration {version} was applied in another form than this program has", path.display()),
        ),
        error => StoreError::new(StoreFault::Other, format!("{}: {error}", path.display())),
    })
}
