//! The NT hash of a password (NTOWFv1, MS-NLMP 3.3.1).

use md4::{Digest, Md4};
use zeroize::Zeroizing;

/// `MD4(UTF-16LE(password))`. As good as the password itself: to be kept encrypted and never shown.
/// Overwritten when dropped.
#[derive(Clone)]
pub struct NtHash(Zeroizing<[u8; 16]>);

impl NtHash {
    /// Computes the hash of a password.
    #[must_use]
    pub fn of_password(password: &str) -> Self {
        let mut digest = Md4::new();
        for unit in password.encode_utf16() {
            digest.update(unit.to_le_bytes());
        }
        Self(Zeroizing::new(digest.finalize().into()))
    }

    /// A hash read back from storage.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The sixteen bytes, for storing.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for NtHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NtHash(redacted)")
    }
}
