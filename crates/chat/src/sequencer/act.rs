//! Administrative actions: committed alone, repeated in memory, and enforced on everybody who is in a room right now.

use super::{Command, Effect, Round, Sequencer};
use crate::{
    Action, ActionError, By, Told,
    admin::{Resources, settle},
};
use causerie_model::{Actor, Change, EndpointId, Node, PartReason, RoomId};
use causerie_policy::{Action as Act, decide, may_chat, permissions};
use std::{collections::BTreeSet, sync::PoisonError};
use tokio::sync::oneshot;

/// An action on its way into memory.
pub(super) struct Acted {
    changes: Vec<Change>,
    actor: Actor,
    told: Vec<Told>,
    reply: oneshot::Sender<Result<Vec<Told>, ActionError>>,
}

impl Acted {
    pub(super) fn refuse(self, error: ActionError) {
        // Whoever asked may be gone.
        let _ = self.reply.send(Err(error));
    }
}

/// One line for each change that is stored. What the server does by itself, such as a demo's users, is of less interest.
fn tell(actor: &Actor, told: &Told) {
    let Told {
        what,
        target,
        before,
        after,
    } = told;
    let (before, after) = (some(before), some(after));
    if *actor == Actor::System {
        tracing::debug!(target: "causerie::admin", what, target, before, after, "Changed by the server itself.");
        return;
    }
    // As a text, since those are written with their control characters escaped.
    let actor = actor.to_string();
    tracing::info!(target: "causerie::admin", actor, what, target, before, after, "Changed.");
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

impl Sequencer {
    pub(super) async fn act(
        &mut self,
        round: &mut Round,
        by: By,
        actions: Vec<Action>,
        rehearsal: bool,
        reply: oneshot::Sender<Result<Vec<Told>, ActionError>>,
    ) {
        let planned = {
            let resources = Resources {
                random: &*self.random,
                highest_room: self.highest_room,
                now: self.clock.now(),
                settings: &self.inner.settings,
            };
            let mut catalogue = self
                .inner
                .catalogue
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            settle(&mut catalogue, &by, &actions, &resources)
        };
        let planned = match planned {
            Ok(planned) if rehearsal || planned.records.is_empty() => {
                let _ = reply.send(Ok(planned.told));
                return;
            }
            Ok(planned) => planned,
            Err(error) => {
                let _ = reply.send(Err(error));
                return;
            }
        };
        for (chain, event) in planned.records {
            if let Err(error) = self.record(round, chain, by.actor.clone(), event).await {
                // What was recorded of it so far goes with the round: nothing else is in it but what is owed.
                round.batch.records.truncate(round.owed.len());
                round.heads.clear();
                let _ = reply.send(Err(ActionError::Store(error)));
                return;
            }
        }
        round.batch.changes.clone_from(&planned.changes);
        round.effects.push(Effect::Acted(Acted {
            changes: planned.changes,
            actor: by.actor,
            told: planned.told,
            reply,
        }));
        round.sealed = true;
    }

    pub(super) fn acted(&mut self, acted: Acted) {
        let Acted {
            changes,
            actor,
            told,
            reply,
        } = acted;
        told.iter().for_each(|told| tell(&actor, told));
        {
            let mut catalogue = self
                .inner
                .catalogue
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            changes.iter().for_each(|change| catalogue.apply(change));
        }
        self.enforce(&changes);
        let _ = reply.send(Ok(told));
    }

    /// Puts out who may no longer be where he is, and gives the others the rights that they have now.
    fn enforce(&mut self, changes: &[Change]) {
        let mut rooms: BTreeSet<RoomId> = BTreeSet::new();
        let mut everywhere = false;
        for change in changes {
            match change {
                Change::PutUser(user) => {
                    for device in self.devices.values_mut().filter(|device| device.user == user.id) {
                        device.name.clone_from(&user.display_name);
                    }
                    if !may_chat(&self.inner.catalogue(), user.id).allowed {
                        self.cut_user(user.id);
                    }
                }
                Change::RemoveUser(user) => self.cut_user(*user),
                Change::PutRoom(room) => {
                    self.highest_room = self.highest_room.max(room.id);
                    rooms.insert(room.id);
                }
                Change::RemoveRoom(room)
                | Change::Grant {
                    node: Node::Room(room),
                    ..
                }
                | Change::Revoke {
                    node: Node::Room(room),
                    ..
                } => {
                    rooms.insert(*room);
                }
                Change::Grant {
                    node: Node::Category(category),
                    ..
                }
                | Change::Revoke {
                    node: Node::Category(category),
                    ..
                } => {
                    let catalogue = self.inner.catalogue();
                    rooms.extend(catalogue.rooms_in(*category).map(|room| room.id));
                }
                Change::AddToGroup { .. }
                | Change::RemoveFromGroup { .. }
                | Change::PutGroup(_)
                | Change::RemoveGroup(_)
                | Change::PutBarrier(_)
                | Change::RemoveBarrier(_) => everywhere = true,
                Change::PutPolicy(_) | Change::RemovePolicy(_) => self.cut_those_without_chat(),
                Change::PutConfiguration(_) | Change::RemoveConfiguration(_) => {
                    let effective = self.inner.effective();
                    self.rooms.set_limits(&effective);
                }
                // The newest messages in memory are no longer what the store has.
                Change::ReplaceMessage { room, .. }
                | Change::RemoveMessage { room, .. }
                | Change::ClearRoom { room, .. } => self.rooms.distrust(*room),
                Change::PutCategory(_)
                | Change::RemoveCategory(_)
                | Change::PutAddin(_)
                | Change::RemoveAddin(_)
                | Change::PutAlias(_)
                | Change::RemoveAlias(_) => {}
            }
        }
        if everywhere {
            rooms.extend(self.rooms.ids());
        }
        rooms.into_iter().for_each(|room| self.review(room));
    }

    /// Ends the connections of users whose policy no longer lets them use rooms.
    fn cut_those_without_chat(&mut self) {
        let users: BTreeSet<_> = self.devices.values().map(|device| device.user).collect();
        let cut: Vec<_> = {
            let catalogue = self.inner.catalogue();
            let without = users
                .into_iter()
                .filter(|user| !may_chat(&catalogue, *user).allowed);
            without.collect()
        };
        cut.into_iter().for_each(|user| self.cut_user(user));
    }

    /// Decides again, for everybody in a room, whether he may be there and what he may do.
    fn review(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(id) else { return };
        let users: Vec<_> = room.users().map(|participant| participant.user).collect();
        for user in users {
            let (stays, permissions) = {
                let catalogue = self.inner.catalogue();
                (
                    decide(&catalogue, user, Act::Join, id).allowed,
                    permissions(&catalogue, user, id),
                )
            };
            let Some(room) = self.rooms.get_mut(id) else {
                return;
            };
            if stays {
                room.update_permissions(user, permissions);
                continue;
            }
            let endpoints: Vec<EndpointId> = room.endpoints_of(user).collect();
            let evictions = endpoints
                .into_iter()
                .map(|endpoint| Command::Evict { room: id, endpoint });
            // Before everything that waits: what comes next must find them gone.
            for eviction in evictions {
                self.carry.push_front(eviction);
            }
        }
    }

    fn cut_user(&mut self, user: causerie_model::PrincipalId) {
        let devices = self.devices.iter().filter(|(_, device)| device.user == user);
        let endpoints: Vec<EndpointId> = devices.map(|(endpoint, _)| *endpoint).collect();
        for endpoint in endpoints {
            self.cut(endpoint, PartReason::Removed);
        }
    }
}
