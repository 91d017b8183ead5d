//! What a client needs to know to sign in.

use std::{sync::Arc, time::Duration};

use causerie_model::{Clock, Random, SipAddress};
use causerie_sipauth::{ClientHandshake, NtHash, ntlm::Mode};

use crate::{session::KEEP_ALIVE, trust::Trust};

/// How to reach the server.
#[derive(Clone, Debug)]
pub enum Transport {
    /// SIP over TLS. The server's certificate must come from one of these authorities and name the host connected to.
    Tls(Trust),
    /// SIP over plain TCP: anyone between can read and change everything but the signed header fields.
    Tcp,
}

/// How to prove who signs in.
#[derive(Clone, Debug)]
pub enum Authenticate {
    /// NTLMv2 (MS-SIPAE); the server has to prove that it knows the password too.
    Ntlm {
        /// `DOMAIN\user`; without it the SIP address is the user's name, as pidgin-sipe 1.25 has it.
        login: Option<String>,
        /// Of the password.
        nt_hash: NtHash,
    },
    /// Not at all: the server must let anyone in.
    None,
}

impl Authenticate {
    /// By password, with the SIP address as the user's name.
    #[must_use]
    pub fn password(password: &str) -> Self {
        Self::Ntlm {
            login: None,
            nt_hash: NtHash::of_password(password),
        }
    }

    pub(crate) fn handshake(&self, address: &SipAddress) -> Option<ClientHandshake> {
        let Self::Ntlm { login, nt_hash } = self else {
            return None;
        };
        let (domain, user) = match login.as_deref() {
            None => ("", address.as_str()),
            Some(login) => login.split_once('\\').unwrap_or(("", login)),
        };
        Some(ClientHandshake::new(
            user,
            domain,
            nt_hash.clone(),
            Mode::Connectionless,
        ))
    }
}

/// A step of [`Client::connect`](crate::Client::connect), in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The server's name becomes addresses.
    Resolve,
    /// The TCP connection is made.
    Connect,
    /// The TLS handshake; there is none over plain TCP.
    Secure,
    /// REGISTER, with NTLM.
    Register,
    /// The SUBSCRIBE that tells whether the user may chat, and where the chat service is.
    Provision,
    /// The INVITE to the chat service, and its first answers.
    Enter,
}

/// Is told of each [`Stage`] when it begins. It must not block.
pub type OnStage = Arc<dyn Fn(Stage) + Send + Sync>;

/// All that [`Client::connect`](crate::Client::connect) needs.
#[derive(Clone)]
pub struct ConnectOptions {
    /// `host:port`; IPv6 as `[::1]:5061`.
    pub server: String,
    /// How to reach it.
    pub transport: Transport,
    /// Who signs in.
    pub address: SipAddress,
    /// How to prove it.
    pub authenticate: Authenticate,
    /// Names this device among the user's others: twelve hexadecimal digits. Random when not given.
    pub epid: Option<String>,
    /// How long the connection may be idle before a keep-alive is sent; a server that asks for shorter gets it.
    pub keep_alive: Duration,
    /// Source of nonces, keys, tags.
    pub random: Arc<dyn Random>,
    /// The present, for NTLM and for messages without a time.
    pub clock: Arc<dyn Clock>,
    /// Who wants to know how far the sign-in is.
    pub on_stage: Option<OnStage>,
}

impl ConnectOptions {
    /// The usual: NTLM by password, a random epid, [`KEEP_ALIVE`].
    #[must_use]
    pub fn new(
        server: &str,
        transport: Transport,
        address: SipAddress,
        password: &str,
        random: Arc<dyn Random>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            server: server.to_owned(),
            transport,
            address,
            authenticate: Authenticate::password(password),
            epid: None,
            keep_alive: KEEP_ALIVE,
            random,
            clock,
            on_stage: None,
        }
    }

    pub(crate) fn begins(&self, stage: Stage) {
        if let Some(on_stage) = &self.on_stage {
            on_stage(stage);
        }
    }
}
