//! The administration API, version 1.
//!
//! `routes.rs` and `compliance/mod.rs` list every route with its act, and the description of the API (`/v1/openapi.json`) is made from it.
//! A request is let in by [`Peer`] or token, then its act is decided by the role of who asks, and only then is the rest
//! of it looked at.
//!
//! Names in paths are percent-encoded. A principal is a user's address or a group's name; only addresses have an `@`.
//! A change answers with all that changed (`changes`), what followed by itself included. With `?what_if=true` it tells what
//! would, and changes nothing.
//!
//! Errors are `{"error": {"code", "message"}}`; codes are stable, messages are for people. Statuses: 400 for what isn't
//! understood, 401 for who isn't known, 403 for what his role doesn't let him, 404 for names that don't exist, 409 for
//! names that are taken, 412 for what somebody else changed meanwhile, 422 for what makes no sense or the rules forbid, 429 after too many bad tokens, 503 with
//! Retry-After when the server can't now.

mod addins;
mod barriers;
mod beside;
mod categories;
mod certificates;
mod change;
mod compliance;
mod document;
mod endpoints;
mod error;
mod explain;
mod export;
mod find_rooms;
mod groups;
mod guard;
mod import;
mod input;
mod keyring;
mod lists;
mod messages;
mod origin;
mod patient;
mod policies;
mod program;
mod registrations;
mod rooms;
mod routes;
mod serve;
mod settings;
mod status;
mod tokens;
mod users;
mod version;
pub mod wire;

pub use compliance::{Desk, Keys};
pub use error::ApiError;
pub use explain::DEFAULT_ELIGIBLE;
pub use guard::is_officer;
pub use import::MAX_IMPORT_BYTES;
pub use input::BODY_DEADLINE;
pub use keyring::{Keyring, MAX_TOKEN_SECONDS, MAX_TOKENS, TOKEN_PREFIX};
pub use origin::{Origin, Peer, Process};
pub use patient::WRITE_DEADLINE;
pub use program::{Program, SignedIn};
pub use routes::openapi;
pub use serve::{
    HANDSHAKE_DEADLINE, HEAD_DEADLINE, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS, serve_tls, serve_unix,
    serve_unix_apart,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    middleware::from_fn_with_state,
};
use causerie_accounts::Accounts;
use causerie_chat::Chat;
use std::sync::Arc;

/// Largest request body, in bytes, but of an import: see [`MAX_IMPORT_BYTES`]. The largest request has all entries of a room's lists.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// What the API works on.
#[derive(Clone)]
pub struct AdminState {
    /// The chat service, which carries out every change.
    pub chat: Chat,
    /// The account service, which keeps passwords and counts failures.
    pub accounts: Arc<Accounts>,
    /// The tokens by which people and programs get in from elsewhere.
    pub tokens: Arc<Keyring>,
    /// The compliance service.
    pub compliance: Desk,
    /// The front end's registrar.
    pub signed_in: Arc<dyn SignedIn>,
    /// The program around it all.
    pub program: Arc<dyn Program>,
}

impl FromRef<AdminState> for Desk {
    fn from_ref(state: &AdminState) -> Self {
        state.compliance.clone()
    }
}

/// The part of the API that is the compliance service's, for one that runs alone. Whoever runs it, root, and these users of
/// the machine are officers there: by name if `/etc/passwd` has one, else by number. Requests must come with a [`Peer`] as
/// an extension: see [`serve_unix`].
pub fn compliance_router(desk: Desk, officers: &[String]) -> Router {
    let officers: Arc<[String]> = officers.into();
    Router::from(compliance::routes::<Desk>())
        .fallback(error::not_compliance)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(from_fn_with_state(officers, guard::authenticate_officer))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(desk)
}

/// The API over this state. Requests must come with a [`Peer`] as an extension: see [`serve_unix`] and [`serve_tls`].
pub fn router(state: AdminState) -> Router {
    Router::from(routes::routes())
        .fallback(error::no_such_resource)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(from_fn_with_state(state.clone(), guard::authenticate))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(state)
}
