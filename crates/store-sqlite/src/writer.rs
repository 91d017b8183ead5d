//! The one connection that writes.

use crate::{clean::keep_clean, fault::store_error};
use causerie_store::{StoreError, StoreFault, meter};
use sqlx::{
    ConnectOptions, Connection, Executor, Row, SqliteConnection,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteQueryResult, SqliteRow},
};
use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Mutex, Notify, oneshot},
    task::AbortHandle,
    time::timeout,
};

/// The log is moved to the database file when about this much has been written to it, which bounds its size.
const CHECKPOINT_BYTES: usize = 4 * 1024 * 1024;
/// What a commit adds to the log besides its content: a few pages of every table and index that it touches.
const COMMIT_BYTES: usize = 32 * 1024;

/// How long a database that is closed may take to forget what was removed. What is left is for the next opening.
const LAST_CLEANING: Duration = Duration::from_secs(2);

/// Statements are compiled once and kept; queries are these.
pub(crate) type Query = sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments>;
/// A future that borrows a transaction.
pub(crate) type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Forgets a piece of what was removed. Whether there may be more.
pub(crate) type Forget = for<'a> fn(&'a mut Transaction<'_>) -> Work<'a, bool>;

pub(crate) struct Writer {
    shared: Arc<Shared>,
    cleaner: AbortHandle,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.cleaner.abort();
    }
}

/// What a writer goes by.
pub(crate) struct Terms {
    pub(crate) path: PathBuf,
    pub(crate) options: SqliteConnectOptions,
    /// How long a write waits for another process that writes, as `options` say.
    pub(crate) busy_timeout: Duration,
    /// Counts all rows, if that is asked for.
    pub(crate) count: Option<&'static str>,
    /// Forgets, if removing leaves something to be forgotten.
    pub(crate) forget: Option<Forget>,
    /// How long after a commit that destroyed something the files are cleaned.
    pub(crate) linger: Duration,
}

pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    options: SqliteConnectOptions,
    pub(crate) busy_timeout: Duration,
    count: Option<&'static str>,
    pub(crate) forget: Option<Forget>,
    pub(crate) state: Arc<Mutex<State>>,
    tally: std::sync::Mutex<Tally>,
    /// Told of each commit that destroyed something.
    destroyed: Arc<Notify>,
}

/// What is counted along with commits, since counting rows would cost the more the more there are.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Records in the outbox.
    pub(crate) queued: u64,
    /// Records set aside.
    pub(crate) aside: u64,
}

/// Counts all rows by a query that gives the fields of [`Tally`]; without one nothing is counted.
async fn count(connection: &mut SqliteConnection, query: Option<&'static str>) -> Result<Tally, sqlx::Error> {
    let Some(query) = query else {
        return Ok(Tally::default());
    };
    let row = connection.fetch_one(query).await?;
    let number = |column| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)?.unsigned_abs());
    Ok(Tally {
        queued: number(0)?,
        aside: number(1)?,
    })
}

#[derive(Default)]
pub(crate) struct State {
    /// `None` when it has to be made anew. It is taken out while in use, so that one whose use was cut short isn't used
    /// again.
    pub(crate) connection: Option<SqliteConnection>,
    /// Does nothing but stay open. All connections of a process share one handle on the log's index. If the first to need
    /// it comes while the disk is read-only, nobody can write until the last has gone, however well the disk is by then.
    keeper: Option<SqliteConnection>,
    /// Why nothing is written any more.
    pub(crate) stopped: Option<StoreError>,
    /// About how much was written to the log since the last checkpoint.
    pub(crate) logged: usize,
}

/// A write transaction. It counts what it sends.
pub(crate) struct Transaction<'a> {
    path: &'a Path,
    connection: SqliteConnection,
    statements: u32,
    bytes: usize,
    /// What there is when it is committed.
    tally: Tally,
    destroys: bool,
}

impl Writer {
    pub(crate) async fn new(
        terms: Terms,
        mut connection: SqliteConnection,
        keeper: SqliteConnection,
    ) -> Result<Self, StoreError> {
        let tally = count(&mut connection, terms.count).await;
        let tally = tally.map_err(|error| store_error(&terms.path, &error))?;
        let state = State {
            connection: Some(connection),
            keeper: Some(keeper),
            ..State::default()
        };
        let destroyed = Arc::new(Notify::new());
        let shared = Arc::new(Shared {
            path: terms.path,
            options: terms.options,
            busy_timeout: terms.busy_timeout,
            count: terms.count,
            forget: terms.forget,
            state: Arc::new(Mutex::new(state)),
            tally: std::sync::Mutex::new(tally),
            destroyed: Arc::clone(&destroyed),
        });
        // Who ended without a word may have left something. What isn't done at once is done by and by.
        if shared.clean().await.is_some() {
            destroyed.notify_one();
        }
        let cleaner = tokio::spawn(keep_clean(Arc::downgrade(&shared), destroyed, terms.linger));
        Ok(Self {
            shared,
            cleaner: cleaner.abort_handle(),
        })
    }

    /// Does `work` in one transaction: begin, work, commit, on any error roll back.
    ///
    /// Writes take place in the order of the calls. Once begun, one runs as a task of its own and ends even if the caller
    /// goes away, so that no transaction stays half done.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl for<'a> FnOnce(&'a mut Transaction<'_>) -> Work<'a, T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        let (answer, answered) = oneshot::channel();
        // Who goes away while waiting in the line has written nothing.
        let mut state = Arc::clone(&shared.state).lock_owned().await;
        tokio::spawn(async move {
            // If nobody waits for it any more, it is done all the same.
            let _ = answer.send(shared.transact(&mut state, work).await);
            shared.checkpoint(&mut state).await;
        });
        let (result, statements) = answered
            .await
            .map_err(|_| StoreError::new(StoreFault::Unavailable, "the program is about to end"))?;
        // Here and not in the task: the meter belongs to the caller.
        meter::count(statements);
        result
    }

    /// What the last commit left.
    pub(crate) fn tally(&self) -> Tally {
        *self.shared.tally()
    }

    pub(crate) async fn close(&self) {
        // Held to the end: a step of the cleaner that was cut off would take the connection with it.
        let mut state = self.shared.state.lock().await;
        self.cleaner.abort();
        let last = async { while self.shared.step(&mut state).await == Some(Duration::ZERO) {} };
        // What isn't forgotten by then is when the database is opened again.
        let _ = timeout(LAST_CLEANING, last).await;
        state.stopped = Some(StoreError::new(StoreFault::Unavailable, "the database is closed"));
        let keeper = state.keeper.take();
        for connection in keeper.into_iter().chain(state.connection.take()) {
            if let Err(error) = connection.close().await {
                tracing::warn!(database = %self.shared.path.display(), %error, "The database can't be closed.");
            }
        }
    }
}

impl Shared {
    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn transact<T>(
        &self,
        state: &mut State,
        work: impl for<'a> FnOnce(&'a mut Transaction<'_>) -> Work<'a, T>,
    ) -> (Result<T, StoreError>, u32) {
        if let Some(error) = &state.stopped {
            return (Err(error.clone()), 0);
        }
        let connection = match state.connection.take() {
            Some(connection) => connection,
            None => match self.connect().await {
                Ok(connection) => connection,
                Err(error) => {
                    let error = store_error(&self.path, &error);
                    state.stop_if_sync_failed(&error, None);
                    return (Err(error), 0);
                }
            },
        };
        let mut transaction = Transaction {
            path: &self.path,
            connection,
            statements: 0,
            bytes: COMMIT_BYTES,
            tally: *self.tally(),
            destroys: false,
        };
        let result = transaction.run(work).await;
        let statements = transaction.statements;
        match &result {
            Ok(_) => {
                state.logged += transaction.bytes;
                *self.tally() = transaction.tally;
                if transaction.destroys {
                    self.destroyed.notify_one();
                }
                state.connection = Some(transaction.connection);
            }
            Err(error) => {
                // After some failures SQLite has rolled back by itself, and this fails. That is no trouble, but can't
                // be told from trouble, so the next write opens the database anew.
                let rolled_back = transaction.connection.execute("ROLLBACK").await.is_ok();
                let connection = state.stop_if_sync_failed(error, Some(transaction.connection));
                // SQLite opens a file read-only where it can't be written, without a word, and keeps it so.
                let writes = error.fault != StoreFault::ReadOnly;
                state.connection = connection.filter(|_| rolled_back && writes);
            }
        }
        (result, statements)
    }

    /// Opens the database anew, and counts anew: whether what failed before was committed isn't known.
    async fn connect(&self) -> Result<SqliteConnection, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        *self.tally() = count(&mut connection, self.count).await?;
        Ok(connection)
    }

    /// Moves the log to the database file when it has grown. SQLite would do it after a commit by itself, but it would
    /// hide a failed sync there and try again.
    pub(crate) async fn checkpoint(&self, state: &mut State) {
        if state.logged < CHECKPOINT_BYTES {
            return;
        }
        let Some(mut connection) = state.connection.take() else {
            return;
        };
        let outcome = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").await;
        state.logged = 0;
        state.connection = match outcome {
            Ok(_) => Some(connection),
            Err(error) => {
                let error = store_error(&self.path, &error);
                tracing::warn!(%error, "the log of the database can't be moved to its file now");
                state.stop_if_sync_failed(&error, Some(connection))
            }
        };
    }
}

impl State {
    /// Ends writing after a failed sync; otherwise gives the connection back.
    pub(crate) fn stop_if_sync_failed(
        &mut self,
        error: &StoreError,
        connection: Option<SqliteConnection>,
    ) -> Option<SqliteConnection> {
        if error.fault != StoreFault::SyncFailed {
            return connection;
        }
        tracing::error!(%error, "nothing is written to the database until the program starts anew");
        self.stopped = Some(error.clone());
        // Kept open until the process ends: closing the last connection would move the log to the file, sync that, and
        // delete the log, the only place of which we know what it holds. The next start reads it.
        std::mem::forget((connection, self.keeper.take()));
        None
    }
}

impl Transaction<'_> {
    async fn run<T>(
        &mut self,
        work: impl for<'a> FnOnce(&'a mut Transaction<'_>) -> Work<'a, T>,
    ) -> Result<T, StoreError> {
        self.execute(sqlx::query("BEGIN IMMEDIATE")).await?;
        let value = work(self).await?;
        self.execute(sqlx::query("COMMIT")).await?;
        Ok(value)
    }

    /// Notes that `bytes` of content are to be written.
    pub(crate) fn note(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Notes that something was destroyed, which is to go from the files as well.
    pub(crate) fn destroys(&mut self) {
        self.destroys = true;
    }

    /// Notes that so many records were queued.
    pub(crate) fn queued(&mut self, count: u64) {
        self.tally.queued += count;
    }

    /// Notes that so many records left the queue.
    pub(crate) fn dequeued(&mut self, count: u64) {
        self.tally.queued = self.tally.queued.saturating_sub(count);
    }

    /// Notes that so many records were set aside.
    pub(crate) fn put_aside(&mut self, count: u64) {
        self.tally.aside += count;
    }

    /// Sends a statement.
    pub(crate) async fn execute(&mut self, query: Query) -> Result<SqliteQueryResult, StoreError> {
        self.statements += 1;
        query
            .execute(&mut self.connection)
            .await
            .map_err(|error| store_error(self.path, &error))
    }

    /// Sends a statement that must change a row.
    pub(crate) async fn change(&mut self, query: Query, otherwise: &str) -> Result<(), StoreError> {
        match self.execute(query).await?.rows_affected() {
            0 => Err(StoreError::new(StoreFault::Conflict, otherwise)),
            _ => Ok(()),
        }
    }

    /// Sends a statement that returns rows.
    pub(crate) async fn rows(&mut self, query: Query) -> Result<Vec<SqliteRow>, StoreError> {
        self.statements += 1;
        query
            .fetch_all(&mut self.connection)
            .await
            .map_err(|error| store_error(self.path, &error))
    }
}
