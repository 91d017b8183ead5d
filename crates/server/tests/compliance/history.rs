//! Retention reaches the rooms of a chat server in another process.

use crate::{
    common::{Ran, run_alone, wait_until},
    demo, officer, people,
    service::{Service, chat_alone},
};
use causerie_client::{Client, Room};
use causerie_model::{ChainId, RoomId};
use causerie_queue::conformance::everything;
use causerie_records::Records;
use causerie_store::{History, Journal};
use causerie_store_sqlite::{Options as SqliteOptions, SqliteRecords, SqliteStore};
use serde_json::Value;
use std::fs;

async fn texts(alice: &Client, lobby: &Room) -> Vec<String> {
    let history = alice.history(&lobby.uri, 100).await.expect("history");
    history.into_iter().map(|message| message.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_retention_destroys_is_no_longer_in_the_rooms_either() {
    let mut server = chat_alone();
    let mut service = Service::with(&server, "[compliance]\nminimum_retention_days = 0\n");
    let data = service.data_dir();
    let officer = |arguments: &[&str]| -> Ran {
        run_alone(&[arguments, &["--data-dir", data.to_str().expect("a path")]].concat())
    };
    let all_is_stored = || {
        let status = officer(&["compliance", "status", "--json"]).json();
        status["records"].as_u64() > Some(0) && status["queue"]["depth"] == 0
    };

    let (alice, _events) = people::sign_in(&server, "alice").await;
    let lobby = people::join(&alice, "Lobby").await;
    for text in ["the first secret", "the second secret"] {
        alice.post(&lobby.uri, text).await.expect("it is posted");
    }
    assert_eq!(texts(&alice, &lobby).await.len(), 2);
    wait_until("it is stored", all_is_stored);
    let exports = data.join("exports");
    fs::create_dir(&exports).expect("a folder");
    let exports = exports.to_str().expect("a path");
    let set = [
        "compliance",
        "adapter",
        "set",
        "all",
        "--enabled",
        "off",
        "--format",
        "ndjson",
    ];
    officer(&[&set[..], &["--directory", exports]].concat()).ok();
    officer(&["compliance", "adapter", "run", "all"]).ok();
    officer(&["retention", "set", "global", "0"]).ok();
    // What is posted after the export stays.
    alice.post(&lobby.uri, "what stays").await.expect("it is posted");
    wait_until("it is stored", all_is_stored);

    let plan = officer(&["retention", "plan", "--json"]).json();
    assert_eq!(plan["messages"], 2);
    let told = officer(&["retention", "plan"]).ok();
    assert!(
        told.contains("and their 2 messages from the rooms' history"),
        "{told}"
    );
    let records = plan["records"].as_u64().expect("a number");

    // Without the chat server nothing goes.
    server.stop();
    let told = officer(&["retention", "apply", "--yes"]).refused();
    assert!(told.contains("so their records stay"), "{told}");
    assert!(told.contains("queue.sock"), "{told}");
    // How much waits there isn't known then.
    let told = officer(&["compliance", "status"]).ok();
    assert!(
        told.contains("Waiting     unknown\nSet aside   unknown\n"),
        "{told}"
    );
    let status = officer(&["compliance", "status", "--json"]).json();
    assert_eq!(status["queue"].get("depth"), Some(&Value::Null));
    let plan = officer(&["retention", "plan", "--json"]).json();
    assert_eq!(
        (plan["records"].as_u64(), &plan["messages"]),
        (Some(records), &2.into())
    );

    server.restart();
    let (alice, _events) = people::sign_in(&server, "alice").await;
    let lobby = people::join(&alice, "Lobby").await;
    assert_eq!(texts(&alice, &lobby).await.len(), 3);
    let told = officer(&["retention", "apply", "--yes"]).ok();
    assert!(
        told.contains("took 2 messages out of the rooms' history"),
        "{told}"
    );
    assert_eq!(texts(&alice, &lobby).await, ["what stays"]);
    wait_until("the record of it is stored", all_is_stored);
    alice.post(&lobby.uri, "and goes on").await.expect("it is posted");
    wait_until("all is stored", all_is_stored);
    let told = officer(&["compliance", "verify"]).ok();
    assert!(told.starts_with("Nothing is wrong"), "{told}");

    // The record of it is no message: nothing more goes from the room.
    let again = officer(&["retention", "apply", "--yes", "--json"]).json();
    assert_eq!(again["messages"], 0);
    assert_eq!(texts(&alice, &lobby).await, ["what stays", "and goes on"]);
    officer(&["compliance", "adapter", "run", "all"]).ok();
    let told = exported(exports);
    assert_eq!(
        told.matches("took 2 messages out of the history by retention: 1-2")
            .count(),
        1
    );

    // The chat server's own database has no more either, and what waits in it goes on where the verified chain ends.
    let mut lines = plan["lines"].as_array().expect("lines").iter();
    let line = lines.find(|line| line["name"] == "Lobby").expect("a line");
    let chain = line["chain"].as_str().expect("a chain");
    let room = RoomId(chain.trim_start_matches("room:").parse().expect("a row"));
    server.stop();
    service.stop();
    let store = SqliteStore::open(&server.data_dir().join("causerie.db"), SqliteOptions::default()).await;
    let records = SqliteRecords::open(&data.join("compliance.db"), SqliteOptions::default()).await;
    let (store, records) = (store.expect("it opens"), records.expect("it opens"));
    let kept = store.latest(room, None, 100).await.expect("history").into_iter();
    let kept: Vec<String> = kept.map(|message| message.text).collect();
    assert_eq!(kept, ["what stays", "and goes on"]);
    let chain = ChainId::Room(room);
    let verified = Records::head(&records, chain).await.expect("a head");
    let mut end = (verified.number, verified.hash);
    for record in everything(&store).await {
        // What was stored but not acknowledged when the server stopped is delivered again.
        if record.chain == chain && record.number > verified.number {
            assert_eq!((record.number, record.previous), (end.0 + 1, end.1));
            end = (record.number, record.hash);
        }
    }
    let head = Journal::head(&store, chain).await.expect("a head");
    assert_eq!((head.record, head.hash), end);
}

/// All that is in the files of batches, each in a folder of its own.
fn exported(folder: &str) -> String {
    let batches = fs::read_dir(folder).expect("batches");
    let files = batches.flat_map(|batch| fs::read_dir(batch.expect("a batch").path()).expect("files"));
    files
        .map(|file| fs::read_to_string(file.expect("a file").path()).expect("a text"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_one_process_it_does_too() {
    let server = demo();
    let (alice, _events) = people::sign_in(&server, "alice").await;
    let lobby = people::join(&alice, "Lobby").await;
    alice.post(&lobby.uri, "the secret").await.expect("it is posted");
    let shown = texts(&alice, &lobby).await;
    assert_eq!(shown.last().expect("a text"), "the secret");
    officer(&server, &["retention", "set", "global", "0"]).ok();
    wait_until("it is exported", || {
        // The adapter may be running by itself.
        officer(&server, &["compliance", "adapter", "run", "demo"]);
        let plan = officer(&server, &["retention", "plan", "--json"]).json();
        plan["messages"].as_u64() == Some(shown.len() as u64)
    });
    let applied = officer(&server, &["retention", "apply", "--yes", "--json"]).json();
    assert_eq!(applied["messages"].as_u64(), Some(shown.len() as u64));
    assert_eq!(texts(&alice, &lobby).await, [""; 0]);
    officer(&server, &["compliance", "verify"]).ok();

    // What is searched from now on says that something may be missing.
    const GONE: &str = "Retention has destroyed the content of ";
    let period = ["--from", "2020-01-01", "--until", "2100-01-01"];
    let reads = [&["compliance", "reads", "bob@example.test"], &period[..]].concat();
    let told = officer(&server, &reads).ok();
    assert!(told.contains(GONE), "{told}");
    let folder = server.data_dir();
    let export = ["--export", folder.to_str().expect("a path")];
    for more in [&["--what-if"][..], &[]] {
        let told = officer(&server, &[&reads[..], &export, more].concat()).ok();
        assert!(told.contains(GONE), "{told}");
    }
    let opened = officer(&server, &["compliance", "matter", "open", "X", "--json"]).json();
    let matter = opened["changes"][0]["target"].as_str().expect("an id");
    let told = officer(&server, &["compliance", "matter", "search", matter]).ok();
    assert!(told.contains(GONE), "{told}");
    let told = officer(&server, &["compliance", "matter", "search", matter, "--json"]).json();
    assert!(told["retired"].as_u64() >= applied["records"].as_u64(), "{told}");
}
