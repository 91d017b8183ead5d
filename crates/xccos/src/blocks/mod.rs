//! The blocks that replies and notices are made of. The server writes them, the client reads them.
//!
//! Texts are [`Cow`], so that the server can lend what it has and the client can own what it read.

mod add_in;
mod audit;
mod category;
pub(crate) mod facts;
mod failure;
mod file_token;
mod invitation;
mod preference;
mod room;
mod server_info;
mod user;
mod words;

use std::borrow::Cow;

pub use add_in::AddIn;
pub use audit::Audit;
pub use category::CategoryBlock;
pub use failure::FailureBlock;
pub use file_token::FileToken;
pub use invitation::Invitation;
pub use preference::Preference;
pub use room::{ParticipantGroup, RoomBlock};
pub use server_info::ServerInfo;
pub use user::{RoomAssociation, UserBlock};
pub use words::{AssociationType, Behavior, PrincipalType, Role, Visibility};

use crate::reader::Element;

/// A text that is lent or owned.
pub type Text<'a> = Cow<'a, str>;

fn optional(element: &Element, name: &str) -> Option<Text<'static>> {
    element.attribute(name).map(|value| Cow::Owned(value.to_owned()))
}
