//! Header values.

use causerie_sipauth::header::{MAX_GSSAPI_DATA, MAX_PARAM_VALUE};
use causerie_sipauth::{AuthenticationInfo, Challenge401, Credentials, HeaderError};
use proptest::prelude::*;

#[test]
fn credentials_are_read_in_any_order_and_layout() {
    let read = Credentials::parse(
        "NTLM\r\n response=\"00Ff\" ,CNUM = 7,x-new=\"a, \\\"b\\\"=c\",, realm=\"a \\\"b\\\\\",version=3, gssapi-data=\"AAEC\"",
    )
    .unwrap();
    assert_eq!(read.scheme, "NTLM");
    assert_eq!(read.response.as_deref(), Some("00Ff"));
    assert_eq!(read.cnum.as_deref(), Some("7"));
    assert_eq!(read.realm.as_deref(), Some("a \"b\\"));
    assert_eq!(read.version, Some(3));
    assert_eq!(read.gssapi_data, Some(vec![0, 1, 2]));
    assert!(read.signature().is_none(), "opaque and crand are missing");
    let empty = Credentials::parse("NTLM gssapi-data=\"\"").unwrap();
    assert_eq!(empty.gssapi_data, Some(vec![]));
    assert_eq!(Credentials::parse("NTLM").unwrap().gssapi_data, None);
}

#[test]
fn base64_is_read_with_or_without_padding() {
    for text in ["NTLM gssapi-data=\"AAE=\"", "NTLM gssapi-data=\"AAE\""] {
        assert_eq!(Credentials::parse(text).unwrap().gssapi_data, Some(vec![0, 1]));
    }
}

#[test]
fn malformed_values_are_refused() {
    for (value, error) in [
        ("", HeaderError::Syntax),
        ("\"NTLM\" realm=\"x\"", HeaderError::Syntax),
        ("NTLM realm", HeaderError::Syntax),
        ("NTLM realm=\"x", HeaderError::Syntax),
        ("NTLM realm=\"x\\", HeaderError::Syntax),
        ("NTLM realm=\"x\\\n\"", HeaderError::Syntax),
        ("NTLM realm=\"x\ny\"", HeaderError::Syntax),
        ("NTLM realm=\"x\"y", HeaderError::Syntax),
        ("NTLM realm=x y", HeaderError::Syntax),
        ("NTLM =x", HeaderError::Syntax),
        ("NTLM re alm=x", HeaderError::Syntax),
        ("NTLM cnum=1, Cnum=2", HeaderError::Repeated("cnum")),
        ("NTLM gssapi-data=\"?\"", HeaderError::Base64),
        ("NTLM version=x", HeaderError::Version),
        ("NTLM version=256", HeaderError::Version),
    ] {
        assert_eq!(Credentials::parse(value).unwrap_err(), error, "{value:?}");
    }
}

#[test]
fn values_are_limited() {
    let data = |length| format!("NTLM gssapi-data=\"{}\"", "A".repeat(length));
    assert!(Credentials::parse(&data(MAX_GSSAPI_DATA)).is_ok());
    let longer = data(MAX_GSSAPI_DATA + 1);
    assert_eq!(Credentials::parse(&longer).unwrap_err(), HeaderError::TooLong);

    let opaque = |length| format!("NTLM opaque=\"{}\"", "A".repeat(length));
    assert!(Credentials::parse(&opaque(MAX_PARAM_VALUE)).is_ok());
    let longer = opaque(MAX_PARAM_VALUE + 1);
    assert_eq!(Credentials::parse(&longer).unwrap_err(), HeaderError::TooLong);
}

#[test]
fn challenges_have_the_order_and_quoting_clients_expect() {
    let mut challenge = Challenge401 {
        scheme: "NTLM".into(),
        realm: "SIP Communications Service".into(),
        targetname: "pool.example.test".into(),
        version: Some(4),
        opaque: None,
        gssapi_data: None,
    };
    assert_eq!(
        challenge.to_value(),
        "NTLM realm=\"SIP Communications Service\", targetname=\"pool.example.test\", version=4"
    );
    challenge.opaque = Some("A1B2C3D4".into());
    challenge.gssapi_data = Some(vec![0, 1]);
    assert_eq!(
        challenge.to_value(),
        "NTLM opaque=\"A1B2C3D4\", gssapi-data=\"AAE=\", targetname=\"pool.example.test\", \
         realm=\"SIP Communications Service\", version=4"
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(value in "\\PC*") {
        let _ = Credentials::parse(&value);
        let _ = AuthenticationInfo::parse(&value);
        let _ = Challenge401::parse(&value);
    }

    #[test]
    fn text_near_a_header_is_read_or_refused(value in "NTLM( ?(realm|cnum|version|x)(=| =)(\"[ -~\r\n]{0,6}\"?|[a-z0-9\\\\]{0,4}),?){0,5}") {
        let _ = Credentials::parse(&value);
    }

    #[test]
    fn what_is_written_is_read_back(
        realm in "[^\\p{Cc}]{0,30}",
        opaque in "[^\\p{Cc}]{0,30}",
        data in prop::collection::vec(any::<u8>(), 0..300),
        version in 2u8..5,
    ) {
        let written = Challenge401 {
            scheme: "NTLM".into(),
            realm: realm.as_str().into(),
            targetname: "x".into(),
            version: Some(version),
            opaque: Some(opaque.as_str().into()),
            gssapi_data: Some(data.clone()),
        }
        .to_value();
        let read = Challenge401::parse(&written).unwrap();
        prop_assert_eq!(&*read.realm, realm);
        prop_assert_eq!(read.opaque.unwrap(), opaque);
        prop_assert_eq!(read.gssapi_data.unwrap(), data);
        prop_assert_eq!(read.version, Some(version));
    }
}
