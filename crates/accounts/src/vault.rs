//! Sealing of NT hashes. An NT hash is as good as the password for NTLM, so the database alone must not give it away.

use causerie_model::{PrincipalId, Random};
use causerie_sipauth::NtHash;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use thiserror::Error;
use zeroize::Zeroizing;

/// First byte of everything sealed in this way, so that another way can come later.
const FORMAT: u8 = 1;

/// Bytes of the sealing key.
const KEY_BYTES: usize = 32;

/// Encrypts with AES-256-GCM under a key that lives outside of the database.
pub struct Vault {
    key: LessSafeKey,
}

/// Why something can't be sealed or opened.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum VaultError {
    /// The key isn't one.
    #[error("the sealing key must be {KEY_BYTES} bytes in hexadecimal")]
    Key,
    /// What is stored was sealed with another key or for another user, or was changed.
    #[error("the stored NT hash can't be opened with this sealing key")]
    Seal,
}

impl Vault {
    /// A vault with this key, in hexadecimal as its file holds it.
    ///
    /// # Errors
    /// [`VaultError::Key`] if the text isn't 32 bytes in hexadecimal.
    pub fn from_hex(text: &str) -> Result<Self, VaultError> {
        let text = text.trim();
        // Asked for here, because `from_str_radix` takes a sign as well.
        if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(VaultError::Key);
        }
        let mut bytes = Zeroizing::new([0u8; KEY_BYTES]);
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| VaultError::Key)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| VaultError::Key)?;
        }
        let key = UnboundKey::new(&AES_256_GCM, bytes.as_slice()).map_err(|_| VaultError::Key)?;
        Ok(Self {
            key: LessSafeKey::new(key),
        })
    }

    /// A new key, as text for its file.
    #[must_use]
    pub fn new_key(random: &dyn Random) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0u8; KEY_BYTES]);
        random.fill(bytes.as_mut_slice());
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 1));
        for byte in bytes.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        text.push('\n');
        text
    }

    /// Seals a user's hash. It opens for this user only, so that rows can't be swapped.
    pub(crate) fn seal(&self, user: PrincipalId, hash: &NtHash, random: &dyn Random) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = hash.as_bytes().to_vec();
        let aad = Aad::from(user.0.to_be_bytes());
        let nonce_once = Nonce::assume_unique_for_key(nonce);
        // Sealing fails only for texts of many gigabytes.
        if self
            .key
            .seal_in_place_append_tag(nonce_once, aad, &mut sealed)
            .is_err()
        {
            sealed.clear();
        }
        [&[FORMAT], nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`Vault::seal`] made.
    pub(crate) fn open(&self, user: PrincipalId, sealed: &[u8]) -> Result<NtHash, VaultError> {
        let (format, rest) = sealed.split_first().ok_or(VaultError::Seal)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(VaultError::Seal)?;
        if *format != FORMAT {
            return Err(VaultError::Seal);
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Seal)?;
        let mut text = Zeroizing::new(text.to_vec());
        let aad = Aad::from(user.0.to_be_bytes());
        let open = self
            .key
            .open_in_place(nonce, aad, &mut text)
            .map_err(|_| VaultError::Seal)?;
        let bytes: [u8; 16] = (&*open).try_into().map_err(|_| VaultError::Seal)?;
        Ok(NtHash::from_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Counting(AtomicU8);

    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn vault(random: &Counting) -> Vault {
        Vault::from_hex(&Vault::new_key(random)).unwrap()
    }

    #[test]
    fn opens_for_the_same_user_only() {
        let random = Counting(AtomicU8::new(0));
        let vault = vault(&random);
        let hash = NtHash::of_password("Password");
        let sealed = vault.seal(PrincipalId(7), &hash, &random);
        assert!(!sealed.windows(16).any(|window| window == hash.as_bytes()));
        assert_eq!(
            vault.open(PrincipalId(7), &sealed).unwrap().as_bytes(),
            hash.as_bytes()
        );
        assert_eq!(vault.open(PrincipalId(8), &sealed).err(), Some(VaultError::Seal));
    }

    #[test]
    fn another_key_or_a_changed_byte_opens_nothing() {
        let random = Counting(AtomicU8::new(0));
        let (first, second) = (vault(&random), vault(&random));
        let mut sealed = first.seal(PrincipalId(1), &NtHash::of_password("x"), &random);
        assert!(second.open(PrincipalId(1), &sealed).is_err());
        for at in 0..sealed.len() {
            sealed[at] ^= 1;
            assert!(first.open(PrincipalId(1), &sealed).is_err(), "byte {at}");
            assert!(first.open(PrincipalId(1), &sealed[..at]).is_err(), "cut at {at}");
            sealed[at] ^= 1;
        }
    }

    #[test]
    fn a_key_has_exactly_its_length() {
        assert!(Vault::from_hex(&"ab".repeat(32)).is_ok());
        let signs = "+b".repeat(32);
        for bad in [
            "",
            "zz",
            &"ab".repeat(31),
            &"ab".repeat(33),
            &"zz".repeat(32),
            &signs,
        ] {
            assert_eq!(Vault::from_hex(bad).err(), Some(VaultError::Key), "{bad}");
        }
    }
}
