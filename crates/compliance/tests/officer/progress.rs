//! How far work is that takes long.

use crate::world::{World, address, olga, settings};
use causerie_compliance::{Compliance, ComplianceError, MatterRequest, Page, Progress, Reading};
use causerie_model::Timestamp;
use causerie_records::Records;
use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};
use std::time::Duration;

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

#[tokio::test]
async fn a_stop_breaks_off_what_officers_wait_for() {
    let world = talk().await;
    let open = async || {
        let service = Compliance::open(settings(365), world.needs.clone()).await;
        service.unwrap()
    };
    /// Does something with a service that is to stop when the first is told of how far it is.
    macro_rules! broken_off {
        (|$service:ident, $progress:ident| $work:expr) => {{
            let $service = open().await;
            let calls = AtomicU64::new(0);
            let stopping = $service.clone();
            let $progress = |_, _| {
                calls.fetch_add(1, Ordering::Relaxed);
                stopping.break_off();
            };
            let $progress: Progress<'_> = &$progress;
            let outcome = $work.await;
            assert!(matches!(outcome, Err(ComplianceError::Stopping)), "{outcome:?}");
            assert_eq!(calls.load(Ordering::Relaxed), 1, "it ends at its next page");
        }};
    }
    let reading = Reading {
        user: address("ann"),
        from: Timestamp(0),
        until: Timestamp(2_000),
    };
    let matter = MatterRequest {
        name: "X".to_owned(),
        ..MatterRequest::default()
    };
    let matter = world
        .service
        .open_matter(&olga(), &matter, false)
        .await
        .unwrap()
        .target;
    let request = world.request();
    let officer = olga();
    let page = Page::default();
    broken_off!(|service, progress| service.verify(&officer, progress));
    broken_off!(|service, progress| service.retention_plan(progress));
    broken_off!(|service, progress| service.retention_apply(&officer, progress));
    broken_off!(|service, progress| service.search_matter(&officer, &matter, page, progress));
    broken_off!(|service, progress| service.reads(&officer, &reading, page, progress));
    broken_off!(|service, progress| service.export_reads(&officer, &reading, &request, false, progress));
    // Soon, if not at once: whoever drops it isn't held up.
    let gone = async {
        while std::fs::read_dir(&request.directory).unwrap().count() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let gone = tokio::time::timeout(Duration::from_secs(60), gone).await;
    gone.expect("nothing is left");
    // What goes on is only what was begun before.
    assert!(world.service.retention_plan(&|_, _| {}).await.is_ok());
}
