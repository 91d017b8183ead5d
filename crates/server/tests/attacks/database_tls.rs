//! PostgreSQL over TLS, with a certificate of the organisation's own authority: told by the URL alone.

use crate::{
    officer::wait_until,
    people::{BINARY, join, sign_in},
    service::{Service, chat_alone},
};
use causerie_testkit::{Authority, Postgres};
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn records_go_to_the_right_server_only() {
    let (authority, other) = (Authority::new(), Authority::new());
    let postgres = {
        // Its address isn't known before it has started.
        let postgres = Postgres::start_with_tls(&authority.sign("localhost"));
        postgres.identify(&authority.sign(&postgres.address().ip().to_string()));
        postgres.restart();
        postgres
    };
    let database = postgres.database();
    postgres.sql(&database, "CREATE ROLE service LOGIN PASSWORD 'secret'");
    postgres.sql(&database, "CREATE ROLE boss LOGIN SUPERUSER PASSWORD 'secret'");
    let url = |role: &str, ca: &Authority| {
        let (place, ca) = (postgres.address(), ca.file());
        format!(
            "postgres://{role}@{place}/{database}?sslmode=verify-full&sslrootcert={}",
            ca.display()
        )
    };
    let prepare = |ca: &Authority| {
        let mut command = Command::new(BINARY);
        command.args(["compliance", "database", "prepare", &url("boss", ca)]);
        command
            .args(["--role", "service"])
            .env("PGPASSWORD", "secret")
            .output()
            .unwrap()
    };
    let refused = prepare(&other);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && told.contains("sslrootcert=FILE"),
        "{told}"
    );
    let prepared = prepare(&authority);
    assert!(prepared.status.success(), "{prepared:?}");

    let server = chat_alone();
    let told = Service::refused(&server, (&url("service", &other), "secret"));
    assert!(
        told.contains("nobody here trusts") && told.contains("sslrootcert=FILE"),
        "{told}"
    );
    let mut service = Service::of(&server, Some((&url("service", &authority), "secret")));
    let (client, _) = sign_in(&server, "alice").await;
    let room = join(&client, "Lobby").await.uri;
    client.post(&room, "over TLS").await.unwrap();
    let officer = service.officer();
    wait_until("it is stored", || {
        let status = officer.run(&["compliance", "status"]);
        status["queue"]["depth"] == 0 && status["records"].as_u64() > Some(0)
    });
    let encrypted = "TABLE pg_stat_ssl";
    let connections = postgres.sql("postgres", encrypted);
    assert!(connections.contains("|t|TLSv1.3|"), "{connections}");
    service.stop();
}
