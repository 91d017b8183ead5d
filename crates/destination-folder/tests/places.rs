//! What is on the disk.

use causerie_destination::{Destination, Destinations, Place};
use causerie_destination_folder::Folders;
use std::{fs, os::unix::fs::symlink, path::Path, sync::Arc, time::SystemTime};
use tempfile::TempDir;

fn at(directory: &Path, zip: bool) -> Arc<dyn Destination> {
    let directory = directory.display().to_string();
    Folders::new().at(&Place { directory, zip }).expect("a place")
}

async fn export(to: &Arc<dyn Destination>, name: &str) {
    let mut staging = to.begin(name).await.expect("begun");
    // In any order.
    for (file, text) in [("b.txt", "two"), ("a.txt", "one"), ("c.txt", "")] {
        staging.write(file, text.as_bytes()).await.expect("written");
    }
    staging.commit().await.expect("committed");
}

#[tokio::test]
async fn a_folder_has_the_files_and_nothing_else() {
    let directory = TempDir::new().expect("a directory");
    export(&at(directory.path(), false), "one").await;
    let mut names: Vec<_> = fs::read_dir(directory.path().join("one"))
        .expect("the export")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["a.txt", "b.txt", "c.txt"]);
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1);
}

#[tokio::test]
async fn what_takes_no_export_is_told_with_its_path() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("file");
    fs::write(&file, "x").expect("a file");
    // Not even root makes anything in the second.
    for (bad, why) in [
        (
            directory.path().join("none").as_path(),
            "it isn't there, or isn't a directory",
        ),
        (Path::new("/proc"), "can't make"),
        (&file, "it isn't there, or isn't a directory"),
    ] {
        let told = at(bad, false).check().await.expect_err("no place").to_string();
        assert!(
            told.contains(why) && told.contains(&bad.display().to_string()),
            "{told}"
        );
        at(bad, false).look().await.expect_err("no place");
    }
}

#[tokio::test]
async fn the_same_files_make_the_same_zip() {
    let (one, two) = (TempDir::new().expect("one"), TempDir::new().expect("two"));
    export(&at(one.path(), true), "one").await;
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    export(&at(two.path(), true), "one").await;
    let zip = fs::read(one.path().join("one.zip")).expect("a zip");
    assert_eq!(zip, fs::read(two.path().join("one.zip")).expect("a zip"));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).expect("a zip");
    let names: Vec<String> = (0..archive.len())
        .map(|index| {
            archive
                .by_index(index)
                .expect("an entry")
                .name()
                .expect("a name")
                .into_owned()
        })
        .collect();
    assert_eq!(names, ["one/a.txt", "one/b.txt", "one/c.txt"]);
    assert_eq!(fs::read_dir(one.path()).expect("a directory").count(), 1);
}

#[tokio::test]
async fn either_form_is_found_by_both() {
    let directory = TempDir::new().expect("a directory");
    let (folders, zips) = (at(directory.path(), false), at(directory.path(), true));
    export(&folders, "one").await;
    export(&zips, "two").await;
    for place in [&folders, &zips] {
        for name in ["one", "two"] {
            let read = place.read(name, "a.txt").await.expect("read");
            assert_eq!(read.as_deref(), Some(b"one".as_slice()));
            assert!(place.begin(name).await.is_err());
        }
    }
}

#[test]
fn what_is_dropped_is_removed_where_a_disk_that_hangs_holds_up_nobody() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime
        .enable_time()
        .max_blocking_threads(1)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let directory = TempDir::new().expect("a directory");
        let place = at(directory.path(), false);
        let mut staging = place.begin("one").await.expect("begun");
        staging.write("a.txt", b"one").await.expect("written");
        staging.files().await.expect("files");
        // The one thread that may wait for the disk does.
        let (disk, hangs) = std::sync::mpsc::channel::<()>();
        let hung = tokio::task::spawn_blocking(move || hangs.recv());
        drop(staging);
        assert!(directory.path().join(".staging-one/a.txt").exists());
        drop(disk);
        assert!(hung.await.expect("it ends").is_err());
        let staging = place.begin("one").await.expect("begun again");
        staging.commit().await.expect("committed");
        assert!(!directory.path().join("one/a.txt").exists());
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1);
    });
}

#[tokio::test]
async fn a_full_disk_delivers_nothing() {
    for zip in [false, true] {
        let directory = TempDir::new().expect("a directory");
        let place = at(directory.path(), zip);
        let mut staging = place.begin("one").await.expect("begun");
        staging.write("a.txt", b"one").await.expect("written");
        // A device that is always full.
        symlink("/dev/full", directory.path().join(".staging-one/b.txt")).expect("a link");
        staging.write("b.txt", b"two").await.expect("it waits");
        let error = staging.files().await.expect_err("no room");
        assert!(
            error.0.contains("b.txt") && error.0.contains("No space"),
            "{error}"
        );
        assert!(staging.commit().await.is_err(), "a part is missing");
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
    }
}

#[tokio::test]
async fn a_zip_that_finds_no_room_is_not_there() {
    let directory = TempDir::new().expect("a directory");
    let place = at(directory.path(), true);
    let mut staging = place.begin("one").await.expect("begun");
    staging.write("a.txt", b"one").await.expect("written");
    symlink("/dev/full", directory.path().join(".staging-one.zip")).expect("a link");
    assert!(staging.commit().await.is_err());
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
}

#[tokio::test]
async fn a_place_must_be_there() {
    assert!(
        Folders::new()
            .at(&Place {
                directory: "exports".to_owned(),
                zip: false
            })
            .is_err()
    );
    let directory = TempDir::new().expect("a directory");
    let place = at(&directory.path().join("unmounted"), false);
    let error = place.begin("one").await.err().expect("no directory");
    assert!(error.0.contains("unmounted"), "{error}");
}

#[tokio::test]
async fn a_link_that_leads_nowhere_is_not_replaced() {
    let directory = TempDir::new().expect("a directory");
    symlink("/nowhere", directory.path().join("one")).expect("a link");
    assert!(at(directory.path(), false).begin("one").await.is_err());
}

#[tokio::test]
async fn looking_writes_nothing() {
    let directory = TempDir::new().expect("a directory");
    let of = || fs::File::open(directory.path()).expect("a directory");
    let before = SystemTime::UNIX_EPOCH;
    of().set_modified(before).expect("a time");
    let written = || of().metadata().and_then(|data| data.modified()).expect("a time");
    at(directory.path(), false).look().await.expect("a place");
    assert_eq!(written(), before);
    at(directory.path(), false).check().await.expect("a place");
    assert_ne!(written(), before, "the file system tells");
}
