//! Whole sign-ins between our client and our server.

use causerie_sipauth::handshake::{MAX_OFFER_TEXT, OfferError};
use causerie_sipauth::ntlm::Mode;
use causerie_sipauth::{
    AuthError, AuthenticationInfo, CHALLENGE_LIFETIME, Challenge401, ClientError, ClientHandshake,
    Credentials, Fresh, Handshake, Identity, MessageFields, NtHash, Offer, SignatureVersion, Step,
    VerifyError,
};

use crate::support::{
    ALL_VERSIONS, BOTH_MODES, ENTROPY, FRESH, NOW, REGISTER, SignIn, challenge_of, offer, target, verify,
};

const UPN: (&str, &str) = ("alice@example.test", "");
const DOMAIN_USER: (&str, &str) = ("alice", "EXAMPLE");

#[test]
fn every_way_to_sign_in_works_and_signs_both_ways() {
    for version in ALL_VERSIONS {
        for mode in BOTH_MODES {
            for name in [UPN, DOMAIN_USER, ("Jürgen@example.test", "")] {
                for password in ["secret1", "Grüße, Ärger & Öl 🗝", ""] {
                    let stored = NtHash::of_password(password);
                    let sign_in = SignIn::begin(version, mode, name, password);
                    let (mut server, mut client) = sign_in.finish(Some(&stored)).unwrap();
                    assert_eq!(server.version(), version);
                    assert_eq!(server.opaque(), "A1B2C3D4");

                    let header = client.sign_outgoing(&REGISTER, 1);
                    assert_eq!(verify(&mut server, &header, &REGISTER), Ok(()));
                    let header = server.sign_outgoing(&REGISTER, 2);
                    let info = AuthenticationInfo::parse(&header).unwrap();
                    let signature = info.signature().unwrap();
                    assert_eq!(client.verify_incoming(&signature, &REGISTER, NOW), Ok(()));
                }
            }
        }
    }
}

#[test]
fn wrong_password_and_unknown_user_are_the_same() {
    for mode in BOTH_MODES {
        for stored in [
            Some(NtHash::of_password("secret2")),
            Some(NtHash::from_bytes([0; 16])),
            None,
        ] {
            let sign_in = SignIn::begin(SignatureVersion::V4, mode, UPN, "secret1");
            let result = sign_in.finish(stored.as_ref());
            assert_eq!(result.unwrap_err(), AuthError::Refused);
        }
    }
}

#[test]
fn unknown_user_is_refused_even_with_the_stand_in_hash() {
    // The hash used in place of an unknown user's is no secret, so it must open nothing.
    let mut sign_in = SignIn::begin(SignatureVersion::V3, Mode::Connectionless, UPN, "x");
    sign_in.client = ClientHandshake::new(UPN.0, UPN.1, NtHash::from_bytes([0; 16]), Mode::Connectionless);
    assert_eq!(sign_in.finish(None).unwrap_err(), AuthError::Refused);
}

#[test]
fn identity_is_given_to_the_caller() {
    let mut sign_in = SignIn::begin(SignatureVersion::V4, Mode::Connectionless, DOMAIN_USER, "x");
    let answer = sign_in.client.answer(&sign_in.second, &REGISTER, &ENTROPY, NOW);
    let (header, _) = answer.unwrap();
    let credentials = Credentials::parse(&header).unwrap();
    let step = sign_in.handshake.step(Some(&credentials), FRESH, NOW).unwrap();
    let Step::NeedHash { identity, .. } = step else {
        panic!("the answer was not taken as one");
    };
    let expected = Identity::DomainUser {
        domain: "EXAMPLE".into(),
        user: "alice".into(),
    };
    assert_eq!(identity, expected);
}

/// Answers the second challenge at `now`, through `change` of the header.
fn step_with(sign_in: &mut SignIn, now: u64, change: impl Fn(&str) -> String) -> Result<Step, AuthError> {
    let answer = sign_in.client.answer(&sign_in.second, &REGISTER, &ENTROPY, NOW);
    let header = change(&answer.unwrap().0);
    sign_in
        .handshake
        .step(Some(&Credentials::parse(&header).unwrap()), FRESH, now)
}

fn begin() -> SignIn {
    SignIn::begin(SignatureVersion::V4, Mode::Connectionless, UPN, "secret1")
}

#[test]
fn challenge_serves_once() {
    let mut sign_in = begin();
    assert!(step_with(&mut sign_in, NOW, str::to_owned).is_ok());
    let again = step_with(&mut sign_in, NOW, str::to_owned);
    assert_eq!(again.unwrap_err(), AuthError::NoChallenge);
}

#[test]
fn challenge_expires() {
    let last = NOW + CHALLENGE_LIFETIME.as_secs();
    assert!(step_with(&mut begin(), last, str::to_owned).is_ok());
    let late = step_with(&mut begin(), last + 1, str::to_owned);
    assert_eq!(late.unwrap_err(), AuthError::ChallengeExpired);
}

#[test]
fn unfit_credentials_are_refused() {
    for (from, to, error) in [
        ("NTLM ", "Kerberos ", AuthError::Scheme),
        ("gssapi-data", "x-data", AuthError::MissingData),
        ("A1B2C3D4", "A1B2C3D5", AuthError::Opaque),
        ("opaque", "x-opaque", AuthError::Opaque),
        ("version=4", "version=5", AuthError::Version),
        ("version=4", "version=1", AuthError::Version),
    ] {
        let result = step_with(&mut begin(), NOW, |header| header.replacen(from, to, 1));
        assert_eq!(result.unwrap_err(), error, "{to}");
    }
    let result = step_with(&mut begin(), NOW, |header| header.replacen("TlRM", "XXXX", 1));
    assert!(matches!(result, Err(AuthError::Ntlm(_))));
}

#[test]
fn client_without_version_gets_version_2_if_that_is_allowed() {
    let strict = Offer::new("r", "t", target(), SignatureVersion::V4, SignatureVersion::V3);
    for (offer, allowed) in [
        (offer(SignatureVersion::V4), true),
        (strict.unwrap().into(), false),
    ] {
        let mut sign_in = begin();
        sign_in.handshake = Handshake::start(offer);
        let ask = Credentials::parse("NTLM gssapi-data=\"\"").unwrap();
        sign_in.second = challenge_of(sign_in.handshake.step(Some(&ask), FRESH, NOW).unwrap());
        let result = step_with(&mut sign_in, NOW, |header| header.replace(", version=4", ""));
        match result {
            Ok(Step::NeedHash { pending, .. }) => {
                assert!(allowed);
                let hash = NtHash::of_password("secret1");
                let done = pending.finish(Some(&hash), &REGISTER, &Credentials::default(), NOW);
                assert_eq!(done.unwrap().version(), SignatureVersion::V2);
            }
            other => {
                assert!(!allowed);
                assert_eq!(other.unwrap_err(), AuthError::Version);
            }
        }
    }
}

#[test]
fn version_4_demands_a_signed_answer() {
    let hash = NtHash::of_password("secret1");
    let finish = |fields: &MessageFields<'_>, change: fn(&str) -> String| {
        let mut sign_in = begin();
        let answer = sign_in.client.answer(&sign_in.second, &REGISTER, &ENTROPY, NOW);
        let header = change(&answer.unwrap().0);
        let credentials = Credentials::parse(&header).unwrap();
        let step = sign_in.handshake.step(Some(&credentials), FRESH, NOW);
        let Ok(Step::NeedHash { pending, .. }) = step else {
            panic!("the answer was not taken as one");
        };
        pending.finish(Some(&hash), fields, &credentials, NOW).map(|_| ())
    };
    assert_eq!(finish(&REGISTER, str::to_owned), Ok(()));
    let unsigned = finish(&REGISTER, |header| header.replace("response=", "x="));
    assert_eq!(unsigned, Err(AuthError::Unsigned));
    let other = MessageFields {
        from_uri: "sip:mallory@example.test",
        ..REGISTER
    };
    let forged = finish(&other, str::to_owned);
    assert_eq!(forged, Err(AuthError::Signature(VerifyError::BadSignature)));
}

#[test]
fn asking_again_voids_the_former_challenge() {
    let mut sign_in = begin();
    let ask = Credentials::parse("NTLM gssapi-data=\"\"").unwrap();
    let fresh = Fresh {
        server_nonce: [4; 8],
        ..FRESH
    };
    let second = sign_in.handshake.step(Some(&ask), fresh, NOW).unwrap();
    let (old, new) = (sign_in.second.clone(), challenge_of(second));
    assert_ne!(old, new);
    let hash = NtHash::of_password("secret1");
    assert_eq!(sign_in.finish(Some(&hash)).unwrap_err(), AuthError::Refused);

    let mut sign_in = begin();
    sign_in.handshake.step(None, FRESH, NOW).unwrap();
    let result = step_with(&mut sign_in, NOW, str::to_owned);
    assert_eq!(result.unwrap_err(), AuthError::NoChallenge);
}

#[test]
fn challenges_name_realm_target_and_version() {
    let sign_in = begin();
    let first = offer(SignatureVersion::V3).first_challenge();
    assert_eq!(
        first,
        "NTLM realm=\"SIP Communications Service\", targetname=\"mock.example.test\", version=3"
    );
    let second = Challenge401::parse(&sign_in.second).unwrap();
    assert_eq!(second.opaque.as_deref(), Some("A1B2C3D4"));
    assert_eq!(second.version, Some(4));
}

#[test]
fn offer_texts_are_limited() {
    let make = |realm: &str, targetname: &str| {
        let version = SignatureVersion::V4;
        Offer::new(realm, targetname, target(), version, version).map(|_| ())
    };
    let longest = "x".repeat(MAX_OFFER_TEXT);
    assert_eq!(make(&longest, &longest), Ok(()));
    assert_eq!(make(&format!("{longest}x"), "t"), Err(OfferError));
    assert_eq!(make("r", &format!("{longest}x")), Err(OfferError));
    for bad in ["", "a\"b", "a\\b", "a\r\nb", "ä", "a><b"] {
        assert_eq!(make(bad, "t"), Err(OfferError), "{bad:?}");
    }
}

#[test]
fn client_refuses_what_it_cannot_answer() {
    let client = ClientHandshake::new("a", "", NtHash::of_password("x"), Mode::Connectionless);
    let answer = |header: &str| client.answer(header, &REGISTER, &ENTROPY, NOW).unwrap_err();
    assert_eq!(
        client.ask("Kerberos realm=\"x\"").unwrap_err(),
        ClientError::Scheme
    );
    assert_eq!(
        client.ask("NTLM version=9").unwrap_err(),
        ClientError::Incomplete("a known version")
    );
    assert_eq!(answer("NTLM version=4"), ClientError::Incomplete("gssapi-data"));
    assert_eq!(
        answer("NTLM gssapi-data=\"AAAA\", version=4"),
        ClientError::Incomplete("opaque")
    );
    assert!(matches!(
        answer("NTLM opaque=\"1\", gssapi-data=\"AAAA\", version=4"),
        ClientError::Ntlm(_)
    ));
}
