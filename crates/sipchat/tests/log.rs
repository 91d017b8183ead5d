//! What isn't understood is answered each time and told once.

mod common;

use common::{World, status};
use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Writes down what is told of requests that aren't understood.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("causerie_sipchat")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        let told = line.0.strip_prefix("message=A request isn't understood. ");
        self.0
            .lock()
            .unwrap()
            .extend(told.map(|line| line.trim().to_owned()));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Lines {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test]
async fn what_is_not_understood_is_answered_each_time_and_told_once() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let world = World::new().await;
    let mut alice = world.invited("alice").await;
    let mut cseq = 100;
    for _ in 0..3 {
        for (command, code) in [
            (r#"<cmd id="cmd:dance" seqid="1"><data/></cmd>"#, "501"),
            (r#"<cmd id="cmd:part" seqid="1"><data/></cmd>"#, "400"),
            (
                r#"<cmd id="cmd:getfutok" seqid="1"><data><ftdb channelUri="x" fileUrl="y"/></data></cmd>"#,
                "501",
            ),
            (
                r#"<cmd id="cmd:chansrch" seqid="1"><data><qib qtype="BYMOOD"/></data></cmd>"#,
                "501",
            ),
        ] {
            let reply = alice.command(command).await;
            assert!(reply.contains(&format!(r#"code="{code}""#)), "{reply}");
        }
    }
    let mut bob = world.invited("bob").await;
    for _ in 0..3 {
        cseq += 1;
        assert_eq!(
            status(&bob.send("INFO", cseq, "text/plain", "not xml").await),
            400
        );
    }
    insta::assert_snapshot!(lines.take().join("\n"), @r#"
    user=alice@example.test name="dance" why="unknown command"
    user=alice@example.test name="part" why="'data' has no element 'chanib'"
    user=alice@example.test name="getftok" why="command without an operation"
    user=alice@example.test name="chansrch BYMOOD" why="unknown kind of search"
    user=bob@example.test name="INFO" why="a document is exactly one element"
    "#);
}

#[tokio::test]
async fn a_dialog_tells_of_so_many_names_and_no_more() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let world = World::new().await;
    let mut alice = world.invited("alice").await;
    for (names, told) in [(32, 32), (33, 32)] {
        for name in 0..names {
            let reply = alice
                .command(&format!(r#"<cmd id="cmd:dance{name}" seqid="1"><data/></cmd>"#))
                .await;
            assert!(reply.contains(r#"code="501""#), "{reply}");
        }
        let all = lines.0.lock().unwrap().len();
        assert_eq!(all, told);
    }
    lines.take();
    let mut bob = world.invited("bob").await;
    let long = "x".repeat(65);
    bob.command(&format!(r#"<cmd id="cmd:{long}" seqid="1"><data/></cmd>"#))
        .await;
    let told = lines.take().join("");
    assert!(told.contains(&"x".repeat(64)) && !told.contains(&long), "{told}");
}
