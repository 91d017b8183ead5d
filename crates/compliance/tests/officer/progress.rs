//! How far work is that takes long.

use crate::world::{World, address, olga};
use causerie_compliance::{ComplianceError, MatterRequest, Page, Progress, Reading};
use causerie_model::Timestamp;
use causerie_records::Records;
use std::sync::Mutex;

/// What is told while something is done, which rises and ends at the whole.
async fn told<T>(work: impl AsyncFnOnce(Progress<'_>) -> Result<T, ComplianceError>) -> Vec<(u64, u64)> {
    let calls = Mutex::new(Vec::new());
    let call = |done, of| calls.lock().unwrap().push((done, of));
    work(&call).await.map(|_| ()).unwrap();
    let calls = calls.into_inner().unwrap();
    let rises = |a: &(u64, u64), b: &(u64, u64)| a.0 <= b.0 && a.0 * b.1 < b.0 * a.1;
    assert!(calls.is_sorted_by(rises), "{calls:?}");
    let last = calls.last().expect("something is told");
    assert_eq!(last.0, last.1, "{calls:?}");
    calls
}

/// 1,500 records of a room that Ann enters with the first, and 700 of another.
async fn talk() -> World {
    let mut world = World::new().await;
    let mut records = vec![world.join(1, 1, "ann")];
    records.extend((1..1_500).map(|at| world.chat(1, at, "bob", "one")));
    records.extend((0..700).map(|at| world.chat(2, at, "bob", "two")));
    world.store(records).await;
    world
}

#[tokio::test]
async fn a_plan_tells_how_many_records_it_decided() {
    let world = talk().await;
    let calls = told(async |progress| world.service.retention_plan(progress).await).await;
    assert_eq!(calls, [(1_000, 2_200), (1_500, 2_200), (2_200, 2_200)]);
}

#[tokio::test]
async fn a_search_tells_how_many_records_it_looked_at() {
    let world = talk().await;
    let found = async |rooms: &[&str]| {
        let request = MatterRequest {
            name: "X".to_owned(),
            rooms: rooms.iter().map(|&room| room.to_owned()).collect(),
            ..MatterRequest::default()
        };
        let id = world
            .service
            .open_matter(&olga(), &request, false)
            .await
            .unwrap()
            .target;
        let end = world.records.end().await.unwrap();
        let (service, officer) = (&world.service, olga());
        let calls = told(async |progress| {
            let found = service
                .search_matter(&officer, &id, Page::default(), progress)
                .await;
            assert_eq!(
                found.as_ref().unwrap().records,
                if rooms == ["2"] { 700 } else { 2_200 }
            );
            found
        });
        (calls.await, end)
    };
    let (calls, end) = found(&[]).await;
    assert_eq!(calls, [(1_000, end), (2_000, end), (end, end)]);
    let (calls, _) = found(&["1", "2"]).await;
    assert_eq!(calls, [(1_000, 2_200), (1_500, 2_200), (2_200, 2_200)]);
    let (calls, _) = found(&["2"]).await;
    assert_eq!(calls, [(700, 700)]);
}

#[tokio::test]
async fn reads_tell_how_many_records_were_looked_at_for_rooms_and_in_them() {
    let world = talk().await;
    let end = world.records.end().await.unwrap();
    let of = async |user: &str| {
        let (service, officer) = (&world.service, olga());
        let reading = Reading {
            user: address(user),
            from: Timestamp(0),
            until: Timestamp(2_000),
        };
        told(async |progress| service.reads(&officer, &reading, Page::default(), progress).await).await
    };
    assert_eq!(
        of("ann").await,
        [
            (1, 2 * end),
            (end, 2 * end),
            (end + 1_000, end + 1_500),
            (end + 1_500, end + 1_500)
        ]
    );
    // The first question is a record.
    let end = end + 1;
    assert_eq!(of("carl").await, [(1, 2 * end), (end, 2 * end), (end, end)]);
}
