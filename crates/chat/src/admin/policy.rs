//! Policies of users.

use super::{ActionError, Context, Plan, clean_description};
use causerie_model::{ChainId, Change, Policy, Scope};

/// What changes about a policy. `None` leaves a property as it is.
#[derive(Clone, Debug, Default)]
pub struct PolicyChange {
    /// `EnablePersistentChat`.
    pub enable_persistent_chat: Option<bool>,
    /// What it is for.
    pub description: Option<String>,
}

fn describe(policy: &Policy) -> String {
    format!(
        "enable-persistent-chat={} description={:?}",
        policy.enable_persistent_chat, policy.description
    )
}

pub(super) fn set(context: &Context<'_>, scope: &Scope, change: &PolicyChange) -> Result<Plan, ActionError> {
    if matches!(scope, Scope::Service(_)) {
        let text = "a policy is global, for a site, or granted by its tag";
        return Err(ActionError::Invalid(text.to_owned()));
    }
    let old = context.catalogue.policy(scope);
    let mut new = old.cloned().unwrap_or_else(|| Policy {
        scope: scope.clone(),
        ..Policy::standard()
    });
    if let Some(enable) = change.enable_persistent_chat {
        new.enable_persistent_chat = enable;
    }
    if let Some(description) = &change.description {
        new.description = clean_description(description)?;
    }
    let (before, after) = (old.map(describe).unwrap_or_default(), describe(&new));
    let changes = if old == Some(&new) {
        vec![]
    } else {
        vec![Change::PutPolicy(new)]
    };
    Ok(Plan::new(changes, ChainId::System, "policy.set", scope)
        .from(before)
        .to(after))
}

pub(super) fn remove(context: &Context<'_>, scope: &Scope) -> Result<Plan, ActionError> {
    let old = context.catalogue.policy(scope);
    let old = old.ok_or_else(|| ActionError::NotFound {
        kind: "policy",
        name: scope.to_string(),
    })?;
    if let Scope::Tag(tag) = scope
        && let Some(user) = context
            .catalogue
            .users()
            .find(|user| user.policy.as_ref() == Some(tag))
    {
        return Err(ActionError::Invalid(format!(
            "policy '{tag}' is granted to users, {} among them: take it from them first",
            user.address
        )));
    }
    let changes = vec![Change::RemovePolicy(scope.clone())];
    Ok(Plan::new(changes, ChainId::System, "policy.remove", scope).from(describe(old)))
}
