//! When compliance falls behind, and when it has caught up, an alarm says so. Alone in its program: which events a subscriber
//! gets is decided for all threads at once.

mod common;

use causerie_chat::Settings;
use causerie_queue::Backlog;
use common::World;
use std::{
    fmt,
    sync::{Arc, Mutex},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

const MAX_DEPTH: u64 = 3;

/// Has the queue say that so many records wait.
async fn tell(world: &World, depth: u64) {
    let backlog = Backlog {
        depth,
        ..Backlog::default()
    };
    world.queue.tell(Ok(backlog)).await;
}

/// What alarms say.
#[derive(Clone, Default)]
struct Alarms(Arc<Mutex<Vec<String>>>);

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Alarms {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "causerie::alarm"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        // Of others' alarms nothing is said here.
        if message.0.starts_with("Compliance") {
            self.0.lock().unwrap().push(message.0);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn only_what_changes_is_told() {
    let alarms = Alarms::default();
    let _guard = tracing::subscriber::set_default(alarms.clone());
    let said = || std::mem::take(&mut *alarms.0.lock().unwrap());
    let world = World::with(Settings {
        compliance_max_depth: MAX_DEPTH,
        ..Settings::default()
    })
    .await;
    tell(&world, 0).await;
    assert_eq!(said(), [""; 0], "all is well from the start");
    tell(&world, MAX_DEPTH + 1).await;
    tell(&world, MAX_DEPTH + 2).await;
    let behind = "Compliance is behind: rooms of closed categories take no messages.";
    assert_eq!(said(), [behind]);
    let world = world.restart().await;
    assert_eq!(said(), [behind], "a start says it once more");
    tell(&world, 0).await;
    assert_eq!(said(), ["Compliance has caught up."]);
}
