//! Limits of what a connection may ask to be kept, each at its edge.
mod common;

use causerie_model::{Contact, ContactList, PrincipalId, SipAddress, limits::MAX_CONTACTS};
use causerie_store::Contacts as _;
use common::{ALICE, Client, PASSWORD, World};

/// Begins a sign-in with a Call-ID of its own.
async fn begin(client: &mut Client, call: &str) -> (causerie_sipauth::ClientHandshake, String) {
    client.call_id = call.to_owned();
    client.begin(ALICE, PASSWORD).await
}

#[tokio::test]
async fn a_connection_has_four_sign_ins_under_way() {
    const MOST: usize = 4;
    for (others, status) in [(MOST - 1, "200"), (MOST, "401")] {
        let world = World::new().await;
        let mut client = world.connect();
        let (handshake, challenge) = begin(&mut client, "first").await;
        for n in 0..others {
            begin(&mut client, &format!("other{n}")).await;
        }
        client.call_id = "first".to_owned();
        let (third, _) = client.third(&handshake, &challenge, "");
        client.send(third).await;
        let raw = client.next().await.unwrap();
        assert_eq!(&raw[8..11], status.as_bytes(), "{others}");
    }
}

#[tokio::test]
async fn so_much_is_held_back_during_a_new_sign_in() {
    const MOST: usize = 256;
    for (count, survives) in [(MOST, true), (MOST + 1, false)] {
        let world = World::new().await;
        let mut client = world.sign_in(ALICE).await;
        let mut early = String::new();
        for n in 0..count {
            let draft = client.draft("OPTIONS", "sip:example.test", &format!("early{n}"), "", "");
            early += &client.sign(&draft);
        }
        let (handshake, challenge) = client.begin(ALICE, PASSWORD).await;
        client.send(early).await;
        let (third, association) = client.third(&handshake, &challenge, "");
        client.send(third).await;
        client.association = Some(association);
        if survives {
            assert!(client.receive().await.contains(" REGISTER\r\n"));
            for n in 0..count {
                assert!(client.receive().await.contains(&format!("Call-ID: early{n}\r\n")));
            }
        } else {
            assert!(client.next().await.is_none());
            client.hang_up();
            assert_eq!(client.ended().await, "held-too-much");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_held_back_for_longer_than_a_challenge_is_good_for() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let draft = client.draft("OPTIONS", "sip:example.test", "early", "", "");
    let early = client.sign(&draft);
    client.begin(ALICE, PASSWORD).await;
    let since = tokio::time::Instant::now();
    client.send(early).await;
    assert!(client.receive().await.contains("Call-ID: early"));
    let held = since.elapsed();
    assert!(held.as_secs() == 60 || held.as_millis() > 59_990, "{held:?}");
}

#[tokio::test]
async fn a_list_has_so_many_contacts() {
    let world = World::new().await;
    let contact = |n: usize| Contact {
        address: SipAddress::parse(&format!("c{n}@example.test")).unwrap(),
        name: String::new(),
        groups: vec![1],
        subscribed: true,
        external_uri: String::new(),
    };
    let list = ContactList {
        delta: 1,
        groups: Vec::new(),
        contacts: (1..MAX_CONTACTS).map(contact).collect(),
    };
    world.memory.put_contacts(PrincipalId(1), 0, &list).await.unwrap();
    let mut client = world.sign_in(ALICE).await;
    for (n, delta, status) in [
        (MAX_CONTACTS, 2, "200"),
        (MAX_CONTACTS + 1, 3, "400"),
        (MAX_CONTACTS, 3, "200"),
    ] {
        let body = format!(
            "<Envelope><Body><setContact><URI>sip:c{n}@example.test</URI><groups>1</groups>\
             <deltaNum>{delta}</deltaNum></setContact></Body></Envelope>"
        );
        let headers = "Content-Type: application/SOAP+xml\r\n";
        let answer = client
            .ask(
                "SERVICE",
                &format!("sip:{ALICE}"),
                &format!("c{n}{delta}"),
                headers,
                &body,
            )
            .await;
        assert_eq!(&answer[8..11], status, "{n}: {answer}");
    }
}

#[tokio::test]
async fn a_subscription_has_so_many_contacts() {
    const MOST: usize = 1_000;
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    for (count, status) in [(MOST, "200"), (MOST + 1, "400")] {
        let resources = "<resource uri=\"sip:b@x.test\"/>".repeat(count);
        let headers = "Event: presence\r\nContact: <sip:x@192.0.2.7>\r\nRequire: adhoclist\r\n\
            Content-Type: application/msrtc-adrl-categorylist+xml\r\n";
        let body = format!("<batchSub><action><adhocList>{resources}</adhocList></action></batchSub>");
        let answer = client
            .ask(
                "SUBSCRIBE",
                &format!("sip:{ALICE}"),
                &format!("s{count}"),
                headers,
                &body,
            )
            .await;
        assert_eq!(&answer[8..11], status, "{answer}");
    }
}

#[tokio::test]
async fn a_publication_has_its_size() {
    const BYTES: usize = 8 * 1_024;
    const NAME: usize = 128;
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    for (size, name, status) in [
        (BYTES, NAME, "200"),
        (BYTES + 1, NAME, "400"),
        (BYTES, NAME + 1, "400"),
    ] {
        let (content, name) = ("x".repeat(size), "n".repeat(name));
        let body = format!("<publish><publication categoryName=\"{name}\">{content}</publication></publish>");
        let headers = "Content-Type: application/msrtc-category-publish+xml\r\n";
        let answer = client
            .ask("SERVICE", &format!("sip:{ALICE}"), "p", headers, &body)
            .await;
        assert_eq!(&answer[8..11], status, "{answer}");
    }
}
