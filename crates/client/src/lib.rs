//! The client's side of SIP and XCCOS: signs in, finds the chat service, joins rooms, posts and listens.
//!
//! [`Client::connect`] does what the known desktop clients do, in their order: REGISTER with NTLM, a SUBSCRIBE for the
//! provisioning that names the chat service, INVITE, `requri`, the second INVITE, `getserverinfo`. From then on every
//! message is signed, and every message from the server verified. Replies come as results of the calls, everything
//! unasked comes out of [`Events`] in the order of the wire.
//!
//! One task owns the socket and one state machine (`session`), which knows neither sockets nor time: it is handed bytes
//! and the present, and leaves bytes to send. It must never decide what a user may do; that is the server's.

mod client;
mod connect;
mod drive;
mod error;
mod event;
mod options;
mod provisioning;
mod security;
mod session;
mod text;
mod trust;

pub use client::{Client, Events, Posting};
pub use error::{CallError, ClientError, PostError};
pub use event::{Event, JoinFailure, Joined, Message, Participant, Room};
pub use options::{Authenticate, ConnectOptions, OnStage, Stage, Transport};
pub use session::{
    CALL_DEADLINE, KEEP_ALIVE, OUTSTANDING_MAX, PING_DEADLINE, PROVISIONING_DEADLINE, Raw, SIGN_IN_DEADLINE,
    SIGN_OUT_DEADLINE, Target,
};
pub use trust::Trust;

pub use causerie_sip::{CheckedResponse, Method};
pub use causerie_xccos::{
    RoomUri,
    blocks::{Preference, ServerInfo, Visibility},
};
