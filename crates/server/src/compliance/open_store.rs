//! Opening the database of records.

use super::private::password;
use crate::config::Database;
use anyhow::Result;
use causerie_model::StoreError;
use causerie_records::RecordStore;
use causerie_store_postgres::PostgresRecords;
use causerie_store_sqlite::{Options, SqliteRecords};
use std::{path::Path, sync::Arc};
use zeroize::Zeroizing;

/// Where the database is, and what lets the program in.
pub(crate) struct Place {
    database: Database,
    password: Option<Zeroizing<String>>,
}

impl Place {
    /// The database, with the password in this file: see [`password`].
    pub(crate) fn new(database: Database, password_file: Option<&Path>) -> Result<Self> {
        Ok(Self {
            database,
            password: password_file
                .map(|file| password("the database's password", file))
                .transpose()?,
        })
    }

    /// Opens it.
    pub(crate) async fn open(&self) -> Result<Opened, StoreError> {
        match &self.database {
            Database::Sqlite(file) => {
                let records = SqliteRecords::open(file, Options::default()).await?;
                Ok(Opened::Sqlite(Arc::new(records)))
            }
            Database::Postgres(url) => {
                let password = self.password.as_ref().map(|password| password.as_str());
                let options = causerie_store_postgres::Options::default();
                let records = PostgresRecords::open(url, password, options).await?;
                Ok(Opened::Postgres(Arc::new(records)))
            }
        }
    }
}

/// The database, open.
#[derive(Clone)]
pub(crate) enum Opened {
    /// A file.
    Sqlite(Arc<SqliteRecords>),
    /// A server.
    Postgres(Arc<PostgresRecords>),
}

impl Opened {
    pub(crate) fn records(&self) -> Arc<dyn RecordStore> {
        match self {
            Self::Sqlite(records) => records.clone(),
            Self::Postgres(records) => records.clone(),
        }
    }

    /// Ends reading and writing.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(records) => records.close().await,
            Self::Postgres(records) => records.close().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::write_private;
    use std::{fs, os::unix::fs::PermissionsExt};

    #[test]
    fn a_password_that_everybody_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        write_private(&file, b"secret\n").unwrap();
        let database = || Database::Postgres("postgres://ann@localhost/x".to_owned());
        let place = Place::new(database(), Some(&file)).unwrap();
        assert_eq!(place.password.unwrap().as_str(), "secret");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let told = format!("{:#}", Place::new(database(), Some(&file)).err().unwrap());
        assert!(told.contains("is open to everybody (mode 644)"), "{told}");
    }
}
