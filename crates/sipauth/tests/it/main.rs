//! Everything through the crate's public boundary.

mod association;
mod handshake;
mod header;
mod ntlm;
mod recorded;
mod support;
