//! Cases of [`crate::Invitations`].

use super::{
    Database,
    world::{category, changes, commit, group, refused, room, user},
};
use crate::{Invitation, Parts, PendingInvitation};
use causerie_model::{Change, PrincipalId, RoomId, Timestamp};

const ANN: PrincipalId = PrincipalId(1);
const BOB: PrincipalId = PrincipalId(2);
const DESK: PrincipalId = PrincipalId(3);
const NOBODY: PrincipalId = PrincipalId(9);
const RATES: RoomId = RoomId(1);
const BONDS: RoomId = RoomId(2);
const NOW: Timestamp = Timestamp(1_000_000);

async fn two_rooms(database: &dyn Database) -> Parts {
    let parts = database.open().await;
    let batch = vec![
        user(1, "ann@x.test"),
        user(2, "bob@x.test"),
        group(3, "Desk"),
        category(1, "Trading"),
        room(1, 1, "Rates"),
        room(2, 1, "Bonds"),
    ];
    commit(&parts, &changes(batch)).await;
    parts
}

fn invite(room: RoomId, principal: PrincipalId) -> Change {
    Change::Invite { room, principal }
}

async fn pending(parts: &Parts) -> Option<PendingInvitation> {
    let first = parts.invitations.pending().await;
    first.expect("the queue is read")
}

async fn issue(
    parts: &Parts,
    pending: &PendingInvitation,
    users: &[PrincipalId],
    last: bool,
) -> Vec<Invitation> {
    let issued = parts.invitations.issue(pending, users, NOW, last).await;
    let mut issued = issued.expect("invitations are issued");
    issued.sort_by_key(|invitation| invitation.user);
    issued
}

/// Puts a principal into the queue and invites these users.
async fn invite_now(
    parts: &Parts,
    room: RoomId,
    principal: PrincipalId,
    users: &[PrincipalId],
) -> Vec<Invitation> {
    commit(parts, &changes(vec![invite(room, principal)])).await;
    let first = pending(parts).await.expect("somebody waits");
    issue(parts, &first, users, true).await
}

async fn issued(parts: &Parts, user: PrincipalId) -> Vec<Invitation> {
    let all = parts.invitations.issued(user, 0, 100).await;
    all.expect("invitations are read")
}

fn invitation(user: PrincipalId, id: u32, room: RoomId) -> Invitation {
    Invitation {
        user,
        id,
        room,
        at: NOW,
    }
}

/// In the order in which they came, and also when the program ends in between.
pub async fn a_principal_waits_until_its_last_users_are_invited(database: &dyn Database) {
    let parts = two_rooms(database).await;
    assert_eq!(pending(&parts).await, None);
    commit(&parts, &changes(vec![invite(BONDS, DESK), invite(RATES, ANN)])).await;
    let first = pending(&parts).await.expect("the group waits");
    assert_eq!((first.room, first.principal), (BONDS, DESK));
    assert_eq!(
        issue(&parts, &first, &[ANN], false).await,
        [invitation(ANN, 1, BONDS)]
    );
    drop(parts);

    let parts = database.open().await;
    assert_eq!(pending(&parts).await, Some(first));
    assert_eq!(
        issue(&parts, &first, &[ANN, BOB], true).await,
        [invitation(BOB, 1, BONDS)]
    );
    let second = pending(&parts).await.expect("a user waits");
    assert_eq!((second.room, second.principal), (RATES, ANN));
    issue(&parts, &second, &[], true).await;
    assert_eq!(pending(&parts).await, None);
}

/// All or nothing.
pub async fn who_waits_is_committed_with_the_other_changes(database: &dyn Database) {
    let parts = two_rooms(database).await;
    for wrong in [invite(RoomId(7), ANN), invite(RATES, NOBODY)] {
        refused(&parts, &changes(vec![invite(RATES, ANN), wrong])).await;
        assert_eq!(pending(&parts).await, None);
    }
}

/// However often the user becomes a member.
pub async fn nobody_is_invited_twice_to_a_room(database: &dyn Database) {
    let parts = two_rooms(database).await;
    assert_eq!(
        invite_now(&parts, RATES, ANN, &[ANN, ANN]).await,
        [invitation(ANN, 1, RATES)]
    );
    assert_eq!(invite_now(&parts, RATES, DESK, &[ANN]).await, []);
    assert_eq!(issued(&parts, ANN).await, [invitation(ANN, 1, RATES)]);
}

/// From 1, without regard to others.
pub async fn invitations_are_numbered_for_each_user(database: &dyn Database) {
    let parts = two_rooms(database).await;
    invite_now(&parts, RATES, ANN, &[ANN]).await;
    assert_eq!(
        invite_now(&parts, BONDS, DESK, &[ANN, BOB]).await,
        [invitation(ANN, 2, BONDS), invitation(BOB, 1, BONDS)]
    );
    assert_eq!(
        issued(&parts, ANN).await,
        [invitation(ANN, 1, RATES), invitation(ANN, 2, BONDS)]
    );
}

/// A client that knows number 1 asks for what is greater.
pub async fn a_number_is_not_used_again(database: &dyn Database) {
    let parts = two_rooms(database).await;
    invite_now(&parts, RATES, ANN, &[ANN]).await;
    commit(&parts, &changes(vec![Change::RemoveRoom(RATES)])).await;
    assert_eq!(
        invite_now(&parts, BONDS, ANN, &[ANN]).await,
        [invitation(ANN, 2, BONDS)]
    );
}

/// And one who comes later with the same row isn't either.
pub async fn who_is_gone_is_not_invited(database: &dyn Database) {
    let parts = two_rooms(database).await;
    invite_now(&parts, BONDS, ANN, &[ANN]).await;
    commit(&parts, &changes(vec![invite(RATES, DESK), invite(RATES, ANN)])).await;
    let first = pending(&parts).await.expect("the group waits");
    commit(&parts, &changes(vec![Change::RemoveUser(ANN)])).await;
    assert_eq!(
        issue(&parts, &first, &[ANN, BOB, NOBODY, DESK], true).await,
        [invitation(BOB, 1, RATES)]
    );
    assert_eq!(pending(&parts).await, None, "what waits goes with its user");
    commit(&parts, &changes(vec![user(1, "mallory@x.test")])).await;
    assert_eq!(issued(&parts, ANN).await, []);
}

/// It was done already, or its room or principal is gone.
pub async fn what_does_not_wait_issues_nothing(database: &dyn Database) {
    let parts = two_rooms(database).await;
    for change in [Change::RemoveRoom(BONDS), Change::RemoveGroup(DESK)] {
        let target = if change == Change::RemoveGroup(DESK) {
            invite(RATES, DESK)
        } else {
            invite(BONDS, ANN)
        };
        commit(&parts, &changes(vec![target])).await;
        let first = pending(&parts).await.expect("somebody waits");
        commit(&parts, &changes(vec![change])).await;
        assert_eq!(pending(&parts).await, None);
        assert_eq!(issue(&parts, &first, &[BOB], true).await, []);
    }
    commit(&parts, &changes(vec![invite(RATES, ANN)])).await;
    let first = pending(&parts).await.expect("somebody waits");
    issue(&parts, &first, &[ANN], true).await;
    assert_eq!(issue(&parts, &first, &[BOB], true).await, []);
    assert_eq!(issued(&parts, BOB).await, []);
}

/// Those after one, as many as are wanted.
pub async fn invitations_are_read_piece_by_piece(database: &dyn Database) {
    let parts = two_rooms(database).await;
    let more = (3..=5).map(|id| room(id, 1, &format!("Room {id}"))).collect();
    commit(&parts, &changes(more)).await;
    for id in 1..=5 {
        invite_now(&parts, RoomId(id), ANN, &[ANN]).await;
    }
    let ids = async |after, count| {
        let found = parts.invitations.issued(ANN, after, count).await;
        let found = found.expect("invitations are read").into_iter();
        found.map(|invitation| invitation.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(0, 2).await, [1, 2]);
    assert_eq!(ids(2, 2).await, [3, 4]);
    assert_eq!(ids(4, 2).await, [5]);
    assert_eq!(ids(5, 2).await, [0_u32; 0]);
    assert_eq!(ids(u32::MAX, 2).await, [0_u32; 0]);
}
