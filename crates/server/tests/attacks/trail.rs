//! What administrators do leaves a trail, and what auditors are given holds it.

use crate::{
    judge::Verdict,
    officer::{Officer, body, records_in, verify_by_program, verify_by_script, wait_until},
    people::{BINARY, join, sign_in},
};
use causerie_testkit::Server;
use serde_json::Value;
use std::fs;

/// A stylesheet of the kind that customers of Persistent Chat Server have.
const STYLESHEET: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../destination-folder/tests/filedump.xsl"
);

/// A demo server, its administrator and its officer.
fn scene() -> (Server, Officer, Officer) {
    let server = Server::demo(BINARY);
    let administrator = Officer::on_machine(server.data_dir());
    let officer = Officer::of(&server);
    (server, administrator, officer)
}

/// Who an administrator on the machine is in records.
#[track_caller]
fn is_administrator(record: &Value) {
    let actor = record["actor"].as_str().unwrap();
    assert!(actor.starts_with("admin:unix:"), "{record}");
}

#[tokio::test(flavor = "multi_thread")]
async fn compliance_3_the_original_text_stays_in_the_trail() {
    let (server, administrator, officer) = scene();
    let folder = officer.adapter("all", &[]);
    let (client, _) = sign_in(&server, "alice").await;
    let room = join(&client, "Lobby").await.uri;
    for text in ["the first secret", "the second secret", "the third secret"] {
        client.post(&room, text).await.unwrap();
    }
    let change = |arguments: &[&str]| administrator.run(&[arguments, &["--yes"]].concat());
    change(&[
        "message",
        "replace",
        "Lobby",
        "--text",
        "first",
        "--with",
        "(removed)",
    ]);
    change(&["message", "remove", "Lobby", "--text", "second"]);
    change(&["room", "clear", "Lobby", "--until", "2999-01-01"]);
    assert!(client.history(&room, 9).await.unwrap().is_empty());

    let records = records_in(&folder.join(officer.export_all("all")));
    let of_kind =
        |kind: &str| -> Vec<&Value> { records.iter().filter(|record| record["kind"] == kind).collect() };
    let texts: Vec<String> = of_kind("CHAT")
        .into_iter()
        .map(|record| body(record)["text"].to_string())
        .collect();
    assert_eq!(
        texts,
        [
            "\"the first secret\"",
            "\"the second secret\"",
            "\"the third secret\""
        ]
    );
    let deleted = of_kind("DELETED");
    let [replaced, removed] = deleted[..] else {
        panic!("{deleted:?}")
    };
    for (record, text, replacement) in [
        (replaced, "the first secret", Value::from("(removed)")),
        (removed, "the second secret", Value::Null),
    ] {
        is_administrator(record);
        let body = body(record);
        assert_eq!(
            (&body["text"], &body["replacement"], &body["author"]),
            (&text.into(), &replacement, &"alice@example.test".into())
        );
        let posted = of_kind("CHAT")[0]["at"].as_i64().unwrap();
        assert!(record["at"].as_i64().unwrap() > posted, "{record}");
    }
    let purged = of_kind("PURGED");
    assert_eq!(purged.len(), 1);
    is_administrator(purged[0]);
    let until = body(purged[0])["until"].to_string();
    assert!(until.contains("2999-01-01T00:00:00"), "{until}");
}

#[tokio::test(flavor = "multi_thread")]
async fn compliance_4_a_room_that_is_opened_leaves_a_record() {
    let (server, administrator, officer) = scene();
    let folder = officer.adapter("all", &[]);
    administrator.run(&["room", "change", "Deals", "--privacy", "open"]);
    let records = records_in(&folder.join(officer.export_all("all")));
    let changed: Vec<&Value> = records
        .iter()
        .filter(|one| body(one)["what"] == "room.change")
        .collect();
    let [changed] = changed[..] else {
        panic!("{changed:?}")
    };
    is_administrator(changed);
    let told = body(changed);
    let text = |member: &str| told[member].as_str().unwrap().to_owned();
    assert!(text("before").contains("privacy=closed"), "{told}");
    assert!(text("after").contains("privacy=open"), "{told}");
    assert_eq!(told["room"]["name"], "Deals");
    drop(server);
}

/// Behind a barrier he is refused; without one he is in, and that is recorded and an alarm.
#[tokio::test(flavor = "multi_thread")]
async fn compliance_8_an_administrator_can_not_let_himself_into_a_secret_room_unseen() {
    let (server, administrator, officer) = scene();
    let folder = officer.adapter("all", &[]);
    for (group, member) in [
        ("Research", "bob@example.test"),
        ("Trading", "carol@example.test"),
    ] {
        administrator.run(&["group", "add", group]);
        administrator.run(&["group", "add-member", group, member]);
    }
    administrator.run(&["barrier", "add", "Wall", "Research", "Trading"]);
    let add = |who: &str| administrator.try_run(&["member", "add", "Project X", who]);
    let behind = add("carol@example.test");
    let other = add("dave@example.test");
    assert!(other.ok, "{other:?}");
    let alarms = || -> Vec<String> {
        let log = server.log();
        let lines = log.lines().filter(|line| line.contains("wall-passed"));
        lines.map(str::to_owned).collect()
    };
    officer.wait_until_stored();
    wait_until("the alarm is raised", || {
        alarms().iter().any(|line| line.contains("dave@example.test"))
    });
    let records = records_in(&folder.join(officer.export_all("all")));
    let let_in = |who: &str| -> Vec<Value> {
        let granted =
            |one: &&Value| body(one)["what"] == "member.grant" && body(one)["room"]["name"] == "Project X";
        let all = records.iter().filter(granted);
        all.filter(|one| body(one)["after"].as_str().unwrap().contains(who))
            .cloned()
            .collect()
    };
    let [dave] = &let_in("dave@example.test")[..] else {
        panic!("{records:?}")
    };
    is_administrator(dave);
    let refused = &behind.err;
    assert!(!behind.ok && refused.contains("barrier"), "{behind:?}");
    assert_eq!(let_in("carol@example.test"), Vec::<Value>::new());
    let (carol, _) = sign_in(&server, "carol").await;
    let seen = carol.rooms("").await.unwrap();
    assert!(
        seen.iter().all(|room| room.name != "Project X"),
        "she is behind the wall"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn compliance_9_a_stylesheet_for_the_original_runs_unchanged() {
    let (mut server, _, officer) = scene();
    let folder = officer.adapter(
        "old",
        &["--format", "xml", "--xslt", STYLESHEET, "--extension", "dump"],
    );
    let (client, _) = sign_in(&server, "alice").await;
    let room = join(&client, "Lobby").await.uri;
    client.post(&room, "5 < 6 & \"so on\"").await.unwrap();
    client.part(&room).await.unwrap();
    let batch = folder.join(officer.export_all("old"));
    let names = fs::read_dir(&batch).unwrap().map(|entry| entry.unwrap().path());
    let dump = names.filter(|path| path.extension().is_some_and(|extension| extension == "dump"));
    let [dump] = &dump.collect::<Vec<_>>()[..] else {
        panic!("one file is made of one")
    };
    let dump = fs::read_to_string(dump).unwrap();
    for part in [
        "<FileDump>",
        "<Conversation Perspective=\"Lobby\">",
        "<ParticipantEntered>",
        "<CorporateEmailID>alice@example.test</CorporateEmailID>",
        "<Content>5 &lt; 6 &amp; \"so on\"</Content>",
        "<ParticipantLeft>",
    ] {
        assert!(dump.contains(part), "{part} isn't in {dump}");
    }
    verify_by_script(&batch, &officer.key()).unwrap();
    verify_by_program(&batch, &officer.key()).unwrap();
    server.stop();
}

/// Alice reads what is said in Deals before she comes only if she looks into history; Bob was there, left, and came no more.
#[tokio::test(flavor = "multi_thread")]
async fn compliance_10_all_that_one_user_could_have_read() {
    let (mut server, _, officer) = scene();
    let (alice, _) = sign_in(&server, "alice").await;
    let (bob, _) = sign_in(&server, "bob").await;
    let (carol, _) = sign_in(&server, "carol").await;
    let room = join(&alice, "Deals").await.uri;
    let lobby = join(&carol, "Lobby").await.uri;
    alice.post(&room, "1 before he came, never shown").await.unwrap();
    alice
        .post(&room, "2 before he came, shown as history")
        .await
        .unwrap();
    join(&bob, "Deals").await;
    assert_eq!(bob.history(&room, 1).await.unwrap().len(), 1);
    alice.post(&room, "3 while he was there").await.unwrap();
    bob.post(&room, "4 his own").await.unwrap();
    bob.part(&room).await.unwrap();
    alice.post(&room, "5 after he left").await.unwrap();
    carol.post(&lobby, "6 where he never was").await.unwrap();
    officer.wait_until_stored();

    let folder = server.data_dir().join("reads");
    fs::create_dir_all(&folder).unwrap();
    let asked = [
        "compliance",
        "reads",
        "bob@example.test",
        "--from",
        "2020-01-01",
        "--to",
        "2999-01-01",
    ];
    let export = [&asked[..], &["--export", folder.to_str().unwrap()]].concat();
    let batch = officer.run(&export)["batch"].as_str().unwrap().to_owned();
    let batch = folder.join(batch);
    let texts: Vec<String> = records_in(&batch)
        .iter()
        .map(|record| body(record)["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        texts,
        [
            "2 before he came, shown as history",
            "3 while he was there",
            "4 his own"
        ]
    );
    verify_by_script(&batch, &officer.key()).unwrap();
    verify_by_program(&batch, &officer.key()).unwrap();
    let never = [
        "compliance",
        "reads",
        "bob@example.test",
        "--from",
        "2020-01-01",
        "--to",
        "2020-01-02",
    ];
    assert_eq!(officer.run(&never)["found"], 0);
    server.stop();
    Verdict::of(&server.data_dir()).await.verify_presence();
}
