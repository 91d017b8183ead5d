//! What users may do as creators and managers: the questions that an action asks of the rules.

use super::{Action, ActionError, Context, NodeName, category, room};
use causerie_policy::{Action as Act, CategoryAction, Rule, Verdict, decide, decide_category};

/// Refuses what a user may not do. Administrators were asked about before.
pub(super) fn authorise(context: &Context<'_>, action: &Action) -> Result<(), ActionError> {
    let Some(user) = context.by.user else {
        return Ok(());
    };
    let manages = |name: &str| {
        let found = room::find(context, name)?;
        let verdict = decide(context.catalogue, user, Act::Manage, found.id);
        if verdict.rule.hides() {
            return Err(room::not_found(name));
        }
        permitted(&verdict)
    };
    let creates_in = |name: &str| {
        let found = category::find(context, name)?;
        let verdict = decide_category(context.catalogue, user, CategoryAction::CreateRoom, found.id);
        if verdict.rule.hides() {
            return Err(category::not_found(name));
        }
        permitted(&verdict)
    };
    match action {
        Action::AddRoom(new) => creates_in(&new.category),
        Action::ChangeRoom { name, change } => {
            manages(name)?;
            change.category.as_deref().map_or(Ok(()), creates_in)
        }
        Action::Grant {
            node: NodeName::Room(name),
            ..
        }
        | Action::Revoke {
            node: NodeName::Room(name),
            ..
        } => manages(name),
        _ => Err(ActionError::Denied(Rule::NotAManager)),
    }
}

fn permitted(verdict: &Verdict) -> Result<(), ActionError> {
    if verdict.allowed {
        Ok(())
    } else {
        Err(ActionError::Denied(verdict.rule))
    }
}
