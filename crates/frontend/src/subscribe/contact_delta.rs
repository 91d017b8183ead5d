//! A change of a contact list, as other devices are told (MS-SIP §2.2.3, `contactDelta`).
use causerie_model::{Contact, ContactGroup};

use crate::xml::escape;

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    AddedContact(Contact),
    ModifiedContact(Contact),
    DeletedContact(String),
    AddedGroup(ContactGroup),
    ModifiedGroup(ContactGroup),
    DeletedGroup(u32),
}

/// One change with the versions before and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContactDelta {
    pub(crate) before: u32,
    pub(crate) after: u32,
    pub(crate) edit: Edit,
}

impl ContactDelta {
    pub(crate) fn document(&self) -> String {
        let edit = match &self.edit {
            Edit::AddedContact(contact) => contact_element("addedContact", contact),
            Edit::ModifiedContact(contact) => contact_element("modifiedContact", contact),
            Edit::DeletedContact(address) => format!("<deletedContact uri=\"{}\"/>", escape(address)),
            Edit::AddedGroup(group) => group_element("addedGroup", group),
            Edit::ModifiedGroup(group) => group_element("modifiedGroup", group),
            Edit::DeletedGroup(id) => format!("<deletedGroup id=\"{id}\"/>"),
        };
        format!(
            "<contactDelta deltaNum=\"{}\" prevDeltaNum=\"{}\">{edit}</contactDelta>",
            self.after, self.before
        )
    }
}

pub(crate) fn contact_element(name: &str, contact: &Contact) -> String {
    let groups: Vec<String> = contact.groups.iter().map(u32::to_string).collect();
    // Clients expect the address without its scheme here.
    format!(
        "<{name} uri=\"{}\" name=\"{}\" groups=\"{}\" subscribed=\"{}\" externalURI=\"{}\"/>",
        escape(contact.address.as_str()),
        escape(&contact.name),
        groups.join(" "),
        contact.subscribed,
        escape(&contact.external_uri)
    )
}

pub(crate) fn group_element(name: &str, group: &ContactGroup) -> String {
    format!(
        "<{name} id=\"{}\" name=\"{}\" externalURI=\"{}\"/>",
        group.id,
        escape(&group.name),
        escape(&group.external_uri)
    )
}
