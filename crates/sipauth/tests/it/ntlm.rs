//! NTLM messages: vectors of MS-NLMP, refusals, key strengths, limits.

use causerie_sipauth::ntlm::client::{authenticate, negotiate};
use causerie_sipauth::ntlm::{
    Authenticate, Challenge, Direction, MAX_CLOCK_SKEW, MAX_MESSAGE, MAX_TARGET_NAME, MessageType, Mode,
    Negotiate, SessionKeys, Target, accept, filetime_from_unix, message_type,
};
use causerie_sipauth::{Identity, NtHash, NtlmError};
use proptest::prelude::*;

use crate::support::{NOW, login, target};

const KEY_128: u32 = 0x2000_0000;
const KEY_56: u32 = 0x8000_0000;
const KEY_EXCH: u32 = 0x4000_0000;

#[test]
fn nt_hash_is_that_of_the_specification() {
    // MS-NLMP 4.2.2.1.2
    assert_eq!(
        hex::encode(NtHash::of_password("Password").as_bytes()),
        "a4f49c406510bdcab6824ee7c30fd852"
    );
    assert_eq!(
        format!("{:?}", NtHash::of_password("Password")),
        "NtHash(redacted)"
    );
}

#[test]
fn client_response_is_that_of_the_specification() {
    // MS-NLMP 4.2.4: user, domain, password "User", "Domain", "Password", time 0.
    let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let mut info = vec![2, 0, 12, 0];
    info.extend(utf16("Domain"));
    info.extend([1, 0, 12, 0]);
    info.extend(utf16("Server"));
    info.extend([0; 4]);
    let mut challenge = b"NTLMSSP\0\x02\0\0\0".to_vec();
    challenge.extend([0, 0, 0, 0, 56, 0, 0, 0]);
    challenge.extend(0xe28a_8233_u32.to_le_bytes());
    challenge.extend(0x0123_4567_89ab_cdef_u64.to_be_bytes());
    challenge.extend([0; 8]);
    challenge.extend([info.len() as u8, 0, info.len() as u8, 0, 56, 0, 0, 0]);
    challenge.extend([6, 0, 0x70, 0x17, 0, 0, 0, 15]);
    challenge.extend(info);

    let hash = NtHash::of_password("Password");
    let mut login = login("User", "Domain", &hash);
    login.client_challenge = [0xaa; 8];
    login.random_session_key = [0x55; 16];
    login.now_filetime = 0;
    let (answer, _) = authenticate(&login, &[], &challenge).unwrap();
    let answer = hex::encode(answer);
    assert!(answer.contains("68cd0ab851e51c96aabc927bebef6a1c"), "NTProofStr");
    assert!(
        answer.contains("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"),
        "LMv2"
    );
    assert!(
        answer.ends_with("c5dad2544fc9799094ce1ce90bc9d03e"),
        "session key"
    );
}

/// A connection-oriented sign-in whose client does without some flags.
fn sign_in_without(flags: u32) -> (SessionKeys, SessionKeys) {
    let mut hello = negotiate();
    let offered = u32::from_le_bytes(hello[12..16].try_into().unwrap());
    hello[12..16].copy_from_slice(&(offered & !flags).to_le_bytes());
    let hello_read = Negotiate::parse(&hello).unwrap();
    let challenge = Challenge::connection_oriented(&hello_read, [1; 8], &target(), Some(9)).unwrap();
    assert_eq!(challenge.mode(), Mode::ConnectionOriented);
    let hash = NtHash::of_password("Grüße");
    let login = login("alice", "EXAMPLE", &hash);
    let (answer, client) = authenticate(&login, &hello, challenge.encode()).unwrap();
    let answer = Authenticate::parse(&answer).unwrap();
    assert_eq!(answer.flags() & flags, 0);
    let server = accept(&challenge, &answer, &hash, Some(&hello_read), 9).unwrap();
    (server, client)
}

#[test]
fn every_key_strength_signs_alike_on_both_sides() {
    let mut seen = Vec::new();
    for without in [0, KEY_128, KEY_128 | KEY_56, KEY_EXCH] {
        let (server, client) = sign_in_without(without);
        for direction in [Direction::ClientToServer, Direction::ServerToClient] {
            let signature = server.sign(direction, b"text");
            assert!(client.verify(direction, b"text", &signature));
            assert!(!client.verify(direction, b"texT", &signature));
            assert!(!seen.contains(&signature), "each strength signs differently");
            seen.push(signature);
        }
    }
}

struct Exchange {
    hello: Vec<u8>,
    challenge: Challenge,
    answer: Vec<u8>,
    hash: NtHash,
}

impl Exchange {
    fn new(mode: Mode, user: &str, domain: &str, time: Option<u64>) -> Self {
        let hash = NtHash::of_password("secret1");
        let (hello, challenge) = match mode {
            Mode::Connectionless => (
                Vec::new(),
                Challenge::connectionless([1; 8], &target(), time).unwrap(),
            ),
            Mode::ConnectionOriented => {
                let hello = negotiate();
                let read = Negotiate::parse(&hello).unwrap();
                let challenge = Challenge::connection_oriented(&read, [1; 8], &target(), time).unwrap();
                (hello, challenge)
            }
        };
        let login = login(user, domain, &hash);
        let (answer, _) = authenticate(&login, &hello, challenge.encode()).unwrap();
        Self {
            hello,
            challenge,
            answer,
            hash,
        }
    }

    fn accept_at(&self, now: u64) -> Result<SessionKeys, NtlmError> {
        let hello = (!self.hello.is_empty()).then(|| Negotiate::parse(&self.hello).unwrap());
        let answer = Authenticate::parse(&self.answer)?;
        accept(&self.challenge, &answer, &self.hash, hello.as_ref(), now)
    }

    fn error(&self) -> NtlmError {
        self.accept_at(5).unwrap_err()
    }
}

#[test]
fn identity_tells_the_three_kinds_apart() {
    for (user, domain, identity) in [
        (
            "alice@example.test",
            "",
            Identity::Upn("alice@example.test".into()),
        ),
        ("alice", "", Identity::Bare("alice".into())),
        (
            "alice",
            "EXAMPLE",
            Identity::DomainUser {
                domain: "EXAMPLE".into(),
                user: "alice".into(),
            },
        ),
    ] {
        let exchange = Exchange::new(Mode::Connectionless, user, domain, Some(5));
        assert_eq!(
            Authenticate::parse(&exchange.answer).unwrap().identity(),
            identity
        );
        exchange.accept_at(5).unwrap();
    }
}

#[test]
fn user_name_upper_cased_by_ascii_or_by_unicode_is_accepted() {
    // Our client upper-cases ASCII only: "jürgen" becomes "JüRGEN", and "JÜRGEN" stays as it is,
    // which is what a client that knows Unicode computes for "jürgen".
    let ascii = Exchange::new(Mode::Connectionless, "jürgen", "", Some(5));
    ascii.accept_at(5).unwrap();

    let mut unicode = Exchange::new(Mode::Connectionless, "JÜRGEN", "", Some(5));
    let upper = [0xDC, 0x00];
    let at = unicode.answer.windows(2).position(|w| w == upper).unwrap();
    unicode.answer[at] = 0xFC;
    assert_eq!(
        Authenticate::parse(&unicode.answer).unwrap().identity(),
        Identity::Bare("JüRGEN".into())
    );
    unicode.accept_at(5).unwrap();
}

#[test]
fn answer_to_another_challenge_is_refused() {
    for mode in [Mode::Connectionless, Mode::ConnectionOriented] {
        let mut exchange = Exchange::new(mode, "alice", "", Some(5));
        let hello = Negotiate::parse(&negotiate()).unwrap();
        let make = |nonce, target: &Target, time| match mode {
            Mode::Connectionless => Challenge::connectionless(nonce, target, Some(time)).unwrap(),
            Mode::ConnectionOriented => {
                Challenge::connection_oriented(&hello, nonce, target, Some(time)).unwrap()
            }
        };
        exchange.challenge = make([2; 8], &target(), 5);
        assert_eq!(exchange.error(), NtlmError::BadProof);
        exchange.challenge = make([1; 8], &target(), 6);
        assert_eq!(exchange.error(), NtlmError::TargetInfo);
        let other = Target::new("EXAMPLE", "OTHER", "example.test", "mock.example.test").unwrap();
        exchange.challenge = make([1; 8], &other, 5);
        assert_eq!(exchange.error(), NtlmError::TargetInfo);
    }
}

#[test]
fn time_must_be_ours_or_near_the_present() {
    let skew = MAX_CLOCK_SKEW.as_secs() * 10_000_000;
    let without = Exchange::new(Mode::Connectionless, "alice", "", None);
    without.accept_at(5 + skew).unwrap();
    assert_eq!(without.accept_at(6 + skew).unwrap_err(), NtlmError::Time);

    let mut with = Exchange::new(Mode::Connectionless, "alice", "", Some(0x1122_3344));
    let time = 0x1122_3344_u64.to_le_bytes();
    let at = with.answer.windows(8).position(|w| w == time).unwrap();
    with.accept_at(u64::MAX).unwrap();
    with.answer[at] ^= 1;
    assert_eq!(with.error(), NtlmError::Time);

    assert_eq!(filetime_from_unix(0), 116_444_736_000_000_000);
    assert_eq!(filetime_from_unix(NOW), 134_398_637_180_000_000);
}

#[test]
fn integrity_code_covers_all_three_messages() {
    let mut exchange = Exchange::new(Mode::ConnectionOriented, "alice", "", Some(5));
    exchange.accept_at(5).unwrap();
    for at in [72, 48, 87] {
        exchange.answer[at] ^= 1;
        assert!(
            matches!(exchange.error(), NtlmError::Mic | NtlmError::Malformed(_)),
            "{at}"
        );
        exchange.answer[at] ^= 1;
    }
    let last = exchange.hello.len() - 1;
    exchange.hello[last] ^= 1;
    assert_eq!(exchange.error(), NtlmError::Mic);
    exchange.hello[last] ^= 1;
    exchange.accept_at(5).unwrap();
}

#[test]
fn old_and_anonymous_responses_are_refused() {
    let mut exchange = Exchange::new(Mode::Connectionless, "alice", "", Some(5));
    exchange.answer[20] = 24;
    exchange.answer[21] = 0;
    assert_eq!(exchange.error(), NtlmError::ObsoleteResponse);
    exchange.answer[20] = 0;
    assert_eq!(exchange.error(), NtlmError::Anonymous);
}

#[test]
fn answer_without_the_needed_flags_is_refused() {
    let exchange = Exchange::new(Mode::Connectionless, "alice", "", Some(5));
    for (byte, bit, name) in [
        (62, 0x08, "extended session security"),
        (60, 0x10, "signing"),
        (60, 0x40, "connectionless mode"),
    ] {
        let mut changed = exchange.answer.clone();
        changed[byte] ^= bit;
        let answer = Authenticate::parse(&changed).unwrap();
        let result = accept(&exchange.challenge, &answer, &exchange.hash, None, 5);
        assert_eq!(result.unwrap_err(), NtlmError::Unsupported(name));
    }
}

#[test]
fn text_without_unicode_must_be_ascii() {
    let mut exchange = Exchange::new(Mode::Connectionless, "alice", "", Some(5));
    exchange.answer[60] &= !1;
    exchange.answer[36] = 5; // the length of the user name
    let start = exchange.answer[40] as usize;
    exchange.answer[start..start + 5].copy_from_slice(b"alice");
    let read = Authenticate::parse(&exchange.answer).unwrap();
    assert_eq!(read.identity(), Identity::Bare("alice".into()));
    exchange.accept_at(5).unwrap();
    exchange.answer[start] = 0xE4;
    assert!(matches!(exchange.error(), NtlmError::Malformed(_)));
}

#[test]
fn message_size_is_limited() {
    let mut message = negotiate();
    message.resize(MAX_MESSAGE, 0);
    assert_eq!(message_type(&message), Ok(MessageType::Negotiate));
    message.push(0);
    assert_eq!(message_type(&message), Err(NtlmError::TooLarge));
}

#[test]
fn target_names_are_limited() {
    let longest = "x".repeat(MAX_TARGET_NAME);
    let target = Target::new(&longest, &longest, &longest, &longest).unwrap();
    let challenge = Challenge::connectionless([0; 8], &target, None).unwrap();
    Challenge::parse(challenge.encode()).unwrap();
    let longer = "x".repeat(MAX_TARGET_NAME + 1);
    assert_eq!(Target::new("", "", "", &longer), Err(NtlmError::NameTooLong));
}

#[test]
fn every_truncation_is_refused() {
    for mode in [Mode::Connectionless, Mode::ConnectionOriented] {
        let exchange = Exchange::new(mode, "alice", "EXAMPLE", Some(5));
        for length in 0..exchange.answer.len() {
            assert!(
                Authenticate::parse(&exchange.answer[..length]).is_err(),
                "{length}"
            );
        }
        let challenge = exchange.challenge.encode();
        for length in 0..challenge.len() {
            assert!(Challenge::parse(&challenge[..length]).is_err(), "{length}");
        }
    }
}

proptest! {
    #[test]
    fn garbled_messages_never_panic(
        oriented: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mode = if oriented { Mode::ConnectionOriented } else { Mode::Connectionless };
        let mut exchange = Exchange::new(mode, "alice", "EXAMPLE", Some(5));
        let mut challenge = exchange.challenge.encode().to_vec();
        for (at, value) in changes {
            let here = at.index(exchange.answer.len());
            exchange.answer[here] = value;
            let here = at.index(challenge.len());
            challenge[here] = value;
        }
        let _ = exchange.accept_at(5);
        let hash = NtHash::of_password("secret1");
        let _ = authenticate(&login("alice", "", &hash), &exchange.hello, &challenge);
    }

    #[test]
    fn arbitrary_bytes_never_panic(kind in 1u8..4, rest in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut message = b"NTLMSSP\0".to_vec();
        message.extend([kind, 0, 0, 0]);
        message.extend(rest);
        let _ = Negotiate::parse(&message);
        let _ = Challenge::parse(&message);
        let _ = Authenticate::parse(&message);
    }
}
