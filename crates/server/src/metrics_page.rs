//! Metrics for Prometheus and health for load balancers, over HTTP.

use anyhow::{Context, Result};
use axum::{Router, extract::State, http::StatusCode, routing::get};
use causerie_chat::Chat;
use causerie_model::{Clock, Timestamp};
use causerie_web::admin::Desk;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{net::TcpListener, time::timeout};

use crate::certificates::Certificates;

/// Upper bounds of the buckets of everything that takes seconds: half a millisecond to ten seconds.
const SECONDS: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Upper bounds of the buckets of everything that is counted: powers of two.
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0];

/// How often what has gathered in histograms is put in order, seconds.
const UPKEEP: Duration = Duration::from_secs(5);

/// How long the compliance service may take to look at itself; afterwards its metrics are shown as they were.
const LOOK: Duration = Duration::from_secs(2);

/// Starts taking metrics. Must come before everything that has some.
pub(crate) fn start() -> Result<PrometheusHandle> {
    use metrics_exporter_prometheus::Matcher;
    let handle = PrometheusBuilder::new()
        .set_buckets(COUNTS)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()
        .context("metrics can't be taken")?;
    metrics::describe_gauge!("causerie_users", "Users that exist.");
    metrics::describe_gauge!("causerie_rooms", "Rooms that exist.");
    metrics::describe_gauge!("causerie_rooms_in_use", "Rooms with somebody in them.");
    metrics::describe_gauge!(
        "causerie_endpoints",
        "Endpoints in contact with the chat service."
    );
    metrics::describe_gauge!("causerie_writable", "1 if the last commit succeeded.");
    metrics::describe_gauge!("causerie_queue_depth", "Records that wait for compliance.");
    metrics::describe_gauge!(
        "causerie_queue_oldest_seconds",
        "Since when the first record waits for compliance; 0 if none does."
    );
    metrics::describe_gauge!(
        "causerie_queue_set_aside",
        "Records that compliance couldn't store and set aside."
    );
    metrics::describe_gauge!(
        "causerie_compliance_behind",
        "1 while so much waits for compliance that rooms of closed categories take no messages."
    );
    metrics::describe_gauge!(
        "causerie_compliance_checkpoint_age_seconds",
        "Since when the last checkpoint is signed."
    );
    metrics::describe_gauge!(
        "causerie_compliance_exported_position",
        "Up to which record an adapter has exported, by its name."
    );
    metrics::describe_gauge!(
        "causerie_compliance_export_lag_seconds",
        "Since when the first record waits that an adapter hasn't exported, by its name; 0 if none does."
    );
    metrics::describe_gauge!(
        "causerie_compliance_last_verified_checkpoint",
        "The last checkpoint of the last verification that found everything right, since the start."
    );
    metrics::describe_gauge!(
        "causerie_compliance_last_verified_timestamp",
        "When that verification ended, in seconds since 1970."
    );
    metrics::describe_counter!(
        "causerie_compliance_records_total",
        "Records that were taken from the queue since the start."
    );
    metrics::describe_counter!(
        "causerie_compliance_run_failures_total",
        "Runs that exported nothing since something failed, by the names of their adapters."
    );
    metrics::describe_counter!(
        "causerie_compliance_set_aside_total",
        "Records that were set aside since the start."
    );
    metrics::describe_counter!(
        "causerie_alarms_total",
        "Alarms that were raised, by their names."
    );
    metrics::describe_gauge!("causerie_certificate_days_left", "Days until a certificate ends.");
    Ok(handle)
}

/// What the pages show.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) handle: PrometheusHandle,
    /// There is none where the compliance service runs alone.
    pub(crate) chat: Option<Chat>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) certificates: Option<Arc<Certificates>>,
    pub(crate) compliance: Desk,
}

impl Page {
    /// The page of a compliance service that runs alone.
    pub(crate) fn of_compliance(handle: PrometheusHandle, clock: Arc<dyn Clock>, compliance: Desk) -> Self {
        Self {
            handle,
            chat: None,
            clock,
            certificates: None,
            compliance,
        }
    }
}

/// Serves the pages until `stop` is ready.
pub(crate) async fn serve(
    listener: TcpListener,
    page: Page,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let handle = page.handle.clone();
    let upkeep = tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            handle.run_upkeep();
        }
    });
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/health", get(health))
        .with_state(page);
    let served = axum::serve(listener, router).with_graceful_shutdown(stop).await;
    upkeep.abort();
    served
}

#[expect(clippy::cast_precision_loss, reason = "nothing counted here comes near 2^52")]
async fn metrics(State(page): State<Page>) -> String {
    if let Some(chat) = &page.chat {
        of_chat(chat, &*page.clock).await;
    }
    for certificate in page
        .certificates
        .iter()
        .flat_map(|certificates| certificates.facts())
    {
        metrics::gauge!("causerie_certificate_days_left", "kind" => certificate.kind)
            .set(certificate.days_left as f64);
    }
    // It sets its metrics as it looks at itself. A database that is away must not keep the rest from being seen just then.
    if let Ok(service) = page.compliance.service() {
        drop(timeout(LOOK, service.status()).await);
    }
    page.handle.render()
}

#[expect(clippy::cast_precision_loss, reason = "nothing counted here comes near 2^52")]
async fn of_chat(chat: &Chat, clock: &dyn Clock) {
    let status = chat.status().await;
    metrics::gauge!("causerie_users").set(status.users as f64);
    metrics::gauge!("causerie_rooms").set(status.rooms as f64);
    metrics::gauge!("causerie_rooms_in_use").set(status.rooms_in_use as f64);
    metrics::gauge!("causerie_endpoints").set(status.endpoints as f64);
    metrics::gauge!("causerie_writable").set(f64::from(u8::from(status.writable)));
    if let Some(queue) = status.queue {
        metrics::gauge!("causerie_queue_depth").set(queue.depth as f64);
        let age = waits_for(queue.oldest, clock.now());
        metrics::gauge!("causerie_queue_oldest_seconds").set(age.as_secs_f64());
        metrics::gauge!("causerie_queue_set_aside").set(queue.set_aside as f64);
    }
}

/// How long what happened then waits; nothing if nothing waits, or if the clock was put back since.
fn waits_for(oldest: Option<Timestamp>, now: Timestamp) -> Duration {
    let micros = oldest.map_or(0, |oldest| now.0.saturating_sub(oldest.0));
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// 200 while messages can be stored, 503 while they can't.
async fn health(State(page): State<Page>) -> (StatusCode, &'static str) {
    let Some(chat) = &page.chat else {
        return match page.compliance.service() {
            Ok(_) => (StatusCode::OK, "ok\n"),
            Err(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the compliance service isn't there\n",
            ),
        };
    };
    let status = chat.status().await;
    if status.writable && status.queue.is_some() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database can't be written\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_record_waits_since_it_happened() {
        let now = Timestamp(5_000_000);
        for (oldest, seconds) in [
            (Some(3_500_000), 1.5),
            (Some(5_000_000), 0.0),
            (Some(6_000_000), 0.0),
            (None, 0.0),
        ] {
            let waits = waits_for(oldest.map(Timestamp), now).as_secs_f64();
            assert!((waits - seconds).abs() < 1e-9, "{oldest:?}: {waits}");
        }
    }
}
