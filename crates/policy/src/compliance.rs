//! Whether a message may be taken although compliance lags.

use crate::{Rule, Verdict};
use causerie_model::ComplianceMode;
use std::time::Duration;

/// How much may wait for the compliance service before it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// Records that may wait.
    pub depth: u64,
    /// How old the first of them may be.
    pub age: Duration,
}

impl Tolerance {
    /// Whether compliance is behind if this many records wait and the first of them is so old; `None` if none waits.
    #[must_use]
    pub fn is_exceeded(&self, depth: u64, age: Option<Duration>) -> bool {
        depth > self.depth || age.is_some_and(|age| age > self.age)
    }
}

/// Decides whether rooms of a category take messages now.
#[must_use]
pub fn decide_compliance(mode: ComplianceMode, behind: bool) -> Verdict {
    let rule = match (mode, behind) {
        (_, false) => Rule::ComplianceKeepsUp,
        (ComplianceMode::Open, true) => Rule::ComplianceMayLag,
        (ComplianceMode::Closed, true) => Rule::ComplianceBehind,
    };
    rule.into()
}
