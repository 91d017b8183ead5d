//! Asking before something is destroyed, and asking for passwords.

use super::{api::form, changes, output};
use anyhow::{Context, Result, bail};
use causerie_web::admin::wire::{Changes, Secret};
use clap::Args;
use serde_json::{Value, json};
use std::io::{BufRead, IsTerminal, Write};

/// How to remove something.
#[derive(Args)]
pub(super) struct Removal {
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
    /// Only say what would be removed
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

impl Removal {
    /// Whether to go on. Says what would go, or asks; `loss` says in a few words what is lost, `thing` is it as JSON.
    pub(super) fn goes_on(&self, loss: &str, thing: &Value, as_json: bool) -> Result<bool> {
        if self.dry_run {
            if as_json {
                output::json(&json!({"dry_run": true, "would_remove": thing}))?;
            } else {
                output::line(&format!("Would remove {loss}. Nothing was changed."))?;
            }
            return Ok(false);
        }
        self.agreed("remove", loss)
    }

    /// Only say what would be done.
    pub(super) fn only_says(&self) -> bool {
        self.dry_run
    }

    /// Whether to do something that destroys `loss`: asks, unless it was said that nobody is to be asked.
    pub(super) fn agreed(&self, verb: &str, loss: &str) -> Result<bool> {
        if self.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            bail!("this {verb}s {loss}, and there is nobody to ask: say --yes, or --dry-run to see");
        }
        let mut prompt = std::io::stderr();
        let (first, rest) = verb.split_at(verb.len().min(1));
        write!(prompt, "{}{rest} {loss}? [y/N] ", first.to_uppercase())?;
        prompt.flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            Ok(true)
        } else {
            bail!("nothing was {verb}d")
        }
    }
}

/// Says that something is gone, and what went with it; or what would, if that is the answer.
pub(super) fn removed(answer: Value, what: &str, as_json: bool) -> Result<()> {
    if !as_json {
        return changes::answer(answer, false, |_| output::line(&format!("Removed {what}.")));
    }
    if changes::rehearsed(&answer)?.is_some() {
        return output::json(&answer);
    }
    let Changes { changes, .. } = form(answer)?;
    output::json(&json!({"removed": true, "changes": changes}))
}

/// A password: the first line of standard input, or what is typed twice.
pub(super) fn password(from_stdin: bool) -> Result<Secret> {
    if from_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        return Ok(Secret(line.trim_end_matches(['\r', '\n']).to_owned()));
    }
    if !std::io::stdin().is_terminal() {
        bail!(
            "there is nobody to ask for the password: say --password-stdin and give it as a line of standard input"
        );
    }
    let ask = |prompt: &str| rpassword::prompt_password(prompt).context("no password could be read");
    let first = ask("Password: ")?;
    if first != ask("The same again: ")? {
        bail!("the two are not the same");
    }
    Ok(Secret(first))
}
