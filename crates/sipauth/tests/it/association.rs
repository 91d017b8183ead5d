//! Signing and verifying: fields, replays, expiry.

use std::collections::HashSet;

use causerie_sipauth::{
    ASSOCIATION_LIFETIME, AuthenticationInfo, Credentials, MessageFields, REPLAY_WINDOW, SignatureVersion,
    VerifyError,
};
use proptest::prelude::*;

use crate::support::{ALL_VERSIONS, NOW, pair, verify};

const INFO: MessageFields<'static> = MessageFields {
    call_id: "call",
    cseq: "2",
    method: "INFO",
    from_uri: "sip:alice@example.test",
    from_tag: "ft",
    to_uri: "sip:gcpool@example.test",
    to_tag: "tt",
    p_asserted_sip: "sip:alice@example.test",
    p_asserted_tel: "tel:+4930123",
    expires: "60",
    status: Some(200),
};

/// `INFO` with one field changed, and whether version 2 notices.
fn changed_fields() -> Vec<(MessageFields<'static>, bool)> {
    vec![
        (MessageFields { call_id: "x", ..INFO }, true),
        (MessageFields { cseq: "3", ..INFO }, true),
        (
            MessageFields {
                method: "BYE",
                ..INFO
            },
            true,
        ),
        (
            MessageFields {
                from_uri: "sip:x@example.test",
                ..INFO
            },
            true,
        ),
        (
            MessageFields {
                from_tag: "x",
                ..INFO
            },
            true,
        ),
        (
            MessageFields {
                to_uri: "sip:x@example.test",
                ..INFO
            },
            false,
        ),
        (MessageFields { to_tag: "x", ..INFO }, true),
        (
            MessageFields {
                p_asserted_sip: "sip:x@example.test",
                ..INFO
            },
            false,
        ),
        (
            MessageFields {
                p_asserted_tel: "tel:1",
                ..INFO
            },
            false,
        ),
        (
            MessageFields {
                expires: "61",
                ..INFO
            },
            true,
        ),
        (
            MessageFields {
                status: Some(201),
                ..INFO
            },
            true,
        ),
        (MessageFields { status: None, ..INFO }, true),
    ]
}

#[test]
fn both_directions_verify_and_notice_changed_fields() {
    for version in ALL_VERSIONS {
        let (mut server, mut client) = pair(version);
        for (changed, noticed_by_2) in changed_fields() {
            let expected = if noticed_by_2 || version > SignatureVersion::V2 {
                Err(VerifyError::BadSignature)
            } else {
                Ok(())
            };
            let header = client.sign_outgoing(&INFO, 5);
            assert_eq!(verify(&mut server, &header, &changed), expected, "{changed:?}");

            let header = server.sign_outgoing(&INFO, 5);
            let info = AuthenticationInfo::parse(&header).unwrap();
            let signature = info.signature().unwrap();
            assert_eq!(client.verify_incoming(&signature, &changed, NOW), expected);
            if expected.is_err() {
                assert_eq!(client.verify_incoming(&signature, &INFO, NOW), Ok(()));
            }
        }
    }
}

#[test]
fn signature_is_taken_in_either_case_of_hex() {
    let (mut server, mut client) = pair(SignatureVersion::V4);
    for lower in [true, false] {
        let header = client.sign_outgoing(&INFO, 5);
        let (before, value) = header.split_once("response=").unwrap();
        let value = if lower {
            value.to_ascii_lowercase()
        } else {
            value.to_ascii_uppercase()
        };
        assert_eq!(
            verify(&mut server, &format!("{before}response={value}"), &INFO),
            Ok(())
        );
    }
}

#[test]
fn malformed_foreign_and_ambiguous_signatures_are_refused() {
    let (mut server, mut client) = pair(SignatureVersion::V4);
    let header = client.sign_outgoing(&INFO, 5);
    for (from, to, error) in [
        ("A1B2C3D4", "A1B2C3D5", VerifyError::UnknownAssociation),
        ("cnum=\"1\"", "cnum=\"+1\"", VerifyError::Malformed),
        ("cnum=\"1\"", "cnum=\"\"", VerifyError::Malformed),
        (
            "cnum=\"1\"",
            "cnum=\"99999999999999999999\"",
            VerifyError::Malformed,
        ),
        ("response=\"01", "response=\"0", VerifyError::Malformed),
        ("response=\"01", "response=\"0G", VerifyError::Malformed),
        ("response=\"01", "response=\"02", VerifyError::BadSignature),
        ("cnum=\"1\"", "cnum=\"2\"", VerifyError::BadSignature),
        ("cnum=\"1\"", "cnum=\"0\"", VerifyError::Replay),
    ] {
        let changed = header.replacen(from, to, 1);
        assert_ne!(changed, header);
        assert_eq!(verify(&mut server, &changed, &INFO), Err(error), "{to}");
    }
    // The same string could be cut into fields in two ways.
    let shifted = MessageFields {
        call_id: "call><2",
        cseq: "INFO",
        ..INFO
    };
    assert_eq!(
        verify(&mut server, &header, &shifted),
        Err(VerifyError::AmbiguousField)
    );
    assert_eq!(
        verify(&mut server, &header, &INFO),
        Ok(()),
        "refusals change nothing"
    );
}

#[test]
fn signature_of_one_direction_does_not_serve_in_the_other() {
    let (mut server, _) = pair(SignatureVersion::V4);
    let header = server.sign_outgoing(&INFO, 5);
    let info = AuthenticationInfo::parse(&header).unwrap();
    let reflected = server.verify_incoming(&info.signature().unwrap(), &INFO, NOW);
    assert_eq!(reflected, Err(VerifyError::BadSignature));
}

#[test]
fn association_expires() {
    let (mut server, mut client) = pair(SignatureVersion::V4);
    let end = NOW + ASSOCIATION_LIFETIME.as_secs();
    assert_eq!(server.expires_at(), end);
    for (now, result) in [(end - 1, Ok(())), (end, Err(VerifyError::Expired))] {
        let header = client.sign_outgoing(&INFO, 5);
        let credentials = Credentials::parse(&header).unwrap();
        let signature = credentials.signature().unwrap();
        assert_eq!(server.verify_incoming(&signature, &INFO, now), result);
    }
}

#[test]
fn replay_window_ends_where_it_should() {
    let (mut server, mut client) = pair(SignatureVersion::V4);
    let count = REPLAY_WINDOW as usize + 10;
    let headers: Vec<_> = (0..count).map(|_| client.sign_outgoing(&INFO, 5)).collect();
    let highest = count; // its number is one more than its index
    assert_eq!(verify(&mut server, &headers[highest - 1], &INFO), Ok(()));
    let oldest_taken = highest - REPLAY_WINDOW as usize + 1;
    assert_eq!(
        verify(&mut server, &headers[oldest_taken - 2], &INFO),
        Err(VerifyError::Replay)
    );
    assert_eq!(verify(&mut server, &headers[oldest_taken - 1], &INFO), Ok(()));
    assert_eq!(
        verify(&mut server, &headers[oldest_taken - 1], &INFO),
        Err(VerifyError::Replay)
    );
}

#[test]
fn writing_appends_and_leaves_no_scratch_behind() {
    let (mut server, _) = pair(SignatureVersion::V4);
    let (mut twin, _) = pair(SignatureVersion::V4);
    let mut out = b"Authentication-Info: ".to_vec();
    server.write_authentication_info(&INFO, 0xBE67_CE7C, &mut out);
    let value = twin.sign_outgoing(&INFO, 0xBE67_CE7C);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        format!("Authentication-Info: {value}")
    );
    assert!(value.ends_with(
        "\", srand=\"BE67CE7C\", snum=\"1\", opaque=\"A1B2C3D4\", qop=\"auth\", \
         targetname=\"mock.example.test\", realm=\"SIP Communications Service\""
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Each number is taken at most once, and only within the window, whatever the order.
    #[test]
    fn replay_window_agrees_with_a_set(order in prop::collection::vec(0usize..900, 1..400)) {
        let (mut server, mut client) = pair(SignatureVersion::V3);
        let headers: Vec<_> = (0..900).map(|_| client.sign_outgoing(&INFO, 5)).collect();
        let mut taken = HashSet::new();
        let mut highest = 0;
        for index in order {
            let number = index as u64 + 1;
            let fresh = !taken.contains(&number) && number + REPLAY_WINDOW > highest;
            let result = verify(&mut server, &headers[index], &INFO);
            prop_assert_eq!(result, if fresh { Ok(()) } else { Err(VerifyError::Replay) });
            if fresh {
                taken.insert(number);
                highest = highest.max(number);
            }
        }
    }
}
