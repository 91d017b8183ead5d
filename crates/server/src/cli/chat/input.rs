//! What is typed or piped in.

use std::{
    collections::VecDeque,
    io::{BufRead, IsTerminal, Write},
};
use tokio::sync::mpsc;

/// Lines that are read ahead.
const AHEAD: usize = 16;

/// Longer lines perhaps take several rows of the terminal, in columns.
const ROW: usize = 80;

/// Goes up a row and clears it.
const ERASE_ROW: &[u8] = b"\x1b[A\r\x1b[K";

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
        let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        std::thread::spawn(move || {
            let mut stdin = std::io::stdin().lock();
            let mut line = Vec::new();
            // What isn't UTF-8 is shown as such rather than ending the input.
            while stdin.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line)
                    .trim_end_matches(['\r', '\n'])
                    .to_owned();
                let is_whole = line.ends_with(b"\n");
                line.clear();
                // At once, while what was typed is still the last row.
                if interactive && is_whole && is_shown_again(&text) {
                    let mut stdout = std::io::stdout();
                    let _ = stdout.write_all(ERASE_ROW).and_then(|()| stdout.flush());
                }
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

/// Whether a typed line is a message, which comes back from the server, and takes one row of the terminal.
fn is_shown_again(line: &str) -> bool {
    let is_message = !line.trim().is_empty() && (!line.starts_with('/') || line.starts_with("//"));
    // A character may be two columns wide.
    let columns: usize = line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    is_message && columns < ROW && !line.contains('\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_one_row_are_erased() {
        for erased in ["hello", "//slash", &"a".repeat(ROW - 1)] {
            assert!(is_shown_again(erased), "{erased}");
        }
        for left in ["", "  ", "/who", "a\tb", &"a".repeat(ROW), &"語".repeat(ROW / 2)] {
            assert!(!is_shown_again(left), "{left}");
        }
    }
}
