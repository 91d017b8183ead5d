//! Tokens: making them, and knowing them again.

use super::{
    error::ApiError,
    origin::{Origin, Peer},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use causerie_accounts::Accounts;
use causerie_chat::{Action, ActionError, Chat, TokenChange};
use causerie_model::{Actor, Clock, Random, Timestamp};
use causerie_policy::AdminRole;
use causerie_store::{StoreError, Token, Tokens};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use tokio::sync::{Mutex, MutexGuard};

/// How every token begins, so that people and scanners of source code know one when they see it.
pub const TOKEN_PREFIX: &str = "causerie_";

/// Random bytes of a token. So many can't be guessed, and so a plain hash of them is enough.
const TOKEN_BYTES: usize = 32;

/// Most tokens at a time. All are looked at for each request.
pub const MAX_TOKENS: usize = 256;

/// Longest time that a token may be good for unless it is good for ever, in seconds: ten years.
pub const MAX_TOKEN_SECONDS: u64 = 10 * 365 * 86_400;

/// All tokens.
pub struct Keyring {
    store: Arc<dyn Tokens>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// Held while tokens are changed, so that what was checked still holds when it is done.
    changing: Mutex<()>,
}

impl Keyring {
    /// The tokens of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Tokens>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            store,
            clock,
            random,
            changing: Mutex::default(),
        }
    }

    /// Whoever changes tokens holds this from the first look to the last write.
    pub(super) async fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// All tokens by name.
    pub(super) async fn all(&self) -> Result<Vec<Token>, StoreError> {
        self.store.tokens().await
    }

    /// The present.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes a token, and what its holder is to send. That is nowhere else.
    pub(super) fn make(&self, name: &str, role: AdminRole, seconds: Option<u64>) -> (Token, String) {
        let mut bytes = [0; TOKEN_BYTES];
        self.random.fill(&mut bytes);
        let text = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        let now = self.clock.now();
        let seconds = seconds.and_then(|seconds| i64::try_from(seconds).ok());
        let token = Token {
            name: name.to_owned(),
            role,
            hash: hash(&text),
            created: now,
            expires: seconds.map(|seconds| now.plus_seconds(seconds)),
        };
        (token, text)
    }

    /// Makes a token that the server itself gives, in the place of one with this name, and records that; what its holder is
    /// to send.
    ///
    /// # Errors
    /// In words: the database can't be written.
    pub async fn issue(&self, chat: &Chat, name: &str, role: AdminRole) -> Result<String, ActionError> {
        let _changing = self.changing().await;
        let change = TokenChange::Add {
            name: name.to_owned(),
            role: role.to_string(),
            expires: String::new(),
        };
        chat.act(Actor::System, Action::ChangeToken(change)).await?;
        let (token, text) = self.make(name, role, None);
        self.remove(name).await.map_err(ActionError::Store)?;
        self.add(&token).await.map_err(ActionError::Store)?;
        Ok(text)
    }

    /// Stores a token.
    pub(super) async fn add(&self, token: &Token) -> Result<(), StoreError> {
        self.store.add_token(token).await
    }

    /// Forgets a token. From now on nobody gets in with it.
    pub(super) async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        self.store.remove_token(name).await
    }

    /// Whose token this is. Failures count against the address that they come from, together with failed sign-ins.
    pub(super) async fn origin(
        &self,
        text: &str,
        from: Peer,
        accounts: &Accounts,
    ) -> Result<Origin, ApiError> {
        // One name for each address: nobody can keep others out by failing.
        let failing = match &from {
            Peer::Address(address) => {
                let ip = address.ip().to_canonical();
                Some((format!("token from {ip}"), ip))
            }
            Peer::User(_) => None,
        };
        if let Some((name, ip)) = &failing {
            accounts.may_try(name, *ip)?;
        }
        let known = self.known(text).await?;
        let why = match known {
            Some(token) if !is_over(&token, self.clock.now()) => {
                return Ok(Origin::of_token(&token.name, token.role, from));
            }
            Some(token) => format!("the token '{}' is no longer good", token.name),
            None => "nobody has such a token".to_owned(),
        };
        tracing::warn!(target: "causerie::admin", %from, why, "A token was refused.");
        if let Some((name, ip)) = &failing {
            accounts.failed(name, *ip);
        }
        Err(ApiError::unauthenticated())
    }

    /// The stored token with this text. How long it takes tells nothing of those that there are.
    async fn known(&self, text: &str) -> Result<Option<Token>, StoreError> {
        if !text.starts_with(TOKEN_PREFIX) {
            return Ok(None);
        }
        let hash = hash(text);
        let mut found = None;
        for token in self.store.tokens().await? {
            if bool::from(token.hash.ct_eq(&hash)) {
                found = Some(token);
            }
        }
        Ok(found)
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Whether a token is no longer good.
pub(super) fn is_over(token: &Token, now: Timestamp) -> bool {
    token.expires.is_some_and(|expires| expires <= now)
}
