//! The connections that read.

use crate::{fault::store_error, row::Row, writer::Query};
use causerie_store::{StoreError, meter};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use std::{path::PathBuf, time::Duration};

/// How long a query waits for a connection when all are busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes something of a row.
pub(crate) type Make<T> = fn(&Row<'_>) -> Result<T, StoreError>;

pub(crate) struct Reader {
    path: PathBuf,
    pool: SqlitePool,
}

impl Reader {
    pub(crate) fn new(path: PathBuf, options: SqliteConnectOptions, readers: u32) -> Self {
        let pool = SqlitePoolOptions::new()
            .max_connections(readers.max(1))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // There is no network that could have cut them, so they are neither tested nor renewed.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options);
        Self { path, pool }
    }

    /// All rows of a query, each made into a `T`.
    pub(crate) async fn all<T>(
        &self,
        query: Query,
        make: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        meter::count(1);
        let rows = query
            .fetch_all(&self.pool)
            .await
            .map_err(|error| store_error(&self.path, &error))?;
        rows.iter().map(|row| make(&Row(row))).collect()
    }

    /// The first row of a query made into a `T`, if there is one.
    pub(crate) async fn first<T>(
        &self,
        query: Query,
        make: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        meter::count(1);
        let row = query
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| store_error(&self.path, &error))?;
        row.map(|row| make(&Row(&row))).transpose()
    }

    /// The results of several queries from one and the same state of the database.
    pub(crate) async fn snapshot<T>(
        &self,
        queries: Vec<(&'static str, Make<T>)>,
    ) -> Result<Vec<T>, StoreError> {
        let fail = |error| store_error(&self.path, &error);
        meter::count(1);
        let mut transaction = self.pool.begin().await.map_err(fail)?;
        let mut all = Vec::new();
        for (query, make) in queries {
            meter::count(1);
            for row in sqlx::query(query)
                .fetch_all(&mut *transaction)
                .await
                .map_err(fail)?
            {
                all.push(make(&Row(&row))?);
            }
        }
        Ok(all)
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}
