//! Tokens by which programs and people administer the server from elsewhere.

use crate::StoreError;
use async_trait::async_trait;
use causerie_model::Timestamp;
use causerie_policy::AdminRole;

/// A token as stored. What its holder sends isn't in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// What records call it; unique, in any case.
    pub name: String,
    /// What it lets its holder do.
    pub role: AdminRole,
    /// SHA-256 of what its holder sends; unique.
    pub hash: [u8; 32],
    /// Since when it is there.
    pub created: Timestamp,
    /// The first moment at which it is no longer good; `None` if it is good until it is removed.
    pub expires: Option<Timestamp>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({}, {}, …)", self.name, self.role)
    }
}

/// Keeps tokens.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// All tokens, those that are no longer good included, by name.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn tokens(&self) -> Result<Vec<Token>, StoreError>;

    /// Adds a token.
    ///
    /// # Errors
    /// [`crate::StoreFault::Conflict`] if there is one with this name or hash; [`StoreError`] if the database can't be
    /// written.
    async fn add_token(&self, token: &Token) -> Result<(), StoreError>;

    /// Removes the token with this name, in any case; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be written.
    async fn remove_token(&self, name: &str) -> Result<bool, StoreError>;
}
