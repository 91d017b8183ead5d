//! One room's working state.

use crate::chain::{advance, next_chat_id};
use causerie_model::{EndpointId, Head, Message, Permissions, PrincipalId, Record, SipAddress};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    error::Error,
    fmt,
    sync::Arc,
};

/// The roster comes back when fewer than this share of the limit is present, in per cent: the gap to the limit keeps a
/// room near it from switching to and fro.
const ROSTER_RESUMES_BELOW_PERCENT: usize = 80;

/// What a room is told about the server's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many of the newest messages stay in memory.
    pub keep: usize,
    /// With more users than this, the room no longer tells who comes and goes (`ParticipantUpdateLimit`, 75 by default).
    pub participant_limit: usize,
}

/// A user who is in a room, with one endpoint or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// His row.
    pub user: PrincipalId,
    /// His address.
    pub address: SipAddress,
    /// His display name.
    pub name: String,
    /// What he may do here.
    pub permissions: Permissions,
}

/// What an entry changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The user wasn't in the room before: others are to be told.
    pub first_of_user: bool,
    /// This endpoint was in the room already.
    pub already: bool,
}

/// What a leave changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Who it was.
    pub participant: Participant,
    /// The user is no longer in the room: others are to be told.
    pub last_of_user: bool,
}

/// A record that doesn't follow the room's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfSequence {
    /// The number that the next record has.
    pub expected: u64,
    /// The number of the record that was given.
    pub found: u64,
}

impl fmt::Display for OutOfSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, found } = self;
        write!(
            f,
            "record {found} doesn't follow the room's head, which awaits record {expected}"
        )
    }
}

impl Error for OutOfSequence {}

#[derive(Clone, Debug)]
struct Present {
    participant: Participant,
    endpoints: BTreeSet<EndpointId>,
}

/// A room in use: the end of its chain, who is in it, and its newest messages.
#[derive(Clone, Debug)]
pub struct Room {
    settings: Settings,
    head: Head,
    users: BTreeMap<PrincipalId, Present>,
    endpoints: BTreeMap<EndpointId, PrincipalId>,
    recent: VecDeque<Arc<Message>>,
    /// The store holds no messages that aren't in `recent`.
    complete: bool,
    roster_visible: bool,
}

impl Room {
    /// A room without participants, as the store has it. `recent` is the newest [`Settings::keep`] messages, oldest
    /// first; fewer mean that the store has no more.
    #[must_use]
    pub fn new(head: Head, recent: Vec<Arc<Message>>, settings: Settings) -> Self {
        let nothing_older = recent
            .first()
            .map_or(head.chat_id.0 == 0, |oldest| oldest.chat_id.0 == 1);
        let mut room = Self {
            complete: nothing_older || recent.len() < settings.keep,
            settings,
            head,
            users: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            recent: recent.into(),
            roster_visible: true,
        };
        room.trim();
        room
    }

    /// Has other limits hold from now on. Messages that were let go don't come back.
    pub fn set_limits(&mut self, settings: Settings) {
        self.settings = settings;
        self.trim();
        self.update_roster();
    }

    /// The end of the room's chain, as committed.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// An endpoint enters, or enters again. What the room knows of its user is replaced in either case.
    pub fn enter(&mut self, endpoint: EndpointId, participant: Participant) -> Entered {
        let user = participant.user;
        let already = self.endpoints.get(&endpoint) == Some(&user);
        if !already {
            // An endpoint belongs to one user for all its life. Should that ever be broken, it is in the room once.
            self.leave(endpoint);
        }
        self.endpoints.insert(endpoint, user);
        let first_of_user = match self.users.get_mut(&user) {
            Some(present) => {
                present.participant = participant;
                present.endpoints.insert(endpoint);
                false
            }
            None => {
                self.users.insert(
                    user,
                    Present {
                        participant,
                        endpoints: BTreeSet::from([endpoint]),
                    },
                );
                true
            }
        };
        self.update_roster();
        Entered {
            first_of_user,
            already,
        }
    }

    /// An endpoint leaves. `None` if it wasn't in the room.
    pub fn leave(&mut self, endpoint: EndpointId) -> Option<Left> {
        let user = self.endpoints.remove(&endpoint)?;
        let present = self.users.get_mut(&user)?;
        present.endpoints.remove(&endpoint);
        let participant = present.participant.clone();
        let last_of_user = present.endpoints.is_empty();
        if last_of_user {
            self.users.remove(&user);
            self.update_roster();
        }
        Some(Left {
            participant,
            last_of_user,
        })
    }

    /// The user of an endpoint that is in the room.
    #[must_use]
    pub fn participant(&self, endpoint: EndpointId) -> Option<&Participant> {
        let user = self.endpoints.get(&endpoint)?;
        self.users.get(user).map(|present| &present.participant)
    }

    /// All endpoints in the room, by id.
    pub fn endpoints(&self) -> impl Iterator<Item = EndpointId> + '_ {
        self.endpoints.keys().copied()
    }

    /// The endpoints of one user in the room, by id.
    pub fn endpoints_of(&self, user: PrincipalId) -> impl Iterator<Item = EndpointId> + '_ {
        self.users
            .get(&user)
            .into_iter()
            .flat_map(|present| present.endpoints.iter().copied())
    }

    /// Everybody in the room, each user once, by row.
    pub fn users(&self) -> impl Iterator<Item = &Participant> {
        self.users.values().map(|present| &present.participant)
    }

    /// How many users are in the room.
    #[must_use]
    pub fn user_count(&self) -> usize {
        self.users.len()
    }

    /// Sets what a user may do here. Whether that is news: false if he isn't in the room or could do the same before.
    pub fn update_permissions(&mut self, user: PrincipalId, permissions: Permissions) -> bool {
        let Some(present) = self.users.get_mut(&user) else {
            return false;
        };
        std::mem::replace(&mut present.participant.permissions, permissions) != permissions
    }

    /// Takes a record that has been committed: the head moves on, and a message that the room keeps becomes its newest.
    ///
    /// # Errors
    /// [`OutOfSequence`] if it doesn't follow the head. Then nothing has changed.
    pub fn record(&mut self, record: &Record) -> Result<(), OutOfSequence> {
        let expected = self.head.record.saturating_add(1);
        let follows = record.number == expected
            && record.previous == self.head.hash
            && record.chat_id.is_none_or(|id| id == next_chat_id(&self.head));
        if !follows {
            return Err(OutOfSequence {
                expected,
                found: record.number,
            });
        }
        self.head = advance(&self.head, record);
        if let Some(message) = &record.message {
            self.recent.push_back(Arc::clone(message));
            self.trim();
        }
        Ok(())
    }

    /// The newest `count` messages, oldest first; fewer if the room has no more. `None` if the room has or may have
    /// more than memory holds: then ask the store.
    ///
    /// Messages that the room doesn't keep are neither here nor in the store.
    #[must_use]
    pub fn recent(&self, count: usize) -> Option<Vec<Arc<Message>>> {
        let held = self.recent.len();
        (count <= held || self.complete).then(|| {
            self.recent
                .iter()
                .skip(held.saturating_sub(count))
                .cloned()
                .collect()
        })
    }

    /// Whether nobody is in the room, so that its state may be dropped.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.endpoints.is_empty()
    }

    /// Whether the room tells its participants who comes and goes. Ends when more users than
    /// [`Settings::participant_limit`] are present, and begins again when they are fewer than 80 % of it.
    #[must_use]
    pub fn roster_visible(&self) -> bool {
        self.roster_visible
    }

    fn update_roster(&mut self) {
        let (users, limit) = (self.users.len(), self.settings.participant_limit);
        if users > limit {
            self.roster_visible = false;
        } else if users.saturating_mul(100) < limit.saturating_mul(ROSTER_RESUMES_BELOW_PERCENT) {
            self.roster_visible = true;
        }
    }

    fn trim(&mut self) {
        while self.recent.len() > self.settings.keep {
            self.recent.pop_front();
            self.complete = false;
        }
    }
}
