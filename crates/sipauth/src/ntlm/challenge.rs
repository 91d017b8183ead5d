//! The server's CHALLENGE, MS-NLMP 2.2.1.2.

use super::wire::{Builder, MessageType, array_at, expect, payload, u32_at, utf16};
use super::{Mode, Negotiate, NtlmError, av, flags};

/// Longest name in a [`Target`], in UTF-16 units (the longest DNS name).
pub const MAX_TARGET_NAME: usize = 255;

const FIXED_SIZE: usize = 56;
/// Version 6.1, build 7601, NTLMSSP revision 15 (MS-NLMP 2.2.2.10): informational only.
const VERSION: [u8; 8] = [0x06, 0x01, 0xB1, 0x1D, 0, 0, 0, 0x0F];

/// The names by which the server introduces itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    netbios_domain: Vec<u8>,
    netbios_computer: Vec<u8>,
    dns_domain: Vec<u8>,
    dns_computer: Vec<u8>,
}

impl Target {
    /// The four names, e.g. `EXAMPLE`, `POOL`, `example.test`, `pool.example.test`.
    ///
    /// # Errors
    /// [`NtlmError::NameTooLong`] above [`MAX_TARGET_NAME`].
    pub fn new(
        netbios_domain: &str,
        netbios_computer: &str,
        dns_domain: &str,
        dns_computer: &str,
    ) -> Result<Self, NtlmError> {
        let name = |text: &str| {
            let bytes = utf16(text);
            if bytes.len() > 2 * MAX_TARGET_NAME {
                return Err(NtlmError::NameTooLong);
            }
            Ok(bytes)
        };
        Ok(Self {
            netbios_domain: name(netbios_domain)?,
            netbios_computer: name(netbios_computer)?,
            dns_domain: name(dns_domain)?,
            dns_computer: name(dns_computer)?,
        })
    }
}

/// A CHALLENGE: made by the server, read by the client.
#[derive(Debug, Clone)]
pub struct Challenge {
    pub(super) flags: u32,
    pub(super) server_challenge: [u8; 8],
    pub(super) target_info: Vec<u8>,
    encoded: Vec<u8>,
}

impl Challenge {
    /// The challenge that begins a connectionless exchange.
    ///
    /// `server_challenge` must be fresh and random. `timestamp` is the present as a FILETIME; the
    /// client must answer with this very time. Without one, its clock may differ by
    /// [`MAX_CLOCK_SKEW`](super::MAX_CLOCK_SKEW).
    ///
    /// # Errors
    /// None with a [`Target`] within its limits.
    pub fn connectionless(
        server_challenge: [u8; 8],
        target: &Target,
        timestamp: Option<u64>,
    ) -> Result<Self, NtlmError> {
        Self::build(flags::CONNECTIONLESS_FLAGS, server_challenge, target, timestamp)
    }

    /// The answer to a client's NEGOTIATE: what both sides support, never DATAGRAM.
    ///
    /// # Errors
    /// None with a [`Target`] within its limits.
    pub fn connection_oriented(
        negotiate: &Negotiate,
        server_challenge: [u8; 8],
        target: &Target,
        timestamp: Option<u64>,
    ) -> Result<Self, NtlmError> {
        let agreed = negotiate.flags & flags::CONNECTION_ORIENTED_SUPPORTED;
        Self::build(
            agreed | flags::TARGET_INFO | flags::TARGET_TYPE_DOMAIN,
            server_challenge,
            target,
            timestamp,
        )
    }

    fn build(
        flags: u32,
        server_challenge: [u8; 8],
        target: &Target,
        timestamp: Option<u64>,
    ) -> Result<Self, NtlmError> {
        let time = timestamp.map(u64::to_le_bytes);
        let mut pairs = vec![
            (av::NB_DOMAIN, target.netbios_domain.as_slice()),
            (av::NB_COMPUTER, target.netbios_computer.as_slice()),
            (av::DNS_DOMAIN, target.dns_domain.as_slice()),
            (av::DNS_COMPUTER, target.dns_computer.as_slice()),
        ];
        if let Some(time) = &time {
            pairs.push((av::TIMESTAMP, time));
        }
        let target_info = av::encode(&pairs)?;

        let mut message = Builder::new(2, FIXED_SIZE);
        let name_field = message.place(&target.netbios_domain)?;
        let info_field = message.place(&target_info)?;
        message
            .bytes(&name_field)
            .bytes(&flags.to_le_bytes())
            .bytes(&server_challenge)
            .bytes(&[0; 8])
            .bytes(&info_field)
            .bytes(&VERSION);
        Ok(Self {
            flags,
            server_challenge,
            target_info,
            encoded: message.finish(),
        })
    }

    /// Reads a challenge (client's side).
    ///
    /// # Errors
    /// [`NtlmError::Malformed`], [`NtlmError::TooLarge`]; [`NtlmError::Unsupported`] if it lacks
    /// Unicode, extended session security, signing or target information.
    pub fn parse(message: &[u8]) -> Result<Self, NtlmError> {
        expect(message, MessageType::Challenge)?;
        let offered = u32_at(message, 20)?;
        for (flag, name) in [
            (flags::UNICODE, "Unicode"),
            (flags::EXTENDED_SESSIONSECURITY, "extended session security"),
            (flags::SIGN, "signing"),
            (flags::TARGET_INFO, "target information"),
        ] {
            if offered & flag == 0 {
                return Err(NtlmError::Unsupported(name));
            }
        }
        let (_, target_info) = payload(message, 40)?;
        av::parse(target_info)?;
        Ok(Self {
            flags: offered,
            server_challenge: array_at(message, 24)?,
            target_info: target_info.to_vec(),
            encoded: message.to_vec(),
        })
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> &[u8] {
        &self.encoded
    }

    /// Which mode it belongs to.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.flags & flags::DATAGRAM == 0 {
            Mode::ConnectionOriented
        } else {
            Mode::Connectionless
        }
    }

    /// The target information as pairs.
    pub(super) fn pairs(&self) -> Result<Vec<av::Pair<'_>>, NtlmError> {
        av::parse(&self.target_info)
    }
}
