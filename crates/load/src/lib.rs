//! `causerie load`: simulated endpoints that speak the real protocol, the checks that they make, and what it cost.

mod target;
mod world;

#[expect(unused_imports, reason = "taken away with the first workload")]
use {target::Target, world::World};
