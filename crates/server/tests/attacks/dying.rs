//! Death at a step that is told: between accepting a message and answering it, and at every step of an export.

use crate::{
    judge::Verdict,
    officer::{Officer, wait_until},
    people::{BINARY, join, sign_in},
};
use causerie_testkit::{Options, Server};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Posts that are on their way when the server dies.
const POSTS: usize = 12;

/// Most lives of one server.
const MOST_LIVES: usize = 20;

/// A demo server that can be told where to die.
struct Mortal {
    server: Server,
    order: PathBuf,
    _folder: TempDir,
}

impl Mortal {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (library, order) = (folder.path().join("dying.so"), folder.path().join("order"));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attacks/dying.c");
        let mut build = Command::new("cc");
        build
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(source);
        assert!(build.status().unwrap().success());
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let environment = vec![
            ("LD_PRELOAD".to_owned(), text(&library)),
            ("DYING".to_owned(), text(&order)),
        ];
        let options = Options {
            environment,
            ..Options::default()
        };
        Self {
            server: Server::start(BINARY, options),
            order,
            _folder: folder,
        }
    }

    /// Orders the death of the running server.
    fn order(&self, step: &str, part: &str, count: u32) {
        // Moved to its place: nobody reads half of it.
        let written = self.order.with_extension("new");
        fs::write(&written, format!("{step} {part} {count}")).unwrap();
        fs::rename(written, &self.order).unwrap();
    }

    /// Waits for the death; then starts the server again.
    fn rise(&mut self) {
        let status = format!("/proc/{}/stat", self.server.pid().unwrap());
        wait_until("the server is dead", || {
            fs::read_to_string(&status).unwrap().contains(") Z ")
        });
        assert!(!self.order.exists(), "it died for another reason");
        self.server.kill9();
        self.server.restart();
    }
}

/// A message that was on its way when the server died is nowhere, or in the room, in its record and in the export; one that
/// was answered is there.
#[tokio::test(flavor = "multi_thread")]
async fn compliance_1_a_kill_between_accept_and_ack() {
    let mut mortal = Mortal::start();
    let officer = Officer::of(&mortal.server);
    officer.adapter("all", &[]);
    let (mut answered, mut posted) = (BTreeSet::new(), BTreeSet::new());
    // Of the messages that were the first to get no answer: those that came to nothing, and those that are there.
    let (mut lost, mut kept) = (0, 0);
    // Not durable, durable and not answered; at the first message and in the middle. Now and then the server syncs for
    // something else, so more lives than one of each may be needed.
    let steps = [
        ("before-sync", 1),
        ("after-sync", 1),
        ("before-sync", 4),
        ("after-sync", 4),
    ];
    for (life, (step, count)) in steps.into_iter().cycle().take(MOST_LIVES).enumerate() {
        if life >= steps.len() && lost > 0 && kept > 0 {
            break;
        }
        let (client, _) = sign_in(&mortal.server, "alice").await;
        let room = join(&client, "Lobby").await.uri;
        officer.wait_until_stored();
        mortal.order(step, "causerie.db-wal", count);
        let mut cut_off = None;
        for number in 0..POSTS {
            let text = format!("{life} {number}");
            posted.insert(text.clone());
            match client.post(&room, &text).await {
                Ok(()) => _ = answered.insert(text),
                Err(_) => _ = cut_off.get_or_insert(text),
            }
        }
        mortal.rise();
        let (client, _) = sign_in(&mortal.server, "bob").await;
        join(&client, "Lobby").await;
        let there = client.history(&room, 99).await.unwrap();
        let cut_off = cut_off.expect("one was on its way");
        match there.iter().any(|message| message.text == cut_off) {
            true => kept += 1,
            false => lost += 1,
        }
    }
    assert!(lost > 0 && kept > 0, "{lost} lost, {kept} kept");
    officer.export_all("all");
    mortal.server.stop();
    let verdict = Verdict::of(&mortal.server.data_dir()).await;
    let messages = verdict.messages("Lobby").await;
    let texts: BTreeSet<String> = messages.into_iter().map(|(_, text)| text).collect();
    assert_eq!(verdict.exported("all").await, texts);
    assert!(texts.is_superset(&answered), "what was answered is lost");
    assert!(posted.is_superset(&texts), "what nobody posted is there");
}

/// Wherever a run is cut short, the next makes the same batch, byte by byte, though more has come since; and then what has
/// come since.
#[tokio::test(flavor = "multi_thread")]
async fn compliance_2_a_kill_after_the_file_is_written_and_before_that_is_noted() {
    let mut mortal = Mortal::start();
    let officer = Officer::of(&mortal.server);
    let folder = officer.adapter("all", &[]);
    let steps = [
        ("after-sync", "compliance.db-wal"),
        ("after-sync", ".staging-all-"),
        ("before-rename", "/all-"),
        ("after-rename", "/all-"),
        ("before-sync", "compliance.db-wal"),
    ];
    for (life, (step, part)) in steps.into_iter().enumerate() {
        let (client, _) = sign_in(&mortal.server, "alice").await;
        let room = join(&client, "Lobby").await.uri;
        client.post(&room, &format!("{life} before")).await.unwrap();
        client.sign_out().await;
        officer.wait_until_stored();
        mortal.order(step, part, 1);
        let ran = officer.try_run(&["compliance", "adapter", "run", "all"]);
        assert!(!ran.ok, "{step} {part}: {ran:?}");
        mortal.rise();

        let batches = || -> Vec<(String, Vec<u8>)> {
            let names = fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
            names.sort();
            let manifest = |name: &String| fs::read(folder.join(name).join("manifest.json")).unwrap();
            names
                .into_iter()
                .map(|name| (name.clone(), manifest(&name)))
                .collect()
        };
        let before = batches();
        // More comes before the run that was cut short is done again.
        let (client, _) = sign_in(&mortal.server, "bob").await;
        let room = join(&client, "Lobby").await.uri;
        client.post(&room, &format!("{life} after")).await.unwrap();
        officer.wait_until_stored();
        let again = officer.export("all").unwrap();
        let after = batches();
        assert!(after.starts_with(&before), "{step} {part}: a batch was changed");
        assert_eq!(after.last().unwrap().0, again, "{step} {part}");
        if step == "after-rename" {
            assert_eq!(before, after, "the same batch was made again");
        } else {
            assert_eq!(before.len() + 1, after.len(), "{step} {part}");
        }
    }
    officer.wait_until_stored();
    officer.export("all");
    mortal.server.stop();
    let verdict = Verdict::of(&mortal.server.data_dir()).await;
    let messages = verdict.messages("Lobby").await;
    assert_eq!(messages.len(), 2 * steps.len());
    let texts: BTreeSet<String> = messages.into_iter().map(|(_, text)| text).collect();
    assert_eq!(verdict.exported("all").await, texts);
}
