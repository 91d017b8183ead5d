//! Changes of the contact list (MS-SIP §3.3, SOAP): each is stored, numbered and told to the user's devices.
use std::sync::Arc;

use bytes::Bytes;
use causerie_model::limits::{MAX_CONTACT_GROUPS, MAX_CONTACTS, MAX_DISPLAY_NAME_CHARS};
use causerie_model::{Contact, ContactGroup, ContactList, SipAddress};
use causerie_sip::CheckedRequest;
use causerie_sip::ua::Facts;
use causerie_store::{StoreError, StoreFault, meter};

use crate::link::{Link, Resume, refusal};
use crate::mailbox::Command;
use crate::subscribe::contact_delta::{ContactDelta, Edit};
use crate::subscribe::{complete_contacts as complete, wire_delta};
use crate::xml::Element;

const SOAP: &str = "application/SOAP+xml";
const NAMESPACE: &str = "http://schemas.microsoft.com/winrtc/2002/11/sip";

/// What a client asks for.
enum Request {
    SetContact(Contact),
    DeleteContact(SipAddress),
    AddGroup(ContactGroup),
    ModifyGroup(ContactGroup),
    DeleteGroup(u32),
}

/// The operation's name, what it asks, and the version of the list that the client knows.
type Asked = (&'static str, Request, Option<u32>);

/// Why it can't be done.
enum Refused {
    /// The client knew another version of the list.
    Stale(u32),
    /// It makes no sense.
    Bad(&'static str),
    Store(StoreError),
}

impl Link {
    pub(super) fn edit_contacts(&mut self, request: CheckedRequest) {
        let (operation, wanted, known) = match read(&request) {
            Ok(Some(found)) => found,
            // Other SOAP requests of this namespace set up what this server doesn't have.
            Ok(None) => return self.refuse(&request, 501, "soap", "there is no such operation"),
            Err(reason) => return self.refuse(&request, 400, "body", reason),
        };
        let Some(user) = self.signed_in.as_ref().map(|who| who.user.id) else {
            return;
        };
        let contacts = Arc::clone(&self.front().needs.contacts);
        self.later(async move {
            let work = async {
                let stored = complete(contacts.contacts(user).await.map_err(Refused::Store)?);
                if known.is_some_and(|known| known != wire_delta(&stored)) {
                    return Err(Refused::Stale(wire_delta(&stored)));
                }
                let expected = stored.delta;
                let before = wire_delta(&stored);
                let (mut list, edit) = apply(stored, wanted).map_err(Refused::Bad)?;
                list.delta = expected.saturating_add(1);
                contacts
                    .put_contacts(user, expected, &list)
                    .await
                    .map_err(|error| match error.fault {
                        StoreFault::Conflict => Refused::Stale(before.saturating_add(1)),
                        _ => Refused::Store(error),
                    })?;
                Ok(ContactDelta {
                    before,
                    after: wire_delta(&list),
                    edit,
                })
            };
            let (done, statements) = meter::metered(work).await;
            let facts = Facts {
                operation: Some(operation),
                statements,
                ..Facts::default()
            };
            let resume: Resume = Box::new(move |link| link.contacts_edited(&request, facts, done));
            resume
        });
    }

    fn contacts_edited(
        &mut self,
        request: &CheckedRequest,
        facts: Facts,
        done: Result<ContactDelta, Refused>,
    ) {
        let delta = match done {
            Ok(delta) => delta,
            Err(Refused::Bad(reason)) => return self.refuse(request, 400, "contacts", reason),
            Err(Refused::Store(error)) => return self.store_failed(request, &error),
            Err(Refused::Stale(current)) => {
                let body = envelope(&format!(
                    "<SOAP-ENV:Fault><faultcode>Client.BadCall.WrongDelta</faultcode>\
                     <faultstring>the list has changed</faultstring>\
                     <detail><deltaNum>{current}</deltaNum></detail></SOAP-ENV:Fault>"
                ));
                let response = self.refusal(request, 409, "the contact list has changed meanwhile");
                return self.answer(response.body(SOAP, Bytes::from(body)), refusal("stale"));
            }
        };
        let mut response = self.response(request, 200);
        if let Edit::AddedGroup(group) = &delta.edit {
            let body = envelope(&format!(
                "<m:addGroup xmlns:m=\"{NAMESPACE}\"><m:groupID>{}</m:groupID></m:addGroup>",
                group.id
            ));
            response = response.body(SOAP, Bytes::from(body));
        }
        self.answer(response, facts);
        let Some(who) = &self.signed_in else { return };
        let (user, delta) = (who.user.id, Arc::new(delta));
        // The device that made the change is told too: it learns the list's new version only so.
        for mailbox in self.front().registrar.mailboxes(&who.user.address) {
            mailbox.post(Command::Contacts(user, Arc::clone(&delta)));
        }
    }
}

fn envelope(body: &str) -> String {
    format!(
        "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"><SOAP-ENV:Body>{body}\
         </SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
}

/// What a request asks; `None` for an unknown operation.
fn read(request: &CheckedRequest) -> Result<Option<Asked>, &'static str> {
    let root = Element::parse(request.body()).map_err(|_| "the SOAP envelope can't be read")?;
    let call = root
        .child("Body")
        .and_then(|body| body.children.first())
        .ok_or("the SOAP body is empty")?;
    let known = call.text_of("deltaNum").and_then(|text| text.parse().ok());
    let address = || {
        let text = call.text_of("URI").ok_or("no URI is given")?;
        SipAddress::parse(text).map_err(|_| "the URI is not an address")
    };
    let id = || {
        call.text_of("groupID")
            .and_then(|text| text.parse().ok())
            .ok_or("no group is given")
    };
    let name = |field: &str| {
        let text = call.text_of(field).unwrap_or_default();
        if text.chars().count() > MAX_DISPLAY_NAME_CHARS {
            return Err("the name is too long");
        }
        Ok(text.to_owned())
    };
    let external = || name("externalURI");
    let found = match call.name.as_str() {
        "setContact" => {
            let groups = call.text_of("groups").unwrap_or_default();
            let groups: Result<Vec<u32>, _> = groups.split_whitespace().map(str::parse).collect();
            let contact = Contact {
                address: address()?,
                name: name("displayName")?,
                groups: groups.map_err(|_| "the groups are not numbers")?,
                subscribed: call.text_of("subscribed") != Some("false"),
                external_uri: external()?,
            };
            ("setContact", Request::SetContact(contact))
        }
        "deleteContact" => ("deleteContact", Request::DeleteContact(address()?)),
        "addGroup" | "setGroup" => {
            let group = ContactGroup {
                id: 0,
                name: name("name")?,
                external_uri: external()?,
            };
            ("addGroup", Request::AddGroup(group))
        }
        "modifyGroup" => {
            let group = ContactGroup {
                id: id()?,
                name: name("name")?,
                external_uri: external()?,
            };
            ("modifyGroup", Request::ModifyGroup(group))
        }
        "deleteGroup" => ("deleteGroup", Request::DeleteGroup(id()?)),
        _ => return Ok(None),
    };
    Ok(Some((found.0, found.1, known)))
}

/// Carries out a change in a list.
fn apply(mut list: ContactList, wanted: Request) -> Result<(ContactList, Edit), &'static str> {
    let edit = match wanted {
        Request::SetContact(contact) => {
            let known = |id: &u32| list.groups.iter().any(|group| group.id == *id);
            if !contact.groups.iter().all(known) {
                return Err("there is no such group");
            }
            let full = list.contacts.len() >= MAX_CONTACTS;
            match list
                .contacts
                .iter_mut()
                .find(|one| one.address == contact.address)
            {
                Some(one) => {
                    one.clone_from(&contact);
                    Edit::ModifiedContact(contact)
                }
                None if full => return Err("the contact list is full"),
                None => {
                    list.contacts.push(contact.clone());
                    Edit::AddedContact(contact)
                }
            }
        }
        Request::DeleteContact(address) => {
            list.contacts.retain(|one| one.address != address);
            Edit::DeletedContact(address.as_str().to_owned())
        }
        Request::AddGroup(mut group) => {
            if list.groups.len() >= MAX_CONTACT_GROUPS {
                return Err("there are too many groups");
            }
            group.id = list
                .groups
                .iter()
                .map(|group| group.id)
                .max()
                .unwrap_or(0)
                .saturating_add(1);
            list.groups.push(group.clone());
            Edit::AddedGroup(group)
        }
        Request::ModifyGroup(group) => {
            let one = list
                .groups
                .iter_mut()
                .find(|one| one.id == group.id)
                .ok_or("there is no such group")?;
            *one = group.clone();
            Edit::ModifiedGroup(group)
        }
        Request::DeleteGroup(id) => {
            if list.contacts.iter().any(|contact| contact.groups.contains(&id)) {
                return Err("the group is not empty");
            }
            list.groups.retain(|group| group.id != id);
            Edit::DeletedGroup(id)
        }
    };
    Ok((list, edit))
}
