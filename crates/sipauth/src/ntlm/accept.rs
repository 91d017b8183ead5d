//! The server's judgement of an AUTHENTICATE, MS-NLMP 3.2.5.

use std::time::Duration;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::authenticate::{MIC_OFFSET, MIC_SIZE};
use super::crypto::{hmac_md5_of, ntowf_v2, rc4};
use super::wire::u64_at;
use super::{Authenticate, Challenge, Mode, Negotiate, NtHash, NtlmError, SessionKeys, av, flags};

/// How far a client's clock may be off, either way, if the challenge carried no time.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

const PROOF_SIZE: usize = 16;
const NTLM1_RESPONSE_SIZE: usize = 24;
/// Offsets in the "temp" part of the response, NTLMv2_CLIENT_CHALLENGE (MS-NLMP 2.2.2.7).
const TIME_OFFSET: usize = 8;
const PAIRS_OFFSET: usize = 28;

/// Checks a response against the account's NT hash and derives the session keys.
///
/// `challenge` is the one sent, used for this answer alone; `negotiate` the client's message if
/// the mode is connection-oriented; `now_filetime` the present.
///
/// # Errors
/// [`NtlmError::BadProof`] for a wrong password (compared in constant time); the others say what
/// is wrong with the message.
pub fn accept(
    challenge: &Challenge,
    auth: &Authenticate,
    nt_hash: &NtHash,
    negotiate: Option<&Negotiate>,
    now_filetime: u64,
) -> Result<SessionKeys, NtlmError> {
    accept_account(challenge, auth, Some(nt_hash), negotiate, now_filetime)
}

/// Like [`accept`]; with no hash it does the same work and then refuses, so that an unknown user
/// cannot be told from a wrong password.
pub(crate) fn accept_account(
    challenge: &Challenge,
    auth: &Authenticate,
    nt_hash: Option<&NtHash>,
    negotiate: Option<&Negotiate>,
    now_filetime: u64,
) -> Result<SessionKeys, NtlmError> {
    let agreed = agreed_flags(challenge, auth)?;
    let (proof, temp) = split_response(&auth.nt_response)?;
    let pairs = check_pairs(challenge, temp)?;
    check_time(challenge, temp, now_filetime)?;

    let known = Choice::from(u8::from(nt_hash.is_some()));
    let dummy = NtHash::from_bytes([0; 16]);
    let nt_hash = nt_hash.unwrap_or(&dummy).as_bytes();
    let ntowf = matching_ntowf(challenge, auth, nt_hash, proof, temp, known)?;

    let base_key = Zeroizing::new(hmac_md5_of(&ntowf, &[proof]));
    let exported = if agreed & flags::KEY_EXCH == 0 {
        base_key
    } else {
        let encrypted = auth
            .encrypted_session_key
            .as_array::<16>()
            .ok_or(NtlmError::Malformed("the session key is not 16 bytes"))?;
        Zeroizing::new(rc4(&base_key, *encrypted))
    };
    if announces_mic(&pairs) {
        check_mic(challenge, auth, negotiate, &exported)?;
    }
    Ok(SessionKeys::derive(&exported, agreed))
}

/// What both sides set, provided it is enough to sign with.
fn agreed_flags(challenge: &Challenge, auth: &Authenticate) -> Result<u32, NtlmError> {
    let agreed = challenge.flags & auth.flags;
    for (flag, name) in [
        (flags::EXTENDED_SESSIONSECURITY, "extended session security"),
        (flags::SIGN, "signing"),
    ] {
        if agreed & flag == 0 {
            return Err(NtlmError::Unsupported(name));
        }
    }
    if challenge.mode() == Mode::Connectionless && agreed & flags::DATAGRAM == 0 {
        return Err(NtlmError::Unsupported("connectionless mode"));
    }
    Ok(agreed)
}

/// The NTProofStr and the part it proves.
fn split_response(response: &[u8]) -> Result<(&[u8; PROOF_SIZE], &[u8]), NtlmError> {
    match response.len() {
        0 => return Err(NtlmError::Anonymous),
        NTLM1_RESPONSE_SIZE => return Err(NtlmError::ObsoleteResponse),
        _ => {}
    }
    let (proof, temp) = response
        .split_first_chunk::<PROOF_SIZE>()
        .ok_or(NtlmError::Malformed("the response is too short"))?;
    if !temp.starts_with(&[1, 1]) {
        return Err(NtlmError::Malformed("unknown version of the response"));
    }
    Ok((proof, temp))
}

/// The response must contain every pair of the challenge; the client may add its own.
fn check_pairs<'a>(challenge: &Challenge, temp: &'a [u8]) -> Result<Vec<av::Pair<'a>>, NtlmError> {
    let pairs = av::parse(temp.get(PAIRS_OFFSET..).unwrap_or_default())?;
    for (id, value) in challenge.pairs()? {
        if av::find(&pairs, id) != Some(value) {
            return Err(NtlmError::TargetInfo);
        }
    }
    Ok(pairs)
}

fn check_time(challenge: &Challenge, temp: &[u8], now: u64) -> Result<(), NtlmError> {
    let time = u64_at(temp, TIME_OFFSET)?;
    let fits = match av::find(&challenge.pairs()?, av::TIMESTAMP) {
        Some(ours) => ours == time.to_le_bytes(),
        None => time.abs_diff(now) <= MAX_CLOCK_SKEW.as_secs() * 10_000_000,
    };
    if fits { Ok(()) } else { Err(NtlmError::Time) }
}

/// The NTOWFv2 under which the proof is right.
///
/// Windows upper-cases the user name by Unicode's one-to-one mapping, pidgin-sipe 1.25 only its
/// ASCII letters (observed); either is accepted.
fn matching_ntowf(
    challenge: &Challenge,
    auth: &Authenticate,
    nt_hash: &[u8; 16],
    proof: &[u8; PROOF_SIZE],
    temp: &[u8],
    known: Choice,
) -> Result<Zeroizing<[u8; 16]>, NtlmError> {
    let ascii = auth.user.to_ascii_uppercase();
    let unicode: String = auth.user.chars().map(simple_uppercase).collect();
    let second = (unicode != ascii).then_some(unicode);
    for user in std::iter::once(ascii).chain(second) {
        let ntowf = Zeroizing::new(ntowf_v2(nt_hash, &user, &auth.domain));
        let expected = hmac_md5_of(&ntowf, &[&challenge.server_challenge, temp]);
        if bool::from(expected.ct_eq(proof) & known) {
            return Ok(ntowf);
        }
    }
    Err(NtlmError::BadProof)
}

/// The upper-case letter, or the same if there is none of one character (ß stays ß).
fn simple_uppercase(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}

fn announces_mic(pairs: &[av::Pair<'_>]) -> bool {
    av::find(pairs, av::FLAGS)
        .and_then(|value| value.as_array::<4>())
        .is_some_and(|value| u32::from_le_bytes(*value) & av::FLAG_MIC != 0)
}

fn check_mic(
    challenge: &Challenge,
    auth: &Authenticate,
    negotiate: Option<&Negotiate>,
    exported: &[u8; 16],
) -> Result<(), NtlmError> {
    let received = auth.mic.ok_or(NtlmError::Mic)?;
    let expected = mic(
        exported,
        negotiate.map_or(&[], |negotiate| &negotiate.raw),
        challenge.encode(),
        &auth.raw,
    )
    .ok_or(NtlmError::Mic)?;
    if expected.ct_eq(&received).into() {
        Ok(())
    } else {
        Err(NtlmError::Mic)
    }
}

/// The MIC over the three messages, with the MIC field itself as zeros (MS-NLMP 3.1.5.1.2).
pub(super) fn mic(
    exported: &[u8; 16],
    negotiate: &[u8],
    challenge: &[u8],
    authenticate: &[u8],
) -> Option<[u8; MIC_SIZE]> {
    let (before, rest) = authenticate.split_at_checked(MIC_OFFSET)?;
    let after = rest.get(MIC_SIZE..)?;
    Some(hmac_md5_of(
        exported,
        &[negotiate, challenge, before, &[0; MIC_SIZE], after],
    ))
}
