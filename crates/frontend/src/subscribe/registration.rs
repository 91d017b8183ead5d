//! `registration` (MS-SIPREGE §3.5): that the device is registered, and the notice that it has been signed out.
use causerie_sip::Header;

use super::State;
use crate::link::Link;

const CONTENT_TYPE: &str = "text/registration-event";

impl Link {
    pub(super) fn registration(&self) -> State {
        let registered = self.signed_in.as_ref().is_some_and(|who| who.binding.is_some());
        let body = if registered { "registered" } else { "deregistered" };
        State {
            content_type: CONTENT_TYPE,
            body: body.to_owned(),
        }
    }

    /// Tells the device that it has been signed out. pidgin-sipe 1.25 shows the reason and doesn't come back by itself.
    pub(crate) fn notify_signed_out(&mut self, reason: &str) {
        let fqdn = self.front().settings.fqdn.clone();
        let reason: String = reason.chars().filter(|c| !"\"\\".contains(*c)).collect();
        let diagnostics = format!("0;reason=\"{reason}\";source=\"{fqdn}\"");
        let headers = [
            (Header::SubscriptionState, "terminated;expires=0"),
            (Header::MsDiagnostics, diagnostics.as_str()),
        ];
        self.notify_device(
            "registration-notify",
            &headers,
            CONTENT_TYPE,
            "deregistered;event=unregistered",
        );
    }
}
