//! Notices that certificates' files have changed.

use super::Certificates;
use causerie_frontend::CertificatePaths;
use notify::{RecursiveMode, Watcher};
use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How long to wait after a change: certificate and key are two files, written one after the other.
const SETTLE: Duration = Duration::from_secs(1);

/// Reads the files again whenever something changes in their directories. The directories are watched and not the files,
/// since renewal puts new files in the place of the old ones, often by way of links.
pub(super) fn watch(certificates: &Arc<Certificates>, paths: &[CertificatePaths]) {
    let (changed, mut changes) = mpsc::channel(1);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // When one change waits to be seen, another adds nothing. Reading the files is no change.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = changed.try_send(());
        }
    });
    let failed = |error| {
        tracing::warn!(%error, "changes of certificates aren't noticed: after one, run `causerie certificates reload`");
    };
    let mut watcher = match watcher {
        Ok(watcher) => watcher,
        Err(error) => return failed(error),
    };
    let files = paths.iter().flat_map(|pair| [&pair.chain, &pair.key]);
    let directory = |file: &'_ Path| match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => ".".into(),
    };
    for directory in files.map(|file| directory(file)).collect::<BTreeSet<_>>() {
        if let Err(error) = watcher.watch(&directory, RecursiveMode::NonRecursive) {
            return failed(error);
        }
    }
    let certificates = certificates.clone();
    tokio::spawn(async move {
        let _watcher = watcher;
        while changes.recv().await.is_some() {
            tokio::time::sleep(SETTLE).await;
            // What has come in the meantime is seen now.
            while changes.try_recv().is_ok() {}
            certificates.refresh_or_log(false);
        }
    });
}
