//! The promises of the port, on PostgreSQL, as the service's role.

use async_trait::async_trait;
use causerie_records::{RecordStore, conformance::Database};
use causerie_store_postgres::{Options, PostgresRecords};
use causerie_testkit::Postgres;
use std::sync::Arc;

/// The URL of the service's role.
struct Prepared(String);

#[async_trait]
impl Database for Prepared {
    async fn open(&self) -> Arc<dyn RecordStore> {
        let options = Options {
            connections: 2,
            ..Options::default()
        };
        let records = PostgresRecords::open(&self.0, Some("secret"), options).await;
        Arc::new(records.expect("the database opens"))
    }
}

async fn fresh() -> Prepared {
    let server = Postgres::shared();
    let database = server.database();
    let role = format!("service_{database}");
    server.sql(&database, &format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'"));
    PostgresRecords::prepare(&server.url(&database), None, &role)
        .await
        .expect("the database is prepared");
    Prepared(server.url_as(&role, &database))
}

causerie_records::conformance_tests!(fresh);
