//! `causerie explain`.

use super::{At, api::form, output};
use anyhow::Result;
use causerie_web::admin::wire::Explanation;
use clap::Args;

/// Explain why a user may do something in a room, or not: the rule that decides, and every check on the way to it.
///
/// Everything is told, also what the user himself may not know: that a secret room exists, who else is in it, which
/// barrier is in the way.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie explain ann@example.test post Deals
  causerie explain ann@example.test see \"Project X\" --json
  causerie explain ann@example.test create-room Trading      Trading is a category

Actions: see, join, post, read-history, manage a room; create-room in a category.")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    /// user@domain
    user: String,
    /// What he is to do
    #[arg(value_parser = ["see", "join", "post", "read-history", "manage", "create-room"])]
    action: String,
    /// The room, by name or URI; for create-room the category
    #[arg(value_name = "ROOM")]
    place: String,
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let place = if self.action == "create-room" {
            "category"
        } else {
            "room"
        };
        let asked = [("user", self.user), ("action", self.action), (place, self.place)];
        let value = self.at.api()?.find(&["explain"], &asked).await?;
        if self.at.json {
            return output::json(&value);
        }
        let explanation: Explanation = form(value)?;
        let may = if explanation.allowed { "may" } else { "may not" };
        output::line(&format!(
            "{} {may} {} {}: {} ({})",
            explanation.user, explanation.action, explanation.target, explanation.sentence, explanation.rule
        ))?;
        let checks = explanation.checks.into_iter().map(|check| {
            let passed = if check.passed { "yes" } else { "NO" };
            vec![check.check, passed.to_owned(), check.rule, check.because]
        });
        let checks: Vec<_> = checks.collect();
        output::line("")?;
        output::table(
            &["CHECK", "PASSED", "RULE", "BECAUSE"],
            &checks,
            "Nothing was checked.",
        )
    }
}
