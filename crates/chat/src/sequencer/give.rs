//! What endpoints are given: answers, notices, and no more than they take.

use super::{Command, Device, Sequencer};
use crate::{
    Outcome, Refusal,
    delivery::{Answer, Broadcast, Delivery, Notice, Overrun},
};
use causerie_model::{EndpointId, PartReason, RoomId};
use std::collections::{HashMap, VecDeque};

/// What endpoints were given since nobody was behind.
#[derive(Default)]
pub(super) struct Given {
    /// In all.
    pub(super) all: usize,
    /// The most that one was given without asking.
    pub(super) most: u32,
}

impl Given {
    /// Puts a delivery into a device's queue; if that is full, the device is cut off.
    pub(super) fn give(
        &mut self,
        devices: &mut HashMap<EndpointId, Device>,
        carry: &mut VecDeque<Command>,
        endpoint: EndpointId,
        delivery: Delivery,
    ) {
        let Some(device) = devices.get_mut(&endpoint) else {
            return;
        };
        match device.sink.deliver(delivery) {
            Ok(unasked) => {
                self.all += 1;
                self.most = self.most.max(unasked);
            }
            Err(Overrun) => {
                tracing::warn!(user = %device.address, %endpoint, "A slow reader is cut off.");
                metrics::counter!("causerie_slow_readers_total").increment(1);
                device.cut(carry, endpoint, PartReason::SlowReader);
            }
        }
    }
}

impl Sequencer {
    /// Before a round is delivered: waits until those before have been taken over, if they were many. So at most two
    /// rounds wait for the processor, and their messages no longer than that takes.
    pub(super) async fn take_turns(&mut self) {
        if self.given.all >= self.inner.settings.endpoint_queue {
            self.catch_up().await;
        }
    }

    /// Before anything is given: waits if an endpoint has been given half of what fits into its queue and hasn't asked
    /// since. The other half is for what it has asked for and is at work on.
    pub(super) async fn make_room(&mut self) {
        if self.given.most as usize >= self.inner.settings.endpoint_queue / 2 {
            self.catch_up().await;
        }
    }

    /// Waits until all endpoints have asked since they were last given something.
    pub(super) async fn catch_up(&mut self) {
        let backlog = &self.inner.backlog;
        if !backlog.cleared().await {
            let behind = backlog.behind();
            tracing::error!(
                behind,
                "Endpoints don't ask for what they were given. Nobody waits for them."
            );
            self.devices.values().for_each(|device| device.sink.excuse());
        }
        self.given = Given::default();
    }

    pub(super) fn answer(
        &mut self,
        endpoint: EndpointId,
        token: u64,
        result: Result<Outcome, Refusal>,
        statements: u32,
    ) {
        if let Err(refusal) = &result {
            metrics::counter!("causerie_refusals_total", "reason" => refusal.name()).increment(1);
        }
        let answer = Box::new(Answer {
            token,
            result,
            statements,
        });
        self.deliver(endpoint, Delivery::Answer(answer));
    }

    pub(super) fn deliver(&mut self, endpoint: EndpointId, delivery: Delivery) {
        self.given
            .give(&mut self.devices, &mut self.carry, endpoint, delivery);
    }

    /// Ends a device's connection and takes it out of its rooms.
    pub(super) fn cut(&mut self, endpoint: EndpointId, reason: PartReason) {
        if let Some(device) = self.devices.get_mut(&endpoint) {
            device.cut(&mut self.carry, endpoint, reason);
        }
    }

    /// Hands a notice to one device.
    pub(super) fn notify(&mut self, endpoint: EndpointId, notice: Notice) {
        self.deliver(endpoint, Delivery::Notice(Broadcast::new(notice)));
    }

    /// Hands one notice to everybody in a room but this device.
    pub(super) fn broadcast(&mut self, room: RoomId, notice: Notice, except: Option<EndpointId>) {
        let Some(room) = self.rooms.get(room) else { return };
        let broadcast = Broadcast::new(notice);
        let mut count = 0;
        for endpoint in room.endpoints().filter(|endpoint| Some(*endpoint) != except) {
            let delivery = Delivery::Notice(broadcast.clone());
            self.given
                .give(&mut self.devices, &mut self.carry, endpoint, delivery);
            count += 1;
        }
        metrics::counter!("causerie_deliveries_total").increment(count);
    }
}
