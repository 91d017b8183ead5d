//! Tables and lists for people, JSON for programs.

use anyhow::Result;
use causerie_web::admin::wire::Audit;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use std::io::{ErrorKind, Write};

/// Prints JSON.
pub(super) fn json(value: &Value) -> Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// Prints a line of text. That nobody reads any more, as after `| head`, is no error, and what is done goes on.
pub(super) fn line(text: &str) -> Result<()> {
    match writeln!(anstream::stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints the warnings of an answer, null if it has none.
pub(super) fn warnings(warnings: &Value) -> Result<()> {
    let warnings = warnings.as_array().into_iter().flatten();
    let mut texts = warnings.filter_map(Value::as_str);
    texts.try_for_each(|text| line(&format!("Warning: {text}")))
}

/// Prints rows under headings, aligned; or says that there is nothing.
pub(super) fn table(headings: &[&str], rows: &[Vec<String>], nothing: &str) -> Result<()> {
    if rows.is_empty() {
        return line(nothing);
    }
    let head: Vec<String> = headings.iter().map(|&heading| heading.to_owned()).collect();
    let widths: Vec<usize> = (0..headings.len())
        .map(|column| {
            let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let bold = anstyle::Style::new().bold();
    line(&format!("{bold}{}{bold:#}", aligned(&head, &widths)))?;
    rows.iter().try_for_each(|row| line(&aligned(row, &widths)))
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let cells = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:<width$}"));
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

/// Prints names and values, aligned.
pub(super) fn facts(facts: &[(&str, String)]) -> Result<()> {
    let width = facts
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    facts
        .iter()
        .try_for_each(|(name, value)| line(format!("{name:<width$}  {value}").trim_end()))
}

/// Who made something, who changed it last, and its version, as facts.
pub(super) fn audit(audit: &Audit) -> [(&'static str, String); 3] {
    [
        ("Created", format!("{} by {}", audit.created_on, audit.created_by)),
        ("Changed", format!("{} by {}", audit.updated_on, audit.updated_by)),
        ("Version", audit.version.to_string()),
    ]
}

/// Yes or no in words.
pub(super) fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

/// A value that is set, or taken away; `None` if it is left as it is.
pub(super) fn or_none(value: Option<String>, none: bool) -> Option<Option<String>> {
    if none { Some(None) } else { value.map(Some) }
}

/// Names with commas between them.
pub(super) fn names(names: &[String]) -> String {
    if names.is_empty() {
        "nobody".to_owned()
    } else {
        names.join(", ")
    }
}

/// A bar that shows how far something is, for people: on standard error, if that is a terminal.
pub(super) fn progress() -> (ProgressBar, impl FnMut(u64, u64)) {
    let bar = ProgressBar::new(0);
    // A template that can't be read would leave the usual look.
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {eta:>4}") {
        bar.set_style(style);
    }
    let moved = bar.clone();
    (bar, move |done, of| {
        moved.set_length(of);
        moved.set_position(done);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |cells: &[&str]| cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
        assert_eq!(aligned(&row(&["ä", "b", ""]), &[3, 2, 4]), "ä    b");
        assert_eq!(aligned(&row(&["abc", "b", "c"]), &[3, 2, 4]), "abc  b   c");
    }
}
