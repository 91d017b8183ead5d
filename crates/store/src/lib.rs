//! The port to the room database (`mgc`): what the services need of it, and nothing of how it is done.
//!
//! One trait for each thing that a service may need, so that a service names exactly what it touches. Every adapter runs
//! the suite in [`conformance`]. Lookups return `Ok(None)` for what isn't there, since callers treat that otherwise than
//! a failure.
//!
//! No SQL here and none above: only `store-*` crates know any.

pub mod conformance;
pub mod meter;
mod span;
mod token;

pub use causerie_model::{StoreError, StoreFault};
pub use span::Span;
pub use token::{Token, Tokens};

use async_trait::async_trait;
use causerie_model::{
    Catalogue, ChainId, Change, ChatId, ContactList, Head, Message, MessageQuery, Node, PrincipalId, Record,
    RoomId, SipAddress, Timestamp,
};
use std::sync::Arc;
use uuid::Uuid;

/// What goes to the disk in one commit: all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Changes to users, groups, categories, rooms, lists and messages, in order. They come before the records: the
    /// messages that they change are those of batches before.
    pub changes: Vec<Change>,
    /// Records, in order. Each goes to the outbox; its message, if it has one, to the room's history; whom it lets in or
    /// out is noted; and the last of each chain becomes the chain's head.
    pub records: Vec<Record>,
}

/// Takes what happens.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Commits a batch durably: when this returns `Ok`, it survives the loss of power.
    ///
    /// # Errors
    /// On any error nothing of the batch is in the database. [`StoreFault::Conflict`] if the first record of a chain
    /// doesn't follow the chain's head; the other faults say what to do with the sender.
    async fn append(&self, batch: &Batch) -> Result<(), StoreError>;

    /// The end of a chain; [`Head::START`] if it has no record.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn head(&self, chain: ChainId) -> Result<Head, StoreError>;

    /// Who is in which room by the records: he has one of JOIN and none of PART after it. By room.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn present(&self) -> Result<Vec<(RoomId, SipAddress)>, StoreError>;

    /// The highest room row that ever had a record, 0 if none: rows of removed rooms must not be used again.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn highest_room(&self) -> Result<RoomId, StoreError>;
}

/// Gives the working set at start.
#[async_trait]
pub trait CatalogueStore: Send + Sync {
    /// Everything that changes built up.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read or doesn't make sense.
    async fn load(&self) -> Result<Catalogue, StoreError>;

    /// Rooms and categories of a database of before records told what they are, as far as [`causerie_model::Change::Announce`]
    /// hasn't taken them out; categories first. A database that was made since has none.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn unannounced(&self) -> Result<Vec<Node>, StoreError>;

    /// The identity of this database, made when it was created: `dbVersion` on the wire.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn database_id(&self) -> Result<Uuid, StoreError>;
}

/// How far a search counts what matches beyond what it gives.
pub const MAX_COUNTED: u32 = 1_000;

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The messages, at most as many as the query's limit, in its order.
    pub messages: Vec<Message>,
    /// How many match in all rooms of the query, counted up to [`MAX_COUNTED`] or the query's limit, whichever is more.
    pub total: u32,
    /// Others match besides `messages`.
    pub more: bool,
}

impl Found {
    /// How many matches a search with this limit must look for: one more than it counts, to know whether there are
    /// others.
    #[must_use]
    pub fn sought(limit: u32) -> u32 {
        limit.max(MAX_COUNTED).saturating_add(1)
    }

    /// What was found, if a search with this limit came upon `matches`, at most [`Found::sought`].
    #[must_use]
    pub fn new(messages: Vec<Message>, matches: u32, limit: u32) -> Self {
        Self {
            more: matches as usize > messages.len(),
            messages,
            total: matches.min(limit.max(MAX_COUNTED)),
        }
    }
}

/// How much is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomSize {
    /// The room. It may have been removed: its messages stay.
    pub room: RoomId,
    /// How many messages it has; at least one.
    pub messages: u64,
    /// Bytes of their texts and of what came along with them, in UTF-8.
    pub bytes: u64,
    /// The time of the last of them.
    pub last: Timestamp,
}

/// Reads messages.
#[async_trait]
pub trait History: Send + Sync {
    /// The newest `count` messages of a room, from those before `before` if it is given; oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn latest(
        &self,
        room: RoomId,
        before: Option<ChatId>,
        count: u32,
    ) -> Result<Vec<Message>, StoreError>;

    /// The messages that a query is for.
    ///
    /// The grammar of texts is that of [`causerie_model::text_query`]. Words match as a whole, unless one is a prefix; neither
    /// case nor accents matter, unless the query says so; signs between words don't matter.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read. Never because of what is searched for.
    async fn search(&self, query: &MessageQuery) -> Result<Found, StoreError>;

    /// Those of these messages that a room has, rising, each once. A message is named by its number and its time: one that
    /// has another time is another.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn stored(&self, room: RoomId, messages: &[(ChatId, Timestamp)])
    -> Result<Vec<ChatId>, StoreError>;

    /// How much is in each room that has messages, by row. Reads every message, so it takes its time.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn sizes(&self) -> Result<Vec<RoomSize>, StoreError>;
}

/// A user's secrets as stored. Sealing and hashing are the account service's; here they are bytes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret {
    /// Argon2id hash in PHC text form.
    pub password_hash: String,
    /// The NT hash, encrypted with a key that isn't in the database.
    pub sealed_nt_hash: Vec<u8>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Keeps users' secrets. They go when the user goes.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// A user's secrets.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn secret(&self, user: PrincipalId) -> Result<Option<Secret>, StoreError>;

    /// Sets or replaces a user's secrets.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be written.
    async fn put_secret(&self, user: PrincipalId, secret: &Secret) -> Result<(), StoreError> {
        self.put_secrets(&[(user, secret.clone())]).await
    }

    /// Sets or replaces the secrets of many users in one commit.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] if one of them is nobody; [`StoreError`] if the database can't be written. Nothing is
    /// stored then.
    async fn put_secrets(&self, secrets: &[(PrincipalId, Secret)]) -> Result<(), StoreError>;
}

/// Keeps users' contact lists.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// A user's contact list; the empty one if he never had any.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn contacts(&self, user: PrincipalId) -> Result<ContactList, StoreError>;

    /// Replaces a user's contact list, provided that the stored one still has the `expected` delta.
    ///
    /// # Errors
    /// [`StoreFault::Conflict`] if it has another one; [`StoreError`] if the database can't be written.
    async fn put_contacts(
        &self,
        user: PrincipalId,
        expected: u32,
        list: &ContactList,
    ) -> Result<(), StoreError>;
}

/// A stored preference: a blob that a client keeps on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// Counts the changes.
    pub sequence: i64,
    /// Opaque text, base64 on the wire.
    pub content: String,
}

/// Keeps users' preferences, each under a label.
#[async_trait]
pub trait Preferences: Send + Sync {
    /// One preference.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn preference(&self, user: PrincipalId, label: &str) -> Result<Option<Preference>, StoreError>;

    /// Stores content under a label and returns the new sequence: one more than the greater of the stored one and
    /// `known`.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be written.
    async fn put_preference(
        &self,
        user: PrincipalId,
        label: &str,
        known: i64,
        content: &str,
    ) -> Result<i64, StoreError>;
}

/// A principal whose users are to be invited to a room, as [`causerie_model::Change::Invite`] has put it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingInvitation {
    /// Its place in the queue, rising.
    pub id: i64,
    /// Where to.
    pub room: RoomId,
    /// Who: a user or a group.
    pub principal: PrincipalId,
}

/// An invitation that was issued. There is at most one for each user and room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Whose.
    pub user: PrincipalId,
    /// Counts the user's invitations: 1, 2, 3 … Never used again, not even when the room is gone.
    pub id: u32,
    /// Where to.
    pub room: RoomId,
    /// When it was issued.
    pub at: Timestamp,
}

/// Keeps who is to be invited, and invitations. Both go with their user; what waits goes with its room too.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// The first that waits.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn pending(&self) -> Result<Option<PendingInvitation>, StoreError>;

    /// Issues invitations of one that waits to some of its users, and takes it from the queue if these are the `last`, in
    /// one commit. Who has an invitation to the room already, or isn't a user any more, gets none; if it doesn't wait any
    /// more, nobody does. Returns those that were issued.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be written. Nothing is issued then.
    async fn issue(
        &self,
        pending: &PendingInvitation,
        users: &[PrincipalId],
        at: Timestamp,
        last: bool,
    ) -> Result<Vec<Invitation>, StoreError>;

    /// A user's first `count` invitations with a greater id, by id.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be read.
    async fn issued(&self, user: PrincipalId, after: u32, count: u32) -> Result<Vec<Invitation>, StoreError>;
}

/// Everything at once, for the program that wires an adapter to the services. Services take the traits that they need.
pub trait Store:
    Journal + CatalogueStore + History + Secrets + Contacts + Preferences + Tokens + Invitations + 'static
{
    /// Each part as an object of its own trait.
    fn parts(self: Arc<Self>) -> Parts;
}

/// One adapter as the traits that it fills.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the trait that it is named after")]
pub struct Parts {
    pub journal: Arc<dyn Journal>,
    pub catalogue: Arc<dyn CatalogueStore>,
    pub history: Arc<dyn History>,
    pub secrets: Arc<dyn Secrets>,
    pub contacts: Arc<dyn Contacts>,
    pub preferences: Arc<dyn Preferences>,
    pub tokens: Arc<dyn Tokens>,
    pub invitations: Arc<dyn Invitations>,
}

impl<T> Store for T
where
    T: Journal + CatalogueStore + History + Secrets + Contacts + Preferences + Tokens + Invitations + 'static,
{
    fn parts(self: Arc<Self>) -> Parts {
        Parts {
            journal: self.clone(),
            catalogue: self.clone(),
            history: self.clone(),
            secrets: self.clone(),
            contacts: self.clone(),
            preferences: self.clone(),
            tokens: self.clone(),
            invitations: self,
        }
    }
}
