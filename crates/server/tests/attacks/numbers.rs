//! The numbers of compliance on the metrics pages: what they are before and after something that is known.

use crate::{
    officer::{Officer, sql, wait_until},
    people::{join, sign_in},
    service::{Service, chat_alone},
};
use causerie_testkit::Server;
use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{SystemTime, UNIX_EPOCH},
};

/// What a metrics page shows, by name and labels, without what all names begin with.
struct Numbers(BTreeMap<String, f64>);

impl Numbers {
    fn at(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        let request = "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        let numbers = page.lines().filter_map(|line| {
            let (name, value) = line.strip_prefix("causerie_")?.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self(numbers.collect())
    }

    fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    #[track_caller]
    fn are(&self, expected: &[(&str, Option<f64>)]) {
        let found: Vec<_> = expected.iter().map(|(name, _)| (*name, self.get(name))).collect();
        assert_eq!(found, expected);
    }
}

#[expect(clippy::disallowed_methods, reason = "the server's clock is the machine's")]
fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
        .floor()
}

/// Five posts wait while the service is away, the third of them forged meanwhile. It takes them, signs, verifies, exports,
/// and fails to export.
#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_of_compliance_are_right() {
    let server = chat_alone();
    let mut service = Service::of(&server, None);
    let officer = service.officer();
    let folder = officer.adapter("all", &[]);
    let (client, _) = sign_in(&server, "alice").await;
    let room = join(&client, "Lobby").await.uri;
    officer.wait_until_stored();
    let chat = |server: &Server| Numbers::at(server.metrics());
    let empty = [
        ("queue_depth", Some(0.0)),
        ("queue_oldest_seconds", Some(0.0)),
        ("queue_set_aside", Some(0.0)),
    ];
    chat(&server).are(&empty);
    let compliance = Numbers::at(service.metrics());
    compliance.are(&empty);
    compliance.are(&[
        ("compliance_set_aside_total", None),
        ("compliance_last_verified_checkpoint", None),
        ("compliance_exported_position{adapter=\"all\"}", Some(0.0)),
        ("compliance_run_failures_total{adapter=\"all\"}", None),
    ]);
    let before = status(&officer, "records");

    service.stop();
    for number in 0..5 {
        client.post(&room, &format!("post {number}")).await.unwrap();
    }
    let waiting = chat(&server);
    waiting.are(&[("queue_depth", Some(5.0)), ("queue_set_aside", Some(0.0))]);
    let oldest = waiting.get("queue_oldest_seconds").unwrap();
    assert!(oldest > 0.0, "{oldest}");
    wait_until("the oldest has waited for longer than a second", || {
        chat(&server).get("queue_oldest_seconds") > Some(oldest.max(1.0))
    });
    let forge = "UPDATE outbox SET body = replace(body, 'post 2', 'post x')";
    sql(&server.data_dir().join("causerie.db"), &[forge]);

    service.restart();
    officer.wait_until_stored();
    chat(&server).are(&[
        ("queue_depth", Some(0.0)),
        ("queue_oldest_seconds", Some(0.0)),
        ("queue_set_aside", Some(1.0)),
    ]);
    let compliance = Numbers::at(service.metrics());
    compliance.are(&[
        ("queue_depth", Some(0.0)),
        ("queue_oldest_seconds", Some(0.0)),
        ("queue_set_aside", Some(1.0)),
        ("compliance_records_total", Some(5.0)),
        ("compliance_set_aside_total", Some(1.0)),
        ("alarms_total{alarm=\"set-aside\"}", Some(1.0)),
    ]);
    // Four, and the record of the one that isn't.
    assert!((status(&officer, "records") - before - 5.0).abs() < 0.5);

    // A run signs what it exports.
    let began = now();
    wait_until("something hasn't been exported for longer than a second", || {
        Numbers::at(service.metrics()).get("compliance_export_lag_seconds{adapter=\"all\"}") > Some(1.0)
    });
    officer.export("all").unwrap();
    let exported = status(&officer, "adapters/0/position");
    assert!(exported > before, "{exported}");
    let compliance = Numbers::at(service.metrics());
    compliance.are(&[
        ("compliance_exported_position{adapter=\"all\"}", Some(exported)),
        ("compliance_export_lag_seconds{adapter=\"all\"}", Some(0.0)),
        ("compliance_run_failures_total{adapter=\"all\"}", None),
    ]);
    let age = compliance.get("compliance_checkpoint_age_seconds").unwrap();
    assert!((0.0..=now() - began).contains(&age), "{age}");
    wait_until("the last checkpoint is older than a second", || {
        Numbers::at(service.metrics()).get("compliance_checkpoint_age_seconds") > Some(1.0)
    });

    let began = now();
    officer.run(&["compliance", "verify"]);
    let compliance = Numbers::at(service.metrics());
    let checkpoint = status(&officer, "checkpoint/number");
    compliance.are(&[("compliance_last_verified_checkpoint", Some(checkpoint))]);
    let verified = compliance.get("compliance_last_verified_timestamp").unwrap();
    assert!((began..=now()).contains(&verified), "{verified}");

    // Twice, of which there is one alarm, and then again where it ended.
    client.post(&room, "after").await.unwrap();
    officer.wait_until_stored();
    let moved = folder.with_extension("away");
    fs::rename(&folder, &moved).unwrap();
    fs::write(&folder, "no folder").unwrap();
    for _ in 0..2 {
        officer.refused(&["compliance", "adapter", "run", "all"]);
    }
    Numbers::at(service.metrics()).are(&[
        ("compliance_run_failures_total{adapter=\"all\"}", Some(2.0)),
        ("alarms_total{alarm=\"run-failed\"}", Some(1.0)),
        ("compliance_exported_position{adapter=\"all\"}", Some(exported)),
    ]);
    fs::remove_file(&folder).unwrap();
    fs::rename(&moved, &folder).unwrap();
    officer.export("all").unwrap();
    let position = Numbers::at(service.metrics()).get("compliance_exported_position{adapter=\"all\"}");
    assert!(position > Some(exported), "{position:?}");
}

/// A number of the service's status.
#[track_caller]
fn status(officer: &Officer, path: &str) -> f64 {
    // Its exit code tells of the record that is set aside.
    let told = officer.try_run(&["compliance", "status", "--json"]).out;
    let status: serde_json::Value = serde_json::from_str(&told).unwrap();
    status.pointer(&format!("/{path}")).unwrap().as_f64().unwrap()
}
