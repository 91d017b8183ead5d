//! A room against a slow and obvious one, through random histories.

use crate::words::{chat, endpoint, join, participant};
use causerie_model::{EndpointId, Head, Message, Permissions, PrincipalId, Record};
use causerie_room::{Participant, Room, Settings, advance};
use proptest::prelude::*;
use std::sync::Arc;

#[derive(Clone, Debug)]
enum Step {
    Enter {
        endpoint: u64,
        user: i64,
        mask: u32,
    },
    Leave {
        endpoint: u64,
    },
    Permit {
        user: i64,
        mask: u32,
    },
    Chat {
        kept: bool,
    },
    Join,
    /// A record that was recorded before, or never.
    Stale {
        hash: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        // Endpoints mostly stay with their user, as they should; now and then one doesn't.
        6 => (0..12_u64, 0..4_u32).prop_map(|(e, mask)| Step::Enter { endpoint: e, user: e as i64 / 2, mask }),
        1 => (0..12_u64, 0..6_i64, 0..4_u32)
            .prop_map(|(endpoint, user, mask)| Step::Enter { endpoint, user, mask }),
        5 => (0..12_u64).prop_map(|endpoint| Step::Leave { endpoint }),
        1 => (0..6_i64, 0..4_u32).prop_map(|(user, mask)| Step::Permit { user, mask }),
        4 => any::<bool>().prop_map(|kept| Step::Chat { kept }),
        1 => Just(Step::Join),
        1 => any::<u8>().prop_map(|hash| Step::Stale { hash }),
    ]
}

/// Lists, searched from end to end.
#[derive(Default)]
struct Slow {
    entries: Vec<(EndpointId, PrincipalId)>,
    known: Vec<Participant>,
    roster_hidden: bool,
    stored: Vec<Arc<Message>>,
}

impl Slow {
    fn has(&self, user: PrincipalId) -> bool {
        self.entries.iter().any(|(_, u)| *u == user)
    }

    fn users(&self) -> Vec<Participant> {
        let mut users: Vec<Participant> = self
            .known
            .iter()
            .filter(|known| self.has(known.user))
            .cloned()
            .collect();
        users.sort_by_key(|participant| participant.user);
        users
    }

    fn user_of(&self, endpoint: EndpointId) -> Option<PrincipalId> {
        self.entries
            .iter()
            .find(|(e, _)| *e == endpoint)
            .map(|(_, user)| *user)
    }

    fn turn_roster(&mut self, limit: usize) {
        let users = self.users().len();
        self.roster_hidden = if self.roster_hidden {
            users * 5 >= limit * 4
        } else {
            users > limit
        };
    }
}

fn entering(user: i64, mask: u32) -> Participant {
    Participant {
        permissions: Permissions(mask),
        ..participant(user)
    }
}

proptest! {
    #[test]
    fn a_room_does_as_lists_would(
        before in prop::collection::vec(any::<bool>(), 0..6),
        steps in prop::collection::vec(step(), 0..60),
        keep in 0..5_usize,
        participant_limit in 0..6_usize,
    ) {
        let mut slow = Slow::default();
        let mut head = Head::START;
        for kept in before {
            let record = chat(&head, "before", kept);
            head = advance(&head, &record);
            slow.stored.extend(record.message);
        }
        let newest = slow.stored.iter().skip(slow.stored.len().saturating_sub(keep));
        let mut room = Room::new(head, newest.cloned().collect(), Settings { keep, participant_limit });

        for step in steps {
            match step {
                Step::Enter { endpoint: e, user, mask } => {
                    let new = entering(user, mask);
                    let already = slow.user_of(endpoint(e)) == Some(new.user);
                    if !already {
                        slow.entries.retain(|(other, _)| *other != endpoint(e));
                        slow.turn_roster(participant_limit);
                    }
                    let first_of_user = !slow.has(new.user);
                    if !already {
                        slow.entries.push((endpoint(e), new.user));
                    }
                    slow.known.retain(|known| known.user != new.user);
                    slow.known.push(new.clone());
                    let entered = room.enter(endpoint(e), new);
                    prop_assert_eq!((entered.first_of_user, entered.already), (first_of_user, already));
                }
                Step::Leave { endpoint: e } => {
                    let user = slow.user_of(endpoint(e));
                    slow.entries.retain(|(other, _)| *other != endpoint(e));
                    let left = room.leave(endpoint(e));
                    prop_assert_eq!(left.as_ref().map(|left| left.participant.user), user);
                    if let Some(left) = left {
                        prop_assert_eq!(left.last_of_user, !slow.has(left.participant.user));
                        prop_assert!(slow.known.contains(&left.participant));
                    }
                }
                Step::Permit { user, mask } => {
                    let here = slow.has(PrincipalId(user));
                    let mut news = false;
                    for known in slow.known.iter_mut().filter(|known| here && known.user.0 == user) {
                        news = known.permissions.0 != mask;
                        known.permissions = Permissions(mask);
                    }
                    prop_assert_eq!(room.update_permissions(PrincipalId(user), Permissions(mask)), news);
                }
                Step::Chat { kept } => {
                    let record = chat(room.head(), "step", kept);
                    prop_assert_eq!(room.record(&record), Ok(()));
                    head = advance(&head, &record);
                    slow.stored.extend(record.message);
                }
                Step::Join => {
                    let record = join(room.head());
                    prop_assert_eq!(room.record(&record), Ok(()));
                    head = advance(&head, &record);
                }
                Step::Stale { hash } => {
                    let mut other = head;
                    other.hash.0[0] ^= hash | 1;
                    prop_assert!(room.record(&chat(&other, "stale", true)).is_err());
                    let behind = Record { number: head.record, ..chat(&head, "stale", true) };
                    prop_assert!(room.record(&behind).is_err());
                }
            }
            slow.turn_roster(participant_limit);

            let users = slow.users();
            let mut endpoints: Vec<EndpointId> = slow.entries.iter().map(|(e, _)| *e).collect();
            endpoints.sort();
            prop_assert_eq!(room.head(), &head);
            prop_assert_eq!(room.user_count(), users.len());
            prop_assert_eq!(room.is_idle(), endpoints.is_empty());
            prop_assert_eq!(room.roster_visible(), !slow.roster_hidden);
            prop_assert_eq!(room.users().cloned().collect::<Vec<_>>(), users);
            prop_assert_eq!(room.endpoints().collect::<Vec<_>>(), endpoints);
            for id in 0..12 {
                let user = room.participant(endpoint(id)).map(|participant| participant.user);
                prop_assert_eq!(user, slow.user_of(endpoint(id)));
            }
            for user in (0..6).map(PrincipalId) {
                let expected = slow.entries.iter().filter(|(_, u)| *u == user).count();
                prop_assert_eq!(room.endpoints_of(user).count(), expected);
                prop_assert!(room.endpoints_of(user).all(|e| slow.user_of(e) == Some(user)));
            }
            for count in 0..8 {
                let newest = &slow.stored[slow.stored.len().saturating_sub(count)..];
                match room.recent(count) {
                    Some(recent) => prop_assert_eq!(recent, newest),
                    // Asking the store is right only for more than memory holds, when it may well have more.
                    None => prop_assert!(count > keep && slow.stored.len() >= keep),
                }
            }
        }
    }
}
