//! A user's contact list, as roaming-contacts hands it to each of his devices.

use crate::SipAddress;

/// The list with its version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactList {
    /// Counts the changes; a client that changes the list says which one it knew.
    pub delta: u32,
    /// Groups, by number.
    pub groups: Vec<ContactGroup>,
    /// Contacts.
    pub contacts: Vec<Contact>,
}

/// A group of contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactGroup {
    /// Its number in this list, from 1.
    pub id: u32,
    /// Its name; `~` is the group of those without a group.
    pub name: String,
    /// Opaque to the server.
    pub external_uri: String,
}

/// One contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub address: SipAddress,
    /// The name that the user gave.
    pub name: String,
    /// Numbers of the groups that hold it.
    pub groups: Vec<u32>,
    /// The user wants its presence.
    pub subscribed: bool,
    /// Opaque to the server.
    pub external_uri: String,
}
