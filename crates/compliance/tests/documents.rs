//! Documents read as they are written, and are read strictly.

use causerie_compliance::documents::{
    self, Adapter, AdapterFormat, Hold, Present, Retention, Scope, Somebody,
};
use causerie_model::{RoomId, SipAddress, StoreFault, Timestamp};
use std::fmt::Debug;

fn address(text: &str) -> SipAddress {
    SipAddress::parse(text).unwrap()
}

fn hold() -> Hold {
    Hold {
        id: "h1".to_owned(),
        matter: None,
        reason: "a claim".to_owned(),
        people: vec![address("ann@example.test")],
        rooms: vec![RoomId(17)],
        from: Some(Timestamp(1_367_481_600_123_456)),
        until: None,
        placed_by: "olga".to_owned(),
        placed_at: Timestamp(1),
    }
}

fn round_trips<T: documents::Document + PartialEq + Debug>(document: &T) {
    let text = documents::text(document);
    assert_eq!(&documents::parse::<T>("x", &text).unwrap(), document, "{text}");
}

#[test]
fn they_are_read_as_they_were_written() {
    round_trips(&hold());
    round_trips(&Retention { keep_days: 365 });
    round_trips(&Present(vec![Somebody {
        address: "ann@example.test".to_owned(),
        name: "Ann".to_owned(),
    }]));
    for format in AdapterFormat::ALL {
        assert_eq!(format.as_str().parse(), Ok(*format));
        round_trips(&Adapter {
            add_chat_room_details: true,
            add_user_details: false,
            create_file_attachments_manifest: false,
            directory: "/var/out".to_owned(),
            enabled: true,
            extension: None,
            format: *format,
            interval: 900,
            one_chat_room_per_output_file: false,
            xslt: None,
            zip: true,
        });
    }
}

#[test]
fn a_hold_reads_well() {
    assert_eq!(
        documents::text(&hold()),
        r#"{"from":"2013-05-02T08:00:00.1234560Z","id":"h1","matter":null,"people":["ann@example.test"],"placedAt":"1970-01-01T00:00:00.0000010Z","placedBy":"olga","reason":"a claim","rooms":[17],"until":null}"#
    );
}

#[test]
fn what_is_unknown_missing_or_wrong_is_an_error_that_names_the_document() {
    let good = documents::text(&hold());
    for bad in [
        String::new(),
        good.replace("\"until\":null", "\"until\":null,\"since\":1"),
        good.replace(",\"until\":null", ""),
        good.replace("2013-05-02", "May 2nd"),
        good.replace("ann@example.test", "ann"),
        good.replace("17", "\"17\""),
    ] {
        let error = documents::parse::<Hold>("h1", &bad).unwrap_err();
        assert_eq!(error.fault, StoreFault::Corrupt, "{bad}");
        assert!(
            error.message.starts_with("the hold 'h1' can't be read: "),
            "{error}"
        );
    }
}

#[test]
fn scopes_are_read_as_they_are_printed() {
    let guid = uuid::Uuid::from_u128(7);
    for scope in [Scope::Global, Scope::Category(guid), Scope::Room(RoomId(17))] {
        assert_eq!(scope.to_string().parse(), Ok(scope));
    }
    for bad in ["", "all", "room:", "room:0", "room:-1", "category:x", "global:1"] {
        assert!(bad.parse::<Scope>().is_err(), "{bad}");
    }
}
