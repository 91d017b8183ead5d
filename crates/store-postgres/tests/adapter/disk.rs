//! A server whose disk is full: nothing is lost, nothing is there twice, and it goes on when there is room.

use causerie_model::StoreFault;
use causerie_records::{Addition, Records, conformance::Chain};
use causerie_store_postgres::{Options, PostgresRecords};
use causerie_testkit::{Full, Postgres};
use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// Most additions until there is no room: they need 8 MB.
const MOST: usize = 1_000;

/// 8,000 bytes that can't be made shorter.
fn text() -> String {
    let dice = RandomState::new();
    (0..500).map(|n| format!("{:016x}", dice.hash_one(n))).collect()
}

/// The next record of a room, in an addition.
fn adding(chain: &mut Chain) -> Addition {
    Addition {
        records: vec![chain.post("ann@x.test", &text())],
        ..Addition::default()
    }
}

/// An open database on a server of its own.
async fn open(server: &Postgres) -> PostgresRecords {
    let database = server.database();
    let role = format!("service_{database}");
    server.sql(&database, &format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'"));
    PostgresRecords::prepare(&server.url(&database), None, &role)
        .await
        .expect("the database is prepared");
    let options = Options {
        connections: 2,
        connect_timeout: Duration::from_secs(3),
        ..Options::default()
    };
    PostgresRecords::open(&server.url_as(&role, &database), Some("secret"), options)
        .await
        .expect("the database opens")
}

/// Appends until it is refused; what was taken is in the chain. The addition that was refused, the chain with it, and the
/// refusal.
async fn fill(store: &PostgresRecords, chain: &mut Chain) -> (Addition, Chain, StoreFault) {
    for _ in 0..MOST {
        let mut next = chain.clone();
        let addition = adding(&mut next);
        match store.append(&addition).await {
            Ok(_) => *chain = next,
            Err(error) => return (addition, next, error.fault),
        }
    }
    panic!("it never fills up");
}

/// All records of the room are there once, up to its head.
async fn judge(store: &PostgresRecords, chain: &Chain) {
    let stored = store.read(0, u64::MAX, u32::MAX).await.expect("records");
    let numbers: Vec<u64> = stored.iter().map(|stored| stored.record.number).collect();
    assert_eq!(numbers, (1..=chain.head.record).collect::<Vec<_>>());
    let last = stored.last().expect("a record");
    assert_eq!(store.head(last.record.chain).await.expect("a head"), chain.end());
}

async fn no_room_for_data(full: Full, expected: StoreFault) {
    let server = Postgres::start_on_a_small_disk();
    let store = open(&server).await;
    let mut chain = Chain::of_room(1);
    for _ in 0..3 {
        store.append(&adding(&mut chain)).await.expect("there is room");
        server.fill_disk(full);
        let (refused, next, fault) = fill(&store, &mut chain).await;
        assert_eq!(fault, expected);
        for _ in 0..3 {
            let error = store.append(&refused).await.expect_err("there is no room");
            assert_eq!(error.fault, expected, "{error}");
            judge(&store, &chain).await;
        }
        server.empty_disk();
        chain = next;
        for _ in 0..2 {
            // The second time it is there already.
            let end = store.append(&refused).await.expect("there is room");
            assert_eq!(end, chain.head.record);
        }
        judge(&store, &chain).await;
    }
}

#[tokio::test]
async fn no_room_for_tables_refuses_until_there_is_room_again() {
    no_room_for_data(Full::Data, StoreFault::Full).await;
}

/// The server has no word of its own for it.
#[tokio::test]
async fn a_used_up_quota_refuses_until_there_is_room_again() {
    no_room_for_data(Full::Quota, StoreFault::Other).await;
}

#[tokio::test]
async fn no_room_for_the_log_ends_the_server_and_loses_and_doubles_nothing() {
    let server = Postgres::start_on_a_small_disk();
    let store = open(&server).await;
    let mut chain = Chain::of_room(1);
    for _ in 0..2 {
        store.append(&adding(&mut chain)).await.expect("there is room");
        server.fill_disk(Full::Log);
        let (refused, next, fault) = fill(&store, &mut chain).await;
        // It may have said so before it ended.
        assert!(
            matches!(fault, StoreFault::Full | StoreFault::Unavailable),
            "{fault:?}"
        );
        let error = store.append(&refused).await.expect_err("nobody is there");
        assert_eq!(error.fault, StoreFault::Unavailable, "{error}");
        server.empty_disk();
        server.restart();
        // Whether it was stored before the server ended isn't known.
        let end = store.append(&refused).await.expect("there is room");
        chain = next;
        assert_eq!(end, chain.head.record);
        judge(&store, &chain).await;
    }
}
