//! What follows from actions: each is tried out on the working set as those before it left it, so that the rules judge
//! how things will be, and what may no longer be in a list is taken out in the same commit.

use super::{Action, ActionError, By, Context, MAX_ACTIONS, Told, plan, role, subject};
use crate::Settings;
use causerie_model::{
    Catalogue, ChainId, Change, Event, Invitations, Node, Random, Role, RoomId, Timestamp, catalogue::Trial,
};
use causerie_policy::{stale_entries, touched_nodes};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What planning needs besides the working set and the actions.
pub(crate) struct Resources<'a> {
    pub(crate) random: &'a dyn Random,
    pub(crate) highest_room: RoomId,
    pub(crate) now: Timestamp,
    pub(crate) settings: &'a Settings,
    pub(crate) database: Uuid,
}

/// Actions as rows and records.
#[derive(Default)]
pub(crate) struct Planned {
    pub(crate) changes: Vec<Change>,
    pub(crate) records: Vec<(ChainId, Event)>,
    pub(crate) told: Vec<Told>,
    /// The last room that was acted on, changed or not.
    pub(crate) room: Option<RoomId>,
}

/// Plans actions, each as those before it leave things. The working set is as it was when this returns.
pub(crate) fn settle(
    catalogue: &mut Catalogue,
    by: &By,
    actions: &[Action],
    resources: &Resources<'_>,
) -> Result<Planned, ActionError> {
    if actions.len() > MAX_ACTIONS {
        let text = format!("at most {MAX_ACTIONS} actions can be carried out together");
        return Err(ActionError::Limit(text));
    }
    let mut planned = Planned::default();
    let mut trial = catalogue.begin_trial();
    let mut touched = BTreeSet::new();
    let mut highest_room = resources.highest_room;
    for (index, action) in actions.iter().enumerate() {
        match plan_one(catalogue, by, action, resources, highest_room) {
            Ok(mut step) => {
                let rooms = step.planned.changes.iter().filter_map(|change| match change {
                    Change::PutRoom(room) => Some(room.id),
                    _ => None,
                });
                highest_room = rooms.fold(highest_room, Ord::max);
                touched.append(&mut step.touched);
                trial.append(&mut step.trial);
                planned.append(step.planned);
            }
            Err(error) => {
                catalogue.end_trial(trial);
                return Err(if actions.len() == 1 {
                    error
                } else {
                    ActionError::InBatch {
                        number: index + 1,
                        error: Box::new(error),
                    }
                });
            }
        }
    }
    // At the end, not after each: what one action takes from a scope, a later one may give back by another group.
    planned.append(trim(catalogue, by, touched));
    catalogue.end_trial(trial);
    Ok(planned)
}

/// An action that was planned and is tried out.
struct Step {
    planned: Planned,
    trial: Trial,
    /// Nodes whose lists it may have left wrong.
    touched: BTreeSet<Node>,
}

impl Planned {
    fn append(&mut self, later: Self) {
        self.changes.extend(later.changes);
        self.records.extend(later.records);
        self.told.extend(later.told);
        self.room = later.room.or(self.room);
    }
}

/// Plans one action and leaves it tried out; if it is refused, nothing is.
fn plan_one(
    catalogue: &mut Catalogue,
    by: &By,
    action: &Action,
    resources: &Resources<'_>,
    highest_room: RoomId,
) -> Result<Step, ActionError> {
    let plan = plan(
        action,
        &Context {
            catalogue,
            random: resources.random,
            highest_room,
            by,
            now: resources.now,
            max_rooms: resources.settings.max_rooms,
            max_categories: resources.settings.max_categories,
            database: resources.database,
        },
    )?;
    let mut trial = catalogue.begin_trial();
    let mut planned = Planned {
        room: match plan.chain {
            ChainId::Room(room) => Some(room),
            ChainId::System | ChainId::Compliance => None,
        },
        ..Planned::default()
    };
    let mut touched = BTreeSet::new();
    if plan.changes.is_empty() && !plan.record_only {
        return Ok(Step {
            planned,
            trial,
            touched,
        });
    }
    // What is removed is as it was; all else is as it will be.
    let before = subject(catalogue, plan.chain, &plan.changes);
    for change in &plan.changes {
        touched.append(&mut touched_nodes(catalogue, change));
        catalogue.try_out(&mut trial, change);
    }
    if let Err(error) = role::check_grants(catalogue, by, &plan.changes) {
        catalogue.end_trial(trial);
        return Err(error);
    }
    let subject = subject(catalogue, plan.chain, &plan.changes).or(before);
    planned.changes = plan.changes;
    // Who makes a room needs no invitation to it.
    if !matches!(action, Action::AddRoom(_)) {
        let invited: Vec<Change> = planned
            .changes
            .iter()
            .filter_map(|change| invitation(catalogue, change))
            .collect();
        planned.changes.extend(invited);
    }
    planned.told.push(plan.told.clone());
    if !plan.is_told_by_others {
        let event = plan.told.event(&by.origin, subject);
        planned.records.push((plan.chain, event));
    }
    let also = plan.also.into_iter().map(|event| (plan.chain, event));
    planned.records.extend(also);
    Ok(Step {
        planned,
        trial,
        touched,
    })
}

/// Takes from the lists of these nodes what may not be in them, each node's entries with a record.
fn trim(catalogue: &Catalogue, by: &By, touched: BTreeSet<Node>) -> Planned {
    let mut planned = Planned::default();
    for node in touched {
        let stale = stale_entries(catalogue, node);
        if stale.is_empty() {
            continue;
        }
        let (chain, target) = role::place(catalogue, node);
        let entries: Vec<String> = stale
            .iter()
            .map(|(role, principal, rule)| {
                let name = catalogue.principal_name(*principal).unwrap_or_default();
                format!("{role}={name:?} ({rule_code})", rule_code = rule.as_str())
            })
            .collect();
        let told = Told {
            what: "lists.trim".to_owned(),
            target,
            before: entries.join(" "),
            after: String::new(),
        };
        let revoked = stale.into_iter().map(|(role, principal, _)| Change::Revoke {
            node,
            role,
            principal,
        });
        let revoked: Vec<Change> = revoked.collect();
        let subject = subject(catalogue, chain, &revoked);
        planned.changes.extend(revoked);
        planned.told.push(told.clone());
        planned.records.push((chain, told.event(&by.origin, subject)));
    }
    planned
}

/// Who becomes a member of a room is invited, if the room and its category have invitations.
fn invitation(catalogue: &Catalogue, change: &Change) -> Option<Change> {
    let Change::Grant {
        node: Node::Room(room),
        role: Role::Member,
        principal,
    } = *change
    else {
        return None;
    };
    let found = catalogue.room(room)?;
    let invites =
        found.invitations == Invitations::Inherit && catalogue.category(found.category)?.invitations;
    invites.then_some(Change::Invite { room, principal })
}
