//! The registrar: devices, how long they stay, and how they go.
mod common;

use causerie_model::SipAddress;
use common::{ALICE, PASSWORD, World};

/// Lets the server's tasks do what they have to.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

fn endpoints(world: &World) -> Vec<String> {
    let mut all: Vec<String> = world
        .front
        .registrations()
        .into_iter()
        .map(|one| one.endpoint)
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_user_has_several_devices_and_each_goes_with_its_connection() {
    let world = World::new().await;
    let first = world.sign_in_at(ALICE, "first").await;
    let second = world.sign_in_at(ALICE, "second").await;
    assert_eq!(endpoints(&world), ["first", "second"]);
    drop(first);
    settle().await;
    assert_eq!(endpoints(&world), ["second"]);
    drop(second);
    settle().await;
    assert!(endpoints(&world).is_empty());
}

#[tokio::test]
async fn a_device_that_comes_back_replaces_its_old_connection() {
    let world = World::new().await;
    let mut old = world.sign_in_at(ALICE, "same").await;
    let mut new = world.sign_in_at(ALICE, "same").await;
    assert!(old.next().await.is_none());
    drop(old.stream);
    assert_eq!(endpoints(&world), ["same"]);
    assert!(new.refresh("").await.starts_with("SIP/2.0 200"));
    assert_eq!(endpoints(&world), ["same"]);
}

#[tokio::test]
async fn devices_are_limited() {
    let world = World::with(|settings| settings.limits.endpoints_per_user = 2).await;
    let _first = world.sign_in_at(ALICE, "1").await;
    let second = world.sign_in_at(ALICE, "2").await;
    let mut third = world.connect();
    third.epid = "3".to_owned();
    let answer = third.sign_in(ALICE, PASSWORD).await;
    assert!(
        answer.starts_with("SIP/2.0 403") && answer.contains("too many devices"),
        "{answer}"
    );
    drop(second);
    settle().await;
    world.sign_in_at(ALICE, "3").await;
}

#[tokio::test]
async fn the_time_of_a_registration_has_bounds() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let answer = client.refresh("Expires: 59\r\n").await;
    assert!(
        answer.starts_with("SIP/2.0 423") && answer.contains("\r\nMin-Expires: 60\r\n"),
        "{answer}"
    );
    for (asked, granted) in [
        ("60", "60"),
        ("7200", "7200"),
        ("7201", "7200"),
        ("4294967295", "7200"),
    ] {
        let answer = client.refresh(&format!("Expires: {asked}\r\n")).await;
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
        assert!(
            answer.contains(&format!("\r\nExpires: {granted}\r\n")),
            "{asked}: {answer}"
        );
        assert!(
            answer.contains(&format!(";expires={granted};")),
            "{asked}: {answer}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_registration_that_is_not_renewed_ends_to_the_second() {
    let world = World::new().await;
    let mut client = world.connect();
    let answer = client.sign_in_with(ALICE, PASSWORD, "Expires: 60\r\n").await;
    assert!(answer.contains("\r\nExpires: 60\r\n"), "{answer}");
    tokio::time::sleep(std::time::Duration::from_millis(59_900)).await;
    assert_eq!(world.front.registrations().len(), 1);
    assert!(client.refresh("Expires: 60\r\n").await.starts_with("SIP/2.0 200"));
    tokio::time::sleep(std::time::Duration::from_millis(59_900)).await;
    assert_eq!(world.front.registrations().len(), 1);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(client.next().await.is_none());
    drop(std::mem::replace(
        &mut client.stream,
        Box::new(tokio::io::empty()),
    ));
    assert_eq!(client.ended().await, "registration-expired");
    assert!(world.front.registrations().is_empty());
}

#[tokio::test]
async fn expires_zero_signs_off_and_ends_the_dialogs() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let contact = "Contact: <sip:x@192.0.2.7>\r\n";
    client
        .ask("INVITE", "sip:chat@example.test", "call", contact, "")
        .await;
    world.echo.log();
    let answer = client.refresh("Expires: 0\r\n").await;
    assert!(
        answer.starts_with("SIP/2.0 200") && answer.contains("\r\nExpires: 0\r\n"),
        "{answer}"
    );
    assert_eq!(world.echo.log(), [format!("{ALICE} gone")]);
    assert!(world.front.registrations().is_empty());
    assert!(client.next().await.is_none());
}

#[tokio::test]
async fn contact_star_signs_off_everywhere() {
    let world = World::new().await;
    let mut other = world.sign_in_at(ALICE, "other").await;
    let mut client = world.sign_in_at(ALICE, "this").await;
    let star = |client: &mut common::Client, expires: &str| {
        let more = format!("Contact: *\r\nExpires: {expires}\r\n");
        let call = client.call_id.clone();
        let draft = client.draft("REGISTER", "sip:example.test", &call, &more, "");
        client.sign(&draft.replacen("To: <sip:example.test>", &format!("To: <sip:{ALICE}>"), 1))
    };
    let wrong = star(&mut client, "60");
    client.send(wrong).await;
    assert!(client.receive().await.starts_with("SIP/2.0 400"));
    let right = star(&mut client, "0");
    client.send(right).await;
    assert!(client.receive().await.starts_with("SIP/2.0 200"));
    assert!(other.next().await.is_none());
    drop(other);
    settle().await;
    assert!(world.front.registrations().is_empty());
}

#[tokio::test]
async fn a_contact_must_be_one_sip_uri() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    for contact in ["<tel:+15551234>", "<sip:a@192.0.2.7>, <sip:b@192.0.2.7>"] {
        let call = client.call_id.clone();
        let draft = client.draft(
            "REGISTER",
            "sip:example.test",
            &call,
            &format!("Contact: {contact}\r\n"),
            "",
        );
        let draft = draft.replacen("To: <sip:example.test>", &format!("To: <sip:{ALICE}>"), 1);
        let signed = client.sign(&draft);
        client.send(signed).await;
        assert!(client.receive().await.starts_with("SIP/2.0 400"), "{contact}");
    }
}

#[tokio::test]
async fn a_user_who_is_signed_out_is_told_why() {
    let world = World::new().await;
    let mut first = world.sign_in_at(ALICE, "first").await;
    let mut second = world.sign_in_at(ALICE, "second").await;
    let count = world
        .front
        .sign_out(&SipAddress::parse(ALICE).unwrap(), "the account is \"moved\"");
    assert_eq!(count, 2);
    for client in [&mut first, &mut second] {
        let notice = client.receive().await;
        assert!(
            notice.starts_with("BENOTIFY sip:alice@example.test;opaque=user:epid:"),
            "{notice}"
        );
        assert!(notice.contains("\r\nEvent: registration-notify\r\n"), "{notice}");
        assert!(
            notice.contains("\r\nContent-Type: text/registration-event\r\n"),
            "{notice}"
        );
        assert!(notice.contains(";reason=\"the account is moved\";"), "{notice}");
        assert!(notice.ends_with("deregistered;event=unregistered"), "{notice}");
        assert!(client.next().await.is_none());
    }
    assert_eq!(
        world
            .front
            .sign_out(&SipAddress::parse("bob@example.test").unwrap(), "x"),
        0
    );
}
