//! Who is on a list of a room.

use crate::{Inner, Outcome, Refusal};
use causerie_model::{Node, PrincipalId, Role};
use causerie_policy::Reading;
use uuid::Uuid;

impl Inner {
    pub(super) fn role(&self, who: PrincipalId, guid: Uuid, role: Role) -> Result<Outcome, Refusal> {
        let room = self.readable(who, Reading::Lists, guid)?;
        let (summary, mut listed) = {
            let catalogue = self.catalogue();
            let summary = self.summary(&catalogue, &room).ok_or(Refusal::NoSuchRoom)?;
            let holders = catalogue.holders(Node::Room(room.id), role);
            let named = holders.filter_map(|id| Some((catalogue.principal_name(id)?.to_lowercase(), id)));
            (summary, named.collect::<Vec<_>>())
        };
        listed.sort();
        let (principals, more) = self.sift(who, &listed, u32::MAX, |_, catalogue, (_, id)| {
            self.principal(catalogue, *id)
        });
        Ok(Outcome::Role {
            room: Box::new(summary),
            principals,
            more,
        })
    }
}
