//! The queue of another process, over a Unix socket.
//!
//! Each call is one HTTP request on a connection of its own: [`wire`] has what is sent. Whoever may open the socket may
//! consume the queue and take messages out of rooms: its file's mode is the lock.

mod client;
pub mod wire;

pub use client::{DEADLINE, MAX_ANSWER_BYTES, SocketQueue};
