//! Aliases of the service.

use super::{ActionError, Context, Plan, user::clean_display_name};
use causerie_model::{Alias, ChainId, Change, SipAddress};

pub(super) fn add(
    context: &Context<'_>,
    address: &SipAddress,
    display_name: &str,
) -> Result<Plan, ActionError> {
    let taken = if context.catalogue.alias(address).is_some() {
        Some("alias")
    } else {
        context.catalogue.user_by_address(address).map(|_| "user")
    };
    if let Some(kind) = taken {
        let name = address.to_string();
        return Err(ActionError::Duplicate { kind, name });
    }
    let alias = Alias {
        address: address.clone(),
        display_name: clean_display_name(display_name, address)?,
    };
    let after = format!("display-name={:?}", alias.display_name);
    Ok(Plan::new(
        vec![Change::PutAlias(alias)],
        ChainId::System,
        "alias.add",
        address,
    )
    .to(after))
}

pub(super) fn remove(context: &Context<'_>, address: &SipAddress) -> Result<Plan, ActionError> {
    let alias = context
        .catalogue
        .alias(address)
        .ok_or_else(|| ActionError::NotFound {
            kind: "alias",
            name: address.to_string(),
        })?;
    let changes = vec![Change::RemoveAlias(address.clone())];
    let plan = Plan::new(changes, ChainId::System, "alias.remove", address);
    Ok(plan.from(format!("display-name={:?}", alias.display_name)))
}
