//! Disks that fill up, turn read-only or fail: refuse, lose nothing, and go on by itself where that is safe.

use crate::{batch, commit, count, open, options, records::Records, refusal};
use causerie_model::{ChainId, RoomId};
use causerie_queue::Queue;
use causerie_store::{Journal, StoreFault, conformance::Chain};
use causerie_store_sqlite::{Options, SqliteStore};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// How many connections to databases this process has: each is a thread of its own, which ends when it is closed.
fn connections() -> usize {
    let threads = fs::read_dir("/proc/self/task").expect("the threads of this process");
    let names = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("sqlx-sqlite")).count()
}

/// A small file system in memory. It needs the right to mount; where that is missing, its tests say so and pass.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn new() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(directory.path())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("SKIPPED: no right to mount a tmpfs");
        }
        mounted.then_some(Self(directory))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, since a connection's thread may still be about to close its files.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Posts until the disk or the limit refuses; gives back the number of messages that were taken.
async fn fill(store: &SqliteStore, chain: &mut Chain) -> usize {
    let mut taken = 0;
    loop {
        let mut next = chain.clone();
        let record = next.post(&"x".repeat(8_000));
        match store.append(&batch(vec![record])).await {
            Ok(()) => (*chain, taken) = (next, taken + 1),
            Err(error) => {
                assert_eq!(error.fault, StoreFault::Full, "{error}");
                return taken;
            }
        }
        assert!(taken < 10_000, "it never fills up");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_until_there_is_room_again() {
    let Some(disk) = SmallDisk::new() else { return };
    fs::write(disk.path("ballast"), vec![0; 200_000]).expect("ballast");
    let store = open(&disk.path("mgc.sqlite")).await;
    let mut chain = Chain::of_room(1);
    let taken = fill(&store, &mut chain).await;
    assert!(taken > 0);

    for _ in 0..3 {
        assert_eq!(
            refusal(&store, &chain.clone().post(&"x".repeat(8_000))).await,
            StoreFault::Full
        );
        assert_eq!(count(&store).await, taken);
        assert_eq!(
            store.head(ChainId::Room(RoomId(1))).await.expect("a head"),
            chain.head
        );
    }

    fs::remove_file(disk.path("ballast")).expect("room is made");
    commit(&store, vec![chain.post("after")]).await;
    assert_eq!(count(&store).await, taken + 1);
    assert_eq!(
        store.backlog().await.expect("a backlog").depth,
        u64::try_from(taken).expect("small") + 1
    );
}

#[tokio::test]
async fn a_full_database_refuses_and_keeps_what_it_has() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    let limited = Options {
        page_limit: Some(120),
        ..options()
    };
    let store = SqliteStore::open(&path, limited)
        .await
        .expect("the database opens");
    let mut chain = Chain::of_room(1);
    let taken = fill(&store, &mut chain).await;
    assert!(taken > 0);
    assert_eq!(count(&store).await, taken);
    // What was refused isn't counted.
    let backlog = store.backlog().await.expect("a backlog");
    assert_eq!(backlog.depth, u64::try_from(taken).expect("small"));
    // Not just dropped: its connections would be closed by and by, and keep the next from opening.
    store.close().await;

    let store = open(&path).await;
    assert_eq!(count(&store).await, taken);
    commit(&store, vec![chain.post("after")]).await;
    assert_eq!(count(&store).await, taken + 1);
}

/// Runs the test `case` of this program in a process whose disk fails as the file that it is given says. No such disk is at
/// hand, so a library that stands between the program and the system plays one.
fn on_a_failing_disk(case: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let library = directory.path().join("failing_disk.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adapter/failing_disk.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .status();
    assert!(built.expect("a C compiler, as SQLite needs one too").success());
    let control = directory.path().join("control");
    fs::write(&control, "well").expect("the control file");
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", case, "--ignored", "--nocapture", "--test-threads=1"])
        .env("LD_PRELOAD", library)
        .env("FAILING_DISK", control)
        .output()
        .expect("the test is run");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// In the child: the directory to use, and the switch of its disk.
fn failing_disk() -> (PathBuf, impl Fn(&str)) {
    let control = PathBuf::from(std::env::var_os("FAILING_DISK").expect("run by its parent"));
    // Written anew in place by a file that is open already: the disk may be read-only when it is to be mended.
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&control)
        .expect("the control file");
    let switch = move |word: &str| {
        use std::os::unix::fs::FileExt;
        // Eight bytes get through whatever the state.
        let mut padded = [0; 8];
        padded[..word.len().min(8)].copy_from_slice(&word.as_bytes()[..word.len().min(8)]);
        let _ = file.set_len(0);
        file.write_all_at(&padded, 0).expect("the switch is set");
    };
    (control.with_file_name("mgc.sqlite"), switch)
}

#[test]
fn after_a_failed_sync_nothing_is_written_any_more() {
    on_a_failing_disk("disk::child_sync");
}

#[tokio::test]
#[ignore = "run by its parent"]
async fn child_sync() {
    let (path, switch) = failing_disk();
    let store = open(&path).await;
    let mut chain = Chain::of_room(1);
    commit(&store, vec![chain.post("before")]).await;
    switch("sync");
    assert_eq!(
        refusal(&store, &chain.clone().post("lost?")).await,
        StoreFault::SyncFailed
    );
    switch("well");
    for _ in 0..3 {
        assert_eq!(
            refusal(&store, &chain.clone().post("lost?")).await,
            StoreFault::SyncFailed
        );
    }
    assert_eq!(count(&store).await, 1);
    drop(store);
    // The program starts anew.
    let store = open(&path).await;
    assert!(count(&store).await >= 1);
}

#[test]
fn a_failed_sync_of_the_log_being_moved_is_seen_too() {
    on_a_failing_disk("disk::child_checkpoint");
}

#[tokio::test]
#[ignore = "run by its parent"]
async fn child_checkpoint() {
    let (path, switch) = failing_disk();
    let store = open(&path).await;
    let mut chain = Chain::of_room(1);
    switch("filesync");
    let large = "x".repeat(60_000);
    let mut taken = 0;
    // The log of a few of these is moved to the file. The commit that brought it about is sound; the next is refused.
    loop {
        match store.append(&batch(vec![chain.post(&large)])).await {
            Ok(()) => taken += 1,
            Err(error) => {
                assert_eq!(error.fault, StoreFault::SyncFailed, "{error}");
                break;
            }
        }
        assert!(taken < 1_000, "the log is moved from time to time");
    }
    assert!(taken > 1);
    switch("well");
    assert_eq!(
        refusal(&store, &chain.post("lost?")).await,
        StoreFault::SyncFailed
    );
    assert_eq!(count(&store).await, taken);
    // The log is all that is known to be on the disk: ending the program must not take it away.
    store.close().await;
    drop(store);
    let log = path.with_file_name("mgc.sqlite-wal");
    assert!(
        fs::metadata(&log).is_ok_and(|log| log.len() > 1_000_000),
        "the log stays"
    );
    assert_eq!(count(&open(&path).await).await, taken);
}

#[test]
fn a_disk_that_turns_read_only_refuses_until_it_is_mended() {
    on_a_failing_disk("disk::child_read_only");
}

#[tokio::test]
#[ignore = "run by its parent"]
async fn child_read_only() {
    mends("readonly", StoreFault::ReadOnly).await;
}

#[test]
fn who_only_reads_on_a_read_only_disk_keeps_nobody_from_writing_afterwards() {
    on_a_failing_disk("disk::child_reader");
}

#[tokio::test]
#[ignore = "run by its parent"]
async fn child_reader() {
    let (path, switch) = failing_disk();
    let store = open(&path).await;
    let mut chain = Chain::of_room(1);
    commit(&store, vec![chain.post("before")]).await;
    let before = connections();
    assert!(before > 0);
    switch("readonly");
    assert_eq!(
        refusal(&store, &chain.clone().post("refused")).await,
        StoreFault::ReadOnly
    );
    // The connection that was refused is closed beside us. If it isn't, the test hangs and is ended.
    while connections() >= before {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(count(&store).await, 1);
    switch("well");
    commit(&store, vec![chain.post("after")]).await;
    assert_eq!(count(&store).await, 2);
}

#[test]
fn a_database_on_a_read_only_disk_is_not_opened() {
    on_a_failing_disk("disk::child_opening");
}

#[tokio::test]
#[ignore = "run by its parent"]
async fn child_opening() {
    let (path, switch) = failing_disk();
    open(&path).await.close().await;
    switch("readonly");
    let error = SqliteStore::open(&path, options()).await.err();
    assert_eq!(error.expect("it is refused").fault, StoreFault::ReadOnly);
    switch("well");
    commit(&open(&path).await, vec![Chain::of_room(1).post("taken")]).await;
}

#[test]
fn a_used_up_quota_refuses_until_there_is_room_again() {
    on_a_failing_disk("disk::child_quota");
}

#[tokio::test]
#[ignore = "run by its parent"]
async fn child_quota() {
    mends("quota", StoreFault::Full).await;
}

#[test]
fn records_are_refused_on_a_disk_that_is_read_only_until_it_is_mended() {
    on_a_failing_disk("disk::child_records");
}

#[tokio::test]
#[ignore = "run by its parent"]
async fn child_records() {
    let (path, switch) = failing_disk();
    let mut compliance = Records::open(&path).await;
    for state in [("readonly", StoreFault::ReadOnly), ("quota", StoreFault::Full)] {
        for _ in 0..10 {
            compliance.commit().await;
            switch(state.0);
            for _ in 0..3 {
                assert_eq!(compliance.refusal().await, state.1);
            }
            switch("well");
        }
    }
    compliance.commit().await;
    assert_eq!(compliance.end().await, 21);
}

async fn mends(state: &str, expected: StoreFault) {
    let (path, switch) = failing_disk();
    let store = open(&path).await;
    let mut chain = Chain::of_room(1);
    // Often, since the thread that closes a broken connection runs beside us, and SQLite fares differently for it.
    for round in 0..20 {
        commit(&store, vec![chain.post("taken")]).await;
        if round == 0 {
            assert_eq!(count(&store).await, 1);
        }
        switch(state);
        for _ in 0..3 {
            assert_eq!(refusal(&store, &chain.clone().post("refused")).await, expected);
            // Later on, a reader may have to make the log's index longer, which fails too.
            if round == 0 {
                assert_eq!(count(&store).await, 1);
            }
        }
        switch("well");
    }
    commit(&store, vec![chain.post("after")]).await;
    assert_eq!(count(&store).await, 21);
}
