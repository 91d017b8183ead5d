//! The log: one line for each transaction, and nothing in it that is secret.
mod common;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use common::{ALICE, DISABLED, PASSWORD, World};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes every event of every crate and level down.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().target().to_owned());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn each_transaction_is_one_line_without_secrets() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let world = World::new().await;
    let mut client = world.sign_in(ALICE).await;
    let headers = "Contact: <sip:x@192.0.2.7>\r\nContent-Type: text/plain\r\n";
    client
        .ask(
            "MESSAGE",
            "sip:chat@example.test",
            "c",
            headers,
            "the secret text",
        )
        .await;
    client
        .ask("MESSAGE", "sip:bob@example.test", "d", headers, "the secret text")
        .await;
    let unsigned = client.draft("OPTIONS", "sip:example.test", "e", "", "");
    client.send(unsigned).await;
    client.receive().await;
    let lines = lines.0.lock().unwrap();
    let transactions: Vec<&String> = lines
        .iter()
        .filter(|line| line.contains("SIP transaction."))
        .collect();
    let transactions: Vec<&str> = transactions
        .iter()
        .filter_map(|line| line.strip_prefix("causerie::sip::transaction message=SIP transaction. "))
        .collect();
    insta::assert_snapshot!(transactions.join("\n"), @r#"
    method="REGISTER" status=401 ms=0 queries=0 refusal="challenge"
    method="REGISTER" status=401 ms=0 queries=0 refusal="challenge"
    method="REGISTER" user="alice@example.test" status=200 ms=0 queries=1
    method="MESSAGE" user="alice@example.test" operation="echo" status=200 ms=0 queries=0
    method="MESSAGE" user="alice@example.test" status=480 ms=0 queries=0 refusal="no-delivery"
    method="OPTIONS" user="alice@example.test" status=401 queries=0 refusal="unsigned"
    "#);
    for line in lines.iter() {
        for secret in [PASSWORD, "secret text", "rspauth", "gssapi", "TlRMTVNTUA"] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

/// What is told of sign-ins that are refused.
fn refusals(lines: &Lines) -> String {
    let lines = lines.0.lock().unwrap();
    let told: Vec<&str> = lines
        .iter()
        .filter(|line| line.contains("Sign-in refused.") || line.contains("login="))
        .map(String::as_str)
        .collect();
    told.join("\n")
}

#[tokio::test(start_paused = true)]
async fn a_refused_sign_in_is_told_with_its_login_and_where_it_came_from() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let world = World::new().await;
    world.connect().sign_in("Alice@example.test", "wrong").await;
    world.connect().sign_in(DISABLED, PASSWORD).await;
    let mut stranger = world.connect();
    stranger.login = Some(("Mal\nlory".to_owned(), "OTHER".to_owned()));
    stranger.sign_in(ALICE, "wrong").await;
    for _ in 0..3 {
        world.connect().sign_in(ALICE, "wrong").await;
    }
    insta::assert_snapshot!(refusals(&lines), @r#"
    causerie::sip message=Sign-in refused. login="Alice@example.test" peer=192.0.2.7:40000 reason="refused"
    causerie::sip::transaction message=SIP transaction. method="REGISTER" login="Alice@example.test" status=401 ms=0 queries=0 refusal="refused"
    causerie::sip message=Sign-in refused. login="carol@example.test" peer=192.0.2.7:40000 reason="disabled"
    causerie::sip::transaction message=SIP transaction. method="REGISTER" login="carol@example.test" status=403 ms=0 queries=0 refusal="disabled"
    causerie::sip message=Sign-in refused. login="OTHER\\Mal\\nlory" peer=192.0.2.7:40000 reason="refused"
    causerie::sip::transaction message=SIP transaction. method="REGISTER" login="OTHER\\Mal\\nlory" status=401 ms=0 queries=0 refusal="refused"
    causerie::sip message=Sign-in refused. login="alice@example.test" peer=192.0.2.7:40000 reason="refused"
    causerie::sip::transaction message=SIP transaction. method="REGISTER" login="alice@example.test" status=401 ms=0 queries=0 refusal="refused"
    causerie::sip message=Sign-in refused. login="alice@example.test" peer=192.0.2.7:40000 reason="refused"
    causerie::sip::transaction message=SIP transaction. method="REGISTER" login="alice@example.test" status=401 ms=0 queries=0 refusal="refused"
    causerie::sip message=Sign-in refused. login="alice@example.test" peer=192.0.2.7:40000 reason="throttled"
    causerie::sip::transaction message=SIP transaction. method="REGISTER" login="alice@example.test" status=403 ms=0 queries=0 refusal="throttled"
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_login_in_the_log_is_cut() {
    for length in [256, 257] {
        let lines = Lines::default();
        let _guard = tracing::subscriber::set_default(lines.clone());
        let mut client = World::new().await.connect();
        client.login = Some(("x".repeat(length), String::new()));
        client.sign_in(ALICE, "wrong").await;
        let told = refusals(&lines);
        assert!(told.contains(&format!("login=\"{}\"", "x".repeat(256))), "{told}");
    }
}
