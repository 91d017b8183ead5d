//! When compliance falls behind there is an alarm, and when it has caught up that is told as well.

mod common;

use causerie_chat::Settings;
use causerie_model::{StoreError, StoreFault};
use causerie_queue::Backlog;
use common::World;

const MAX_DEPTH: u64 = 3;

/// Has the queue say that so many records wait.
async fn tell(world: &World, depth: u64) {
    let backlog = Backlog {
        depth,
        ..Backlog::default()
    };
    world.queue.tell(Ok(backlog)).await;
}

/// What was told, each as `raised` or `cleared`; all have the name of this alarm.
fn said(world: &World) -> Vec<(&'static str, String)> {
    let heard = world.queue.heard();
    assert!(heard.iter().all(|(_, alarm)| alarm.name == "compliance-behind"));
    heard.into_iter().map(|(how, alarm)| (how, alarm.text)).collect()
}

#[tokio::test]
async fn only_what_changes_is_told() {
    let world = World::with(Settings {
        compliance_max_depth: MAX_DEPTH,
        ..Settings::default()
    })
    .await;
    tell(&world, 0).await;
    assert_eq!(said(&world), [], "all is well from the start");
    tell(&world, MAX_DEPTH + 1).await;
    tell(&world, MAX_DEPTH + 2).await;
    let [(how, text)] = &said(&world)[..] else {
        panic!("it is told once")
    };
    assert_eq!(*how, "raised");
    assert!(text.starts_with("Compliance is behind, 4 records wait"), "{text}");
    let world = world.restart().await;
    assert_eq!(said(&world).len(), 1, "a start says it once more");
    tell(&world, 0).await;
    let caught_up = "Compliance has caught up: rooms of closed categories take messages.";
    assert_eq!(said(&world), [("cleared", caught_up.to_owned())]);

    let gone = StoreError::new(StoreFault::Unavailable, "the disk is away");
    world.queue.tell(Err(gone)).await;
    let [(how, text)] = &said(&world)[..] else {
        panic!("it is told once")
    };
    assert_eq!(*how, "raised");
    assert!(text.contains("the disk is away"), "{text}");
}
