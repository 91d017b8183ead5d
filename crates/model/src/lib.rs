//! The words of Causerie: identifiers, SIP addresses, principals, categories, rooms, messages, searches, records, limits and the
//! clock.
//!
//! Everything here is plain data. It must never do I/O, read a clock, or know how anything looks on a wire or in a
//! database; each of those has a crate of its own.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod addin;
pub mod alarm;
pub mod audit;
pub mod barrier;
pub mod catalogue;
pub mod category;
pub mod change;
pub mod contact;
pub mod id;
pub mod limits;
pub mod message;
pub mod message_query;
pub mod permission;
pub mod principal;
pub mod random;
pub mod record;
pub mod room;
pub mod setting;
pub mod store_error;
pub mod text_query;
pub mod time;
pub mod uri;

pub use addin::Addin;
pub use alarm::{Alarm, Alarms};
pub use audit::Audit;
pub use barrier::Barrier;
pub use catalogue::Catalogue;
pub use category::{Category, ComplianceMode};
pub use change::{Change, Node, Role};
pub use contact::{Contact, ContactGroup, ContactList};
pub use id::{AddinId, BarrierId, CategoryId, ChatId, EndpointId, PrincipalId, RoomId};
pub use message::{Extras, Message};
pub use message_query::{MessageQuery, Order, Start};
pub use permission::Permissions;
pub use principal::{Group, GroupKind, User, principal_guid, principal_of_guid};
pub use random::Random;
pub use record::{
    Actor, Cause, ChainId, Event, Hash, Head, NotAHash, PartReason, Presence, Purge, Record, Sealed, Seen,
    Subject, chat_id_ranges,
};
pub use room::{Invitations, Privacy, Room, RoomType};
pub use setting::{Alias, Configuration, Effective, Policy, Scope};
pub use store_error::{StoreError, StoreFault};
pub use text_query::{Match, Term, TextQuery, TextQueryError, set_apart};
pub use time::{Clock, Timestamp};
pub use uri::{SipAddress, SipAddressError};
