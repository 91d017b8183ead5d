//! Cases of [`crate::Secrets`], [`crate::Contacts`] and [`crate::Preferences`].

use super::{
    Database,
    world::{address, changes, commit, conflict, user},
};
use crate::{Parts, Preference, Secret};
use causerie_model::{Change, Contact, ContactGroup, ContactList, PrincipalId};

const ANN: PrincipalId = PrincipalId(1);
const BOB: PrincipalId = PrincipalId(2);
const NOBODY: PrincipalId = PrincipalId(3);

async fn two_users(database: &dyn Database) -> Parts {
    let parts = database.open().await;
    commit(
        &parts,
        &changes(vec![user(1, "ann@x.test"), user(2, "bob@x.test")]),
    )
    .await;
    parts
}

fn secret(n: u8) -> Secret {
    Secret {
        password_hash: format!("$argon2id$v=19$m=8,t=1,p=1${n}"),
        sealed_nt_hash: vec![0, n, 255],
    }
}

/// A new password replaces both.
pub async fn secrets_are_replaced(database: &dyn Database) {
    let parts = two_users(database).await;
    let of = async |user| parts.secrets.secret(user).await.expect("secrets are read");
    assert_eq!(of(ANN).await, None);
    for n in [1, 2] {
        parts
            .secrets
            .put_secret(ANN, &secret(n))
            .await
            .expect("secrets are stored");
        assert_eq!(of(ANN).await, Some(secret(n)));
    }
    assert_eq!(of(BOB).await, None);
    drop(parts);
    let parts = database.open().await;
    assert_eq!(
        parts.secrets.secret(ANN).await.expect("secrets are read"),
        Some(secret(2))
    );
}

/// Those of many users are stored together.
pub async fn secrets_of_many_are_stored_together(database: &dyn Database) {
    let parts = two_users(database).await;
    let put = async |secrets: &[_]| parts.secrets.put_secrets(secrets).await;
    put(&[]).await.expect("nothing is stored");
    put(&[(BOB, secret(1))]).await.expect("secrets are stored");
    put(&[(ANN, secret(2)), (BOB, secret(3))])
        .await
        .expect("secrets are stored");
    let of = async |user| parts.secrets.secret(user).await.expect("secrets are read");
    assert_eq!(of(ANN).await, Some(secret(2)));
    assert_eq!(of(BOB).await, Some(secret(3)));
    conflict(&put(&[(ANN, secret(4)), (NOBODY, secret(4))]).await);
    assert_eq!(of(ANN).await, Some(secret(2)), "all or none");
}

/// And so does everything else of a person.
pub async fn secrets_need_a_user(database: &dyn Database) {
    let parts = two_users(database).await;
    conflict(&parts.secrets.put_secret(NOBODY, &secret(1)).await);
    conflict(&parts.contacts.put_contacts(NOBODY, 0, &list(1)).await);
    conflict(&parts.preferences.put_preference(NOBODY, "label", 0, "x").await);
}

fn list(delta: u32) -> ContactList {
    ContactList {
        delta,
        groups: vec![
            ContactGroup {
                id: 1,
                name: "~".to_owned(),
                external_uri: String::new(),
            },
            ContactGroup {
                id: 7,
                name: "Bürø \"1\"".to_owned(),
                external_uri: "<groupExtension/>".to_owned(),
            },
        ],
        contacts: vec![
            Contact {
                address: address("bob@x.test"),
                name: "Böb 😀".to_owned(),
                groups: vec![7, 1],
                subscribed: true,
                external_uri: "<contactExtension/>".to_owned(),
            },
            Contact {
                address: address("ann@x.test"),
                name: String::new(),
                groups: Vec::new(),
                subscribed: false,
                external_uri: String::new(),
            },
        ],
    }
}

/// Order included.
pub async fn a_contact_list_is_kept_as_it_was(database: &dyn Database) {
    let parts = two_users(database).await;
    parts
        .contacts
        .put_contacts(ANN, 0, &list(1))
        .await
        .expect("a list is stored");
    assert_eq!(parts.contacts.contacts(ANN).await.expect("a list"), list(1));
    assert_eq!(
        parts.contacts.contacts(BOB).await.expect("a list"),
        ContactList::default()
    );
}

/// Of two devices that change the same list, the second is told.
pub async fn a_contact_list_is_changed_by_one_at_a_time(database: &dyn Database) {
    let parts = two_users(database).await;
    let stored = async || parts.contacts.contacts(ANN).await.expect("a list");
    // A list that was never stored has delta 0.
    conflict(&parts.contacts.put_contacts(ANN, 1, &list(2)).await);
    assert_eq!(stored().await, ContactList::default());
    parts
        .contacts
        .put_contacts(ANN, 0, &list(1))
        .await
        .expect("a list is stored");
    conflict(
        &parts
            .contacts
            .put_contacts(
                ANN,
                0,
                &ContactList {
                    delta: 1,
                    ..ContactList::default()
                },
            )
            .await,
    );
    assert_eq!(stored().await, list(1));
    parts
        .contacts
        .put_contacts(ANN, 1, &list(2))
        .await
        .expect("a list is stored");
    assert_eq!(stored().await, list(2));
}

/// One more than the greater of what is stored and what the client knew.
pub async fn a_preference_counts_its_changes(database: &dyn Database) {
    let parts = two_users(database).await;
    let put = async |known, content: &str| parts.preferences.put_preference(ANN, "cwa", known, content).await;
    assert_eq!(
        parts.preferences.preference(ANN, "cwa").await.expect("none"),
        None
    );
    assert_eq!(put(0, "a").await.expect("stored"), 1);
    assert_eq!(put(0, "b").await.expect("stored"), 2);
    assert_eq!(put(2, "c").await.expect("stored"), 3);
    assert_eq!(put(41, "d").await.expect("stored"), 42);
    assert_eq!(put(-5, "e").await.expect("stored"), 43);
    conflict(&put(i64::MAX, "f").await);
    let expected = Preference {
        sequence: 43,
        content: "e".to_owned(),
    };
    assert_eq!(
        parts.preferences.preference(ANN, "cwa").await.expect("one"),
        Some(expected)
    );
}

/// And labels are exact.
pub async fn preferences_are_apart_by_user_and_label(database: &dyn Database) {
    let parts = two_users(database).await;
    for (user, label) in [(ANN, "a"), (ANN, "A"), (BOB, "a")] {
        let sequence = parts
            .preferences
            .put_preference(user, label, 0, &format!("{user}{label}"))
            .await;
        assert_eq!(sequence.expect("stored"), 1);
    }
    let stored = parts
        .preferences
        .preference(ANN, "A")
        .await
        .expect("one")
        .expect("one");
    assert_eq!(stored.content, "1A");
    assert_eq!(parts.preferences.preference(BOB, "A").await.expect("none"), None);
}

/// One who comes later with the same row finds nothing, and the others keep theirs.
pub async fn personal_things_go_with_their_user(database: &dyn Database) {
    let parts = two_users(database).await;
    for user in [ANN, BOB] {
        parts.secrets.put_secret(user, &secret(1)).await.expect("stored");
        parts
            .contacts
            .put_contacts(user, 0, &list(1))
            .await
            .expect("stored");
        parts
            .preferences
            .put_preference(user, "cwa", 0, "x")
            .await
            .expect("stored");
    }
    commit(
        &parts,
        &changes(vec![Change::RemoveUser(ANN), user(1, "mallory@x.test")]),
    )
    .await;
    for (user, there) in [(ANN, false), (BOB, true)] {
        assert_eq!(parts.secrets.secret(user).await.expect("read").is_some(), there);
        assert_eq!(
            parts.contacts.contacts(user).await.expect("read") != ContactList::default(),
            there
        );
        assert_eq!(
            parts
                .preferences
                .preference(user, "cwa")
                .await
                .expect("read")
                .is_some(),
            there
        );
    }
}
