//! What users publish about themselves, in memory: gone when they sign out.
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use causerie_model::{SipAddress, Timestamp};

use crate::link::Link;
use crate::xml::escape;

/// Categories of one user. A client has about five, with two containers each.
pub(crate) const PUBLICATIONS_MAX: usize = 64;
/// Largest content of one category, in bytes.
pub(crate) const PUBLICATION_BYTES_MAX: usize = 8 * 1024;

/// One instance of a category in one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Publication {
    pub(crate) category: String,
    pub(crate) instance: String,
    pub(crate) container: String,
    pub(crate) version: u32,
    pub(crate) expire_type: String,
    pub(crate) at: Timestamp,
    /// Well-formed XML as the client sent it.
    pub(crate) content: String,
    /// The endpoint that it goes with; `None` if it stays as long as the user is signed in anywhere.
    pub(crate) endpoint: Option<String>,
}

impl Publication {
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.category, &self.instance, &self.container)
            == (&other.category, &other.instance, &other.container)
    }

    pub(crate) fn element(&self) -> String {
        format!(
            "<category name=\"{}\" instance=\"{}\" publishTime=\"{}\" container=\"{}\" version=\"{}\" \
             expireType=\"{}\">{}</category>",
            escape(&self.category),
            escape(&self.instance),
            self.at,
            escape(&self.container),
            self.version,
            escape(&self.expire_type),
            self.content
        )
    }
}

/// Everybody's publications.
#[derive(Default)]
pub(crate) struct Published {
    users: Mutex<HashMap<SipAddress, Vec<Publication>>>,
}

impl Published {
    fn users(&self) -> MutexGuard<'_, HashMap<SipAddress, Vec<Publication>>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a user publishes.
    pub(crate) fn of(&self, user: &SipAddress) -> Vec<Publication> {
        self.users().get(user).cloned().unwrap_or_default()
    }

    /// Takes publications, all or, if there would be too many, none.
    pub(crate) fn put(&self, user: &SipAddress, publications: Vec<Publication>) -> Result<(), &'static str> {
        let mut users = self.users();
        let mut all = users.get(user).cloned().unwrap_or_default();
        for publication in publications {
            all.retain(|one| !one.is_same(&publication));
            all.push(publication);
        }
        if all.len() > PUBLICATIONS_MAX {
            return Err("too many publications");
        }
        users.insert(user.clone(), all);
        Ok(())
    }

    /// Takes publications back.
    pub(crate) fn remove(&self, user: &SipAddress, publications: &[Publication]) {
        if let Some(all) = self.users().get_mut(user) {
            all.retain(|one| !publications.iter().any(|gone| gone.is_same(one)));
        }
    }

    /// An endpoint is gone.
    fn forget(&self, user: &SipAddress, endpoint: &str, others: bool) {
        let mut users = self.users();
        if others {
            if let Some(all) = users.get_mut(user) {
                all.retain(|one| one.endpoint.as_deref() != Some(endpoint));
            }
        } else {
            users.remove(user);
        }
    }
}

impl Link {
    /// What this connection's endpoint is called.
    pub(crate) fn endpoint(&self) -> Option<String> {
        let binding = self.signed_in.as_ref()?.binding.as_ref()?;
        Some(binding.endpoint().to_owned())
    }

    /// Takes the endpoint's publications back, when its registration ends.
    pub(crate) fn forget_published(&mut self) {
        let endpoint = self.endpoint();
        let Some(who) = &mut self.signed_in else { return };
        who.binding = None;
        let address = who.user.address.clone();
        if let Some(endpoint) = endpoint {
            let front = self.front();
            front
                .published
                .forget(&address, &endpoint, front.registrar.is_online(&address));
        }
    }
}
