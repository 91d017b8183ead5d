//! The database of compliance records on PostgreSQL.
//!
//! One owner makes the tables, the service comes as another role that can append and no more: see
//! [`PostgresRecords::prepare`]. Everything is in the schema `causerie`; the tables are described in `migrations/`.
//!
//! TLS to the server goes by `sslmode`, `sslrootcert`, `sslcert` and `sslkey` of the URL, as with libpq but for two things:
//! the authorities of the system are trusted beside those of `sslrootcert`, and `allow` never encrypts.

mod append;
mod fault;
mod lease;
mod prepare;
mod read;
mod row;

use causerie_model::{StoreError, StoreFault};
use fault::Place;
use sqlx::{PgPool, postgres::PgPoolOptions};
use std::{future::Future, time::Duration};

/// How to open the database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most connections that are open at once.
    pub connections: u32,
    /// How long a call waits for a connection, one that has to be made anew included.
    pub connect_timeout: Duration,
    /// How long a call may take altogether: a server that no longer answers is as good as gone.
    pub call_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8,
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(60),
        }
    }
}

/// The database of compliance records on a PostgreSQL server.
///
/// Several may have it open at once: a lock puts what they append into one order. When the server goes away, calls fail
/// with [`StoreFault::Unavailable`] until it is back; nothing needs to be opened anew.
pub struct PostgresRecords {
    place: Place,
    pool: PgPool,
    call_timeout: Duration,
}

impl PostgresRecords {
    /// Opens the database at a URL, `postgres://ROLE@HOST:PORT/DATABASE?sslmode=verify-full`. The password is best given
    /// apart, so that it stands in no list of processes. If there are no tables or old ones and the role may make them, it
    /// does.
    ///
    /// # Errors
    /// [`StoreError`] says in words why not, and names neither the password nor the URL: no such server, not let in, no
    /// tables and no right to make them, a database of a newer program, …
    pub async fn open(url: &str, password: Option<&str>, options: Options) -> Result<Self, StoreError> {
        let (place, connect) = Place::parse(url, password)?;
        let pool = PgPoolOptions::new()
            .max_connections(options.connections.max(1))
            .acquire_timeout(options.connect_timeout)
            .after_connect(|connection, _| Box::pin(prepare::shield(connection)))
            .connect_lazy_with(connect);
        let records = Self {
            place,
            pool,
            call_timeout: options.call_timeout,
        };
        prepare::check(&records).await?;
        Ok(records)
    }

    /// Makes the tables or brings them up to date as the role that owns them, and gives the role of the service what it
    /// needs: to read all and append, to empty records that a tombstone covers, to change documents and leases. It can
    /// neither change nor delete records, tombstones and checkpoints, nor switch off the triggers that guard them.
    ///
    /// Whatever else the role was given on them before, it has no more. Doing it again changes nothing. Both roles must be
    /// there.
    ///
    /// # Errors
    /// As [`Self::open`]; and if there is no role of that name, or it is or may act as the owner: it could give itself
    /// anything.
    pub async fn prepare(
        owner_url: &str,
        password: Option<&str>,
        service_role: &str,
    ) -> Result<(), StoreError> {
        let (place, connect) = Place::parse(owner_url, password)?;
        prepare::prepare(&place, &connect, service_role).await
    }

    /// Ends all connections. Calls after it fail.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Does some work within the time that a call may take.
    async fn bounded<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>> + Send,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.call_timeout, work).await {
            Ok(done) => done.map_err(|error| self.place.error(&error)),
            Err(_) => {
                let why = format!("{}: no answer within {:?}", self.place, self.call_timeout);
                Err(StoreError::new(StoreFault::Unavailable, why))
            }
        }
    }
}
