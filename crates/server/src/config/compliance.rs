//! The settings of the compliance service and of the queue that it takes records from.

use hyper::Uri;
use serde::{Deserialize, Serialize};
use std::{net::IpAddr, path::PathBuf, str::FromStr};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Compliance {
    pub(crate) enabled: bool,
    pub(crate) database: String,
    pub(crate) database_password_file: PathBuf,
    pub(crate) allow_unverified_database: bool,
    pub(crate) signing_key: PathBuf,
    pub(crate) checkpoint_interval: u64,
    pub(crate) anchor_file: PathBuf,
    pub(crate) anchor_syslog: bool,
    pub(crate) alarm_webhook: String,
    pub(crate) alarm_depth: u64,
    pub(crate) alarm_age: u64,
    pub(crate) minimum_retention_days: u32,
    pub(crate) socket: PathBuf,
    pub(crate) officers: Vec<String>,
}

impl Default for Compliance {
    fn default() -> Self {
        Self {
            enabled: true,
            database: String::new(),
            database_password_file: PathBuf::new(),
            allow_unverified_database: false,
            signing_key: PathBuf::new(),
            checkpoint_interval: 300,
            anchor_file: PathBuf::new(),
            anchor_syslog: false,
            alarm_webhook: String::new(),
            alarm_depth: 10_000,
            alarm_age: 600,
            minimum_retention_days: 0,
            socket: PathBuf::new(),
            officers: Vec::new(),
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

impl Database {
    /// Whether it is on another machine, and this URL doesn't have that machine prove who it is: somebody on the way could
    /// take records and the password.
    pub(crate) fn is_unverified(&self) -> bool {
        let Self::Postgres(url) = self else { return false };
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let values = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let of_name = pairs.filter(move |(key, _)| *key == name);
            of_name.map(|(_, value)| value.to_owned()).collect::<Vec<_>>()
        };
        let authority = place.split_once("://").map_or("", |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let mut hosts = vec![host.to_owned()];
        hosts.extend(values("host"));
        hosts.extend(values("hostaddr"));
        let modes = ["sslmode", "ssl-mode"].map(values).concat();
        let is_verified = modes
            .last()
            .is_some_and(|mode| ["verify-full", "verify-ca"].contains(&mode.to_ascii_lowercase().as_str()));
        !is_verified && !hosts.iter().all(|host| is_here(host))
    }
}

/// Whether this is a socket's directory, or this machine by an address that no other can have.
fn is_here(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) {
            name
        } else {
            host
        }
    });
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let is_directory = name.starts_with('/') || name.to_ascii_lowercase().starts_with("%2f");
    let address: Option<IpAddr> = bare.unwrap_or(name).parse().ok();
    name.is_empty()
        || is_directory
        || name.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.is_loopback())
}

/// What is said of a database that [`Database::is_unverified`].
pub(crate) const UNVERIFIED: &str = "the database is on another machine, and nothing makes sure that it is that one: add \
     sslmode=verify-full to the URL (sslrootcert=FILE names the authority)";

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_must_prove_who_it_is() {
        for (url, is_unverified) in [
            ("sqlite:x.db", false),
            ("postgres://a@db.example.test/x", true),
            ("postgres://a@db.example.test/x?sslmode=require", true),
            ("postgres://a@db.example.test/x?sslmode=verify-full", false),
            (
                "postgresql://a@db.example.test:5432/x?application_name=y&sslmode=verify-ca",
                false,
            ),
            ("postgres://a@localhost/x", false),
            ("postgres://a@127.0.0.1:5432/x", false),
            ("postgres://a@[::1]:5432/x", false),
            ("postgres://a@[2001:db8::1]:5432/x", true),
            ("postgres://192.0.2.1/x", true),
            ("postgres:///x?host=/run/postgresql", false),
            ("postgres://%2Frun%2Fpostgresql/x", false),
            ("postgres:///x?host=db.example.test", true),
            ("postgres://localhost/x?hostaddr=192.0.2.1", true),
        ] {
            let database: Database = url.parse().unwrap();
            assert_eq!(database.is_unverified(), is_unverified, "{url}");
        }
    }
}
