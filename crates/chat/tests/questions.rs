//! What users look up: rooms, lists, people, categories and add-ins, each as far as the rules let them.

mod common;

use causerie_chat::{
    Action, Among, Association, MAX_ROOM_SEARCH_WORDS, NewCategory, NewRoom, NodeName, Operation, Outcome,
    PrincipalKind, PrincipalName, PrincipalRef, Question, Refusal, RoomChange, RoomFilter, RoomSearch,
    Settings, UserSearch,
};
use causerie_model::{GroupKind, Invitations, Match, Permissions, Privacy, Role, RoomType, principal_guid};
use common::{Device, World, address};
use uuid::Uuid;

fn search(among: Among) -> RoomSearch {
    RoomSearch {
        among,
        criteria: String::new(),
        words: Match::Any,
        descriptions: false,
        limit: 100,
    }
}

fn by_words(criteria: &str, words: Match) -> RoomSearch {
    RoomSearch {
        criteria: criteria.to_owned(),
        words,
        ..search(Among::All)
    }
}

fn filter(filter: RoomFilter) -> RoomSearch {
    search(Among::Filter(Box::new(filter)))
}

async fn ask(device: &mut Device, question: Question) -> Result<Outcome, Refusal> {
    device.ask(Operation::Ask(Box::new(question))).await
}

/// Names of what was found, or the name of the refusal.
async fn names(device: &mut Device, question: Question) -> Vec<String> {
    let of = |kind: &PrincipalKind| match kind {
        PrincipalKind::User { address, .. } => address.user().to_owned(),
        PrincipalKind::Group { name, .. } => format!("[{name}]"),
    };
    match ask(device, question).await {
        Ok(Outcome::Rooms(rooms)) => rooms.into_iter().map(|found| found.room.name).collect(),
        Ok(Outcome::Categories(found)) => found.into_iter().map(|found| found.name).collect(),
        Ok(Outcome::Addins(found)) => found.into_iter().map(|found| found.name).collect(),
        Ok(Outcome::Principals { principals, more } | Outcome::Role { principals, more, .. }) => {
            let mut names: Vec<String> = principals.iter().map(|found| of(&found.kind)).collect();
            names.extend(more.then(|| "and more".to_owned()));
            names
        }
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => vec![format!("refused: {}", refusal.name())],
    }
}

async fn rooms(device: &mut Device, search: RoomSearch) -> Vec<String> {
    names(device, Question::FindRooms(search)).await
}

async fn mine(device: &mut Device, association: Association) -> Vec<String> {
    let limit = 100;
    names(device, Question::MyRooms { association, limit }).await
}

async fn disable(world: &World, room: &str) {
    world
        .act(Action::ChangeRoom {
            name: room.to_owned(),
            change: RoomChange {
                disabled: Some(true),
                ..RoomChange::default()
            },
        })
        .await;
}

async fn manager(world: &World, room: &str, name: &str) {
    world
        .grant(NodeName::Room(room.to_owned()), Role::Manager, name)
        .await;
}

#[tokio::test]
async fn rooms_are_found_by_words_in_every_way() {
    let world = World::new().await;
    for name in ["Trading floor", "Trading desk", "Front desk"] {
        world.room(name, Privacy::Open, RoomType::Normal, &[]).await;
    }
    let mut carol = world.attach("carol");
    assert_eq!(
        rooms(&mut carol, by_words("", Match::Any)).await,
        [
            "Deals",
            "Front desk",
            "Lobby",
            "News",
            "Trading desk",
            "Trading floor"
        ],
        "nothing finds all that she sees"
    );
    assert_eq!(
        rooms(&mut carol, by_words("DESK trad", Match::Any)).await,
        ["Front desk", "Trading desk", "Trading floor"]
    );
    assert_eq!(
        rooms(&mut carol, by_words("desk trad", Match::All)).await,
        ["Trading desk"]
    );
    assert_eq!(
        rooms(&mut carol, by_words(" ding d", Match::Phrase)).await,
        ["Trading desk"]
    );
    assert!(
        rooms(&mut carol, by_words("desk trading", Match::Phrase))
            .await
            .is_empty()
    );
    let about = |descriptions| RoomSearch {
        descriptions,
        ..by_words("about", Match::Any)
    };
    assert!(rooms(&mut carol, about(false)).await.is_empty());
    assert_eq!(rooms(&mut carol, about(true)).await.len(), 6);
    let first = RoomSearch {
        limit: 2,
        ..search(Among::All)
    };
    assert_eq!(rooms(&mut carol, first).await, ["Deals", "Front desk"]);
}

#[tokio::test]
async fn limits_of_searches_hold_at_their_edge() {
    let settings = Settings {
        search_results: 3,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let mut alice = world.attach("alice");
    assert_eq!(
        rooms(&mut alice, search(Among::All)).await,
        ["Deals", "Lobby", "News"]
    );
    let words = |count| by_words(&"lobby ".repeat(count), Match::Any);
    assert_eq!(rooms(&mut alice, words(MAX_ROOM_SEARCH_WORDS)).await, ["Lobby"]);
    let refused = rooms(&mut alice, words(MAX_ROOM_SEARCH_WORDS + 1)).await;
    assert_eq!(refused, ["refused: invalid"]);
    let all = |limit| {
        Question::FindUsers(UserSearch {
            limit,
            ..UserSearch::default()
        })
    };
    assert_eq!(
        names(&mut alice, all(99)).await,
        ["alice", "bob", "carol", "and more"]
    );
    assert_eq!(names(&mut alice, all(1)).await, ["alice", "and more"]);
    world
        .act(Action::RemoveUser {
            address: address("dave"),
        })
        .await;
    assert_eq!(names(&mut alice, all(99)).await, ["alice", "bob", "carol"]);
}

#[tokio::test]
async fn rooms_are_found_by_place_and_people() {
    let world = World::new().await;
    let category = NewCategory {
        name: "Closed shop".to_owned(),
        description: String::new(),
        invitations: false,
        file_upload: false,
        history: true,
        compliance: causerie_model::ComplianceMode::Open,
    };
    world.act(Action::AddCategory(category)).await;
    let addin = Action::AddAddin {
        name: "Prices".to_owned(),
        url: "https://prices.example.test/".to_owned(),
    };
    world.act(addin).await;
    world
        .act(Action::AddRoom(NewRoom {
            name: "Quotes".to_owned(),
            category: "General".to_owned(),
            description: String::new(),
            room_type: RoomType::Normal,
            privacy: Privacy::Open,
            invitations: Invitations::Off,
            addin: Some("Prices".to_owned()),
            disabled: false,
        }))
        .await;
    let (general, shop, prices) = {
        let catalogue = world.chat.catalogue();
        let guid = |name| catalogue.category_by_name(name).unwrap().guid;
        (
            guid("General"),
            guid("Closed shop"),
            catalogue.addin_by_name("Prices").unwrap().guid,
        )
    };
    let mut carol = world.attach("carol");
    let in_general = rooms(&mut carol, search(Among::Category(general))).await;
    assert_eq!(in_general, ["Deals", "Lobby", "News", "Quotes"]);
    for hidden in [shop, Uuid::from_u128(7)] {
        let refused = rooms(&mut carol, search(Among::Category(hidden))).await;
        assert_eq!(
            refused,
            ["refused: no-such-room"],
            "out of scope is as good as not there"
        );
    }
    assert_eq!(rooms(&mut carol, search(Among::Addin(prices))).await, ["Quotes"]);
    let refused = rooms(&mut carol, search(Among::Addin(general))).await;
    assert_eq!(refused, ["refused: invalid"]);
    assert_eq!(names(&mut carol, Question::Addins).await, ["Prices"]);

    let mut bob = world.attach_in("bob", "X").await;
    bob.join(world.guid("Lobby")).await.unwrap();
    let _second = world.attach_in("bob", "Deals").await;
    let with_bob = || search(Among::JoinedBy(address("bob")));
    assert_eq!(
        rooms(&mut carol, with_bob()).await,
        ["Lobby"],
        "she sees that there are deals, but not who is there; X is secret"
    );
    let mut alice = world.attach("alice");
    assert_eq!(rooms(&mut alice, with_bob()).await, ["Deals", "Lobby", "X"]);
    manager(&world, "Deals", "carol").await;
    assert_eq!(rooms(&mut carol, with_bob()).await, ["Deals", "Lobby"]);
    assert_eq!(rooms(&mut bob, with_bob()).await, ["Deals", "Lobby", "X"]);
    assert_eq!(mine(&mut bob, Association::Joined).await, ["Deals", "Lobby", "X"]);
    let nobody = search(Among::JoinedBy(address("nobody")));
    assert_eq!(rooms(&mut carol, nobody).await, ["refused: no-such-principal"]);
}

#[tokio::test]
async fn a_filter_lets_through_what_fits_all_of_it() {
    let world = World::new().await;
    manager(&world, "Lobby", "carol").await;
    disable(&world, "Lobby").await;
    manager(&world, "Deals", "alice").await;
    disable(&world, "Deals").await;
    let (mut alice, mut carol) = (world.attach("alice"), world.attach("carol"));
    let all = RoomFilter::default;
    assert_eq!(rooms(&mut carol, filter(all())).await, ["Lobby", "News"]);
    let disabled = |disabled| {
        filter(RoomFilter {
            disabled: Some(disabled),
            ..all()
        })
    };
    assert_eq!(
        rooms(&mut carol, disabled(true)).await,
        ["Lobby"],
        "those that she manages"
    );
    assert_eq!(rooms(&mut carol, disabled(false)).await, ["News"]);
    assert_eq!(
        rooms(&mut carol, search(Among::All)).await,
        ["News"],
        "no filter, no disabled ones"
    );
    let auditorium = filter(RoomFilter {
        room_type: Some(RoomType::Auditorium),
        privacy: Some(Privacy::Closed),
        invitations: Some(true),
        ..all()
    });
    assert_eq!(rooms(&mut carol, auditorium.clone()).await, ["News"]);
    let uninvited = filter(RoomFilter {
        invitations: Some(false),
        ..all()
    });
    assert!(rooms(&mut carol, uninvited).await.is_empty());

    // Who is on lists is only told of rooms whose lists one may see.
    let member = |name: &str| RoomFilter {
        member: Some(PrincipalRef::User(address(name))),
        ..all()
    };
    assert_eq!(
        rooms(&mut alice, filter(member("bob"))).await,
        ["Deals", "News", "X"]
    );
    world
        .room("Desk", Privacy::Closed, RoomType::Normal, &["bob"])
        .await;
    assert_eq!(
        rooms(&mut carol, filter(member("bob"))).await,
        ["News"],
        "she sees the desk, but not who is on its list"
    );
    let both = RoomFilter {
        manager: Some(PrincipalRef::User(address("alice"))),
        ..member("bob")
    };
    assert_eq!(rooms(&mut alice, filter(both)).await, ["Deals"]);
    let nobody = RoomFilter {
        member: Some(PrincipalRef::Group(Uuid::from_u128(7))),
        ..all()
    };
    assert_eq!(
        rooms(&mut alice, filter(nobody)).await,
        ["refused: no-such-principal"]
    );
}

#[tokio::test]
async fn everybody_finds_his_own_rooms() {
    let world = World::new().await;
    let group = |name: &str| Action::AddGroup {
        name: name.to_owned(),
        kind: GroupKind::Group,
    };
    world.act(group("Traders")).await;
    let into = Action::AddToGroup {
        group: "Traders".to_owned(),
        member: PrincipalName::User(address("dave")),
    };
    world.act(into).await;
    world
        .act(Action::Grant {
            node: NodeName::Category("General".to_owned()),
            role: Role::Allowed,
            principal: PrincipalName::Group("Traders".to_owned()),
        })
        .await;
    world
        .act(Action::Grant {
            node: NodeName::Room("X".to_owned()),
            role: Role::Member,
            principal: PrincipalName::Group("Traders".to_owned()),
        })
        .await;
    manager(&world, "Deals", "dave").await;
    manager(&world, "News", "dave").await;
    let mut dave = world.attach("dave");
    assert_eq!(mine(&mut dave, Association::Member).await, ["X"], "by his group");
    assert_eq!(mine(&mut dave, Association::Manager).await, ["Deals", "News"]);
    assert!(mine(&mut dave, Association::Joined).await.is_empty());
    disable(&world, "X").await;
    disable(&world, "Deals").await;
    assert!(
        mine(&mut dave, Association::Member).await.is_empty(),
        "members don't see disabled rooms"
    );
    assert_eq!(
        mine(&mut dave, Association::Manager).await,
        ["Deals", "News"],
        "managers do"
    );
    let first = Question::MyRooms {
        association: Association::Manager,
        limit: 1,
    };
    assert_eq!(names(&mut dave, first).await, ["Deals"]);

    let guid = {
        let catalogue = world.chat.catalogue();
        let group = catalogue.group_by_name("traders").unwrap();
        let database = world.parts.catalogue.database_id();
        (group.id, database)
    };
    let guid = principal_guid(guid.1.await.unwrap(), guid.0);
    assert_eq!(names(&mut dave, Question::Group { guid }).await, ["[Traders]"]);
    let other = Question::Group {
        guid: Uuid::from_u128(1),
    };
    assert_eq!(names(&mut dave, other).await, ["refused: no-such-principal"]);
}

#[tokio::test]
async fn cards_and_permissions_are_for_those_who_see_the_room_or_manage_it() {
    let world = World::new().await;
    manager(&world, "Deals", "carol").await;
    let (mut alice, mut carol, mut dave) =
        (world.attach("alice"), world.attach("carol"), world.attach("dave"));
    let card = |room: &str| Question::Room {
        room: world.guid(room),
    };
    let by_name = |room: &str| Question::RoomByName {
        name: room.to_owned(),
    };
    assert_eq!(names(&mut dave, card("Deals")).await, ["Deals"]);
    assert_eq!(names(&mut dave, by_name("dEALS")).await, ["Deals"]);
    for hidden in [card("X"), by_name("x"), by_name("nowhere")] {
        assert_eq!(names(&mut dave, hidden).await, ["refused: no-such-room"]);
    }
    let mask = async |device: &mut Device, room: &str| {
        let room = world.guid(room);
        match ask(device, Question::Permissions { room }).await {
            Ok(Outcome::Permissions { user, .. }) => user.permissions,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(mask(&mut alice, "Deals").await, Permissions::MEMBER);
    assert_eq!(mask(&mut carol, "Deals").await, Permissions::MANAGER);
    assert_eq!(mask(&mut dave, "Deals").await, Permissions::SEE);
    let hidden = Question::Permissions {
        room: world.guid("X"),
    };
    assert_eq!(names(&mut dave, hidden).await, ["refused: no-such-room"]);
    disable(&world, "Deals").await;
    assert_eq!(names(&mut alice, card("Deals")).await, ["refused: room-disabled"]);
    assert_eq!(
        names(&mut carol, card("Deals")).await,
        ["Deals"],
        "she may enable it again"
    );
}

#[tokio::test]
async fn lists_are_for_those_who_may_enter_or_manage_and_candidates_for_managers() {
    let world = World::new().await;
    manager(&world, "Deals", "carol").await;
    let (mut alice, mut carol, mut dave) =
        (world.attach("alice"), world.attach("carol"), world.attach("dave"));
    let list = |room: &str, role| Question::Role {
        room: world.guid(room),
        role,
    };
    assert_eq!(
        names(&mut alice, list("Deals", Role::Member)).await,
        ["alice", "bob"]
    );
    assert_eq!(names(&mut carol, list("Deals", Role::Manager)).await, ["carol"]);
    assert_eq!(names(&mut alice, list("News", Role::Presenter)).await, ["alice"]);
    assert_eq!(
        names(&mut dave, list("Deals", Role::Member)).await,
        ["refused: not-a-member"]
    );
    assert_eq!(
        names(&mut dave, list("X", Role::Member)).await,
        ["refused: no-such-room"]
    );

    let eligible = |role, text: &str, limit| Question::Eligible {
        room: world.guid("Deals"),
        role,
        text: text.to_owned(),
        limit,
    };
    assert_eq!(
        names(&mut carol, eligible(Role::Member, "", 9)).await,
        ["carol", "dave"]
    );
    assert_eq!(names(&mut carol, eligible(Role::Member, "AV", 9)).await, ["dave"]);
    assert_eq!(
        names(&mut carol, eligible(Role::Member, "", 1)).await,
        ["carol", "and more"]
    );
    assert_eq!(
        names(&mut carol, eligible(Role::Manager, "", 9)).await,
        ["alice", "bob", "dave"]
    );
    assert!(
        names(&mut carol, eligible(Role::Presenter, "", 9))
            .await
            .is_empty(),
        "only auditoriums have presenters"
    );
    let by_member = names(&mut alice, eligible(Role::Member, "", 9)).await;
    assert_eq!(by_member, ["refused: not-a-manager"]);
    world
        .revoke(NodeName::Category("General".to_owned()), Role::Allowed, "dave")
        .await;
    assert_eq!(
        names(&mut carol, eligible(Role::Member, "", 9)).await,
        ["carol"],
        "in scope only"
    );
}

#[tokio::test]
async fn categories_are_told_to_creators_and_their_people_to_managers_too() {
    let world = World::new().await;
    let node = || NodeName::Category("General".to_owned());
    world.grant(node(), Role::Creator, "alice").await;
    manager(&world, "Deals", "carol").await;
    let category = world.chat.catalogue().category_by_name("General").unwrap().guid;
    let users = |prefix: &str| Question::CategoryUsers {
        category,
        prefix: prefix.to_owned(),
        limit: 9,
    };
    let (mut alice, mut bob, mut carol) = (world.attach("alice"), world.attach("bob"), world.attach("carol"));
    assert_eq!(
        names(&mut alice, Question::CategoriesToCreateIn).await,
        ["General"]
    );
    assert!(names(&mut bob, Question::CategoriesToCreateIn).await.is_empty());
    assert_eq!(
        names(&mut alice, users("")).await,
        ["alice", "bob", "carol", "dave"]
    );
    assert_eq!(
        names(&mut carol, users("B")).await,
        ["bob"],
        "a manager of a room in it"
    );
    assert_eq!(names(&mut bob, users("")).await, ["refused: not-a-creator"]);
    world.grant(node(), Role::Denied, "bob").await;
    assert_eq!(names(&mut bob, users("")).await, ["refused: no-such-room"]);
    assert_eq!(names(&mut alice, users("")).await, ["alice", "carol", "dave"]);
}

#[tokio::test]
async fn people_are_found_by_the_parts_of_their_names() {
    let world = World::new().await;
    for (name, display_name) in [("eve", "Eve van Dyke"), ("frank", "Dyer, Frank"), ("gus", "Gus")] {
        world
            .act(Action::AddUser {
                address: address(name),
                display_name: display_name.to_owned(),
            })
            .await;
    }
    let mut alice = world.attach("alice");
    let find = |last_name: &str, first_name: &str, mail: &str| {
        Question::FindUsers(UserSearch {
            last_name: last_name.to_owned(),
            first_name: first_name.to_owned(),
            mail: mail.to_owned(),
            limit: 9,
        })
    };
    assert_eq!(names(&mut alice, find("DY", "", "")).await, ["frank", "eve"]);
    assert_eq!(names(&mut alice, find("dy", "e", "")).await, ["eve"]);
    assert_eq!(names(&mut alice, find("gus", "", "")).await, ["gus"]);
    assert_eq!(names(&mut alice, find("", "", "fr")).await, ["frank"]);
    assert!(names(&mut alice, find("", "gus", "")).await.is_empty());
    let user = |name: &str| Question::User {
        address: address(name),
    };
    assert_eq!(names(&mut alice, user("alice")).await, ["alice"]);
    assert_eq!(names(&mut alice, user("eve")).await, ["eve"]);
    assert_eq!(
        names(&mut alice, user("nobody")).await,
        ["refused: no-such-principal"]
    );
}

#[tokio::test]
async fn who_is_in_a_large_room_is_told_to_those_in_it() {
    let settings = Settings {
        search_results: 2,
        base: causerie_model::Effective {
            participant_update_limit: 1,
            ..Default::default()
        },
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let room = world.guid("Lobby");
    let mut alice = world.attach_in("alice", "Lobby").await;
    let _bob = world.attach_in("bob", "Lobby").await;
    let who = Operation::Participants { room };
    let Ok(Outcome::Participants(snapshot)) = alice.ask(who.clone()).await else {
        panic!()
    };
    let there: Vec<&str> = snapshot
        .participants
        .iter()
        .map(|who| who.address.user())
        .collect();
    assert_eq!((there, snapshot.summary.present), (vec!["alice", "bob"], 2));
    let _carol = world.attach_in("carol", "Lobby").await;
    let Ok(Outcome::Participants(snapshot)) = alice.ask(who.clone()).await else {
        panic!()
    };
    assert_eq!(
        (snapshot.participants.len(), snapshot.summary.present),
        (2, 3),
        "at most two"
    );
    let mut dave = world.attach("dave");
    assert!(matches!(dave.ask(who).await, Err(Refusal::NotJoined)));
}
