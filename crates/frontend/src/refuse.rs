//! Refusals that a person can read.
use causerie_sip::{CheckedRequest, Header, Outgoing, ua::Facts};

use crate::link::Link;

/// Methods that this front end knows, for Allow.
pub(crate) const ALLOW: &str = "REGISTER, SUBSCRIBE, SERVICE, OPTIONS, INVITE, ACK, BYE, CANCEL, INFO, MESSAGE, UPDATE, NOTIFY, BENOTIFY";

/// The warn-code of RFC 3261 §20.43 for text that is shown to a person.
const WARN_MISCELLANEOUS: u16 = 399;

/// Identifies in ms-diagnostics a reason that isn't in the list of MS-OCER.
const DIAGNOSTIC_UNLISTED: u32 = 0;

impl Link {
    /// A refusal with its reason: as Warning, which pidgin-sipe 1.25 shows, and as ms-diagnostics, which Lync shows.
    pub(crate) fn refusal(&self, request: &CheckedRequest, status: u16, reason: &str) -> Outgoing {
        let fqdn = &self.front().settings.fqdn;
        let reason: String = reason.chars().filter(|c| !"\"\\".contains(*c)).collect();
        self.response(request, status)
            .header(
                Header::Warning,
                &format!("{WARN_MISCELLANEOUS} {fqdn} \"{reason}\""),
            )
            .header(
                Header::MsDiagnostics,
                &format!("{DIAGNOSTIC_UNLISTED};reason=\"{reason}\";source=\"{fqdn}\""),
            )
    }

    /// Refuses a request. `refusal` is the short name for the log and the metrics.
    pub(crate) fn refuse(
        &mut self,
        request: &CheckedRequest,
        status: u16,
        refusal: &'static str,
        reason: &str,
    ) {
        let response = self.refusal(request, status, reason);
        self.answer(
            response,
            Facts {
                refusal: Some(refusal),
                ..Facts::default()
            },
        );
    }
}
