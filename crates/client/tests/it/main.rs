//! The client against a scripted server at the other end of a pipe in memory.

mod calls;
mod peer;
mod sign_in;
mod tls;
