//! Who becomes a member of a room is invited to it, once.

mod common;

use causerie_chat::{
    Action, CategoryChange, INVITATION_CHUNK, MAX_ACTIONS, MAX_INVITATIONS, NodeName, PrincipalName,
    RoomChange,
};
use causerie_model::{Actor, GroupKind, Invitations, Privacy, Role, RoomType};
use causerie_store::StoreFault;
use common::{World, address};

fn room(name: &str) -> NodeName {
    NodeName::Room(name.to_owned())
}

fn general() -> NodeName {
    NodeName::Category("General".to_owned())
}

fn group(name: &str) -> PrincipalName {
    PrincipalName::Group(name.to_owned())
}

#[tokio::test]
async fn a_new_member_is_told_at_once_and_finds_his_invitations_later() {
    let world = World::new().await;
    let mut carol = world.attach("carol");
    assert_eq!(carol.invitations(0).await, (vec![], None));
    world.grant(room("Lobby"), Role::Member, "carol").await;
    world.grant(room("Deals"), Role::Member, "carol").await;
    carol.is_invited("1:Lobby").await;
    carol.is_invited("2:Deals").await;
    assert_eq!(carol.invitations(1).await, (vec!["2:Deals".to_owned()], Some(2)));

    // Once for each room, however often he becomes a member.
    world.revoke(room("Deals"), Role::Member, "carol").await;
    world.grant(room("Deals"), Role::Member, "carol").await;
    world.all_invited().await;
    assert_eq!(carol.invitations(1).await, (vec!["2:Deals".to_owned()], Some(2)));
    // A room that he may not know of any more isn't shown, but counts.
    world.grant(room("X"), Role::Member, "carol").await;
    carol.is_invited("3:X").await;
    world.revoke(room("X"), Role::Member, "carol").await;
    assert_eq!(carol.invitations(1).await, (vec!["2:Deals".to_owned()], Some(3)));
}

#[tokio::test]
async fn nobody_is_invited_where_invitations_are_off_or_without_having_become_a_member() {
    let world = World::new().await;
    let mut carol = world.attach("carol");
    let off = RoomChange {
        invitations: Some(Invitations::Off),
        ..RoomChange::default()
    };
    world
        .act(Action::ChangeRoom {
            name: "Deals".to_owned(),
            change: off,
        })
        .await;
    world.grant(room("Deals"), Role::Member, "carol").await;
    world.grant(room("Lobby"), Role::Manager, "carol").await;
    let off = CategoryChange {
        invitations: Some(false),
        ..CategoryChange::default()
    };
    world
        .act(Action::ChangeCategory {
            name: "General".to_owned(),
            change: off,
        })
        .await;
    world.grant(room("X"), Role::Member, "carol").await;
    world.all_invited().await;
    assert_eq!(carol.invitations(0).await, (vec![], None));
}

/// A group with this many users, who are allowed in the category.
async fn desk(world: &World, users: usize) {
    world
        .act(Action::AddGroup {
            name: "Desk".to_owned(),
            kind: GroupKind::Group,
        })
        .await;
    let names: Vec<String> = (0..users).map(|n| format!("user{n}")).collect();
    for names in names.chunks(MAX_ACTIONS / 2) {
        let actions = names.iter().flat_map(|name| {
            let add = Action::AddUser {
                address: address(name),
                display_name: name.clone(),
            };
            let put = Action::AddToGroup {
                group: "Desk".to_owned(),
                member: PrincipalName::User(address(name)),
            };
            [add, put]
        });
        world
            .chat
            .act_all(Actor::System, actions.collect())
            .await
            .unwrap();
    }
    world
        .act(Action::Grant {
            node: general(),
            role: Role::Allowed,
            principal: group("Desk"),
        })
        .await;
}

#[tokio::test]
async fn all_of_a_group_are_invited_who_may_enter() {
    for users in [INVITATION_CHUNK, INVITATION_CHUNK + 1] {
        let world = World::new().await;
        desk(&world, users).await;
        world.grant(general(), Role::Denied, "user0").await;
        let mut last = world.attach(&format!("user{}", users - 1));
        world
            .act(Action::Grant {
                node: room("Deals"),
                role: Role::Member,
                principal: group("Desk"),
            })
            .await;
        last.is_invited("1:Deals").await;
        world.all_invited().await;
        let invited = async |n: usize| {
            let user = world
                .chat
                .catalogue()
                .user_by_address(&address(&format!("user{n}")))
                .unwrap()
                .id;
            world.parts.invitations.issued(user, 0, 10).await.unwrap().len()
        };
        assert_eq!(invited(0).await, 0, "she is denied");
        for n in 1..users {
            assert_eq!(invited(n).await, 1);
        }
    }
}

#[tokio::test]
async fn a_group_of_nobody_waits_for_nothing() {
    let world = World::new().await;
    desk(&world, 0).await;
    world
        .act(Action::Grant {
            node: room("Deals"),
            role: Role::Member,
            principal: group("Desk"),
        })
        .await;
    world.all_invited().await;
}

#[tokio::test]
async fn what_was_committed_is_issued_after_a_restart() {
    let world = World::new().await;
    let carol = world
        .chat
        .catalogue()
        .user_by_address(&address("carol"))
        .unwrap()
        .id;
    let change = causerie_model::Change::Invite {
        room: world.id("News"),
        principal: carol,
    };
    let other = causerie_model::Change::Invite {
        room: world.id("Lobby"),
        principal: carol,
    };
    // As a program leaves it that ends right after its commit: nobody has been told.
    let batch = causerie_store::Batch {
        changes: vec![change, other],
        records: vec![],
    };
    world.parts.journal.append(&batch).await.unwrap();
    let world = world.restart().await;
    world.all_invited().await;
    let mut carol = world.attach("carol");
    assert_eq!(
        carol.invitations(0).await,
        (vec!["1:News".to_owned(), "2:Lobby".to_owned()], Some(2))
    );
}

#[tokio::test]
async fn a_membership_that_is_not_stored_invites_nobody() {
    let world = World::new().await;
    world.journal.fail(StoreFault::Full);
    let grant = Action::Grant {
        node: room("Deals"),
        role: Role::Member,
        principal: PrincipalName::User(address("dave")),
    };
    world.chat.act(Actor::System, grant).await.unwrap_err();
    world.journal.recover();
    world.all_invited().await;
    assert_eq!(world.attach("dave").invitations(0).await, (vec![], None));
}

#[tokio::test]
async fn an_answer_holds_so_many_and_the_next_one_the_rest() {
    let world = World::new().await;
    for n in 0..=MAX_INVITATIONS {
        let name = format!("Room {n}");
        world
            .room(&name, Privacy::Closed, RoomType::Normal, &["dave"])
            .await;
    }
    world.all_invited().await;
    let mut dave = world.attach("dave");
    let (first, last) = dave.invitations(0).await;
    assert_eq!(
        (first.len(), last),
        (MAX_INVITATIONS as usize, Some(MAX_INVITATIONS))
    );
    let (rest, last) = dave.invitations(MAX_INVITATIONS).await;
    assert_eq!((rest.len(), last), (1, Some(MAX_INVITATIONS + 1)));
}
