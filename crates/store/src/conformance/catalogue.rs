//! Cases of [`crate::CatalogueStore`] and of the changes that build up what it loads.

use super::{
    Database,
    world::{a_category, a_room, address, category, changes, commit, group, refused, room, user},
};
use crate::Parts;
use causerie_model::{
    Addin, AddinId, Alias, Audit, Barrier, BarrierId, Catalogue, Category, CategoryId, Change,
    ComplianceMode, Configuration, Group, GroupKind, Invitations, Node, Policy, PrincipalId, Privacy, Role,
    Room, RoomId, RoomType, Scope, Timestamp, User,
};
use uuid::Uuid;

/// Everything in a catalogue that can be asked for, to compare two of them.
#[derive(Debug, PartialEq, Eq)]
struct Picture {
    users: Vec<User>,
    groups: Vec<(Group, Vec<PrincipalId>)>,
    categories: Vec<Category>,
    rooms: Vec<Room>,
    roles: Vec<(Node, Role, Vec<PrincipalId>)>,
    barriers: Vec<Barrier>,
    addins: Vec<Addin>,
    policies: Vec<Policy>,
    configurations: Vec<Configuration>,
    aliases: Vec<Alias>,
}

impl Picture {
    fn of(catalogue: &Catalogue) -> Self {
        let nodes = catalogue
            .categories()
            .map(|category| Node::Category(category.id))
            .chain(catalogue.rooms().map(|room| Node::Room(room.id)));
        Self {
            users: catalogue.users().cloned().collect(),
            groups: catalogue
                .groups()
                .map(|group| (group.clone(), catalogue.group_members(group.id).collect()))
                .collect(),
            categories: catalogue.categories().cloned().collect(),
            rooms: catalogue.rooms().cloned().collect(),
            roles: nodes
                .flat_map(|node| Role::ALL.iter().map(move |&role| (node, role)))
                .map(|(node, role)| (node, role, catalogue.holders(node, role).collect()))
                .collect(),
            barriers: catalogue.barriers().cloned().collect(),
            addins: catalogue.addins().cloned().collect(),
            policies: catalogue.policies().cloned().collect(),
            configurations: catalogue.configurations().cloned().collect(),
            aliases: catalogue.aliases().cloned().collect(),
        }
    }
}

async fn load(parts: &Parts) -> Catalogue {
    parts.catalogue.load().await.expect("the catalogue is loaded")
}

fn grant(node: Node, role: Role, principal: i64) -> Change {
    Change::Grant {
        node,
        role,
        principal: PrincipalId(principal),
    }
}

fn revoke(node: Node, role: Role, principal: i64) -> Change {
    Change::Revoke {
        node,
        role,
        principal: PrincipalId(principal),
    }
}

fn nest(group: i64, member: i64) -> Change {
    Change::AddToGroup {
        group: PrincipalId(group),
        member: PrincipalId(member),
    }
}

const CATEGORY: Node = Node::Category(CategoryId(1));
const ROOM: Node = Node::Room(RoomId(1));

/// A life with every kind of change in it.
fn script() -> Vec<Change> {
    vec![
        user(1, "ann@x.test"),
        user(2, "bob@x.test"),
        group(3, "Desk"),
        group(4, "Étage"),
        user(5, "eve@x.test"),
        category(1, "Trading"),
        category(2, "Empty"),
        room(1, 1, "Rates"),
        room(2, 1, "Équities"),
        room(3, 1, "Doomed"),
        nest(3, 1),
        nest(3, 1),
        nest(3, 2),
        nest(4, 3),
        nest(3, 4),
        grant(CATEGORY, Role::Allowed, 3),
        grant(CATEGORY, Role::Denied, 2),
        grant(CATEGORY, Role::Creator, 1),
        grant(Node::Category(CategoryId(2)), Role::Allowed, 1),
        grant(ROOM, Role::Member, 1),
        grant(ROOM, Role::Member, 1),
        grant(ROOM, Role::Member, 4),
        grant(ROOM, Role::Manager, 2),
        grant(ROOM, Role::Presenter, 5),
        grant(Node::Room(RoomId(3)), Role::Member, 5),
        revoke(ROOM, Role::Member, 1),
        revoke(ROOM, Role::Member, 2),
        // A group is no user, and a user no group: nothing goes.
        Change::RemoveUser(PrincipalId(3)),
        Change::RemoveGroup(PrincipalId(1)),
        // Other properties, and names that become free for others.
        user(1, "anna@x.test"),
        user(6, "ann@x.test"),
        group(4, "Floor"),
        group(7, "étage"),
        category(2, "Void"),
        room(1, 2, "Bonds"),
        room(4, 1, "rates"),
        Change::RemoveFromGroup {
            group: PrincipalId(3),
            member: PrincipalId(2),
        },
        Change::RemoveRoom(RoomId(3)),
        Change::RemoveUser(PrincipalId(5)),
        Change::RemoveGroup(PrincipalId(4)),
        // A row may be used again, with nothing of its past.
        user(5, "eve2@x.test"),
        room(1, 1, "Bonds"),
        Change::RemoveCategory(CategoryId(2)),
        // Barriers, add-ins, policies, settings and aliases.
        group(8, "Brokers"),
        Change::PutGroup(Group {
            id: PrincipalId(9),
            name: "y.test".to_owned(),
            kind: GroupKind::Domain,
        }),
        user(10, "dora@y.test"),
        barrier(1, "Wall", 8, 9),
        barrier(2, "Fence", 7, 8),
        barrier(1, "wall", 7, 9),
        Change::RemoveBarrier(BarrierId(2)),
        addin(1, "Rates", "https://rates.x.test/"),
        addin(2, "News", "https://news.x.test/"),
        Change::PutRoom(Room {
            addin: Some(AddinId(1)),
            ..a_room(2, 1, "Équities")
        }),
        addin(1, "Prices", "https://prices.x.test/"),
        Change::RemoveAddin(AddinId(2)),
        policy(Scope::Global, false),
        policy(Scope::Tag("Traders".to_owned()), true),
        policy(Scope::Global, true),
        Change::RemovePolicy(Scope::Tag("Traders".to_owned())),
        Change::RemovePolicy(Scope::Tag("Nobody".to_owned())),
        configuration(Scope::Global, Some(31)),
        configuration(Scope::Service("chat1".to_owned()), None),
        configuration(Scope::Global, None),
        Change::RemoveConfiguration(Scope::Service("chat1".to_owned())),
        alias("ocschat@x.test", "Rooms"),
        alias("chat@x.test", "Old"),
        alias("ocschat@x.test", "Group Chat"),
        Change::RemoveAlias(address("chat@x.test")),
    ]
}

fn barrier(id: i64, name: &str, one: i64, other: i64) -> Change {
    Change::PutBarrier(Barrier {
        id: BarrierId(id),
        name: name.to_owned(),
        sides: [PrincipalId(one), PrincipalId(other)],
    })
}

fn addin(id: i64, name: &str, url: &str) -> Change {
    Change::PutAddin(Addin {
        id: AddinId(id),
        guid: Uuid::from_u128(0xadd_0000 + u128::from(id.unsigned_abs())),
        name: name.to_owned(),
        url: url.to_owned(),
    })
}

fn policy(scope: Scope, enable_persistent_chat: bool) -> Change {
    Change::PutPolicy(Policy {
        scope,
        enable_persistent_chat,
        description: "Why".to_owned(),
    })
}

fn configuration(scope: Scope, history: Option<u16>) -> Change {
    Change::PutConfiguration(Configuration {
        default_chat_history: history,
        max_file_kb: history.map(u32::from),
        participant_update_limit: Some(80),
        room_management_url: history.map(|_| "https://rooms.x.test/".to_owned()),
        ..Configuration::empty(scope)
    })
}

fn alias(at: &str, display_name: &str) -> Change {
    Change::PutAlias(Alias {
        address: address(at),
        display_name: display_name.to_owned(),
    })
}

/// Store and memory never part: checked after every single change, and after all of them at once.
pub async fn every_change_is_loaded_as_the_catalogue_applies_it(database: &dyn Database) {
    let parts = database.open().await;
    let mut expected = Catalogue::default();
    for change in script() {
        commit(&parts, &changes(vec![change.clone()])).await;
        expected.apply(&change);
        assert_eq!(
            Picture::of(&load(&parts).await),
            Picture::of(&expected),
            "after {change:?}"
        );
    }
    drop(parts);
    let parts = database.open().await;
    assert_eq!(Picture::of(&load(&parts).await), Picture::of(&expected));
}

/// Every value of every property.
pub async fn all_properties_are_kept(database: &dyn Database) {
    let parts = database.open().await;
    let mut expected = Catalogue::default();
    let mut batch = vec![Change::PutUser(User {
        id: PrincipalId(1),
        address: address("ö'ann@x.test"),
        display_name: "Ann \"the\" Ö 😀".to_owned(),
        enabled: false,
        policy: Some("Traders".to_owned()),
        site: Some("Zürich".to_owned()),
    })];
    for (id, &kind) in (2..).zip(GroupKind::ALL) {
        batch.push(Change::PutGroup(Group {
            id: PrincipalId(id),
            name: format!("{kind}.test"),
            kind,
        }));
    }
    for bits in 0..16 {
        batch.push(Change::PutCategory(Category {
            invitations: bits & 1 != 0,
            file_upload: bits & 2 != 0,
            history: bits & 4 != 0,
            compliance: ComplianceMode::ALL[usize::from(bits & 8 != 0)],
            audit: audit(),
            ..a_category(bits + 1, &format!("Category {bits}"))
        }));
    }
    let mut id = 0;
    for &privacy in Privacy::ALL {
        for &room_type in RoomType::ALL {
            for &invitations in Invitations::ALL {
                id += 1;
                let disabled = id % 2 == 0;
                let room = a_room(id, 1 + id % 8, &format!("Room {id}"));
                batch.push(Change::PutRoom(Room {
                    privacy,
                    room_type,
                    invitations,
                    disabled,
                    audit: audit(),
                    ..room
                }));
            }
        }
    }
    batch.iter().for_each(|change| expected.apply(change));
    commit(&parts, &changes(batch)).await;
    assert_eq!(Picture::of(&load(&parts).await), Picture::of(&expected));
}

fn audit() -> Audit {
    Audit::made("admin:unix:root", Timestamp(1)).changed("sip:ann@x.test", Timestamp(2))
}

/// A group on one side of a barrier, and an add-in that a room has, can't go.
pub async fn what_is_in_use_can_not_be_removed(database: &dyn Database) {
    let parts = database.open().await;
    let batch = vec![
        group(1, "Brokers"),
        group(2, "Analysts"),
        barrier(1, "Wall", 1, 2),
        addin(1, "Rates", "https://rates.x.test/"),
        category(1, "Trading"),
        Change::PutRoom(Room {
            addin: Some(AddinId(1)),
            ..a_room(1, 1, "Rates")
        }),
    ];
    commit(&parts, &changes(batch)).await;
    for id in [1, 2] {
        refused(&parts, &changes(vec![Change::RemoveGroup(PrincipalId(id))])).await;
    }
    refused(&parts, &changes(vec![Change::RemoveAddin(AddinId(1))])).await;
    refused(&parts, &changes(vec![barrier(2, "WALL", 1, 2)])).await;
    refused(&parts, &changes(vec![addin(2, "RATES", "https://x.test/")])).await;
}

/// One who comes later with the same row inherits nothing.
pub async fn a_removed_user_leaves_nothing_behind(database: &dyn Database) {
    let parts = database.open().await;
    let batch = vec![
        user(1, "ann@x.test"),
        group(2, "Desk"),
        category(1, "Trading"),
        room(1, 1, "Rates"),
        nest(2, 1),
        grant(CATEGORY, Role::Allowed, 1),
        grant(ROOM, Role::Manager, 1),
        Change::RemoveUser(PrincipalId(1)),
        user(1, "mallory@x.test"),
    ];
    commit(&parts, &changes(batch)).await;
    let catalogue = load(&parts).await;
    assert_eq!(catalogue.group_members(PrincipalId(2)).count(), 0);
    assert!(!catalogue.has_holders(CATEGORY, Role::Allowed));
    assert!(!catalogue.has_holders(ROOM, Role::Manager));
}

/// Also beyond ASCII, where databases differ.
pub async fn names_are_unique_in_any_case(database: &dyn Database) {
    let parts = database.open().await;
    let batch = vec![group(1, "Étage"), category(1, "Börse"), room(1, 1, "Zinsen Ä")];
    commit(&parts, &changes(batch)).await;
    refused(&parts, &changes(vec![group(2, "éTAGE")])).await;
    refused(&parts, &changes(vec![category(2, "BÖRSE")])).await;
    refused(&parts, &changes(vec![room(2, 1, "zinsen ä")])).await;
    // A user may be called like a group, and a category like a room.
    commit(
        &parts,
        &changes(vec![category(2, "Zinsen Ä"), room(2, 2, "Börse")]),
    )
    .await;
}

/// Two users can't share an address.
pub async fn an_address_belongs_to_one_user(database: &dyn Database) {
    let parts = database.open().await;
    commit(&parts, &changes(vec![user(1, "ann@x.test")])).await;
    refused(&parts, &changes(vec![user(2, "ANN@x.test")])).await;
    assert_eq!(load(&parts).await.users().count(), 1);
}

/// Rooms must not lose their category.
pub async fn a_category_with_rooms_can_not_be_removed(database: &dyn Database) {
    let parts = database.open().await;
    commit(
        &parts,
        &changes(vec![category(1, "Trading"), room(1, 1, "Rates")]),
    )
    .await;
    refused(&parts, &changes(vec![Change::RemoveCategory(CategoryId(1))])).await;
    commit(
        &parts,
        &changes(vec![
            Change::RemoveRoom(RoomId(1)),
            Change::RemoveCategory(CategoryId(1)),
        ]),
    )
    .await;
    assert_eq!(load(&parts).await.categories().count(), 0);
}

/// Nor begin without one.
pub async fn a_room_needs_its_category(database: &dyn Database) {
    let parts = database.open().await;
    refused(&parts, &changes(vec![room(1, 1, "Rates")])).await;
    assert_eq!(load(&parts).await.rooms().count(), 0);
}

/// A role is between two that exist.
pub async fn a_role_needs_its_node_and_its_principal(database: &dyn Database) {
    let parts = database.open().await;
    commit(
        &parts,
        &changes(vec![
            user(1, "ann@x.test"),
            category(1, "Trading"),
            room(1, 1, "Rates"),
        ]),
    )
    .await;
    for change in [
        grant(ROOM, Role::Member, 2),
        grant(Node::Room(RoomId(2)), Role::Member, 1),
        grant(CATEGORY, Role::Allowed, 2),
        grant(Node::Category(CategoryId(2)), Role::Allowed, 1),
        nest(1, 2),
        nest(2, 1),
    ] {
        refused(&parts, &changes(vec![change])).await;
    }
}

/// As [`Role::fits`] says.
pub async fn a_role_is_held_only_where_it_fits(database: &dyn Database) {
    let parts = database.open().await;
    commit(
        &parts,
        &changes(vec![
            user(1, "ann@x.test"),
            category(1, "Trading"),
            room(1, 1, "Rates"),
        ]),
    )
    .await;
    for &role in Role::ALL {
        for node in [CATEGORY, ROOM] {
            let batch = changes(vec![grant(node, role, 1)]);
            if role.fits(node) {
                commit(&parts, &batch).await;
            } else {
                refused(&parts, &batch).await;
            }
        }
    }
}

/// Users and groups share one number space.
pub async fn a_group_can_not_become_a_user(database: &dyn Database) {
    let parts = database.open().await;
    commit(&parts, &changes(vec![group(1, "Desk"), user(2, "ann@x.test")])).await;
    refused(&parts, &changes(vec![user(1, "bob@x.test")])).await;
    refused(&parts, &changes(vec![group(2, "Floor")])).await;
}

/// Clients and compliance files name rooms by it.
pub async fn a_guid_never_changes(database: &dyn Database) {
    let parts = database.open().await;
    commit(
        &parts,
        &changes(vec![category(1, "Trading"), room(1, 1, "Rates")]),
    )
    .await;
    let guid = Uuid::from_u128(99);
    refused(
        &parts,
        &changes(vec![Change::PutRoom(Room {
            guid,
            ..a_room(1, 1, "Rates")
        })]),
    )
    .await;
    refused(
        &parts,
        &changes(vec![Change::PutCategory(Category {
            guid,
            ..a_category(1, "Trading")
        })]),
    )
    .await;
    let taken = a_room(1, 1, "Rates").guid;
    refused(
        &parts,
        &changes(vec![Change::PutRoom(Room {
            guid: taken,
            ..a_room(2, 1, "Bonds")
        })]),
    )
    .await;
}

/// It is gone, as was wanted.
pub async fn taking_away_what_is_not_there_is_no_error(database: &dyn Database) {
    let parts = database.open().await;
    commit(&parts, &changes(vec![group(1, "Desk")])).await;
    let batch = vec![
        Change::RemoveUser(PrincipalId(9)),
        // A group isn't a user.
        Change::RemoveUser(PrincipalId(1)),
        Change::RemoveGroup(PrincipalId(9)),
        Change::RemoveCategory(CategoryId(9)),
        Change::RemoveRoom(RoomId(9)),
        Change::RemoveFromGroup {
            group: PrincipalId(9),
            member: PrincipalId(9),
        },
        revoke(ROOM, Role::Member, 9),
    ];
    commit(&parts, &changes(batch)).await;
    assert_eq!(load(&parts).await.groups().count(), 1);
}

/// Clients forget what they cached when it changes.
pub async fn the_identity_stays_and_is_not_shared(database: &dyn Database) {
    let (one, again) = (database.open().await, database.open().await);
    let id = one.catalogue.database_id().await.expect("an identity");
    assert_eq!(again.catalogue.database_id().await.expect("an identity"), id);
    assert_eq!(id.get_version_num(), 4);
}

/// Its records tell what it is from the beginning.
pub async fn what_is_made_here_needs_no_announcement(database: &dyn Database) {
    let parts = database.open().await;
    let made = vec![category(1, "General"), room(1, 1, "Lobby")];
    commit(&parts, &changes(made)).await;
    let unannounced = parts.catalogue.unannounced().await.expect("it is read");
    assert_eq!(unannounced, []);
    // Nor does taking out what isn't there harm.
    let announced = vec![Change::Announce(Node::Room(RoomId(1)))];
    commit(&parts, &changes(announced)).await;
}
