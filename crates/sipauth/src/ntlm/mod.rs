//! NTLMv2 (MS-NLMP), both sides, in connectionless and connection-oriented mode.
//!
//! LM and NTLMv1 responses are refused. The acceptor needs only the account's [`NtHash`].

mod accept;
mod authenticate;
mod av;
mod challenge;
pub mod client;
mod crypto;
mod flags;
mod keys;
mod negotiate;
mod nt_hash;
mod wire;

pub(crate) use accept::accept_account;
pub use accept::{MAX_CLOCK_SKEW, accept};
pub use authenticate::{Authenticate, Identity};
pub use challenge::{Challenge, MAX_TARGET_NAME, Target};
pub use flags::{CONNECTIONLESS_FLAGS, Mode};
pub use keys::{Direction, SIGNATURE_SEQUENCE, SessionKeys};
pub use negotiate::Negotiate;
pub use nt_hash::NtHash;
pub use wire::{MAX_MESSAGE, MessageType, message_type};

/// Why an NTLM message or response is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NtlmError {
    /// The message ends before a field it announces, or a field is inconsistent.
    #[error("malformed NTLM message: {0}")]
    Malformed(&'static str),
    /// The message is longer than [`MAX_MESSAGE`].
    #[error("NTLM message is longer than {MAX_MESSAGE} bytes")]
    TooLarge,
    /// The other side does not offer something that is needed here.
    #[error("the other side does not offer {0}")]
    Unsupported(&'static str),
    /// The response carries no credentials.
    #[error("anonymous NTLM sign-in refused")]
    Anonymous,
    /// The response is LM or NTLMv1.
    #[error("LM and NTLMv1 responses are refused")]
    ObsoleteResponse,
    /// The response was not made for the challenge that was sent.
    #[error("the response does not repeat the target information of the challenge")]
    TargetInfo,
    /// The response's time is neither that of the challenge nor near the present.
    #[error("the time in the response is not acceptable")]
    Time,
    /// The response does not match the account's password.
    #[error("the response does not match the password")]
    BadProof,
    /// The message integrity code is missing or wrong.
    #[error("the message integrity code is missing or wrong")]
    Mic,
    /// A name for the challenge is longer than [`MAX_TARGET_NAME`].
    #[error("a target name is longer than {MAX_TARGET_NAME} UTF-16 units")]
    NameTooLong,
}

/// Converts Unix time in seconds to a FILETIME (100 ns since 1601-01-01).
#[must_use]
pub fn filetime_from_unix(seconds: u64) -> u64 {
    const SECONDS_1601_TO_1970: u64 = 11_644_473_600;
    const TICKS_PER_SECOND: u64 = 10_000_000;
    seconds
        .saturating_add(SECONDS_1601_TO_1970)
        .saturating_mul(TICKS_PER_SECOND)
}
