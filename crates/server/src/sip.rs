//! The SIP side: the front end, the chat server behind it, and how they find users.

use crate::{
    certificates::Certificates,
    config::{self, Config},
};
use anyhow::{Context, Result};
use causerie_accounts::Accounts;
use causerie_chat::Chat;
use causerie_frontend::{Authentication, Deadlines, Directory, FrontEnd, Limits, Settings, UserEntry};
use causerie_model::{Clock, PrincipalId, Random, SipAddress, User};
use causerie_sipchat::ChatServer;
use causerie_store::Contacts;
use causerie_web::admin::{SignedIn, wire};
use std::{future::Future, sync::Arc, time::Duration};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::net::TcpListener;

/// What users read who are signed out by an administrator.
const SIGNED_OUT: &str = "An administrator has signed you out.";

/// What the SIP side is made of.
pub(crate) struct Needs {
    pub(crate) chat: Chat,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) contacts: Arc<dyn Contacts>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
}

/// The SIP side, ready to serve.
pub(crate) struct Sip {
    front_end: Arc<FrontEnd>,
}

/// Users come out of the chat service's working set.
struct Users(Chat);

fn entry(user: &User) -> UserEntry {
    UserEntry {
        id: user.id,
        address: user.address.clone(),
        display_name: user.display_name.clone(),
        enabled: user.enabled,
    }
}

impl Directory for Users {
    fn user_by_address(&self, address: &SipAddress) -> Option<UserEntry> {
        self.0.catalogue().user_by_address(address).map(entry)
    }

    fn user_by_login(&self, _domain: &str, _user: &str) -> Option<UserEntry> {
        // Logins of other domains would come out of a directory such as LDAP.
        None
    }

    fn may_chat(&self, user: PrincipalId) -> bool {
        causerie_policy::may_chat(&self.0.catalogue(), user).allowed
    }

    fn room_management_url(&self) -> Option<String> {
        Some(self.0.effective().room_management_url).filter(|url| !url.is_empty())
    }
}

impl Sip {
    pub(crate) fn new(config: &Config, needs: Needs) -> Result<Self> {
        causerie_frontend::describe_metrics();
        let chat_settings = causerie_sipchat::Settings::for_domain(&config.domain);
        let settings = Settings {
            netbios_domain: config.netbios_domain(),
            authentication: authentication(config),
            chat_pools: vec![format!("sip:{}", chat_settings.service)],
            limits: limits(config),
            deadlines: deadlines(config),
            ..Settings::new(&config.domain, &config.fqdn())
        };
        let chat_server = ChatServer::new(needs.chat.clone(), chat_settings, needs.random.clone());
        let front_end = FrontEnd::new(
            settings,
            causerie_frontend::Needs {
                directory: Arc::new(Users(needs.chat)),
                accounts: needs.accounts,
                contacts: needs.contacts,
                clock: needs.clock,
                random: needs.random,
                applications: vec![Arc::new(chat_server)],
            },
        );
        Ok(Self {
            front_end: front_end.context("the SIP front end")?,
        })
    }

    /// Serves SIP over plain TCP until `stop` is ready.
    pub(crate) async fn serve_tcp(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<()> {
        Ok(self.front_end.serve_tcp(listener, stop).await?)
    }

    /// Serves SIP over TLS until `stop` is ready.
    pub(crate) async fn serve_tls(
        &self,
        listener: TcpListener,
        certificates: &Certificates,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<()> {
        Ok(self
            .front_end
            .serve_tls(listener, certificates.store(), stop)
            .await?)
    }
}

impl SignedIn for Sip {
    fn registrations(&self) -> Vec<wire::Registration> {
        let shown = |device: causerie_frontend::Registered| wire::Registration {
            address: device.address.to_string(),
            endpoint: device.endpoint,
            from: device.peer.to_string(),
            transport: device.transport.to_owned(),
            since: rfc3339(device.since.unix_seconds()),
            expires: rfc3339(device.expires_at.unix_seconds()),
            user_agent: device.user_agent,
        };
        self.front_end.registrations().into_iter().map(shown).collect()
    }

    fn sign_out(&self, user: &SipAddress) -> usize {
        self.front_end.sign_out(user, SIGNED_OUT)
    }
}

/// A point in time as RFC 3339 has it, to the second.
pub(crate) fn rfc3339(unix_seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(unix_seconds).ok();
    time.and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

fn authentication(config: &Config) -> Authentication {
    match config.sip.authentication {
        config::Authentication::Ntlm => Authentication::Ntlm,
        config::Authentication::None => {
            tracing::warn!(
                "NOBODY IS ASKED FOR A PASSWORD: sip.authentication is \"none\", so any program on this machine can \
                 be any user. Right for a test, never for people's messages"
            );
            Authentication::None
        }
    }
}

fn limits(config: &Config) -> Limits {
    let set = &config.sip.limits;
    Limits {
        connections: set.connections,
        connections_per_address: set.connections_per_address,
        connections_per_second: set.connections_per_second,
        endpoints_per_user: set.endpoints_per_user,
        stranger_message: set.stranger_message,
        message: set.message,
        headers: set.headers,
        header_count: set.header_count,
        outgoing: set.outgoing,
    }
}

fn deadlines(config: &Config) -> Deadlines {
    let set = &config.sip.deadlines;
    Deadlines {
        handshake: Duration::from_secs(set.handshake),
        sign_in: Duration::from_secs(set.sign_in),
        message: Duration::from_secs(set.message),
        keep_alive: Duration::from_secs(set.keep_alive),
        write: Duration::from_secs(set.write),
        closing: Duration::from_secs(set.closing),
    }
}
