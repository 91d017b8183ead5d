//! What a record tells of a room or category of which none told before.

use super::{Plan, category, room, subject};
use causerie_model::{Catalogue, ChainId, Event, Node, Subject};

/// The record and its chain; `None` if there is no such room or category.
pub(crate) fn known(catalogue: &Catalogue, node: Node) -> Option<(ChainId, Event)> {
    let (plan, subject) = match node {
        Node::Room(id) => {
            let (found, chain) = (catalogue.room(id)?, ChainId::Room(id));
            let after = room::describe(catalogue, found);
            let plan = Plan::new(vec![], chain, "room.known", &found.name).to(after);
            (plan, subject(catalogue, chain, &[]))
        }
        Node::Category(id) => {
            let found = catalogue.category(id)?;
            let subject = Subject::Category {
                guid: found.guid,
                name: found.name.clone(),
            };
            let plan = Plan::new(vec![], ChainId::System, "category.known", &found.name);
            (plan.to(category::describe(found)), Some(subject))
        }
    };
    Some((plan.chain, plan.told.event("", subject)))
}
