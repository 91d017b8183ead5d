//! What happens when the store takes nothing: refused with a clear error, nothing half done, reading goes on, and it
//! mends itself.

mod common;

use causerie_chat::{Action, ActionError, Refusal, Settings};
use causerie_model::Actor;
use causerie_store::StoreFault;
use common::{World, address};
use std::time::Duration;

/// How often a test looks for what must come by itself. It waits for ever: the test runner ends what hangs.
const POLL: Duration = Duration::from_millis(20);

#[tokio::test]
async fn posts_are_refused_reading_goes_on_and_numbers_go_on_without_a_gap() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let (mut alice, mut bob) = (
        world.attach_in("alice", "Lobby").await,
        world.attach_in("bob", "Lobby").await,
    );
    alice.post(lobby, "before").await.unwrap();
    for fault in [StoreFault::Full, StoreFault::ReadOnly, StoreFault::Unavailable] {
        world.journal.fail(fault);
        let refusal = alice.post(lobby, "lost?").await.unwrap_err();
        assert!(matches!(&refusal, Refusal::Store(error) if error.fault == fault));
        assert!(refusal.is_temporary());
        assert!(!world.chat.status().await.writable);
        assert_eq!(bob.history(lobby, 10).await.unwrap(), ["before"]);
    }
    assert!(
        world.attach("carol").join(lobby).await.is_err(),
        "nobody enters unrecorded"
    );
    world.journal.recover();
    assert_eq!(alice.post(lobby, "after").await.unwrap(), 2);
    assert!(world.chat.status().await.writable);
    assert_eq!(bob.notice().await, "chat:1:before");
    assert_eq!(bob.notice().await, "chat:2:after");
    let reads = world
        .room_records("Lobby")
        .await
        .into_iter()
        .filter(|(kind, _)| kind == "BACKCHAT")
        .count();
    assert_eq!(
        reads, 3,
        "readings while the store was down are recorded once it is up"
    );
    world.verify().await;
}

#[tokio::test]
async fn who_leaves_while_the_store_is_down_is_recorded_later() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let (mut alice, bob) = (
        world.attach_in("alice", "Lobby").await,
        world.attach_in("bob", "Lobby").await,
    );
    assert_eq!(alice.notice().await, "joined:bob");
    world.journal.fail(StoreFault::Full);
    drop(bob);
    assert_eq!(alice.notice().await, "parted:bob");
    world.journal.recover();
    alice.post(lobby, "gone").await.unwrap();
    let kinds: Vec<String> = world
        .room_records("Lobby")
        .await
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(kinds, ["CHANGED", "JOIN", "JOIN", "PART", "CHAT"]);
    world.verify().await;
}

#[tokio::test]
async fn history_is_shown_only_as_long_as_the_records_of_it_can_be_owed() {
    let settings = Settings {
        owed: 2,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    alice.post(lobby, "one").await.unwrap();
    world.journal.fail(StoreFault::Full);
    for _ in 0..2 {
        assert_eq!(alice.history(lobby, 5).await.unwrap(), ["one"]);
    }
    let refusal = alice.history(lobby, 5).await.unwrap_err();
    assert!(refusal.is_temporary(), "{refusal}");
    world.journal.recover();
    alice.post(lobby, "two").await.unwrap();
    assert_eq!(alice.history(lobby, 5).await.unwrap(), ["one", "two"]);
    let records = world.room_records("Lobby").await;
    assert_eq!(records.iter().filter(|(kind, _)| kind == "BACKCHAT").count(), 3);
    world.verify().await;
}

#[tokio::test]
async fn what_is_owed_is_written_without_anybody_asking() {
    let world = World::new().await;
    let bob = world.attach_in("bob", "Lobby").await;
    world.journal.fail(StoreFault::Full);
    drop(bob);
    while world.chat.status().await.writable {
        tokio::time::sleep(POLL).await;
    }
    world.journal.recover();
    while !world
        .room_records("Lobby")
        .await
        .iter()
        .any(|(kind, _)| kind == "PART")
    {
        tokio::time::sleep(POLL).await;
    }
    world.verify().await;
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_written_again() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    alice.post(lobby, "before").await.unwrap();
    world.journal.fail(StoreFault::SyncFailed);
    assert!(alice.post(lobby, "x").await.is_err());
    world.journal.recover();
    let refusal = alice.post(lobby, "y").await.unwrap_err();
    assert!(matches!(&refusal, Refusal::Store(error) if error.fault == StoreFault::SyncFailed));
    assert!(!refusal.is_temporary());
    assert_eq!(alice.history(lobby, 5).await.unwrap(), ["before"]);
    drop(alice);
    let world = world.restart().await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    assert_eq!(alice.post(lobby, "again").await.unwrap(), 2);
    world.verify().await;
}

#[tokio::test]
async fn a_change_that_cannot_be_stored_changes_nothing() {
    let world = World::new().await;
    world.journal.fail(StoreFault::ReadOnly);
    let action = Action::AddUser {
        address: address("erin"),
        display_name: String::new(),
    };
    let actor = || Actor::Administrator("test".to_owned());
    assert!(matches!(
        world.chat.act(actor(), action.clone()).await,
        Err(ActionError::Store(_))
    ));
    assert!(world.chat.catalogue().user_by_address(&address("erin")).is_none());
    world.journal.recover();
    assert!(world.chat.act(actor(), action).await.is_ok());
    world.verify().await;
}

#[tokio::test]
async fn what_is_owed_at_the_end_is_written_before_it() {
    let world = World::new().await;
    let bob = world.attach_in("bob", "Lobby").await;
    world.journal.fail(StoreFault::Full);
    drop(bob);
    while world.chat.status().await.writable {
        tokio::time::sleep(POLL).await;
    }
    world.journal.recover();
    let world = world.restart().await;
    let records = world.room_records("Lobby").await;
    assert_eq!(records.last().map(|(kind, _)| kind.as_str()), Some("PART"));
    world.verify().await;
}

#[tokio::test]
async fn a_change_is_answered_even_while_records_are_owed() {
    let world = World::new().await;
    let bob = world.attach_in("bob", "Lobby").await;
    world.journal.fail(StoreFault::Full);
    drop(bob);
    while world.chat.status().await.writable {
        tokio::time::sleep(POLL).await;
    }
    let action = Action::AddGroup {
        kind: causerie_model::GroupKind::Group,
        name: "Desk".to_owned(),
    };
    let answer = world.chat.act(Actor::System, action).await;
    assert!(matches!(answer, Err(ActionError::Store(_))));
    world.journal.recover();
    world.verify().await;
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let world = World::new().await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    alice.post(lobby, "one").await.unwrap();
    drop(alice);
    let world = world.restart().await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    assert_eq!(alice.post(lobby, "two").await.unwrap(), 2);
    assert_eq!(alice.history(lobby, 5).await.unwrap(), ["one", "two"]);
    world.verify().await;
}
