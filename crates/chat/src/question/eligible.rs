//! Who may be put on a list of a room.

use super::{find_users::name_key, room::readable};
use crate::{Inner, Outcome, Refusal, query::check};
use causerie_model::{Node, PrincipalId, Role};
use causerie_policy::{Asker, Reading, may_hold};
use uuid::Uuid;

impl Inner {
    pub(super) fn eligible(
        &self,
        who: PrincipalId,
        guid: Uuid,
        role: Role,
        text: &str,
        limit: u32,
    ) -> Result<Outcome, Refusal> {
        let text = text.trim().to_lowercase();
        let (room, mut candidates) = {
            let catalogue = self.catalogue();
            let room = readable(&catalogue, who, Reading::Candidates, guid)?.id;
            let users = catalogue.users().filter(|user| user.enabled).filter_map(|user| {
                let name = name_key(user);
                let fits = name.contains(&text) || user.address.as_str().contains(&text);
                fits.then_some((name, user.id))
            });
            let groups = catalogue.groups().filter_map(|group| {
                let name = group.name.to_lowercase();
                name.contains(&text).then_some((name, group.id))
            });
            (room, users.chain(groups).collect::<Vec<_>>())
        };
        candidates.sort();
        let node = Node::Room(room);
        let may_ask = |asker: &Asker<'_>| check(&asker.may_read(Reading::Candidates, room));
        let (principals, more) = self.sift(who, &candidates, limit, may_ask, |_, catalogue, (_, id)| {
            let may = !catalogue.is_listed(node, role, *id) && may_hold(catalogue, *id, role, node).allowed;
            may.then(|| self.principal(catalogue, *id)).flatten()
        })?;
        Ok(Outcome::Principals { principals, more })
    }
}
