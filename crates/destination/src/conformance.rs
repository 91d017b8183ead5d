//! The suite that every adapter must pass: what the traits of this crate promise, one case a function.
//!
//! A case gets an empty place of its own. An adapter's tests say once how to make one:
//!
//! ```ignore
//! causerie_destination::conformance_tests!(fresh); // async fn fresh() -> impl World
//! ```
//!
//! Cases panic when a promise is broken, as tests do.

use crate::{Destination, MAX_NAME_BYTES, Staged, Staging};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// A place that a case has for itself.
#[async_trait]
pub trait World: Send + Sync {
    /// Opens it, or opens it once more.
    async fn open(&self) -> Arc<dyn Destination>;

    /// Leaves behind what a process leaves that is killed while it stages an export of this name: the file `old.txt`.
    async fn crash(&self, export: &str);

    /// Has nothing be put there any more.
    async fn spoil(&self);

    /// Every file there that belongs to an export, staged or committed.
    async fn litter(&self) -> Vec<String>;
}

/// Makes one `#[tokio::test]` of each case. The argument names an `async fn` there without parameters that returns an
/// empty [`World`](crate::conformance::World).
#[macro_export]
macro_rules! conformance_tests {
    ($fresh:ident) => {
        $crate::conformance_tests!(@cases $fresh:
            what_was_committed_is_read_back,
            nothing_is_there_before_the_commit,
            nothing_is_left_of_what_was_dropped,
            an_export_is_committed_once,
            an_export_is_staged_by_one_at_a_time,
            everything_is_there_after_opening_anew,
            leftovers_of_a_crash_go,
            exports_do_not_mix,
            bad_names_are_refused,
            names_have_a_length,
            files_are_told_as_they_are,
            an_export_without_files_is_one,
            pieces_are_put_together,
            a_good_place_is_told_and_stays_as_it_is,
            a_bad_place_is_told,
            exports_are_listed_once_they_are_there,
        );
    };
    (@cases $fresh:ident: $($case:ident,)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::conformance::$case(&$fresh().await).await;
            }
        )*
    };
}

/// Long enough for the slowest machine.
const SOON: Duration = Duration::from_secs(60);

const NAME: &str = "archive-000000000001-000000000009";

/// SHA-256 of `abc`: FIPS 180-4, appendix of examples.
const SHA256_OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

async fn begin(to: &Arc<dyn Destination>, export: &str) -> Box<dyn Staging> {
    to.begin(export).await.expect("an export can be begun")
}

async fn write(staging: &mut Box<dyn Staging>, file: &str, text: &str) {
    staging
        .write(file, text.as_bytes())
        .await
        .expect("it can be written");
}

async fn read(from: &Arc<dyn Destination>, export: &str, file: &str) -> Option<String> {
    let bytes = from.read(export, file).await.expect("it can be read");
    bytes.map(|bytes| String::from_utf8(bytes).expect("the text that was written"))
}

/// Files come back as they were written, and no others.
pub async fn what_was_committed_is_read_back(world: &impl World) {
    let there = world.open().await;
    let mut staging = begin(&there, NAME).await;
    write(&mut staging, "a.txt", "one").await;
    write(&mut staging, "b.txt", "two").await;
    staging.commit().await.expect("it can be committed");
    assert_eq!(read(&there, NAME, "a.txt").await.as_deref(), Some("one"));
    assert_eq!(read(&there, NAME, "b.txt").await.as_deref(), Some("two"));
    assert_eq!(read(&there, NAME, "c.txt").await, None);
    assert_eq!(read(&there, "another", "a.txt").await, None);
    assert!(there.place(NAME).contains(NAME), "{}", there.place(NAME));
}

/// Nobody sees half an export.
pub async fn nothing_is_there_before_the_commit(world: &impl World) {
    let there = world.open().await;
    let mut staging = begin(&there, NAME).await;
    write(&mut staging, "a.txt", "one").await;
    staging.files().await.expect("files");
    assert_eq!(read(&there, NAME, "a.txt").await, None);
    staging.commit().await.expect("it can be committed");
    assert_eq!(read(&there, NAME, "a.txt").await.as_deref(), Some("one"));
}

/// What is dropped without a commit takes no room.
pub async fn nothing_is_left_of_what_was_dropped(world: &impl World) {
    let there = world.open().await;
    let mut staging = begin(&there, NAME).await;
    write(&mut staging, "a.txt", "one").await;
    staging.files().await.expect("files");
    assert!(!world.litter().await.is_empty());
    drop(staging);
    // Soon, if not at once: whoever drops it isn't held up.
    let gone = async {
        while !world.litter().await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, gone).await.expect("what was dropped goes");
    assert_eq!(read(&there, NAME, "a.txt").await, None);
    let staging = begin(&there, NAME).await;
    staging.commit().await.expect("it can be committed");
    assert_eq!(read(&there, NAME, "a.txt").await, None);
    // And at once it can be begun again.
    drop(begin(&there, "two").await);
    let staging = begin(&there, "two").await;
    staging.commit().await.expect("it can be committed");
}

/// What is there is never replaced.
pub async fn an_export_is_committed_once(world: &impl World) {
    let there = world.open().await;
    let mut staging = begin(&there, NAME).await;
    write(&mut staging, "a.txt", "one").await;
    staging.commit().await.expect("it can be committed");
    let again = there.begin(NAME).await.err().expect("it is there already");
    assert!(again.0.contains(NAME), "{again}");
    assert_eq!(read(&there, NAME, "a.txt").await.as_deref(), Some("one"));
}

/// Two who stage the same export don't write into each other's files.
pub async fn an_export_is_staged_by_one_at_a_time(world: &impl World) {
    let (there, too) = (world.open().await, world.open().await);
    let mut staging = begin(&there, NAME).await;
    write(&mut staging, "a.txt", "one").await;
    assert!(too.begin(NAME).await.is_err());
    staging.commit().await.expect("it can be committed");
    assert!(too.begin(NAME).await.is_err());
    assert_eq!(read(&too, NAME, "a.txt").await.as_deref(), Some("one"));
}

/// Who comes later finds all of it.
pub async fn everything_is_there_after_opening_anew(world: &impl World) {
    let there = world.open().await;
    let mut staging = begin(&there, NAME).await;
    let text = "0123456789".repeat(200_000);
    write(&mut staging, "a.txt", &text).await;
    staging.commit().await.expect("it can be committed");
    drop(there);
    let again = world.open().await;
    assert!(read(&again, NAME, "a.txt").await == Some(text));
    assert!(again.begin(NAME).await.is_err());
}

/// A run that is done again begins with nothing.
pub async fn leftovers_of_a_crash_go(world: &impl World) {
    world.crash(NAME).await;
    let there = world.open().await;
    assert_eq!(read(&there, NAME, "old.txt").await, None);
    let mut staging = begin(&there, NAME).await;
    write(&mut staging, "a.txt", "one").await;
    assert_eq!(names(&staging.files().await.expect("files")), ["a.txt"]);
    staging.commit().await.expect("it can be committed");
    assert_eq!(read(&there, NAME, "old.txt").await, None);
    assert_eq!(read(&there, NAME, "a.txt").await.as_deref(), Some("one"));
}

/// Exports that are staged at once are each as they were written.
pub async fn exports_do_not_mix(world: &impl World) {
    let there = world.open().await;
    let mut one = begin(&there, "one").await;
    let mut two = begin(&there, "two").await;
    write(&mut one, "a.txt", "1").await;
    write(&mut two, "a.txt", "2").await;
    drop(one);
    two.commit().await.expect("it can be committed");
    assert_eq!(read(&there, "one", "a.txt").await, None);
    assert_eq!(read(&there, "two", "a.txt").await.as_deref(), Some("2"));
}

/// A name leads nowhere else.
pub async fn bad_names_are_refused(world: &impl World) {
    let there = world.open().await;
    for bad in [
        "", ".", "..", "../x", ".x", "a/b", "/x", "a\\b", "a b", "a\0", "ä", "a\n",
    ] {
        assert!(there.begin(bad).await.is_err(), "export {bad:?}");
        assert!(there.read(bad, "a.txt").await.is_err(), "export {bad:?}");
        assert!(there.read("one", bad).await.is_err(), "file {bad:?}");
        let mut staging = begin(&there, "one").await;
        assert!(staging.write(bad, b"x").await.is_err(), "file {bad:?}");
        assert!(
            staging.commit().await.is_err(),
            "after a failure nothing is committed: {bad:?}"
        );
    }
    assert_eq!(world.litter().await, [""; 0]);
}

/// Up to [`MAX_NAME_BYTES`].
pub async fn names_have_a_length(world: &impl World) {
    let there = world.open().await;
    let longest = "x".repeat(MAX_NAME_BYTES);
    let mut staging = begin(&there, &longest).await;
    write(&mut staging, &longest, "one").await;
    staging.commit().await.expect("it can be committed");
    assert_eq!(read(&there, &longest, &longest).await.as_deref(), Some("one"));
    let longer = format!("{longest}x");
    assert!(there.begin(&longer).await.is_err());
    assert!(begin(&there, "one").await.write(&longer, b"x").await.is_err());
}

/// By name, with length and hash.
pub async fn files_are_told_as_they_are(world: &impl World) {
    let there = world.open().await;
    let mut staging = begin(&there, NAME).await;
    write(&mut staging, "b.txt", "").await;
    write(&mut staging, "a.txt", "a").await;
    write(&mut staging, "a.txt", "bc").await;
    let files = staging.files().await.expect("files");
    assert_eq!(names(&files), ["a.txt", "b.txt"]);
    assert_eq!((files[0].bytes, files[1].bytes), (3, 0));
    let hash: String = files[0].sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, SHA256_OF_ABC);
    write(&mut staging, "a.txt", "d").await;
    assert_eq!(staging.files().await.expect("files")[0].bytes, 4);
    staging.commit().await.expect("it can be committed");
    assert_eq!(read(&there, NAME, "a.txt").await.as_deref(), Some("abcd"));
    assert_eq!(read(&there, NAME, "b.txt").await.as_deref(), Some(""));
}

/// Nothing in it is something too.
pub async fn an_export_without_files_is_one(world: &impl World) {
    let there = world.open().await;
    begin(&there, NAME)
        .await
        .commit()
        .await
        .expect("it can be committed");
    assert!(there.begin(NAME).await.is_err());
    assert_eq!(read(&there, NAME, "a.txt").await, None);
}

/// Many small pieces for files in turn.
pub async fn pieces_are_put_together(world: &impl World) {
    let there = world.open().await;
    let mut staging = begin(&there, NAME).await;
    let mut whole = [String::new(), String::new()];
    for piece in 0..20_000_usize {
        let text = format!("piece {piece} of many that are put together again;");
        let file = piece % 2;
        staging
            .write(["a.txt", "b.txt"][file], text.as_bytes())
            .await
            .expect("it can be written");
        whole[file] += &text;
    }
    staging.commit().await.expect("it can be committed");
    assert!(read(&there, NAME, "a.txt").await.as_deref() == Some(&whole[0]));
    assert!(read(&there, NAME, "b.txt").await.as_deref() == Some(&whole[1]));
}

/// Also while exports are staged and after a crash, and several times at once.
pub async fn a_good_place_is_told_and_stays_as_it_is(world: &impl World) {
    let there = world.open().await;
    there.check().await.expect("it is empty");
    assert_eq!(world.litter().await, [""; 0]);
    world.crash("two").await;
    let mut staging = begin(&there, NAME).await;
    write(&mut staging, "a.txt", "one").await;
    let before = world.litter().await.len();
    let too = world.open().await;
    let (one, other) = tokio::join!(there.check(), too.check());
    one.expect("it takes exports");
    other.expect("it takes exports");
    assert_eq!(world.litter().await.len(), before);
    staging.commit().await.expect("it can be committed");
    there.check().await.expect("it takes others");
    assert_eq!(read(&there, NAME, "a.txt").await.as_deref(), Some("one"));
}

/// By name; neither what is staged nor what a crash left.
pub async fn exports_are_listed_once_they_are_there(world: &impl World) {
    let there = world.open().await;
    assert_eq!(there.exports().await.expect("a list"), [""; 0]);
    world.crash("crashed").await;
    for name in ["two", "one-1.x"] {
        let mut staging = begin(&there, name).await;
        write(&mut staging, "a.txt", "one").await;
        staging.commit().await.expect("it can be committed");
    }
    let staging = begin(&there, "staged").await;
    assert_eq!(there.exports().await.expect("a list"), ["one-1.x", "two"]);
    drop(staging);
    drop(there);
    let again = world.open().await;
    assert_eq!(again.exports().await.expect("a list"), ["one-1.x", "two"]);
}

/// As whoever begins an export is told.
pub async fn a_bad_place_is_told(world: &impl World) {
    let there = world.open().await;
    world.spoil().await;
    let told = there.check().await.expect_err("it takes nothing");
    assert!(!told.0.is_empty());
    assert!(there.begin(NAME).await.is_err());
    assert!(there.exports().await.is_err());
    assert!(world.open().await.check().await.is_err());
}

fn names(files: &[Staged]) -> Vec<&str> {
    files.iter().map(|file| file.name.as_str()).collect()
}
