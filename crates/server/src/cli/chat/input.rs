//! What is typed or piped in.

use std::{collections::VecDeque, io::BufRead};
use tokio::sync::mpsc;

/// Lines that are read ahead.
const AHEAD: usize = 16;

/// The lines of standard input.
pub(super) struct Input {
    lines: mpsc::Receiver<String>,
    /// Lines that were taken while they couldn't be used.
    kept: VecDeque<String>,
}

impl Input {
    /// Begins to read. A thread of its own does it, because a read that waits for a person can't be taken back; it ends
    /// with the process.
    pub(super) fn of_stdin() -> Self {
        let (send, lines) = mpsc::channel(AHEAD);
        std::thread::spawn(move || {
            let mut stdin = std::io::stdin().lock();
            let mut line = Vec::new();
            // What isn't UTF-8 is shown as such rather than ending the input.
            while stdin.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line)
                    .trim_end_matches(['\r', '\n'])
                    .to_owned();
                line.clear();
                if send.blocking_send(text).is_err() {
                    return;
                }
            }
        });
        Self {
            lines,
            kept: VecDeque::new(),
        }
    }

    /// The next line; `None` at the end, for ever. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<String> {
        match self.kept.pop_front() {
            Some(line) => Some(line),
            None => self.lines.recv().await,
        }
    }

    /// As [`Input::next`], only what comes from now on.
    pub(super) async fn fresh(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    /// Puts a line aside for later.
    pub(super) fn keep(&mut self, line: String) {
        self.kept.push_back(line);
    }
}
