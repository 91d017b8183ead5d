//! The log: one line for each transaction, and nothing in it that is secret.
mod common;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use common::{ALICE, PASSWORD, World};
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
        .filter_map(|line| line.strip_prefix("causerie::sip message=SIP transaction. "))
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
