//! What an administrator may set, and every limit with its default.
use std::time::Duration;

use thiserror::Error;

/// How users prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// NTLMv2 with signed messages (MS-SIPAE).
    Ntlm,
    /// Not at all: for tests. Served on loopback addresses only.
    None,
}

/// The front end's settings. [`Settings::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The SIP domain: `example.test`.
    pub domain: String,
    /// This server's DNS name: `pool.example.test`. Clients see it in Via, Contact and the NTLM target name.
    pub fqdn: String,
    /// The domain of `DOMAIN\user` logins. By default the first label of the SIP domain in capitals.
    pub netbios_domain: String,
    /// How users prove who they are.
    pub authentication: Authentication,
    /// URIs of the chat pools, the default one first; none turns persistent chat off in clients.
    pub chat_pools: Vec<String>,
    /// The Server header. Clients read a generation out of `RTC/n`: 5 is that of Lync 2013.
    pub product: String,
    /// How much of everything.
    pub limits: Limits,
    /// How long for everything.
    pub deadlines: Deadlines,
}

/// Settings that can't be.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SettingsError {
    /// A name that can't stand in a header.
    #[error("'{0}' is not a DNS name")]
    Name(String),
    /// A pool that isn't a SIP URI.
    #[error("'{0}' is not a SIP URI")]
    Pool(String),
}

impl Settings {
    /// The defaults for a domain and a server's DNS name.
    #[must_use]
    pub fn new(domain: &str, fqdn: &str) -> Self {
        let netbios = domain.split('.').next().unwrap_or_default().to_ascii_uppercase();
        Self {
            domain: domain.to_ascii_lowercase(),
            fqdn: fqdn.to_ascii_lowercase(),
            netbios_domain: netbios,
            authentication: Authentication::Ntlm,
            chat_pools: Vec::new(),
            product: "RTC/5.0".to_owned(),
            limits: Limits::default(),
            deadlines: Deadlines::default(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        for name in [&self.domain, &self.fqdn, &self.netbios_domain] {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            if name.is_empty() || name.len() > 255 || !name.chars().all(fits) {
                return Err(SettingsError::Name(name.clone()));
            }
        }
        for pool in &self.chat_pools {
            let uri = causerie_sip::Uri::parse(pool.as_str());
            if !uri.is_ok_and(|uri| uri.is_sip()) {
                return Err(SettingsError::Pool(pool.clone()));
            }
        }
        Ok(())
    }
}

/// How much of everything. Sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address.
    pub connections_per_address: usize,
    /// New connections a second, over all listeners. As many may come at once; more wait in the kernel until they are
    /// accepted.
    pub connections_per_second: u32,
    /// Devices of one user signed in at a time.
    pub endpoints_per_user: usize,
    /// Largest message, head and body, of somebody who hasn't signed in.
    pub stranger_message: usize,
    /// Largest message of somebody who has.
    pub message: usize,
    /// Start line and headers of a message.
    pub headers: usize,
    /// Header lines of a message.
    pub header_count: usize,
    /// With more than this waiting to be sent, nothing more is read from the peer nor asked of the applications.
    pub outgoing: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 50_000,
            connections_per_address: 1_000,
            connections_per_second: 1_000,
            endpoints_per_user: 16,
            stranger_message: 64 * 1024,
            message: 1024 * 1024,
            headers: 64 * 1024,
            header_count: 256,
            outgoing: 256 * 1024,
        }
    }
}

/// How long for everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From accept to the end of the TLS handshake.
    pub handshake: Duration,
    /// From then to being signed in.
    pub sign_in: Duration,
    /// From the first byte of a message to its last.
    pub message: Duration,
    /// The interval of keep-alives that clients are told; in twice that and some slack something must be heard.
    pub keep_alive: Duration,
    /// How long a peer may take nothing of what it is sent.
    pub write: Duration,
    /// For the last bytes of a connection that is being closed.
    pub closing: Duration,
}

/// What is added to two keep-alive intervals.
pub(crate) const IDLE_SLACK: Duration = Duration::from_secs(60);

impl Deadlines {
    /// How long nothing may be heard from a peer.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.keep_alive * 2 + IDLE_SLACK
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            sign_in: Duration::from_secs(30),
            message: Duration::from_secs(10),
            keep_alive: Duration::from_secs(300),
            write: Duration::from_secs(30),
            closing: Duration::from_secs(5),
        }
    }
}
