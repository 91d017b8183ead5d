//! The program and the real desktop client (Pidgin's plug-in for Lync), two or more of them at once.
//!
//! Run by `cargo xtask test`, which builds the client. The demo's users and rooms are the scene: Lobby is open to all;
//! Deals is for alice, who manages it, and bob; in Announcements alice alone may post; Project X is hidden from
//! all but alice and bob.

use causerie_model::{Catalogue, Change, Policy, Scope, SipAddress};
use causerie_store::{Batch, CatalogueStore, Journal};
use causerie_store_sqlite::{Options, SqliteStore};
use causerie_testkit::{Account, Server, Sipeh, Transport, real_client_is_left_out};
use serde_json::Value;
use std::process::Command;

const ALICE: &str = "alice@example.test";
const BOB: &str = "bob@example.test";
const CAROL: &str = "carol@example.test";
const PASSWORD: &str = "causerie";

/// The demo server, or `None` where the real client is left out.
fn demo() -> Option<Server> {
    (!real_client_is_left_out()).then(|| Server::demo(env!("CARGO_BIN_EXE_causerie")))
}

fn sign_in(server: &Server, user: &str) -> Sipeh {
    Sipeh::start(server, user, PASSWORD)
}

/// Signed in, with the room list read and these rooms joined.
fn sign_in_and_join(server: &Server, user: &str, rooms: &[&str]) -> Sipeh {
    let mut client = sign_in(server, user);
    client.rooms();
    for room in rooms {
        client.join(room);
    }
    client
}

/// A user as the client shows him.
fn sip(user: &str) -> String {
    format!("sip:{user}")
}

/// Runs a command of the administrator.
#[track_caller]
fn administer(server: &Server, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causerie"));
    command.args(arguments).arg("--data-dir").arg(server.data_dir());
    let output = command
        .env_remove("CAUSERIE_SOCKET")
        .env_remove("CAUSERIE_CONFIG")
        .output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{output:?}");
}

/// Changes the database of a server that doesn't run.
fn change_database(server: &Server, change: impl FnOnce(&Catalogue) -> Vec<Change>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let path = server.data_dir().join("causerie.db");
        let store = SqliteStore::open(&path, Options::default()).await;
        let store = store.expect("the database opens");
        let changes = change(&store.load().await.expect("it is read"));
        let batch = Batch {
            changes,
            records: Vec::new(),
        };
        store.append(&batch).await.expect("it is changed");
        store.close().await;
    });
}

/// A post in a room that one was put out of doesn't arrive.
#[track_caller]
fn cannot_post(client: &mut Sipeh, room: &str) {
    client.say(room, "Anybody there?");
    client.wait("word that the post was refused", |event| {
        event.to_string().contains("Anybody there?") && has_flag(event, "ERROR")
    });
}

fn has_flag(message: &Value, flag: &str) -> bool {
    message["flags"]
        .as_array()
        .is_some_and(|flags| flags.iter().any(|f| f == flag))
}

#[test]
fn two_clients_talk_in_a_room() {
    let Some(server) = demo() else { return };
    let mut alice = sign_in_and_join(&server, ALICE, &["Lobby"]);
    let mut bob = sign_in_and_join(&server, BOB, &["Lobby"]);

    alice.say("Lobby", "Good morning, Bob.");
    let echo = alice.message("Lobby", "Good morning, Bob.");
    assert!(echo["from"] == sip(ALICE) && has_flag(&echo, "SEND"), "{echo}");
    let received = bob.message("Lobby", "Good morning, Bob.");
    assert!(
        received["from"] == sip(ALICE) && has_flag(&received, "RECV"),
        "{received}"
    );

    bob.say("Lobby", "Morning!");
    assert_eq!(alice.message("Lobby", "Morning!")["from"], sip(BOB));
    assert_eq!(bob.message("Lobby", "Morning!")["from"], sip(BOB));

    assert_eq!(alice.quit(), Some(0));
    assert_eq!(bob.quit(), Some(0));
}

#[test]
fn text_arrives_as_it_was_written() {
    let Some(server) = demo() else { return };
    let mut alice = sign_in_and_join(&server, ALICE, &["Lobby"]);
    let mut bob = sign_in_and_join(&server, BOB, &["Lobby"]);
    let texts = [
        "Grüße aus Köln, 你好, שלום 👩‍👩‍👧 🎉",
        "<b>&amp; a < b && c > d \"quoted\" 'single' ]]> <!-- --> &#65;",
        "C:\\temp\\new and \\n",
        "first\nsecond\n\nfourth",
    ];
    for text in texts {
        alice.say("Lobby", text);
        bob.message("Lobby", text);
        alice.message("Lobby", text);
    }
    // And the same out of the history.
    bob.leave("Lobby");
    bob.forget();
    bob.join("Lobby");
    for text in texts {
        bob.message("Lobby", text);
    }
}

#[test]
fn the_room_list_has_what_each_may_see() {
    let Some(server) = demo() else { return };
    let mut alice = sign_in(&server, ALICE);
    let rooms = alice.rooms();
    assert_eq!(
        rooms.keys().collect::<Vec<_>>(),
        ["Announcements", "Deals", "Lobby", "Project X"]
    );
    for (name, fields) in &rooms {
        let uri = fields["uri"].as_str().unwrap_or_default();
        assert!(uri.starts_with("ma-chan://example.test/"), "{name}: {fields}");
    }
    let mut carol = sign_in(&server, CAROL);
    assert_eq!(
        carol.rooms().into_keys().collect::<Vec<_>>(),
        ["Announcements", "Deals", "Lobby"]
    );
}

#[test]
fn who_is_not_a_member_cannot_join() {
    let Some(server) = demo() else { return };
    let mut alice = sign_in(&server, ALICE);
    let secret = alice.rooms()["Project X"]["uri"]
        .as_str()
        .expect("a URI")
        .to_owned();
    let mut carol = sign_in(&server, CAROL);
    let deals = carol.rooms()["Deals"]["uri"].as_str().expect("a URI").to_owned();

    let pop_up = |carol: &mut Sipeh, room: &str| {
        carol.command(&format!("join {room}"));
        let event = carol.wait_for("notify", "Error joining chat room");
        event["secondary"].as_str().expect("a reason").to_owned()
    };
    assert!(!pop_up(&mut carol, &deals).is_empty());
    // She cannot tell a room that is hidden from her from one that does not exist.
    let absent = "ma-chan://example.test/00000000-0000-4000-8000-000000000000";
    assert_eq!(pop_up(&mut carol, &secret), pop_up(&mut carol, absent));

    alice.join("Project X");
    alice.say("Project X", "Between us.");
    alice.message("Project X", "Between us.");
    assert_eq!(alice.members("Project X"), [sip(ALICE)]);
    assert!(!carol.has_seen("chat-joined", ""));
    assert!(!carol.has_seen("message", "Between us."));
}

#[test]
fn in_an_auditorium_only_presenters_post() {
    let Some(server) = demo() else { return };
    let mut alice = sign_in_and_join(&server, ALICE, &["Announcements"]);
    let mut bob = sign_in_and_join(&server, BOB, &["Announcements"]);

    bob.say("Announcements", "Me too!");
    bob.wait("word that the post was refused", |event| {
        matches!(event["ev"].as_str(), Some("message" | "conv-text" | "notify"))
            && event.to_string().contains("Me too!")
            && has_flag(event, "ERROR")
    });
    alice.say("Announcements", "The office closes at four.");
    bob.message("Announcements", "The office closes at four.");
    alice.message("Announcements", "The office closes at four.");
    assert!(!alice.has_seen("message", "Me too!"));
}

#[test]
fn the_member_list_follows_who_comes_and_goes() {
    let Some(server) = demo() else { return };
    let mut alice = sign_in_and_join(&server, ALICE, &["Lobby"]);
    assert_eq!(alice.members("Lobby"), [sip(ALICE)]);

    let mut bob = sign_in_and_join(&server, BOB, &["Lobby"]);
    alice.wait_for("users-add", BOB);
    assert_eq!(alice.members("Lobby"), [sip(ALICE), sip(BOB)]);
    bob.wait_for("users-add", BOB);
    assert_eq!(bob.members("Lobby"), [sip(ALICE), sip(BOB)]);

    // Leaving the room, signing out and losing the connection all end it.
    bob.leave("Lobby");
    alice.wait_for("users-remove", BOB);
    assert_eq!(alice.members("Lobby"), [sip(ALICE)]);
    bob.join("Lobby");
    alice.wait_for("users-add", BOB);
    assert_eq!(bob.quit(), Some(0));
    alice.wait_for("users-remove", BOB);
    let bob = sign_in_and_join(&server, BOB, &["Lobby"]);
    alice.wait_for("users-add", BOB);
    drop(bob);
    alice.wait_for("users-remove", BOB);
    assert_eq!(alice.members("Lobby"), [sip(ALICE)]);
}

#[test]
fn history_is_shown_to_who_comes_later() {
    let Some(server) = demo() else { return };
    let mut alice = sign_in_and_join(&server, ALICE, &["Deals"]);
    let offers: Vec<String> = (1..=3).map(|number| format!("Offer {number}")).collect();
    for offer in &offers {
        alice.say("Deals", offer);
        alice.message("Deals", offer);
    }
    let mut bob = sign_in_and_join(&server, BOB, &["Deals"]);
    let mut next = || {
        bob.wait("the next message", |event| {
            event["ev"] == "message" && event["conv"] == "Deals"
        })
    };
    assert_eq!(
        offers.iter().map(|_| next()["text"].clone()).collect::<Vec<_>>(),
        offers
    );
}

#[test]
fn a_wrong_password_is_refused() {
    let Some(server) = demo() else { return };
    let mut mallory = Sipeh::launch(&server, &Account::new(ALICE, "Causerie"));
    let error = mallory.wait_for("connection-error", "");
    assert_eq!(error["fatal"], true, "{error}");
    assert!(!mallory.has_seen("signed-on", ""));
}

#[test]
fn who_reconnects_after_a_crash_of_the_server_is_back_in_the_room() {
    let Some(mut server) = demo() else { return };
    let mut alice = sign_in_and_join(&server, ALICE, &["Lobby"]);
    let mut bob = sign_in_and_join(&server, BOB, &["Lobby"]);
    alice.say("Lobby", "Before the crash");
    alice.message("Lobby", "Before the crash");
    bob.message("Lobby", "Before the crash");

    server.kill9();
    for client in [&mut alice, &mut bob] {
        client.wait_for("signed-off", "");
        client.forget();
    }
    server.restart();
    for client in [&mut alice, &mut bob] {
        client.command("connect");
        client.wait_for("signed-on", "");
        // The client joins again by itself and shows the history once more.
        client.wait_for("chat-joined", "Lobby");
        client.message("Lobby", "Before the crash");
    }
    bob.say("Lobby", "After the crash");
    alice.message("Lobby", "After the crash");
    bob.message("Lobby", "After the crash");
}

#[test]
fn a_login_with_the_domain_name_works() {
    let Some(server) = demo() else { return };
    let account = Account {
        login: Some("EXAMPLE\\alice"),
        ..Account::new(ALICE, PASSWORD)
    };
    let mut alice = Sipeh::launch(&server, &account);
    alice.wait_for("signed-on", "");
    alice.rooms();
    alice.join("Lobby");
    alice.say("Lobby", "By the domain's name");
    assert_eq!(alice.message("Lobby", "By the domain's name")["from"], sip(ALICE));
}

#[test]
fn plain_tcp_works_too() {
    let Some(server) = demo() else { return };
    let account = Account {
        transport: Transport::Tcp,
        ..Account::new(ALICE, PASSWORD)
    };
    let mut alice = Sipeh::launch(&server, &account);
    alice.wait_for("signed-on", "");
    alice.rooms();
    alice.join("Lobby");
    let mut bob = sign_in_and_join(&server, BOB, &["Lobby"]);
    alice.say("Lobby", "From TCP to TLS");
    bob.message("Lobby", "From TCP to TLS");
    bob.say("Lobby", "and back");
    alice.message("Lobby", "and back");
}

#[test]
fn who_is_put_out_sees_it_at_once() {
    // Each way to put bob out of Deals, and alice with him or not.
    for (way, alice_too) in [
        (&["member", "remove", "Deals", BOB][..], false),
        (&["category", "deny", "General", BOB], false),
        (&["room", "change", "Deals", "--disable"], true),
    ] {
        let Some(server) = demo() else { return };
        let mut alice = sign_in_and_join(&server, ALICE, &["Deals"]);
        let mut bob = sign_in_and_join(&server, BOB, &["Deals"]);
        alice.wait_for("users-add", BOB);
        administer(&server, way);
        bob.wait_for("users-remove", BOB);
        if alice_too {
            alice.wait_for("users-remove", ALICE);
        } else {
            alice.wait_for("users-remove", BOB);
            assert_eq!(alice.members("Deals"), [sip(ALICE)]);
            alice.say("Deals", "He is out.");
            alice.message("Deals", "He is out.");
        }
        cannot_post(&mut bob, "Deals");
        assert!(!bob.has_seen("message", "He is out."), "{way:?}");
    }
}

#[test]
fn a_room_that_is_renamed_is_found_by_its_other_name() {
    let Some(server) = demo() else { return };
    let mut alice = sign_in_and_join(&server, ALICE, &["Lobby"]);
    let mut bob = sign_in_and_join(&server, BOB, &["Lobby"]);
    administer(&server, &["room", "change", "Lobby", "--name", "Foyer"]);
    let rooms = alice.rooms();
    assert!(
        rooms.contains_key("Foyer") && !rooms.contains_key("Lobby"),
        "{rooms:?}"
    );
    // Those who are in it stay there; their window keeps the name that it was opened with.
    bob.say("Lobby", "Still here");
    alice.message("Lobby", "Still here");
}

#[test]
fn who_is_made_a_member_can_join() {
    let Some(server) = demo() else { return };
    let mut alice = sign_in_and_join(&server, ALICE, &["Deals"]);
    let mut carol = sign_in(&server, CAROL);
    carol.rooms();
    administer(&server, &["member", "add", "Deals", CAROL]);
    carol.join("Deals");
    alice.wait_for("users-add", CAROL);
    carol.say("Deals", "Hello from outside");
    alice.message("Deals", "Hello from outside");
    // And a hidden room appears.
    administer(&server, &["member", "add", "Project X", CAROL]);
    assert!(carol.rooms().contains_key("Project X"));
    carol.join("Project X");
}

#[test]
fn whose_policy_is_off_finds_no_rooms_and_the_others_do() {
    let Some(mut server) = demo() else { return };
    server.stop();
    change_database(&server, |catalogue| {
        let bob = SipAddress::parse(BOB).ok();
        let bob = bob.and_then(|address| catalogue.user_by_address(&address));
        let mut bob = bob.expect("he is there").clone();
        bob.policy = Some("NoChat".to_owned());
        let policy = Policy {
            scope: Scope::Tag("NoChat".to_owned()),
            enable_persistent_chat: false,
            description: String::new(),
        };
        vec![Change::PutPolicy(policy), Change::PutUser(bob)]
    });
    server.restart();
    let mut bob = sign_in(&server, BOB);
    let mut alice = sign_in_and_join(&server, ALICE, &["Lobby"]);
    alice.say("Lobby", "Without Bob");
    alice.message("Lobby", "Without Bob");
    // He has been signed in for longer than it takes to find rooms.
    bob.command("rooms");
    bob.wait_for("rooms-error", "");
    assert!(!bob.has_seen("room", ""));
}
