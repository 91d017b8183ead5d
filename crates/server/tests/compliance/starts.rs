//! How the service starts and stops, and what is said where there is none.

use crate::{
    common::{self, wait_until},
    demo, officer,
    service::{Service, chat_alone},
};
use std::{
    fs,
    io::{self, Read, Write},
    net::TcpListener,
    process::Stdio,
    sync::mpsc::{Receiver, channel},
    thread,
};

/// Calls itself ever more: for hours.
const ENDLESS: &str = r#"<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="/"><xsl:call-template name="f"><xsl:with-param name="n" select="60"/></xsl:call-template></xsl:template>
<xsl:template name="f"><xsl:param name="n"/><xsl:if test="$n &gt; 0">
<xsl:call-template name="f"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>
<xsl:call-template name="f"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>
</xsl:if></xsl:template></xsl:stylesheet>"#;

/// Takes all that is posted there.
fn hear(webhook: TcpListener) -> Receiver<String> {
    let (posted, heard) = channel();
    thread::spawn(move || {
        for stream in webhook.incoming() {
            let mut stream = stream.expect("a connection");
            let (mut text, mut buffer) = (String::new(), [0; 4_096]);
            while !text.ends_with('}') {
                match stream.read(&mut buffer) {
                    Ok(length @ 1..) => text += std::str::from_utf8(&buffer[..length]).expect("UTF-8"),
                    _ => break,
                }
            }
            // Before it is answered, so that who waits for the answer was heard.
            if posted.send(text).is_err() {
                return;
            }
            let _ = stream.write_all(b"HTTP/1.1 204 Fine\r\ncontent-length: 0\r\n\r\n");
        }
    });
    heard
}

#[test]
fn a_stop_breaks_off_the_run_that_an_officer_waits_for() {
    let mut server = demo();
    let folder = server.data_dir().join("endless");
    fs::create_dir(&folder).expect("a folder");
    let sheet = folder.join("endless.xsl");
    fs::write(&sheet, ENDLESS).expect("a file");
    let text = |path: &std::path::Path| path.to_str().expect("a path").to_owned();
    let set = [
        "compliance",
        "adapter",
        "set",
        "endless",
        "--enabled",
        "off",
        "--format",
        "xml",
    ];
    let (folder, sheet) = (text(&folder), text(&sheet));
    let how = ["--directory", &folder, "--xslt", &sheet, "--extension", "txt"];
    officer(&server, &[&set[..], &how].concat()).ok();
    let token = text(&server.data_dir().join("officer.token"));
    let data = text(&server.data_dir());
    let waiting = common::command(&["compliance", "adapter", "run", "endless"])
        .args(["--data-dir", &data, "--token-file", &token])
        .stderr(Stdio::piped())
        .spawn();
    let waiting = common::Process(waiting.expect("it starts"));
    let is_at_it = || {
        let mut staged = fs::read_dir(&folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry"));
        staged.any(|entry| entry.file_name().to_string_lossy().starts_with('.'))
    };
    wait_until("the run is at it", is_at_it);
    assert!(server.stop().success());
    let log = server.log();
    assert!(!log.contains("not everything ended in time"), "{log}");
    assert!(log.trim_end().ends_with("stopped"), "{log}");
    let (status, told) = waiting.output();
    assert_eq!(status.code(), Some(1));
    assert!(told.contains("the compliance service is stopping"), "{told}");
}

#[test]
fn who_cannot_start_tells_it_before_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = chat_alone();
    let webhook = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = webhook.local_addr().expect("its address");
    let heard = hear(webhook);
    let more = format!(
        "[compliance]\nanchor_file = {:?}\nalarm_webhook = \"http://{}/\"\n",
        folder.path().join("anchors"),
        address
    );
    let mut service = Service::with(&server, &more);
    let data = service.data_dir();
    let said = data.to_str().expect("a path").to_owned();
    service.officer().wait_until_stored();
    // What is the chat server's is asked for there.
    for arguments in [
        &["status"][..],
        &["room", "list"],
        &["token", "list"],
        &["certificates", "reload"],
    ] {
        let told = common::run_alone(&[arguments, &["--data-dir", &said]].concat()).refused();
        assert!(told.contains("this compliance service runs alone"), "{told}");
    }
    service.stop();
    let told = common::run_alone(&["compliance", "status", "--data-dir", &said]).refused();
    assert!(
        told.contains("compliance.sock: start one with: causerie serve --role compliance,"),
        "{told}"
    );

    // The database comes from a backup, the anchors don't.
    for name in ["compliance.db", "compliance.db-wal", "compliance.db-shm"] {
        let _ = fs::remove_file(data.join(name));
    }
    service.refuses_to_start();
    let is_told = |text: &String| text.contains("\"alarm\":\"service-down\"");
    assert!(
        heard.try_iter().any(|text| is_told(&text)),
        "it was told before the end"
    );
}

#[test]
fn who_stops_reading_is_told_of_no_error_but_of_what_is_wrong() {
    let server = demo();
    let data = server.data_dir();
    let data = data.to_str().expect("a path");
    let unread = |arguments: &[&str]| {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut command = common::command(arguments);
        let child = command.stdout(writer).stderr(Stdio::piped()).spawn();
        common::Process(child.expect("it starts")).output()
    };
    let (status, told) = unread(&["room", "list", "--json", "--data-dir", data]);
    assert_eq!((status.code(), told.as_str()), (Some(0), ""));
    let key = server.data_dir().join("compliance-signing.pub");
    let key = key.to_str().expect("a path");
    // A folder without an export.
    let verify = ["compliance", "verify", "--folder", data, "--key", key, "--json"];
    let (status, _) = unread(&verify);
    assert_eq!(status.code(), Some(1));
}
