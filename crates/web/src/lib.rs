//! The web gateway: JSON over HTTP. The administration API is on a Unix socket of the machine and over TLS, the queue to
//! the compliance service on a Unix socket of its own.
//!
//! It translates and holds no rules: what may be done, the chat service decides.

pub mod admin;
pub mod queue;
