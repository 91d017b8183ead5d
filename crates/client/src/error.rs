//! What can go wrong.

use thiserror::Error;

/// Why there is no connection (any more).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server's address isn't `host:port`.
    #[error("'{0}' is not of the form host:port")]
    Address(String),
    /// The certificates to trust can't be read.
    #[error("no certificate authority can be read from {0}")]
    Trust(String),
    /// The server's name has no address.
    #[error("the server's name is not resolved: {server}: {detail}")]
    Unresolved {
        /// `host:port` as given.
        server: String,
        /// What the resolver says.
        detail: String,
    },
    /// Nobody answers there.
    #[error("server unreachable: {server}: {detail}")]
    Unreachable {
        /// `host:port` as given.
        server: String,
        /// What the operating system says.
        detail: String,
    },
    /// The server's certificate isn't from an authority that is trusted, or not (any more) valid.
    #[error("certificate not trusted: {server}: {detail}")]
    CertificateNotTrusted {
        /// `host:port` as given.
        server: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The server's certificate is of another name than the one connected to.
    #[error("the certificate of {server} is for another name: {detail}")]
    CertificateName {
        /// `host:port` as given.
        server: String,
        /// Which names it has.
        detail: String,
    },
    /// No TLS connection for another reason.
    #[error("no TLS with {server}: {detail}")]
    Tls {
        /// `host:port` as given.
        server: String,
        /// What TLS says.
        detail: String,
    },
    /// The user's name or password isn't right.
    #[error("wrong password, or no such user")]
    WrongPassword,
    /// The server doesn't ask for NTLM although this client is to prove itself so, or asks although it isn't.
    #[error("the server offers no way to sign in that this client has: {0}")]
    Scheme(&'static str),
    /// The server's part of the sign-in is malformed or unacceptable.
    #[error("the server's challenge is unacceptable: {0}")]
    Challenge(String),
    /// The server refused a step of the sign-in.
    #[error("{step} refused: {status} {reason}")]
    Refused {
        /// What was asked for.
        step: &'static str,
        /// SIP status code.
        status: u16,
        /// The server's explanation: the text of its Warning, else of ms-diagnostics, else its reason phrase.
        reason: String,
    },
    /// The user's policy has persistent chat turned off.
    #[error("persistent chat is not enabled for this user")]
    ChatDisabled,
    /// The server sent something that breaks the protocol.
    #[error("the server broke the protocol: {0}")]
    Protocol(String),
    /// A message from the server is wrongly signed: it isn't from the one that the sign-in was made with.
    #[error("a message from the server is wrongly signed: {0}")]
    Signature(String),
    /// The server didn't answer in time.
    #[error("the server does not answer")]
    Silent,
    /// The server closed the connection, or it broke.
    #[error("connection lost: {0}")]
    Lost(String),
    /// The server signed this client out.
    #[error("signed out by the server: {0}")]
    SignedOut(String),
    /// This side signed out or dropped the client.
    #[error("signed out")]
    Left,
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The chat server refused.
    #[error("{text} ({code})")]
    Refused {
        /// Code of the XCCOS reply, or SIP status of the request that carried the command.
        code: u16,
        /// The server's explanation.
        text: String,
    },
    /// The room's URI isn't `ma-chan://domain/guid`.
    #[error("'{0}' is not the URI of a room")]
    RoomUri(String),
    /// No reply within [`CALL_DEADLINE`](crate::CALL_DEADLINE).
    #[error("no reply in time")]
    NoReply,
    /// The reply lacks what the command asked for.
    #[error("the reply lacks {0}")]
    Incomplete(&'static str),
    /// There is no connection any more.
    #[error("{0}")]
    Closed(ClientError),
}

/// Why a message wasn't posted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason} ({status})")]
pub struct PostError {
    /// SIP status code of the final response; 408 when there was none before the connection ended.
    pub status: u16,
    /// The server's explanation.
    pub reason: String,
    /// After how many seconds the server wants it tried again.
    pub retry_after: Option<u32>,
}

/// Request Timeout: what a request is said to have got when its connection ended first (RFC 3261 §8.1.3.1).
pub(crate) const NO_RESPONSE: u16 = 408;

impl PostError {
    /// Nobody knows whether the message was posted: the connection ended before its answer came.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        self.status == NO_RESPONSE
    }

    pub(crate) fn closed(error: &ClientError) -> Self {
        Self {
            status: NO_RESPONSE,
            reason: error.to_string(),
            retry_after: None,
        }
    }
}
