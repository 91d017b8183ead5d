//! Tokens of administration. Who keeps them is to be told once the record is stored.

use super::{ActionError, Plan};
use causerie_model::ChainId;

/// Most characters of a token's name.
pub const MAX_TOKEN_NAME_CHARS: usize = 64;

/// What happens to a token.
#[derive(Clone, Debug)]
pub enum TokenChange {
    /// It is given to somebody.
    Add {
        /// Its name: 1 to [`MAX_TOKEN_NAME_CHARS`] letters, digits, `-`, `_` and `.`.
        name: String,
        /// The role that it gives.
        role: String,
        /// Until when it is good, as text; empty if for ever.
        expires: String,
    },
    /// It is no longer good.
    Remove {
        /// Its name.
        name: String,
        /// The role that it gave.
        role: String,
    },
}

pub(super) fn change(change: &TokenChange) -> Result<Plan, ActionError> {
    let record = |what, name: &str| Plan {
        record_only: true,
        ..Plan::new(vec![], ChainId::System, what, name)
    };
    match change {
        TokenChange::Add { name, role, expires } => {
            check_name(name)?;
            let plan = record("token.add", name);
            Ok(if expires.is_empty() {
                plan.to(role)
            } else {
                plan.to(format_args!("{role} until {expires}"))
            })
        }
        TokenChange::Remove { name, role } => Ok(record("token.remove", name).from(role)),
    }
}

/// Records and logs name a token's holder by it, so nothing in it may be mistaken for something else.
fn check_name(name: &str) -> Result<(), ActionError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if (1..=MAX_TOKEN_NAME_CHARS).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(ActionError::Invalid(format!(
        "a token's name has 1 to {MAX_TOKEN_NAME_CHARS} letters, digits, '-', '_' and '.'"
    )))
}
