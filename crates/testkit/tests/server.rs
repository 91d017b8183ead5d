//! The harness for the server, with a shell script in the server's place.

use std::path::Path;

use causerie_testkit::{Options, Server};

/// Run from the source tree: one that the test has just written may still be open for writing in a child of another
/// thread's test, and then it cannot be started.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program.sh");

fn runs(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn keeps_its_addresses_over_a_kill_and_restart() {
    let mut server = Server::demo(PROGRAM);
    let (tcp, tls, metrics) = (server.sip_tcp(), server.sip_tls(), server.metrics());
    assert_ne!(tcp.port(), 0);
    assert_eq!(server.admin(), server.data_dir().join("admin.sock"));
    let first = server.pid().expect("it runs");

    server.kill9();
    assert!(!runs(first) && server.pid().is_none());
    server.restart();
    assert_ne!(server.pid().expect("it runs"), first);
    assert_eq!(
        (server.sip_tcp(), server.sip_tls(), server.metrics()),
        (tcp, tls, metrics)
    );
    assert!(
        server
            .log()
            .contains(&format!("--sip-tcp {tcp} --sip-tls {tls} --metrics {metrics}"))
    );
}

#[test]
fn stop_asks_and_waits() {
    let mut server = Server::demo(PROGRAM);
    assert_eq!(server.stop().code(), Some(7));
    assert!(server.log().ends_with("terminated\n"), "{}", server.log());
}

#[test]
fn dropping_it_ends_the_process_and_removes_the_folder() {
    let server = Server::demo(PROGRAM);
    let (pid, data) = (server.pid().expect("it runs"), server.data_dir());
    assert!(runs(pid) && data.exists());
    drop(server);
    assert!(!runs(pid) && !data.exists());
}

#[test]
fn an_early_end_is_told_with_the_log() {
    let options = Options {
        arguments: vec!["--more".to_owned()],
        environment: vec![("FAIL".to_owned(), "the port is taken".to_owned())],
    };
    let error = Server::try_start(PROGRAM, options)
        .expect_err("it ends")
        .to_string();
    assert!(
        error.contains("exit status: 3") && error.contains("cannot: the port is taken"),
        "{error}"
    );
    assert!(error.contains("--more"), "{error}");
}
