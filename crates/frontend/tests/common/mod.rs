//! A server with an in-memory store, and a scripted client over raw bytes.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod client;
mod echo;
mod world;

pub(crate) use client::Client;
pub(crate) use echo::Echo;
pub(crate) use world::{ALICE, BOB, DISABLED, FixedClock, Memory, PASSWORD, World, peer};
