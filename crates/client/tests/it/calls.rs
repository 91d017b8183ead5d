//! Commands, posts and events of a signed-in client.

use bytes::Bytes;
use causerie_client::{CallError, ClientError, Event, Method, Raw, RoomUri, Target};
use causerie_sip::Header;
use causerie_xccos::{
    ChatLine,
    blocks::{FailureBlock, ParticipantGroup, RoomAssociation, RoomBlock, UserBlock},
    chat, notice, reply,
    reply::JoinReply,
};

use crate::peer::{ROOM, connected, correlation};

fn room() -> RoomUri {
    ROOM.parse().unwrap()
}

fn line(chat_id: u64, text: &'static str) -> ChatLine<'static> {
    ChatLine {
        chan_uri: ROOM.into(),
        author: "sip:bob@example.test".into(),
        author_display: Some("Bob".into()),
        chat_id: Some(chat_id),
        ts: "2013-05-02T08:00:00.0000000Z".into(),
        text: text.into(),
        ..ChatLine::default()
    }
}

#[tokio::test]
async fn a_join_tells_who_is_there() {
    let (client, _events, mut peer) = connected().await;
    let joining = tokio::spawn(async move { client.join(&room()).await });
    let (envid, _) = peer.command("join").await;
    let bob = UserBlock {
        id: Some(4),
        display_name: Some("Bob".into()),
        ..UserBlock::new("sip:Bob@example.test")
    };
    let entered = RoomBlock {
        name: Some("Lobby".into()),
        participants: vec![ParticipantGroup {
            mask: 3456,
            users: vec![4],
        }],
        ..RoomBlock::new(ROOM)
    };
    let joined = JoinReply {
        users: vec![bob],
        rooms: vec![entered],
        ..JoinReply::default()
    };
    peer.reply(&reply::join(&correlation(&envid), &joined)).await;
    let joined = joining.await.unwrap().unwrap();
    assert_eq!((joined.uri, &*joined.name), (room(), "Lobby"));
    assert_eq!(joined.participants.len(), 1);
    assert_eq!(joined.participants[0].user, "bob@example.test");
    assert_eq!(joined.participants[0].mask, 3456);
}

#[tokio::test]
async fn a_batch_tells_which_rooms_failed() {
    let (client, _events, mut peer) = connected().await;
    let joining = tokio::spawn(async move { client.join_many(&[room()]).await });
    let (envid, _) = peer.command("bjoin").await;
    let RoomUri { domain, guid } = room();
    let joined = JoinReply {
        failures: vec![FailureBlock::operation_failed(domain, guid)],
        ..JoinReply::default()
    };
    peer.reply(&reply::batch_join(&correlation(&envid), &joined))
        .await;
    let joined = joining.await.unwrap().unwrap();
    assert!(joined.rooms.is_empty());
    assert_eq!(joined.failures[0].room, room());
    assert_eq!(joined.failures[0].reason, "OPERATION_FAILED");
}

#[tokio::test]
async fn replies_out_of_order_find_their_calls() {
    let (client, _events, mut peer) = connected().await;
    let other = client.clone();
    let first = tokio::spawn(async move { client.rooms("first").await });
    let (first_envid, _) = peer.command("chansrch").await;
    let second = tokio::spawn(async move { other.rooms("second").await });
    let (second_envid, _) = peer.command("chansrch").await;
    let found = |name: &'static str| RoomBlock {
        name: Some(name.into()),
        ..RoomBlock::new(ROOM)
    };
    peer.reply(&reply::channel_search(
        &correlation(&second_envid),
        &[found("second")],
    ))
    .await;
    // One that nobody asked for, and a second time the same, harm nobody.
    peer.reply(&reply::channel_search(&correlation("99999"), &[found("third")]))
        .await;
    peer.reply(&reply::channel_search(
        &correlation(&second_envid),
        &[found("fourth")],
    ))
    .await;
    peer.reply(&reply::channel_search(
        &correlation(&first_envid),
        &[found("first")],
    ))
    .await;
    assert_eq!(first.await.unwrap().unwrap()[0].name, "first");
    assert_eq!(second.await.unwrap().unwrap()[0].name, "second");
}

#[tokio::test]
async fn refused_commands_tell_why() {
    let (client, _events, mut peer) = connected().await;
    let other = client.clone();
    let joining = tokio::spawn(async move { other.join(&room()).await });
    let (envid, _) = peer.command("join").await;
    peer.reply(&reply::error("join", &correlation(&envid), 403, "Members only."))
        .await;
    let expected = CallError::Refused {
        code: 403,
        text: "Members only.".to_owned(),
    };
    assert_eq!(joining.await.unwrap(), Err(expected));

    // The INFO itself may be refused; then no reply comes.
    let asking = tokio::spawn(async move { client.history(&room(), 5).await });
    let info = peer.request(&Method::Info).await;
    peer.answer(&info, 400).await;
    let refused = asking.await.unwrap().unwrap_err();
    assert!(
        matches!(refused, CallError::Refused { code: 400, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn posts_are_pipelined_and_each_learns_its_own_fate() {
    let (client, _events, mut peer) = connected().await;
    let first = client.submit(&room(), "one").await.unwrap();
    let second = client.submit(&room(), "two").await.unwrap();
    let third = client.submit(&room(), "three").await.unwrap();
    let mut infos = Vec::new();
    for text in ["one", "two", "three"] {
        let info = peer.request(&Method::Info).await;
        let body = String::from_utf8_lossy(info.body()).into_owned();
        assert!(body.contains(&format!("<chat>{text}</chat>")), "{body}");
        assert!(body.contains("author=\"sip:alice@example.test\""), "{body}");
        infos.push(info);
    }
    peer.answer(&infos[2], 200).await;
    let busy = infos[1].response(503, None);
    let busy = busy
        .header(Header::RetryAfter, "7")
        .header(Header::Warning, "399 pool \"The disk is full\"");
    peer.send(busy).await;
    peer.answer(&infos[0], 200).await;
    assert_eq!(first.await, Ok(()));
    let error = second.await.unwrap_err();
    assert_eq!(
        (error.status, &*error.reason, error.retry_after),
        (503, "The disk is full", Some(7))
    );
    assert_eq!(third.await, Ok(()));
}

#[tokio::test]
async fn events_come_in_order_and_are_answered_at_once() {
    let (_client, mut events, mut peer) = connected().await;
    let RoomUri { domain, guid } = room();
    let bob = UserBlock {
        associations: vec![RoomAssociation {
            mask: 3456,
            domain: domain.into(),
            guid: guid.into(),
        }],
        ..UserBlock::new("sip:bob@example.test")
    };
    peer.reply(&notice::join("1", &bob)).await;
    peer.reply(&chat::grpchat("2", &line(7, "a < b"))).await;
    // What can't be understood is answered all the same.
    peer.reply("<xccos").await;
    peer.reply(&notice::part("3", ROOM, &UserBlock::new("sip:bob@example.test")))
        .await;
    let user = "bob@example.test".to_owned();
    let joined = Event::Joined {
        room: room(),
        user: user.clone(),
    };
    assert_eq!(events.next().await, Some(joined));
    let Some(Event::Message(message)) = events.next().await else {
        panic!("no message");
    };
    assert_eq!((&*message.author, &*message.text), ("bob@example.test", "a < b"));
    assert_eq!(
        (message.chat_id, message.author_name.as_deref()),
        (Some(7), Some("Bob"))
    );
    assert_eq!(events.next().await, Some(Event::Parted { room: room(), user }));
}

#[tokio::test]
async fn history_is_the_oldest_first() {
    let (client, _events, mut peer) = connected().await;
    let asking = tokio::spawn(async move { client.history(&room(), 2).await });
    let (envid, _) = peer.command("bccontext").await;
    let block = RoomBlock {
        messages: vec![line(1, "one"), line(2, "two")],
        ..RoomBlock::new(ROOM)
    };
    peer.reply(&reply::backchat(&correlation(&envid), &[block])).await;
    let history = asking.await.unwrap().unwrap();
    let texts: Vec<&str> = history.iter().map(|message| &*message.text).collect();
    assert_eq!(texts, ["one", "two"]);
}

#[tokio::test]
async fn a_wrong_signature_drops_the_connection() {
    let (client, mut events, mut peer) = connected().await;
    let posting = client.submit(&room(), "hello").await.unwrap();
    peer.request(&Method::Info).await;
    let line = chat::grpchat("2", &line(7, "forged"));
    let genuine = "NTLM rspauth=\"01000000aaaaaaaaaaaaaaaa64000000\", srand=\"0A0B0C0D\", snum=\"99\", \
                   opaque=\"A1B2C3D4\", qop=\"auth\", targetname=\"pool.example.test\", \
                   realm=\"SIP Communications Service\"";
    let forged = peer.info(&line).header(Header::AuthenticationInfo, genuine);
    peer.send_as_is(&forged).await;
    assert!(peer.is_closed().await);
    assert!(matches!(
        events.next().await,
        Some(Event::Closed(ClientError::Signature(_)))
    ));
    assert_eq!(posting.await.unwrap_err().status, 408);
    let later = client.rooms("").await.unwrap_err();
    assert!(
        matches!(later, CallError::Closed(ClientError::Signature(_))),
        "{later}"
    );
}

#[tokio::test]
async fn an_unsigned_message_is_as_if_it_had_not_come() {
    let (_client, mut events, mut peer) = connected().await;
    let unsigned = peer.info(&chat::grpchat("2", &line(7, "forged")));
    peer.send_as_is(&unsigned).await;
    peer.reply(&chat::grpchat("2", &line(8, "genuine"))).await;
    let Some(Event::Message(message)) = events.next().await else {
        panic!("no message");
    };
    assert_eq!(message.text, "genuine");
}

#[tokio::test]
async fn a_server_that_closes_or_forgets_fails_what_waits() {
    let (client, mut events, mut peer) = connected().await;
    let posting = client.submit(&room(), "hello").await.unwrap();
    let asking = tokio::spawn({
        let client = client.clone();
        async move { client.rooms("").await }
    });
    peer.request(&Method::Info).await;
    peer.request(&Method::Info).await;
    drop(peer);
    assert!(matches!(
        events.next().await,
        Some(Event::Closed(ClientError::Lost(_)))
    ));
    assert_eq!(posting.await.unwrap_err().status, 408);
    assert!(matches!(
        asking.await.unwrap(),
        Err(CallError::Closed(ClientError::Lost(_)))
    ));

    let (client, mut events, mut peer) = connected().await;
    let posting = client.submit(&room(), "hello").await.unwrap();
    let info = peer.request(&Method::Info).await;
    peer.answer(&info, 481).await;
    assert_eq!(posting.await.unwrap_err().status, 481);
    assert!(matches!(
        events.next().await,
        Some(Event::Closed(ClientError::Lost(_)))
    ));
}

#[tokio::test]
async fn a_forced_sign_out_tells_its_reason() {
    let (_client, mut events, mut peer) = connected().await;
    let notify = causerie_sip::Outgoing::request(&Method::Notify, "sip:alice@127.0.0.1:40000")
        .header(Header::Via, "SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKx")
        .header(Header::From, "<sip:alice@example.test>;tag=peer")
        .header(Header::To, "<sip:alice@example.test>;tag=x")
        .header(Header::CallId, "registration")
        .header(Header::CSeq, "1 NOTIFY")
        .header(Header::Event, "registration-notify")
        .header(
            Header::MsDiagnostics,
            "4140;reason=\"Disabled by the administrator\"",
        );
    peer.send(notify).await;
    let reason = "Disabled by the administrator".to_owned();
    let signed_out = Event::SignedOut {
        reason: reason.clone(),
    };
    assert_eq!(events.next().await, Some(signed_out));
    let closed = Event::Closed(ClientError::SignedOut(reason));
    assert_eq!(events.next().await, Some(closed));
    assert_eq!(peer.response().await.status(), 200);
}

#[tokio::test]
async fn requests_made_by_hand_are_signed_and_answered() {
    let (client, _events, mut peer) = connected().await;
    let raw = Raw {
        method: Method::Info,
        target: Target::Dialog,
        headers: vec![("X-Test".to_owned(), "yes".to_owned())],
        body: Some(("text/plain".to_owned(), Bytes::from_static(b"<nonsense"))),
    };
    let asking = tokio::spawn(async move { client.request(raw).await });
    let info = peer.request(&Method::Info).await;
    assert_eq!(info.headers().get("X-Test"), Some("yes"));
    assert_eq!(&info.body()[..], b"<nonsense");
    peer.answer(&info, 400).await;
    assert_eq!(asking.await.unwrap().unwrap().status(), 400);
}

#[tokio::test]
async fn what_is_not_for_this_client_is_refused() {
    let (_client, _events, mut peer) = connected().await;
    for (method, status) in [(Method::Invite, 405), (Method::Info, 481), (Method::Options, 200)] {
        let request = causerie_sip::Outgoing::request(&method, "sip:alice@127.0.0.1:40000")
            .header(Header::Via, "SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKx")
            .header(Header::From, "<sip:bob@example.test>;tag=x")
            .header(Header::To, "<sip:alice@example.test>")
            .header(Header::CallId, "stranger")
            .header(Header::CSeq, &format!("1 {method}"))
            .header(Header::Contact, "<sip:bob@127.0.0.1>");
        peer.send(request).await;
        assert_eq!(peer.response().await.status(), status, "{method}");
    }
}

#[tokio::test]
async fn no_more_requests_wait_than_the_limit() {
    let (client, _events, mut peer) = connected().await;
    let mut postings = Vec::new();
    for number in 0..=causerie_client::OUTSTANDING_MAX {
        postings.push(client.submit(&room(), &number.to_string()).await.unwrap());
    }
    let mut infos = Vec::new();
    for _ in 0..causerie_client::OUTSTANDING_MAX {
        infos.push(peer.request(&Method::Info).await);
    }
    // The one beyond the limit is sent when another is answered, not before: the ping's answer comes first.
    peer.ping().await;
    assert!(peer.pong().await);
    peer.answer(&infos[0], 200).await;
    infos.push(peer.request(&Method::Info).await);
    for info in &infos[1..] {
        peer.answer(info, 200).await;
    }
    for posting in postings {
        assert_eq!(posting.await, Ok(()));
    }
}
