//! Information barriers.
//!
//! A barrier keeps the people of two groups apart: who belongs to one side gets into no room that somebody of the other
//! may enter. Whose room it is can't be told, so a room that both could enter is closed to both. It counts who *may* enter:
//! of a closed or secret room those on its list of members, of an open one all in its category's scope. If the category
//! denies one side as a whole, that side can't enter: there the barrier bars nobody.
//!
//! A group is taken to bring along everybody who is in it, and to be barred if one of them is: where it isn't certain that
//! two sides stay apart, they are kept apart.

use crate::{Rule, Verdict};
use causerie_model::{BarrierId, Catalogue, Node, PrincipalId, Privacy, Role, Room};
use std::{collections::BTreeSet, sync::Arc};

/// A barrier as one side sees it.
#[derive(Clone, Debug)]
pub(crate) struct Wall {
    barrier: BarrierId,
    /// The groups on both sides.
    sides: [PrincipalId; 2],
    /// All that has somebody in common with the group on the other side.
    other: Arc<BTreeSet<PrincipalId>>,
}

/// The barriers that somebody with these affiliations is behind.
pub(crate) fn walls(catalogue: &Catalogue, affiliations: &[PrincipalId]) -> Vec<Wall> {
    walls_if(catalogue, |side| affiliations.binary_search(&side).is_ok())
}

/// The barriers that some user of a group, or the user himself, is or may come to be behind.
pub(crate) fn walls_of_entry(catalogue: &Catalogue, principal: PrincipalId) -> Vec<Wall> {
    walls_if(catalogue, |side| catalogue.overlapping(side).contains(&principal))
}

fn walls_if(catalogue: &Catalogue, is_on: impl Fn(PrincipalId) -> bool) -> Vec<Wall> {
    let mut walls = Vec::new();
    for barrier in catalogue.barriers() {
        let [one, two] = barrier.sides;
        for (side, other) in [(one, two), (two, one)] {
            if is_on(side) {
                walls.push(Wall {
                    barrier: barrier.id,
                    sides: barrier.sides,
                    other: catalogue.overlapping(other),
                });
            }
        }
    }
    walls
}

/// Whether none of these walls stands before the room.
pub(crate) fn open_way(catalogue: &Catalogue, walls: &[Wall], room: &Room) -> Result<Verdict, Verdict> {
    let category = Node::Category(room.category);
    let (node, role) = if room.privacy == Privacy::Open {
        (category, Role::Allowed)
    } else {
        (Node::Room(room.id), Role::Member)
    };
    for wall in walls {
        let Some(principal) = catalogue.first_listed_of(node, role, &wall.other) else {
            continue;
        };
        if stands_in(catalogue, category, wall) {
            return Err(Verdict {
                barrier: Some(wall.barrier),
                ..Verdict::by_entry(Rule::BehindBarrier, node, role, principal)
            });
        }
    }
    Ok(Rule::NoBarrier.into())
}

/// Whether a principal that is put on a room's list would itself bring both sides of a barrier together.
pub(crate) fn spans(
    catalogue: &Catalogue,
    walls: &[Wall],
    principal: PrincipalId,
    room: &Room,
) -> Result<(), Verdict> {
    let category = Node::Category(room.category);
    for wall in walls {
        if wall.other.contains(&principal) && stands_in(catalogue, category, wall) {
            return Err(Verdict {
                barrier: Some(wall.barrier),
                ..Rule::BehindBarrier.into()
            });
        }
    }
    Ok(())
}

/// Whether a category lets both sides in, as far as it doesn't deny one as a whole.
fn stands_in(catalogue: &Catalogue, category: Node, wall: &Wall) -> bool {
    !wall.sides.iter().any(|side| {
        let above = catalogue.affiliations(*side);
        catalogue.first_listed(category, Role::Denied, &above).is_some()
    })
}
