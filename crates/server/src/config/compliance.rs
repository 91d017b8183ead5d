//! The settings of the compliance service and of the queue that it takes records from.

use hyper::Uri;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, str::FromStr};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Compliance {
    pub(crate) enabled: bool,
    pub(crate) database: String,
    pub(crate) database_password_file: PathBuf,
    pub(crate) signing_key: PathBuf,
    pub(crate) checkpoint_interval: u64,
    pub(crate) anchor_file: PathBuf,
    pub(crate) anchor_syslog: bool,
    pub(crate) alarm_webhook: String,
    pub(crate) alarm_depth: u64,
    pub(crate) alarm_age: u64,
    pub(crate) minimum_retention_days: u32,
    pub(crate) socket: PathBuf,
}

impl Default for Compliance {
    fn default() -> Self {
        Self {
            enabled: true,
            database: String::new(),
            database_password_file: PathBuf::new(),
            signing_key: PathBuf::new(),
            checkpoint_interval: 300,
            anchor_file: PathBuf::new(),
            anchor_syslog: false,
            alarm_webhook: String::new(),
            alarm_depth: 10_000,
            alarm_age: 600,
            minimum_retention_days: 0,
            socket: PathBuf::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Queue {
    pub(crate) socket: PathBuf,
}

/// Where compliance records are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A server's URL, without a password.
    Postgres(String),
}

impl FromStr for Database {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(file) = text.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            return if file.is_empty() {
                Err("names no file".to_owned())
            } else {
                Ok(Self::Sqlite(file.into()))
            };
        }
        let Some((_, rest)) = text
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "postgres" | "postgresql"))
        else {
            return Err("must be sqlite:FILE or postgres://user@host/database?sslmode=…".to_owned());
        };
        let (rest, _) = rest.split_once('?').unwrap_or((rest, ""));
        let Some((authority, name)) = rest.split_once('/').filter(|(_, name)| !name.is_empty()) else {
            return Err("names no database: postgres://user@host/database".to_owned());
        };
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        if user.contains(':') || name.contains('/') || text.contains("password=") {
            return Err(
                "a password doesn't belong here: put it into a file, database_password_file".to_owned(),
            );
        }
        Ok(Self::Postgres(text.to_owned()))
    }
}

/// Checks where alarms are posted; nothing is nowhere.
pub(super) fn check_webhook(url: &str) -> Result<(), String> {
    if url.is_empty() {
        return Ok(());
    }
    let bad = || "must be http://host/path or https://host/path, without a user or password".to_owned();
    let uri: Uri = url.parse().map_err(|_| bad())?;
    let authority = uri.authority().ok_or_else(bad)?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    if !is_web || authority.host().is_empty() || authority.as_str().contains('@') {
        return Err(bad());
    }
    Ok(())
}
