//! Makes the tables, and the rights of the service's role.

use crate::{PostgresRecords, fault::Place};
use causerie_model::{StoreError, StoreFault};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Row, SqlSafeStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    postgres::PgConnectOptions,
};

/// All migrations. One that was released is never changed: databases remember a checksum of each.
const MIGRATIONS: &[(i64, &str, &str)] = &[(1, "start", include_str!("../migrations/0001_start.sql"))];
const SCHEMA: &str = "causerie";
const APPLIED: &str = "causerie._sqlx_migrations";

/// Whether there are tables, whether the role has their owner's rights, whether it may make some, and whether
/// the server syncs.
const LOOK: &str = "
    WITH tables AS (
        SELECT pg_has_role(current_user, relowner, 'USAGE') AS mine
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = 'causerie' AND relname = '_sqlx_migrations'
    )
    SELECT EXISTS (SELECT FROM tables), EXISTS (SELECT FROM tables WHERE mine),
           has_database_privilege(current_database(), 'CREATE'), current_setting('fsync')";

/// Whether this role could do what the owner may: as the one who is connected, or as who owns what there is.
const IS_OWNER: &str = "
    SELECT coalesce(bool_or(pg_has_role($1, owner, 'MEMBER')), false)
    FROM (
        SELECT oid AS owner FROM pg_roles WHERE rolname = current_user
        UNION SELECT nspowner FROM pg_namespace WHERE nspname = 'causerie'
        UNION SELECT relowner FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
              WHERE nspname = 'causerie'
    ) AS owners";

/// What the service's role may do, whatever it could before; `{}` is the role.
const GRANTS: &str = "
    REVOKE ALL ON SCHEMA causerie FROM {};
    REVOKE ALL ON ALL TABLES IN SCHEMA causerie FROM {};
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA causerie FROM {};
    GRANT USAGE ON SCHEMA causerie TO {};
    GRANT SELECT ON ALL TABLES IN SCHEMA causerie TO {};
    GRANT INSERT ON causerie.records, causerie.tombstones, causerie.checkpoints TO {};
    GRANT UPDATE (actor, body, retired) ON causerie.records TO {};
    GRANT INSERT, UPDATE, DELETE ON causerie.documents, causerie.leases TO {};";

/// Has names that no schema stands before mean those of the system alone: in `public` others may have put functions of the
/// same names, which the server would prefer where their parameters fit better, and which would run with our rights.
pub(crate) async fn shield(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute("SET search_path = pg_catalog").await?;
    Ok(())
}

/// Brings the tables up to date if the role may, which takes what it takes; otherwise looks whether they are.
pub(crate) async fn check(records: &PostgresRecords) -> Result<(), StoreError> {
    let place = &records.place;
    let mut connection = records
        .pool
        .acquire()
        .await
        .map_err(|error| place.error(&error))?;
    let look = sqlx::query(LOOK).fetch_one(&mut *connection);
    let look = records.bounded(look).await?;
    let get = |column: usize| {
        look.try_get::<bool, _>(column)
            .map_err(|error| place.error(&error))
    };
    let (is_there, is_mine, may_create) = (get(0)?, get(1)?, get(2)?);
    let fsync: String = look.try_get(3).map_err(|error| place.error(&error))?;
    if fsync == "off" {
        tracing::warn!(database = %place, "The server has fsync = off: a power failure may take records away.");
    }
    if is_mine || (!is_there && may_create) {
        tracing::warn!(
            database = %place,
            "The role owns the tables of compliance records, so that it could switch off what guards them. Give the \
             service a role of its own."
        );
        return migrate(place, &mut connection).await;
    }
    if !is_there {
        return Err(place.fail(
            "has no tables of compliance records, and the role may not make them. Run `causerie compliance database \
             prepare` as the role that owns the database",
        ));
    }
    let applied = sqlx::query("SELECT coalesce(max(version), 0) FROM causerie._sqlx_migrations")
        .fetch_one(&mut *connection);
    let applied = records.bounded(async { Ok(applied.await) }).await?;
    let applied = applied.and_then(|row| row.try_get::<i64, _>(0)).map_err(|error| match &error {
        sqlx::Error::Database(database) if database.code().as_deref() == Some("42501") => place.fail(
            "gives the role no right to the tables of compliance records. Run `causerie compliance database prepare` \
             for it as the role that owns them",
        ),
        error => place.error(error),
    })?;
    match newest() {
        newest if applied > newest => Err(too_new(place, applied)),
        newest if applied < newest => Err(place.fail(
            "is older than this program. Run `causerie compliance database prepare` as the role that owns its tables",
        )),
        _ => Ok(()),
    }
}

pub(crate) async fn prepare(
    place: &Place,
    options: &PgConnectOptions,
    service_role: &str,
) -> Result<(), StoreError> {
    let fail = |error| place.error(&error);
    let mut connection = options.connect().await.map_err(fail)?;
    shield(&mut connection).await.map_err(fail)?;
    let role = sqlx::query("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = $1")
        .bind(service_role.to_owned())
        .fetch_optional(&mut connection)
        .await
        .map_err(fail)?;
    let Some(role) = role else {
        return Err(place.fail(&format!("has no role {service_role:?} for the service")));
    };
    let role: String = role.try_get(0).map_err(fail)?;
    let is_owner = sqlx::query(IS_OWNER).bind(service_role.to_owned());
    let is_owner = is_owner.fetch_one(&mut connection).await;
    if is_owner.and_then(|row| row.try_get(0)).map_err(fail)? {
        return Err(place.fail(&format!(
            "can't be prepared for the role {service_role:?}: it is or may act as the owner of the tables, so that it could \
             switch off what guards them. Give the service a role of its own"
        )));
    }
    migrate(place, &mut connection).await?;
    connection
        .execute(AssertSqlSafe(GRANTS.replace("{}", &role)))
        .await
        .map_err(fail)?;
    connection.close().await.map_err(fail)
}

fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |&(version, ..)| version)
}

fn too_new(place: &Place, version: i64) -> StoreError {
    place.fail(&format!(
        "is newer than this program: it has migration {version}, the program knows those up to {}. Start a newer \
         program, or restore the backup from before the upgrade",
        newest()
    ))
}

async fn migrate(place: &Place, connection: &mut PgConnection) -> Result<(), StoreError> {
    let migrations = MIGRATIONS
        .iter()
        .map(|&(version, name, sql)| {
            Migration::new(
                version,
                name.into(),
                MigrationType::Simple,
                sql.into_sql_str(),
                false,
            )
        })
        .collect();
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.create_schema(SCHEMA);
    migrator.dangerous_set_table_name(APPLIED);
    let outcome = migrator.run_direct(None, connection, false).await;
    outcome.map_err(|error| match error {
        MigrateError::Execute(error) => place.error(&error),
        MigrateError::ExecuteMigration(error, version) => {
            let error = place.error(&error);
            StoreError::new(error.fault, format!("migration {version}: {error}"))
        }
        MigrateError::VersionMissing(version) => too_new(place, version),
        MigrateError::VersionMismatch(version) => place.fail(&format!(
            "migration {version} was applied in another form than this program has"
        )),
        error => StoreError::new(StoreFault::Other, format!("{place}: {error}")),
    })
}
