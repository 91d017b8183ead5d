//! How far something long has got: a bar on a terminal, otherwise a line now and then. Always on standard error, so that
//! results can be piped.

use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};
use tokio::time::Instant;

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// How far it has got.
pub(crate) struct Progress {
    what: String,
    total: u64,
    done: u64,
    bar: Option<ProgressBar>,
    next_line: Instant,
}

impl Progress {
    /// Nothing of `total` is done yet.
    pub(crate) fn new(what: &str, total: u64) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg:24} {wide_bar} {human_pos}/{human_len} {eta:>4}");
            let bar = ProgressBar::new(total);
            // A template that can't be read would leave the usual look.
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar.with_message(what.to_owned())
        });
        Self {
            what: what.to_owned(),
            total,
            done: 0,
            bar,
            next_line: Instant::now() + EVERY,
        }
    }

    /// `count` more are done.
    pub(crate) fn add(&mut self, count: u64) {
        self.set(self.done + count);
    }

    /// So many are done.
    pub(crate) fn set(&mut self, done: u64) {
        self.done = done;
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        } else if Instant::now() >= self.next_line {
            self.next_line = Instant::now() + EVERY;
            eprintln!("{}: {done} of {}", self.what, self.total);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
