//! NTLM and the per-message signatures of MS-SIPAE, both sides, without I/O, clock or randomness.
//!
//! A Lync-family client signs in with a REGISTER that is challenged twice and then signs every
//! message with the session key agreed on; the server signs everything it sends in return.
//!
//! - [`ntlm`]: NTLMv2 of MS-NLMP, acceptor and initiator, connectionless and connection-oriented.
//! - [`breakdown`]: the string a signature covers (MS-SIPAE 3.1.4, "signature buffer").
//! - [`header`]: the header values `WWW-Authenticate`, `Authorization`, `Authentication-Info`.
//! - [`association`]: an established security association: signs, verifies, refuses replays.
//! - [`handshake`]: the server's side of the sign-in for one connection and Call-ID.
//! - [`client_handshake`]: the client's side of the same.
//!
//! Times are Unix time in whole seconds unless the name says FILETIME (100 ns since 1601-01-01).
//! Nonces, keys and random numbers are parameters: the caller takes them from the operating system.
//!
//! **What a signature does not cover.** Only the fields of [`breakdown::MessageFields`] are signed:
//! not the body, not the Contact, not the Via. Against changes in transit TLS is the protection.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod association;
pub mod breakdown;
pub mod client_handshake;
pub mod handshake;
pub mod header;
pub mod ntlm;
mod params;
mod replay;

pub use association::{ASSOCIATION_LIFETIME, AssociationNames, Role, SecurityAssociation, VerifyError};
pub use breakdown::{MessageFields, SignatureFields, SignatureVersion};
pub use client_handshake::{ClientEntropy, ClientError, ClientHandshake};
pub use handshake::{AuthError, CHALLENGE_LIFETIME, Fresh, Handshake, Offer, Pending, Step};
pub use header::{AuthenticationInfo, Challenge401, Credentials, HeaderError, MessageSignature};
pub use ntlm::{Identity, NtHash, NtlmError};
pub use replay::REPLAY_WINDOW;
