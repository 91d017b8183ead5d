//! Warnings that can't be told keep nobody from what he does.

use crate::world::{World, officer};
use causerie_compliance::{HoldRequest, MatterRequest};

fn people() -> Vec<String> {
    vec!["zoe@x.test".to_owned()]
}

/// The database goes away, at every call in turn.
#[tokio::test]
async fn a_hold_is_placed_whether_or_not_its_people_can_be_looked_up() {
    let request = HoldRequest {
        reason: "a claim".to_owned(),
        people: people(),
        ..HoldRequest::default()
    };
    let mut unwarned = 0;
    for call in 1.. {
        let world = World::new().await;
        let service = world.open().await;
        world.faults.die_at(call, false);
        let placed = service.place_hold(&officer(), &request, false).await;
        let failed = world.faults.heal();
        let holds = service.holds().await.unwrap();
        assert_eq!(holds.len(), usize::from(placed.is_ok()), "call {call}");
        if !failed {
            assert_eq!(placed.unwrap().warnings.len(), 1);
            break;
        }
        unwarned += placed.map_or(0, |placed| {
            assert_eq!(placed.warnings, [""; 0]);
            1
        });
    }
    assert_eq!(unwarned, 1, "the last call is the one that looks them up");
}

#[tokio::test]
async fn a_matter_is_opened_and_changed_whether_or_not_its_people_can_be_looked_up() {
    let request = |name: &str| MatterRequest {
        name: name.to_owned(),
        custodians: people(),
        ..MatterRequest::default()
    };
    let mut unwarned = 0;
    for call in 1.. {
        let world = World::new().await;
        let service = world.open().await;
        let officer = officer();
        world.faults.die_at(call, false);
        let opened = service.open_matter(&officer, &request("a"), false).await;
        let open_failed = world.faults.heal();
        let matters = service.matters().await.unwrap();
        assert_eq!(matters.len(), usize::from(opened.is_ok()), "call {call}");
        if open_failed {
            unwarned += u32::from(opened.is_ok());
        }
        let Ok(opened) = opened else { continue };
        world.faults.die_at(call, false);
        let changed = service
            .change_matter(&officer, &opened.target, &request("b"), false)
            .await;
        let change_failed = world.faults.heal();
        let matters = service.matters().await.unwrap();
        let name = if changed.is_ok() { "b" } else { "a" };
        assert_eq!(matters[&opened.target].name, name, "call {call}");
        if change_failed {
            unwarned += u32::from(changed.is_ok());
        }
        if !open_failed && !change_failed {
            assert_eq!(changed.unwrap().warnings.len(), 1);
            break;
        }
    }
    assert_eq!(unwarned, 2, "one of each");
}
