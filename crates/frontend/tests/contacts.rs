//! Contact lists: stored, numbered, and told to all devices.
mod common;

use common::{ALICE, Client, World};

const EVENT: &str = "Event: vnd-microsoft-roaming-contacts\r\nContact: <sip:alice@example.test;gruu>\r\n\
    Supported: ms-benotify\r\nSupported: ms-piggyback-first-notify\r\n";

async fn list(client: &mut Client, call: &str) -> String {
    let answer = client
        .ask("SUBSCRIBE", &format!("sip:{ALICE}"), call, EVENT, "")
        .await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

async fn edit(client: &mut Client, operation: &str, fields: &str, delta: u32) -> String {
    let body = format!(
        "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"><SOAP-ENV:Body>\
         <m:{operation} xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\">{fields}\
         <m:deltaNum>{delta}</m:deltaNum></m:{operation}></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    );
    let headers = "Content-Type: application/SOAP+xml\r\n";
    client
        .ask(
            "SERVICE",
            &format!("sip:{ALICE}"),
            &format!("{operation}{delta}"),
            headers,
            &body,
        )
        .await
}

fn contact(address: &str, name: &str, groups: &str) -> String {
    format!(
        "<m:displayName>{name}</m:displayName><m:groups>{groups}</m:groups><m:subscribed>true</m:subscribed>\
         <m:URI>sip:{address}</m:URI><m:externalURI/>"
    )
}

#[tokio::test]
async fn a_contact_list_makes_the_round_and_every_device_learns_of_it() {
    let world = World::new().await;
    let mut first = world.sign_in_at(ALICE, "first").await;
    let mut second = world.sign_in_at(ALICE, "second").await;
    list(&mut first, "c").await;
    list(&mut second, "c").await;
    let steps = [
        (
            "addGroup",
            "<m:name>Team &amp; co</m:name><m:externalURI/>".to_owned(),
        ),
        ("setContact", contact("Bob@example.test", "Bob &lt;B&gt;", "1 2")),
        ("setContact", contact("bob@example.test", "Robert", "1")),
        (
            "modifyGroup",
            "<m:groupID>2</m:groupID><m:name>Crew</m:name><m:externalURI/>".to_owned(),
        ),
        ("deleteGroup", "<m:groupID>2</m:groupID>".to_owned()),
        ("deleteContact", "<m:URI>sip:bob@example.test</m:URI>".to_owned()),
    ];
    let mut told = String::new();
    for (delta, (operation, fields)) in (1..).zip(&steps) {
        let answer = edit(&mut first, operation, fields, delta).await;
        assert!(answer.starts_with("SIP/2.0 200"), "{operation}: {answer}");
        assert_eq!(
            answer.contains("<m:groupID>2</m:groupID>"),
            *operation == "addGroup",
            "{answer}"
        );
        let mine = first.receive().await;
        let other = second.receive().await;
        let body = |notice: &str| notice.split_once("\r\n\r\n").unwrap().1.to_owned();
        assert!(mine.starts_with("BENOTIFY "), "{mine}");
        assert_eq!(body(&mine), body(&other));
        told += &body(&mine);
        told.push('\n');
    }
    insta::assert_snapshot!(told, @r#"
    <contactDelta deltaNum="2" prevDeltaNum="1"><addedGroup id="2" name="Team &amp; co" externalURI=""/></contactDelta>
    <contactDelta deltaNum="3" prevDeltaNum="2"><addedContact uri="bob@example.test" name="Bob &lt;B&gt;" groups="1 2" subscribed="true" externalURI=""/></contactDelta>
    <contactDelta deltaNum="4" prevDeltaNum="3"><modifiedContact uri="bob@example.test" name="Robert" groups="1" subscribed="true" externalURI=""/></contactDelta>
    <contactDelta deltaNum="5" prevDeltaNum="4"><modifiedGroup id="2" name="Crew" externalURI=""/></contactDelta>
    <contactDelta deltaNum="6" prevDeltaNum="5"><deletedGroup id="2"/></contactDelta>
    <contactDelta deltaNum="7" prevDeltaNum="6"><deletedContact uri="bob@example.test"/></contactDelta>
    "#);
    assert_eq!(
        list(&mut second, "d").await,
        "<contactList deltaNum=\"7\"><group id=\"1\" name=\"~\" externalURI=\"\"/></contactList>"
    );
}

#[tokio::test]
async fn a_stale_change_is_refused() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    assert!(
        edit(
            &mut client,
            "setContact",
            &contact("bob@example.test", "", "1"),
            1
        )
        .await
        .starts_with("SIP/2.0 200")
    );
    let answer = edit(
        &mut client,
        "setContact",
        &contact("carol@example.test", "", "1"),
        1,
    )
    .await;
    assert!(
        answer.starts_with("SIP/2.0 409") && answer.contains("<deltaNum>2</deltaNum>"),
        "{answer}"
    );
    assert!(!list(&mut client, "c").await.contains("carol"));
    // Zero is what a client says that has not read the list yet.
    let answer = edit(
        &mut client,
        "setContact",
        &contact("carol@example.test", "", "1"),
        0,
    )
    .await;
    assert!(answer.starts_with("SIP/2.0 409"), "{answer}");
}

#[tokio::test]
async fn nonsense_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    for (operation, fields) in [
        ("setContact", contact("not an address", "x", "1")),
        ("setContact", contact("bob@example.test", "x", "9")),
        ("setContact", contact("bob@example.test", "x", "one")),
        ("setContact", contact("bob@example.test", &"x".repeat(257), "1")),
        ("deleteContact", String::new()),
        ("deleteGroup", "<m:groupID>x</m:groupID>".to_owned()),
        (
            "modifyGroup",
            "<m:groupID>9</m:groupID><m:name>x</m:name>".to_owned(),
        ),
    ] {
        let answer = edit(&mut client, operation, &fields, 1).await;
        assert!(
            answer.starts_with("SIP/2.0 400"),
            "{operation} {fields}: {answer}"
        );
    }
    let answer = edit(&mut client, "setPresence", "", 1).await;
    assert!(answer.starts_with("SIP/2.0 501"), "{answer}");
    for body in [
        "",
        "<x>",
        "<!DOCTYPE a><a/>",
        "<Envelope/>",
        "<Envelope><Body/></Envelope>",
    ] {
        let headers = "Content-Type: application/SOAP+xml\r\n";
        let answer = client
            .ask("SERVICE", &format!("sip:{ALICE}"), "x", headers, body)
            .await;
        assert!(answer.starts_with("SIP/2.0 400"), "{body}: {answer}");
    }
    assert!(
        list(&mut client, "c")
            .await
            .starts_with("<contactList deltaNum=\"1\">")
    );
}

#[tokio::test]
async fn groups_are_limited() {
    const MOST: u32 = causerie_model::limits::MAX_CONTACT_GROUPS as u32;
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    // One group is always there.
    for delta in 1..MOST {
        let answer = edit(
            &mut client,
            "addGroup",
            &format!("<m:name>g{delta}</m:name>"),
            delta,
        )
        .await;
        assert!(answer.starts_with("SIP/2.0 200"), "{delta}: {answer}");
    }
    let answer = edit(&mut client, "addGroup", "<m:name>more</m:name>", MOST).await;
    assert!(answer.starts_with("SIP/2.0 400"), "{answer}");
}

#[tokio::test]
async fn a_broken_store_is_said() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    world
        .memory
        .broken
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let answer = edit(
        &mut client,
        "setContact",
        &contact("bob@example.test", "", "1"),
        1,
    )
    .await;
    assert!(
        answer.starts_with("SIP/2.0 503") && answer.contains("Retry-After"),
        "{answer}"
    );
    let answer = client
        .ask("SUBSCRIBE", &format!("sip:{ALICE}"), "c", EVENT, "")
        .await;
    assert!(answer.starts_with("SIP/2.0 503"), "{answer}");
}
