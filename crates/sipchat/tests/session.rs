//! Wire in, wire out: requests as text, what the session sends as text, on a real database.

mod common;

use causerie_chat::{Action, NodeName, PrincipalName};
use causerie_model::{Actor, Role};
use common::{World, body, count, status};
use insta::assert_snapshot;

#[tokio::test]
async fn an_invite_opens_a_dialog_that_says_where_it_is_and_how_long_it_lasts() {
    let world = World::new().await;
    let mut alice = world.session("alice");
    let answer = alice.send("INVITE", 1, "application/sdp", "v=0").await;
    assert_snapshot!(answer, @r#"
    SIP/2.0 200 OK
    Via: SIP/2.0/tls 192.0.2.7:4000
    From: <sip:alice@example.test>;tag=a1;epid=0123456789ab
    To: <sip:chatpool@example.test>;tag=[tag]
    Call-ID: call-1
    CSeq: 1 INVITE
    Contact: <sip:chat.example.test:5061;transport=tls>
    Session-Expires: 1800;refresher=uac
    Allow: INVITE, ACK, BYE, CANCEL, INFO, UPDATE, OPTIONS
    Content-Type: application/sdp
    Content-Length: 121

    v=0
    o=- 0 0 IN IP4 192.0.2.1
    s=session
    c=IN IP4 192.0.2.1
    t=0 0
    m=message 5060 sip null
    a=accept-types:text/plain
    "#);
}

#[tokio::test]
async fn a_command_is_answered_at_once_and_replied_to_by_an_info() {
    let world = World::new().await;
    let mut alice = world.invited("alice").await;
    let answer = alice
        .info(r#"<cmd id="cmd:requri" seqid="1"><data/></cmd>"#)
        .await;
    assert_eq!(status(&answer), 200);
    assert_snapshot!(alice.next().await, @r#"
    INFO sip:alice@example.test;opaque=user:epid:x;gruu SIP/2.0
    Via: SIP/2.0/TLS 192.0.2.1:5061;branch=[branch]
    Max-Forwards: 70
    From: <sip:chatpool@example.test>;tag=[tag]
    To: <sip:alice@example.test>;tag=a1;epid=0123456789ab
    Call-ID: call-1
    CSeq: 1 INFO
    Content-Type: text/plain
    Content-Length: 221

    <xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="[envid]"><rpl id="rpl:requri" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib uri="sip:chatpool@example.test"/></data></rpl></xccos>
    "#);
}

#[tokio::test]
async fn a_room_is_found_entered_written_in_and_left() {
    let world = World::new().await;
    let (mut alice, mut bob) = (world.invited("alice").await, world.invited("bob").await);
    let search = r#"<cmd id="cmd:chansrch" seqid="1"><data><qib qtype="BYNAME" criteria="lob" extended="false"/></data></cmd>"#;
    assert_snapshot!(alice.command(search).await, @r#"<rpl id="rpl:chansrch" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://example.test/[lobby]" name="Lobby" description="About Lobby" parent="ma-cat://example.test/[general]" behavior="NORMAL"><info id="urn:parlano:ma:info:ucnt">0</info><info id="urn:parlano:ma:info:visibilty">OPEN</info><info id="urn:parlano:ma:info:visibility">OPEN</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">True</prop><prop id="urn:parlano:ma:prop:logged">True</prop></chanib></data></rpl>"#);
    assert_snapshot!(alice.join("Lobby").await, @r#"<rpl id="rpl:join" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib id="0" uri="sip:alice@example.test" type="5" dispname="alice"/><chanib uri="ma-chan://example.test/[lobby]" name="Lobby" description="About Lobby" parent="ma-cat://example.test/[general]" behavior="NORMAL"><aib key="3456" value="0"/><info id="urn:parlano:ma:info:ucnt">1</info><info id="urn:parlano:ma:info:visibilty">OPEN</info><info id="urn:parlano:ma:info:visibility">OPEN</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">True</prop><prop id="urn:parlano:ma:prop:logged">True</prop></chanib></data></rpl>"#);
    bob.join("Lobby").await;
    assert_snapshot!(body(&alice.next().await), @r#"<ntc id="ntc:join" seqid="1"><data><uib uri="sip:bob@example.test"><aib key="3456" domain="example.test" value="[lobby]"/></uib></data></ntc>"#);

    let answer = alice
        .post(
            "Lobby",
            "hi &lt;b&gt; 🙂",
            r#" alert="true" x="1""#,
            "<rtf>{r}</rtf>",
        )
        .await;
    assert_eq!(status(&answer), 200);
    let echo = body(&alice.next().await);
    assert_snapshot!(echo, @r#"<grpchat id="grpchat" seqid="1" chanUri="ma-chan://example.test/[lobby]" author="sip:alice@example.test" authdisp="alice" chatId="1" ts="[ts]" alert="true" x="1"><chat>hi &lt;b&gt; 🙂</chat><rtf>{r}</rtf></grpchat>"#);
    assert_eq!(body(&bob.next().await), echo, "all get the same bytes");

    let last = r#"<cmd id="cmd:bccontext" seqid="1"><data><chanib uri="ma-chan://example.test/[lobby]"/><bcq><last cnt="25"/></bcq></data></cmd>"#;
    assert_snapshot!(bob.command(last).await, @r#"<rpl id="rpl:bccontext" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://example.test/[lobby]" name="Lobby"><msg id="grpchat" chanUri="ma-chan://example.test/[lobby]" author="sip:alice@example.test" authdisp="alice" chatId="1" ts="[ts]" alert="true" x="1"><chat>hi &lt;b&gt; 🙂</chat><rtf>{r}</rtf></msg></chanib></data></rpl>"#);
    let part =
        r#"<cmd id="cmd:part" seqid="1"><data><chanib uri="ma-chan://example.test/[lobby]"/></data></cmd>"#;
    assert_snapshot!(bob.command(part).await, @r#"<rpl id="rpl:part" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://example.test/[lobby]"/></data></rpl>"#);
    assert_snapshot!(body(&alice.next().await), @r#"<ntc id="ntc:part" seqid="1"><data><chanib uri="ma-chan://example.test/[lobby]"><uib uri="sip:bob@example.test"/></chanib></data></ntc>"#);
}

#[tokio::test]
async fn a_refused_post_is_refused_in_sip_and_explained_in_xccos() {
    let world = World::new().await;
    let mut bob = world.invited("bob").await;
    bob.join("News").await;
    let answer = bob.post("News", "me too", "", "").await;
    assert_eq!(status(&answer), 403);
    assert!(answer.contains("Warning: 399 causerie \""), "{answer}");
    let reply = body(&bob.next().await);
    assert!(
        reply.starts_with(
            r#"<rpl id="rpl:grpchat" seqid="1"><commandid seqid="1" envid="77"/><resp code="403">"#
        ),
        "{reply}"
    );
    let answer = bob.post("Lobby", "not here", "", "").await;
    assert_eq!(status(&answer), 403);
    assert!(body(&bob.next().await).contains(r#"code="406""#));
    let answer = bob
        .post_to(
            "ma-chan://example.test/00000000-0000-0000-0000-000000000001",
            "nowhere",
            "",
            "",
        )
        .await;
    assert_eq!(status(&answer), 404);
}

#[tokio::test]
async fn a_batch_names_the_rooms_that_failed() {
    let world = World::new().await;
    let mut carol = world.invited("carol").await;
    let batch = r#"<cmd id="cmd:bjoin" seqid="1"><data><chanid key="0" domain="example.test" value="[lobby]"/><chanid key="1" domain="example.test" value="[x]"/><chanid key="2" domain="example.test" value="nonsense"/></data></cmd>"#;
    let reply = carol.command(batch).await;
    assert!(reply.contains(r#"<resp code="200">SUCCESS_OK</resp>"#), "{reply}");
    assert!(
        reply.contains(r#"name="Lobby""#) && !reply.contains(r#"name="X""#),
        "{reply}"
    );
    assert_eq!(count(&reply, r#"<fib key="OPERATION_FAILED""#), 2, "{reply}");
    let single = carol.join("X").await;
    assert!(
        single.contains(r#"<resp code="404">There is no such room.</resp>"#),
        "{single}"
    );
}

#[tokio::test]
async fn what_is_not_understood_gets_the_right_answer() {
    let world = World::new().await;
    let mut alice = world.invited("alice").await;
    let unknown = alice
        .command(r#"<cmd id="cmd:dance" seqid="4"><data/></cmd>"#)
        .await;
    assert!(
        unknown.contains(r#"id="rpl:dance""#) && unknown.contains(r#"code="501""#),
        "{unknown}"
    );
    let invalid = alice
        .command(r#"<cmd id="cmd:part" seqid="4"><data/></cmd>"#)
        .await;
    assert!(invalid.contains(r#"code="400""#), "{invalid}");
    assert_eq!(status(&alice.send("INFO", 9, "text/plain", "not xml").await), 400);
    assert_eq!(
        status(&alice.send("INFO", 9, "text/plain", "<!DOCTYPE x><xccos/>").await),
        0,
        "a repetition is dropped"
    );
    assert_eq!(status(&alice.send("INFO", 3, "text/plain", "late").await), 500);
    assert_eq!(status(&alice.send("MESSAGE", 10, "text/plain", "hi").await), 405);
    assert_eq!(status(&alice.send("UPDATE", 11, "", "").await), 200);
    assert_eq!(status(&alice.send("UPDATE", 5, "", "").await), 500);
    assert_eq!(
        status(&alice.send("INVITE", 12, "application/sdp", "v=0").await),
        200
    );
    assert_eq!(
        status(&alice.send("INVITE", 6, "application/sdp", "v=0").await),
        500
    );
    alice.to_tag = "another".to_owned();
    assert_eq!(status(&alice.send("INFO", 13, "text/plain", "x").await), 481);
    assert_eq!(status(&alice.send("BYE", 13, "", "").await), 481);
}

#[tokio::test]
async fn several_commands_of_one_envelope_are_each_replied_to_in_order() {
    let world = World::new().await;
    let mut alice = world.invited("alice").await;
    let both = r#"<cmd id="cmd:join" seqid="1"><data><chanid key="0" domain="example.test" value="[lobby]"/></data></cmd><cmd id="cmd:bccontext" seqid="2"><data><chanib uri="ma-chan://example.test/[lobby]"/><bcq><last cnt="5"/></bcq></data></cmd>"#;
    assert_eq!(status(&alice.info(both).await), 200);
    assert!(body(&alice.next().await).starts_with(r#"<rpl id="rpl:join" seqid="1"><commandid seqid="1""#));
    assert!(
        body(&alice.next().await).starts_with(r#"<rpl id="rpl:bccontext" seqid="1"><commandid seqid="2""#)
    );
}

#[tokio::test]
async fn the_end_of_a_dialog_is_the_end_of_its_rooms() {
    let world = World::new().await;
    let (mut alice, mut bob) = (world.invited("alice").await, world.invited("bob").await);
    alice.join("Lobby").await;
    bob.join("Lobby").await;
    alice.next().await;
    assert_eq!(status(&bob.send("BYE", 50, "", "").await), 200);
    assert!(body(&alice.next().await).starts_with(r#"<ntc id="ntc:part""#));
    assert_eq!(status(&bob.send("INFO", 51, "text/plain", "x").await), 481);

    let mut carol = world.invited("carol").await;
    carol.join("Lobby").await;
    alice.next().await;
    // A client that has forgotten the dialog answers 487 to what comes in it.
    carol.respond(487).await;
    assert!(body(&alice.next().await).starts_with(r#"<ntc id="ntc:part""#));
}

#[tokio::test]
async fn a_member_removed_sees_himself_leave() {
    let world = World::new().await;
    let mut bob = world.invited("bob").await;
    bob.join("Deals").await;
    let action = Action::Revoke {
        node: NodeName::Room("Deals".to_owned()),
        role: Role::Member,
        principal: PrincipalName::User("bob@example.test".parse().unwrap()),
    };
    world.chat.act(Actor::System, action).await.unwrap();
    let notice = body(&bob.next().await);
    assert!(
        notice.starts_with(r#"<ntc id="ntc:part""#) && notice.contains("sip:bob@example.test"),
        "{notice}"
    );
}

#[tokio::test]
async fn preferences_are_kept_per_user() {
    let world = World::new().await;
    let mut alice = world.invited("alice").await;
    let get = r#"<cmd id="cmd:getpref" seqid="1"><data><pref label="a.b" seqid="0" createdefault="true"/></data></cmd>"#;
    assert_snapshot!(alice.command(get).await, @r#"<rpl id="rpl:getpref" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data/></rpl>"#);
    let set = r#"<cmd id="cmd:setpref" seqid="1"><data><pref label="a.b" seqid="4" createdefault="false" content="QUJD"/></data></cmd>"#;
    assert!(
        alice
            .command(set)
            .await
            .contains(r#"<pref label="a.b" seqid="5""#)
    );
    assert!(
        alice
            .command(get)
            .await
            .contains(r#"seqid="5" createdefault="true" content="QUJD""#)
    );
    assert!(!world.invited("bob").await.command(get).await.contains("QUJD"));
}

#[tokio::test]
async fn dialogs_of_one_connection_are_limited() {
    let world = World::new().await;
    let mut alice = world.session("alice");
    for n in 1..=16 {
        alice.call_id = format!("call-{n}");
        assert_eq!(
            status(&alice.send("INVITE", 1, "application/sdp", "v=0").await),
            200
        );
        alice.to_tag.clear();
    }
    alice.call_id = "call-17".to_owned();
    assert_eq!(
        status(&alice.send("INVITE", 1, "application/sdp", "v=0").await),
        486
    );
}
