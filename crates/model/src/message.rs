//! Chat messages.

use crate::{ChatId, RoomId, SipAddress, Timestamp};

/// A message as stored and as every reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The room that it was posted in.
    pub room: RoomId,
    /// Its place in that room.
    pub chat_id: ChatId,
    /// When the server took it.
    pub at: Timestamp,
    /// Who posted it: the authenticated user, whatever the client claimed.
    pub author: SipAddress,
    /// The author's display name at that moment.
    pub author_name: String,
    /// The plain text.
    pub text: String,
    /// What else the client sent along.
    pub extras: Extras,
}

/// Parts of a post that the server doesn't interpret and hands to every reader unchanged (an alert flag, a rich text
/// version, whatever a client may add). Both are text that has been checked to be well formed where it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// Attributes, escaped, each with a blank before it; or nothing.
    pub attributes: String,
    /// Child elements, self-contained; or nothing.
    pub children: String,
}

impl Extras {
    /// Nothing was sent along.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty()
    }

    /// Size of both parts together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.attributes.len() + self.children.len()
    }
}
