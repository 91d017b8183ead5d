//! `vnd-microsoft-provisioning-v2` (MS-SIPREGE §3.8): what clients are told to use. The notification is what makes
//! pidgin-sipe 1.25 look for a chat server, so it comes once and only for what was asked.
use causerie_sip::CheckedRequest;

use super::State;
use crate::link::{Link, SignedIn};
use crate::xml::{Element, escape};

const CHAT: &str = "persistentChatConfiguration";

impl Link {
    /// The groups that are asked for, as far as there is something to say. `None` if nothing is.
    pub(super) fn provisioning(&self, request: &CheckedRequest) -> Result<Option<State>, &'static str> {
        let asked = if request.body().is_empty() {
            vec![CHAT.to_owned()]
        } else {
            let root = Element::parse(request.body()).map_err(|_| "the list of groups can't be read")?;
            let names = root
                .all("provisioningGroup")
                .into_iter()
                .filter_map(|group| group.attribute("name"));
            names.map(str::to_owned).collect()
        };
        let mut body = String::from(
            "<provisionGroupList xmlns=\"http://schemas.microsoft.com/2006/09/sip/provisiongrouplist-notification\">",
        );
        if asked.iter().any(|name| name == CHAT) {
            body.push_str(&self.chat_group());
        }
        body.push_str("</provisionGroupList>");
        Ok(Some(State {
            content_type: "application/vnd-microsoft-roaming-provisioning-v2+xml",
            body,
        }))
    }

    fn chat_group(&self) -> String {
        let pools = &self.front().settings.chat_pools;
        let directory = &self.front().needs.directory;
        let may_chat = |who: &SignedIn| directory.may_chat(who.user.id);
        let enabled = !pools.is_empty() && self.signed_in.as_deref().is_some_and(may_chat);
        let mut group = format!("<provisionGroup name=\"{CHAT}\"><propertyEntryList>");
        let mut property = |name: &str, value: &str| {
            group.push_str(&format!("<property name=\"{name}\">{}</property>", escape(value)));
        };
        property("EnablePersistentChat", if enabled { "true" } else { "false" });
        if let Some(first) = pools.first() {
            property("DefaultPersistentChatPoolUri", first);
            property("PersistentChatPoolUris", &pools.join(";"));
        }
        if let Some(url) = directory.room_management_url() {
            // It is one page, inside and outside.
            property("PersistentChatWebManagerUriInt", &url);
            property("PersistentChatWebManagerUriExt", &url);
        }
        group.push_str("</propertyEntryList></provisionGroup>");
        group
    }
}
