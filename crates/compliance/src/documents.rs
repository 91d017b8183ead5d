//! The documents in the database of records: what officers have set, what is known of rooms, and how far adapters are.
//!
//! A document is a JSON object (one kind is a list) under a kind and an id. Times are texts as
//! [`causerie_model::Timestamp`] prints them, rooms are rows, people are addresses without scheme.

use causerie_model::{RoomId, SipAddress, StoreError, StoreFault, Timestamp};
use causerie_records::{DocumentKey, Documents};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt, str::FromStr};
use thiserror::Error;
use uuid::Uuid;

/// A kind of document.
pub trait Document: Serialize + DeserializeOwned {
    /// The kind, as the database has it.
    const KIND: &'static str;
}

macro_rules! kinds {
    ($($type:ident = $kind:literal;)+) => {
        $(impl Document for $type { const KIND: &'static str = $kind; })+
    };
}

kinds! {
    Room = "room";
    Category = "category";
    Adapter = "adapter";
    Run = "run";
    Present = "present";
    Hold = "hold";
    Retention = "retention";
    Matter = "matter";
    Erasure = "erasure";
}

/// The key of a document.
#[must_use]
pub fn key<T: Document>(id: impl fmt::Display) -> DocumentKey {
    DocumentKey {
        kind: T::KIND.to_owned(),
        id: id.to_string(),
    }
}

/// A document that is put, as [`causerie_records::Addition::documents`] takes it.
#[must_use]
pub fn put<T: Document>(id: impl fmt::Display, document: &T) -> (DocumentKey, Option<String>) {
    // Texts, numbers and lists of them: that can't fail.
    (key::<T>(id), Some(text(document)))
}

/// A document that is removed, as [`causerie_records::Addition::documents`] takes it.
#[must_use]
pub fn gone<T: Document>(id: impl fmt::Display) -> (DocumentKey, Option<String>) {
    (key::<T>(id), None)
}

/// A document's text.
#[must_use]
pub fn text<T: Document>(document: &T) -> String {
    serde_json::to_string(document).unwrap_or_default()
}

/// Reads a document's text. A member that is missing, or that isn't known, is an error: a hold that is half understood
/// protects nothing.
///
/// # Errors
/// [`StoreFault::Corrupt`] with the document and what is wrong with it.
pub fn parse<T: Document>(id: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!("the {} '{id}' can't be read: {error}", T::KIND);
        StoreError::new(StoreFault::Corrupt, message)
    })
}

/// Loads a document.
///
/// # Errors
/// [`StoreError`] if the database can't be read, or the document can't.
pub async fn load<T: Document>(
    documents: &(impl Documents + ?Sized),
    id: impl fmt::Display,
) -> Result<Option<T>, StoreError> {
    let key = key::<T>(id);
    let text = documents.document(&key).await?;
    text.map(|text| parse(&key.id, &text)).transpose()
}

/// Loads all documents of a kind, by id.
///
/// # Errors
/// As [`load`].
pub async fn load_all<T: Document>(
    documents: &(impl Documents + ?Sized),
) -> Result<BTreeMap<String, T>, StoreError> {
    let found = documents.documents(T::KIND).await?;
    found
        .into_iter()
        .map(|(id, text)| parse(&id, &text).map(|document| (id, document)))
        .collect()
}

/// A room, as the last record says that tells of it. Its id is its row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Room {
    /// The GUID of its category.
    pub category: Uuid,
    /// The name of its category.
    pub category_name: String,
    /// Its GUID.
    pub guid: Uuid,
    /// Its name.
    pub name: String,
}

/// A category, as the last record says that tells of it. Its id is its GUID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Category {
    /// Its GUID.
    pub guid: Uuid,
    /// Its name.
    pub name: String,
}

/// Shortest time between two runs of an adapter, in seconds.
pub const MIN_INTERVAL: u32 = 60;
/// Longest time between two runs of an adapter, in seconds: 30 days.
pub const MAX_INTERVAL: u32 = 2_592_000;

/// The formats of exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdapterFormat {
    /// The XML of Persistent Chat's own adapter.
    Xml,
    /// Actiance XML.
    Actiance,
    /// Global Relay EML.
    Eml,
    /// CSV.
    Csv,
    /// The records as lines of JSON.
    Ndjson,
    /// Relativity Short Message Format.
    Rsmf,
}

impl AdapterFormat {
    /// All formats.
    pub const ALL: &[Self] = &[
        Self::Xml,
        Self::Actiance,
        Self::Eml,
        Self::Csv,
        Self::Ndjson,
        Self::Rsmf,
    ];

    /// The format as documents and manifests name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Actiance => "actiance",
            Self::Eml => "eml",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Rsmf => "rsmf",
        }
    }
}

impl fmt::Display for AdapterFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is no format: it must be xml, actiance, eml, csv, ndjson or rsmf")]
pub struct NotAFormat(pub String);

impl FromStr for AdapterFormat {
    type Err = NotAFormat;

    fn from_str(text: &str) -> Result<Self, NotAFormat> {
        let named = |format: &&Self| format.as_str() == text;
        let found = Self::ALL.iter().find(named).copied();
        found.ok_or_else(|| NotAFormat(text.to_owned()))
    }
}

/// An adapter: where records go to, how, and how often. Its id is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Adapter {
    /// Exports name rooms and categories, not only addresses of rooms.
    pub add_chat_room_details: bool,
    /// Exports name people, not only addresses of people.
    pub add_user_details: bool,
    /// Exports list the files that were put into rooms.
    pub create_file_attachments_manifest: bool,
    /// The folder that its exports are put in.
    pub directory: String,
    /// It runs at its interval. If not, only when asked.
    pub enabled: bool,
    /// The extension of what the stylesheet makes, without a point.
    pub extension: Option<String>,
    /// The format.
    pub format: AdapterFormat,
    /// Seconds between two runs: [`MIN_INTERVAL`] to [`MAX_INTERVAL`].
    pub interval: u32,
    /// One file for each room instead of one for all.
    pub one_chat_room_per_output_file: bool,
    /// An XSLT 1.0 stylesheet that the format's file is put through.
    pub xslt: Option<String>,
    /// An export is a zip instead of a folder.
    pub zip: bool,
}

/// An adapter's last run, or the one that goes on. Its id is the adapter's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// It covers positions after this one …
    pub after: u64,
    /// The name of its batch.
    pub batch: String,
    /// The batch is delivered and recorded.
    pub finished: bool,
    /// When it was planned.
    #[serde(with = "moment")]
    pub planned_at: Timestamp,
    /// The adapter as it was then: done again the run makes the same.
    pub settings: Adapter,
    /// … up to this one.
    pub up_to: u64,
}

/// Who is in a room as of an adapter's last run. Its id is [`present_id`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Present(pub Vec<Somebody>);

/// The id of a [`Present`].
#[must_use]
pub fn present_id(adapter: &str, room: RoomId) -> String {
    format!("{adapter}/{room}")
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Somebody {
    /// His address without scheme.
    pub address: String,
    /// His display name.
    pub name: String,
}

/// A legal hold: what it covers isn't destroyed. Something is covered if all of people, rooms and period cover it; what is
/// empty covers everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hold {
    /// Covers what happened at this time or later.
    #[serde(with = "optional_moment")]
    pub from: Option<Timestamp>,
    /// Names it.
    pub id: String,
    /// The matter that it is for.
    pub matter: Option<String>,
    /// Covers what these people did, wrote, or had done to them.
    #[serde(with = "addresses")]
    pub people: Vec<SipAddress>,
    /// When it was placed.
    #[serde(with = "moment")]
    pub placed_at: Timestamp,
    /// The officer who placed it.
    pub placed_by: String,
    /// Why.
    pub reason: String,
    /// Covers what happened in these rooms.
    #[serde(with = "rows")]
    pub rooms: Vec<RoomId>,
    /// Covers what happened before this time.
    #[serde(with = "optional_moment")]
    pub until: Option<Timestamp>,
}

/// How long records are kept. Its id is a [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retention {
    /// They may go when they are older than this many days of 24 hours.
    pub keep_days: u32,
}

/// Which rooms a [`Retention`] is for. A room's own comes before that of its category, that before the one for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All rooms.
    Global,
    /// The rooms of the category with this GUID.
    Category(Uuid),
    /// This room.
    Room(RoomId),
}

/// `global`, `category:<guid>`, or `room:<row>`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Category(guid) => write!(f, "category:{guid}"),
            Self::Room(room) => write!(f, "room:{room}"),
        }
    }
}

/// A text that is no [`Scope`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is no scope: it must be global, category:<guid> or room:<row>")]
pub struct NotAScope(pub String);

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        let scope = match text.split_once(':') {
            None if text == "global" => Some(Self::Global),
            Some(("category", guid)) => guid.parse().ok().map(Self::Category),
            Some(("room", row)) => {
                let row = row.parse().ok().filter(|row| *row > 0);
                row.map(|row| Self::Room(RoomId(row)))
            }
            _ => None,
        };
        scope.ok_or_else(|| NotAScope(text.to_owned()))
    }
}

/// Messages whose records went, and which go from their room as soon as the chat server takes them out; then the document goes.
/// Its id is [`Erasure::first`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Erasure {
    /// Number of the first `RETIRED` record in the service's own chain that tells of it.
    pub first: u64,
    /// Of each of these records, one after the other: numbers and times of the messages, in microseconds since 1970.
    pub messages: Vec<Vec<(u64, i64)>>,
    /// The room's row.
    pub room: i64,
}

/// A matter: what an investigation is about. Its searches and exports are for its custodians, rooms, period and words; what
/// is empty doesn't matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Matter {
    /// Nothing is searched or exported for it any more.
    pub closed: bool,
    /// The people whose doings are looked for.
    #[serde(with = "addresses")]
    pub custodians: Vec<SipAddress>,
    /// Not before this.
    #[serde(with = "optional_moment")]
    pub from: Option<Timestamp>,
    /// Names it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// When it was opened.
    #[serde(with = "moment")]
    pub opened_at: Timestamp,
    /// The officer who opened it.
    pub opened_by: String,
    /// The rooms that are looked into.
    #[serde(with = "rows")]
    pub rooms: Vec<RoomId>,
    /// Before this.
    #[serde(with = "optional_moment")]
    pub until: Option<Timestamp>,
    /// A text that holds one of these, in any case, is found.
    pub words: Vec<String>,
}

mod moment {
    use causerie_model::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        parse(&String::deserialize(deserializer)?)
    }

    pub(super) fn parse<E: Error>(text: &str) -> Result<Timestamp, E> {
        Timestamp::parse(text).ok_or_else(|| E::custom(format!("'{text}' is no date and time")))
    }
}

mod optional_moment {
    use super::moment;
    use causerie_model::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the member")]
    pub(super) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.collect_str(at),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| moment::parse(&text)).transpose()
    }
}

mod addresses {
    use causerie_model::SipAddress;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(people: &[SipAddress], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(people.iter().map(SipAddress::as_str))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<SipAddress>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let parse = |text: &String| SipAddress::parse(text).map_err(D::Error::custom);
        texts.iter().map(parse).collect()
    }
}

mod rows {
    use causerie_model::RoomId;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(rooms: &[RoomId], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(rooms.iter().map(|room| room.0))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RoomId>, D::Error> {
        let rows = Vec::<i64>::deserialize(deserializer)?;
        Ok(rows.into_iter().map(RoomId).collect())
    }
}
