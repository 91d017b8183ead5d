//! Who is on a list of a room.

use super::room::readable;
use crate::{Inner, Outcome, Refusal, query::check};
use causerie_model::{Node, PrincipalId, Role};
use causerie_policy::{Asker, Reading};
use uuid::Uuid;

impl Inner {
    pub(super) fn role(&self, who: PrincipalId, guid: Uuid, role: Role) -> Result<Outcome, Refusal> {
        let (id, summary, mut listed) = {
            let catalogue = self.catalogue();
            let room = readable(&catalogue, who, Reading::Lists, guid)?;
            let summary = self.summary(&catalogue, room).ok_or(Refusal::NoSuchRoom)?;
            let holders = catalogue.holders(Node::Room(room.id), role);
            let named = holders.filter_map(|id| Some((catalogue.principal_name(id)?.to_lowercase(), id)));
            (room.id, summary, named.collect::<Vec<_>>())
        };
        listed.sort();
        let may = |asker: &Asker<'_>| check(&asker.may_read(Reading::Lists, id));
        let (principals, more) = self.sift(who, &listed, u32::MAX, may, |_, catalogue, (_, id)| {
            self.principal(catalogue, *id)
        })?;
        Ok(Outcome::Role {
            room: Box::new(summary),
            principals,
            more,
        })
    }
}
