//! The blocks that replies and notices are made of. The server writes them, the client reads them.
//!
//! Texts are [`Cow`], so that the server can lend what it has and the client can own what it read.

mod failure;
mod invitation;
mod preference;
mod room;
mod server_info;
mod user;

use std::borrow::Cow;

pub use failure::FailureBlock;
pub use invitation::Invitation;
pub use preference::Preference;
pub use room::{AddIn, Audit, Behavior, ParticipantGroup, RoomBlock, Visibility};
pub use server_info::ServerInfo;
pub use user::{RoomAssociation, UserBlock};

use crate::reader::Element;

/// A text that is lent or owned.
pub type Text<'a> = Cow<'a, str>;

fn optional(element: &Element, name: &str) -> Option<Text<'static>> {
    element.attribute(name).map(|value| Cow::Owned(value.to_owned()))
}
