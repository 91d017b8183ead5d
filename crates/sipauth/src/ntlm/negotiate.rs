//! The client's NEGOTIATE, MS-NLMP 2.2.1.1.

use super::NtlmError;
use super::flags;
use super::wire::{MessageType, expect, u32_at};

/// A NEGOTIATE as received. Only its flags matter; the bytes are kept because the MIC covers them.
#[derive(Debug, Clone)]
pub struct Negotiate {
    pub(super) flags: u32,
    pub(super) raw: Vec<u8>,
}

impl Negotiate {
    /// Reads a NEGOTIATE.
    ///
    /// # Errors
    /// [`NtlmError::Malformed`], [`NtlmError::TooLarge`]; [`NtlmError::Unsupported`] if the client
    /// lacks Unicode, NTLM, extended session security or signing.
    pub fn parse(message: &[u8]) -> Result<Self, NtlmError> {
        expect(message, MessageType::Negotiate)?;
        let offered = u32_at(message, 12)?;
        for (flag, name) in [
            (flags::UNICODE, "Unicode"),
            (flags::NTLM, "NTLM"),
            (flags::EXTENDED_SESSIONSECURITY, "extended session security"),
            (flags::SIGN, "signing"),
        ] {
            if offered & flag == 0 {
                return Err(NtlmError::Unsupported(name));
            }
        }
        Ok(Self {
            flags: offered,
            raw: message.to_vec(),
        })
    }
}
