//! A server with an in-memory store, and a scripted client over raw bytes.
#![allow(dead_code, reason = "each test file uses a part of it")]

mod client;
mod echo;
mod world;

pub use client::Client;
pub use echo::Echo;
pub use world::{ALICE, BOB, DISABLED, FixedClock, Memory, PASSWORD, World, peer};
