//! The real desktop client: what its user does is in the XML.

use crate::{officer::Officer, people::BINARY};
use causerie_testkit::{Server, Sipeh, real_client_is_left_out};
use std::fs;

#[test]
fn what_a_user_of_the_real_client_does_is_in_the_xml() {
    if real_client_is_left_out() {
        return;
    }
    let mut server = Server::demo(BINARY);
    let officer = Officer::of(&server);
    let folder = officer.adapter("all", &["--format", "xml"]);
    let mut alice = Sipeh::start(&server, "alice@example.test", "causerie");
    alice.rooms();
    alice.join("Lobby");
    alice.say("Lobby", "said by the real client");
    alice.message("Lobby", "said by the real client");
    alice.leave("Lobby");
    // What was said is read again out of the history.
    alice.forget();
    alice.join("Lobby");
    alice.message("Lobby", "said by the real client");
    alice.leave("Lobby");
    assert_eq!(alice.quit(), Some(0));

    let batch = folder.join(officer.export_all("all"));
    let files = fs::read_dir(batch).unwrap().map(|entry| entry.unwrap().path());
    let xml = files.filter(|path| path.extension().is_some_and(|extension| extension == "xml"));
    let xml: String = xml.map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut types = Vec::new();
    for message in xml.split("<Message ").skip(1) {
        let message = message.split("</Message>").next().unwrap();
        if message.contains("alice@example.test") {
            types.push(message.split('"').nth(1).unwrap().to_owned());
        }
    }
    let mut left = types.iter();
    for wanted in ["JOIN", "CHAT", "PART", "JOIN", "BACKCHAT", "PART"] {
        assert!(
            left.any(|found| found == wanted),
            "{wanted} isn't in its place: {types:?}"
        );
    }
    server.stop();
}
