//! The compliance service in a process of its own, which has its own database and its own officers, and gets records by the
//! chat server's queue socket.

use super::{Service, Start, Told};
use crate::{
    banner,
    config::{Config, given},
    data_dir::DataDir,
    metrics_page,
    serve::{Signals, bind, bind_socket},
};
use anyhow::{Result, bail};
use causerie_model::{Clock, Random};
use causerie_queue_socket::SocketQueue;
use causerie_web::admin::{self, Peer};
use serde_json::json;
use std::{fs, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet, time::timeout};

/// Only the user that runs it, and root.
const SOCKET_MODE: u32 = 0o600;
/// Where other users are officers, anybody connects: the kernel tells who it is, and who isn't one is refused and takes up
/// no connection of theirs.
const SOCKET_MODE_OFFICERS: u32 = 0o666;

/// Serves until it is told to stop. Whether everything ended in time then.
pub(crate) async fn serve(
    mut config: Config,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    stop_within: Duration,
) -> Result<bool> {
    let Some(queue) = given(&config.queue.socket) else {
        bail!(
            "queue.socket: must be set to the socket of the chat server's queue (serve --role chat) for --role compliance"
        );
    };
    let queue = Arc::new(SocketQueue::new(queue));
    let signals = Signals::new()?;
    let data_dir = DataDir::claim(&config.data_dir)?;
    data_dir.path().clone_into(&mut config.data_dir);
    let metrics_listener = bind(
        "the metrics page",
        config.metrics.listen,
        "--metrics",
        "metrics.listen",
    )
    .await?;
    let socket = config.compliance_socket();
    let officers = &config.compliance.officers;
    let mode = if officers.is_empty() {
        SOCKET_MODE
    } else {
        SOCKET_MODE_OFFICERS
    };
    let listener = bind_socket("the compliance socket", &socket, "compliance.socket", mode).await?;
    let handle = metrics_page::start()?;
    let alarms = Arc::new(Told::new(&config.domain, &config.compliance.alarm_webhook)?);
    let start = Start::new(
        &config,
        &data_dir,
        (queue.clone(), queue),
        alarms,
        clock.clone(),
        &random,
    )?;
    let mut service = Service::start_or_fail(start).await?;

    let (stop, stopping) = watch::channel(false);
    let until = || {
        let mut stopping = stopping.clone();
        async move { drop(stopping.wait_for(|stop| *stop).await) }
    };
    let mut tasks = JoinSet::new();
    let metrics = metrics_listener
        .as_ref()
        .map(|listener| listener.local_addr())
        .transpose()?;
    if let Some(listener) = metrics_listener {
        let (page, stop) = (
            metrics_page::Page::of_compliance(handle, clock, service.desk()),
            until(),
        );
        tasks.spawn(async move { Ok(metrics_page::serve(listener, page, stop).await?) });
    }
    let (router, stop_admin) = (admin::compliance_router(service.desk(), officers), until());
    let officers = officers.clone();
    tasks.spawn(async move {
        let belongs = |peer: &Peer| admin::is_officer(peer, &officers);
        admin::serve_unix_apart(listener, router, belongs, stop_admin).await;
        anyhow::Ok(())
    });

    let announcement = data_dir.announce(&json!({
        "pid": std::process::id(),
        "role": "compliance",
        "metrics": metrics.map(|address| address.to_string()),
        "admin": socket,
    }))?;
    banner::say(&banner::compliance(&config, &socket, metrics));
    let ended = signals.until_stop(None, None, &mut tasks).await;
    drop(announcement);
    tracing::info!("stopping");
    let _ = stop.send(true);
    service.break_off();
    let wind_up = async {
        while tasks.join_next().await.is_some() {}
        service.stop().await;
    };
    let is_clean = timeout(stop_within, wind_up).await.is_ok();
    if !is_clean {
        tracing::warn!("not everything ended in time; it is broken off");
    }
    if let Err(error) = fs::remove_file(&socket) {
        tracing::warn!(%error, file = %socket.display(), "can't be removed");
    }
    ended.map(|()| is_clean)
}
