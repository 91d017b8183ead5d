//! The working set follows its changes.

use super::*;
use crate::{Effective, GroupKind};

fn user(id: i64, address: &str) -> Change {
    Change::PutUser(User {
        id: PrincipalId(id),
        address: address.parse().unwrap(),
        display_name: address.to_owned(),
        enabled: true,
        policy: None,
        site: None,
    })
}

fn group(id: i64, name: &str) -> Change {
    Change::PutGroup(Group {
        id: PrincipalId(id),
        name: name.to_owned(),
        kind: GroupKind::Group,
    })
}

fn nest(group: i64, member: i64) -> Change {
    Change::AddToGroup {
        group: PrincipalId(group),
        member: PrincipalId(member),
    }
}

fn catalogue(changes: &[Change]) -> Catalogue {
    let mut catalogue = Catalogue::default();
    changes.iter().for_each(|change| catalogue.apply(change));
    catalogue
}

#[test]
fn affiliations_follow_nested_groups_and_survive_loops() {
    let c = catalogue(&[
        user(1, "ann@x.test"),
        group(2, "Desk"),
        group(3, "Floor"),
        nest(2, 1),
        nest(3, 2),
        nest(2, 3),
    ]);
    let ids: Vec<i64> = c.affiliations(PrincipalId(1)).iter().map(|id| id.0).collect();
    assert_eq!(ids, [1, 2, 3]);
}

#[test]
fn affiliations_follow_groups_however_deep() {
    let deepest = 1_000;
    let mut changes = vec![user(1, "ann@x.test")];
    changes.extend((2..=deepest).map(|id| group(id, &format!("Group {id}"))));
    changes.extend((2..=deepest).map(|id| nest(id, id - 1)));
    assert!(
        catalogue(&changes)
            .affiliations(PrincipalId(1))
            .contains(&PrincipalId(deepest))
    );
}

#[test]
fn a_removed_principal_is_in_no_list_and_no_group() {
    let node = Node::Room(RoomId(1));
    let mut c = catalogue(&[
        user(1, "ann@x.test"),
        group(2, "Desk"),
        nest(2, 1),
        Change::Grant {
            node,
            role: Role::Member,
            principal: PrincipalId(1),
        },
    ]);
    c.apply(&Change::RemoveUser(PrincipalId(1)));
    assert!(!c.has_holders(node, Role::Member));
    assert_eq!(c.group_members(PrincipalId(2)).count(), 0);
    assert!(c.user_by_address(&"ann@x.test".parse().unwrap()).is_none());
}

#[test]
fn renaming_frees_the_old_name() {
    let mut c = catalogue(&[user(1, "ann@x.test"), group(2, "Desk")]);
    c.apply(&user(1, "anna@x.test"));
    c.apply(&group(2, "Floor"));
    assert!(c.user_by_address(&"ann@x.test".parse().unwrap()).is_none());
    assert!(c.group_by_name("desk").is_none());
    assert_eq!(c.group_by_name("FLOOR").map(|g| g.id), Some(PrincipalId(2)));
}

#[test]
fn rows_of_removed_principals_are_not_used_again() {
    let c = catalogue(&[
        user(1, "ann@x.test"),
        group(2, "Desk"),
        user(3, "bob@x.test"),
        Change::RemoveUser(PrincipalId(3)),
        Change::RemoveGroup(PrincipalId(2)),
    ]);
    assert_eq!(c.next_principal(), PrincipalId(4));
}

#[test]
fn rows_of_removed_rooms_are_not_used_again() {
    assert_eq!(Catalogue::default().next_room(RoomId(7)), RoomId(8));
}

fn domain(id: i64, name: &str) -> Change {
    Change::PutGroup(Group {
        id: PrincipalId(id),
        name: name.to_owned(),
        kind: GroupKind::Domain,
    })
}

fn ids(list: &[PrincipalId]) -> Vec<i64> {
    list.iter().map(|id| id.0).collect()
}

#[test]
fn a_domain_holds_the_users_with_its_addresses() {
    let mut c = catalogue(&[
        user(1, "ann@x.test"),
        user(2, "bob@y.test"),
        domain(3, "X.test"),
        group(4, "All"),
        nest(4, 3),
    ]);
    assert_eq!(ids(&c.affiliations(PrincipalId(1))), [1, 3, 4]);
    assert_eq!(ids(&c.affiliations(PrincipalId(2))), [2]);
    assert_eq!(
        c.group_members(PrincipalId(3)).collect::<Vec<_>>(),
        [PrincipalId(1)]
    );
    c.apply(&user(2, "bob@x.test"));
    assert_eq!(ids(&c.affiliations(PrincipalId(2))), [2, 3, 4]);
    c.apply(&Change::RemoveGroup(PrincipalId(3)));
    assert_eq!(ids(&c.affiliations(PrincipalId(2))), [2]);
}

#[test]
fn what_is_remembered_of_groups_is_forgotten_when_they_change() {
    let mut c = catalogue(&[
        user(1, "ann@x.test"),
        group(2, "Desk"),
        group(3, "Floor"),
        nest(2, 1),
    ]);
    assert_eq!(ids(&c.affiliations(PrincipalId(1))), [1, 2]);
    assert!(!c.overlapping(PrincipalId(3)).contains(&PrincipalId(1)));
    c.apply(&nest(3, 2));
    assert_eq!(ids(&c.affiliations(PrincipalId(1))), [1, 2, 3]);
    assert!(c.overlapping(PrincipalId(3)).contains(&PrincipalId(1)));
    c.apply(&Change::RemoveFromGroup {
        group: PrincipalId(2),
        member: PrincipalId(1),
    });
    assert_eq!(ids(&c.affiliations(PrincipalId(1))), [1]);
    assert!(!c.overlapping(PrincipalId(3)).contains(&PrincipalId(1)));
}

#[test]
fn groups_overlap_that_share_somebody() {
    let c = catalogue(&[
        user(1, "ann@x.test"),
        group(2, "Brokers"),
        group(3, "Football"),
        group(4, "Chess"),
        nest(2, 1),
        nest(3, 1),
    ]);
    let overlapping = c.overlapping(PrincipalId(2));
    assert_eq!(overlapping.iter().map(|id| id.0).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn the_path_to_a_group_is_the_shortest() {
    let c = catalogue(&[
        user(1, "ann@x.test"),
        group(2, "Desk"),
        group(3, "Floor"),
        group(4, "Bank"),
        nest(2, 1),
        nest(3, 2),
        nest(4, 3),
        nest(4, 2),
    ]);
    let path = |to| c.path(PrincipalId(1), PrincipalId(to)).map(|path| ids(&path));
    assert_eq!(path(4), Some(vec![1, 2, 4]));
    assert_eq!(path(1), Some(vec![1]));
    assert_eq!(path(9), None);
}

#[test]
fn the_nearest_policy_and_setting_count() {
    let policy = |scope: Scope, enable| {
        Change::PutPolicy(Policy {
            scope,
            enable_persistent_chat: enable,
            description: String::new(),
        })
    };
    let mut c = catalogue(&[]);
    let mut ann = User {
        id: PrincipalId(1),
        address: "ann@x.test".parse().unwrap(),
        display_name: String::new(),
        enabled: true,
        policy: None,
        site: Some("Basel".to_owned()),
    };
    assert!(c.policy_of(&ann).enable_persistent_chat);
    c.apply(&policy(Scope::Global, false));
    assert!(!c.policy_of(&ann).enable_persistent_chat);
    c.apply(&policy(Scope::Site("Basel".to_owned()), true));
    assert!(c.policy_of(&ann).enable_persistent_chat);
    c.apply(&policy(Scope::Tag("None".to_owned()), false));
    ann.policy = Some("None".to_owned());
    assert!(!c.policy_of(&ann).enable_persistent_chat);
    c.apply(&Change::RemovePolicy(Scope::Tag("None".to_owned())));
    assert!(c.policy_of(&ann).enable_persistent_chat);

    let set = |scope: Scope, limit| {
        Change::PutConfiguration(Configuration {
            participant_update_limit: Some(limit),
            ..Configuration::empty(scope)
        })
    };
    assert_eq!(
        c.effective(Effective::default(), Some("Basel"), "chat1"),
        Effective::default()
    );
    c.apply(&set(Scope::Global, 1));
    c.apply(&set(Scope::Site("Basel".to_owned()), 2));
    assert_eq!(
        c.effective(Effective::default(), Some("Basel"), "chat1")
            .participant_update_limit,
        2
    );
    assert_eq!(
        c.effective(Effective::default(), None, "chat1")
            .participant_update_limit,
        1
    );
    c.apply(&set(Scope::Service("chat1".to_owned()), 3));
    assert_eq!(
        c.effective(Effective::default(), Some("Basel"), "chat1")
            .participant_update_limit,
        3
    );
    assert_eq!(
        c.effective(Effective::default(), Some("Basel"), "chat1")
            .default_chat_history,
        30
    );
}
