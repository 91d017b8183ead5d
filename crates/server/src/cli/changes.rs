//! What a change did, or would do, in words.

use super::{api::form, output};
use anyhow::Result;
use causerie_web::admin::wire::{Change, Changes, Rehearsal};
use serde_json::Value;

/// Entries that may no longer be in a list went with a change.
const TRIMMED: &str = "lists.trim";

/// Somebody's connections were ended with a change.
const SIGNED_OUT: &str = "user.sign-out";

/// Shows the answer to a change: what there is from now on, by `show`, and what followed by itself; or what would change.
pub(super) fn answer(value: Value, as_json: bool, show: impl FnOnce(Value) -> Result<()>) -> Result<()> {
    if as_json {
        return output::json(&value);
    }
    if let Some(rehearsal) = rehearsed(&value)? {
        would(&rehearsal.changes)?;
        return output::warnings(&value["warnings"]);
    }
    let Changes { changes, .. } = form(value.clone())?;
    let warnings = value["warnings"].clone();
    show(value)?;
    followed(&changes)?;
    output::warnings(&warnings)
}

/// What would change, if that is the answer.
pub(super) fn rehearsed(value: &Value) -> Result<Option<Rehearsal>> {
    if value["what_if"] == true {
        form(value.clone()).map(Some)
    } else {
        Ok(None)
    }
}

/// Says what followed by itself.
pub(super) fn followed(changes: &[Change]) -> Result<()> {
    for change in changes {
        let target = &change.target;
        match change.what.as_str() {
            TRIMMED => output::line(&format!(
                "Also removed from the lists of {target}: {}.",
                entries(&change.before)
            ))?,
            SIGNED_OUT => output::line(&format!("Also signed out: {target}."))?,
            _ => {}
        }
    }
    Ok(())
}

/// The entries of a record for people: `presenter="bob@x.test" (not-a-member)` without the signs.
fn entries(text: &str) -> String {
    let text = text.replace("=\"", " ").replace("\" (", " (");
    text.replace(") ", "), ")
}

/// Says what would change, each change as its record would tell it.
pub(super) fn would(changes: &[Change]) -> Result<()> {
    if changes.is_empty() {
        return output::line("Nothing would change.");
    }
    output::line("Would change:")?;
    for change in changes {
        output::line(&format!("  {} {}", change.what, change.target))?;
        for (sign, text) in [('-', &change.before), ('+', &change.after)] {
            if !text.is_empty() {
                output::line(&format!("    {sign} {text}"))?;
            }
        }
    }
    output::line("Nothing was changed.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_told_without_signs() {
        assert_eq!(
            entries("member=\"Desk\" (out-of-scope) presenter=\"bob@x.test\" (not-a-member)"),
            "member Desk (out-of-scope), presenter bob@x.test (not-a-member)"
        );
    }
}
