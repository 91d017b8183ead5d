//! Changes to the catalogue and to messages: what an administrator or manager does.

use crate::{
    Addin, AddinId, Alias, Barrier, BarrierId, Category, CategoryId, ChatId, Configuration, Group, Policy,
    PrincipalId, Room, RoomId, Scope, SipAddress, Timestamp, User, room::named,
};
use std::{fmt, str::FromStr};

/// A place where roles are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A category.
    Category(CategoryId),
    /// A room.
    Room(RoomId),
}

named! {
    /// A role that a principal holds on a node.
    Role {
        /// Category: may hold any role in its rooms.
        Allowed = "allowed",
        /// Category: may not, whatever else says so. Deny wins.
        Denied = "denied",
        /// Category: may create rooms in it.
        Creator = "creator",
        /// Room: finds, enters, reads, and posts if the room is a normal one.
        Member = "member",
        /// Room: changes its properties and lists.
        Manager = "manager",
        /// Room: posts in an auditorium.
        Presenter = "presenter",
    }
}

impl Role {
    /// Whether this role can be held on this kind of node.
    #[must_use]
    pub fn fits(self, node: Node) -> bool {
        let of_category = matches!(self, Self::Allowed | Self::Denied | Self::Creator);
        of_category == matches!(node, Node::Category(_))
    }
}

/// One change. A store carries it out, and [`crate::Catalogue::apply`] repeats it in memory, but for changes of messages:
/// they aren't in the working set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new user, or new properties of one.
    PutUser(User),
    /// A user goes, with all roles and memberships. Messages stay.
    RemoveUser(PrincipalId),
    /// A new group, or a new name.
    PutGroup(Group),
    /// A group goes, with all roles and memberships.
    RemoveGroup(PrincipalId),
    /// A user or group becomes part of a group.
    AddToGroup {
        /// The group.
        group: PrincipalId,
        /// Who becomes part of it.
        member: PrincipalId,
    },
    /// A user or group is no longer part of a group.
    RemoveFromGroup {
        /// The group.
        group: PrincipalId,
        /// Who was part of it.
        member: PrincipalId,
    },
    /// A new category, or new properties.
    PutCategory(Category),
    /// A category goes. It must be empty.
    RemoveCategory(CategoryId),
    /// A new room, or new properties.
    PutRoom(Room),
    /// A room goes, with its lists. Its messages and records stay where they are until retention takes them.
    RemoveRoom(RoomId),
    /// A principal gains a role.
    Grant {
        /// Where.
        node: Node,
        /// Which.
        role: Role,
        /// Who.
        principal: PrincipalId,
    },
    /// A principal loses a role.
    Revoke {
        /// Where.
        node: Node,
        /// Which.
        role: Role,
        /// Who.
        principal: PrincipalId,
    },
    /// A user, or the users of a group, are to be invited to a room. It waits in a queue of the store until they are; the
    /// working set doesn't hold it.
    Invite {
        /// Where to.
        room: RoomId,
        /// Who.
        principal: PrincipalId,
    },
    /// Records have told what a room or category is, so that it needn't be told any more. The working set doesn't hold it.
    Announce(Node),
    /// A new barrier, or other sides or name.
    PutBarrier(Barrier),
    /// A barrier goes.
    RemoveBarrier(BarrierId),
    /// A new add-in, or new properties.
    PutAddin(Addin),
    /// An add-in goes. No room may have it.
    RemoveAddin(AddinId),
    /// A policy for a scope, instead of the one it had.
    PutPolicy(Policy),
    /// A scope has no policy of its own any more.
    RemovePolicy(Scope),
    /// Settings for a scope, instead of those it had.
    PutConfiguration(Configuration),
    /// A scope has no settings of its own any more.
    RemoveConfiguration(Scope),
    /// A new alias of the service, or another display name.
    PutAlias(Alias),
    /// An alias goes.
    RemoveAlias(SipAddress),
    /// A message gets another text. Its number, author and time stay; what came along with the old text
    /// ([`crate::Extras`]) goes. It must be there.
    ReplaceMessage {
        /// Its room.
        room: RoomId,
        /// Its place there.
        chat_id: ChatId,
        /// The text that it has from now on.
        text: String,
    },
    /// Messages go. Those that aren't there needn't be taken away. Their numbers aren't used again.
    RemoveMessages {
        /// Their room.
        room: RoomId,
        /// Their places there.
        chat_ids: Vec<ChatId>,
    },
    /// All messages of a room up to a time go. Their numbers aren't used again.
    ClearRoom {
        /// The room.
        room: RoomId,
        /// The time of the last message that goes, inclusive.
        until: Timestamp,
    },
}
