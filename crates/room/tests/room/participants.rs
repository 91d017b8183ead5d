//! Who is in a room.

use crate::words::{endpoint, participant, room};
use causerie_model::{Permissions, PrincipalId};
use causerie_room::{Entered, Left};

#[test]
fn a_user_is_in_the_room_from_his_first_endpoint_to_his_last() {
    let mut room = room(0, 75);
    assert!(room.is_idle());
    let first = room.enter(endpoint(2), participant(1));
    assert_eq!(
        first,
        Entered {
            first_of_user: true,
            already: false
        }
    );
    let second = room.enter(endpoint(1), participant(1));
    assert_eq!(
        second,
        Entered {
            first_of_user: false,
            already: false
        }
    );
    assert_eq!(room.user_count(), 1);
    assert!(room.endpoints_of(PrincipalId(1)).eq([endpoint(1), endpoint(2)]));
    let left = room.leave(endpoint(2)).unwrap();
    assert_eq!(
        left,
        Left {
            participant: participant(1),
            last_of_user: false
        }
    );
    assert!(room.leave(endpoint(1)).unwrap().last_of_user);
    assert!(room.leave(endpoint(1)).is_none());
    assert!(room.is_idle());
}

#[test]
fn entering_again_changes_nothing_but_what_is_known_of_the_user() {
    let mut room = room(0, 75);
    room.enter(endpoint(1), participant(1));
    let mut renamed = participant(1);
    renamed.name = "Ann".to_owned();
    let again = room.enter(endpoint(1), renamed.clone());
    assert_eq!(
        again,
        Entered {
            first_of_user: false,
            already: true
        }
    );
    assert_eq!(room.participant(endpoint(1)), Some(&renamed));
    assert_eq!(room.endpoints().count(), 1);
}

#[test]
fn permissions_are_one_for_all_endpoints_of_a_user() {
    let mut room = room(0, 75);
    room.enter(endpoint(1), participant(1));
    room.enter(endpoint(2), participant(1));
    assert!(room.update_permissions(PrincipalId(1), Permissions::SEE));
    assert!(!room.update_permissions(PrincipalId(1), Permissions::SEE));
    assert!(!room.update_permissions(PrincipalId(2), Permissions::SEE));
    for id in [1, 2] {
        assert_eq!(
            room.participant(endpoint(id)).unwrap().permissions,
            Permissions::SEE
        );
    }
}

#[test]
fn the_roster_stops_above_the_limit_and_resumes_below_four_fifths() {
    let mut room = room(0, 75);
    for id in 1..=75 {
        room.enter(endpoint(id), participant(id as i64));
    }
    assert!(room.roster_visible(), "75 of 75");
    room.enter(endpoint(1_000), participant(1));
    assert!(room.roster_visible(), "a second endpoint is no 76th user");
    room.enter(endpoint(76), participant(76));
    assert!(!room.roster_visible(), "76 of 75");
    for id in 61..=76 {
        room.leave(endpoint(id));
    }
    assert_eq!(room.user_count(), 60);
    assert!(!room.roster_visible(), "60 of 75");
    room.leave(endpoint(60));
    assert!(room.roster_visible(), "59 of 75");
    for id in 60..=75 {
        room.enter(endpoint(id), participant(id as i64));
        assert!(room.roster_visible(), "back up to {id}");
    }
}
