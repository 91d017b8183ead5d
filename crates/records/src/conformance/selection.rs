//! Searches for records.

use super::{
    Chain, Database,
    world::{START, STEP, adding, commit, found, posts},
};
use crate::{RecordStore, Retirement, Selection};
use causerie_model::{ChainId, RoomId, Timestamp};
use std::sync::Arc;

const ONE: ChainId = ChainId::Room(RoomId(1));
const TWO: ChainId = ChainId::Room(RoomId(2));

/// 1 Ann joins room 1, 2 Bob joins it, 3 Ann posts there, 4 Bob posts in room 2, 5 Ann in room 2, 6 Eve signs in.
async fn start(database: &dyn Database) -> Arc<dyn RecordStore> {
    let store = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    let records = vec![
        one.join("ann@x.test"),
        one.join("bob@x.test"),
        one.post("ann@x.test", "in one"),
        two.post("bob@x.test", "in two"),
        two.post("ann@x.test", "in two"),
        Chain::of(ChainId::Compliance).sign_in("eve"),
    ];
    commit(&*store, &adding(records)).await;
    store
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn step(steps: i64) -> Option<Timestamp> {
    Some(Timestamp(START + steps * STEP))
}

/// Retired ones too, which no actor finds.
pub async fn nothing_asked_selects_all(database: &dyn Database) {
    let store = start(database).await;
    assert_eq!(found(&*store, &Selection::default()).await, [1, 2, 3, 4, 5, 6]);
    let mut chain = Chain::of(ChainId::Compliance);
    chain.sign_in("eve");
    let mut addition = adding(vec![chain.retire(ONE, 1, 1)]);
    addition.retired = vec![Retirement {
        chain: ONE,
        numbers: vec![1],
    }];
    commit(&*store, &addition).await;
    assert_eq!(found(&*store, &Selection::default()).await, [1, 2, 3, 4, 5, 6, 7]);
    let ann = Selection {
        actors: texts(&["sip:ann@x.test"]),
        ..Selection::default()
    };
    assert_eq!(found(&*store, &ann).await, [3, 5]);
}

/// Each alone, with one value and several.
pub async fn every_field_selects(database: &dyn Database) {
    let store = start(database).await;
    let all = Selection::default;
    let actors = |actors: &[&str]| Selection {
        actors: texts(actors),
        ..all()
    };
    let chains = |chains: &[ChainId]| Selection {
        chains: chains.to_vec(),
        ..all()
    };
    let kinds = |kinds: &[&str]| Selection {
        kinds: texts(kinds),
        ..all()
    };
    let times = |from, until| Selection { from, until, ..all() };
    for (selection, positions) in [
        (actors(&["sip:ann@x.test"]), &[1, 3, 5][..]),
        (actors(&["sip:bob@x.test", "officer:eve"]), &[2, 4, 6]),
        (actors(&["sip:ann"]), &[]),
        (actors(&["' OR 1=1 --"]), &[]),
        (chains(&[TWO]), &[4, 5]),
        (chains(&[ONE, ChainId::Compliance]), &[1, 2, 3, 6]),
        (chains(&[ChainId::System]), &[]),
        (kinds(&["CHAT"]), &[3, 4, 5]),
        (kinds(&["JOIN", "SIGNEDIN"]), &[1, 2, 6]),
        (kinds(&["chat"]), &[]),
        // Room 1 has its records at 0, 1 and 2, room 2 at 0 and 1, the compliance service at 0.
        (times(step(1), None), &[2, 3, 5]),
        (times(None, step(1)), &[1, 4, 6]),
        (times(step(1), step(2)), &[2, 5]),
        (times(step(2), step(2)), &[]),
        (times(Some(Timestamp(START + STEP + 1)), None), &[3]),
        (times(None, Some(Timestamp(START + STEP + 1))), &[1, 2, 4, 5, 6]),
    ] {
        assert_eq!(found(&*store, &selection).await, positions, "{selection:?}");
    }
}

/// All of them must hold.
pub async fn fields_hold_together(database: &dyn Database) {
    let store = start(database).await;
    let selection = Selection {
        actors: texts(&["sip:ann@x.test", "sip:bob@x.test"]),
        chains: vec![ONE, TWO],
        kinds: texts(&["CHAT"]),
        from: step(1),
        until: step(2),
    };
    assert_eq!(found(&*store, &selection).await, [5]);
    for (narrower, positions) in [
        (
            Selection {
                until: None,
                ..selection.clone()
            },
            &[3, 5][..],
        ),
        (
            Selection {
                from: None,
                ..selection.clone()
            },
            &[4, 5],
        ),
        (
            Selection {
                kinds: vec![],
                ..selection.clone()
            },
            &[2, 5],
        ),
        (
            Selection {
                chains: vec![ONE],
                ..selection.clone()
            },
            &[],
        ),
        (
            Selection {
                actors: texts(&["sip:bob@x.test"]),
                ..selection.clone()
            },
            &[],
        ),
        (
            Selection {
                chains: vec![ONE],
                until: None,
                ..selection.clone()
            },
            &[3],
        ),
        (
            Selection {
                actors: texts(&["sip:bob@x.test"]),
                from: None,
                ..selection.clone()
            },
            &[4],
        ),
    ] {
        assert_eq!(found(&*store, &narrower).await, positions, "{narrower:?}");
    }
}

/// Each by his whole name, in this case, once, however many are asked for; not who is only named in a body.
pub async fn who_acted_is_known_while_a_record_says_so(database: &dyn Database) {
    let store = start(database).await;
    let acted = async |actors: &[&str]| {
        let acted = store.who_acted(&texts(actors)).await.expect("names");
        acted.into_iter().collect::<Vec<String>>()
    };
    let all = [
        "sip:eve@x.test",
        "sip:bob@x.test",
        "sip:ann@x.test",
        "officer:eve",
    ];
    assert_eq!(
        acted(&all).await,
        ["officer:eve", "sip:ann@x.test", "sip:bob@x.test"]
    );
    assert_eq!(
        acted(&["sip:bob@x.test", "sip:bob@x.test"]).await,
        ["sip:bob@x.test"]
    );
    let strangers = [
        "sip:Ann@x.test",
        "sip:ann",
        "ann@x.test",
        "%",
        "7",
        "",
        "' OR 1=1 --",
    ];
    assert_eq!(acted(&strangers).await, [""; 0]);
    assert_eq!(acted(&[]).await, [""; 0]);
    // Of Bob's two records one goes, then the other.
    let mut chain = Chain::of(ChainId::Compliance);
    chain.sign_in("eve");
    for (room, number, left) in [(ONE, 2, &["sip:bob@x.test"][..]), (TWO, 1, &[])] {
        let mut addition = adding(vec![chain.retire(room, number, number)]);
        addition.retired = vec![Retirement {
            chain: room,
            numbers: vec![number],
        }];
        commit(&*store, &addition).await;
        assert_eq!(acted(&["sip:bob@x.test"]).await, left);
    }
    // What is left of them has no actor, and that is nobody's name.
    assert_eq!(acted(&[""]).await, [""; 0]);
}

/// Each page begins after the last position of the one before.
pub async fn a_selection_is_read_page_by_page(database: &dyn Database) {
    let store = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    for _ in 0..5 {
        let mut records = posts(&mut one, 1);
        records.extend(posts(&mut two, 1));
        commit(&*store, &adding(records)).await;
    }
    let selection = Selection {
        actors: texts(&["sip:ann@x.test"]),
        chains: vec![TWO],
        ..Selection::default()
    };
    let (mut after, mut pages) = (0, Vec::new());
    loop {
        let page = store.select(&selection, after, 2).await.expect("records");
        let Some(last) = page.last() else { break };
        after = last.position;
        pages.push(page.iter().map(|it| it.position).collect::<Vec<u64>>());
    }
    assert_eq!(pages, [vec![2, 4], vec![6, 8], vec![10]]);
    assert_eq!(store.select(&selection, 0, 0).await.expect("records"), []);
    assert_eq!(store.select(&selection, u64::MAX, 1).await.expect("records"), []);
}
