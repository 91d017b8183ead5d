//! Whoever changes an export or the database of records is found out, and told what he changed.

use crate::{
    judge::Verdict,
    officer::{Officer, body, records_in, sql, verify_by_program, verify_by_script},
    people::{BINARY, join, sign_in},
};
use causerie_proof::{Manifest, SignedManifest, SigningKey};
use causerie_testkit::Server;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Copies a SQLite database that is in use.
const COPY: &str = "
import sqlite3, sys
with sqlite3.connect(sys.argv[2]) as to:
    sqlite3.connect(sys.argv[1], timeout=60).backup(to)
";

const SECRET: &str = "sell at 17";

/// A demo server with a message in its Lobby, and an export of all.
async fn scene() -> (Server, Officer, PathBuf) {
    let server = Server::demo(BINARY);
    let officer = Officer::of(&server);
    let folder = officer.adapter("all", &[]);
    let (client, _) = sign_in(&server, "alice").await;
    let room = join(&client, "Lobby").await.uri;
    for text in ["before", SECRET, "after"] {
        client.post(&room, text).await.unwrap();
    }
    let batch = folder.join(officer.export_all("all"));
    (server, officer, batch)
}

/// How records call the one with the secret.
fn title(batch: &Path) -> String {
    let records = records_in(batch);
    let secret = records
        .iter()
        .find(|record| record["kind"] == "CHAT" && body(record)["text"] == SECRET);
    let secret = secret.unwrap();
    format!(
        "record {} of {}",
        secret["number"],
        secret["chain"].as_str().unwrap()
    )
}

/// Changes a file of an export; what is said then by script and program. The file is put back.
fn verdicts(batch: &Path, key: &Path, file: &Path, change: impl FnOnce(&mut Vec<u8>)) -> [String; 2] {
    let right = fs::read(file).unwrap();
    let mut bytes = right.clone();
    change(&mut bytes);
    fs::write(file, bytes).unwrap();
    let verdicts = [verify_by_script(batch, key), verify_by_program(batch, key)].map(Result::unwrap_err);
    fs::write(file, right).unwrap();
    verdicts
}

/// Where the secret is in a file.
fn secret_in(bytes: &[u8]) -> usize {
    let secret = SECRET.as_bytes();
    bytes
        .windows(secret.len())
        .position(|part| part == secret)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn compliance_6_a_changed_export_names_file_and_record() {
    let (_server, officer, batch) = scene().await;
    let key = officer.key();
    let title = title(&batch);
    let xml = fs::read_dir(&batch).unwrap().map(|entry| entry.unwrap().path());
    let mut xml = xml.filter(|path| path.extension().is_some_and(|extension| extension == "xml"));
    let xml = xml.next().unwrap();
    for file in [&xml, &batch.join("records.ndjson")] {
        let name = file.file_name().unwrap().to_str().unwrap();
        for verdict in verdicts(&batch, &key, file, |bytes| {
            let at = secret_in(bytes) + SECRET.len() - 1;
            bytes[at] ^= 1;
        }) {
            assert!(
                verdict.contains(name) && verdict.contains(&title),
                "{name}, {title}: {verdict}"
            );
        }
        // Cut off within the record.
        for verdict in verdicts(&batch, &key, file, |bytes| bytes.truncate(secret_in(bytes) + 3)) {
            assert!(
                verdict.contains(name) && verdict.contains(&title),
                "{name}, {title}: {verdict}"
            );
        }
    }
    // As it was, it is right again.
    verify_by_script(&batch, &key).unwrap();
    verify_by_program(&batch, &key).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn compliance_6_a_changed_database_names_the_record() {
    let (server, officer, batch) = scene().await;
    let database = server.data_dir().join("compliance.db");
    let title = title(&batch);
    let secret = records_in(&batch)
        .into_iter()
        .find(|one| one["kind"] == "CHAT" && body(one)["text"] == SECRET);
    let at = secret.unwrap()["position"].as_u64().unwrap();
    // Against intent there is only what was signed: whoever owns the file can do anything to it.
    let triggers = sql(
        &database,
        &["SELECT name FROM sqlite_schema WHERE type = 'trigger'"],
    );
    for trigger in triggers {
        sql(
            &database,
            &[&format!("DROP TRIGGER {}", trigger[0].as_str().unwrap())],
        );
    }
    let changed = |statements: &[String]| -> String {
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        sql(
            &database,
            &[&["BEGIN IMMEDIATE"], &statements[..], &["COMMIT"]].concat(),
        );
        officer.refused(&["compliance", "verify"])
    };
    let swap = [
        format!("UPDATE records SET position = 1000000 WHERE position = {at}"),
        format!("UPDATE records SET position = {at} WHERE position = {}", at + 1),
        format!(
            "UPDATE records SET position = {} WHERE position = 1000000",
            at + 1
        ),
    ];
    let chain = title.rsplit(' ').next().unwrap().to_owned();
    for (what, change, mend) in [
        (
            "another text",
            vec![format!(
                "UPDATE records SET body = replace(body, '17', '71') WHERE position = {at}"
            )],
            vec![format!(
                "UPDATE records SET body = replace(body, '71', '17') WHERE position = {at}"
            )],
        ),
        (
            "a removed row",
            vec![
                format!("CREATE TABLE kept AS SELECT * FROM records WHERE position = {at}"),
                format!("DELETE FROM records WHERE position = {at}"),
            ],
            vec![
                "INSERT INTO records SELECT * FROM kept".to_owned(),
                "DROP TABLE kept".to_owned(),
            ],
        ),
        ("a swapped pair", swap.to_vec(), swap.to_vec()),
    ] {
        let verdict = changed(&change);
        let named = verdict.contains(&at.to_string()) || verdict.contains(&chain);
        assert!(named, "{what}, {title}, position {at}: {verdict}");
        // As it was, it is right again.
        let statements: Vec<&str> = mend.iter().map(String::as_str).collect();
        sql(
            &database,
            &[&["BEGIN IMMEDIATE"], &statements[..], &["COMMIT"]].concat(),
        );
        officer.run(&["compliance", "verify"]);
    }
}

/// The lines of a file of an export, as JSON.
fn lines_of(batch: &Path, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(batch.join(file)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What is said of an export with these nodes by script and program: nothing if they find it sound. Who changes it
/// has the key of the service, if one is given, and signs it anew. What was there is put back.
fn with_nodes(batch: &Path, key: &Path, nodes: &[Value], signer: Option<&SigningKey>) -> [String; 2] {
    let files = ["nodes.ndjson", "manifest.json", "manifest.sig"].map(|name| batch.join(name));
    let right = files.each_ref().map(|file| fs::read(file).unwrap());
    let text: String = nodes.iter().map(|node| format!("{node}\n")).collect();
    fs::write(&files[0], &text).unwrap();
    if let Some(signer) = signer {
        let mut manifest: Manifest = serde_json::from_slice(&right[1]).unwrap();
        let listed = manifest.files.get_mut("nodes.ndjson").unwrap();
        listed.bytes = text.len() as u64;
        let bytes = SignedManifest {
            manifest: text.into_bytes(),
            signature: Vec::new(),
        };
        listed.sha256 = bytes.hash().to_string();
        let signed = manifest.sign(signer);
        fs::write(&files[1], signed.manifest).unwrap();
        fs::write(&files[2], signed.signature).unwrap();
    }
    let said = [verify_by_script(batch, key), verify_by_program(batch, key)];
    for (file, bytes) in files.iter().zip(right) {
        fs::write(file, bytes).unwrap();
    }
    said.map(|said| said.err().unwrap_or_default())
}

/// Of a selection the records that it doesn't have are under nodes. Each must fit, even if the key of the service signed it.
#[tokio::test(flavor = "multi_thread")]
async fn compliance_6_a_changed_node_of_a_selection_is_found() {
    let (server, officer, _) = scene().await;
    let key = officer.key();
    let matter = ["compliance", "matter", "open", "Seventeen", "--word", SECRET];
    let opened = officer.run(&matter);
    let id = opened["changes"][0]["target"].as_str().unwrap();
    let folder = server.data_dir().join("matter");
    fs::create_dir_all(&folder).unwrap();
    let directory = folder.to_str().unwrap();
    let export = ["compliance", "matter", "export", id, "--directory", directory];
    let batch = folder.join(officer.run(&export)["batch"].as_str().unwrap());
    assert_eq!(lines_of(&batch, "records.ndjson").len(), 1);
    let secret = records_in(&batch)[0]["position"].as_u64().unwrap();
    let nodes = lines_of(&batch, "nodes.ndjson");
    let signer = fs::read(server.data_dir().join("compliance-signing.key")).unwrap();
    let signer = SigningKey::from_pkcs8(&signer).unwrap();
    let number = |node: &Value, member: &str| node[member].as_u64().unwrap();
    let mut pairs = nodes.windows(2);
    let large = pairs.position(|pair| {
        let leaves = number(&pair[0], "leaves");
        leaves > 1 && number(&pair[0], "position") + leaves == number(&pair[1], "position")
    });
    let large = large.expect("more than one record is under a node, and another node follows it");
    let (position, leaves) = (number(&nodes[large], "position"), number(&nodes[large], "leaves"));
    let next = position + leaves;
    let changed = |edit: &dyn Fn(&mut Vec<Value>)| {
        let mut nodes = nodes.clone();
        edit(&mut nodes);
        nodes
    };
    assert_eq!(with_nodes(&batch, &key, &nodes, Some(&signer)), ["", ""]);
    let attacks = [
        (
            changed(&|nodes| drop(nodes.remove(large))),
            format!("neither a record nor a node is there for position {position}"),
        ),
        (
            changed(&|nodes| nodes.insert(large, nodes[large].clone())),
            format!(
                "it begins at position {position}, and the line before reaches position {}",
                next - 1
            ),
        ),
        (
            changed(&|nodes| nodes[large]["hash"] = "0".repeat(64).into()),
            "aren't those that it was made over".to_owned(),
        ),
        (
            changed(&|nodes| {
                // Halves, and neither is right.
                let half = leaves / 2;
                let hash = nodes[large]["hash"].clone();
                nodes[large]["leaves"] = half.into();
                nodes.insert(
                    large + 1,
                    json!({"hash": hash, "leaves": half, "position": position + half}),
                );
            }),
            "aren't those that it was made over".to_owned(),
        ),
        (
            changed(&|nodes| nodes[large]["position"] = (position + 1).into()),
            format!("it begins at position {next}, and the line before reaches position {next}"),
        ),
        (
            changed(&|nodes| {
                let hash = nodes[large]["hash"].clone();
                nodes.retain(|node| number(node, "position") < secret);
                nodes.push(json!({"hash": hash, "leaves": 1, "position": secret}));
            }),
            format!("covers position {secret}, whose record is in the export"),
        ),
    ];
    for (nodes, expected) in attacks {
        for said in with_nodes(&batch, &key, &nodes, None) {
            assert!(said.contains("nodes.ndjson was changed"), "{said}");
        }
        for said in with_nodes(&batch, &key, &nodes, Some(&signer)) {
            assert!(said.contains(&expected), "{expected}: {said}");
        }
    }
    assert_eq!(with_nodes(&batch, &key, &nodes, None), ["", ""]);
}

/// There are no pools, so nothing fails over to a second site; what can be said without them is that a copy of a database
/// that is in use is whole: it has all up to some moment, verifies, and every batch up to then agrees with it.
#[tokio::test(flavor = "multi_thread")]
async fn compliance_7_a_copy_of_a_database_in_use_verifies() {
    let (mut server, officer, _) = scene().await;
    let (client, _) = sign_in(&server, "bob").await;
    let room = join(&client, "Lobby").await.uri;
    let posting = tokio::spawn(async move {
        for number in 0.. {
            if client.post(&room, &format!("load {number}")).await.is_err() {
                return;
            }
        }
    });
    let copies = tempfile::tempdir().unwrap();
    let mut last = 0;
    for number in 0..3 {
        let (from, to) = (
            server.data_dir().join("compliance.db"),
            copies.path().join(number.to_string()),
        );
        let mut copy = Command::new("python3");
        assert!(
            copy.args(["-c", COPY])
                .arg(from)
                .arg(&to)
                .status()
                .unwrap()
                .success()
        );
        let stored = Verdict::of_copy(&to, &officer.key()).await;
        assert!(stored >= last, "the copies have less and less");
        last = stored;
    }
    assert!(last > 0);
    server.kill9();
    posting.await.unwrap();
    let there = sql(
        &server.data_dir().join("compliance.db"),
        &["SELECT max(position) FROM records"],
    );
    assert!(there[0][0].as_u64() >= Some(last), "{:?}", Value::from(last));
}

/// The statements of a block of SQL in the documentation, by what is in it.
fn documented(about: &str) -> Vec<String> {
    let text = include_str!("../../../../docs/proof.md");
    let mut blocks = text
        .split("```sql\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    let block = blocks
        .find(|block| block.contains(about))
        .expect("it is documented");
    let statements = block.split(';').map(|statement| statement.trim().to_owned());
    statements.filter(|statement| !statement.is_empty()).collect()
}

/// What the documentation says to do puts the documents back, and the service agrees.
#[tokio::test(flavor = "multi_thread")]
async fn documents_that_somebody_changed_are_put_back_as_documented() {
    let (server, officer, _) = scene().await;
    let database = server.data_dir().join("compliance.db");
    let run = |statements: &[String]| {
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        sql(&database, &statements)
    };
    let place = |reason: &str| {
        let hold = [
            "compliance",
            "hold",
            "place",
            "--person",
            "alice@example.test",
            "--reason",
            reason,
        ];
        let placed = officer.run(&hold);
        placed["changes"][0]["target"].as_str().unwrap().to_owned()
    };
    let lifted = place("over");
    officer.run(&["compliance", "hold", "lift", &lifted, "--yes"]);
    let held = place("a claim");
    let matter = officer.run(&["compliance", "matter", "open", "Seventeen"]);
    let matter = matter["changes"][0]["target"].as_str().unwrap();
    officer.run(&["compliance", "matter", "change", matter, "--word", SECRET]);
    officer.run(&["retention", "set", "room:Lobby", "3000"]);
    let kept = "SELECT kind, id, text FROM documents WHERE kind IN ('adapter', 'hold', 'matter', 'retention') ORDER BY kind, id";
    let before = run(&[kept.to_owned()]);
    for (change, named) in [
        (
            "DELETE FROM documents WHERE kind = 'hold'",
            format!("the hold '{held}' is gone"),
        ),
        (
            "DELETE FROM documents WHERE kind IN ('adapter', 'matter', 'retention')",
            "is gone".to_owned(),
        ),
        (
            "UPDATE documents SET text = replace(text, '3000', '1') WHERE kind = 'retention'",
            "isn't as it was set".to_owned(),
        ),
    ] {
        run(&[change.to_owned()]);
        let said = officer.refused(&["compliance", "verify"]);
        assert!(said.contains(&named), "{change}: {said}");
        let said = officer.refused(&["retention", "plan"]);
        assert!(said.contains(&named), "{change}: {said}");
        run(&documented("'hold'"));
        officer.run(&["compliance", "verify"]);
        assert_eq!(run(&[kept.to_owned()]), before, "{change}");
    }

    // How far an adapter is.
    run(&["DELETE FROM documents WHERE kind = 'run' AND id = 'all'".to_owned()]);
    let said = officer.refused(&["compliance", "verify"]);
    assert!(said.contains("exported up to position 0"), "{said}");
    let elsewhere = server.data_dir().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let directory = elsewhere.to_str().unwrap();
    officer.run(&[
        "compliance",
        "adapter",
        "set",
        "all",
        "--directory",
        directory,
        "--from-start",
    ]);
    officer.run(&["compliance", "verify"]);
    officer.export_all("all");
    officer.run(&["compliance", "verify"]);

    // What rooms are called.
    let names = "SELECT kind, id, text FROM documents WHERE kind IN ('room', 'category') ORDER BY kind, id";
    let parsed = |rows: Vec<Vec<Value>>| -> Vec<(Value, Value, Value)> {
        let text = |row: &[Value]| serde_json::from_str(row[2].as_str().unwrap()).unwrap();
        rows.iter()
            .map(|row| (row[0].clone(), row[1].clone(), text(row)))
            .collect()
    };
    let before = parsed(run(&[names.to_owned()]));
    assert!(
        before
            .iter()
            .any(|(kind, _, text)| kind == "room" && text["name"] == "Lobby"),
        "{before:?}"
    );
    run(&["DELETE FROM documents WHERE kind IN ('room', 'category')".to_owned()]);
    let hold = [
        "compliance",
        "hold",
        "place",
        "--room",
        "Lobby",
        "--reason",
        "a claim",
    ];
    officer.refused(&hold);
    run(&documented("'category'"));
    assert_eq!(parsed(run(&[names.to_owned()])), before);
    officer.run(&hold);
}
