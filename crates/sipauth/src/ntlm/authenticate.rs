//! The client's AUTHENTICATE, MS-NLMP 2.2.1.3.

use super::wire::{MessageType, array_at, expect, payload, text, u32_at};
use super::{NtlmError, flags};

/// Where the MIC is, if there is one: after the Version field.
pub(super) const MIC_OFFSET: usize = 72;
pub(super) const MIC_SIZE: usize = 16;

/// Who the client says it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A user principal name, e.g. `alice@example.test`: an account configured without a login.
    Upn(String),
    /// `EXAMPLE\alice`.
    DomainUser {
        /// The domain as sent; NetBIOS or DNS name.
        domain: String,
        /// The user as sent.
        user: String,
    },
    /// A user name alone.
    Bare(String),
}

/// An AUTHENTICATE as received, fields located and decoded but not yet believed.
#[derive(Clone)]
pub struct Authenticate {
    pub(super) user: String,
    pub(super) domain: String,
    workstation: String,
    pub(super) nt_response: Vec<u8>,
    pub(super) encrypted_session_key: Vec<u8>,
    pub(super) flags: u32,
    pub(super) mic: Option<[u8; MIC_SIZE]>,
    pub(super) raw: Vec<u8>,
}

impl Authenticate {
    /// Reads an AUTHENTICATE.
    ///
    /// # Errors
    /// [`NtlmError::Malformed`] for anything outside the message or undecodable,
    /// [`NtlmError::TooLarge`].
    pub fn parse(message: &[u8]) -> Result<Self, NtlmError> {
        expect(message, MessageType::Authenticate)?;
        let flags = u32_at(message, 60)?;
        let unicode = flags & flags::UNICODE != 0;
        let fields = [20, 28, 36, 44, 52, 12].map(|at| payload(message, at));
        let [nt, domain, user, workstation, key, lm] = fields;
        let (nt, domain, user, workstation, key, lm) = (nt?, domain?, user?, workstation?, key?, lm?);
        let first_payload = [nt, domain, user, workstation, key, lm]
            .iter()
            .filter(|(_, bytes)| !bytes.is_empty())
            .map(|(start, _)| *start)
            .min()
            .unwrap_or(message.len());
        let mic = (first_payload >= MIC_OFFSET + MIC_SIZE)
            .then(|| array_at(message, MIC_OFFSET))
            .transpose()?;
        Ok(Self {
            user: text(user.1, unicode)?,
            domain: text(domain.1, unicode)?,
            workstation: text(workstation.1, unicode)?,
            nt_response: nt.1.to_vec(),
            encrypted_session_key: key.1.to_vec(),
            flags,
            mic,
            raw: message.to_vec(),
        })
    }

    /// Who the client says it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        if !self.domain.is_empty() {
            Identity::DomainUser {
                domain: self.domain.clone(),
                user: self.user.clone(),
            }
        } else if self.user.contains('@') {
            Identity::Upn(self.user.clone())
        } else {
            Identity::Bare(self.user.clone())
        }
    }

    /// The client computer's name as sent; for the log only.
    #[must_use]
    pub fn workstation(&self) -> &str {
        &self.workstation
    }

    /// The negotiate flags the client settled on (MS-NLMP 2.2.2.5).
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.flags
    }
}

impl std::fmt::Debug for Authenticate {
    // The response allows guessing the password offline, so it is not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticate")
            .field("user", &self.user)
            .field("domain", &self.domain)
            .field("workstation", &self.workstation)
            .field("flags", &format_args!("{:#010x}", self.flags))
            .finish_non_exhaustive()
    }
}
