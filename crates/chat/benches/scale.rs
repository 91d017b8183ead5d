//! What a join, a look for rooms and a change of scope cost in a small and in a large world: rooms and entries in their
//! lists must not slow them.
//!
//! `cargo bench -p causerie-chat --bench scale`, or with `-- ROOMS ENTRIES` for a world of another size.

use causerie_chat::{
    Action, Among, Answer, Association, Chat, Deliveries, Delivery, Endpoint, Needs, NodeName, Operation,
    PrincipalName, Question, RoomSearch, Settings,
};
use causerie_model::{
    Actor, Audit, Category, CategoryId, Change, Clock, Group, GroupKind, Invitations, Match, Node,
    PrincipalId, Privacy, Random, Role, Room, RoomId, RoomType, Timestamp, User,
};
use causerie_store::{Batch, Store};
use causerie_store_sqlite::{Options, SqliteStore};
use std::{
    fs,
    future::poll_fn,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::time::Instant;
use uuid::Uuid;

const USERS: i64 = 20_000;
const GROUPS: i64 = 2_000;
/// Groups that a user is put into. Each of them is in one of the next level, and so on up to one that holds all.
const GROUPS_OF_USER: i64 = 10;
const ROOMS_OF_CATEGORY: i64 = 1_000;
/// Rooms that a user joins at sign-in.
const ROOMS_JOINED: usize = 24;
const JOINS: usize = 500;
/// Changes in one commit while the world is made.
const CHUNK: usize = 50_000;

/// Numbers that look random and are the same in every run.
struct Numbers(AtomicU64);

impl Numbers {
    fn below(&self, limit: i64) -> i64 {
        let mut state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((state ^ (state >> 31)) % limit.unsigned_abs()).cast_signed()
    }
}

impl Random for Numbers {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| u8::try_from(self.below(256)).unwrap_or_default());
    }
}

struct Counting(AtomicU64);

impl Clock for Counting {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed).cast_signed())
    }
}

fn group_id(number: i64) -> PrincipalId {
    PrincipalId(USERS + 1 + number)
}

fn room_guid(room: i64) -> Uuid {
    Uuid::from_u128(u128::from(room.unsigned_abs()))
}

/// Everything in a world with so many rooms and entries.
fn world(rooms: i64, entries: i64) -> impl Iterator<Item = Change> {
    let numbers = Arc::new(Numbers(AtomicU64::new(1)));
    let users = (1..=USERS).map(|id| {
        Change::PutUser(User {
            id: PrincipalId(id),
            address: format!("u{id}@example.test").parse().expect("an address"),
            display_name: format!("User {id}"),
            enabled: true,
            policy: None,
            site: None,
        })
    });
    let groups = (0..GROUPS).map(|number| {
        Change::PutGroup(Group {
            id: group_id(number),
            name: format!("Group {number}"),
            kind: GroupKind::Group,
        })
    });
    // A tree: group n is in group n / 2, so that a user of ten groups has some seventy above him.
    let nested = (1..GROUPS).map(|number| Change::AddToGroup {
        group: group_id(number / 2),
        member: group_id(number),
    });
    let chosen = numbers.clone();
    let members = (0..USERS * GROUPS_OF_USER).map(move |number| Change::AddToGroup {
        group: group_id(GROUPS / 2 + chosen.below(GROUPS / 2)),
        member: PrincipalId(number / GROUPS_OF_USER + 1),
    });
    let categories = (1..=(rooms + ROOMS_OF_CATEGORY - 1) / ROOMS_OF_CATEGORY).flat_map(|id| {
        let category = Category {
            id: CategoryId(id),
            guid: Uuid::from_u128(u128::MAX - u128::from(id.unsigned_abs())),
            name: format!("Category {id}"),
            description: String::new(),
            invitations: false,
            file_upload: false,
            history: true,
            compliance: causerie_model::ComplianceMode::Open,
            audit: Audit::default(),
        };
        let allowed = Change::Grant {
            node: Node::Category(CategoryId(id)),
            role: Role::Allowed,
            principal: group_id(0),
        };
        [Change::PutCategory(category), allowed]
    });
    let each = entries / rooms;
    let rooms = (1..=rooms).flat_map(move |id| {
        let numbers = numbers.clone();
        let room = Change::PutRoom(Room {
            id: RoomId(id),
            guid: room_guid(id),
            category: CategoryId((id - 1) / ROOMS_OF_CATEGORY + 1),
            name: format!("Room {id}"),
            description: format!("What desk {id} talks about"),
            room_type: RoomType::Normal,
            privacy: Privacy::Closed,
            invitations: Invitations::Off,
            disabled: false,
            addin: None,
            audit: Audit::default(),
        });
        let entries = (0..each).map(move |_| Change::Grant {
            node: Node::Room(RoomId(id)),
            role: Role::Member,
            principal: PrincipalId(numbers.below(USERS) + 1),
        });
        std::iter::once(room).chain(entries)
    });
    users
        .chain(groups)
        .chain(nested)
        .chain(members)
        .chain(categories)
        .chain(rooms)
}

async fn make(path: &Path, rooms: i64, entries: i64) {
    let store = SqliteStore::open(path, Options::default())
        .await
        .expect("a database");
    let parts = Arc::new(store).parts();
    let mut changes = world(rooms, entries);
    loop {
        let batch = Batch {
            changes: changes.by_ref().take(CHUNK).collect(),
            records: Vec::new(),
        };
        if batch.changes.is_empty() {
            return;
        }
        parts.journal.append(&batch).await.expect("a commit");
    }
}

fn resident_megabytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}

struct Device {
    endpoint: Endpoint,
    deliveries: Deliveries,
    token: u64,
}

impl Device {
    fn new(chat: &Chat, user: i64) -> Self {
        let (endpoint, deliveries) = chat.attach(PrincipalId(user)).expect("a device");
        Self {
            endpoint,
            deliveries,
            token: 0,
        }
    }

    /// Asks, and gives back the microseconds until the answer.
    async fn ask(&mut self, operation: Operation) -> f64 {
        self.token += 1;
        let begun = Instant::now();
        self.endpoint
            .submit(self.token, operation)
            .expect("room in the queue");
        loop {
            match poll_fn(|context| self.deliveries.poll_next(context)).await {
                Some(Delivery::Answer(answer)) if answer.token == self.token => {
                    let Answer { result, .. } = *answer;
                    result.expect("what is permitted");
                    return begun.elapsed().as_secs_f64() * 1e6;
                }
                Some(_) => {}
                None => panic!("cut off"),
            }
        }
    }
}

fn find(criteria: String) -> Operation {
    Operation::Ask(Box::new(Question::FindRooms(RoomSearch {
        among: Among::All,
        criteria,
        words: Match::All,
        descriptions: false,
        limit: 100,
    })))
}

fn tell(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |part: f64| {
        times
            .get((times.len() as f64 * part) as usize)
            .copied()
            .unwrap_or_default()
    };
    println!("  {what:<44} p50 {:>9.0} µs   p99 {:>9.0} µs", at(0.5), at(0.99));
}

async fn measure(rooms: i64, entries: i64) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("mgc.sqlite");
    make(&path, rooms, entries).await;
    println!("{rooms} rooms, {entries} entries, {USERS} users in {GROUPS} groups");
    let before = resident_megabytes();
    let begun = Instant::now();
    let store = SqliteStore::open(&path, Options::default())
        .await
        .expect("a database");
    let store = Arc::new(store);
    let parts = store.clone().parts();
    let needs = Needs {
        journal: parts.journal,
        catalogue: parts.catalogue,
        history: parts.history,
        preferences: parts.preferences,
        invitations: parts.invitations,
        queue: store,
        alarms: Arc::new(()),
        clock: Arc::new(Counting(AtomicU64::new(1))),
        random: Arc::new(Numbers(AtomicU64::new(7))),
    };
    let chat = Chat::start(Settings::default(), needs).await.expect("a service");
    println!(
        "  started in {:.1} s, {:.0} MB more resident",
        begun.elapsed().as_secs_f64(),
        resident_megabytes() - before
    );
    let numbers = Numbers(AtomicU64::new(42));
    let mut devices = Vec::new();
    let (mut single, mut batch, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..JOINS {
        let user = numbers.below(USERS) + 1;
        let member_of: Vec<Uuid> = chat
            .catalogue()
            .entries(PrincipalId(user))
            .filter_map(|(node, _)| match node {
                Node::Room(room) => Some(room_guid(room.0)),
                Node::Category(_) => None,
            })
            .collect();
        let mut device = Device::new(&chat, user);
        if let [first, others @ ..] = member_of.as_slice() {
            single.push(device.ask(Operation::Join { rooms: vec![*first] }).await);
            if others.len() >= ROOMS_JOINED {
                let rooms = others[..ROOMS_JOINED].to_vec();
                batch.push(device.ask(Operation::Join { rooms }).await);
            }
        }
        devices.push(device);
    }
    for device in devices.iter_mut().take(10) {
        let criteria = format!("room {}", numbers.below(rooms));
        found.push(device.ask(find(criteria)).await);
    }
    tell("a join of one room", single);
    if !batch.is_empty() {
        tell(&format!("a join of {ROOMS_JOINED} rooms at once"), batch);
    }
    tell("a search for rooms by name", found);
    let mut mine = Vec::new();
    for device in &mut devices {
        let question = Question::MyRooms {
            association: Association::Member,
            limit: 999,
        };
        mine.push(device.ask(Operation::Ask(Box::new(question))).await);
    }
    tell("the rooms that a user is a member of", mine);
    let mut scope = Vec::new();
    for user in 1..=5 {
        for (role, grant) in [(Role::Denied, true), (Role::Denied, false)] {
            let node = NodeName::Category("Category 1".to_owned());
            let principal = PrincipalName::User(format!("u{user}@example.test").parse().expect("an address"));
            let action = if grant {
                Action::Grant {
                    node,
                    role,
                    principal,
                }
            } else {
                Action::Revoke {
                    node,
                    role,
                    principal,
                }
            };
            let begun = Instant::now();
            chat.act(Actor::System, action).await.expect("a change");
            scope.push(begun.elapsed().as_secs_f64() * 1e6);
        }
    }
    tell("a change of a scope that 1,000 rooms are in", scope);
}

fn main() {
    let given: Vec<i64> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let worlds = match given.as_slice() {
        [rooms, entries, ..] => vec![(*rooms, *entries)],
        _ => vec![(1_000, 20_000), (10_000, 200_000), (100_000, 2_000_000)],
    };
    for (rooms, entries) in worlds {
        runtime.block_on(measure(rooms, entries));
    }
}
