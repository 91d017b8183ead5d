//! What must hold for any input.
use bytes::{Bytes, BytesMut};
use causerie_sip::headers::{AuthParams, CSeq, Contacts, ContentType, Event, NameAddr, Via, unescape_quoted};
use causerie_sip::{
    Frame, FrameError, Framer, Header, Limits, Message, Outgoing, Uri, check_request, check_response,
};
use proptest::prelude::*;

use crate::common::{RULES, frames};
use crate::draft::Draft;

/// Reads everything that can be read of a message; the point is that nothing panics.
pub(crate) fn read_all(bytes: Bytes) {
    let message = match Message::parse(bytes) {
        Ok(message) => message,
        Err(error) => {
            if let Some(response) = error.response(Some("t")) {
                assert!(Message::parse(response.to_bytes()).is_ok());
            }
            return;
        }
    };
    let _ = message.signature_fields();
    let headers = message.headers();
    for name in [
        Header::From,
        Header::To,
        Header::Contact,
        Header::Route,
        Header::RecordRoute,
    ] {
        for address in NameAddr::parse_all(headers, name).unwrap_or_default() {
            let _ = (
                address.display(),
                unescape_quoted(address.display()),
                address.tag(),
                address.sip_instance(),
            );
            let _ = (
                address.uri.user_at_host(),
                address.uri.equivalent(&address.uri),
                address.params.iter().count(),
            );
        }
    }
    let _ = (Via::parse_all(headers), Contacts::of(headers));
    for name in [Header::Authorization, Header::ProxyAuthorization] {
        if let Some(credentials) = headers
            .text(name)
            .and_then(|value| AuthParams::parse(name, value).ok())
        {
            let _ = (credentials.scheme(), credentials.iter().count());
        }
    }
    match &message {
        Message::Request(request) => match check_request(request, &RULES) {
            Ok(checked) => {
                let answer = Message::parse(checked.response(200, Some("t")).to_bytes());
                assert!(answer.is_ok());
                let forwarded =
                    Outgoing::forward_request(request, "sip:a@b", "SIP/2.0/TLS h;branch=z9hG4bKx", &[]);
                assert!(Message::parse(forwarded.to_bytes()).is_ok());
            }
            Err(rejection) => drop(rejection.response(request, Some("t"))),
        },
        Message::Response(response) => {
            let _ = check_response(response);
            if let Ok(forwarded) = Outgoing::forward_response(response, &[]) {
                assert!(Message::parse(forwarded.to_bytes()).is_ok());
            }
        }
    }
}

/// Good requests of many shapes.
pub(crate) fn good() -> impl Strategy<Value = Vec<u8>> {
    let header = ("X-[A-Za-z0-9-]{1,12}", "[ -~é高]{0,40}");
    let body = prop::collection::vec(any::<u8>(), 0..200);
    let method = prop::sample::select(vec!["INFO", "INVITE", "SUBSCRIBE", "REGISTER", "x-OWN", "ACK"]);
    (method, prop::collection::vec(header, 0..5), body, any::<bool>()).prop_map(
        |(method, headers, body, fold)| {
            let mut draft = Draft::new(&format!("{method} sip:room@chat.test;x=y SIP/2.0"))
                .and(
                    "Contact",
                    "\"I, nes\" <sip:ines@pc7.lab.test;gruu>;+sip.instance=\"<urn:uuid:1>\"",
                )
                .and(
                    "Authorization",
                    "NTLM qop=\"auth\", opaque=\"1\", gssapi-data=\"\", version=4",
                )
                .and("Supported", if fold { "a,\r\n b" } else { "a, b" });
            for (name, value) in &headers {
                draft = draft.and(name, value);
            }
            draft.body("application/sdp", &body).bytes()
        },
    )
}

fn cut_at(stream: &[u8], cuts: &[usize]) -> Result<Vec<Frame>, FrameError> {
    let mut framer = Framer::new(Limits::default());
    let mut buffer = BytesMut::new();
    let mut found = Vec::new();
    let mut rest = stream;
    for length in cuts.iter().copied().chain([usize::MAX]) {
        let (piece, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        buffer.extend_from_slice(piece);
        while let Some(frame) = framer.next(&mut buffer)? {
            found.push(frame);
        }
    }
    Ok(found)
}

fn printed(message: &Message) -> Vec<u8> {
    let mut out = match message {
        Message::Request(request) => format!("{} {} SIP/2.0\r\n", request.method(), request.uri()),
        Message::Response(response) => format!("SIP/2.0 {} {}\r\n", response.status(), response.reason()),
    };
    for field in message.headers().iter() {
        out.push_str(&format!("{}: {}\r\n", field.name, field.value));
    }
    [out.as_bytes(), b"\r\n", message.body()].concat()
}

fn essence(message: &Message) -> (String, Vec<(String, String)>, Bytes) {
    let start = match message {
        Message::Request(request) => format!("{} {}", request.method(), request.uri()),
        Message::Response(response) => format!("{} {}", response.status(), response.reason()),
    };
    let fields = message
        .headers()
        .iter()
        .map(|field| (field.name.to_owned(), field.value.to_owned()))
        .collect();
    (start, fields, message.body().clone())
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same_frames(
        messages in prop::collection::vec(prop_oneof![good(), Just(b"\r\n".to_vec()), Just(b"\r\n\r\n".to_vec()), Just(b"\r".to_vec())], 0..5),
        cuts in prop::collection::vec(0_usize..60, 0..80),
    ) {
        let stream = messages.concat();
        let whole = frames(&stream);
        prop_assert_eq!(&cut_at(&stream, &cuts), &whole);
        prop_assert_eq!(cut_at(&stream, &vec![1; stream.len()]), whole);
    }

    #[test]
    fn any_split_of_rubbish_gives_the_same_frames(
        stream in "[a-c:\r\n 0-9]{0,200}|(l: [0-9]{1,2}\r\n|x\r\n|\r\n){0,12}",
        cuts in prop::collection::vec(0_usize..9, 0..40),
    ) {
        prop_assert_eq!(cut_at(stream.as_bytes(), &cuts), frames(stream.as_bytes()));
    }

    #[test]
    fn parsing_what_was_parsed_and_printed_changes_nothing(bytes in good()) {
        let message = Message::parse(Bytes::from(bytes)).unwrap();
        let again = Message::parse(Bytes::from(printed(&message))).unwrap();
        prop_assert_eq!(essence(&again), essence(&message));
    }

    #[test]
    fn anything_can_be_parsed_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(Bytes::from(bytes));
    }

    #[test]
    fn any_header_value_can_be_read_without_panic(value in "\\PC{0,60}|[ -~\\t]{0,60}|[<>\";,=:@%\\[\\]a1\\\\ ]{0,40}") {
        let value = value.as_str();
        for header in [Header::From, Header::Contact] {
            if let Ok(address) = NameAddr::parse(header, value) {
                prop_assert_eq!(address.as_str(), value.trim_matches([' ', '\t']));
                let _ = (address.display(), address.tag(), address.params.iter().count());
            }
        }
        let _ = (CSeq::parse(value), ContentType::parse(value), ContentType::parse_list(value), Event::parse(value));
        let _ = (AuthParams::parse(Header::Authorization, value), unescape_quoted(value));
        let out = Outgoing::request(&causerie_sip::Method::Info, value).header("X-Any", value).header(value, value);
        let text = out.to_bytes();
        prop_assert!(text.windows(4).filter(|window| window == b"\r\n\r\n").count() == 1);
    }

    #[test]
    fn a_uri_is_equal_to_itself_and_printed_as_it_came(
        text in "(sips?|tel|x):[a-z%0-9@;=?:.\\[\\]]{0,40}|sip:([a-z;?]|%[0-9a-f]{2}){1,9}(:[a-z]{0,4})?@[a-z]{1,9}(:[0-9]{1,5})?(;[a-z]{1,9}=[a-z]{0,3}){0,3}",
    ) {
        if let Ok(uri) = Uri::parse(text.as_str()) {
            prop_assert_eq!(uri.to_string(), text);
            prop_assert!(uri.equivalent(&uri.clone()));
            let _ = (uri.user_octets(), uri.password(), uri.host(), uri.port(), uri.params().count(), uri.headers());
            if let Some(address) = uri.user_at_host() {
                prop_assert_eq!(address.matches('@').count(), 1);
            }
        }
    }
}
