//! Why somebody may do something, or not.

use crate::{Action, Asker, CategoryAction, Check, Entry, Rule, Verdict};
use causerie_model::{BarrierId, Catalogue, CategoryId, PrincipalId, RoomId};

/// One check on the way to a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was looked at.
    pub check: Check,
    /// Whether it was passed.
    pub passed: bool,
    /// The rule that said so.
    pub rule: Rule,
    /// The entry that made the difference, if one did.
    pub entry: Option<Entry>,
    /// How the user comes to that entry: himself, the group that he is in, the group that this one is in, and so on up to
    /// the one that is listed. Empty if there is no entry, or it is another's.
    pub path: Vec<PrincipalId>,
    /// The barrier in the way, if one is.
    pub barrier: Option<BarrierId>,
}

/// A decision with all that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What [`crate::decide`] says.
    pub verdict: Verdict,
    /// The checks that were made, in their order. If one refuses, it decided and is the last. If all are passed, the last
    /// list or visibility that was looked at decided. About a room that doesn't exist nothing is checked but the account.
    pub steps: Vec<Step>,
}

/// Decides as [`crate::decide`] does, and tells every check on the way.
#[must_use]
pub fn explain(catalogue: &Catalogue, who: PrincipalId, action: Action, room: RoomId) -> Explanation {
    let mut steps = Vec::new();
    let verdict = Asker::new(catalogue, who).trace(action, room, &mut |check, verdict| {
        steps.push(step(catalogue, who, check, verdict));
    });
    Explanation { verdict, steps }
}

/// Decides as [`crate::decide_category`] does, and tells every check on the way.
#[must_use]
pub fn explain_category(
    catalogue: &Catalogue,
    who: PrincipalId,
    action: CategoryAction,
    category: CategoryId,
) -> Explanation {
    let mut steps = Vec::new();
    let verdict = Asker::new(catalogue, who).trace_category(action, category, &mut |check, verdict| {
        steps.push(step(catalogue, who, check, verdict));
    });
    Explanation { verdict, steps }
}

fn step(catalogue: &Catalogue, who: PrincipalId, check: Check, verdict: Verdict) -> Step {
    // An entry that a barrier stands before is another's, even if a group that he is in has it.
    let own = verdict.entry.filter(|_| verdict.barrier.is_none());
    let path = own.and_then(|entry| catalogue.path(who, entry.principal));
    Step {
        check,
        passed: verdict.allowed,
        rule: verdict.rule,
        entry: verdict.entry,
        path: path.unwrap_or_default(),
        barrier: verdict.barrier,
    }
}
