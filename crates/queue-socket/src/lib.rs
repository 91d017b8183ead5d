//! The queue of another process, over a Unix socket.
//!
//! Each call is one HTTP request on a connection of its own: [`wire`] has what is sent. The time is the server's. Whoever may
//! open the socket may have the lease when it is free, and then consume the queue and take messages out of rooms: its file's
//! mode is the lock. What he takes out is recorded with his process and the records that he says it follows.

mod client;
pub mod wire;

pub use client::{DEADLINE, MAX_ANSWER_BYTES, SocketQueue};
