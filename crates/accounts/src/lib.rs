//! Users' credentials: passwords, the NT hashes that NTLM needs, and caps on failed sign-ins.
//!
//! The one place that sees a password or an NT hash in the clear. Neither is ever logged; what is stored is an Argon2id
//! hash and an NT hash sealed with a key that isn't in the database.

mod password;
mod throttle;
mod vault;

pub use password::{PasswordError, check as check_password};
pub use throttle::{Caps, Throttled};
pub use vault::{Vault, VaultError};

use causerie_model::{Clock, PrincipalId, Random};
use causerie_sipauth::NtHash;
use causerie_store::{Secret, Secrets, StoreError, StoreFault};
use password::Hasher;
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};
use throttle::Throttle;

/// The account service.
pub struct Accounts {
    secrets: Arc<dyn Secrets>,
    vault: Vault,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    hasher: Hasher,
    throttle: Mutex<Throttle>,
}

impl Accounts {
    /// A service over these secrets, sealed with the key of this vault.
    #[must_use]
    pub fn new(
        secrets: Arc<dyn Secrets>,
        vault: Vault,
        caps: Caps,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            secrets,
            vault,
            clock,
            random,
            hasher: Hasher::default(),
            throttle: Mutex::new(Throttle::new(caps)),
        }
    }

    /// Sets a user's password.
    ///
    /// # Errors
    /// [`PasswordError`] if the password isn't acceptable or the store can't take it.
    pub async fn set_password(&self, user: PrincipalId, password: &str) -> Result<(), PasswordError> {
        self.set_password_of_all(&[user], password).await
    }

    /// Sets one password for many users, in one commit. They share its Argon2id hash with the salt, so that who reads
    /// the database sees that their passwords are the same: for users made up for a test.
    ///
    /// # Errors
    /// [`PasswordError`] if the password isn't acceptable or the store can't take it; then nobody's is set.
    pub async fn set_password_of_all(
        &self,
        users: &[PrincipalId],
        password: &str,
    ) -> Result<(), PasswordError> {
        password::check(password)?;
        let nt_hash = NtHash::of_password(password);
        let password_hash = self.hasher.hash(password.to_owned(), &*self.random).await?;
        let secrets: Vec<(PrincipalId, Secret)> = users
            .iter()
            .map(|user| {
                let secret = Secret {
                    password_hash: password_hash.clone(),
                    sealed_nt_hash: self.vault.seal(*user, &nt_hash, &*self.random),
                };
                (*user, secret)
            })
            .collect();
        self.secrets
            .put_secrets(&secrets)
            .await
            .map_err(PasswordError::Store)
    }

    /// A user's NT hash; `None` if he has no password.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read, or holds a hash that was sealed with another key.
    pub async fn nt_hash(&self, user: PrincipalId) -> Result<Option<NtHash>, StoreError> {
        let Some(secret) = self.secrets.secret(user).await? else {
            return Ok(None);
        };
        match self.vault.open(user, &secret.sealed_nt_hash) {
            Ok(hash) => Ok(Some(hash)),
            Err(error) => Err(StoreError::new(
                StoreFault::Corrupt,
                format!("user {user}: {error}"),
            )),
        }
    }

    /// Whether somebody may try to sign in now, with this name from this address.
    ///
    /// # Errors
    /// [`Throttled`] if there were too many failures of late; it says when to come back.
    pub fn may_try(&self, name: &str, address: IpAddr) -> Result<(), Throttled> {
        self.throttle().may_try(name, address, self.clock.now())
    }

    /// A sign-in failed.
    pub fn failed(&self, name: &str, address: IpAddr) {
        self.throttle().failed(name, address, self.clock.now());
    }

    /// A sign-in succeeded: the user's failures are forgotten, the address's aren't.
    pub fn succeeded(&self, name: &str) {
        self.throttle().succeeded(name);
    }

    fn throttle(&self) -> std::sync::MutexGuard<'_, Throttle> {
        // A panic under this lock leaves counters that are still counters.
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
