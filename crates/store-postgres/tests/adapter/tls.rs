//! A server with a certificate: whom it is told from, and what is said if it can't be.

use causerie_model::{StoreError, StoreFault};
use causerie_records::{Addition, Records, conformance::Chain};
use causerie_store_postgres::{Options, PostgresRecords};
use causerie_testkit::{Authority, Postgres};
use std::{net::SocketAddr, time::Duration};
use tokio::net::{TcpListener, TcpStream};

/// A port of `localhost` that leads to a server, until the test ends.
async fn localhost(server: SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut one, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Ok(mut other) = TcpStream::connect(server).await {
                    drop(tokio::io::copy_bidirectional(&mut one, &mut other).await);
                }
            });
        }
    });
    format!("localhost:{port}")
}

fn options() -> Options {
    Options {
        connections: 2,
        connect_timeout: Duration::from_secs(10),
        ..Options::default()
    }
}

async fn refusal(url: &str) -> StoreError {
    let opened = PostgresRecords::open(url, Some("secret"), options()).await;
    let error = opened.err().unwrap_or_else(|| panic!("{url} opens"));
    assert!(!error.message.contains("secret"), "{error}");
    error
}

/// Whether the connections of this role are encrypted, as the server sees it.
fn encrypted(server: &Postgres, role: &str) -> String {
    let sql = format!(
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '{role}'"
    );
    server.sql("postgres", &sql)
}

#[tokio::test]
async fn only_the_right_server_is_talked_to() {
    let (authority, other) = (Authority::new(), Authority::new());
    let identity = authority.sign("localhost");
    let server = Postgres::start_with_tls(&identity);
    let place = localhost(server.address()).await;
    let database = server.database();
    let role = format!("service_{database}");
    server.sql(&database, &format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'"));
    let (right, wrong) = (authority.file(), other.file());
    let (right, wrong) = (right.display().to_string(), wrong.display().to_string());
    let url = |place: &str, parameters: &str| format!("postgres://{role}@{place}/{database}?{parameters}");
    let verified = format!("sslmode=verify-full&sslrootcert={right}");

    // As the owner and as the service.
    let owner = server.url(&database);
    let (owner, _) = owner.split_once("@localhost").expect("a host");
    PostgresRecords::prepare(&format!("{owner}@{place}/{database}?{verified}"), None, &role)
        .await
        .expect("the database is prepared");
    let store = PostgresRecords::open(&url(&place, &verified), Some("secret"), options()).await;
    let store = store.expect("it is the right server");
    let mut chain = Chain::of_room(1);
    let mut add = || Addition {
        records: vec![chain.post("ann@x.test", "text")],
        ..Addition::default()
    };
    assert_eq!(store.append(&add()).await.expect("it is appended"), 1);
    assert_eq!(encrypted(&server, &role), "t");

    // Another authority; none but the system's.
    for parameters in [
        format!("sslmode=verify-full&sslrootcert={wrong}"),
        format!("sslmode=verify-ca&sslrootcert={wrong}"),
        "sslmode=verify-full".to_owned(),
    ] {
        let error = refusal(&url(&place, &parameters)).await;
        assert!(
            error.message.contains("nobody here trusts") && error.message.contains("sslrootcert=FILE"),
            "{parameters}: {error}"
        );
        // Trying again doesn't mend it.
        assert_eq!(error.fault, StoreFault::Other, "{parameters}: {error}");
    }
    // The right authority, and a name that isn't in the certificate.
    let direct = server.address().to_string();
    let error = refusal(&url(&direct, &verified)).await;
    let host = server.address().ip();
    assert!(
        error.message.contains(&format!("isn't for {host} ("))
            && error.message.contains("sslmode=verify-full"),
        "{error}"
    );
    let no_name = format!("sslmode=verify-ca&sslrootcert={right}");
    PostgresRecords::open(&url(&direct, &no_name), Some("secret"), options())
        .await
        .expect("verify-ca looks at no name");
    // Files that aren't there or hold nothing.
    for (name, mode) in [("nowhere.pem", "verify-full"), ("nowhere.pem", "verify-ca")] {
        let error = refusal(&url(&place, &format!("sslmode={mode}&sslrootcert=/{name}"))).await;
        let told = format!("/{name}, the sslrootcert of the URL, can't be read");
        assert!(error.message.contains(&told), "{error}");
    }

    // The server gets a certificate of another authority while it is in use, and its own again.
    server.identify(&other.sign("localhost"));
    server.restart();
    let next = add();
    let error = store.append(&next).await.expect_err("it is another server");
    assert!(error.message.contains("nobody here trusts"), "{error}");
    server.identify(&identity);
    server.restart();
    assert_eq!(store.append(&next).await.expect("it is appended"), 2);

    // A server without TLS: nothing goes there but where it may.
    server.set("ssl = off");
    server.restart();
    for mode in ["require", "verify-ca", "verify-full"] {
        let error = refusal(&url(&place, &format!("sslmode={mode}&sslrootcert={right}"))).await;
        assert!(
            error.message.contains("takes no TLS connections") && error.message.contains("sslmode"),
            "{mode}: {error}"
        );
        assert_eq!(error.fault, StoreFault::Other, "{mode}: {error}");
    }
    PostgresRecords::open(&url(&place, "sslmode=prefer"), Some("secret"), options())
        .await
        .expect("it isn't asked for");
}
