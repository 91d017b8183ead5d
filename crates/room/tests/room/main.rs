//! Rooms and chains, tested from outside.

mod model;
mod participants;
mod recent;
mod seal;
mod tamper;
mod words;
