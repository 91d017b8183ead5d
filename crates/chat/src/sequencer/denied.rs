//! Who was stopped at a wall is recorded: at most once a minute for each user, room and action, with how often he tried.
//! Walls of categories, and what an administrator's role doesn't let him do, are in the system's chain.
//!
//! A flood of tries makes neither memory nor outbox grow: what finds no place in the table is counted together, and told
//! once a minute in the system's chain.

use super::{Round, Sequencer};
use crate::{Action, By, NodeName, Refusal, query::check};
use causerie_model::{Actor, CategoryId, ChainId, Event, PrincipalId, Room, RoomId, SipAddress, Timestamp};
use causerie_policy::{Action as Act, Asker, CategoryAction, Rule, Verdict, decide, decide_category};
use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::atomic::Ordering,
    time::Duration,
};
use uuid::Uuid;

/// How long further tries are only counted.
pub(super) const PERIOD: Duration = Duration::from_secs(60);
/// How often the table is looked through for what was counted and not told.
const LOOK_SECONDS: i64 = 1;
/// Records of what was counted that one round makes: each may load a room.
const MOST_AT_ONCE: usize = 64;

/// Who tried what where.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    /// A user, in a room.
    Room(PrincipalId, RoomId, &'static str),
    /// A user, in a category.
    Category(PrincipalId, CategoryId),
    /// An administrator.
    Administrator(String, &'static str),
}

/// A try.
struct Try {
    actor: Actor,
    user: Option<SipAddress>,
    action: String,
    rule: Rule,
}

/// Tries of the same.
struct Tries {
    /// When they were recorded the last time.
    told: Option<Timestamp>,
    /// How many have come since.
    untold: u64,
    /// The last of them.
    last: Try,
}

impl Tries {
    /// Long enough after the last record for another one.
    fn is_due(&self, now: Timestamp) -> bool {
        let period = i64::try_from(PERIOD.as_secs()).unwrap_or(i64::MAX);
        self.told.is_none_or(|told| now >= told.plus_seconds(period))
    }

    fn tell(&mut self, now: Timestamp) -> Event {
        self.told = Some(now);
        Event::Denied {
            user: self.last.user.clone(),
            action: self.last.action.clone(),
            rule: self.last.rule.as_str().to_owned(),
            times: std::mem::take(&mut self.untold),
        }
    }
}

/// The tries that are remembered. `None` stands for all that found no place.
#[derive(Default)]
pub(super) struct Denials {
    tries: HashMap<Option<Key>, Tries>,
    next_look: Option<Timestamp>,
}

fn chain(key: Option<&Key>) -> ChainId {
    match key {
        Some(Key::Room(_, room, _)) => ChainId::Room(*room),
        Some(Key::Category(..) | Key::Administrator(..)) | None => ChainId::System,
    }
}

impl Denials {
    /// Whether there is anything that time will change.
    pub(super) fn is_waiting(&self) -> bool {
        !self.tries.is_empty()
    }

    /// Counts a try; gives its key if it is to be recorded now.
    fn count(&mut self, key: Key, mut tried: Try, now: Timestamp, most: usize) -> Option<Option<Key>> {
        let placed = self.tries.len() - usize::from(self.tries.contains_key(&None));
        let key = Some(key);
        let fits = placed < most || self.tries.contains_key(&key);
        let key = key.filter(|_| fits);
        if key.is_none() {
            "several".clone_into(&mut tried.action);
        }
        match self.tries.entry(key.clone()) {
            Entry::Occupied(mut tries) => {
                let tries = tries.get_mut();
                tries.untold += 1;
                tries.last = tried;
                tries.is_due(now).then_some(key)
            }
            Entry::Vacant(tries) => {
                tries.insert(Tries {
                    told: None,
                    untold: 1,
                    last: tried,
                });
                Some(key)
            }
        }
    }

    /// What was counted and can be recorded by now; forgets what has nothing to tell. `all`: there is no later.
    fn due(&mut self, now: Timestamp, all: bool) -> Vec<Option<Key>> {
        if !all && self.next_look.is_some_and(|next| now < next) {
            return Vec::new();
        }
        self.next_look = Some(now.plus_seconds(LOOK_SECONDS));
        self.tries
            .retain(|_, tries| tries.untold > 0 || !tries.is_due(now));
        let due = self
            .tries
            .iter()
            .filter(|(_, tries)| tries.untold > 0 && (all || tries.is_due(now)));
        let most = if all { usize::MAX } else { MOST_AT_ONCE };
        due.map(|(key, _)| key.clone()).take(most).collect()
    }
}

impl Sequencer {
    /// The room with this GUID, if the rules let this user do this there. Being stopped at a wall is recorded.
    pub(super) async fn permit(
        &mut self,
        round: &mut Round,
        user: PrincipalId,
        action: &'static str,
        decide: impl FnOnce(&Asker<'_>, RoomId) -> Verdict + Send,
        guid: Uuid,
    ) -> Result<Room, Refusal> {
        let (room, verdict) = {
            let catalogue = self.inner.catalogue();
            let room = catalogue.room_by_guid(guid).ok_or(Refusal::NoSuchRoom)?;
            (room.clone(), decide(&Asker::new(&catalogue, user), room.id))
        };
        self.note(round, user, action, room.id, &verdict).await;
        check(&verdict).map(|()| room)
    }

    /// Takes note of a decision, if somebody was stopped at a wall by it.
    pub(super) async fn note(
        &mut self,
        round: &mut Round,
        user: PrincipalId,
        action: &'static str,
        room: RoomId,
        verdict: &Verdict,
    ) {
        let rule = verdict.rule;
        if verdict.allowed || !rule.is_wall() {
            return;
        }
        metrics::counter!("causerie_denials_total", "action" => action, "rule" => rule.as_str()).increment(1);
        let address = self.inner.catalogue().user(user).map(|user| user.address.clone());
        let Some(address) = address else { return };
        let tried = Try {
            actor: Actor::User(address.clone()),
            user: Some(address),
            action: action.to_owned(),
            rule,
        };
        self.count(round, Key::Room(user, room, action), tried).await;
    }

    /// Takes note of what an administrator's role didn't let him do.
    pub(super) async fn note_refused(
        &mut self,
        round: &mut Round,
        actor: Actor,
        act: &'static str,
        rule: Rule,
    ) {
        metrics::counter!("causerie_denials_total", "action" => act, "rule" => rule.as_str()).increment(1);
        let key = Key::Administrator(actor.to_string(), act);
        let tried = Try {
            actor,
            user: None,
            action: act.to_owned(),
            rule,
        };
        self.count(round, key, tried).await;
    }

    async fn count(&mut self, round: &mut Round, key: Key, tried: Try) {
        let (now, most) = (self.clock.now(), self.inner.settings.denials);
        if let Some(key) = self.denials.count(key, tried, now, most) {
            self.tell_one(round, &key, now).await;
        }
    }

    /// Takes note if somebody tries to make a room in a category whose walls keep him out, or to move one there.
    async fn note_creating(&mut self, round: &mut Round, user: PrincipalId, actions: &[Action]) {
        let act = CategoryAction::CreateRoom;
        let tried: Vec<(CategoryId, String, Rule)> = {
            let catalogue = self.inner.catalogue();
            let names = actions.iter().filter_map(|action| match action {
                Action::AddRoom(new) => Some(new.category.as_str()),
                Action::ChangeRoom { change, .. } => change.category.as_deref(),
                _ => None,
            });
            let mut seen = HashSet::new();
            let categories = names.filter_map(|name| {
                let by_uri = || {
                    let guid = Uuid::parse_str(name.rsplit('/').next()?).ok()?;
                    catalogue.categories().find(|found| found.guid == guid)
                };
                catalogue.category_by_name(name).or_else(by_uri)
            });
            categories
                .filter(|found| seen.insert(found.id))
                .filter_map(|found| {
                    let verdict = decide_category(&catalogue, user, act, found.id);
                    let wall = !verdict.allowed && verdict.rule.is_wall();
                    wall.then(|| (found.id, found.name.clone(), verdict.rule))
                })
                .collect()
        };
        let address = self.inner.catalogue().user(user).map(|user| user.address.clone());
        let Some(address) = address else { return };
        for (category, name, rule) in tried {
            metrics::counter!("causerie_denials_total", "action" => act.as_str(), "rule" => rule.as_str())
                .increment(1);
            let tried = Try {
                actor: Actor::User(address.clone()),
                user: Some(address.clone()),
                action: format!("{} in category {name}", act.as_str()),
                rule,
            };
            self.count(round, Key::Category(user, category), tried).await;
        }
    }

    /// Takes note if somebody tries to manage a room behind a wall, or to make one in a category behind one. Whether he may is decided by the action itself.
    pub(super) async fn note_managing(&mut self, round: &mut Round, by: &By, actions: &[Action]) {
        let Some(user) = by.user else { return };
        self.note_creating(round, user, actions).await;
        let tried: Vec<(RoomId, Verdict)> = {
            let catalogue = self.inner.catalogue();
            let mut seen = HashSet::new();
            let names = actions.iter().filter_map(|action| match action {
                Action::ChangeRoom { name, .. }
                | Action::Grant {
                    node: NodeName::Room(name),
                    ..
                }
                | Action::Revoke {
                    node: NodeName::Room(name),
                    ..
                } => Some(name.as_str()),
                _ => None,
            });
            let rooms = names.filter_map(|name| {
                let by_name = catalogue.room_by_name(name);
                let by_uri = || {
                    let guid = Uuid::parse_str(name.rsplit('/').next()?).ok()?;
                    catalogue.room_by_guid(guid)
                };
                Some(by_name.or_else(by_uri)?.id)
            });
            rooms
                .filter(|room| seen.insert(*room))
                .map(|room| (room, decide(&catalogue, user, Act::Manage, room)))
                .collect()
        };
        for (room, verdict) in tried {
            self.note(round, user, Act::Manage.as_str(), room, &verdict).await;
        }
    }

    /// Records what was counted, once its minute is over; with `all`, whether it is or not.
    pub(super) async fn tell_denials(&mut self, round: &mut Round, all: bool) {
        if !self.denials.is_waiting() {
            return;
        }
        let now = self.clock.now();
        for key in self.denials.due(now, all) {
            self.tell_one(round, &key, now).await;
        }
    }

    async fn tell_one(&mut self, round: &mut Round, key: &Option<Key>, now: Timestamp) {
        // While the store takes nothing, tries are only counted once too much is owed.
        let refuses = !self.inner.writable.load(Ordering::Relaxed);
        if refuses && self.owed.len() + round.owed.len() >= self.inner.settings.owed {
            return;
        }
        let Some(tries) = self.denials.tries.get_mut(key) else {
            return;
        };
        let (actor, event) = (tries.last.actor.clone(), tries.tell(now));
        self.record_or_owe(round, chain(key.as_ref()), actor, event).await;
    }
}
