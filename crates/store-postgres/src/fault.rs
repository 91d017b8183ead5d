//! Which server it is, and what it says as a kind of failure.

use causerie_model::{StoreError, StoreFault};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use std::{fmt, fs::File, io, path::PathBuf, str::FromStr};

/// A database as people may read of it, without what must not be read.
pub(crate) struct Place {
    name: String,
    /// The password in the forms in which something could repeat it.
    secrets: Vec<String>,
    host: String,
    /// The files of `sslrootcert`, `sslcert` and `sslkey`, each with that name.
    files: Vec<(String, PathBuf)>,
}

/// The parameters of a URL that name files.
const FILES: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Place {
    pub(crate) fn parse(url: &str, password: Option<&str>) -> Result<(Self, PgConnectOptions), StoreError> {
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        // What is wrong isn't told in the words of the parser: they may repeat a part of the password.
        let options = PgConnectOptions::from_str(url)
            .ok()
            .filter(|_| is_postgres)
            .ok_or_else(|| {
                StoreError::new(
                    StoreFault::Other,
                    "the database's URL must be postgres://ROLE@HOST:PORT/DATABASE, with signs in names escaped as %40, \
                     and sslmode, if given, one of disable, allow, prefer, require, verify-ca and verify-full",
                )
            })?;
        let options = match password {
            Some(password) => options.password(password),
            None => options,
        };
        let options = options.disable_statement_logging().application_name("causerie");
        let host = options.get_socket().map_or_else(
            || options.get_host().to_owned(),
            |path| path.display().to_string(),
        );
        let database = options.get_database().unwrap_or(options.get_username());
        let name = format!("{host}:{}/{database}", options.get_port());
        let complete = options.to_url_lossy();
        let escaped = complete.password().unwrap_or_default().to_owned();
        let mut secrets = vec![unescape(&escaped), escaped];
        secrets.retain(|secret| !secret.is_empty());
        let files = complete
            .query_pairs()
            .filter(|(key, _)| FILES.contains(&&**key))
            .map(|(key, value)| (key.into_owned(), PathBuf::from(&*value)))
            .collect();
        let place = Self {
            name,
            secrets,
            host,
            files,
        };
        Ok((place, options))
    }

    /// Turns an error of sqlx into one of the port.
    pub(crate) fn error(&self, error: &sqlx::Error) -> StoreError {
        if let Some(why) = self.tls(error) {
            return self.fail(&why);
        }
        let mut text = error.to_string();
        for secret in &self.secrets {
            text = text.replace(secret, "***");
        }
        StoreError::new(fault_of(error), format!("{}: {text}", self.name))
    }

    /// What to do if there is no TLS connection as the URL asks for one. Trying it again doesn't help.
    fn tls(&self, error: &sqlx::Error) -> Option<String> {
        let text = match error {
            sqlx::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => error.to_string(),
            sqlx::Error::Io(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
                ) =>
            {
                // Of the server's socket it is said as well.
                let unread = |(_, file): &&(String, PathBuf)| File::open(file).is_err();
                let (name, file) = self.files.iter().find(unread)?;
                return Some(format!(
                    "{}, the {name} of the URL, can't be read: {error}",
                    file.display()
                ));
            }
            sqlx::Error::Tls(error) => error.to_string(),
            _ => return None,
        };
        // Another authority of the same name signs otherwise.
        Some(
            if text.contains("UnknownIssuer") || text.contains("BadSignature") {
                format!(
                    "the server's certificate is of an authority that nobody here trusts ({text}). sslrootcert=FILE in the URL \
                 names the certificate of the right one"
                )
            } else if text.contains("not valid for name") || text.contains("NotValidForName") {
                format!(
                    "the server's certificate isn't for {} ({text}). sslmode=verify-full takes no other: the URL must have a name \
                 that is in the certificate",
                    self.host
                )
            } else if text.contains("does not support TLS") {
                "the server takes no TLS connections, and sslmode in the URL asks for one. Set ssl = on in its postgresql.conf"
                .to_owned()
            } else if text.contains("certificate") {
                format!("{text}: see sslmode and sslrootcert in the URL")
            } else {
                return None;
            },
        )
    }

    /// A failure in our own words.
    pub(crate) fn fail(&self, why: &str) -> StoreError {
        StoreError::new(StoreFault::Other, format!("{}: {why}", self.name))
    }
}

/// Undoes the escapes of a URL.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = after
            .get(..2)
            .filter(|_| byte == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn fault_of(error: &sqlx::Error) -> StoreFault {
    match error {
        sqlx::Error::Database(database) => database
            .code()
            .map_or(StoreFault::Other, |code| fault_of_code(&code)),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreFault::Unavailable,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreFault::Corrupt,
        _ => StoreFault::Other,
    }
}

/// By the SQLSTATE, <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
fn fault_of_code(code: &str) -> StoreFault {
    match code {
        // disk_full
        "53100" => return StoreFault::Full,
        // read_only_sql_transaction
        "25006" => return StoreFault::ReadOnly,
        // character_not_in_repertoire, untranslatable_character
        "22021" | "22P05" => return StoreFault::Conflict,
        // query_canceled, admin_shutdown, crash_shutdown, cannot_connect_now, lock_not_available
        "57014" | "57P01" | "57P02" | "57P03" | "55P03" => return StoreFault::Unavailable,
        _ => {}
    }
    match code.get(..2) {
        // integrity constraint violation
        Some("23") => StoreFault::Conflict,
        // connection exception, insufficient resources, transaction rollback (deadlock, serialization)
        Some("08" | "53" | "40") => StoreFault::Unavailable,
        // data or index corrupted; XX000 is anything that the server didn't foresee, such as a quota
        Some("XX") if code != "XX000" => StoreFault::Corrupt,
        _ => StoreFault::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_kind_of_failure() {
        for (code, fault) in [
            ("53100", StoreFault::Full),
            ("25006", StoreFault::ReadOnly),
            ("23505", StoreFault::Conflict),
            ("23000", StoreFault::Conflict),
            ("XX000", StoreFault::Other),
            ("22021", StoreFault::Conflict),
            ("08006", StoreFault::Unavailable),
            ("57P01", StoreFault::Unavailable),
            ("53300", StoreFault::Unavailable),
            ("40P01", StoreFault::Unavailable),
            ("XX001", StoreFault::Corrupt),
            ("42501", StoreFault::Other),
            ("", StoreFault::Other),
        ] {
            assert_eq!(fault_of_code(code), fault, "{code}");
        }
    }

    #[test]
    fn a_password_is_in_no_error() {
        let (place, _) = Place::parse("postgres://ann:p%40ss%2F%25@db.test:99/comp", None).expect("a URL");
        assert_eq!(place.to_string(), "db.test:99/comp");
        let error = place.error(&sqlx::Error::Protocol("p@ss/% or p%40ss%2F%25".to_owned()));
        assert_eq!(error.fault, StoreFault::Unavailable);
        assert!(
            error.message.contains("*** or ***") && !error.message.contains("ss"),
            "{error}"
        );
        let (place, _) = Place::parse("postgres://ann@db.test/comp", Some("geheim ß")).expect("a URL");
        let error = place.error(&sqlx::Error::Protocol("geheim ß".to_owned()));
        assert!(!error.message.contains("geheim"), "{error}");
        for url in [
            "postgres://ann:geheim/1@db.test/comp",
            "postgres://ann:12?sslmode=geheim@db.test/comp",
            "sqlite://ann:geheim@db.test/comp",
            "geheim",
        ] {
            let error = Place::parse(url, None).err().expect("it is no URL");
            assert!(!error.message.contains("geheim"), "{error}");
        }
    }
}
