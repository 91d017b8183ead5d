//! The front end as a whole: what all connections share.
use std::sync::Arc;

use causerie_accounts::Accounts;
use causerie_model::{Clock, Random, SipAddress};
use causerie_sip::ua::Application;
use causerie_sipauth::ntlm::Target;
use causerie_sipauth::{Offer, SignatureVersion};
use causerie_store::Contacts;

use crate::directory::Directory;
use crate::gate::Gate;
use crate::mailbox::Command;
use crate::pace::Pace;
use crate::published::Published;
use crate::registrar::{Registered, Registrar};
use crate::settings::{Settings, SettingsError};

/// The realm that Lync servers give by custom; clients only echo it.
const REALM: &str = "SIP Communications Service";

/// The oldest signatures taken. Lync 2010 and later, and pidgin-sipe 1.25, choose 4.
const LOWEST_VERSION: SignatureVersion = SignatureVersion::V2;

/// What the front end works with.
pub struct Needs {
    /// Who the users are.
    pub directory: Arc<dyn Directory>,
    /// Their passwords.
    pub accounts: Arc<Accounts>,
    /// Their contact lists.
    pub contacts: Arc<dyn Contacts>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Who answers what the front end itself doesn't, in the order in which they are asked.
    pub applications: Vec<Arc<dyn Application>>,
}

/// The front end.
pub struct FrontEnd {
    pub(crate) settings: Settings,
    pub(crate) needs: Needs,
    pub(crate) offer: Arc<Offer>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) pace: Pace,
    pub(crate) registrar: Arc<Registrar>,
    pub(crate) published: Published,
}

impl FrontEnd {
    /// A front end with nobody signed in.
    ///
    /// # Errors
    /// [`SettingsError`] for names that can't stand in a header.
    pub fn new(settings: Settings, needs: Needs) -> Result<Arc<Self>, SettingsError> {
        settings.check()?;
        let computer = settings
            .fqdn
            .split('.')
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let name = |_| SettingsError::Name(settings.fqdn.clone());
        let target = Target::new(
            &settings.netbios_domain,
            &computer,
            &settings.domain,
            &settings.fqdn,
        )
        .map_err(name)?;
        let offer = Offer::new(
            REALM,
            &settings.fqdn,
            target,
            SignatureVersion::V4,
            LOWEST_VERSION,
        )
        .map_err(|_| SettingsError::Name(settings.fqdn.clone()))?;
        Ok(Arc::new(Self {
            settings,
            needs,
            offer: Arc::new(offer),
            gate: Arc::default(),
            pace: Pace::default(),
            registrar: Arc::default(),
            published: Published::default(),
        }))
    }

    /// Who is signed in, by address.
    #[must_use]
    pub fn registrations(&self) -> Vec<Registered> {
        self.registrar.list()
    }

    /// Signs a user out of all devices. Their clients show the reason and don't come back by themselves. Returns how
    /// many devices there were.
    pub fn sign_out(&self, address: &SipAddress, reason: &str) -> usize {
        let reason: Arc<str> = reason.into();
        let devices = self.registrar.mailboxes(address);
        for mailbox in &devices {
            mailbox.post(Command::SignOut(Arc::clone(&reason)));
        }
        devices.len()
    }
}
