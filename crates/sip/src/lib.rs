//! SIP (RFC 3261) over bytes: framing, messages, headers, building, transactions and dialogs.
//!
//! Nothing here does I/O, keeps time or draws random numbers; the caller supplies all three. No input makes it panic.
//!
//! The way of a message: a [`Framer`] cuts it from a stream, [`Message::parse`] indexes it without copying,
//! [`check_request`] gives the verdict of a front end and the typed headers, [`ServerTransactions`] absorbs
//! duplicates, a [`Dialog`] checks the order, and an [`Outgoing`] is the answer.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod build;
mod check;
mod check_response;
mod cursor;
mod dialog;
mod fields;
mod forward;
mod framer;
pub mod headers;
mod message;
mod method;
mod name;
mod plain_ok;
mod salvage;
mod signature;
mod status;
mod text;
mod transaction;
pub mod ua;
mod uri;

pub use build::Outgoing;
pub use check::{CheckedRequest, Rejection, Rules, check_request};
pub use check_response::{CheckedResponse, DropReason, check_response};
pub use dialog::{Dialog, DialogError, DialogId, Sequence};
pub use fields::{Field, Headers};
pub use framer::{Frame, FrameError, Framer, Limits};
pub use message::{Message, ParseError, ParseProblem, Request, Response};
pub use method::Method;
pub use name::{Header, Name};
pub use plain_ok::PlainOk;
pub use salvage::Salvage;
pub use signature::SignatureFields;
pub use status::reason_phrase;
pub use text::Text;
pub use transaction::{
    CLIENT_TRANSACTIONS_MAX, ClientTransactions, Received, SERVER_TRANSACTIONS_MAX, ServerTransactions,
    TIMER_F_MS, TRANSACTION_MEMORY_MS, TransactionKey,
};
pub use uri::{Scheme, Uri, UriError};
