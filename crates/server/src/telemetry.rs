//! The log, to standard error.

use crate::config::{Log, LogFormat};
use anyhow::{Context, Result};
use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt};

/// Starts logging.
pub(crate) fn start_log(log: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&log.level).with_context(|| format!("the log level '{}'", log.level))?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => builder
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .finish()
            .try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    }
    .context("logging can't be started")
}
