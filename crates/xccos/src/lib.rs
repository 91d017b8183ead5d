//! XCCOS, the XML protocol of persistent chat, to typed values and back.
//!
//! XCCOS documents travel as the bodies of SIP INFO requests inside one INVITE dialog for each client endpoint. A client
//! sends commands and chat lines; the server sends replies, notices and chat lines, each as a request of its own.
//!
//! | to | use |
//! |---|---|
//! | read what a client sent | [`Document::parse`] |
//! | answer a command | [`reply`] |
//! | tell others | [`notice`], [`chat::write_grpchat`] |
//! | be a client | [`client`], [`ServerDocument::parse`] |
//!
//! It must never decide what anyone may do, nor read a clock or make up a number: those come in as arguments. Nothing a
//! stranger sends makes it panic, or cost more than [`limits`] allow.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod arguments;
pub mod blocks;
pub mod chat;
pub mod client;
pub mod commands;
mod envelope;
pub mod error;
pub mod limits;
pub mod names;
pub mod notice;
mod reader;
pub mod reply;
mod request;
mod server;
pub mod uri;
mod writer;

pub use chat::{ChatLine, Extra, Post};
pub use commands::Command;
pub use error::{BlockError, DocumentError, XmlError};
pub use reply::Correlation;
pub use request::{Document, Primitive, PrimitiveKind};
pub use server::{Notice, Reply, ReplyData, ServerDocument, ServerPrimitive};
pub use uri::{CategoryUri, GroupUri, RoomUri};
