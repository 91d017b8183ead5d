//! Keeps users' contact lists.

use crate::SqliteStore;
use async_trait::async_trait;
use causerie_model::{Contact, ContactGroup, ContactList, PrincipalId, SipAddress};
use causerie_store::{Contacts, StoreError, StoreFault};
use serde::{Deserialize, Serialize};

// Nothing is written if the stored list has another delta. A list that was never stored has delta 0.
const PUT: &str = "
    INSERT INTO contact_lists (user, delta, list)
    SELECT ?1, ?2, ?3 WHERE ?4 = coalesce((SELECT delta FROM contact_lists WHERE user = ?1), 0)
    ON CONFLICT (user) DO UPDATE SET delta = excluded.delta, list = excluded.list";

/// A list as it is stored; its delta has a column.
#[derive(Serialize, Deserialize)]
struct StoredList {
    groups: Vec<StoredGroup>,
    contacts: Vec<StoredContact>,
}

#[derive(Serialize, Deserialize)]
struct StoredGroup {
    id: u32,
    name: String,
    external_uri: String,
}

#[derive(Serialize, Deserialize)]
struct StoredContact {
    address: String,
    name: String,
    groups: Vec<u32>,
    subscribed: bool,
    external_uri: String,
}

#[async_trait]
impl Contacts for SqliteStore {
    async fn contacts(&self, user: PrincipalId) -> Result<ContactList, StoreError> {
        let query = sqlx::query("SELECT delta, list FROM contact_lists WHERE user = ?1").bind(user.0);
        let list = self
            .reader
            .first(query, |row| read(row.unsigned(0)?, row.get(1)?))
            .await?;
        Ok(list.unwrap_or_default())
    }

    async fn put_contacts(
        &self,
        user: PrincipalId,
        expected: u32,
        list: &ContactList,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(PUT)
            .bind(user.0)
            .bind(list.delta)
            .bind(print(list)?)
            .bind(expected);
        self.writer
            .write(move |transaction| {
                Box::pin(async move {
                    transaction
                        .change(query, "the contact list has been changed in the meantime")
                        .await
                })
            })
            .await
    }
}

fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreFault::Corrupt, format!("a stored contact list: {error}"))
}

fn read(delta: u32, text: &str) -> Result<ContactList, StoreError> {
    let stored: StoredList = serde_json::from_str(text).map_err(corrupt)?;
    let groups = stored.groups.into_iter().map(|group| ContactGroup {
        id: group.id,
        name: group.name,
        external_uri: group.external_uri,
    });
    let contacts = stored.contacts.into_iter().map(|contact| {
        Ok(Contact {
            address: SipAddress::parse(&contact.address).map_err(corrupt)?,
            name: contact.name,
            groups: contact.groups,
            subscribed: contact.subscribed,
            external_uri: contact.external_uri,
        })
    });
    Ok(ContactList {
        delta,
        groups: groups.collect(),
        contacts: contacts.collect::<Result<_, StoreError>>()?,
    })
}

fn print(list: &ContactList) -> Result<String, StoreError> {
    let stored = StoredList {
        groups: list
            .groups
            .iter()
            .map(|group| StoredGroup {
                id: group.id,
                name: group.name.clone(),
                external_uri: group.external_uri.clone(),
            })
            .collect(),
        contacts: list
            .contacts
            .iter()
            .map(|contact| StoredContact {
                address: contact.address.to_string(),
                name: contact.name.clone(),
                groups: contact.groups.clone(),
                subscribed: contact.subscribed,
                external_uri: contact.external_uri.clone(),
            })
            .collect(),
    };
    serde_json::to_string(&stored).map_err(|error| StoreError::new(StoreFault::Other, error.to_string()))
}
