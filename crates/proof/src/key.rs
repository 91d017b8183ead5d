//! Ed25519 keys (RFC 8032): the private one in PKCS#8, the public one as 32 bytes in hexadecimal or as PEM.

use base64::{Engine, engine::general_purpose::STANDARD};
use causerie_model::Hash;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use std::{error::Error, fmt, str::FromStr};

/// Before the 32 bytes of a key in DER (RFC 8410).
const SPKI_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// A text that is no key of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It isn't an Ed25519 key in PKCS#8.
    Private,
    /// It isn't an Ed25519 public key: 64 hexadecimal digits, or PEM.
    Public,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => {
                "this is no Ed25519 key in PKCS#8 (openssl genpkey -algorithm ed25519 makes one)"
            }
            Self::Public => "this is no Ed25519 public key: neither 64 hexadecimal digits nor PEM",
        })
    }
}

impl Error for KeyError {}

/// Whose signatures can be checked with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Names the key: the first 16 hexadecimal digits of its SHA-256.
    #[must_use]
    pub fn id(&self) -> String {
        let hash = Hash(Sha256::digest(self.0).into()).to_string();
        hash.chars().take(16).collect()
    }

    /// Whether this key signed `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(message, signature)
            .is_ok()
    }

    /// As PEM, for openssl and others.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let der: Vec<u8> = SPKI_PREFIX.into_iter().chain(self.0).collect();
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der)
        )
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hash(self.0).fmt(f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let Some(rest) = text.strip_prefix("-----BEGIN PUBLIC KEY-----") else {
            return Hash::from_str(text)
                .map(|key| Self(key.0))
                .map_err(|_| KeyError::Public);
        };
        let (base64, _) = rest.split_once("-----END").ok_or(KeyError::Public)?;
        let base64: String = base64.split_whitespace().collect();
        let der = STANDARD.decode(base64).map_err(|_| KeyError::Public)?;
        let key = der.strip_prefix(&SPKI_PREFIX[..]).ok_or(KeyError::Public)?;
        key.try_into().map(Self).map_err(|_| KeyError::Public)
    }
}

/// A private key.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Reads PKCS#8, DER or PEM, with or without the public key in it.
    ///
    /// # Errors
    /// [`KeyError::Private`].
    pub fn from_pkcs8(key: &[u8]) -> Result<Self, KeyError> {
        let decoded;
        let der = match std::str::from_utf8(key).ok().and_then(pem_body) {
            Some(base64) => {
                decoded = STANDARD.decode(base64).map_err(|_| KeyError::Private)?;
                &decoded[..]
            }
            None => key,
        };
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
            .map(Self)
            .map_err(|_| KeyError::Private)
    }

    /// The key that others check with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let mut key = [0; 32];
        for (to, from) in key.iter_mut().zip(self.0.public_key().as_ref()) {
            *to = *from;
        }
        PublicKey(key)
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, …)", self.public().id())
    }
}

fn pem_body(text: &str) -> Option<String> {
    let rest = text.trim().strip_prefix("-----BEGIN PRIVATE KEY-----")?;
    let (base64, _) = rest.split_once("-----END")?;
    Some(base64.split_whitespace().collect())
}
