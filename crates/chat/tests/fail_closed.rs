//! Rooms of closed categories take no messages while compliance is behind.

mod common;

use causerie_chat::{Action, CategoryChange, Operation, Outcome, Refusal, RoomChange, Settings};
use causerie_model::{ComplianceMode, Timestamp};
use causerie_policy::Rule;
use causerie_queue::Backlog;
use causerie_store::StoreFault;
use common::{Device, World};
use std::time::Duration;
use uuid::Uuid;

const MAX_DEPTH: u64 = 3;
const MAX_AGE: Duration = Duration::from_secs(60);

async fn world() -> World {
    World::with(Settings {
        compliance_max_depth: MAX_DEPTH,
        compliance_max_age: MAX_AGE,
        ..Settings::default()
    })
    .await
}

async fn set(world: &World, compliance: ComplianceMode) {
    let change = CategoryChange {
        compliance: Some(compliance),
        ..CategoryChange::default()
    };
    let name = "General".to_owned();
    world.act(Action::ChangeCategory { name, change }).await;
}

/// Has the queue say this, and waits until it was asked after that.
async fn tell(world: &World, backlog: Backlog) {
    world.queue.tell(Ok(backlog)).await;
}

fn depth(depth: u64) -> Backlog {
    Backlog {
        depth,
        ..Backlog::default()
    }
}

async fn is_refused(device: &mut Device, room: Uuid) -> bool {
    match device.post(room, "hello").await {
        Ok(_) => false,
        Err(Refusal::ComplianceBehind) => true,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_closed_category_takes_messages_up_to_the_limit_and_by_itself_again() {
    let world = world().await;
    let lobby = world.guid("Lobby");
    set(&world, ComplianceMode::Closed).await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    for (waiting, refused) in [(MAX_DEPTH, false), (MAX_DEPTH + 1, true), (MAX_DEPTH, false)] {
        tell(&world, depth(waiting)).await;
        assert_eq!(is_refused(&mut alice, lobby).await, refused, "{waiting}");
    }
    world.verify().await;
}

#[tokio::test]
async fn a_closed_category_takes_messages_until_the_oldest_record_is_too_old() {
    let world = world().await;
    let lobby = world.guid("Lobby");
    set(&world, ComplianceMode::Closed).await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    world.clock.stop();
    let now = causerie_model::Clock::now(&*world.clock);
    let max = i64::try_from(MAX_AGE.as_micros()).unwrap();
    // One from the future is not old.
    for (age, refused) in [(max, false), (max + 1, true), (-5, false)] {
        let backlog = Backlog {
            depth: 1,
            oldest: Some(Timestamp(now.0 - age)),
            set_aside: 0,
        };
        tell(&world, backlog).await;
        assert_eq!(is_refused(&mut alice, lobby).await, refused, "{age}");
    }
}

#[tokio::test]
async fn all_else_goes_on_and_open_categories_post_on() {
    let world = world().await;
    let lobby = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    assert!(!is_refused(&mut alice, lobby).await);
    tell(&world, depth(MAX_DEPTH + 1)).await;
    assert!(
        !is_refused(&mut alice, lobby).await,
        "categories are open at first"
    );

    set(&world, ComplianceMode::Closed).await;
    assert!(is_refused(&mut alice, lobby).await);
    let mut bob = world.attach_in("bob", "Lobby").await;
    assert_eq!(bob.history(lobby, 9).await.unwrap(), ["hello", "hello"]);
    let left = bob.ask(Operation::Part { room: lobby }).await;
    assert!(matches!(left, Ok(Outcome::Parted { .. })));
    let described = RoomChange {
        description: Some("Still changed".to_owned()),
        ..RoomChange::default()
    };
    let name = "Lobby".to_owned();
    world
        .act(Action::ChangeRoom {
            name,
            change: described,
        })
        .await;
    // Whom the rules refuse is told that and nothing else.
    let mut carol = world.attach("carol");
    let refused = carol.post(world.guid("Deals"), "hello").await;
    assert!(
        matches!(refused, Err(Refusal::Denied(Rule::NotAMember))),
        "{refused:?}"
    );
    let refused = carol.post(lobby, "hello").await;
    assert!(matches!(refused, Err(Refusal::NotJoined)), "{refused:?}");

    set(&world, ComplianceMode::Open).await;
    assert!(!is_refused(&mut alice, lobby).await);
}

#[tokio::test]
async fn what_waits_must_be_known() {
    let world = world().await;
    let lobby = world.guid("Lobby");
    set(&world, ComplianceMode::Closed).await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    let lost = causerie_store::StoreError::new(StoreFault::Unavailable, "gone");
    world.queue.tell(Err(lost)).await;
    assert!(is_refused(&mut alice, lobby).await);
    let refusal = Refusal::ComplianceBehind;
    assert!(refusal.is_temporary());
    assert_eq!(
        (refusal.name(), refusal.to_string().as_str()),
        (
            "compliance-behind",
            "Messages can't be recorded for compliance at the moment. Try again later."
        )
    );
    // Known before the first message is taken.
    drop(alice);
    let world = world.restart().await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    assert!(is_refused(&mut alice, lobby).await);
    tell(&world, depth(0)).await;
    assert!(!is_refused(&mut alice, lobby).await);
}

#[tokio::test]
async fn a_queue_that_does_not_answer_can_not_be_read() {
    let world = world().await;
    let lobby = world.guid("Lobby");
    set(&world, ComplianceMode::Closed).await;
    let mut alice = world.attach_in("alice", "Lobby").await;
    assert!(!is_refused(&mut alice, lobby).await);
    world.queue.hang().await;
    assert!(is_refused(&mut alice, lobby).await);
}
