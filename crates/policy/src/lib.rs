//! Who may do what, and by which rule.
//!
//! Every way into the server asks here, and nothing else decides. The rules know users, groups, lists and scopes, and no
//! administrators: who runs the server doesn't thereby read its rooms.
//!
//! Scope comes first. A category's Allowed and Denied lists bound all roles in its rooms: a user is in scope if he, or a
//! group that he is in, is on Allowed, and neither he nor any of his groups is on Denied. A category with an empty
//! Allowed list has nobody in scope: what nobody filled in opens nothing.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod admin;
mod asker;
mod barrier;
mod compliance;
mod explain;
mod hold;
mod reading;
mod rule;
mod touched;

pub use admin::{AdminAct, AdminRole, UnknownRole, decide_admin, decide_token};
pub use asker::{Action, Asker, CategoryAction, Check, decide, decide_category, may_chat, permissions};
pub use compliance::{Tolerance, decide_compliance};
pub use explain::{Explanation, Step, explain, explain_category};
pub use hold::{may_hold, stale_entries};
pub use reading::Reading;
pub use rule::{Entry, Rule, Verdict};
pub use touched::touched_nodes;
