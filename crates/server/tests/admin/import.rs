//! Import and export of files.

use crate::common::{demo, names, run};
use causerie_testkit::Server;
use serde_json::{Value, json};
use std::{fmt::Write, fs, path::PathBuf};

fn file(server: &Server, name: &str, text: &str) -> String {
    let file = path(server, name);
    fs::write(&file, text).expect("it can be written");
    file.to_str().expect("UTF-8").to_owned()
}

fn path(server: &Server, name: &str) -> PathBuf {
    server.data_dir().join(name)
}

fn export(server: &Server, name: &str, options: &[&str]) -> String {
    let file = path(server, name);
    let words = ["export", file.to_str().expect("UTF-8")];
    let words: Vec<&str> = words.iter().chain(options).copied().collect();
    let told = run(server, &words).ok();
    assert!(told.contains("Messages and passwords are not in it."), "{told}");
    fs::read_to_string(file).expect("it is written")
}

fn groups_of(server: &Server, user: &str) -> Value {
    run(server, &["user", "show", user, "--json"]).json()["groups"].clone()
}

#[test]
fn a_demo_goes_into_another_server_as_a_document_and_as_tables() {
    let server = demo();
    run(&server, &["group", "add", "Odd; \\ \"name\", so"]).ok();
    run(&server, &["category", "deny", "General", "Odd; \\ \"name\", so"]).ok();
    let document = export(&server, "all.json", &[]);
    let other = demo();
    for room in ["Deals", "Lobby"] {
        run(&other, &["room", "remove", room, "--yes"]).ok();
    }
    let all = file(&other, "all.json", &document);
    let would = run(&other, &["import", &all, "--what-if"]).ok();
    assert!(would.ends_with("Nothing was changed.\n"), "{would}");
    assert_eq!(
        run(&other, &["room", "list", "--json"])
            .json()
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    let told = run(&other, &["import", &all]).ok();
    assert!(told.contains("rooms       2      0        2\n"), "{told}");
    assert_eq!(export(&other, "again.json", &[]), document);

    // Each kind as a table, into a third one.
    let third = demo();
    run(&third, &["room", "remove", "Deals", "--yes"]).ok();
    for kind in [
        "policies",
        "groups",
        "users",
        "addins",
        "categories",
        "rooms",
        "barriers",
    ] {
        let table = export(&server, "table.csv", &["--kind", kind]);
        let table = file(&third, "table.csv", &table);
        run(&third, &["import", &table, "--kind", kind]).ok();
    }
    assert_eq!(export(&third, "all.json", &[]), document);
}

#[test]
fn a_table_of_users_adds_and_changes_them_and_they_sign_in() {
    let server = demo();
    let table = file(
        &server,
        "users.csv",
        "\u{feff}address,name,groups,password\n\
         ann@example.test,\"Smith, Ann\",Everyone,correct horse\n\
         bob@example.test,Robert,,\n",
    );
    let would = run(&server, &["import", &table, "--what-if", "--json"]).json();
    assert_eq!(
        (&would["what_if"], &would["counts"]),
        (
            &json!(true),
            &json!({"users": {"added": 1, "changed": 1, "unchanged": 0}})
        )
    );
    assert_eq!(
        run(&server, &["import", &table]).ok(),
        "       ADDED  CHANGED  UNCHANGED\nusers  1      1        0\n"
    );
    assert_eq!(
        run(&server, &["import", &table]).ok(),
        "       ADDED  CHANGED  UNCHANGED\nusers  0      1        1\n",
        "a password is set again"
    );
    assert_eq!(groups_of(&server, "ann@example.test"), json!(["Everyone"]));
    assert_eq!(
        groups_of(&server, "bob@example.test"),
        json!(["Everyone"]),
        "an empty cell says nothing"
    );
    let ann = run(&server, &["user", "show", "ann@example.test", "--json"]).json();
    assert_eq!(
        (&ann["display_name"], &ann["has_password"]),
        (&json!("Smith, Ann"), &json!(true))
    );
}

#[test]
fn what_follows_from_an_import_is_said() {
    let server = demo();
    let table = file(
        &server,
        "c.csv",
        "name,allowed\nGeneral,alice@example.test; bob@example.test\n",
    );
    run(&server, &["import", &table]).ok();
    let would = run(&server, &["import", &table, "--replace-lists", "--what-if"]).ok();
    let line = "Would also take from the lists of room Announcements: ";
    assert!(would.starts_with(line), "{would}");
    let told = run(&server, &["import", &table, "--replace-lists"]).ok();
    assert!(
        told.starts_with("Also took from the lists of room Announcements: "),
        "{told}"
    );
    let lists = run(&server, &["category", "show", "General", "--json"]).json()["lists"].clone();
    assert_eq!(
        lists["allowed"],
        json!(["alice@example.test", "bob@example.test"])
    );
}

#[test]
fn all_errors_are_said_with_their_lines_and_nothing_is_changed() {
    let server = demo();
    let table = file(
        &server,
        "rooms.csv",
        "name,category,disabled,members\n\
         Good,General,,\n\
         Bad,General,perhaps,\n\
         Worse,None,,\n\
         Lobby,,,nobody@example.test\n\
         good,General,,\n",
    );
    for more in [&["--what-if"][..], &[]] {
        let words = ["import", &table];
        let words: Vec<&str> = words.iter().chain(more).copied().collect();
        let error = run(&server, &words).refused();
        let lines: Vec<&str> = error.trim_end().lines().collect();
        assert!(
            lines[0].ends_with("rooms.csv: 4 error(s), nothing was changed"),
            "{error}"
        );
        assert_eq!(
            lines[1..],
            [
                "  line 3: disabled: 'perhaps' is neither yes nor no",
                "  line 4: there is no category 'None'",
                "  line 5: there is no user 'nobody@example.test'",
                "  line 6: 'good' is there already: line 2",
            ]
        );
    }
    let rooms = run(&server, &["room", "list", "--json"]).json();
    assert!(!names(&rooms, "name").contains(&"Good".to_owned()));
    let document = file(
        &server,
        "d.json",
        r#"{"users": [{"address": "ann"}], "houses": []}"#,
    );
    assert!(
        run(&server, &["import", &document])
            .refused()
            .contains("unknown field `houses`")
    );
    let document = file(&server, "d.json", r#"{"users": [{"address": "ann"}]}"#);
    let error = run(&server, &["import", &document]).refused();
    assert!(error.contains("  users[0] (ann): "), "{error}");
    for (name, text, said) in [
        ("x.txt", "", ".csv or .json"),
        ("x.csv", "name,members\n", "groups or rooms"),
        ("x.json", "{", "x.json"),
    ] {
        let odd = file(&server, name, text);
        let error = run(&server, &["import", &odd]).refused();
        assert!(error.contains(said), "{error}");
    }
    let none = path(&server, "none.csv");
    run(&server, &["import", none.to_str().expect("UTF-8")]).refused();
    run(&server, &["export", &table]).refused();
}

#[test]
fn many_users_are_imported() {
    let server = demo();
    let mut table = "address,name,groups\n".to_owned();
    for n in 0..2_000 {
        writeln!(table, "user{n}@example.test,User {n},Everyone").expect("a text takes it");
    }
    let table = file(&server, "many.csv", &table);
    assert_eq!(
        run(&server, &["import", &table]).ok(),
        "       ADDED  CHANGED  UNCHANGED\nusers  2000   0        0\n"
    );
    let everyone = run(&server, &["group", "show", "Everyone", "--json"]).json();
    assert_eq!(everyone["member_count"], 2_004);
}
