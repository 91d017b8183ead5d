//! Documents, which are put and removed.

use super::{
    Chain, Database,
    world::{commit, conflicts, key},
};
use crate::{Addition, DocumentKey};
use causerie_model::ChainId;

fn documents(documents: &[(&str, &str, Option<&str>)]) -> Addition {
    let document = |&(kind, id, text): &(&str, &str, Option<&str>)| (key(kind, id), text.map(str::to_owned));
    Addition {
        documents: documents.iter().map(document).collect(),
        ..Addition::default()
    }
}

/// As it says. An id may be a key of another kind too.
pub async fn documents_are_put_and_removed(database: &dyn Database) {
    let store = database.open().await;
    commit(
        &*store,
        &documents(&[("hold", "1", Some("one")), ("matter", "1", Some("{\"ü\":1}"))]),
    )
    .await;
    let get = async |key: DocumentKey| store.document(&key).await.expect("an answer");
    assert_eq!(get(key("hold", "1")).await.as_deref(), Some("one"));
    assert_eq!(get(key("matter", "1")).await.as_deref(), Some("{\"ü\":1}"));
    commit(&*store, &documents(&[("hold", "1", Some(""))])).await;
    assert_eq!(get(key("hold", "1")).await.as_deref(), Some(""));
    commit(&*store, &documents(&[("hold", "1", None), ("hold", "2", None)])).await;
    assert_eq!(get(key("hold", "1")).await, None);
    assert_eq!(get(key("matter", "1")).await.as_deref(), Some("{\"ü\":1}"));
    assert_eq!(
        database
            .open()
            .await
            .documents("matter")
            .await
            .expect("documents"),
        [("1".to_owned(), "{\"ü\":1}".to_owned())]
    );
}

/// Byte by byte, so that the order is the same everywhere.
pub async fn documents_are_listed_by_id(database: &dyn Database) {
    let store = database.open().await;
    let ids = ["", "10", "9", "Z", "a", "a/1", "a_", "b", "ä"];
    for id in ids.iter().rev() {
        commit(
            &*store,
            &documents(&[("hold", id, Some(id)), ("other", id, Some("no"))]),
        )
        .await;
    }
    let listed = store.documents("hold").await.expect("documents");
    assert_eq!(listed, ids.map(|id| (id.to_owned(), id.to_owned())));
}

/// A document tells what a record says, so it comes with it or not at all.
pub async fn a_conflict_keeps_documents_out(database: &dyn Database) {
    let store = database.open().await;
    let mut chain = Chain::of(ChainId::Compliance);
    chain.sign_in("lost");
    let addition = Addition {
        records: vec![chain.sign_in("eve")],
        ..documents(&[("hold", "1", Some("one"))])
    };
    conflicts(&*store, &addition).await;
    assert_eq!(store.documents("hold").await.expect("documents"), []);
}

/// As if each were an addition of its own.
pub async fn of_two_with_the_same_key_the_last_counts(database: &dyn Database) {
    let store = database.open().await;
    let twice = documents(&[
        ("hold", "1", Some("first")),
        ("hold", "1", Some("second")),
        ("hold", "2", Some("put")),
        ("hold", "2", None),
        ("hold", "3", None),
        ("hold", "3", Some("put")),
    ]);
    commit(&*store, &twice).await;
    assert_eq!(
        store.documents("hold").await.expect("documents"),
        [("1", "second"), ("3", "put")].map(|(id, text)| (id.to_owned(), text.to_owned()))
    );
}
