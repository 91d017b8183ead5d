//! Subscriptions: what clients are told, and in which of the three ways.
mod common;

use common::{ALICE, BOB, Client, World};

const PROVISIONING: &str = "<provisioningGroupList xmlns=\"http://schemas.microsoft.com/2006/09/sip/provisioninggrouplist\"> \
    <provisioningGroup name=\"ServerConfiguration\"/> <provisioningGroup name=\"persistentChatConfiguration\"/>\
    </provisioningGroupList>";

const PIGGYBACK: &str =
    "Supported: ms-benotify\r\nProxy-Require: ms-benotify\r\nSupported: ms-piggyback-first-notify\r\n";

async fn subscribe(client: &mut Client, event: &str, call: &str, more: &str, body: &str) -> String {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/test+xml\r\n"
    };
    let headers = format!("Event: {event}\r\nContact: <sip:{ALICE};gruu>\r\n{kind}{more}");
    client
        .ask("SUBSCRIBE", &format!("sip:{ALICE}"), call, &headers, body)
        .await
}

/// A request in the dialog that an answer has opened.
async fn again(client: &mut Client, answer: &str, event: &str, call: &str, more: &str) -> String {
    let to = answer
        .lines()
        .find(|line| line.starts_with("To: "))
        .unwrap()
        .to_owned();
    let uri = "sip:pool.example.test:5060;transport=tcp";
    let headers = format!("Event: {event}\r\nContact: <sip:{ALICE};gruu>\r\n{more}");
    let draft = client.draft("SUBSCRIBE", uri, call, &headers, "");
    let draft = draft.replacen(&format!("To: <{uri}>"), &to, 1);
    let signed = client.sign(&draft);
    client.send(signed).await;
    client.receive().await
}

fn body(message: &str) -> &str {
    message.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn provisioning_rides_on_the_answer_and_names_the_chat_server() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let more = format!("{PIGGYBACK}Expires: 0\r\n");
    let answer = subscribe(
        &mut client,
        "vnd-microsoft-provisioning-v2",
        "c",
        &more,
        PROVISIONING,
    )
    .await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    for line in [
        "Event: vnd-microsoft-provisioning-v2",
        "Expires: 0",
        "subscription-state: terminated;expires=0",
        "ms-piggyback-cseq: 1",
        "Content-Type: application/vnd-microsoft-roaming-provisioning-v2+xml",
    ] {
        assert!(answer.contains(&format!("\r\n{line}\r\n")), "{line} in {answer}");
    }
    insta::assert_snapshot!(body(&answer), @r#"<provisionGroupList xmlns="http://schemas.microsoft.com/2006/09/sip/provisiongrouplist-notification"><provisionGroup name="persistentChatConfiguration"><propertyEntryList><property name="EnablePersistentChat">true</property><property name="DefaultPersistentChatPoolUri">sip:chat@example.test</property><property name="PersistentChatPoolUris">sip:chat@example.test</property><property name="PersistentChatWebManagerUriInt">https://rooms.example.test/?a&amp;b</property><property name="PersistentChatWebManagerUriExt">https://rooms.example.test/?a&amp;b</property></propertyEntryList></provisionGroup></provisionGroupList>"#);
}

#[tokio::test]
async fn who_may_not_use_rooms_is_told_so() {
    let world = World::new().await;
    let mut client = world.sign_in(BOB).await;
    let headers = format!(
        "Event: vnd-microsoft-provisioning-v2\r\nContact: <sip:{BOB};gruu>\r\n\
         Content-Type: application/test+xml\r\n{PIGGYBACK}Expires: 0\r\n"
    );
    let answer = client
        .ask("SUBSCRIBE", &format!("sip:{BOB}"), "c", &headers, PROVISIONING)
        .await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    let group = body(&answer);
    assert!(
        group.contains("<property name=\"EnablePersistentChat\">false</property>"),
        "{group}"
    );
}

#[tokio::test]
async fn only_groups_that_are_asked_for_are_told() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let only = "<provisioningGroupList><provisioningGroup name=\"meetingPolicy\"/></provisioningGroupList>";
    let answer = subscribe(&mut client, "vnd-microsoft-provisioning-v2", "c", PIGGYBACK, only).await;
    assert!(!answer.contains("persistentChatConfiguration"), "{answer}");
    let answer = subscribe(
        &mut client,
        "vnd-microsoft-provisioning-v2",
        "d",
        PIGGYBACK,
        "<broken>",
    )
    .await;
    assert!(answer.starts_with("SIP/2.0 400"), "{answer}");
}

#[tokio::test]
async fn without_a_pool_persistent_chat_is_off() {
    let world = World::with(|settings| settings.chat_pools.clear()).await;
    let mut client = world.sign_in(ALICE).await;
    let answer = subscribe(
        &mut client,
        "vnd-microsoft-provisioning-v2",
        "c",
        PIGGYBACK,
        PROVISIONING,
    )
    .await;
    assert!(
        answer.contains("<property name=\"EnablePersistentChat\">false</property>"),
        "{answer}"
    );
    assert!(!answer.contains("PoolUri"), "{answer}");
}

#[tokio::test]
async fn who_knows_no_piggyback_gets_a_notification_after_the_answer() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    for (supported, method) in [("Supported: ms-benotify\r\n", "BENOTIFY"), ("", "NOTIFY")] {
        let answer = subscribe(&mut client, "vnd-microsoft-roaming-self", method, supported, "").await;
        assert!(
            answer.starts_with("SIP/2.0 200") && answer.ends_with("\r\n\r\n"),
            "{answer}"
        );
        assert!(!answer.contains("ms-piggyback-cseq"), "{answer}");
        let notice = client.receive().await;
        assert!(
            notice.starts_with(&format!("{method} sip:{ALICE};gruu SIP/2.0\r\n")),
            "{notice}"
        );
        assert!(notice.contains(&format!("\r\nCSeq: 1 {method}\r\n")), "{notice}");
        assert!(notice.contains("<roamingData"), "{notice}");
    }
}

#[tokio::test]
async fn unknown_events_and_other_peoples_are_refused() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let answer = subscribe(&mut client, "vnd-microsoft-roaming-ACL", "c", "", "").await;
    assert!(answer.starts_with("SIP/2.0 489"), "{answer}");
    assert!(
        answer.contains("\r\nAllow-Events: vnd-microsoft-provisioning-v2,"),
        "{answer}"
    );
    let headers = "Event: vnd-microsoft-roaming-contacts\r\nContact: <sip:x@192.0.2.7>\r\n";
    let answer = client
        .ask("SUBSCRIBE", "sip:bob@example.test", "d", headers, "")
        .await;
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
    let answer = client
        .ask(
            "SUBSCRIBE",
            "sip:bob@example.test",
            "e",
            &headers.replace("vnd-microsoft-roaming-contacts", "presence"),
            "",
        )
        .await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    let answer = client
        .ask("SUBSCRIBE", "sip:nobody@example.test", "f", headers, "")
        .await;
    assert!(answer.starts_with("SIP/2.0 404"), "{answer}");
}

#[tokio::test]
async fn only_unknown_options_are_refused() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let answer = subscribe(
        &mut client,
        "presence",
        "c",
        "Require: adhoclist, categoryList\r\n",
        "",
    )
    .await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    let answer = subscribe(
        &mut client,
        "presence",
        "d",
        "Require: nothingSupportsThis\r\n",
        "",
    )
    .await;
    assert!(
        answer.starts_with("SIP/2.0 420") && answer.contains("Unsupported: nothingSupportsThis"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_subscription_is_renewed_and_ended_in_its_dialog() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let event = "vnd-microsoft-roaming-contacts";
    let answer = subscribe(&mut client, event, "c", PIGGYBACK, "").await;
    assert!(
        body(&answer).starts_with("<contactList deltaNum=\"1\"><group id=\"1\" name=\"~\""),
        "{answer}"
    );
    let renewed = again(&mut client, &answer, event, "c", "Expires: 600\r\n").await;
    assert!(
        renewed.starts_with("SIP/2.0 200") && renewed.contains("\r\nExpires: 600\r\n"),
        "{renewed}"
    );
    let ended = again(&mut client, &answer, event, "c", "Expires: 0\r\n").await;
    assert!(
        ended.starts_with("SIP/2.0 200") && ended.contains("terminated"),
        "{ended}"
    );
    let gone = again(&mut client, &answer, event, "c", "Expires: 600\r\n").await;
    assert!(gone.starts_with("SIP/2.0 481"), "{gone}");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_not_renewed_is_forgotten() {
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let event = "vnd-microsoft-roaming-self";
    let answer = subscribe(
        &mut client,
        event,
        "c",
        &format!("{PIGGYBACK}Expires: 100\r\n"),
        "",
    )
    .await;
    tokio::time::sleep(std::time::Duration::from_secs(99)).await;
    let answer2 = again(&mut client, &answer, event, "c", "Expires: 100\r\n").await;
    assert!(answer2.starts_with("SIP/2.0 200"), "{answer2}");
    tokio::time::sleep(std::time::Duration::from_secs(101)).await;
    let gone = again(&mut client, &answer, event, "c", "Expires: 100\r\n").await;
    assert!(gone.starts_with("SIP/2.0 481"), "{gone}");
}

#[tokio::test]
async fn subscriptions_of_a_connection_are_limited() {
    const MOST: usize = 32;
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    for n in 0..MOST {
        let answer = subscribe(&mut client, "presence", &format!("call{n}"), PIGGYBACK, "").await;
        assert!(answer.starts_with("SIP/2.0 200"), "{n}: {answer}");
    }
    let answer = subscribe(&mut client, "presence", "one-more", PIGGYBACK, "").await;
    assert!(answer.starts_with("SIP/2.0 403"), "{answer}");
}

#[tokio::test]
async fn what_one_device_publishes_the_others_learn() {
    let world = World::new().await;
    let mut first = world.sign_in_at(ALICE, "first").await;
    let mut second = world.sign_in_at(ALICE, "second").await;
    let event = "vnd-microsoft-roaming-self";
    subscribe(&mut second, event, "c", PIGGYBACK, "").await;
    let publication = "<publish xmlns=\"http://schemas.microsoft.com/2006/09/sip/rich-presence\"><publications uri=\"sip:alice@example.test\">\
        <publication categoryName=\"state\" instance=\"7\" container=\"2\" version=\"4\" expireType=\"endpoint\">\
        <state xmlns=\"http://schemas.microsoft.com/2006/09/sip/state\" manual=\"false\"><availability>3500</availability></state>\
        </publication></publications></publish>";
    let headers = "Content-Type: application/msrtc-category-publish+xml\r\n";
    let answer = first
        .ask("SERVICE", &format!("sip:{ALICE}"), "p", headers, publication)
        .await;
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    insta::assert_snapshot!(body(&answer), @r#"<roamingData xmlns="http://schemas.microsoft.com/2006/09/sip/roaming-self"><categories xmlns="http://schemas.microsoft.com/2006/09/sip/categories" uri="sip:alice@example.test"><category name="state" instance="7" publishTime="2023-11-14T22:13:20.0000000Z" container="2" version="5" expireType="endpoint"><state xmlns="http://schemas.microsoft.com/2006/09/sip/state" manual="false"><availability>3500</availability></state></category></categories></roamingData>"#);
    let notice = second.receive().await;
    assert!(
        notice.starts_with("BENOTIFY ") && notice.contains("\r\nCSeq: 2 BENOTIFY\r\n"),
        "{notice}"
    );
    assert_eq!(body(&notice), body(&answer));
    // It goes with its device.
    drop(first);
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    let answer = subscribe(&mut second, event, "d", PIGGYBACK, "").await;
    assert!(!answer.contains("<category "), "{answer}");
}

#[tokio::test]
async fn publications_are_limited() {
    const MOST: usize = 64;
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let publish = |count: usize| {
        let each: String = (0..count)
            .map(|n| {
                format!("<publication categoryName=\"note\" instance=\"{n}\" container=\"2\" version=\"0\"/>")
            })
            .collect();
        format!("<publish><publications>{each}</publications></publish>")
    };
    let headers = "Content-Type: application/msrtc-category-publish+xml\r\n";
    let uri = format!("sip:{ALICE}");
    assert!(
        client
            .ask("SERVICE", &uri, "p", headers, &publish(MOST))
            .await
            .starts_with("SIP/2.0 200")
    );
    assert!(
        client
            .ask("SERVICE", &uri, "p", headers, &publish(MOST + 1))
            .await
            .starts_with("SIP/2.0 413")
    );
    assert!(
        client
            .ask("SERVICE", &uri, "p", headers, "<publish>")
            .await
            .starts_with("SIP/2.0 400")
    );
    let headers = "Content-Type: application/msrtc-setcontainermembers+xml\r\n";
    assert!(
        client
            .ask("SERVICE", &uri, "p", headers, "<setContainerMembers/>")
            .await
            .starts_with("SIP/2.0 200")
    );
    let headers = "Content-Type: application/unknown+xml\r\n";
    assert!(
        client
            .ask("SERVICE", &uri, "p", headers, "<x/>")
            .await
            .starts_with("SIP/2.0 415")
    );
}
