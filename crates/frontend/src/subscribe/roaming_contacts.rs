//! `vnd-microsoft-roaming-contacts` (MS-SIP §3.3): the contact list, and its changes for the user's other devices.
use causerie_model::{ContactGroup, ContactList, PrincipalId};
use causerie_sip::CheckedRequest;
use causerie_sip::ua::Facts;
use causerie_store::meter;

use super::contact_delta::{ContactDelta, contact_element, group_element};
use super::{Package, State};
use crate::link::{Link, Resume};

const CONTENT_TYPE: &str = "application/vnd-microsoft-roaming-contacts+xml";

/// The number of the group that every list has, and its name: contacts in no other group.
pub(crate) const DEFAULT_GROUP: (u32, &str) = (1, "~");

/// A list's version on the wire: pidgin-sipe 1.25 takes zero for none.
pub(crate) fn wire_delta(list: &ContactList) -> u32 {
    list.delta.saturating_add(1)
}

/// The list with the default group that a list always has.
pub(crate) fn complete(mut list: ContactList) -> ContactList {
    let (id, name) = DEFAULT_GROUP;
    if !list.groups.iter().any(|group| group.id == id) {
        list.groups.insert(
            0,
            ContactGroup {
                id,
                name: name.to_owned(),
                external_uri: String::new(),
            },
        );
    }
    list
}

fn document(list: &ContactList) -> String {
    let mut body = format!("<contactList deltaNum=\"{}\">", wire_delta(list));
    for group in &list.groups {
        body.push_str(&group_element("group", group));
    }
    for contact in &list.contacts {
        body.push_str(&contact_element("contact", contact));
    }
    body.push_str("</contactList>");
    body
}

impl Link {
    pub(super) fn roaming_contacts(&mut self, request: CheckedRequest) {
        let Some(user) = self.signed_in.as_ref().map(|who| who.user.id) else {
            return;
        };
        let contacts = self.front().needs.contacts.clone();
        self.later(async move {
            let (list, statements) = meter::metered(contacts.contacts(user)).await;
            let resume: Resume = Box::new(move |link| match list {
                Ok(list) => {
                    let state = State {
                        content_type: CONTENT_TYPE,
                        body: document(&complete(list)),
                    };
                    let facts = Facts {
                        statements,
                        ..Facts::default()
                    };
                    link.accept(&request, Package::RoamingContacts, Some(state), facts);
                }
                Err(error) => link.store_failed(&request, &error),
            });
            resume
        });
    }

    /// Tells this device what has changed in the contact list.
    pub(crate) fn notify_contacts(&mut self, user: PrincipalId, delta: &ContactDelta) {
        if self.signed_in.as_ref().is_some_and(|who| who.user.id == user) {
            self.notify_all(Package::RoamingContacts, |_| State {
                content_type: CONTENT_TYPE,
                body: delta.document(),
            });
        }
    }
}
