//! The real desktop client against the front end alone, where the environment variable `CAUSERIE_SIPEH` names it (see
//! `tests/sipeh`). The tests of the whole program drive it through chat rooms.
mod common;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use causerie_model::{PrincipalId, SipAddress};
use causerie_store::Contacts as _;
use common::{ALICE, PASSWORD, World};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

/// How long the client may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_real_client_signs_in_keeps_contacts_and_is_signed_out() {
    let Some(program) = std::env::var_os("CAUSERIE_SIPEH") else {
        eprintln!("skipped: CAUSERIE_SIPEH does not name the real client");
        return;
    };
    let world = World::with(|settings| settings.chat_pools.clear()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let front = Arc::clone(&world.front);
    tokio::spawn(async move { front.serve_tcp(listener, std::future::pending()).await });
    let folder = tempfile::tempdir().unwrap();
    let mut client = tokio::process::Command::new(program)
        .args([
            "-u", ALICE, "-p", PASSWORD, "-s", &server, "-t", "tcp", "--stay", "-c",
        ])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut commands = client.stdin.take().unwrap();
    let mut events = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut wait_for = async |what: &[&str]| {
        let found = async {
            while let Some(line) = events.next_line().await.unwrap() {
                if what.iter().all(|part| line.contains(part)) {
                    return line;
                }
            }
            String::new()
        };
        let line = tokio::time::timeout(PATIENCE, found).await.unwrap_or_default();
        if line.is_empty() {
            let log = std::fs::read_to_string(folder.path().join("debug.log")).unwrap_or_default();
            let tail = log.len().saturating_sub(6_000);
            panic!(
                "no {what:?}; the client's log ends with\n{}",
                log.get(tail..).unwrap_or(&log)
            );
        }
        line
    };
    wait_for(&["\"signed-on\""]).await;
    assert_eq!(world.front.registrations()[0].address.as_str(), ALICE);

    // It must have read the list first. Two changes in a row: the second works only if the client has learnt the version that the first made.
    commands
        .write_all(b"wait 2\nadd sip:bob@example.test\nwait 2\nadd sip:carol@example.test\n")
        .await
        .unwrap();
    let list = async {
        loop {
            let list = world.memory.contacts(PrincipalId(1)).await.unwrap();
            if list.contacts.len() == 2 {
                return list;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let list = tokio::time::timeout(PATIENCE, list)
        .await
        .expect("the contacts are not stored");
    assert_eq!(list.contacts[0].address.as_str(), "bob@example.test");

    world
        .front
        .sign_out(&SipAddress::parse(ALICE).unwrap(), "moved to another server");
    wait_for(&["connection-error", "moved to another server"]).await;
}
