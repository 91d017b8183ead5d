//! What is shown: whole lines, with nothing in them that a terminal would obey.

use anstyle::{AnsiColor, Style};
use causerie_client::{Message, Room, Visibility};
use causerie_model::Timestamp;
use std::io::{IsTerminal, Write};
use time::{OffsetDateTime, UtcOffset};

/// Standard output and standard error.
pub(super) struct Screen {
    quiet: bool,
    /// Somebody is perhaps in the middle of typing: each line begins by clearing the terminal's.
    interactive: bool,
    zone: UtcOffset,
}

const INFO: Style = Style::new().dimmed();
const AUTHOR: Style = AnsiColor::Cyan.on_default();
const OWN: Style = AnsiColor::Green.on_default();
const ALERT: Style = AnsiColor::Red.on_default().bold();

impl Screen {
    /// `quiet` shows messages and errors only.
    pub(super) fn new(quiet: bool) -> Self {
        let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        Self {
            quiet,
            interactive,
            zone: local_zone(),
        }
    }

    /// Shows a message; `room` is its room's name when there are several.
    pub(super) fn message(&self, message: &Message, own: bool, room: Option<&str>, now: Timestamp) {
        let style = if own { OWN } else { AUTHOR };
        let author = clean(message.author_name.as_deref().unwrap_or(&message.author));
        let room = room.map(|name| format!("[{}] ", clean(name))).unwrap_or_default();
        let time = self.time(message.ts, now);
        let alert = if message.alert {
            format!("{ALERT}!{ALERT:#} ")
        } else {
            String::new()
        };
        let text = message.text.lines().map(clean).collect::<Vec<_>>().join("\n    ");
        self.line(&format!(
            "{INFO}{time}{INFO:#} {room}{style}{author}:{style:#} {alert}{text}"
        ));
    }

    /// Shows what happened, unless only messages are wanted.
    pub(super) fn info(&self, text: &str) {
        if !self.quiet {
            self.line(&format!("{INFO}* {}{INFO:#}", clean(text)));
        }
    }

    /// Shows what was asked for.
    pub(super) fn answer(&self, text: &str) {
        self.line(&clean(text));
    }

    /// Shows what went wrong.
    pub(super) fn error(&self, text: &str) {
        let text = clean(text);
        self.clear();
        // Standard error may be closed; then nobody wants to know.
        let _ = writeln!(anstream::stderr(), "{ALERT}! {text}{ALERT:#}");
    }

    /// A room in a list.
    pub(super) fn room(&self, room: &Room, joined: bool) {
        let mark = if joined { "*" } else { " " };
        let count = room
            .user_count
            .map(|count| format!(" ({count})"))
            .unwrap_or_default();
        let visibility = match room.visibility {
            Some(Visibility::Closed) => ", closed",
            Some(Visibility::Secret) => ", secret",
            Some(Visibility::Open) | None => "",
        };
        let auditorium = if room.auditorium { ", auditorium" } else { "" };
        self.answer(&format!(
            "{mark} {}{count}{visibility}{auditorium}  {}",
            room.name, room.description
        ));
    }

    fn line(&self, text: &str) {
        self.clear();
        // Standard output may be closed; then nobody wants to know.
        let _ = writeln!(anstream::stdout(), "{text}");
    }

    fn clear(&self) {
        if self.interactive {
            let mut stdout = std::io::stdout();
            let _ = stdout.write_all(b"\r\x1b[K").and_then(|()| stdout.flush());
        }
    }

    /// Hours and minutes; the date too if it isn't today's.
    fn time(&self, at: Timestamp, now: Timestamp) -> String {
        let local = |at: Timestamp| {
            OffsetDateTime::from_unix_timestamp(at.unix_seconds())
                .unwrap_or(OffsetDateTime::UNIX_EPOCH)
                .to_offset(self.zone)
        };
        let (at, today) = (local(at), local(now).date());
        let date = if at.date() == today {
            String::new()
        } else {
            format!("{} ", at.date())
        };
        format!("{date}{:02}:{:02}", at.hour(), at.minute())
    }
}

/// The present distance from UTC, as the system's `date` tells it, for messages of the other half of the year too; UTC
/// where there is no such program. (The library call for it isn't safe in a process with threads.)
fn local_zone() -> UtcOffset {
    let output = std::process::Command::new("date").arg("+%z").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().as_deref().and_then(zone).unwrap_or(UtcOffset::UTC)
}

/// Reads `+0130`.
fn zone(text: &str) -> Option<UtcOffset> {
    let number: i16 = text.parse().ok()?;
    let (hours, minutes) = (i8::try_from(number / 100).ok()?, i8::try_from(number % 100).ok()?);
    UtcOffset::from_hms(hours, minutes, 0).ok()
}

/// The text without what a terminal would obey (control characters of both tables) and without what reorders text that
/// stands beside it.
pub(in crate::cli) fn clean(text: &str) -> String {
    let harmful = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if harmful(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shown_commands_the_terminal() {
        let attack = "a\u{1b}]0;title\u{7}\u{9b}2J\r\u{8}\u{7f}\u{202e}b\tc";
        assert_eq!(
            clean(attack),
            "a\u{fffd}]0;title\u{fffd}\u{fffd}2J\u{fffd}\u{fffd}\u{fffd}\u{fffd}b c"
        );
        assert_eq!(clean("grüße 👋"), "grüße 👋");
    }

    #[test]
    fn times_are_local_and_other_days_have_their_date() {
        let screen = Screen {
            quiet: false,
            interactive: false,
            zone: zone("-0330").unwrap(),
        };
        let at = Timestamp::parse("2013-05-02T02:00:00Z").unwrap();
        assert_eq!(screen.time(at, at), "22:30");
        assert_eq!(screen.time(at, at.plus_seconds(2 * 3600)), "2013-05-01 22:30");
        for wrong in ["", "UTC", "+9999", "99999999"] {
            assert_eq!(zone(wrong), None, "{wrong}");
        }
    }
}
