//! Information barriers.

use super::{ActionError, Context, Plan, PrincipalName, clean_name, principal};
use causerie_model::{Barrier, ChainId, Change};

/// What a new barrier is made of.
#[derive(Clone, Debug)]
pub struct NewBarrier {
    /// Its name, unique.
    pub name: String,
    /// The groups on its two sides, by name.
    pub sides: [String; 2],
}

pub(super) fn add(context: &Context<'_>, new: &NewBarrier) -> Result<Plan, ActionError> {
    let name = clean_name("barrier", &new.name)?;
    if context.catalogue.barrier_by_name(&name).is_some() {
        return Err(ActionError::Duplicate {
            kind: "barrier",
            name,
        });
    }
    let side = |group: &String| principal(context, &PrincipalName::Group(group.clone()));
    let [one, other] = &new.sides;
    let sides = [side(one)?, side(other)?];
    let [first, second] = sides;
    if context.catalogue.affiliations(first).contains(&second)
        || context.catalogue.affiliations(second).contains(&first)
    {
        let text =
            format!("group '{one}' and group '{other}' are one in the other: nobody could enter any room");
        return Err(ActionError::Invalid(text));
    }
    let barrier = Barrier {
        id: context.catalogue.next_barrier(),
        name: name.clone(),
        sides,
    };
    let changes = vec![Change::PutBarrier(barrier)];
    Ok(Plan::new(changes, ChainId::System, "barrier.add", name).to(format!("between {one:?} and {other:?}")))
}

pub(super) fn remove(context: &Context<'_>, name: &str) -> Result<Plan, ActionError> {
    let barrier = context.catalogue.barrier_by_name(name);
    let barrier = barrier.ok_or_else(|| ActionError::NotFound {
        kind: "barrier",
        name: name.to_owned(),
    })?;
    let [one, other] = barrier
        .sides
        .map(|side| context.catalogue.principal_name(side).unwrap_or_default());
    let changes = vec![Change::RemoveBarrier(barrier.id)];
    let plan = Plan::new(changes, ChainId::System, "barrier.remove", &barrier.name);
    Ok(plan.from(format!("between {one:?} and {other:?}")))
}
