//! `vnd-microsoft-roaming-self` (MS-PRES §3.4): what the user himself publishes, for all of his devices.
use super::{Package, State};
use crate::link::Link;
use crate::xml::escape;

pub(crate) const CONTENT_TYPE: &str = "application/vnd-microsoft-roaming-self+xml";
const ROOT: &str = "<roamingData xmlns=\"http://schemas.microsoft.com/2006/09/sip/roaming-self\">";

impl Link {
    pub(super) fn roaming_self(&self) -> State {
        let mut body = String::from(ROOT);
        body.push_str(&self.categories());
        body.push_str("<containers xmlns=\"http://schemas.microsoft.com/2006/09/sip/containers\"/>");
        body.push_str(
            "<subscribers xmlns=\"http://schemas.microsoft.com/2006/09/sip/presence-subscribers\"/>",
        );
        body.push_str("</roamingData>");
        State {
            content_type: CONTENT_TYPE,
            body,
        }
    }

    /// Only the categories, as the answer to a publication and the notification of one.
    pub(crate) fn published_document(&self) -> String {
        format!("{ROOT}{}</roamingData>", self.categories())
    }

    fn categories(&self) -> String {
        let Some(who) = &self.signed_in else {
            return String::new();
        };
        let mut body = format!(
            "<categories xmlns=\"http://schemas.microsoft.com/2006/09/sip/categories\" uri=\"{}\">",
            escape(&who.user.address.to_uri())
        );
        for publication in self.front().published.of(&who.user.address) {
            body.push_str(&publication.element());
        }
        body.push_str("</categories>");
        body
    }

    /// Another device of the user has published.
    pub(crate) fn notify_published(&mut self) {
        self.notify_all(Package::RoamingSelf, |link| State {
            content_type: CONTENT_TYPE,
            body: link.published_document(),
        });
    }
}
