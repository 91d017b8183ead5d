//! A connection as such: deadlines at their edges, limits, pipelining, slow readers.
mod common;

use std::time::Duration;

use causerie_frontend::Deadlines;
use common::{ALICE, Client, PASSWORD, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The least that is told apart here.
const MOMENT: Duration = Duration::from_millis(5);

/// Waits until just before `deadline` counted from `since`, and asserts that the connection stands; then that it is
/// closed at the deadline, for that reason.
async fn ends_at(client: &mut Client, since: tokio::time::Instant, deadline: Duration, reason: &str) {
    tokio::time::sleep_until(since + deadline - MOMENT).await;
    assert!(!client.has_ended(), "{reason}: too early");
    tokio::time::sleep_until(since + deadline + MOMENT).await;
    // What is closed in order waits for the client to close too.
    client.hang_up();
    assert_eq!(client.ended().await, reason);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_has_so_long_to_sign_in() {
    let world = World::new().await;
    let sign_in = Deadlines::default().sign_in;
    assert_eq!(sign_in, Duration::from_secs(30));
    let mut silent = world.connect();
    let mut busy = world.connect();
    busy.user = ALICE.to_owned();
    let since = tokio::time::Instant::now();
    for _ in 0..5 {
        tokio::time::sleep(sign_in / 6).await;
        let request = busy.draft("OPTIONS", "sip:example.test", "c", "", "");
        busy.send(request).await;
        assert!(busy.receive().await.starts_with("SIP/2.0 401"));
    }
    ends_at(&mut silent, since, sign_in, "not-signed-in").await;
    busy.hang_up();
    assert_eq!(busy.ended().await, "not-signed-in");
}

#[tokio::test(start_paused = true)]
async fn who_proves_himself_and_registers_no_device_has_no_longer() {
    let world = World::new().await;
    let mut client = world.connect();
    let since = tokio::time::Instant::now();
    let (handshake, challenge) = client.begin(ALICE, PASSWORD).await;
    let (third, _) = client.third(&handshake, &challenge, "");
    let lines = third.split("\r\n").filter(|line| !line.starts_with("Contact:"));
    let query = lines.collect::<Vec<_>>().join("\r\n");
    client.send(query).await;
    assert!(client.receive().await.starts_with("SIP/2.0 200"));
    let deadline = Deadlines::default().sign_in;
    ends_at(&mut client, since, deadline, "not-signed-in").await;
}

#[tokio::test(start_paused = true)]
async fn a_message_has_so_long_from_its_first_byte_to_its_last() {
    let world = World::new().await;
    let message = Deadlines::default().message;
    assert_eq!(message, Duration::from_secs(10));
    let mut client = world.sign_in(ALICE).await;
    // Byte by byte, in time.
    let draft = client.draft("OPTIONS", "sip:example.test", "c", "", "");
    let signed = client.sign(&draft);
    let (start, end) = signed.as_bytes().split_at(50);
    client.send(start).await;
    tokio::time::sleep(message - MOMENT).await;
    client.send(end).await;
    assert!(client.receive().await.starts_with("SIP/2.0 200"));
    // The bytes that come meanwhile give no more time.
    let since = tokio::time::Instant::now();
    for byte in signed.as_bytes().iter().take(9) {
        client.send([*byte]).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    ends_at(&mut client, since, message, "message-too-slow").await;
}

#[tokio::test(start_paused = true)]
async fn somebody_who_says_nothing_is_given_up() {
    let deadlines = Deadlines::default();
    assert_eq!(deadlines.idle(), Duration::from_secs(660));
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    for _ in 0..5 {
        tokio::time::sleep(deadlines.idle() - MOMENT).await;
        client.send("\r\n\r\n").await;
    }
    tokio::task::yield_now().await;
    let since = tokio::time::Instant::now();
    ends_at(&mut client, since, deadlines.idle(), "idle").await;
}

#[tokio::test(start_paused = true)]
async fn somebody_who_reads_nothing_is_given_up() {
    let deadlines = Deadlines::default();
    assert_eq!(deadlines.write, Duration::from_secs(30));
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    client
        .ask(
            "INVITE",
            "sip:chat@example.test",
            "c",
            "Contact: <sip:x@192.0.2.7>\r\n",
            "",
        )
        .await;
    world.echo.push([1_000; 1_000]);
    tokio::time::sleep(MOMENT).await;
    let since = tokio::time::Instant::now() - MOMENT;
    // The application isn't asked for more than fits.
    let limit = causerie_frontend::Limits::default().outgoing;
    let sent = world.echo.shared.sent.load(std::sync::atomic::Ordering::Relaxed);
    assert!(sent * 1_000 < limit + 128 * 1_024, "{sent} messages");
    assert!(sent * 2_000 > limit, "{sent} messages");
    tokio::time::sleep_until(since + deadlines.write - MOMENT).await;
    assert!(!client.has_ended());
    tokio::time::sleep_until(since + deadlines.write + MOMENT).await;
    assert_eq!(client.ended().await, "reads-nothing");
}

#[tokio::test(start_paused = true)]
async fn somebody_who_reads_slowly_loses_nothing() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    client
        .ask(
            "INVITE",
            "sip:chat@example.test",
            "c",
            "Contact: <sip:x@192.0.2.7>\r\n",
            "",
        )
        .await;
    world.echo.push([10_000; 100]);
    for number in 1..=100 {
        tokio::time::sleep(Duration::from_millis(900)).await;
        let info = client.receive().await;
        assert!(info.contains(&format!("\r\nCSeq: {number} INFO\r\n")), "{number}");
    }
}

#[tokio::test]
async fn a_session_cuts_even_a_connection_that_is_full() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    client
        .ask(
            "INVITE",
            "sip:chat@example.test",
            "c",
            "Contact: <sip:x@192.0.2.7>\r\n",
            "",
        )
        .await;
    world.echo.push([10_000; 1_000]);
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    let before = world.echo.shared.sent.load(std::sync::atomic::Ordering::Relaxed);
    world.echo.cut();
    assert_eq!(client.ended().await, "slow-reader");
    let after = world.echo.shared.sent.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(before, after);
}

#[tokio::test]
async fn requests_may_be_pipelined_and_cut_anywhere() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let draft = |client: &mut Client, call: &str| {
        let draft = client.draft(
            "OPTIONS",
            "sip:example.test",
            call,
            "Content-Type: text/plain\r\n",
            "a\r\n\r\nb",
        );
        client.sign(&draft)
    };
    let probe = draft(&mut client, "first").len() + draft(&mut client, "second").len();
    for cut in 0..probe {
        let both = draft(&mut client, "first") + "\r\n\r\n" + &draft(&mut client, "second");
        let (start, end) = both.as_bytes().split_at(cut.min(both.len()));
        client.send(start).await;
        tokio::task::yield_now().await;
        client.send(end).await;
        for call in ["first", "second"] {
            let answer = client.receive().await;
            assert!(answer.contains(&format!("Call-ID: {call}")), "{cut}: {answer}");
        }
    }
}

#[tokio::test]
async fn requests_behind_a_sign_in_wait_for_it() {
    let world = World::new().await;
    let mut client = world.connect();
    let (handshake, challenge) = client.begin(ALICE, PASSWORD).await;
    let (third, association) = client.third(&handshake, &challenge, "");
    client.association = Some(association);
    let mut all = third;
    for call in ["a", "b", "c"] {
        let draft = client.draft("OPTIONS", "sip:example.test", call, "", "");
        all += &client.sign(&draft);
    }
    client.send(all).await;
    assert!(client.receive().await.contains(" REGISTER\r\n"));
    for call in ["a", "b", "c"] {
        assert!(client.receive().await.contains(&format!("Call-ID: {call}")));
    }
}

#[tokio::test]
async fn a_ping_is_answered() {
    let world = World::new().await;
    let mut client = world.connect();
    client.send("\r\n\r\n").await;
    let mut pong = [0; 2];
    client.stream.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"\r\n");
}

#[tokio::test]
async fn sizes_are_limited_and_more_so_for_strangers() {
    let (stranger, known) = (16 * 1024, 32 * 1024);
    let world = World::with(|settings| {
        settings.limits.stranger_message = stranger;
        settings.limits.message = known;
    })
    .await;
    let fill = |client: &mut Client, size: usize| {
        let headers = "Content-Type: text/plain\r\n";
        let empty = client.draft("MESSAGE", "sip:bob@example.test", "c", headers, "");
        client.cseq -= 1;
        let signature = client.sign(&empty).len() - empty.len();
        // Content-Length itself has five digits instead of one.
        let body = "x".repeat(size - empty.len() - 4 - signature);
        let draft = client.draft("MESSAGE", "sip:bob@example.test", "c", headers, &body);
        client.sign(&draft)
    };
    for (signed_in, most, within) in [(false, stranger, "401"), (true, known, "480")] {
        for (size, status) in [(most, within), (most + 1, "413")] {
            let mut client = if signed_in {
                world.sign_in(ALICE).await
            } else {
                world.connect()
            };
            client.user = ALICE.to_owned();
            let message = fill(&mut client, size);
            assert_eq!(message.len(), size);
            client.send(message).await;
            let answer = client.receive().await;
            assert_eq!(&answer[8..11], status, "{size}");
        }
    }
}

#[tokio::test]
async fn header_lines_are_limited() {
    let world = World::with(|settings| settings.limits.header_count = 20).await;
    for (count, status) in [(20, "401"), (21, "513")] {
        let mut client = world.connect();
        client.user = ALICE.to_owned();
        // Seven are there already.
        let more = "X-More: x\r\n".repeat(count - 7);
        let request = client.draft("OPTIONS", "sip:example.test", "c", &more, "");
        client.send(request).await;
        assert_eq!(&client.receive().await[8..11], status);
    }
}

#[tokio::test]
async fn connections_are_limited_in_all_and_by_address() {
    for limit_all in [true, false] {
        let world = World::with(|settings| {
            if limit_all {
                settings.limits.connections = 2;
            } else {
                settings.limits.connections_per_address = 2;
            }
        })
        .await;
        let (first, _second) = (world.connect(), world.connect());
        tokio::task::yield_now().await;
        let reason = if limit_all {
            "connections"
        } else {
            "connections-per-address"
        };
        assert_eq!(world.connect().ended().await, reason);
        drop(first);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        world.sign_in(ALICE).await;
    }
}

#[tokio::test]
async fn what_cant_be_framed_is_answered_and_closed() {
    let world = World::new().await;
    for (bad, status) in [
        ("Content-Length: -1\r\n", "400"),
        ("Content-Length: 0\r\nl: 0\r\n", "400"),
        ("", "400"),
        ("Content-Length: 99999999999\r\n", "413"),
    ] {
        let mut client = world.connect();
        let request = format!(
            "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n{bad}\r\n"
        );
        // What comes after is not looked at.
        client.send(request.clone() + &request).await;
        let answer = client.receive().await;
        assert_eq!(&answer[8..11], status, "{bad}");
        assert!(client.next().await.is_none());
        client.stream.shutdown().await.unwrap();
        client.hang_up();
        assert_eq!(client.ended().await, "framing");
    }
}
