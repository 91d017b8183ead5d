//! Tokens of administration. Who keeps them is to be told once the record is stored.

use super::Plan;
use causerie_model::ChainId;

/// What happens to a token.
#[derive(Clone, Debug)]
pub enum TokenChange {
    /// It is given to somebody.
    Add {
        /// Its name.
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

pub(super) fn change(change: &TokenChange) -> Plan {
    let record = |what, name: &str| Plan {
        record_only: true,
        ..Plan::new(vec![], ChainId::System, what, name)
    };
    match change {
        TokenChange::Add { name, role, expires } if expires.is_empty() => record("token.add", name).to(role),
        TokenChange::Add { name, role, expires } => {
            record("token.add", name).to(format_args!("{role} until {expires}"))
        }
        TokenChange::Remove { name, role } => record("token.remove", name).from(role),
    }
}
