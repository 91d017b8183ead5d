//! What goes where.
mod common;

use common::{ALICE, Client, World};

const CONTACT: &str = "Contact: <sip:x@192.0.2.7>\r\n";

#[tokio::test]
async fn every_kind_of_request_has_its_answer() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let mut table = String::new();
    for uri in [
        "sip:example.test",
        "sip:alice@example.test",
        "sip:bob@example.test",
        "sip:nobody@example.test",
        "sip:elsewhere.test",
        "sip:chat@example.test",
    ] {
        table += uri;
        for method in [
            "OPTIONS",
            "INVITE",
            "MESSAGE",
            "INFO",
            "BYE",
            "NOTIFY",
            "PUBLISH",
            "REFER",
            "SERVICE",
            "CANCEL",
            "NEWMETHOD",
        ] {
            let call = format!("{method}-{uri}");
            let answer = client.ask(method, uri, &call, CONTACT, "").await;
            table += &format!(" {method} {}", &answer[8..11]);
            if answer.starts_with("SIP/2.0 405") || answer.starts_with("SIP/2.0 501") {
                assert!(
                    answer.contains("\r\nAllow: REGISTER, ") || method == "SERVICE",
                    "{answer}"
                );
            }
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table, @r"
    sip:example.test OPTIONS 200 INVITE 405 MESSAGE 405 INFO 405 BYE 405 NOTIFY 405 PUBLISH 405 REFER 405 SERVICE 405 CANCEL 481 NEWMETHOD 501
    sip:alice@example.test OPTIONS 200 INVITE 480 MESSAGE 480 INFO 405 BYE 405 NOTIFY 405 PUBLISH 405 REFER 480 SERVICE 415 CANCEL 481 NEWMETHOD 501
    sip:bob@example.test OPTIONS 480 INVITE 480 MESSAGE 480 INFO 405 BYE 405 NOTIFY 405 PUBLISH 405 REFER 480 SERVICE 405 CANCEL 481 NEWMETHOD 501
    sip:nobody@example.test OPTIONS 404 INVITE 404 MESSAGE 404 INFO 404 BYE 404 NOTIFY 404 PUBLISH 404 REFER 404 SERVICE 404 CANCEL 481 NEWMETHOD 501
    sip:elsewhere.test OPTIONS 404 INVITE 404 MESSAGE 404 INFO 404 BYE 404 NOTIFY 404 PUBLISH 404 REFER 404 SERVICE 404 CANCEL 481 NEWMETHOD 501
    sip:chat@example.test OPTIONS 200 INVITE 200 MESSAGE 200 INFO 200 BYE 200 NOTIFY 200 PUBLISH 200 REFER 200 SERVICE 200 CANCEL 481 NEWMETHOD 501
    ");
}

#[tokio::test]
async fn options_say_what_can_be_done() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let answer = client.ask("OPTIONS", "sip:example.test", "c", "", "").await;
    for header in ["Allow: ", "Accept: ", "Supported: "] {
        assert!(answer.contains(&format!("\r\n{header}")), "{answer}");
    }
}

#[tokio::test]
async fn a_dialog_stays_with_its_application() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let answer = client
        .ask("INVITE", "sip:chat@example.test", "call", CONTACT, "")
        .await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    let in_dialog = |client: &mut Client, method: &str, call: &str| {
        let draft = client.draft(method, "sip:pool.example.test", call, CONTACT, "");
        let draft = draft.replacen(
            "To: <sip:pool.example.test>",
            "To: <sip:chat@example.test>;tag=chat-tag",
            1,
        );
        client.sign(&draft)
    };
    let ack = in_dialog(&mut client, "ACK", "call");
    client.send(ack).await;
    let info = in_dialog(&mut client, "INFO", "call");
    client.send(info).await;
    assert!(client.receive().await.starts_with("SIP/2.0 200"));
    assert_eq!(
        world.echo.log(),
        [
            format!("{ALICE} INVITE"),
            format!("{ALICE} ACK"),
            format!("{ALICE} INFO")
        ]
    );
    // Nobody's dialog; an ACK for nothing is swallowed.
    let ack = in_dialog(&mut client, "ACK", "other");
    client.send(ack).await;
    let info = in_dialog(&mut client, "INFO", "other");
    client.send(info).await;
    assert!(client.receive().await.starts_with("SIP/2.0 481"));
    assert!(world.echo.log().is_empty());
    let party = &world.echo.shared.parties.lock().unwrap()[0];
    assert_eq!(
        (party.address.as_str(), party.epid.as_deref()),
        (ALICE, Some("epid0001"))
    );
    assert_eq!(party.via, "SIP/2.0/TCP pool.example.test:5060");
    assert_eq!(party.contact, "sip:pool.example.test:5060;transport=tcp");
}

#[tokio::test]
async fn responses_reach_the_application_only_when_signed_and_expected() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    client
        .ask("INVITE", "sip:chat@example.test", "chat-call", CONTACT, "")
        .await;
    world.echo.log();
    world.echo.push([10]);
    let info = client.receive().await;
    assert!(info.starts_with("INFO "), "{info}");
    let echo = |name: &str| {
        info.lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    let response = |status: &str, vias: usize, cseq: &str| {
        let via = format!("{}\r\n", echo("Via: ")).repeat(vias);
        let (from, to, call) = (echo("From: "), echo("To: "), echo("Call-ID: "));
        format!("SIP/2.0 {status}\r\n{via}{from}\r\n{to}\r\n{call}\r\n{cseq}\r\nContent-Length: 0\r\n\r\n")
    };
    let cseq = echo("CSeq: ");
    // Unsigned, altered, provisional, with two Vias, to no request: all dropped.
    client.send(response("200 OK", 1, &cseq)).await;
    let altered = client
        .sign(&response("200 OK", 1, &cseq))
        .replace("200 OK", "500 No");
    client.send(altered).await;
    for (status, vias, cseq) in [
        ("180 Ringing", 1, cseq.as_str()),
        ("200 OK", 2, &cseq),
        ("200 OK", 1, "CSeq: 99 INFO"),
    ] {
        let signed = client.sign(&response(status, vias, cseq));
        client.send(signed).await;
    }
    client.ask("OPTIONS", "sip:example.test", "o", "", "").await;
    assert!(world.echo.log().is_empty());
    let signed = client.sign(&response("481 Gone", 1, &cseq));
    client.send(signed).await;
    client.ask("OPTIONS", "sip:example.test", "p", "", "").await;
    assert_eq!(world.echo.log(), [format!("{ALICE} response 481")]);

    // A 200 ends the transaction, and the application need not know.
    world.echo.push([10]);
    let info = client.receive().await;
    let cseq = info.lines().find(|line| line.starts_with("CSeq: ")).unwrap();
    for status in ["200 OK", "481 Gone"] {
        let signed = client.sign(&response(status, 1, cseq));
        client.send(signed).await;
    }
    client.ask("OPTIONS", "sip:example.test", "q", "", "").await;
    assert!(world.echo.log().is_empty());
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_answer_and_is_done_once() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let draft = client.draft("INVITE", "sip:chat@example.test", "call", CONTACT, "");
    let (first, second) = (client.sign(&draft), client.sign(&draft));
    client.send(first).await;
    let answer = client.receive().await;
    client.send(second).await;
    let raw = client.next().await.unwrap();
    assert_eq!(answer.as_bytes(), &raw[..]);
    assert_eq!(world.echo.log(), [format!("{ALICE} INVITE")]);
}
