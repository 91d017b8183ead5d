//! What holds for this adapter beyond the port's promises.

mod disk;
mod rights;
mod tls;

use causerie_model::{StoreError, StoreFault};
use causerie_records::{Addition, DocumentKey, Documents, Records, Stored, conformance::Chain};
use causerie_store_postgres::{Options, PostgresRecords};
use causerie_testkit::Postgres;
use sqlx::{Connection, PgConnection};
use std::time::Duration;

/// A database of the server, and a role that may log in with the password `secret`.
fn database(server: &Postgres) -> (String, String) {
    let database = server.database();
    let role = format!("service_{database}");
    server.sql(&database, &format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'"));
    (database, role)
}

/// The URL of the service's role in a prepared database.
async fn prepared(server: &Postgres) -> (String, String) {
    let (database, role) = database(server);
    PostgresRecords::prepare(&server.url(&database), None, &role)
        .await
        .expect("the database is prepared");
    (server.url_as(&role, &database), database)
}

fn options() -> Options {
    Options {
        connections: 2,
        connect_timeout: Duration::from_secs(3),
        ..Options::default()
    }
}

async fn open(url: &str) -> PostgresRecords {
    PostgresRecords::open(url, Some("secret"), options())
        .await
        .expect("the database opens")
}

async fn open_error(url: &str, password: &str) -> StoreError {
    let opened = PostgresRecords::open(url, Some(password), options()).await;
    opened.err().expect("the database doesn't open")
}

fn adding(chain: &mut Chain) -> Addition {
    Addition {
        records: vec![chain.post("ann@x.test", "text")],
        ..Addition::default()
    }
}

async fn all(records: &PostgresRecords) -> Vec<Stored> {
    records.read(0, u64::MAX, 100).await.expect("records")
}

#[tokio::test]
async fn an_unprepared_database_says_what_to_do() {
    let server = Postgres::shared();
    let (database, role) = database(server);
    let url = server.url_as(&role, &database);
    let error = open_error(&url, "secret").await;
    assert!(
        error
            .message
            .contains("Run `causerie compliance database prepare`"),
        "{error}"
    );
    // Prepared for somebody else.
    server.sql(&database, "CREATE ROLE somebody");
    PostgresRecords::prepare(&server.url(&database), None, "somebody")
        .await
        .expect("the database is prepared");
    let error = open_error(&url, "secret").await;
    assert!(error.message.contains("gives the role no right"), "{error}");
    for _ in 0..2 {
        PostgresRecords::prepare(&server.url(&database), None, &role)
            .await
            .expect("the database is prepared");
    }
    open(&url).await;
    let error = PostgresRecords::prepare(&server.url(&database), None, "nobody\"; --")
        .await
        .expect_err("there is no such role");
    assert!(error.message.contains("has no role"), "{error}");
}

#[tokio::test]
async fn who_may_make_the_tables_makes_them() {
    let server = Postgres::shared();
    let (database, role) = database(server);
    server.sql(
        &database,
        &format!("GRANT CREATE ON DATABASE {database} TO {role}"),
    );
    let store = open(&server.url_as(&role, &database)).await;
    store
        .append(&adding(&mut Chain::of_room(1)))
        .await
        .expect("it is appended");
    assert_eq!(
        open(&server.url_as(&role, &database))
            .await
            .end()
            .await
            .expect("an end"),
        1
    );
}

#[tokio::test]
async fn a_database_of_another_program_version_is_refused() {
    let server = Postgres::shared();
    let (url, database) = prepared(server).await;
    server.sql(
        &database,
        "INSERT INTO causerie._sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'x', true, '', 0)",
    );
    for error in [
        open_error(&url, "secret").await,
        PostgresRecords::open(&server.url(&database), None, options())
            .await
            .err()
            .expect("the owner is refused too"),
    ] {
        assert!(
            error
                .message
                .contains("newer than this program: it has migration 99"),
            "{error}"
        );
    }
    server.sql(&database, "DELETE FROM causerie._sqlx_migrations");
    let error = open_error(&url, "secret").await;
    assert!(error.message.contains("is older than this program"), "{error}");
}

#[tokio::test]
async fn a_password_is_in_no_error() {
    let server = Postgres::shared();
    let (url, _) = prepared(server).await;
    let error = open_error(&url, "geheim").await;
    assert!(
        error.message.contains("password authentication failed"),
        "{error}"
    );
    assert!(!error.message.contains("geheim"), "{error}");
    let error = open_error(&url.replacen('@', ":geheim@", 1), "other").await;
    assert!(!error.message.contains("geheim"), "{error}");
    let nowhere = "postgres://ann:geheim@localhost:1/comp";
    let error = PostgresRecords::open(nowhere, None, options())
        .await
        .err()
        .expect("nobody is there");
    assert_eq!(error.fault, StoreFault::Unavailable, "{error}");
    assert!(
        error.message.starts_with("localhost:1/comp: ") && !error.message.contains("geheim"),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_is_back_is_used_again() {
    let server = Postgres::start();
    let (url, database) = prepared(&server).await;
    let store = open(&url).await;
    let mut chain = Chain::of_room(1);
    store.append(&adding(&mut chain)).await.expect("it is appended");
    let next = adding(&mut chain);

    server.stop();
    for _ in 0..2 {
        let error = store.append(&next).await.expect_err("nobody is there");
        assert_eq!(error.fault, StoreFault::Unavailable, "{error}");
        let error = store.end().await.expect_err("nobody is there");
        assert_eq!(error.fault, StoreFault::Unavailable, "{error}");
    }
    server.restart();
    assert_eq!(store.append(&next).await.expect("it is appended"), 2);

    // Cut off while the server lives.
    let cut = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()"
    );
    server.sql("postgres", &cut);
    assert_eq!(
        store.append(&adding(&mut chain)).await.expect("it is appended"),
        3
    );
    assert_eq!(all(&store).await.len(), 3);
}

#[tokio::test]
async fn a_database_that_may_not_be_written_says_so() {
    let server = Postgres::shared();
    let (url, database) = prepared(server).await;
    let mut chain = Chain::of_room(1);
    open(&url)
        .await
        .append(&adding(&mut chain))
        .await
        .expect("it is appended");
    server.sql(
        &database,
        &format!("ALTER DATABASE {database} SET default_transaction_read_only = on"),
    );
    let store = open(&url).await;
    let error = store
        .append(&adding(&mut chain.clone()))
        .await
        .expect_err("it is refused");
    assert_eq!(error.fault, StoreFault::ReadOnly, "{error}");
    assert_eq!(all(&store).await.len(), 1);
    server.sql(
        "postgres",
        &format!("ALTER DATABASE {database} SET default_transaction_read_only = off"),
    );
    store.close().await;
    let store = open(&url).await;
    assert_eq!(
        store.append(&adding(&mut chain)).await.expect("it is appended"),
        2
    );
}

/// The settings that an administrator may give a database must not weaken what is promised.
#[tokio::test]
async fn a_databases_defaults_do_not_matter() {
    let server = Postgres::shared();
    let (url, database) = prepared(server).await;
    for setting in [
        "default_transaction_isolation = 'repeatable read'",
        "synchronous_commit = off",
    ] {
        server.sql(&database, &format!("ALTER DATABASE {database} SET {setting}"));
    }
    let (one, other) = (open(&url).await, open(&url).await);
    let append = async |store: &PostgresRecords, room| {
        let mut chain = Chain::of_room(room);
        for _ in 0..20 {
            store.append(&adding(&mut chain)).await.expect("it is appended");
        }
    };
    tokio::join!(append(&one, 1), append(&other, 2));
    assert_eq!(one.end().await.expect("an end"), 40);
}

#[tokio::test]
async fn a_server_that_hangs_is_unavailable() {
    let server = Postgres::shared();
    let (url, database) = prepared(server).await;
    let short = Options {
        call_timeout: Duration::from_secs(2),
        ..options()
    };
    let store = PostgresRecords::open(&url, Some("secret"), short.clone())
        .await
        .expect("the database opens");
    let mut holder = PgConnection::connect(&server.url(&database))
        .await
        .expect("a connection");
    let mut transaction = holder.begin().await.expect("a transaction");
    sqlx::raw_sql("LOCK TABLE causerie.records, causerie.documents IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *transaction)
        .await
        .expect("a lock");
    sqlx::raw_sql("LOCK TABLE causerie._sqlx_migrations IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *transaction)
        .await
        .expect("a lock");
    let error = PostgresRecords::open(&url, Some("secret"), short.clone())
        .await
        .err()
        .expect("it takes too long");
    assert_eq!(error.fault, StoreFault::Unavailable, "{error}");
    let mut chain = Chain::of_room(1);
    let addition = adding(&mut chain);
    let error = store.append(&addition).await.expect_err("it takes too long");
    assert_eq!(error.fault, StoreFault::Unavailable, "{error}");
    let key = DocumentKey {
        kind: "hold".to_owned(),
        id: "1".to_owned(),
    };
    let error = store.document(&key).await.expect_err("it takes too long");
    assert_eq!(error.fault, StoreFault::Unavailable, "{error}");
    transaction.rollback().await.expect("the lock is given back");
    let store = open(&url).await;
    assert_eq!(store.append(&addition).await.expect("it is appended"), 1);
}
