//! A full disk and a read-only one: posts are refused with a clear error, reading goes on, nothing is lost, and recovery
//! needs no restart.

use crate::{
    judge::Verdict,
    people::{BINARY, join, sign_in},
};
use causerie_client::{Client, RoomUri};
use causerie_testkit::{Options, Server};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Posts until one is refused; they are large, so that it doesn't take long.
async fn post_until_refused(
    client: &Client,
    room: &RoomUri,
    taken: &mut Vec<String>,
) -> (u16, Option<u32>, String) {
    for number in 0..10_000 {
        let text = format!("{} {number} {}", taken.len(), "x".repeat(4_000));
        match client.post(room, &text).await {
            Ok(()) => taken.push(text),
            Err(error) => return (error.status, error.retry_after, error.reason),
        }
    }
    panic!("nothing was ever refused");
}

async fn attack(server: &mut Server, fail: impl Fn(&Path), mend: impl Fn(&Path)) {
    let data_dir = server.data_dir();
    let mut taken = Vec::new();
    {
        let (client, _events) = sign_in(server, "alice").await;
        let room = join(&client, "Lobby").await.uri;
        client.post(&room, "before").await.unwrap();
        taken.push("before".to_owned());
        for _ in 0..2 {
            fail(&data_dir);
            let (status, retry_after, reason) = post_until_refused(&client, &room, &mut taken).await;
            assert_eq!(status, 503, "{reason}");
            assert!(retry_after.is_some());
            assert!(reason.contains("can't store"), "{reason}");
            let history = client.history(&room, 5).await.unwrap();
            assert_eq!(
                history.last().unwrap().text,
                *taken.last().unwrap(),
                "reading goes on"
            );
            mend(&data_dir);
            client
                .post(&room, &format!("after {}", taken.len()))
                .await
                .unwrap();
            taken.push(format!("after {}", taken.len()));
        }
        client.sign_out().await;
    }
    server.stop();
    let verdict = Verdict::of(&data_dir).await;
    let stored: Vec<String> = verdict
        .messages("Lobby")
        .await
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(
        stored, taken,
        "what was taken is there, and nothing that was refused"
    );
}

#[tokio::test]
async fn a_full_disk() {
    let mut server = Server::demo(BINARY);
    server.stop();
    let Some(_mounted) = Mounted::small(&server.data_dir()) else {
        println!("SKIPPED: a file system can't be mounted here.");
        return;
    };
    server.restart();
    let filler = |dir: &Path| dir.join("filler");
    let fail = |dir: &Path| {
        // All but what the log needs for a few more posts.
        let free = 24 * 1024 * 1024;
        for size in (1..=free / 4096).rev().step_by(16) {
            if fs::write(filler(dir), vec![0; size * 4096]).is_ok() {
                return;
            }
        }
        panic!("the disk can't be filled");
    };
    attack(&mut server, fail, |dir| fs::remove_file(filler(dir)).unwrap()).await;
}

#[tokio::test]
async fn a_disk_that_turns_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let (library, switch) = (
        folder.path().join("failing_disk.so"),
        folder.path().join("switch"),
    );
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../store-sqlite/tests/adapter/failing_disk.c"
    );
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .status();
    assert!(built.unwrap().success());
    fs::write(&switch, "").unwrap();
    let environment = [("LD_PRELOAD", &library), ("FAILING_DISK", &switch)];
    let environment = environment.map(|(name, path)| (name.to_owned(), path.to_str().unwrap().to_owned()));
    let options = Options {
        environment: environment.to_vec(),
        ..Options::default()
    };
    let mut server = Server::start(BINARY, options);
    let set = |word: &'static str| {
        let switch = switch.clone();
        move |_: &Path| fs::write(&switch, word).unwrap()
    };
    attack(&mut server, set("readonly"), set("")).await;
}

/// A small file system in memory over a folder, until dropped. What was in the folder is in it too.
struct Mounted(PathBuf);

impl Mounted {
    fn small(folder: &Path) -> Option<Self> {
        let kept = tempfile::tempdir().unwrap();
        let copy = |from: &Path, to: &Path| {
            assert!(
                Command::new("cp")
                    .arg("-a")
                    .arg(from.join("."))
                    .arg(to)
                    .status()
                    .unwrap()
                    .success()
            );
        };
        copy(folder, kept.path());
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs"])
            .arg(folder)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then(|| {
            copy(kept.path(), folder);
            Self(folder.to_owned())
        })
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: the server may still be on its way out when a test has failed.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
