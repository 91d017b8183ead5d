//! Who may see what of a user's presence (MS-PRES, `setContainerMembers`). Presence isn't handed on, so there is nothing
//! to keep.
use causerie_sip::CheckedRequest;
use causerie_sip::ua::Facts;

use crate::link::Link;
use crate::xml::Element;

impl Link {
    pub(super) fn set_container_members(&mut self, request: &CheckedRequest) {
        if Element::parse(request.body()).is_err() {
            return self.refuse(request, 400, "body", "the list of members can't be read");
        }
        let response = self.response(request, 200);
        let facts = Facts {
            operation: Some("setContainerMembers"),
            ..Facts::default()
        };
        self.answer(response, facts);
    }
}
