//! What an endpoint remembers of an attempt to sign in that failed.

use super::{scan::Reader, *};
use crate::{
    arrivals::Dice,
    latency::Latencies,
    ledger::{Ledger, Witness},
    world::World,
};
use causerie_sipauth::NtHash;
use std::sync::Arc;

const RUN: u32 = 7;

fn context() -> Context {
    let world = World {
        users: 1,
        rooms: Vec::new(),
    };
    Context {
        run: RUN,
        rooms: Arc::new(Rooms::of(&world)),
        ledger: Arc::new(Ledger::new(RUN, 1)),
        counters: Arc::default(),
        reader: Reader::new(),
        dice: Dice::new(1),
        nt_hash: NtHash::of_password("secret"),
        verify_every: 1,
        text_size: 100,
        measured: 0..u64::MAX,
        delivery: Latencies::new(),
        answer: Latencies::new(),
        lateness: Latencies::new(),
        sign_in: Latencies::new(),
    }
}

/// Message `chat_id` comes to two endpoints: to number 1 only if that is connected.
fn come(context: &Context, chat_id: u64, sender: &mut Cursor, endpoint: Option<&mut Endpoint>) {
    let stamp = Some(Stamp {
        run: RUN,
        sender: 0,
        sequence: chat_id as u32 - 1,
        due: chat_id * 10,
    });
    let now = chat_id * 10 + 1;
    context.ledger.see(0, sender, chat_id, stamp, now);
    if let Some(endpoint) = endpoint {
        context
            .ledger
            .see(1, &mut endpoint.cursors[0], chat_id, stamp, now);
    }
}

#[test]
fn what_comes_between_two_attempts_is_not_lost() {
    let context = &mut context();
    let mut endpoint = Endpoint::new(&Newcomer {
        number: 1,
        address: "sip:user@load.test".to_owned(),
        rooms: vec![0],
        narrow: false,
        history: 0,
    });
    let mut sender = Cursor::new(0);
    sender.joined = Some(1);
    let local = SocketAddr::from(([127, 0, 0, 1], 9));
    endpoint.connected("TCP", local, false, context);
    endpoint.cursors[0].joined = Some(5);
    come(context, 1, &mut sender, Some(&mut endpoint));
    come(context, 2, &mut sender, None);
    endpoint.connected("TCP", local, false, context);
    endpoint.cursors[0].joined = Some(25);
    come(context, 3, &mut sender, Some(&mut endpoint));
    let posted = vec![Posted { room: 0, status: 200 }; 3];
    let witness = |endpoint, cursors, posted| Witness {
        endpoint,
        stayed: true,
        cursors,
        posted,
    };
    let verdict = context.ledger.judge(&[
        witness(0, vec![sender], posted),
        witness(1, endpoint.cursors, Vec::new()),
    ]);
    assert!(verdict.is_clean(), "{:?}", verdict.examples);
}
