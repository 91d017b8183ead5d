//! `presence` (MS-PRES §3.5, batched too): granted, and nothing is told. Contacts whose presence isn't told are shown as
//! offline, which is what a server without presence can truthfully say.
use causerie_sip::CheckedRequest;

use crate::link::Link;
use crate::xml::Element;

/// Most contacts in one subscription.
pub(crate) const RESOURCES_MAX: usize = 1_000;

impl Link {
    /// Whether the list of contacts makes sense.
    pub(super) fn presence(&self, request: &CheckedRequest) -> Result<(), &'static str> {
        let is_list = request
            .content_type
            .as_ref()
            .is_some_and(|found| found.matches("application/msrtc-adrl-categorylist+xml"));
        if !is_list || request.body().is_empty() {
            return Ok(());
        }
        let root = Element::parse(request.body()).map_err(|_| "the list of contacts can't be read")?;
        if root.all("resource").len() > RESOURCES_MAX {
            return Err("too many contacts in one subscription");
        }
        Ok(())
    }
}
