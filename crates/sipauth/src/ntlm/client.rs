//! The client's side: NEGOTIATE and AUTHENTICATE.

use zeroize::Zeroizing;

use super::accept::mic;
use super::authenticate::{MIC_OFFSET, MIC_SIZE};
use super::crypto::{hmac_md5_of, ntowf_v2, rc4};
use super::wire::{Builder, utf16};
use super::{Challenge, Mode, NtHash, NtlmError, SessionKeys, av, flags};

/// Version 5.1, build 2600, NTLMSSP revision 15 (MS-NLMP 2.2.2.10): informational only.
const VERSION: [u8; 8] = [0x05, 0x01, 0x28, 0x0A, 0, 0, 0, 0x0F];

/// Who signs in, and the randomness of this one attempt.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    /// User name as sent: `alice`, or the whole SIP address without `sip:`.
    pub user: &'a str,
    /// Domain as sent; empty with an address as user.
    pub domain: &'a str,
    /// The password's hash.
    pub nt_hash: &'a NtHash,
    /// Name of this computer; informational.
    pub workstation: &'a str,
    /// Fresh and random.
    pub client_challenge: [u8; 8],
    /// Fresh and random: becomes the session key if key exchange is agreed on.
    pub random_session_key: [u8; 16],
    /// The present as a FILETIME, used if the challenge carries no time.
    pub now_filetime: u64,
}

/// The NEGOTIATE that begins a connection-oriented exchange.
#[must_use]
pub fn negotiate() -> Vec<u8> {
    let mut message = Builder::new(1, 40);
    message
        .bytes(&flags::CONNECTION_ORIENTED_SUPPORTED.to_le_bytes())
        .bytes(&[0; 16])
        .bytes(&VERSION);
    message.finish()
}

/// Answers a challenge: the AUTHENTICATE and the session keys.
///
/// `negotiate` is the NEGOTIATE sent before, empty in connectionless mode. A MIC is added in
/// connection-oriented mode if the challenge carries a time, as MS-NLMP 3.1.5.1.2 says.
///
/// # Errors
/// Whatever is wrong with the challenge, see [`Challenge::parse`]; [`NtlmError::TooLarge`] for
/// names beyond the format.
pub fn authenticate(
    login: &Login<'_>,
    negotiate: &[u8],
    challenge: &[u8],
) -> Result<(Vec<u8>, SessionKeys), NtlmError> {
    let challenge = Challenge::parse(challenge)?;
    let mut pairs = challenge.pairs()?;
    let server_time = av::find(&pairs, av::TIMESTAMP).and_then(|value| value.as_array::<8>());
    let with_mic = challenge.mode() == Mode::ConnectionOriented && server_time.is_some();
    let mic_flag = av::FLAG_MIC.to_le_bytes();
    if with_mic {
        pairs.retain(|(id, _)| *id != av::FLAGS);
        pairs.push((av::FLAGS, &mic_flag));
    }
    let time = server_time.copied().unwrap_or(login.now_filetime.to_le_bytes());

    let mut temp = vec![1, 1, 0, 0, 0, 0, 0, 0];
    temp.extend_from_slice(&time);
    temp.extend_from_slice(&login.client_challenge);
    temp.extend_from_slice(&[0; 4]);
    temp.extend_from_slice(&av::encode(&pairs)?);
    temp.extend_from_slice(&[0; 4]);

    let user = login.user.to_ascii_uppercase();
    let ntowf = Zeroizing::new(ntowf_v2(login.nt_hash.as_bytes(), &user, login.domain));
    let proof = hmac_md5_of(&ntowf, &[&challenge.server_challenge, &temp]);
    let base_key = Zeroizing::new(hmac_md5_of(&ntowf, &[&proof]));
    let nt_response = [&proof[..], &temp].concat();
    let lm_proof = hmac_md5_of(&ntowf, &[&challenge.server_challenge, &login.client_challenge]);
    let lm_response = [&lm_proof[..], &login.client_challenge].concat();

    let agreed = answer_flags(challenge.flags);
    let (exported, encrypted_key) = if agreed & flags::KEY_EXCH == 0 {
        (base_key, Vec::new())
    } else {
        let encrypted = rc4(&base_key, login.random_session_key);
        (Zeroizing::new(login.random_session_key), encrypted.to_vec())
    };

    let fixed_size = MIC_OFFSET + if with_mic { MIC_SIZE } else { 0 };
    let mut message = Builder::new(3, fixed_size);
    let domain = message.place(&utf16(login.domain))?;
    let user = message.place(&utf16(login.user))?;
    let workstation = message.place(&utf16(login.workstation))?;
    let lm = message.place(&lm_response)?;
    let nt = message.place(&nt_response)?;
    let key = message.place(&encrypted_key)?;
    for field in [lm, nt, domain, user, workstation, key] {
        message.bytes(&field);
    }
    message.bytes(&agreed.to_le_bytes()).bytes(&VERSION);
    if with_mic {
        message.bytes(&[0; MIC_SIZE]);
    }
    let mut message = message.finish();
    if with_mic {
        let code = mic(&exported, negotiate, challenge.encode(), &message);
        let field = message
            .get_mut(MIC_OFFSET..)
            .and_then(|rest| rest.first_chunk_mut::<MIC_SIZE>());
        if let (Some(code), Some(field)) = (code, field) {
            *field = code;
        }
    }
    Ok((message, SessionKeys::derive(&exported, agreed)))
}

/// The strongest key the server offers; TARGET_TYPE_DOMAIN describes the challenge only.
fn answer_flags(offered: u32) -> u32 {
    let agreed = offered & (flags::CONNECTIONLESS_FLAGS | flags::SEAL) & !flags::TARGET_TYPE_DOMAIN;
    if agreed & flags::KEY_128 == 0 {
        agreed
    } else {
        agreed & !flags::KEY_56
    }
}
