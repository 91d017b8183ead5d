//! Sign-in: the happy path and every refusal on the way.

use causerie_client::{Authenticate, ClientError, Event, Stage};
use causerie_sip::{Header, Method};
use causerie_xccos::reply;

use crate::peer::{LOOKUP, PASSWORD, connect, connect_with, connected, correlation, handshake};

async fn refused(connecting: crate::peer::Connecting) -> ClientError {
    connecting.await.unwrap().map(drop).unwrap_err()
}

#[tokio::test]
async fn signs_in_finds_the_service_and_signs_out() {
    let (client, mut events, mut peer) = connected().await;
    let leaving = tokio::spawn(async move { client.sign_out().await });
    let bye = peer.request(&Method::Bye).await;
    peer.answer(&bye, 200).await;
    let register = peer.request(&Method::Register).await;
    assert_eq!(register.expires, Some(0));
    peer.answer(&register, 200).await;
    leaving.await.unwrap();
    assert!(peer.is_closed().await);
    assert_eq!(events.next().await, Some(Event::Closed(ClientError::Left)));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn every_stage_is_told_once_when_it_begins() {
    let (tell, told) = std::sync::mpsc::channel();
    let mut options = crate::peer::options(Authenticate::None);
    options.server = "no-port".to_owned();
    options.on_stage = Some(std::sync::Arc::new(move |stage| tell.send(stage).unwrap()));
    assert!(causerie_client::Client::connect(&options).await.is_err());
    // What fails is the last that was told.
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [Stage::Resolve]);

    let (connecting, mut peer) = connect_with(options);
    let register = peer.request(&Method::Register).await;
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [Stage::Register]);
    peer.registered(&register).await;
    peer.provision().await;
    peer.accept_invite(LOOKUP).await;
    assert_eq!(
        told.try_iter().collect::<Vec<_>>(),
        [Stage::Provision, Stage::Enter]
    );
    drop(connecting);
}

#[tokio::test]
async fn stays_in_the_dialog_when_the_service_is_there_already() {
    let (connecting, mut peer) = connect(Authenticate::None);
    let register = peer.request(&Method::Register).await;
    peer.registered(&register).await;
    peer.provision().await;
    peer.accept_invite(LOOKUP).await;
    let (envid, _) = peer.command("requri").await;
    peer.reply(&reply::request_uri(
        &correlation(&envid),
        "SIP:lookup@EXAMPLE.test",
    ))
    .await;
    peer.let_in().await;
    assert!(connecting.await.unwrap().is_ok());
}

#[tokio::test]
async fn without_provisioning_the_old_name_is_tried() {
    let (connecting, mut peer) = connect(Authenticate::None);
    let register = peer.request(&Method::Register).await;
    peer.answer(&register, 200).await;
    let invite = peer.request(&Method::Invite).await;
    assert_eq!(invite.uri().as_str(), "sip:ocschat@example.test");
    let response = invite.response(403, Some("peer"));
    peer.send(response.header(Header::Warning, "399 pool \"Chat is \\\"not\\\" for you\""))
        .await;
    let error = refused(connecting).await;
    assert_eq!(
        error.to_string(),
        "chat service refused: 403 Chat is \"not\" for you"
    );
}

#[tokio::test]
async fn the_provisioning_may_come_by_itself() {
    let (connecting, mut peer) = connect(Authenticate::None);
    let register = peer.request(&Method::Register).await;
    peer.registered(&register).await;
    let subscribe = peer.request(&Method::Subscribe).await;
    peer.answer(&subscribe, 200).await;
    let uri = subscribe.contact().unwrap().uri.as_str().to_owned();
    let notify = causerie_sip::Outgoing::request(&Method::Benotify, &uri)
        .header(Header::Via, "SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKx")
        .header(Header::From, "<sip:alice@example.test>;tag=peer")
        .header(Header::To, subscribe.headers().get(Header::From).unwrap())
        .header(Header::CallId, &subscribe.call_id)
        .header(Header::CSeq, "1 BENOTIFY")
        .header(Header::Event, "vnd-microsoft-provisioning-v2")
        .body(
            "application/xml",
            "<a><property name='EnablePersistentChat'>false</property></a>".into(),
        );
    peer.send(notify).await;
    assert_eq!(refused(connecting).await, ClientError::ChatDisabled);
    assert!(peer.is_closed().await);
}

#[tokio::test]
async fn a_wrong_password_is_called_so() {
    let (connecting, mut peer) = connect(Authenticate::password("wrong"));
    peer.sign_in().await;
    assert_eq!(refused(connecting).await, ClientError::WrongPassword);
}

#[tokio::test]
async fn a_refusal_tells_the_servers_reason() {
    for (header, value) in [
        (Header::Warning, "399 pool \"You are disabled\""),
        (
            Header::MsDiagnostics,
            "4141;reason=\"You are disabled\";source=\"pool\"",
        ),
    ] {
        let (connecting, mut peer) = connect(Authenticate::password(PASSWORD));
        let register = peer.request(&Method::Register).await;
        let response = register.response(403, Some("peer"));
        peer.send(response.header(header, value)).await;
        let expected = ClientError::Refused {
            step: "sign-in",
            status: 403,
            reason: "You are disabled".to_owned(),
        };
        assert_eq!(refused(connecting).await, expected);
    }
}

#[tokio::test]
async fn proof_is_neither_left_out_nor_given_unasked() {
    let (connecting, mut peer) = connect(Authenticate::password(PASSWORD));
    let register = peer.request(&Method::Register).await;
    peer.registered(&register).await;
    assert!(matches!(refused(connecting).await, ClientError::Scheme(_)));

    for (authenticate, scheme) in [
        (
            Authenticate::None,
            "NTLM realm=\"r\", targetname=\"t\", version=4",
        ),
        (
            Authenticate::password(PASSWORD),
            "Kerberos realm=\"r\", targetname=\"t\", version=4",
        ),
    ] {
        let (connecting, mut peer) = connect(authenticate);
        let register = peer.request(&Method::Register).await;
        let response = register.response(401, Some("peer"));
        peer.send(response.header(Header::WwwAuthenticate, scheme)).await;
        assert!(matches!(refused(connecting).await, ClientError::Scheme(_)));
    }
}

#[tokio::test]
async fn a_server_that_only_ever_challenges_is_given_up() {
    let (connecting, mut peer) = connect(Authenticate::password(PASSWORD));
    for _ in 0..2 {
        let register = peer.request(&Method::Register).await;
        let response = register.response(401, Some("peer"));
        let value = "NTLM realm=\"r\", targetname=\"t\", version=4";
        peer.send(response.header(Header::WwwAuthenticate, value)).await;
    }
    assert!(matches!(refused(connecting).await, ClientError::Challenge(_)));
}

#[tokio::test]
async fn a_server_that_closes_in_the_middle_is_told() {
    let (connecting, mut peer) = connect(Authenticate::password(PASSWORD));
    peer.sign_in().await;
    peer.request(&Method::Subscribe).await;
    drop(peer);
    assert!(matches!(refused(connecting).await, ClientError::Lost(_)));
}

#[tokio::test]
async fn a_server_may_ask_for_proof_again_on_a_live_connection() {
    let (connecting, mut peer) = connect(Authenticate::password(PASSWORD));
    // A registration that short is renewed after a second.
    peer.expires = 1;
    peer.sign_in().await;
    peer.provision().await;
    peer.enter().await;
    let (client, _events) = connecting.await.unwrap().unwrap();
    let register = peer.request(&Method::Register).await;
    peer.verify(&causerie_sip::Message::Request(register.request.clone()));
    let fresh = causerie_sipauth::Fresh {
        server_nonce: [0; 8],
        opaque: 0,
    };
    let Ok(causerie_sipauth::Step::Challenge(value)) = handshake().step(None, fresh, 0) else {
        panic!("no challenge");
    };
    let challenge = register.response(401, Some("peer"));
    peer.send(challenge.header(Header::WwwAuthenticate, &value)).await;
    peer.expires = 7200;
    peer.sign_in().await;
    assert_eq!(peer.response().await.status(), 200);
    // Everything goes on under the new keys.
    let asking = tokio::spawn(async move { client.rooms("").await });
    let (envid, _) = peer.command("chansrch").await;
    peer.reply(&reply::channel_search(&correlation(&envid), &[]))
        .await;
    assert_eq!(asking.await.unwrap(), Ok(Vec::new()));
}
