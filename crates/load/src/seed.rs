//! Makes a world: through the store's ports and offline, since through a server it would take hours.

use crate::{
    arrivals::Dice,
    progress::Progress,
    words,
    world::{PASSWORD, RoomPlan, World},
};
use anyhow::{Context, Result};
use causerie_accounts::{Accounts, Caps, Vault};
use causerie_model::{
    Actor, Category, CategoryId, ChainId, Change, Clock, Event, Extras, Group, Head, Invitations, Node,
    PrincipalId, Privacy, Random, Record, Role, Room, RoomId, RoomType, SipAddress, Timestamp, User,
};
use causerie_room::{advance, next_message, seal};
use causerie_store::{Batch, Journal};
use causerie_store_sqlite::{Options, SqliteStore};
use std::{
    fs::{DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
};
use tokio::sync::mpsc;
use uuid::Uuid;

/// The room database in a data directory.
pub(crate) const DATABASE: &str = "causerie.db";
/// The key that seals the NT hashes, in a data directory.
const KEY: &str = "secret.key";

/// Changes or records of one commit.
const BATCH: usize = 4_096;
/// Batches of old messages that are made in advance while one is committed.
const AHEAD: usize = 2;
/// Everything that is random comes from here.
const SEED: u64 = 0x6361_7573_6572_6965;
/// The one category.
const CATEGORY: CategoryId = CategoryId(1);
/// When the first old message of a room was posted: 2024-01-01T00:00:00Z.
const FIRST_MESSAGE: Timestamp = Timestamp(1_704_067_200_000_000);
/// Seconds between old messages of a room: a million take most of a year.
const MESSAGE_EVERY: i64 = 30;

/// Makes the world in a data directory that holds none.
pub(crate) async fn seed(world: &World, data_dir: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(data_dir);
    made.with_context(|| format!("the data directory {} can't be made", data_dir.display()))?;
    let key = Vault::new_key(&SeededRandom::new(SEED));
    write_key(&data_dir.join(KEY), &key)?;
    let store = Arc::new(SqliteStore::open(&data_dir.join(DATABASE), Options::default()).await?);
    put_changes(world, &store).await?;
    put_passwords(world, &store, Vault::from_hex(&key)?).await?;
    put_history(world, &store).await?;
    store.close().await;
    Ok(())
}

fn write_key(file: &Path, key: &str) -> Result<()> {
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(file)?;
        file.write_all(key.as_bytes())
    };
    write().with_context(|| format!("{} can't be written", file.display()))
}

/// The group that holds all users.
fn everyone(world: &World) -> PrincipalId {
    PrincipalId(world.users as i64 + 1)
}

/// The group that holds a room's members.
fn members(world: &World, room: usize) -> PrincipalId {
    PrincipalId(world.users as i64 + 2 + room as i64)
}

async fn put_changes(world: &World, store: &SqliteStore) -> Result<()> {
    let memberships: usize = world.rooms.iter().map(|room| room.seats().count()).sum();
    // A guess of what else there is, so that the end is about the end.
    let total = 2 * world.users + 2 * world.rooms.len() + memberships;
    let mut progress = Progress::new("users and rooms", total as u64);
    let users: Vec<User> = (0..world.users)
        .map(|number| user(world, number))
        .collect::<Result<_>>()?;
    let users = users.into_iter().map(Change::PutUser);
    let rooms = world
        .rooms
        .iter()
        .enumerate()
        .flat_map(|(number, room)| room_changes(world, number, room));
    let mut changes = users.chain(scope(world)).chain(rooms).peekable();
    while changes.peek().is_some() {
        let batch = Batch {
            changes: changes.by_ref().take(BATCH).collect(),
            records: Vec::new(),
        };
        store.append(&batch).await?;
        progress.add(batch.changes.len() as u64);
    }
    Ok(())
}

fn user(world: &World, number: usize) -> Result<User> {
    Ok(User {
        id: World::principal(number),
        address: SipAddress::parse(&world.user(number))?,
        display_name: display_name(number),
        enabled: true,
        policy: None,
        site: None,
    })
}

fn display_name(number: usize) -> String {
    format!("User {number}")
}

/// The category, and all users allowed in it.
fn scope(world: &World) -> impl Iterator<Item = Change> + '_ {
    let category = Category {
        id: CATEGORY,
        guid: Uuid::from_u128(u128::from(SEED)),
        name: "Load".to_owned(),
        description: "Rooms of a load run".to_owned(),
        invitations: false,
        file_upload: false,
        history: true,
        compliance: causerie_model::ComplianceMode::Open,
        audit: causerie_model::Audit::default(),
    };
    let group = everyone(world);
    let all = (0..world.users).map(move |number| Change::AddToGroup {
        group,
        member: World::principal(number),
    });
    let first = [
        Change::PutGroup(Group {
            id: group,
            name: "Everyone".to_owned(),
            kind: causerie_model::GroupKind::Group,
        }),
        Change::PutCategory(category),
        Change::Grant {
            node: Node::Category(CATEGORY),
            role: Role::Allowed,
            principal: group,
        },
    ];
    first.into_iter().chain(all)
}

/// A room, and who is a member.
fn room_changes<'a>(
    world: &'a World,
    number: usize,
    plan: &'a RoomPlan,
) -> impl Iterator<Item = Change> + 'a {
    let room = World::room(number);
    let group = members(world, number);
    let put = Change::PutRoom(Room {
        id: room,
        guid: plan.guid,
        category: CATEGORY,
        name: format!("Room {number}"),
        description: String::new(),
        room_type: RoomType::Normal,
        privacy: Privacy::Closed,
        invitations: Invitations::Inherit,
        disabled: false,
        addin: None,
        audit: causerie_model::Audit::default(),
    });
    let grant = move |principal| Change::Grant {
        node: Node::Room(room),
        role: Role::Member,
        principal,
    };
    let by_group = plan.by_group.then(|| {
        let name = format!("Members of room {number}");
        [
            Change::PutGroup(Group {
                id: group,
                name,
                kind: causerie_model::GroupKind::Group,
            }),
            grant(group),
        ]
    });
    let each = plan.seats().map(move |user| {
        let member = World::principal(user);
        if plan.by_group {
            Change::AddToGroup { group, member }
        } else {
            grant(member)
        }
    });
    [put]
        .into_iter()
        .chain(by_group.into_iter().flatten())
        .chain(each)
}

/// Randomness that a seed repeats: for a world, not for secrets.
pub(crate) struct SeededRandom(Mutex<Dice>);

impl SeededRandom {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(Dice::new(seed)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }
}

/// A clock for what asks for the present without need.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        FIRST_MESSAGE
    }
}

async fn put_passwords(world: &World, store: &Arc<SqliteStore>, vault: Vault) -> Result<()> {
    let random = Arc::new(SeededRandom::new(SEED + 1));
    let accounts = Accounts::new(store.clone(), vault, Caps::default(), Arc::new(Stopped), random);
    let users: Vec<PrincipalId> = (0..world.users).map(World::principal).collect();
    let mut progress = Progress::new("passwords", users.len() as u64);
    for some in users.chunks(BATCH) {
        accounts.set_password_of_all(some, PASSWORD).await?;
        progress.add(some.len() as u64);
    }
    Ok(())
}

/// Old messages. They are made in a thread of their own while those before are committed.
async fn put_history(world: &World, store: &SqliteStore) -> Result<()> {
    let total = world.rooms.iter().map(|room| room.history).sum();
    let mut progress = Progress::new("old messages", total);
    let (made, mut to_commit) = mpsc::channel::<Vec<Record>>(AHEAD);
    let world = world.clone();
    // Ends early when the store takes no more.
    let maker = thread::spawn(move || make_history(&world, |batch| made.blocking_send(batch).is_ok()));
    while let Some(records) = to_commit.recv().await {
        let batch = Batch {
            changes: Vec::new(),
            records,
        };
        store.append(&batch).await?;
        progress.add(batch.records.len() as u64);
    }
    // The channel is closed: it has ended.
    maker
        .join()
        .map_err(|_| anyhow::anyhow!("the thread that makes old messages broke"))
}

/// Makes the records of all old messages, room by room, and gives them away in batches for as long as they are taken.
fn make_history(world: &World, mut give: impl FnMut(Vec<Record>) -> bool) {
    let mut dice = Dice::new(SEED + 2);
    let mut batch = Vec::with_capacity(BATCH);
    for (number, plan) in world.rooms.iter().enumerate() {
        let seats: Vec<usize> = plan.seats().collect();
        let mut head = Head::START;
        for at in 0..plan.history {
            // A room without members has them from somebody who was one.
            let author = match seats.len() {
                0 => 0,
                count => seats[dice.below(count)],
            };
            let at = FIRST_MESSAGE.plus_seconds(at as i64 * MESSAGE_EVERY);
            let record = old_message(world, World::room(number), &head, at, author, &mut dice);
            head = advance(&head, &record);
            batch.push(record);
            if batch.len() == BATCH && !give(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))) {
                return;
            }
        }
    }
    if !batch.is_empty() {
        give(batch);
    }
}

fn old_message(
    world: &World,
    room: RoomId,
    head: &Head,
    at: Timestamp,
    author: usize,
    dice: &mut Dice,
) -> Record {
    #[expect(clippy::expect_used, reason = "it was read when the users were made")]
    let address = SipAddress::parse(&world.user(author)).expect("an address");
    let text = words::text(dice);
    let name = display_name(author);
    let message = next_message(head, room, at, address.clone(), name, text, Extras::default());
    let event = Event::Chat {
        message: Arc::new(message),
        kept: true,
    };
    seal(ChainId::Room(room), head, at, &Actor::User(address), &event)
}
