//! What holds for this adapter beyond the port's promises.

use causerie_model::{ChainId, RoomId, StoreError, StoreFault};
use causerie_records::{
    Addition, CheckpointLine, Checkpoints, DocumentKey, Documents, Records, Retirement, Stored,
    conformance::Chain,
};
use causerie_store_postgres::{Options, PostgresRecords};
use causerie_testkit::Postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::time::Duration;

const ROOM: ChainId = ChainId::Room(RoomId(1));

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

/// Five messages, of which the RETIRED record covers 2 to 4 and has taken the content of 2; a checkpoint.
async fn written(url: &str) -> PostgresRecords {
    let store = open(url).await;
    let (mut room, mut compliance) = (Chain::of_room(1), Chain::of(ChainId::Compliance));
    let mut records: Vec<_> = (0..5).map(|_| room.post("ann@x.test", "text")).collect();
    records.push(compliance.retire(ROOM, 2, 4));
    records.push(compliance.retire(ROOM, 1, 1));
    // What never goes, and RETIRED records that say it does.
    let mut changed = room.post("ann@x.test", "text");
    changed.kind = "CHANGED".to_owned();
    records.extend([
        changed,
        Chain::of(ChainId::System).join("ann@x.test"),
        compliance.retire(ROOM, 6, 6),
        compliance.retire(ChainId::System, 1, 1),
        compliance.retire(ChainId::Compliance, 1, 1),
    ]);
    let addition = Addition {
        records,
        retired: vec![Retirement {
            chain: ROOM,
            numbers: vec![2],
        }],
        checkpoint: Some(CheckpointLine {
            number: 1,
            up_to: 6,
            line: "line".to_owned(),
        }),
        ..Addition::default()
    };
    store.append(&addition).await.expect("it is appended");
    store
}

/// What the service's role could try with the service's password and a SQL prompt.
const MISCHIEF: &[(&str, &str)] = &[
    (
        "UPDATE causerie.records SET body = '{}' WHERE position = 1",
        "never changed",
    ),
    (
        "UPDATE causerie.records SET actor = 'sip:eve@x.test' WHERE position = 3",
        "never changed",
    ),
    (
        "UPDATE causerie.records SET retired = true WHERE position = 3",
        "never changed",
    ),
    (
        "UPDATE causerie.records SET retired = false WHERE position = 2",
        "never changed",
    ),
    (
        "UPDATE causerie.records SET actor = '', body = '' WHERE position = 3",
        "never changed",
    ),
    (
        "UPDATE causerie.records SET actor = '', retired = true WHERE position = 3",
        "never changed",
    ),
    // No tombstone covers them.
    (
        "UPDATE causerie.records SET actor = '', body = '', retired = true WHERE position = 1",
        "never changed",
    ),
    (
        "UPDATE causerie.records SET actor = '', body = '', retired = true WHERE position = 5",
        "never changed",
    ),
    (
        "UPDATE causerie.records SET actor = '', body = '', retired = true",
        "never changed",
    ),
    // A table of the role's own doesn't stand for the real one.
    (
        "CREATE TEMP TABLE tombstones AS SELECT 1::bigint AS record, 1::bigint AS chain, 0::bigint AS first, 9::bigint AS last; \
         SET search_path = pg_temp; \
         UPDATE causerie.records SET actor = '', body = '', retired = true WHERE position = 1",
        "never changed",
    ),
    // Other columns aren't the role's to change.
    (
        "UPDATE causerie.records SET kind = 'JOIN' WHERE position = 3",
        "permission denied",
    ),
    ("UPDATE causerie.records SET at = 0", "permission denied"),
    ("UPDATE causerie.records SET hash = previous", "permission denied"),
    (
        "UPDATE causerie.records SET position = 99 WHERE position = 3",
        "permission denied",
    ),
    (
        "UPDATE causerie.records SET number = 99 WHERE position = 3",
        "permission denied",
    ),
    (
        "DELETE FROM causerie.records WHERE position = 2",
        "permission denied",
    ),
    ("TRUNCATE causerie.records", "permission denied"),
    (
        "INSERT INTO causerie.records SELECT 9, chain, 9, at, actor, kind, body, previous, hash FROM causerie.records WHERE position = 1",
        "after all others",
    ),
    (
        "INSERT INTO causerie.records SELECT 8, chain, 5, at, actor, kind, body, previous, hash FROM causerie.records WHERE position = 1",
        "after all others",
    ),
    (
        "INSERT INTO causerie.records SELECT 8, chain, 9, at, '', kind, '', previous, hash, true FROM causerie.records WHERE position = 1",
        "after all others",
    ),
    (
        "INSERT INTO causerie.records SELECT * FROM causerie.records WHERE position = 1 ON CONFLICT (position) DO UPDATE SET body = ''",
        "after all others",
    ),
    ("UPDATE causerie.checkpoints SET line = 'x'", "permission denied"),
    ("DELETE FROM causerie.checkpoints", "permission denied"),
    ("TRUNCATE causerie.checkpoints", "permission denied"),
    (
        "INSERT INTO causerie.checkpoints VALUES (3, 6, 'x')",
        "after all others",
    ),
    ("UPDATE causerie.tombstones SET last = 9", "permission denied"),
    ("DELETE FROM causerie.tombstones", "permission denied"),
    ("TRUNCATE causerie.tombstones", "permission denied"),
    (
        "INSERT INTO causerie.tombstones VALUES (2, 1, 1, 2)",
        "RETIRED record says",
    ),
    (
        "INSERT INTO causerie.tombstones VALUES (2, 2, 1, 1)",
        "RETIRED record says",
    ),
    (
        "INSERT INTO causerie.tombstones VALUES (9, 1, 5, 5)",
        "RETIRED record says",
    ),
    // As the RETIRED record says, but not of a room.
    (
        "INSERT INTO causerie.tombstones VALUES (4, 0, 1, 1)",
        "RETIRED record says",
    ),
    (
        "INSERT INTO causerie.tombstones VALUES (5, -1, 1, 1)",
        "RETIRED record says",
    ),
    (
        "ALTER TABLE causerie.records DISABLE TRIGGER ALL",
        "must be owner",
    ),
    (
        "ALTER TABLE causerie.records DISABLE TRIGGER keep",
        "must be owner",
    ),
    ("ALTER TABLE causerie.records DROP COLUMN body", "must be owner"),
    ("DROP TRIGGER keep ON causerie.records", "must be owner"),
    ("DROP TABLE causerie.records CASCADE", "must be owner"),
    ("DROP SCHEMA causerie CASCADE", "must be owner"),
    ("CREATE TABLE causerie.mine (one int)", "permission denied"),
    (
        "CREATE OR REPLACE FUNCTION causerie.keep_records() RETURNS trigger LANGUAGE sql AS ''",
        "permission denied",
    ),
    ("SET session_replication_role = replica", "permission denied"),
    ("TRUNCATE causerie.documents", "permission denied"),
    ("DELETE FROM causerie._sqlx_migrations", "permission denied"),
];

async fn raw(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    let url = url.replacen('@', ":secret@", 1);
    let mut connection = PgConnection::connect(&url).await?;
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await;
    connection.close().await?;
    done.map(drop)
}

#[tokio::test]
async fn the_services_role_can_append_and_no_more() {
    let server = Postgres::shared();
    let (url, _) = prepared(server).await;
    let store = written(&url).await;
    let before = (
        all(&store).await,
        store.checkpoints(0, 9).await.expect("checkpoints"),
    );
    for (sql, why) in MISCHIEF {
        let error = raw(&url, sql).await.expect_err(sql).to_string();
        assert!(error.contains(why), "{sql}: {error}");
        let after = (
            all(&store).await,
            store.checkpoints(0, 9).await.expect("checkpoints"),
        );
        assert_eq!(after, before, "{sql}");
    }
    raw(
        &url,
        "UPDATE causerie.records SET actor = '', body = '', retired = true WHERE position IN (3, 4)",
    )
    .await
    .expect("a tombstone covers them");
    raw(&url, "INSERT INTO causerie.tombstones VALUES (3, 1, 6, 6)")
        .await
        .expect("the RETIRED record says so");
    let empty = "UPDATE causerie.records SET actor = '', body = '', retired = true WHERE kind = 'CHANGED'";
    let error = raw(&url, empty).await.expect_err("it is refused").to_string();
    assert!(error.contains("never changed"), "{error}");
}

/// As long as he leaves the triggers alone.
#[tokio::test]
async fn the_owner_is_bound_too() {
    let server = Postgres::shared();
    let (url, database) = prepared(server).await;
    let store = written(&url).await;
    let before = all(&store).await;
    let owner = server.url(&database);
    for table in ["records", "tombstones", "checkpoints"] {
        for sql in [
            format!("DELETE FROM causerie.{table}"),
            format!("TRUNCATE causerie.{table} CASCADE"),
        ] {
            let mut connection = PgConnection::connect(&owner).await.expect("a connection");
            let done = sqlx::raw_sql(AssertSqlSafe(sql.clone()))
                .execute(&mut connection)
                .await;
            assert!(
                done.expect_err(&sql).to_string().contains("never changed"),
                "{sql}"
            );
        }
    }
    let mut connection = PgConnection::connect(&owner).await.expect("a connection");
    for column in [
        "chain = 2",
        "number = 99",
        "at = 0",
        "kind = 'JOIN'",
        "previous = hash",
        "position = 99",
    ] {
        let sql = format!(
            "UPDATE causerie.records SET actor = '', body = '', retired = true, {column} WHERE position = 3"
        );
        let done = sqlx::raw_sql(AssertSqlSafe(sql.clone()))
            .execute(&mut connection)
            .await;
        assert!(
            done.expect_err(&sql).to_string().contains("never changed"),
            "{sql}"
        );
    }
    assert_eq!(all(&store).await, before);
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
async fn what_the_role_was_given_before_it_has_no_more() {
    let server = Postgres::shared();
    let (url, database) = prepared(server).await;
    let store = written(&url).await;
    let before = all(&store).await;
    let role = format!("service_{database}");
    for grant in [
        "ALL ON ALL TABLES IN SCHEMA causerie",
        "ALL ON SCHEMA causerie",
        "UPDATE (kind) ON causerie.records",
    ] {
        server.sql(&database, &format!("GRANT {grant} TO {role}"));
    }
    PostgresRecords::prepare(&server.url(&database), None, &role)
        .await
        .expect("the database is prepared");
    for (sql, _) in MISCHIEF.iter().filter(|(_, why)| *why == "permission denied") {
        let error = raw(&url, sql).await.expect_err(sql).to_string();
        assert!(error.contains("permission denied"), "{sql}: {error}");
    }
    assert_eq!(all(&store).await, before);
}

#[tokio::test]
async fn no_owner_is_taken_for_the_service() {
    let server = Postgres::shared();
    let (database, role) = database(server);
    let url = server.url(&database);
    let refusal = async |role: &str| {
        let prepared = PostgresRecords::prepare(&url, None, role).await;
        prepared.expect_err("it is refused").message
    };
    // The owner to be, by his name; a member of him, who need not have his rights at once; a superuser.
    server.sql(&database, &format!("CREATE ROLE boss_{database} SUPERUSER"));
    server.sql(
        &database,
        &format!(
            "CREATE ROLE deputy_{database} NOINHERIT; \
             DO $$ BEGIN EXECUTE format('GRANT %I TO deputy_{database}', current_user); END $$"
        ),
    );
    for name in [format!("boss_{database}"), format!("deputy_{database}")] {
        let message = refusal(&name).await;
        assert!(message.contains("may act as the owner"), "{message}");
    }
    PostgresRecords::prepare(&url, None, &role)
        .await
        .expect("the database is prepared");
    server.sql(
        &database,
        &format!("ALTER TABLE causerie.records OWNER TO {role}"),
    );
    let message = refusal(&role).await;
    assert!(message.contains("may act as the owner"), "{message}");
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
