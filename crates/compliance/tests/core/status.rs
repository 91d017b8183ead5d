//! What the service says of itself.

use crate::world::{World, officer};
use causerie_compliance::NO_ADAPTER;

#[tokio::test]
async fn status_tells_how_far_everything_is() {
    let world = World::new().await;
    let service = world.open().await;
    let empty = service.status().await.unwrap();
    assert_eq!((empty.records, empty.checkpoint, empty.verified), (0, None, None));
    assert_eq!(empty.warnings, [NO_ADAPTER]);
    world.talk(1).await;
    world.pass(7);
    let waiting = service.status().await.unwrap().queue;
    assert_eq!((waiting.depth, waiting.lag_seconds), (Some(3), Some(7)));
    service.take_in().await.unwrap();
    service.checkpoint().await.unwrap();
    service.verify(&officer(), &|_, _| {}).await.unwrap();
    service
        .set_adapter(&officer(), "archive", &world.adapter(), false)
        .await
        .unwrap();
    world.pass(3);
    let status = service.status().await.unwrap();
    assert_eq!(status.warnings, [""; 0]);
    assert_eq!(
        (status.queue.depth, status.queue.lag_seconds, status.records),
        (Some(0), Some(0), 5)
    );
    let checkpoint = status.checkpoint.unwrap();
    assert_eq!(
        (checkpoint.number, checkpoint.position, checkpoint.age_seconds),
        (1, 3, 3)
    );
    assert!(status.verified.unwrap().right);
    let adapter = &status.adapters[0];
    assert_eq!((adapter.position, adapter.lag_seconds), (0, 10));
    service
        .run_adapter(&officer(), "archive", &|_, _| {})
        .await
        .unwrap();
    world.pass(60);
    let status = service.status().await.unwrap();
    let adapter = &status.adapters[0];
    // What is left is the record of the export itself.
    assert_eq!((adapter.position, adapter.lag_seconds), (5, 0));
    assert_eq!(
        adapter.batch.as_deref(),
        Some("archive-000000000001-000000000005")
    );
    assert!(adapter.next_run.is_some() && adapter.error.is_none());
}
