//! Administrative actions: committed alone, repeated in memory, and enforced on everybody who is in a room right now.

use super::{Command, Effect, Round, Sequencer, notify::Leaving};
use crate::{
    Action, ActionError, By, Told,
    admin::{Resources, settle},
};
use causerie_model::{Actor, Change, EndpointId, Node, PartReason, Privacy, RoomId};
use causerie_policy::{Action as Act, Asker, may_chat};
use std::{collections::BTreeSet, sync::PoisonError};
use tokio::sync::oneshot;

/// Who asked for actions.
pub(super) enum Asked {
    /// Somebody with a handle on the service.
    Handle {
        /// Nothing is done; only what would be is told.
        rehearsal: bool,
        reply: oneshot::Sender<Result<Vec<Told>, ActionError>>,
    },
    /// A user's device.
    Device { endpoint: EndpointId, token: u64 },
}

/// An action on its way into memory.
pub(super) struct Acted {
    changes: Vec<Change>,
    actor: Actor,
    told: Vec<Told>,
    /// The last room that was acted on.
    room: Option<RoomId>,
    pub(super) asked: Asked,
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
    pub(super) async fn act(&mut self, round: &mut Round, by: By, actions: &[Action], asked: Asked) {
        let rehearsal = matches!(asked, Asked::Handle { rehearsal: true, .. });
        if !rehearsal {
            self.note_managing(round, &by, actions).await;
        }
        let planned = {
            let resources = Resources {
                random: &*self.random,
                highest_room: self.highest_room,
                now: self.clock.now(),
                settings: &self.inner.settings,
                database: self.inner.database,
            };
            let mut catalogue = self
                .inner
                .catalogue
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            settle(&mut catalogue, &by, actions, &resources)
        };
        let planned = match planned {
            Ok(planned) if rehearsal || planned.records.is_empty() => {
                return self.conclude(asked, planned.told, planned.room, 0);
            }
            Ok(planned) => planned,
            Err(error) => return self.refuse_act(asked, error, 0),
        };
        for (chain, event) in planned.records {
            if let Err(error) = self.record(round, chain, by.actor.clone(), event).await {
                // What was recorded of it so far goes with the round: nothing else is in it but what is owed.
                round.batch.records.truncate(round.owed.len());
                round.heads.clear();
                round.sealed = true;
                return self.refuse_act(asked, ActionError::Store(error), 0);
            }
        }
        round.batch.changes.clone_from(&planned.changes);
        round.effects.push(Effect::Acted(Acted {
            changes: planned.changes,
            actor: by.actor,
            told: planned.told,
            room: planned.room,
            asked,
        }));
        round.sealed = true;
    }

    pub(super) async fn acted(&mut self, acted: Acted, statements: u32) {
        let Acted {
            changes,
            actor,
            told,
            room,
            asked,
        } = acted;
        told.iter().for_each(|told| tell(&actor, told));
        let faces = self.faces(&changes);
        {
            let mut catalogue = self
                .inner
                .catalogue
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            changes.iter().for_each(|change| catalogue.apply(change));
        }
        self.warn_of_grants(&actor, &changes);
        let leaving = self.enforce(&changes).await;
        self.show_faces(faces, &leaving).await;
        if changes
            .iter()
            .any(|change| matches!(change, Change::Invite { .. }))
        {
            self.inviter.send_replace(());
        }
        self.make_room().await;
        self.conclude(asked, told, room, statements);
    }

    /// Warns if an administrator puts somebody on a list of a secret room: no manager of it has asked for that.
    fn warn_of_grants(&self, actor: &Actor, changes: &[Change]) {
        let Actor::Administrator(_) = actor else { return };
        let catalogue = self.inner.catalogue();
        for change in changes {
            let Change::Grant {
                node: Node::Room(room),
                role,
                principal,
            } = *change
            else {
                continue;
            };
            let secret = catalogue
                .room(room)
                .filter(|room| room.privacy == Privacy::Secret);
            let Some(room) = secret else { continue };
            metrics::counter!("causerie_secret_room_grants_total").increment(1);
            let who = catalogue.principal_name(principal).unwrap_or_default();
            tracing::warn!(
                target: "causerie::alarm", actor = actor.to_string(), room = room.name, %role, who,
                "An administrator who isn't its manager let somebody into a secret room."
            );
        }
    }

    /// Tells who asked that it is done.
    fn conclude(&mut self, asked: Asked, told: Vec<Told>, room: Option<RoomId>, statements: u32) {
        match asked {
            Asked::Handle { reply, .. } => {
                // Whoever asked may be gone.
                let _ = reply.send(Ok(told));
            }
            Asked::Device { endpoint, token } => {
                let result = self.managed(room, !told.is_empty());
                self.answer(endpoint, token, result, statements);
            }
        }
    }

    /// Tells who asked why it isn't done.
    pub(super) fn refuse_act(&mut self, asked: Asked, error: ActionError, statements: u32) {
        match asked {
            Asked::Handle { reply, .. } => {
                let _ = reply.send(Err(error));
            }
            Asked::Device { endpoint, token } => {
                self.answer(endpoint, token, Err(error.into()), statements);
            }
        }
    }

    /// Puts out who may no longer be where he is, and gives the others the rights that they have now. Returns who leaves.
    async fn enforce(&mut self, changes: &[Change]) -> Leaving {
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
                | Change::RemoveMessages { room, .. }
                | Change::ClearRoom { room, .. } => self.rooms.distrust(*room),
                Change::Invite { .. }
                | Change::Announce(_)
                | Change::PutCategory(_)
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
        let mut leaving = Leaving::new();
        for room in rooms {
            self.review(room, &mut leaving).await;
        }
        leaving
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
    async fn review(&mut self, id: RoomId, leaving: &mut Leaving) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let users: Vec<_> = room.users().map(|participant| participant.user).collect();
        let mut changed = Vec::new();
        for user in users {
            let (stays, permissions) = {
                let catalogue = self.inner.catalogue();
                let asker = Asker::new(&catalogue, user);
                (asker.decide(Act::Join, id).allowed, asker.permissions(id))
            };
            if stays {
                if room.update_permissions(user, permissions) {
                    changed.push((user, permissions));
                }
                continue;
            }
            leaving.insert((id, user));
            // Before everything that waits: what comes next must find them gone.
            for endpoint in room.endpoints_of(user) {
                self.carry.push_front(Command::Evict { room: id, endpoint });
            }
        }
        for (user, permissions) in changed {
            self.make_room().await;
            self.tell_permissions(id, user, permissions, leaving);
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
