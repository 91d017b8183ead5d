//! What officers are told at the command line.

use crate::{
    common::{run, wait_until},
    demo, exported_by, officer, people,
};
use serde_json::Value;
use std::fs;

const STYLESHEET: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../destination-folder/tests/filedump.xsl"
);

const STRANGER: &str = "Warning: no record tells of anything that alise@example.test did: is the name right?";

#[test]
fn a_first_adapter_names_the_options_that_it_needs() {
    let server = demo();
    let set = |more: &[&str]| {
        officer(
            &server,
            &[&["compliance", "adapter", "set", "mine"], more].concat(),
        )
    };
    let told = set(&[]).refused();
    assert!(told.contains("there is no adapter 'mine' yet"), "{told}");
    assert!(
        told.contains("--format xml, actiance, eml, csv, ndjson or rsmf"),
        "{told}"
    );
    assert!(told.contains("--directory DIR"), "{told}");
    let told = set(&["--format", "xml", "--what-if"]).refused();
    assert!(
        told.contains("--directory DIR") && !told.contains("--format"),
        "{told}"
    );
    let told = set(&["--directory", "/srv/exports"]).refused();
    assert!(
        told.contains("--format") && !told.contains("--directory"),
        "{told}"
    );
    let told = set(&["--directory", "/srv/exports", "--format", "pdf"]).refused();
    assert!(
        told.contains("'pdf' is no format: it must be xml, actiance"),
        "{told}"
    );
}

#[test]
fn a_stylesheet_is_taken_away_with_its_extension() {
    let server = demo();
    let folder = server.data_dir().join("out");
    fs::create_dir(&folder).expect("a folder");
    let set = |more: &[&str]| {
        officer(
            &server,
            &[&["compliance", "adapter", "set", "out", "--enabled", "off"], more].concat(),
        )
        .ok()
    };
    let listed = || officer(&server, &["compliance", "adapter", "list", "--json"]).json()["out"].clone();
    let directory = folder.to_str().expect("a path");
    set(&[
        "--directory",
        directory,
        "--format",
        "xml",
        "--xslt",
        STYLESHEET,
        "--extension",
        "dump",
    ]);
    assert!(
        listed()["xslt"]
            .as_str()
            .expect("a stylesheet")
            .contains("FileDump")
    );
    set(&["--xslt", ""]);
    let out = listed();
    assert_eq!((&out["xslt"], &out["extension"]), (&Value::Null, &Value::Null));
    assert_eq!(out["format"], "xml", "the rest stays");
    let batch = fs::read_dir(exported_by(&server, "out")).expect("a batch");
    let names: Vec<_> = batch.map(|file| file.expect("a file").file_name()).collect();
    assert!(
        !names.iter().any(|name| name.to_string_lossy().ends_with(".dump")),
        "{names:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_lists_show_what_people_know() {
    let server = demo();
    let told = |arguments: &[&str]| officer(&server, arguments).ok();
    let (alice, _events) = people::sign_in(&server, "alice").await;
    let lobby = people::join(&alice, "Lobby").await;
    for text in ["the first\nword", "the second word"] {
        alice.post(&lobby.uri, text).await.expect("it is posted");
    }
    let search = |id: &str, more: &[&str]| {
        officer(&server, &[&["compliance", "matter", "search", id], more].concat()).ok()
    };
    let opened = officer(
        &server,
        &[
            "compliance",
            "matter",
            "open",
            "Words",
            "--word",
            "word",
            "--json",
        ],
    )
    .json();
    let matter = opened["changes"][0]["target"].as_str().expect("an id");
    wait_until("both are stored", || {
        search(matter, &[]).contains("\n2 found, 2 shown.")
    });

    // Records are told in words, a line each, with the position that --after takes.
    let all = search(matter, &[]);
    assert!(all.starts_with("POSITION  TIME"), "{all}");
    assert!(all.contains("  the first word\n") && !all.contains('{'), "{all}");
    assert!(
        all.contains("  Lobby  CHAT  sip:alice@example.test  the second word\n"),
        "{all}"
    );
    assert!(!all.contains("More:"), "{all}");
    let first = search(matter, &["--limit", "1"]);
    let (_, after) = first
        .split_once("2 found, 1 shown. More: --after ")
        .expect("there is more");
    let second = search(matter, &["--after", after.trim()]);
    assert!(
        second.contains("the second word") && !second.contains("the first"),
        "{second}"
    );

    // Whom no record knows is told, and placed all the same.
    let place = [
        "compliance",
        "hold",
        "place",
        "--reason",
        "a claim",
        "--matter",
        matter,
        "--room",
        "Lobby",
    ];
    let place = [
        &place[..],
        &["--person", "alice@example.test", "--person", "alise@example.test"],
    ]
    .concat();
    for (more, done) in [(&["--what-if"][..], "Nothing was changed."), (&[], " is placed.")] {
        let placed = told(&[&place[..], more].concat());
        assert!(placed.contains(done), "{placed}");
        assert_eq!(placed.lines().last(), Some(STRANGER), "{placed}");
        assert!(!placed.contains("that alice@"), "{placed}");
    }
    let json = officer(&server, &[&place[..], &["--json", "--what-if"]].concat()).json();
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1), "{json}");
    let other = told(&[
        "compliance",
        "matter",
        "open",
        "Other",
        "--custodian",
        "alise@example.test",
        "--room",
        "Lobby",
    ]);
    assert_eq!(other.lines().last(), Some(STRANGER), "{other}");
    let period = ["--from", "2020-01-01", "--until", "2100-01-01"];
    let reads = |name: &str| told(&[&["compliance", "reads", name], &period[..]].concat());
    assert_eq!(reads("alise@example.test").lines().last(), Some(STRANGER));
    assert!(!reads("alice@example.test").contains("Warning"));

    // Rooms by name, and what a hold is for.
    let holds = told(&["compliance", "hold", "list"]);
    assert!(holds.contains(&format!("  {matter} (Words)  ")), "{holds}");
    let json = officer(&server, &["compliance", "hold", "list", "--json"]).json();
    let hold = json
        .as_object()
        .and_then(|all| all.values().next())
        .expect("a hold");
    let row = hold["rooms"][0].to_string();
    assert_eq!(hold["roomNames"][&row], "Lobby");
    assert!(holds.contains(&format!("  Lobby ({row})  ")), "{holds}");
    let matters = told(&["compliance", "matter", "list"]);
    assert!(matters.contains(&format!("  Lobby ({row})  ")), "{matters}");
    // A change takes the rooms as they are.
    let id = other.split(' ').nth(1).expect("an id");
    told(&["compliance", "matter", "change", id, "--word", "deal"]);
    let json = officer(&server, &["compliance", "matter", "list", "--json"]).json();
    assert_eq!(json[id]["rooms"][0].to_string(), row);
    assert_eq!(json[id]["custodians"], serde_json::json!(["alise@example.test"]));
    told(&["retention", "set", "room:Lobby", "3000"]);
    told(&["retention", "set", "category:General", "2000"]);
    let policies = told(&["retention", "list"]);
    assert!(
        policies.contains(&format!("room:Lobby        3000  room:{row}\n")),
        "{policies}"
    );
    assert!(
        policies.contains("category:General  2000  category:"),
        "{policies}"
    );

    // What can't be done says why.
    let applied = told(&["retention", "apply"]);
    assert!(
        applied.starts_with("Destroyed the content of 0 records, and took 0 messages"),
        "{applied}"
    );
    assert!(
        applied.contains("\nOf the rooms' records these stay:\nRECORDS  WHY\n"),
        "{applied}"
    );
    assert!(applied.contains("younger than its policy room:"), "{applied}");
}

#[test]
fn a_refusal_names_the_role_that_it_takes() {
    let server = demo();
    let told = officer(&server, &["room", "add", "X", "--category", "General"]).refused();
    assert!(
        told.contains("It takes the role administrator; yours is compliance-officer"),
        "{told}"
    );
    assert!(
        told.contains("causerie token add NAME --role administrator"),
        "{told}"
    );
    let told = run(&server, &["compliance", "hold", "list"]).refused();
    assert!(
        told.contains("It takes the role compliance-officer; yours is administrator"),
        "{told}"
    );
}
