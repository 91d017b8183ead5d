//! Broken and odd messages over a connection, after RFC 4475. Its own messages are used too where the environment
//! variable `CAUSERIE_RFC4475` names their folder.
mod common;

use std::path::Path;

use common::World;

/// What a stranger gets: a status, or nothing at all.
async fn verdict(world: &World, message: &[u8]) -> Option<String> {
    let mut client = world.connect();
    client.user = "alice@example.test".to_owned();
    client.send(message).await;
    let ping = client.draft("OPTIONS", "sip:example.test", "ping", "", "");
    client.send(ping).await;
    let raw = client.next().await?;
    let answer = String::from_utf8_lossy(&raw).into_owned();
    (!answer.contains("\r\nCall-ID: ping\r\n")).then(|| answer[8..11].to_owned())
}

const COMMON: &str = "Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKx\r\nMax-Forwards: 70\r\nFrom: <sip:a@example.test>;tag=1\r\n\
    To: <sip:a@example.test>\r\nCall-ID: odd\r\n";

#[tokio::test]
async fn odd_messages_get_their_verdicts() {
    let world = World::new().await;
    let request = |start: &str, more: &str, body: &str| {
        let method = start.split(' ').next().unwrap();
        format!(
            "{start}\r\n{COMMON}CSeq: 1 {method}\r\n{more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let options = "OPTIONS sip:example.test SIP/2.0";
    let invite = "INVITE sip:bob@example.test SIP/2.0";
    let response = |status: &str, more: &str| {
        format!(
            "SIP/2.0 {status}\r\n{more}From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: odd\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let via = "Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKx\r\n";
    for (message, expected) in [
        // Fine, but nobody has signed in.
        (request(options, "", ""), Some("401")),
        (
            request(options, "X:\r\n folded\r\nk : gruu-10\r\n", ""),
            Some("401"),
        ),
        (
            request(options, "Date: Fri, 01 Jan 2010 16:00:00 EST\r\n", ""),
            Some("401"),
        ),
        (
            request(options, "Authorization: Unknown x=\"y\"\r\n", ""),
            Some("401"),
        ),
        (
            request(invite, "Content-Type: application/sdp\r\n", "v=0\r\n"),
            Some("401"),
        ),
        (
            request(
                "MESSAGE sip:bob@example.test SIP/2.0",
                "Content-Type: multipart/mixed;boundary=x\r\n",
                "\0\r\n\r\n\0",
            ),
            Some("401"),
        ),
        (
            request(
                "REGISTER sip:example.test SIP/2.0",
                "Contact: <sip:a@192.0.2.7;x=y>;z\r\n",
                "",
            ),
            Some("401"),
        ),
        // Methods.
        (
            request(
                "!interesting-Method0123456789_*+`.%indeed'~ sip:example.test SIP/2.0",
                "",
                "",
            ),
            Some("501"),
        ),
        (
            request("RE%47IST%45R sip:example.test SIP/2.0", "", ""),
            Some("501"),
        ),
        (
            request(options, "", "").replace("1 OPTIONS", "1 INVITE"),
            Some("400"),
        ),
        (
            request("NEW sip:example.test SIP/2.0", "", "").replace("1 NEW", "1 OLD"),
            Some("400"),
        ),
        // Start lines.
        (request("OPTIONS  sip:example.test SIP/2.0", "", ""), Some("400")),
        (request("OPTIONS sip:example.test SIP/2.0  ", "", ""), Some("400")),
        (request("OPTIONS <sip:example.test> SIP/2.0", "", ""), Some("400")),
        (
            request("OPTIONS sip:a;x=y z@example.test SIP/2.0", "", ""),
            Some("400"),
        ),
        (
            request("OPTIONS sip:a@example.test?Route=%3Csip:b%3E SIP/2.0", "", ""),
            Some("400"),
        ),
        (request("OPTIONS sip:example.test SIP/7.0", "", ""), Some("505")),
        (request("OPTIONS nobody:x SIP/2.0", "", ""), Some("416")),
        (request("OPTIONS soap.beep://x:1 SIP/2.0", "", ""), Some("416")),
        // Headers.
        (
            request(options, "", "").replace("Call-ID: odd\r\n", ""),
            Some("400"),
        ),
        (request(options, "Call-ID: again\r\n", ""), Some("400")),
        (
            request(options, "", "").replace("Max-Forwards: 70", "Max-Forwards: 300"),
            Some("400"),
        ),
        (
            request(options, "Expires: 1000000000000000000000\r\n", ""),
            Some("400"),
        ),
        (
            request(options, "", "").replace("1 OPTIONS", "36893488147419103232 OPTIONS"),
            Some("400"),
        ),
        (
            request(options, "", "").replace("From: <sip:a", "From: \"open <sip:a"),
            Some("400"),
        ),
        (
            request(options, "", "").replace("From: <sip:a", "From: Bell, A <sip:a"),
            Some("400"),
        ),
        (
            request(
                "REGISTER sip:example.test SIP/2.0",
                "Contact: sip:a@b?Route=x;expires=1;;\r\n",
                "",
            ),
            Some("400"),
        ),
        (
            request(options, "", "").replace(";tag=1", ";;,;tag=1"),
            Some("400"),
        ),
        // Extensions and types.
        (
            request(
                options,
                "Require: nothingSupportsThis\r\nProxy-Require: norThat\r\n",
                "",
            ),
            Some("420"),
        ),
        (
            request(invite, "Content-Type: application/unknown\r\n", "<x/>"),
            Some("415"),
        ),
        (request(invite, "Accept: text/unknown\r\n", ""), Some("406")),
        // No answer is possible.
        (request("ACK sip:example.test SIP/2.0", "", ""), None),
        (request(options, "", "").replace("Via", "X-Via"), None),
        (response("200 OK", ""), None),
        (response("200 ", via), None),
        (response("4294967301 better not break", via), None),
        (
            response("200 OK", "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKx\r\n"),
            None,
        ),
        (
            response("200 OK", via).replace("1 INFO", "36893488147419103232 INFO"),
            None,
        ),
    ] {
        let found = verdict(&world, message.as_bytes()).await;
        assert_eq!(found.as_deref(), expected, "{message}");
    }
}

/// What a stranger gets for the messages of the RFC.
const TABLE: &[(&str, Option<&str>)] = &[
    ("badaspec", Some("401")),
    ("badbranch", Some("401")),
    ("baddate", Some("401")),
    ("baddn", Some("400")),
    ("badinv01", Some("400")),
    ("badvers", Some("505")),
    ("bcast", None),
    ("bext01", Some("420")),
    ("bigcode", None),
    ("cparam01", Some("401")),
    ("cparam02", Some("401")),
    ("dblreq", Some("401")),
    ("esc01", Some("401")),
    ("esc02", Some("501")),
    ("escnull", Some("401")),
    ("escruri", Some("400")),
    ("extra-test", None),
    ("insuf", Some("400")),
    ("intmeth", Some("501")),
    ("inv2543", Some("400")),
    ("invut", Some("415")),
    ("longreq", Some("401")),
    ("ltgtruri", Some("400")),
    ("lwsdisp", Some("401")),
    ("lwsruri", Some("400")),
    ("lwsstart", Some("400")),
    ("mcl01", Some("400")),
    ("mismatch01", Some("400")),
    ("mismatch02", Some("400")),
    ("mpart01", Some("401")),
    ("multi01", Some("400")),
    ("ncl", Some("400")),
    ("noreason", None),
    ("novelsc", Some("416")),
    ("quotbal", Some("400")),
    ("regaut01", Some("401")),
    ("regbadct", Some("400")),
    ("regescrt", Some("401")),
    ("scalar02", Some("400")),
    ("scalarlg", None),
    ("sdp01", Some("406")),
    ("semiuri", Some("401")),
    ("transports", Some("401")),
    ("trws", Some("400")),
    ("unkscm", Some("416")),
    ("unksm2", Some("401")),
    ("unreason", None),
    ("wsinv", Some("401")),
    ("zeromf", Some("401")),
];

#[tokio::test]
async fn the_messages_of_rfc_4475_get_their_verdicts() {
    let Some(folder) = std::env::var_os("CAUSERIE_RFC4475") else {
        eprintln!("skipped: CAUSERIE_RFC4475 does not name the folder of the RFC's messages");
        return;
    };
    let world = World::new().await;
    let read = |name: &str| std::fs::read(Path::new(&folder).join(format!("{name}.dat"))).unwrap();
    let mut wrong = Vec::new();
    for (name, expected) in TABLE {
        let mut message = read(name);
        if *name == "baddn" {
            // The archive lost the empty line at its end.
            message.extend_from_slice(b"\r\n");
        }
        let found = verdict(&world, &message).await;
        if found.as_deref() != *expected {
            wrong.push(format!("{name}: {found:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A Content-Length beyond the end: on a stream the rest is waited for, and not for ever (RFC 4475 §3.1.2.2).
#[tokio::test(start_paused = true)]
async fn a_message_that_never_ends_closes_the_connection() {
    let world = World::new().await;
    let mut client = world.connect();
    let message = format!(
        "OPTIONS sip:example.test SIP/2.0\r\n{COMMON}CSeq: 1 OPTIONS\r\nContent-Length: 9999\r\n\r\nshort"
    );
    client.send(message).await;
    assert!(client.next().await.is_none());
    assert_eq!(client.ended().await, "message-too-slow");
}
