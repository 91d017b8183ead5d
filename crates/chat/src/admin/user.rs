//! Users.

use super::{ActionError, Context, Plan, clean_name, role};
use causerie_model::{ChainId, Change, Scope, SipAddress, User, limits::MAX_DISPLAY_NAME_CHARS};

/// What changes about a user. `None` leaves a property as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// What other people see.
    pub display_name: Option<String>,
    /// May sign in.
    pub enabled: Option<bool>,
    /// The tag of the policy granted to him; `Some(None)` takes it back.
    pub policy: Option<Option<String>>,
    /// The site that he belongs to; `Some(None)` for none.
    pub site: Option<Option<String>>,
}

fn find<'a>(context: &'a Context<'_>, address: &SipAddress) -> Result<&'a User, ActionError> {
    context
        .catalogue
        .user_by_address(address)
        .ok_or_else(|| ActionError::NotFound {
            kind: "user",
            name: address.to_string(),
        })
}

pub(super) fn clean_display_name(text: &str, address: &SipAddress) -> Result<String, ActionError> {
    let text = text.trim();
    if text.chars().count() > MAX_DISPLAY_NAME_CHARS || text.chars().any(char::is_control) {
        return Err(ActionError::Invalid(format!(
            "a display name has at most {MAX_DISPLAY_NAME_CHARS} characters and no control characters"
        )));
    }
    Ok(if text.is_empty() {
        address.user().to_owned()
    } else {
        text.to_owned()
    })
}

fn describe(user: &User) -> String {
    format!(
        "display-name={:?} enabled={} policy={:?} site={:?}",
        user.display_name,
        user.enabled,
        user.policy.as_deref().unwrap_or_default(),
        user.site.as_deref().unwrap_or_default()
    )
}

/// A site's name. A dash says in tables that there is none.
fn clean_site(name: &str) -> Result<String, ActionError> {
    let name = clean_name("site", name)?;
    if name == "-" {
        return Err(ActionError::Invalid(
            "'-' is no site's name: it stands for none".to_owned(),
        ));
    }
    Ok(name)
}

/// The tag of a policy that exists.
fn granted(context: &Context<'_>, tag: &str) -> Result<String, ActionError> {
    match context.catalogue.policy(&Scope::Tag(tag.to_owned())) {
        Some(_) => Ok(tag.to_owned()),
        None => Err(ActionError::NotFound {
            kind: "policy",
            name: tag.to_owned(),
        }),
    }
}

pub(super) fn add(
    context: &Context<'_>,
    address: &SipAddress,
    display_name: &str,
) -> Result<Plan, ActionError> {
    if context.catalogue.alias(address).is_some() {
        return Err(ActionError::Duplicate {
            kind: "alias",
            name: address.to_string(),
        });
    }
    if context.catalogue.user_by_address(address).is_some() {
        return Err(ActionError::Duplicate {
            kind: "user",
            name: address.to_string(),
        });
    }
    let user = User {
        id: context.catalogue.next_principal(),
        address: address.clone(),
        display_name: clean_display_name(display_name, address)?,
        enabled: true,
        policy: None,
        site: None,
    };
    let after = describe(&user);
    Ok(Plan::new(vec![Change::PutUser(user)], ChainId::System, "user.add", address).to(after))
}

pub(super) fn change(
    context: &Context<'_>,
    address: &SipAddress,
    change: &UserChange,
) -> Result<Plan, ActionError> {
    let old = find(context, address)?;
    let mut new = old.clone();
    if let Some(name) = &change.display_name {
        new.display_name = clean_display_name(name, address)?;
    }
    new.enabled = change.enabled.unwrap_or(old.enabled);
    if let Some(tag) = &change.policy {
        new.policy = tag.as_deref().map(|tag| granted(context, tag)).transpose()?;
    }
    if let Some(site) = &change.site {
        new.site = site.as_deref().map(clean_site).transpose()?;
    }
    let (before, after) = (describe(old), describe(&new));
    let changes = if new == *old {
        vec![]
    } else {
        vec![Change::PutUser(new)]
    };
    Ok(Plan::new(changes, ChainId::System, "user.change", address)
        .from(before)
        .to(after))
}

pub(super) fn remove(context: &Context<'_>, address: &SipAddress) -> Result<Plan, ActionError> {
    let user = find(context, address)?;
    let before = format!("{} {}", describe(user), role::places(context.catalogue, user.id));
    let changes = vec![Change::RemoveUser(user.id)];
    Ok(Plan::new(changes, ChainId::System, "user.remove", address).from(before.trim_end()))
}

pub(super) fn set_password(context: &Context<'_>, address: &SipAddress) -> Result<Plan, ActionError> {
    find(context, address)?;
    Ok(Plan {
        record_only: true,
        ..Plan::new(vec![], ChainId::System, "user.password", address)
    })
}
