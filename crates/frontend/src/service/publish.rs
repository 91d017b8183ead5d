//! Publication of categories (MS-PRES §3.2). Any version is accepted: the last device to publish wins.
use std::sync::Arc;

use bytes::Bytes;
use causerie_sip::CheckedRequest;
use causerie_sip::ua::Facts;

use crate::link::Link;
use crate::mailbox::Command;
use crate::published::{PUBLICATION_BYTES_MAX, Publication};
use crate::xml::Element;

/// The content type of the answer: the same as that of the user's own notifications.
const ANSWER: &str = "application/vnd-microsoft-roaming-self+xml";

/// A name or number in a publication is not longer than this, in bytes.
const NAME_BYTES_MAX: usize = 128;

impl Link {
    pub(super) fn publish(&mut self, request: &CheckedRequest) {
        let Some(address) = self.signed_in.as_ref().map(|who| who.user.address.clone()) else {
            return;
        };
        let (publications, removed) = match self.read(request) {
            Ok(found) => found,
            Err(reason) => return self.refuse(request, 400, "body", reason),
        };
        let front = Arc::clone(self.front());
        front.published.remove(&address, &removed);
        if let Err(reason) = front.published.put(&address, publications) {
            return self.refuse(request, 413, "publications", reason);
        }
        let response = self
            .response(request, 200)
            .body(ANSWER, Bytes::from(self.published_document()));
        let facts = Facts {
            operation: Some("publish"),
            ..Facts::default()
        };
        self.answer(response, facts);
        for mailbox in front.registrar.mailboxes(&address) {
            if !Arc::ptr_eq(&mailbox, &self.mailbox) {
                mailbox.post(Command::Published);
            }
        }
    }

    /// What is published, and what is taken back (`expires="0"`).
    fn read(&self, request: &CheckedRequest) -> Result<(Vec<Publication>, Vec<Publication>), &'static str> {
        let root = Element::parse(request.body()).map_err(|_| "the publication can't be read")?;
        let (mut publications, mut removed) = (Vec::new(), Vec::new());
        for element in root.all("publication") {
            let text = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
            let expire_type = text("expireType");
            let publication = Publication {
                category: text("categoryName"),
                instance: text("instance"),
                container: text("container"),
                version: text("version").parse::<u32>().unwrap_or(0).saturating_add(1),
                at: self.now(),
                content: element.inside.to_owned(),
                endpoint: if expire_type == "endpoint" {
                    self.endpoint()
                } else {
                    None
                },
                expire_type,
            };
            let names = [
                &publication.category,
                &publication.instance,
                &publication.container,
                &publication.expire_type,
            ];
            if names.iter().any(|name| name.len() > NAME_BYTES_MAX) {
                return Err("a name is too long");
            }
            if publication.content.len() > PUBLICATION_BYTES_MAX {
                return Err("a category is too large");
            }
            if element.attribute("expires") == Some("0") {
                removed.push(publication);
            } else {
                publications.push(publication);
            }
        }
        Ok((publications, removed))
    }
}
