//! Passwords: what is acceptable, and their Argon2id hash.

use argon2::{Argon2, PasswordHasher};
use causerie_model::Random;
use causerie_store::StoreError;
use thiserror::Error;
use zeroize::Zeroizing;

/// Shortest password, in characters (NIST SP 800-63B).
pub(crate) const MIN_CHARS: usize = 8;
/// Longest password, in bytes: more is no safer, and hashing must not be a way to keep the server busy.
pub(crate) const MAX_BYTES: usize = 1_024;

/// Why a password can't be set.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// Too short.
    #[error("the password is too short: at least {MIN_CHARS} characters")]
    TooShort,
    /// Too long.
    #[error("a password has at most {MAX_BYTES} bytes")]
    TooLong,
    /// A line break or another control character: no client can type it.
    #[error("a password can't contain control characters")]
    Control,
    /// The hash function failed.
    #[error("the password can't be hashed: {0}")]
    Hash(String),
    /// The store can't take it.
    #[error("the server can't store this now: {0}")]
    Store(StoreError),
}

pub(crate) fn check(password: &str) -> Result<(), PasswordError> {
    if password.len() > MAX_BYTES {
        Err(PasswordError::TooLong)
    } else if password.chars().count() < MIN_CHARS {
        Err(PasswordError::TooShort)
    } else if password.chars().any(char::is_control) {
        Err(PasswordError::Control)
    } else {
        Ok(())
    }
}

/// The Argon2id hash in PHC form, with a fresh salt. Runs on a thread that may block.
pub(crate) async fn hash(password: String, random: &dyn Random) -> Result<String, PasswordError> {
    let mut salt = [0; 16];
    random.fill(&mut salt);
    let password = Zeroizing::new(password);
    let failed = |error: String| PasswordError::Hash(error);
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(|error| error.to_string())
    })
    .await
    .map_err(|error| failed(error.to_string()))?
    .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_limited_on_both_ends() {
        assert!(matches!(check("1234567"), Err(PasswordError::TooShort)));
        assert!(check("12345678").is_ok());
        assert!(check("ümläute!").is_ok());
        assert!(check(&"x".repeat(MAX_BYTES)).is_ok());
        assert!(matches!(
            check(&"x".repeat(MAX_BYTES + 1)),
            Err(PasswordError::TooLong)
        ));
        assert!(matches!(check("causerie\n"), Err(PasswordError::Control)));
    }
}
