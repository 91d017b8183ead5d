//! Who acts.

use causerie_model::{Actor, PrincipalId, SipAddress};

/// Who acts, and from where: what the record of the action says.
#[derive(Clone, Debug)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// From where: `unix`, or the address that his request came from. Empty if nobody asked from anywhere.
    pub origin: String,
    /// The user whose rights decide. `None`: it was decided already that this actor may.
    pub user: Option<PrincipalId>,
}

impl By {
    /// A user, who may do what the rules let him.
    #[must_use]
    pub fn user(id: PrincipalId, address: SipAddress, origin: impl Into<String>) -> Self {
        Self {
            actor: Actor::User(address),
            origin: origin.into(),
            user: Some(id),
        }
    }

    /// The same, from there.
    #[must_use]
    pub fn from(self, origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            ..self
        }
    }
}

/// Somebody of whom it was decided already that he may.
impl From<Actor> for By {
    fn from(actor: Actor) -> Self {
        Self {
            actor,
            origin: String::new(),
            user: None,
        }
    }
}
