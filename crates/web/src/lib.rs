//! The web gateway. So far it is the administration API: JSON over HTTP, on a Unix socket of the machine
//! and over TLS.
//!
//! It translates and holds no rules: what may be done, the chat service decides.

pub mod admin;
