//! XSLT in the server's sandbox.

use crate::{common, common::wait_until, demo, exported_by, officer, stored};
use causerie_testkit::{Options, Server};
use std::{fs, path::Path};

const STYLESHEET: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../destination-folder/tests/filedump.xsl"
);
/// Starts the program on a kernel without Landlock.
const WITHOUT_LANDLOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/without_landlock.py");

/// Exports through a stylesheet.
fn exports(server: &Server, adapter: &str) {
    let folder = server.data_dir().join(adapter);
    fs::create_dir(&folder).expect("a folder");
    let folder = folder.to_str().expect("a path");
    let set = [
        "compliance",
        "adapter",
        "set",
        adapter,
        "--enabled",
        "off",
        "--directory",
        folder,
    ];
    let how = ["--format", "xml", "--xslt", STYLESHEET, "--extension", "dump"];
    officer(server, &[&set[..], &how].concat()).ok();
    let batch = exported_by(server, adapter);
    let is_made = |path: &Path| {
        path.extension().is_some_and(|extension| extension == "dump")
            && fs::read_to_string(path).is_ok_and(|text| text.contains("<FileDump>"))
    };
    let mut files = fs::read_dir(&batch).expect("a batch");
    assert!(
        files.any(|file| is_made(&file.expect("a file").path())),
        "{batch:?}"
    );
}

/// What the log tells of the sandbox, once, however many exports need it.
fn told_once(server: &Server) -> String {
    wait_until("the demo's records are stored", || stored(server) > 0);
    exports(server, "one");
    exports(server, "two");
    let log = server.log();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("Landlock")).collect();
    let [line] = told[..] else {
        panic!("it is told once: {told:?}")
    };
    line.to_owned()
}

#[test]
fn stylesheets_run_in_the_sandbox() {
    let server = demo();
    let line = told_once(&server);
    // How far it holds here, `causerie sandbox` says; its own tests look whether that is true.
    let ran = common::run_alone(&["sandbox", "--input", STYLESHEET, "--", "/bin/true"]);
    assert!(line.contains(ran.err.trim()), "{line}");
}

#[test]
fn that_there_is_no_sandbox_is_a_warning() {
    let options = Options {
        environment: vec![("CAUSERIE_BINARY".to_owned(), common::BINARY.to_owned())],
        ..Options::default()
    };
    let server = Server::start(WITHOUT_LANDLOCK, options);
    let line = told_once(&server);
    assert!(line.contains("WARN") && line.contains("not enforced"), "{line}");
}
