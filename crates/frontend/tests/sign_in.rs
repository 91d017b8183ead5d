//! Sign-in: who gets in, with what answer, and what is believed afterwards.
mod common;

use causerie_frontend::Authentication;
use common::{ALICE, BOB, Client, DISABLED, PASSWORD, World};

/// What differs from run to run, or is tested elsewhere.
fn redact(answer: &str) -> String {
    let mut text = String::new();
    for line in answer.lines() {
        match line.split_once(": ") {
            Some(("Authentication-Info", value)) => {
                let scheme: String = value.split('"').step_by(2).collect::<Vec<_>>().join("…");
                text += &format!("Authentication-Info: {scheme}\n");
            }
            Some(("To", value)) => text += &format!("To: {};tag=…\n", value.split(";tag").next().unwrap()),
            _ => text += &format!("{line}\n"),
        }
    }
    text
}

#[tokio::test]
async fn the_answer_to_a_sign_in_is_what_the_client_needs() {
    let world = World::new().await;
    let mut client = world.connect();
    let answer = client.sign_in(ALICE, PASSWORD).await;
    insta::assert_snapshot!(redact(&answer), @r#"
    SIP/2.0 200 OK
    Via: SIP/2.0/tcp 192.0.2.7:40000;branch=z9hG4bK3
    From: <sip:alice@example.test>;tag=f13;epid=epid0001
    To: <sip:alice@example.test>;tag=…
    Call-ID: register-call
    CSeq: 3 REGISTER
    Contact: <sip:192.0.2.7:40000;transport=tcp;ms-opaque=d3470f2e1d>;expires=7200;+sip.instance="<urn:uuid:085e0bd8-031c-5a0d-8d9a-f149aae6954a>";gruu="sip:alice@example.test;opaque=user:epid:2AteCBwDDVqNmvFJquaVSgAA;gruu"
    Expires: 7200
    Supported: gruu-10
    Supported: adhoclist
    Supported: msrtc-event-categories
    Allow-Events: vnd-microsoft-provisioning-v2,vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-self,presence
    ms-keep-alive: UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300
    Server: RTC/5.0
    Authentication-Info: NTLM rspauth=…, srand=…, snum=…, opaque=…, qop=…, targetname=…, realm=…
    Content-Length: 0
    "#);
    let devices = world.front.registrations();
    assert_eq!(devices.len(), 1);
    assert_eq!(
        (devices[0].address.as_str(), devices[0].endpoint.as_str()),
        (ALICE, "epid0001")
    );
}

#[tokio::test]
async fn the_challenges_are_what_the_client_needs() {
    let world = World::new().await;
    let mut client = world.connect();
    client.user = ALICE.to_owned();
    let first = client.draft("REGISTER", "sip:alice@example.test", "c", "", "");
    client.send(first).await;
    let answer = client.receive().await;
    assert!(answer.starts_with("SIP/2.0 401 Unauthorized\r\n"));
    assert!(answer.contains(
        "\r\nWWW-Authenticate: NTLM realm=\"SIP Communications Service\", targetname=\"pool.example.test\", version=4\r\n"
    ));
    assert_eq!(answer.matches("WWW-Authenticate").count(), 1);
}

#[tokio::test]
async fn domain_logins_mean_the_same_users() {
    let world = World::new().await;
    for (domain, user, address) in [
        ("EXAMPLE", "alice", ALICE),
        ("example", "Alice", ALICE),
        ("OTHER", "bobby", BOB),
    ] {
        let mut client = world.connect();
        client.login = Some((user.to_owned(), domain.to_owned()));
        let answer = client.sign_in(address, PASSWORD).await;
        assert!(answer.starts_with("SIP/2.0 200"), "{domain}\\{user}: {answer}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for (user, password) in [(ALICE, "wrong"), ("nobody@example.test", PASSWORD)] {
        let mut client = world.connect();
        client.sign_in(user, password).await;
        let (handshake, challenge) = client.begin(user, password).await;
        let (third, _) = client.third(&handshake, &challenge, "");
        client.send(third).await;
        let answer = client.receive().await;
        assert!(answer.starts_with("SIP/2.0 401"), "{answer}");
        answers.push(redact(&answer).replace(user, "user"));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn a_disabled_user_is_told_so_only_with_his_password() {
    let world = World::new().await;
    let answer = world.connect().sign_in(DISABLED, "wrong").await;
    assert!(answer.starts_with("SIP/2.0 401"), "{answer}");
    let answer = world.connect().sign_in(DISABLED, PASSWORD).await;
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
    assert!(
        answer.contains("Warning: 399 pool.example.test \"this account is disabled\""),
        "{answer}"
    );
    assert!(world.front.registrations().is_empty());
}

#[tokio::test]
async fn from_must_be_the_user_who_signs_in() {
    let world = World::new().await;
    let mut client = world.connect();
    client.login = Some((BOB.to_owned(), String::new()));
    let answer = client.sign_in(ALICE, PASSWORD).await;
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
    assert!(world.front.registrations().is_empty());
}

#[tokio::test]
async fn after_too_many_failures_even_the_right_password_waits() {
    let world = World::new().await;
    for _ in 0..2 {
        world.connect().sign_in(ALICE, "wrong").await;
    }
    let mut third = world.connect();
    assert!(third.sign_in(ALICE, "wrong").await.starts_with("SIP/2.0 401"));
    let answer = world.connect().sign_in(ALICE, PASSWORD).await;
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
    assert!(answer.contains("Retry-After: 6"), "{answer}");
    world.clock.advance(60);
    let mut later = world.connect();
    later.now += 60;
    assert!(later.sign_in(ALICE, PASSWORD).await.starts_with("SIP/2.0 200"));
}

#[tokio::test]
async fn a_user_has_one_count_of_failures_however_the_name_is_spelled() {
    let world = World::new().await;
    for spelling in [
        " alice@example.test",
        "sip:alice@example.test",
        "ALICE@EXAMPLE.TEST",
    ] {
        let mut client = world.connect();
        client.login = Some((spelling.to_owned(), String::new()));
        client.sign_in(ALICE, "wrong").await;
    }
    let answer = world.connect().sign_in(ALICE, PASSWORD).await;
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
}

#[tokio::test]
async fn a_broken_store_is_not_a_wrong_password() {
    let world = World::new().await;
    world
        .memory
        .broken
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let mut client = world.connect();
    let answer = client.sign_in(ALICE, PASSWORD).await;
    assert!(answer.starts_with("SIP/2.0 503"), "{answer}");
    assert!(answer.contains("Retry-After"));
    world
        .memory
        .broken
        .store(false, std::sync::atomic::Ordering::Relaxed);
    assert!(client.sign_in(ALICE, PASSWORD).await.starts_with("SIP/2.0 200"));
}

#[tokio::test]
async fn nothing_is_done_for_strangers() {
    let world = World::new().await;
    let mut client = world.connect();
    client.user = ALICE.to_owned();
    for method in [
        "SUBSCRIBE",
        "SERVICE",
        "OPTIONS",
        "INVITE",
        "INFO",
        "MESSAGE",
        "BYE",
    ] {
        let request = client.draft(method, "sip:chat@example.test", "c", "Event: presence\r\n", "");
        client.send(request).await;
        let answer = client.receive().await;
        assert!(answer.starts_with("SIP/2.0 401"), "{method}: {answer}");
    }
    assert!(world.echo.log().is_empty());
}

#[tokio::test]
async fn an_unsigned_request_is_challenged_and_a_fresh_signature_helps() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let request = client.draft("OPTIONS", "sip:example.test", "c", "", "");
    client.send(&request).await;
    assert!(client.receive().await.starts_with("SIP/2.0 401"));
    // The same CSeq again, as pidgin-sipe does.
    let signed = client.sign(&request);
    client.send(signed).await;
    assert!(client.receive().await.starts_with("SIP/2.0 200"));
}

#[tokio::test]
async fn replayed_and_altered_requests_get_no_answer_and_do_nothing() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let invite = client.draft(
        "INVITE",
        "sip:chat@example.test",
        "call",
        "Contact: <sip:x@192.0.2.7>\r\n",
        "",
    );
    let invite = client.sign(&invite);
    client.send(&invite).await;
    assert!(client.receive().await.starts_with("SIP/2.0 200"));
    assert_eq!(world.echo.log(), [format!("{ALICE} INVITE")]);
    client.send(&invite).await;
    let other = client.draft(
        "INVITE",
        "sip:chat@example.test",
        "other",
        "Contact: <sip:x@192.0.2.7>\r\n",
        "",
    );
    let altered = client.sign(&other).replace("Call-ID: other", "Call-ID: 0ther");
    client.send(&altered).await;
    // The next answer is that to the next request.
    let answer = client.ask("OPTIONS", "sip:example.test", "last", "", "").await;
    assert!(answer.contains("Call-ID: last"), "{answer}");
    assert!(world.echo.log().is_empty());
}

#[tokio::test]
async fn requests_in_the_name_of_others_are_refused() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    client.user = BOB.to_owned();
    let answer = client
        .ask(
            "INVITE",
            "sip:chat@example.test",
            "c",
            "Contact: <sip:x@192.0.2.7>\r\n",
            "",
        )
        .await;
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
    let answer = client.refresh("").await;
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
    assert!(world.echo.log().is_empty());
}

#[tokio::test]
async fn a_renewal_is_signed_and_needs_no_sign_in() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let answer = client.refresh("").await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    assert_eq!(world.front.registrations().len(), 1);
}

#[tokio::test]
async fn an_expired_association_leads_to_a_new_sign_in_on_the_same_connection() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    world.clock.advance(8 * 3600);
    let answer = client.ask("OPTIONS", "sip:example.test", "c", "", "").await;
    assert!(answer.starts_with("SIP/2.0 401"), "{answer}");
    let answer = client.refresh("").await;
    assert!(answer.starts_with("SIP/2.0 401"), "{answer}");
    client.now += 8 * 3600;
    assert!(client.sign_in(ALICE, PASSWORD).await.starts_with("SIP/2.0 200"));
    let answer = client.ask("OPTIONS", "sip:example.test", "d", "", "").await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
}

#[tokio::test]
async fn during_a_new_sign_in_nothing_else_leaves() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let contact = "Contact: <sip:x@192.0.2.7>\r\n";
    assert!(
        client
            .ask("INVITE", "sip:chat@example.test", "chat-call", contact, "")
            .await
            .starts_with("SIP/2.0 200")
    );
    // The first leg holds nothing back yet.
    let mut early = client.draft("OPTIONS", "sip:example.test", "early", "", "");
    early = client.sign(&early);
    let (handshake, challenge) = client.begin(ALICE, PASSWORD).await;
    // A request that was on its way, and something of the application.
    client.send(early).await;
    world.echo.push([10]);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let (third, association) = client.third(&handshake, &challenge, "");
    client.send(third).await;
    client.association = Some(association);
    // All of it is signed with the new keys, and the sign-in comes first.
    let answer = client.receive().await;
    assert!(
        answer.starts_with("SIP/2.0 200") && answer.contains("CSeq: 8 REGISTER"),
        "{answer}"
    );
    let answer = client.receive().await;
    assert!(
        answer.starts_with("SIP/2.0 200") && answer.contains("Call-ID: early"),
        "{answer}"
    );
    let info = client.receive().await;
    assert!(info.starts_with("INFO "), "{info}");
}

#[tokio::test]
async fn a_failed_new_sign_in_leaves_the_old_one() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let answer = client.sign_in(ALICE, "wrong").await;
    assert!(answer.starts_with("SIP/2.0 401"), "{answer}");
    let answer = client.ask("OPTIONS", "sip:example.test", "c", "", "").await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
}

#[tokio::test]
async fn nobody_else_signs_in_on_a_connection() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let answer = client.sign_in(BOB, PASSWORD).await;
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
    assert_eq!(world.front.registrations()[0].address.as_str(), ALICE);
}

#[tokio::test]
async fn test_mode_asks_for_nothing() {
    let world = World::with(|settings| settings.authentication = Authentication::None).await;
    let mut client = world.connect();
    client.user = ALICE.to_owned();
    let answer = client.ask("OPTIONS", "sip:example.test", "c", "", "").await;
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
    let answer = client.refresh("").await;
    assert!(
        answer.starts_with("SIP/2.0 200") && !answer.contains("Authentication-Info"),
        "{answer}"
    );
    let answer = client.ask("OPTIONS", "sip:example.test", "c", "", "").await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    let mut other = world.connect();
    other.user = "nobody@example.test".to_owned();
    assert!(other.refresh("").await.starts_with("SIP/2.0 404"));
}

#[tokio::test]
async fn unknown_credentials_count_as_none() {
    let world = World::new().await;
    let mut client = world.connect();
    client.user = ALICE.to_owned();
    for value in [
        "NoOneKnowsThisScheme opaque=\"x\"",
        "Digest username=\"a\"",
        "NTLM broken",
        "NTLM gssapi-data=\"%\"",
    ] {
        let request = client.draft("REGISTER", "sip:alice@example.test", "c", "", "");
        client
            .send(Client::with_header(&request, "Authorization", value))
            .await;
        let answer = client.receive().await;
        assert!(answer.starts_with("SIP/2.0 401"), "{value}: {answer}");
    }
}
