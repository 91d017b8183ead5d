//! Passwords: what is acceptable, and their Argon2id hash.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        self,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};
use causerie_model::Random;
use causerie_store::StoreError;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Mutex;
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

/// Whether a password is acceptable.
///
/// # Errors
/// [`PasswordError`] says what is wrong with it.
pub fn check(password: &str) -> Result<(), PasswordError> {
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

/// Hashes passwords one at a time in one block of 19 MiB, made for the first and kept.
///
/// Many at once would be a way to use memory up; and a block for each, in whichever thread it is hashed, would stay
/// behind in the allocator's arena of every thread.
#[derive(Default)]
pub(crate) struct Hasher {
    memory: Arc<Mutex<Vec<Block>>>,
}

impl Hasher {
    /// The Argon2id hash in PHC form, with a fresh salt. Runs on a thread that may block.
    pub(crate) async fn hash(&self, password: String, random: &dyn Random) -> Result<String, PasswordError> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        let password = Zeroizing::new(password);
        let failed = |error: String| PasswordError::Hash(error);
        let mut memory = Arc::clone(&self.memory).lock_owned().await;
        tokio::task::spawn_blocking(move || {
            phc(password.as_bytes(), &salt, &mut memory).map_err(|error| error.to_string())
        })
        .await
        .map_err(|error| failed(error.to_string()))?
        .map_err(failed)
    }
}

fn phc(password: &[u8], salt: &[u8], memory: &mut Vec<Block>) -> Result<String, password_hash::Error> {
    let argon2 = Argon2::default();
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    memory.resize(argon2.params().block_count(), Block::new());
    argon2.hash_password_into_with_memory(password, salt, &mut output, &mut memory[..])?;
    let hash = PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(argon2.params())?,
        salt: Some(Salt::new(salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::PasswordVerifier;

    #[test]
    fn a_hash_does_not_depend_on_what_the_memory_held() {
        let mut memory = Vec::new();
        for password in ["correct horse", "battery staple"] {
            let hash = phc(password.as_bytes(), &[7; 16], &mut memory).unwrap();
            assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
            let verify = |typed: &str| Argon2::default().verify_password(typed.as_bytes(), hash.as_str());
            assert_eq!(verify(password), Ok(()));
            assert!(verify("another").is_err());
        }
        assert_eq!(memory.len(), 19 * 1_024);
    }

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
