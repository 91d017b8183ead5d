//! What happens to one room, as pure functions of its state: the sequence of its messages, the chain of its records, and
//! who is in it.
//!
//! Nothing here does I/O, reads a clock or decides what anybody may do. The caller commits what [`chain::seal`] made
//! and only then tells [`Room::record`], so that a room never knows of something that isn't on disk.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod body;
pub mod chain;
pub mod message;
pub mod room;

pub use chain::{advance, seal};
pub use message::next_message;
pub use room::{Entered, Left, OutOfSequence, Participant, Room, Settings};
