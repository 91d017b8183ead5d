//! Certificates: shown, and read again.

use crate::common::{Process, command, demo, names, run, run_alone, wait_until};
use causerie_testkit::Server;
use serde_json::json;
use std::{fs, process::Command, process::Stdio};

#[test]
fn status_certificates_and_registrations_are_shown() {
    let server = demo();
    let status = run(&server, &["status", "--json"]).json();
    assert_eq!(
        (&status["users"], &status["rooms"], &status["writable"]),
        (&json!(4), &json!(4), &json!(true))
    );
    assert_eq!(status["pid"], server.pid().expect("it runs"));
    assert_eq!(status["sip_tls"], server.sip_tls().to_string());
    let text = run(&server, &["status"]).ok();
    assert!(text.contains("Rooms                   4, 0 in use\n"), "{text}");
    assert_eq!(run(&server, &["registrations"]).ok(), "Nobody is signed in.\n");

    let before = run(&server, &["certificates", "show", "--json"]).json();
    assert_eq!(names(&before, "kind"), ["ecdsa", "rsa"]);
    assert!(before[0]["days_left"].as_i64().is_some_and(|days| days > 300));
    let names_of = before[0]["names"].as_array().expect("a list");
    for name in ["localhost", "127.0.0.1", "::1", "sip.example.test"] {
        assert!(names_of.contains(&json!(name)), "{name} is not in {names_of:?}");
    }
    let again = run(&server, &["certificates", "reload", "--json"]).json();
    assert_eq!((&again["certificates"], &again["changes"]), (&before, &json!([])));
    // What is no certificate is refused, and those in use stay.
    let file = server.data_dir().join("rsa.key");
    let key = fs::read(&file).expect("it is there");
    fs::write(&file, "nonsense").expect("it can be written");
    let refused = run(&server, &["certificates", "reload"]).refused();
    assert!(refused.contains("rsa.key"), "{refused}");
    assert_eq!(run(&server, &["certificates", "show", "--json"]).json(), before);
    fs::write(&file, key).expect("it can be written");
    run(&server, &["certificates", "reload"]).ok();
}

#[test]
fn hang_up_reads_the_certificates_again() {
    let server = demo();
    let before = run(&server, &["certificates", "show", "--json"]).json();
    // Without its certificate the key gets a new one, which has another end.
    fs::remove_file(server.data_dir().join("rsa.pem")).expect("it is there");
    let pid = server.pid().expect("it runs");
    let told = Command::new("sh")
        .args(["-c", &format!("kill -HUP {pid}")])
        .status();
    assert!(told.is_ok_and(|status| status.success()));
    wait_until("it is made again", || server.data_dir().join("rsa.pem").exists());
    assert_eq!(
        names(&run(&server, &["certificates", "show", "--json"]).json(), "kind"),
        names(&before, "kind")
    );
}

#[test]
fn changed_certificates_are_noticed() {
    // Two servers' own certificates, one after the other in the files of a third.
    let (first, second) = (demo(), demo());
    let folder = tempfile::tempdir().expect("a folder");
    let put = |server: &Server, name: &str| {
        let new = folder.path().join("new");
        fs::copy(server.data_dir().join(name), &new).expect("it can be copied");
        fs::rename(&new, folder.path().join(name)).expect("it can be moved");
    };
    let files = ["ecdsa.key", "ecdsa.pem"];
    files.iter().for_each(|name| put(&first, name));
    let path = |name: &str| folder.path().join(name).display().to_string();
    let text = format!(
        "domain = \"corp.test\"\ndata_dir = \"{}\"\n[sip]\ntcp = \"off\"\ntls = \"127.0.0.1:0\"\n\
         ecdsa_certificate = \"{}\"\necdsa_key = \"{}\"\n[metrics]\nlisten = \"off\"\n",
        path("data"),
        path("ecdsa.pem"),
        path("ecdsa.key")
    );
    fs::write(path("causerie.toml"), text).expect("it can be written");
    let process = command(&["serve", "--config", &path("causerie.toml")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _process = Process(process.expect("it starts"));
    wait_until("it serves", || folder.path().join("data/listening.json").exists());
    let in_use =
        || run_alone(&["certificates", "show", "--json", "--data-dir", &path("data")]).json()[0].clone();
    let before = in_use();
    assert_eq!(before["file"], path("ecdsa.pem"));
    files.iter().for_each(|name| put(&second, name));
    wait_until("the new one is in use", || in_use()["serial"] != before["serial"]);
}
