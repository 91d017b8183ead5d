//! Lists are read a part at a time. Who loses the right to them meanwhile is told nothing that came afterwards.

mod common;

use causerie_chat::{
    Action, MAX_ACTIONS, NodeName, Operation, Outcome, PrincipalKind, PrincipalName, Question, Refusal,
    Settings, UserChange,
};
use causerie_model::{Actor, GroupKind, Privacy, Role, RoomType, SipAddress};
use common::{Device, World, address};

/// More than are gone over in one go.
const PEOPLE: usize = 2_100;
/// How often a right is taken away while an answer is made.
const ROUNDS: usize = 8;

fn person(n: usize) -> SipAddress {
    address(&format!("p{n:04}"))
}

fn general() -> NodeName {
    NodeName::Category("General".to_owned())
}

async fn all(world: &World, actions: Vec<Action>) {
    for some in actions.chunks(MAX_ACTIONS) {
        let by = Actor::Administrator("test".to_owned());
        world.chat.act_all(by, some.to_vec()).await.unwrap();
    }
}

/// A world with many people, all of them allowed in the category.
async fn crowd() -> World {
    let settings = Settings {
        search_results: 2 * PEOPLE as u32,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let group = "Everybody".to_owned();
    let mut actions = vec![Action::AddGroup {
        name: group.clone(),
        kind: GroupKind::Group,
    }];
    for n in 0..PEOPLE {
        let address = person(n);
        actions.push(Action::AddUser {
            address: address.clone(),
            display_name: address.user().to_owned(),
        });
        actions.push(Action::AddToGroup {
            group: group.clone(),
            member: PrincipalName::User(address),
        });
    }
    actions.push(Action::Grant {
        node: general(),
        role: Role::Allowed,
        principal: PrincipalName::Group(group),
    });
    all(&world, actions).await;
    world
}

fn last_is_called(name: &str) -> Action {
    Action::ChangeUser {
        address: person(PEOPLE - 1),
        change: UserChange {
            display_name: Some(name.to_owned()),
            ..UserChange::default()
        },
    }
}

fn names(answer: Result<Outcome, Refusal>) -> Option<Vec<String>> {
    match answer {
        Ok(Outcome::Principals { principals, .. } | Outcome::Role { principals, .. }) => Some(
            principals
                .into_iter()
                .map(|found| match found.kind {
                    PrincipalKind::User { name, .. } | PrincipalKind::Group { name, .. } => name,
                })
                .collect(),
        ),
        Ok(other) => panic!("{other:?}"),
        Err(Refusal::Denied(_) | Refusal::NoSuchRoom) => None,
        Err(other) => panic!("{other:?}"),
    }
}

/// Takes the right to an answer away while it is made, and in the same commit gives somebody in it another name. Whoever
/// is told that name was told what he had no right to any more.
async fn never_told(world: &World, carol: &mut Device, node: &NodeName, role: Role, question: &Question) {
    let principal = || PrincipalName::User(address("carol"));
    for round in 0..ROUNDS {
        let grant = Action::Grant {
            node: node.clone(),
            role,
            principal: principal(),
        };
        all(world, vec![grant, last_is_called("p9 before")]).await;
        let revoke = Action::Revoke {
            node: node.clone(),
            role,
            principal: principal(),
        };
        let asked = carol.ask(Operation::Ask(Box::new(question.clone())));
        let (answer, ()) = tokio::join!(asked, all(world, vec![revoke, last_is_called("p9 after")]));
        if let Some(names) = names(answer) {
            assert!(names.len() > PEOPLE / 2, "{}", names.len());
            assert!(!names.iter().any(|name| name == "p9 after"), "{round}");
        }
    }
}

#[tokio::test]
async fn who_is_no_manager_any_more_learns_no_candidates() {
    let world = crowd().await;
    let mut carol = world.attach("carol");
    let question = Question::Eligible {
        room: world.guid("Deals"),
        role: Role::Member,
        text: String::new(),
        limit: u32::MAX,
    };
    let node = NodeName::Room("Deals".to_owned());
    never_told(&world, &mut carol, &node, Role::Manager, &question).await;
}

#[tokio::test]
async fn who_is_no_creator_any_more_learns_nobody_in_scope() {
    let world = crowd().await;
    let mut carol = world.attach("carol");
    let category = world.chat.catalogue().category_by_name("General").unwrap().guid;
    let question = Question::CategoryUsers {
        category,
        prefix: String::new(),
        limit: u32::MAX,
    };
    never_told(&world, &mut carol, &general(), Role::Creator, &question).await;
}

#[tokio::test]
async fn who_is_no_member_any_more_learns_no_members() {
    let world = crowd().await;
    world.room("Hall", Privacy::Closed, RoomType::Normal, &[]).await;
    let node = NodeName::Room("Hall".to_owned());
    let member = |n| Action::Grant {
        node: node.clone(),
        role: Role::Member,
        principal: PrincipalName::User(person(n)),
    };
    all(&world, (0..PEOPLE).map(member).collect()).await;
    let mut carol = world.attach("carol");
    let question = Question::Role {
        room: world.guid("Hall"),
        role: Role::Member,
    };
    never_told(&world, &mut carol, &node, Role::Member, &question).await;
}
