//! The three primitives of NTLMv2, shaped so that none of them can fail.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use rc4::{Rc4, StreamCipher};

/// An HMAC-MD5 keyed with sixteen bytes.
pub(super) fn hmac_md5(key: &[u8; 16]) -> Hmac<Md5> {
    // HMAC pads a short key with zeros to the block size; done here, no length is left to check.
    let mut block = hmac::digest::Key::<Hmac<Md5>>::default();
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    Hmac::new(&block)
}

/// HMAC-MD5 of the parts one after the other.
pub(super) fn hmac_md5_of(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = hmac_md5(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// MD5 of the parts one after the other.
pub(super) fn md5_of(parts: &[&[u8]]) -> [u8; 16] {
    let mut digest = Md5::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}

/// Applies the start of the RC4 key stream to `data`.
pub(super) fn rc4<const N: usize>(key: &[u8; 16], mut data: [u8; N]) -> [u8; N] {
    // The key schedule repeats its key, so a key written twice is the same key, and 32 bytes is
    // the length the type takes without a check.
    let mut twice = rc4::cipher::Key::<Rc4>::default();
    for (to, from) in twice.iter_mut().zip(key.iter().cycle()) {
        *to = *from;
    }
    Rc4::new(&twice).apply_keystream(&mut data);
    data
}

/// NTOWFv2 (MS-NLMP 3.3.2) for a user name that is upper-cased already.
pub(super) fn ntowf_v2(nt_hash: &[u8; 16], upper_user: &str, domain: &str) -> [u8; 16] {
    let mut mac = hmac_md5(nt_hash);
    for unit in upper_user.encode_utf16().chain(domain.encode_utf16()) {
        mac.update(&unit.to_le_bytes());
    }
    mac.finalize().into_bytes().into()
}
