//! Administrative actions: committed alone, repeated in memory, and enforced on everybody who is in a room right now.

use super::{Command, Effect, Round, Sequencer};
use crate::{
    Action, ActionError, Done,
    admin::{Context, plan},
};
use causerie_model::{Actor, Change, EndpointId, Event, Node, PartReason, RoomId};
use causerie_policy::{Action as Act, decide, permissions};
use std::sync::PoisonError;
use tokio::sync::oneshot;

/// An action on its way into memory.
pub(super) struct Acted {
    changes: Vec<Change>,
    actor: Actor,
    event: Event,
    reply: oneshot::Sender<Result<Done, ActionError>>,
}

impl Acted {
    pub(super) fn refuse(self, error: ActionError) {
        // Whoever asked may be gone.
        let _ = self.reply.send(Err(error));
    }
}

/// One line for each change that is stored. What the server does by itself, such as a demo's users, is of less interest.
fn tell(actor: &Actor, event: &Event) {
    let Event::Changed {
        what,
        target,
        before,
        after,
    } = event
    else {
        return;
    };
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
        actor: Actor,
        action: Action,
        reply: oneshot::Sender<Result<Done, ActionError>>,
    ) {
        let planned = {
            let catalogue = self.inner.catalogue();
            let context = Context {
                catalogue: &catalogue,
                random: &*self.random,
                highest_room: self.highest_room,
            };
            plan(&action, &context)
        };
        let plan = match planned {
            Ok(plan) if plan.changes.is_empty() && !plan.record_only => {
                let _ = reply.send(Ok(Done::Unchanged));
                return;
            }
            Ok(plan) => plan,
            Err(error) => {
                let _ = reply.send(Err(error));
                return;
            }
        };
        let recorded = self.record(round, plan.chain, actor.clone(), plan.event.clone());
        if let Err(error) = recorded.await {
            let _ = reply.send(Err(ActionError::Store(error)));
            return;
        }
        round.batch.changes.clone_from(&plan.changes);
        round.effects.push(Effect::Acted(Acted {
            changes: plan.changes,
            actor,
            event: plan.event,
            reply,
        }));
        round.sealed = true;
    }

    pub(super) fn acted(&mut self, acted: Acted) {
        let Acted {
            changes,
            actor,
            event,
            reply,
        } = acted;
        tell(&actor, &event);
        {
            let mut catalogue = self
                .inner
                .catalogue
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            changes.iter().for_each(|change| catalogue.apply(change));
        }
        for change in &changes {
            self.enforce(change);
        }
        let _ = reply.send(Ok(Done::Changed));
    }

    /// Puts out who may no longer be where he is, and gives the others the rights that they have now.
    fn enforce(&mut self, change: &Change) {
        match change {
            Change::PutUser(user) => {
                for device in self.devices.values_mut().filter(|device| device.user == user.id) {
                    device.name.clone_from(&user.display_name);
                }
                if !user.enabled {
                    self.cut_user(user.id);
                }
            }
            Change::RemoveUser(user) => self.cut_user(*user),
            Change::PutRoom(room) => {
                self.highest_room = self.highest_room.max(room.id);
                self.review(room.id);
            }
            Change::RemoveRoom(room) => self.review(*room),
            Change::Grant {
                node: Node::Room(room),
                ..
            }
            | Change::Revoke {
                node: Node::Room(room),
                ..
            } => {
                self.review(*room);
            }
            Change::Grant {
                node: Node::Category(category),
                ..
            }
            | Change::Revoke {
                node: Node::Category(category),
                ..
            } => {
                let rooms: Vec<RoomId> = {
                    let catalogue = self.inner.catalogue();
                    let inside = catalogue.rooms().filter(|room| room.category == *category);
                    inside.map(|room| room.id).collect()
                };
                rooms.into_iter().for_each(|room| self.review(room));
            }
            Change::AddToGroup { .. } | Change::RemoveFromGroup { .. } | Change::RemoveGroup(_) => {
                self.rooms.ids().into_iter().for_each(|room| self.review(room));
            }
            // The newest messages in memory are no longer what the store has.
            Change::ReplaceMessage { room, .. }
            | Change::RemoveMessage { room, .. }
            | Change::ClearRoom { room, .. } => self.rooms.distrust(*room),
            Change::PutGroup(_) | Change::PutCategory(_) | Change::RemoveCategory(_) => {}
        }
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
