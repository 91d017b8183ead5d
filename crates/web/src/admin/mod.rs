//! The administration API, version 1.
//!
//! | resource | GET | POST | PATCH | PUT | DELETE |
//! |---|---|---|---|---|---|
//! | `/v1/users` | all | add | | | |
//! | `/v1/users/{address}` | one | | change | | remove |
//! | `/v1/users/{address}/password` | | | | set | |
//! | `/v1/users/{address}/sign-out` | | end his connections | | | |
//! | `/v1/groups`, `/v1/groups/{name}` | all, one | add | change | | remove |
//! | `/v1/groups/{name}/members[/{principal}]` | all | add | | | remove |
//! | `/v1/categories`, `/v1/categories/{name}` | all, one | add | change | | remove |
//! | `/v1/categories/{name}/{allowed,denied,creators}[/{principal}]` | all | add | | | remove |
//! | `/v1/rooms`, `/v1/rooms/{name}` | all, one | add | change | | remove |
//! | `/v1/rooms/{name}/{members,managers,presenters}[/{principal}]` | all | add | | | remove |
//! | `/v1/registrations` | all | | | | |
//! | `/v1/certificates` | all | | | | |
//! | `/v1/certificates/reload` | | read the files again | | | |
//! | `/v1/status` | how it is doing | | | | |
//!
//! Names in paths are percent-encoded. A principal is a user's address or a group's name; only addresses have an `@`.
//! Errors are `{"error": {"code", "message"}}`; codes are stable, messages are for people. Statuses: 400 for what is no
//! JSON, 404 for names that don't exist, 409 for names that are taken, 422 for what makes no sense or the rules forbid,
//! 503 with Retry-After when the server can't now.

mod categories;
mod certificates;
mod error;
mod groups;
mod input;
mod lists;
mod peer;
mod program;
mod registrations;
mod rooms;
mod status;
mod users;
pub mod wire;

pub use peer::{Peer, serve};
pub use program::{Program, SignedIn};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post, put},
};
use causerie_accounts::Accounts;
use causerie_chat::Chat;
use std::sync::Arc;

/// Largest request body, in bytes. The largest request has a name, a description and a handful of words.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// What the API works on.
#[derive(Clone)]
pub struct AdminState {
    /// The chat service, which carries out every change.
    pub chat: Chat,
    /// The account service, which keeps passwords.
    pub accounts: Arc<Accounts>,
    /// The front end's registrar.
    pub signed_in: Arc<dyn SignedIn>,
    /// The program around it all.
    pub program: Arc<dyn Program>,
}

/// The API over this state. Requests must come with a [`Peer`] as their connection's information: see [`serve`].
pub fn router(state: AdminState) -> Router {
    Router::new()
        .route("/v1/users", get(users::all).post(users::add))
        .route(
            "/v1/users/{address}",
            get(users::one).patch(users::change).delete(users::remove),
        )
        .route("/v1/users/{address}/password", put(users::set_password))
        .route("/v1/users/{address}/sign-out", post(users::sign_out))
        .route("/v1/groups", get(groups::all).post(groups::add))
        .route(
            "/v1/groups/{name}",
            get(groups::one).patch(groups::change).delete(groups::remove),
        )
        .route(
            "/v1/groups/{name}/members",
            get(groups::members).post(groups::add_member),
        )
        .route(
            "/v1/groups/{name}/members/{principal}",
            axum::routing::delete(groups::remove_member),
        )
        .route("/v1/categories", get(categories::all).post(categories::add))
        .route(
            "/v1/categories/{name}",
            get(categories::one)
                .patch(categories::change)
                .delete(categories::remove),
        )
        .route(
            "/v1/categories/{name}/{list}",
            get(lists::of_category).post(lists::add_to_category),
        )
        .route(
            "/v1/categories/{name}/{list}/{principal}",
            axum::routing::delete(lists::remove_from_category),
        )
        .route("/v1/rooms", get(rooms::all).post(rooms::add))
        .route(
            "/v1/rooms/{name}",
            get(rooms::one).patch(rooms::change).delete(rooms::remove),
        )
        .route(
            "/v1/rooms/{name}/{list}",
            get(lists::of_room).post(lists::add_to_room),
        )
        .route(
            "/v1/rooms/{name}/{list}/{principal}",
            axum::routing::delete(lists::remove_from_room),
        )
        .route("/v1/registrations", get(registrations::all))
        .route("/v1/certificates", get(certificates::all))
        .route("/v1/certificates/reload", post(certificates::reload))
        .route("/v1/status", get(status::status))
        .fallback(error::no_such_resource)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(state)
}
