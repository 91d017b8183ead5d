//! SERVICE (MS-SIP): one file a service.
mod contacts;
mod containers;
mod publish;

use causerie_sip::{CheckedRequest, Header};
use causerie_store::StoreError;

use crate::link::{Link, refusal};

const PUBLISH: &str = "application/msrtc-category-publish+xml";
const CONTAINERS: &str = "application/msrtc-setcontainermembers+xml";
const SOAP: &str = "application/SOAP+xml";

impl Link {
    /// A SERVICE to the user himself.
    pub(crate) fn service(&mut self, request: CheckedRequest) {
        let is = |kind: &str| {
            request
                .content_type
                .as_ref()
                .is_some_and(|found| found.matches(kind))
        };
        if is(PUBLISH) {
            self.publish(&request);
        } else if is(CONTAINERS) {
            self.set_container_members(&request);
        } else if is(SOAP) {
            self.edit_contacts(request);
        } else {
            let accept = [PUBLISH, CONTAINERS, SOAP].join(", ");
            let response = self
                .refusal(&request, 415, "there is no such service")
                .header(Header::Accept, &accept);
            self.answer(response, refusal("service"));
        }
    }

    /// The store couldn't: the client may come again.
    pub(crate) fn store_failed(&mut self, request: &CheckedRequest, error: &StoreError) {
        tracing::error!(target: "causerie::sip", %error, "The contact list can't be read or written.");
        let response = self
            .refusal(request, 503, "the server can't read or store this now")
            .header(Header::RetryAfter, "30");
        self.answer(response, refusal("store"));
    }
}
