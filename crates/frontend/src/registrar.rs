//! Who is signed in, on which devices (RFC 3261 §10.3).
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use causerie_model::{SipAddress, Timestamp};

use crate::mailbox::{Command, Mailbox};

/// The shortest registration, in seconds; shorter ones are answered 423.
pub(crate) const MIN_EXPIRES: u32 = 60;
/// The registration of somebody who names no time, and the longest, in seconds.
pub(crate) const DEFAULT_EXPIRES: u32 = 7_200;

/// A device that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Whose it is.
    pub address: SipAddress,
    /// What tells it from the user's other devices: its `epid` or its `+sip.instance`.
    pub endpoint: String,
    /// Where its connection comes from.
    pub peer: SocketAddr,
    /// `tcp` or `tls`.
    pub transport: &'static str,
    /// What program it says it is.
    pub user_agent: String,
    /// When it signed in.
    pub since: Timestamp,
    /// When the registration ends unless it is renewed.
    pub expires_at: Timestamp,
}

/// Too many devices.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// The table of bindings. Each belongs to one connection and ends with it.
#[derive(Default)]
pub(crate) struct Registrar {
    users: Mutex<HashMap<SipAddress, Vec<Entry>>>,
}

struct Entry {
    device: Registered,
    mailbox: Arc<Mailbox>,
}

/// A binding as its connection holds it; dropping it removes the binding.
pub(crate) struct Binding {
    registrar: Arc<Registrar>,
    address: SipAddress,
    endpoint: String,
    mailbox: Arc<Mailbox>,
}

impl Registrar {
    fn users(&self) -> MutexGuard<'_, HashMap<SipAddress, Vec<Entry>>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Binds a device to a connection. Another connection of the same device is told to close.
    pub(crate) fn bind(
        self: &Arc<Self>,
        device: Registered,
        mailbox: &Arc<Mailbox>,
        most: usize,
    ) -> Result<Binding, Full> {
        let (address, endpoint) = (device.address.clone(), device.endpoint.clone());
        let peer = device.peer;
        let mut users = self.users();
        let entries = users.entry(address.clone()).or_default();
        entries.retain(|entry| {
            let same = entry.device.endpoint == device.endpoint;
            if same && !Arc::ptr_eq(&entry.mailbox, mailbox) {
                entry.mailbox.post(Command::Replaced);
            }
            !same && !Arc::ptr_eq(&entry.mailbox, mailbox)
        });
        if entries.len() >= most {
            return Err(Full);
        }
        entries.push(Entry {
            device,
            mailbox: Arc::clone(mailbox),
        });
        drop(users);
        self.report();
        crate::telemetry::signed_in(address.as_str(), &endpoint, peer);
        Ok(Binding {
            registrar: Arc::clone(self),
            address,
            endpoint,
            mailbox: Arc::clone(mailbox),
        })
    }

    /// The connections of a user.
    pub(crate) fn mailboxes(&self, address: &SipAddress) -> Vec<Arc<Mailbox>> {
        let users = self.users();
        let entries = users.get(address).map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(|entry| Arc::clone(&entry.mailbox)).collect()
    }

    /// Whether a user is signed in anywhere.
    pub(crate) fn is_online(&self, address: &SipAddress) -> bool {
        self.users().contains_key(address)
    }

    pub(crate) fn list(&self) -> Vec<Registered> {
        let mut all: Vec<Registered> = self
            .users()
            .values()
            .flatten()
            .map(|entry| entry.device.clone())
            .collect();
        all.sort_by(|a, b| (&a.address, a.since).cmp(&(&b.address, b.since)));
        all
    }

    fn report(&self) {
        let count = self.users().values().map(Vec::len).sum::<usize>();
        crate::telemetry::registrations(count);
    }
}

impl Binding {
    /// What tells the device from the user's others.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Notes that the registration was renewed.
    pub(crate) fn renew(&self, until: Timestamp) {
        if let Some(entries) = self.registrar.users().get_mut(&self.address) {
            for entry in entries
                .iter_mut()
                .filter(|entry| Arc::ptr_eq(&entry.mailbox, &self.mailbox))
            {
                entry.device.expires_at = until;
            }
        }
    }
}

impl Drop for Binding {
    fn drop(&mut self) {
        let mut was_bound = false;
        {
            let mut users = self.registrar.users();
            if let Some(entries) = users.get_mut(&self.address) {
                let before = entries.len();
                entries.retain(|entry| !Arc::ptr_eq(&entry.mailbox, &self.mailbox));
                was_bound = entries.len() < before;
                if entries.is_empty() {
                    users.remove(&self.address);
                }
            }
        }
        self.registrar.report();
        // The device may have signed in anew on another connection.
        if was_bound {
            crate::telemetry::signed_out(self.address.as_str(), &self.endpoint);
        }
    }
}
