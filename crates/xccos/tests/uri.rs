//! URIs of rooms and categories.

use causerie_xccos::{CategoryUri, GroupUri, RoomUri, uri::UriError};
use proptest::prelude::*;

const GUID: &str = "a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9";

#[test]
fn they_are_read_in_any_case_and_written_in_lower_case() {
    let room: RoomUri = format!("MA-chan://Fabrikam.Example/{}", GUID.to_uppercase())
        .parse()
        .unwrap();
    assert_eq!(
        (room.domain.as_str(), room.guid.as_str()),
        ("fabrikam.example", GUID)
    );
    assert_eq!(room.to_string(), format!("ma-chan://fabrikam.example/{GUID}"));
    let category: CategoryUri = format!("ma-cat://fabrikam.example/{GUID}").parse().unwrap();
    assert_eq!(category.to_string(), format!("ma-cat://fabrikam.example/{GUID}"));
}

#[test]
fn others_are_refused() {
    for (text, error) in [
        (String::new(), UriError::Scheme("ma-chan://")),
        (format!("ma-cat://d/{GUID}"), UriError::Scheme("ma-chan://")),
        ("ma-chan:/é".to_owned(), UriError::Scheme("ma-chan://")),
        ("ma-chan://d".to_owned(), UriError::Guid),
        (format!("ma-chan:///{GUID}"), UriError::Domain),
        (format!("ma-chan://a b/{GUID}"), UriError::Domain),
        (format!("ma-chan://d/{{{GUID}}}"), UriError::Guid),
        (format!("ma-chan://d/{GUID}-"), UriError::Guid),
        (format!("ma-chan://d/{GUID}/x"), UriError::Guid),
        (format!("ma-chan://d/{}", GUID.replace('-', "")), UriError::Guid),
        (format!("ma-chan://d/{}", GUID.replace('a', "g")), UriError::Guid),
    ] {
        assert_eq!(text.parse::<RoomUri>(), Err(error), "{text}");
    }
}

#[test]
fn groups() {
    let group: GroupUri = format!("MA-GRP:{}@U.G", GUID.to_uppercase()).parse().unwrap();
    assert_eq!(group.guid, GUID);
    assert_eq!(group.to_string(), format!("ma-grp:{GUID}@u.g"));
    for (text, error) in [
        ("sip:ann@u.g".to_owned(), UriError::Scheme("ma-grp:")),
        (format!("ma-grp:{GUID}"), UriError::Domain),
        (format!("ma-grp:{GUID}@d.example"), UriError::Domain),
        ("ma-grp:x@u.g".to_owned(), UriError::Guid),
    ] {
        assert_eq!(text.parse::<GroupUri>(), Err(error), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(domain in "[a-z0-9._-]{1,20}", guid in "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}") {
        let uri = RoomUri { domain, guid };
        prop_assert_eq!(uri.to_string().parse(), Ok(uri));
    }

    #[test]
    fn anything_is_read_or_refused(text in "(ma-chan://)?.{0,60}") {
        let _ = text.parse::<RoomUri>();
    }
}
