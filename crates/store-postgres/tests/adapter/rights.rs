//! What the service's role may do, and what the owner may: append, and no more.

use crate::{adding, all, database, open, options, prepared};
use causerie_model::{ChainId, RoomId};
use causerie_records::{Addition, CheckpointLine, Checkpoints, Records, Retirement, conformance::Chain};
use causerie_store_postgres::PostgresRecords;
use causerie_testkit::Postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const ROOM: ChainId = ChainId::Room(RoomId(1));

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
    (
        "ALTER TABLE causerie.tombstones DISABLE TRIGGER follow",
        "must be owner",
    ),
    (
        "ALTER TABLE causerie.checkpoints DISABLE TRIGGER stay",
        "must be owner",
    ),
    (
        "ALTER TRIGGER keep ON causerie.records RENAME TO kept",
        "must be owner",
    ),
    (
        "ALTER TABLE causerie.records OWNER TO CURRENT_USER",
        "must be owner",
    ),
    (
        "ALTER TABLE causerie.records RENAME TO old_records",
        "must be owner",
    ),
    ("ALTER TABLE causerie.records SET UNLOGGED", "must be owner"),
    (
        "ALTER TABLE causerie.records ENABLE ROW LEVEL SECURITY",
        "must be owner",
    ),
    (
        "CREATE RULE lose AS ON INSERT TO causerie.records DO INSTEAD NOTHING",
        "must be owner",
    ),
    (
        "CREATE TRIGGER lose BEFORE INSERT ON causerie.records FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "permission denied",
    ),
    ("DROP FUNCTION causerie.keep_records() CASCADE", "must be owner"),
    (
        "ALTER FUNCTION causerie.keep_records() SET search_path = pg_temp",
        "must be owner",
    ),
    // To be somebody else.
    ("SET ROLE owner", "permission denied"),
    ("SET SESSION AUTHORIZATION owner", "permission denied"),
    ("GRANT owner TO CURRENT_USER", "must "),
    ("ALTER ROLE CURRENT_USER SUPERUSER", "must be superuser"),
    (
        "COPY causerie.records FROM PROGRAM 'true'",
        "pg_execute_server_program",
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

/// Whatever else somebody gives it: then the triggers refuse, which only the owner may switch off.
#[tokio::test]
async fn what_the_role_is_given_afterwards_does_not_help_it() {
    let server = Postgres::shared();
    let (url, database) = prepared(server).await;
    let store = written(&url).await;
    let before = (
        all(&store).await,
        store.checkpoints(0, 9).await.expect("checkpoints"),
    );
    let role = format!("service_{database}");
    for grant in [
        "ALL ON ALL TABLES IN SCHEMA causerie",
        "ALL ON SCHEMA causerie",
        "pg_write_all_data",
    ] {
        server.sql(&database, &format!("GRANT {grant} TO {role}"));
    }
    for (sql, why) in [
        ("DELETE FROM causerie.records", "never changed"),
        ("TRUNCATE causerie.records", "never changed"),
        ("UPDATE causerie.records SET kind = 'JOIN'", "never changed"),
        ("UPDATE causerie.records SET hash = previous", "never changed"),
        ("DELETE FROM causerie.tombstones", "never changed"),
        ("UPDATE causerie.tombstones SET last = 9", "never changed"),
        ("TRUNCATE causerie.tombstones", "never changed"),
        ("DELETE FROM causerie.checkpoints", "never changed"),
        ("UPDATE causerie.checkpoints SET line = 'x'", "never changed"),
        ("TRUNCATE causerie.checkpoints", "never changed"),
        (
            "ALTER TABLE causerie.records DISABLE TRIGGER USER",
            "must be owner",
        ),
        ("DROP TRIGGER stay ON causerie.records", "must be owner"),
        (
            "CREATE OR REPLACE FUNCTION causerie.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "must be owner",
        ),
        ("SET session_replication_role = replica", "permission denied"),
    ] {
        let error = raw(&url, sql).await.expect_err(sql).to_string();
        assert!(error.contains(why), "{sql}: {error}");
        let after = (
            all(&store).await,
            store.checkpoints(0, 9).await.expect("checkpoints"),
        );
        assert_eq!(after, before, "{sql}");
    }
}

/// What the guards mean by a name is the system's, whatever the one they guard against has put before it.
#[tokio::test]
async fn names_of_the_roles_own_do_not_lead_the_guards_astray() {
    let server = Postgres::shared();
    let (url, database) = prepared(server).await;
    let store = written(&url).await;
    let before = all(&store).await;
    server.sql(
        &database,
        &format!("GRANT CREATE ON DATABASE {database} TO service_{database}"),
    );
    let own = "
        CREATE SCHEMA own;
        CREATE FUNCTION own.always(anyelement, anyelement) RETURNS boolean LANGUAGE sql AS 'SELECT true';
        CREATE OPERATOR own.= (LEFTARG = anyelement, RIGHTARG = anyelement, FUNCTION = own.always);
        CREATE FUNCTION own.yes(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';
        CREATE OPERATOR own.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = own.yes);
        CREATE OPERATOR own.<= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = own.yes);
        CREATE OPERATOR own.>= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = own.yes);
        SET search_path = own, pg_temp, pg_catalog;";
    for (sql, why) in [
        (
            "UPDATE causerie.records SET actor = '', body = '', retired = true WHERE position OPERATOR(pg_catalog.=) 1",
            "never changed",
        ),
        (
            "INSERT INTO causerie.tombstones VALUES (2, 1, 1, 2)",
            "RETIRED record says",
        ),
        (
            "INSERT INTO causerie.checkpoints VALUES (3, 6, 'x')",
            "after all others",
        ),
    ] {
        let sql = format!("{own}{sql}");
        let error = raw(&url, &sql).await.expect_err(&sql).to_string();
        assert!(error.contains(why), "{sql}: {error}");
    }
    assert_eq!(all(&store).await, before);
}

/// Somebody who may put functions into `public`, as everybody may in databases of PostgreSQL 14 and before, has them run by
/// nobody else.
#[tokio::test]
async fn functions_of_others_are_not_run_with_our_rights() {
    let server = Postgres::shared();
    let (database, role) = database(server);
    // Each fits better than the system's of that name.
    server.sql(
        &database,
        &format!(
            "CREATE ROLE eve_{database};
             GRANT CREATE ON SCHEMA public TO eve_{database};
             GRANT ALL ON SCHEMA public TO PUBLIC;
             SET ROLE eve_{database};
             CREATE TABLE public.caught (who text);
             GRANT ALL ON public.caught TO PUBLIC;
             CREATE FUNCTION public.quote_ident(name) RETURNS text LANGUAGE plpgsql AS $$
                 BEGIN INSERT INTO public.caught VALUES (current_user); RETURN pg_catalog.quote_ident($1); END $$;
             CREATE FUNCTION public.pg_advisory_xact_lock(integer) RETURNS void LANGUAGE plpgsql AS $$
                 BEGIN INSERT INTO public.caught VALUES (current_user); END $$;"
        ),
    );
    PostgresRecords::prepare(&server.url(&database), None, &role)
        .await
        .expect("the database is prepared");
    let caught = || server.sql(&database, "SELECT who FROM public.caught");
    assert_eq!(caught(), "", "as the owner");
    let store = PostgresRecords::open(&server.url_as(&role, &database), Some("secret"), options())
        .await
        .expect("the database opens");
    store
        .append(&adding(&mut Chain::of_room(1)))
        .await
        .expect("it is appended");
    assert_eq!(caught(), "", "as the service");
}
