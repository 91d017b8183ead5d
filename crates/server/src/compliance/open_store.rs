//! Opening the database of records.

use super::private;
use crate::config::Database;
use anyhow::{Context, Result};
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
    /// The database, with the password in this file. Only its owner, or a group, may read that.
    pub(crate) fn new(database: Database, password_file: Option<&Path>) -> Result<Self> {
        let read = |file: &Path| {
            let bytes = private("the database's password", file)?;
            let text = std::str::from_utf8(&bytes).with_context(|| file.display().to_string())?;
            anyhow::Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
        };
        Ok(Self {
            database,
            password: password_file.map(read).transpose()?,
        })
    }

    /// The file, if it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.database {
            Database::Sqlite(file) => Some(file),
            Database::Postgres(_) => None,
        }
    }

    /// Opens it.
    pub(crate) async fn open(&self) -> Result<Arc<dyn RecordStore>, StoreError> {
        match &self.database {
            Database::Sqlite(file) => Ok(Arc::new(SqliteRecords::open(file, Options::default()).await?)),
            Database::Postgres(url) => {
                let password = self.password.as_ref().map(|password| password.as_str());
                let options = causerie_store_postgres::Options::default();
                Ok(Arc::new(PostgresRecords::open(url, password, options).await?))
            }
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
        assert!(told.contains("can be read by everybody (mode 644)"), "{told}");
    }
}
