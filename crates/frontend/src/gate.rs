//! How many connections there are, in all and from one address.
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::settings::Limits;

/// Counts connections.
#[derive(Default)]
pub(crate) struct Gate {
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    all: usize,
    addresses: HashMap<IpAddr, usize>,
}

/// A connection that was let in; dropping it makes room for another.
pub(crate) struct Admission {
    gate: Arc<Gate>,
    address: IpAddr,
}

impl Gate {
    /// Lets a connection in, unless there are too many.
    pub(crate) fn admit(
        self: &Arc<Self>,
        address: IpAddr,
        limits: &Limits,
    ) -> Result<Admission, &'static str> {
        let address = address.to_canonical();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= limits.connections {
            return Err("connections");
        }
        let here = counts.addresses.entry(address).or_default();
        if *here >= limits.connections_per_address {
            return Err("connections-per-address");
        }
        *here += 1;
        counts.all += 1;
        Ok(Admission {
            gate: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut counts = self.gate.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        if let Some(here) = counts.addresses.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                counts.addresses.remove(&self.address);
            }
        }
    }
}
