//! What several actions do in one commit.

mod common;

use causerie_chat::{Action, ActionError, By, NewRoom, NodeName, PrincipalName};
use causerie_model::{Actor, GroupKind, Invitations, Node, Privacy, Role, RoomType};
use common::{World, address};
use std::collections::BTreeSet;

fn admin() -> By {
    Actor::Administrator("test".to_owned()).into()
}

fn add_group(name: &str) -> Action {
    Action::AddGroup {
        name: name.to_owned(),
        kind: GroupKind::Group,
    }
}

fn add_to(group: &str, user: &str) -> Action {
    Action::AddToGroup {
        group: group.to_owned(),
        member: PrincipalName::User(address(user)),
    }
}

fn scope(role: Role, group: &str) -> (NodeName, Role, PrincipalName) {
    (
        NodeName::Category("General".to_owned()),
        role,
        PrincipalName::Group(group.to_owned()),
    )
}

fn grant((node, role, principal): (NodeName, Role, PrincipalName)) -> Action {
    Action::Grant {
        node,
        role,
        principal,
    }
}

fn revoke((node, role, principal): (NodeName, Role, PrincipalName)) -> Action {
    Action::Revoke {
        node,
        role,
        principal,
    }
}

fn add_room(name: &str) -> Action {
    Action::AddRoom(NewRoom {
        name: name.to_owned(),
        category: "General".to_owned(),
        description: String::new(),
        room_type: RoomType::Normal,
        privacy: Privacy::Closed,
        invitations: Invitations::Off,
        addin: None,
        disabled: false,
    })
}

/// Who is on the list of members of a room.
fn members(world: &World, room: &str) -> BTreeSet<String> {
    let catalogue = world.chat.catalogue();
    let node = Node::Room(catalogue.room_by_name(room).unwrap().id);
    let members = catalogue.holders(node, Role::Member);
    members.filter_map(|id| catalogue.principal_name(id)).collect()
}

#[tokio::test]
async fn a_scope_that_is_exchanged_takes_nobody_who_is_in_the_other() {
    let world = World::new().await;
    let actions = vec![add_group("New"), add_to("New", "alice"), add_to("New", "bob")];
    world.chat.act_all(admin(), actions).await.unwrap();
    let before = members(&world, "Deals");
    assert!(before.contains("alice@example.test"), "{before:?}");
    let allowed: Vec<Action> = {
        let catalogue = world.chat.catalogue();
        let general = Node::Category(catalogue.category_by_name("General").unwrap().id);
        let holders = catalogue.holders(general, Role::Allowed);
        let names = holders.filter_map(|id| catalogue.principal_name(id));
        names
            .map(|name| {
                let principal = match name.parse() {
                    Ok(address) => PrincipalName::User(address),
                    Err(_) => PrincipalName::Group(name),
                };
                revoke((NodeName::Category("General".to_owned()), Role::Allowed, principal))
            })
            .collect()
    };
    // The old scope goes first: what counts is how things are when all is done.
    let mut actions = allowed;
    actions.push(grant(scope(Role::Allowed, "New")));
    let told = world.chat.act_all(admin(), actions).await.unwrap();
    let after = members(&world, "Deals");
    assert!(after.contains("alice@example.test"), "{told:?}");
    assert!(after.contains("bob@example.test"), "{told:?}");
    world.verify().await;
}

#[tokio::test]
async fn rooms_made_in_one_commit_have_rows_of_their_own() {
    let world = World::new().await;
    let remove = Action::RemoveRoom {
        name: "One".to_owned(),
    };
    let actions = vec![add_room("One"), remove, add_room("Two")];
    world.chat.act_all(admin(), actions).await.unwrap();
    let highest = {
        let catalogue = world.chat.catalogue();
        catalogue.rooms().map(|room| room.id.0).max().unwrap()
    };
    let two = world.chat.catalogue().room_by_name("Two").unwrap().id.0;
    assert_eq!(two, highest);
    let records = world.records().await;
    let chains: BTreeSet<String> = records
        .iter()
        .filter(|record| record.body.contains(r#""what":"room.add""#))
        .map(|record| format!("{:?}", record.chain))
        .collect();
    let made = records
        .iter()
        .filter(|record| record.body.contains(r#""what":"room.add""#));
    assert_eq!(chains.len(), made.count());
    world.verify().await;
}

#[tokio::test]
async fn a_group_that_is_denied_somewhere_stays() {
    let world = World::new().await;
    let actions = vec![add_group("Outside"), grant(scope(Role::Denied, "Outside"))];
    world.chat.act_all(admin(), actions).await.unwrap();
    let remove = || Action::RemoveGroup {
        name: "Outside".to_owned(),
    };
    let refused = world.chat.act(admin(), remove()).await;
    assert!(
        matches!(&refused, Err(ActionError::Invalid(text)) if text.contains("General")),
        "{refused:?}"
    );
    world
        .chat
        .act(admin(), revoke(scope(Role::Denied, "Outside")))
        .await
        .unwrap();
    world.chat.act(admin(), remove()).await.unwrap();
}
