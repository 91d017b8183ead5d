//! One user.

use crate::{Inner, Outcome, Refusal};
use causerie_model::{PrincipalId, SipAddress};

impl Inner {
    pub(super) fn user_card(&self, who: PrincipalId, address: &SipAddress) -> Result<Outcome, Refusal> {
        self.may_look_up(who)?;
        let catalogue = self.catalogue();
        let user = catalogue.user_by_address(address);
        let found = user.and_then(|user| self.principal(&catalogue, user.id));
        Ok(Outcome::Principals {
            principals: vec![found.ok_or(Refusal::NoSuchPrincipal)?],
            more: false,
        })
    }
}
