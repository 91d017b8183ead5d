//! Sign-ins recorded with pidgin-sipe 1.25, password `secret1`: every signature of both sides.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use causerie_sipauth::ntlm::client::{Login, authenticate};
use causerie_sipauth::ntlm::{Authenticate, Challenge, Direction, NtlmError, accept};
use causerie_sipauth::{
    AssociationNames, AuthenticationInfo, Challenge401, Credentials, Identity, MessageFields, NtHash, Role,
    SecurityAssociation, SignatureFields, SignatureVersion, VerifyError,
};

use crate::support::{NOW, REALM, target};

const AUTHENTICATE: &str = "TlRMTVNTUAADAAAAGAAYAHAAAACgAKAAiAAAAAAAAABIAAAAJAAkAEgAAAAEAAQAbAAAABAAEAAoAQAAVYKYYgUBKAoAAAAPYQBsAGkAYwBlAEAAZQB4AGEAbQBwAGwAZQAuAHQAZQBzAHQAVgBNAMu7zaEU5fgI52zgqaaO/CodoJk1hvhTFmnF5zS73/ElDJ+djMFIOZkBAQAAAAAAAOAZ74XZet0BHaCZNYb4UxYAAAAAAgAOAEUAWABBAE0AUABMAEUAAQAIAE0ATwBDAEsABAAYAGUAeABhAG0AcABsAGUALgB0AGUAcwB0AAMAIgBtAG8AYwBrAC4AZQB4AGEAbQBwAGwAZQAuAHQAZQBzAHQABwAIAOAZ74XZet0BAAAAAAAAAACes8qJJhpROSmoD8qlDLyG";
const TIME: u64 = 134_398_638_564_514_272;
const NONCE: [u8; 8] = 0x2cbc_7b24_7021_98f1_u64.to_be_bytes();

/// The REGISTER of the first recording and its 200.
fn vector_fields(response: bool) -> MessageFields<'static> {
    MessageFields {
        call_id: "53E9g5918a7F03i32AEmBFADt5F9Cb00E7x0E8Cx",
        cseq: "3",
        method: "REGISTER",
        from_uri: "sip:alice@example.test",
        from_tag: "6205364705",
        to_uri: "sip:alice@example.test",
        to_tag: if response { "f5d684adbb" } else { "" },
        expires: if response { "7200" } else { "" },
        status: response.then_some(200),
        ..MessageFields::default()
    }
}

fn signed(rand: &str, response: bool) -> Vec<u8> {
    let mut out = Vec::new();
    SignatureFields {
        scheme: "NTLM",
        rand,
        num: "1",
        realm: REALM,
        targetname: "mock.example.test",
        message: vector_fields(response),
    }
    .write(SignatureVersion::V4, &mut out);
    out
}

#[test]
fn recorded_answer_gives_both_recorded_signatures() {
    let answer = Authenticate::parse(&BASE64_STANDARD.decode(AUTHENTICATE).unwrap()).unwrap();
    assert_eq!(answer.identity(), Identity::Upn("alice@example.test".into()));
    assert_eq!(answer.workstation(), "VM");
    assert_eq!(answer.flags(), 0x6298_8255);
    let challenge = Challenge::connectionless(NONCE, &target(), Some(TIME)).unwrap();
    let hash = NtHash::of_password("secret1");
    let keys = accept(&challenge, &answer, &hash, None, 0).unwrap();

    let client = signed("d3ec2875", false);
    assert_eq!(
        String::from_utf8_lossy(&client),
        "<NTLM><d3ec2875><1><SIP Communications Service><mock.example.test>\
         <53E9g5918a7F03i32AEmBFADt5F9Cb00E7x0E8Cx><3><REGISTER><sip:alice@example.test>\
         <6205364705><sip:alice@example.test><><><><>"
    );
    assert_eq!(
        hex::encode_upper(keys.sign(Direction::ClientToServer, &client)),
        "010000007ABB32541E445CEC64000000"
    );
    assert_eq!(
        hex::encode_upper(keys.sign(Direction::ServerToClient, &signed("F3D0402B", true))),
        "010000006B685F07CE898B7A64000000"
    );

    let other = NtHash::of_password("secret2");
    let refused = accept(&challenge, &answer, &other, None, 0);
    assert_eq!(refused.unwrap_err(), NtlmError::BadProof);
}

#[test]
fn our_client_gives_the_recorded_answer() {
    let challenge = Challenge::connectionless(NONCE, &target(), Some(TIME)).unwrap();
    let login = Login {
        user: "alice@example.test",
        domain: "",
        nt_hash: &NtHash::of_password("secret1"),
        workstation: "VM",
        client_challenge: 0x1da0_9935_86f8_5316_u64.to_be_bytes(),
        random_session_key: 0x4cf4_760d_22cf_36d6_cbec_7063_4eb9_fec9_u128.to_be_bytes(),
        now_filetime: 0,
    };
    let (answer, _) = authenticate(&login, &[], challenge.encode()).unwrap();
    assert_eq!(BASE64_STANDARD.encode(answer), AUTHENTICATE);
}

/// One message of the recording: start line and the headers that matter here.
struct Recorded<'a> {
    from_client: bool,
    start_line: &'a str,
    headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Recorded<'a> {
    fn all() -> Vec<Recorded<'static>> {
        include_str!("../data/sign_in.txt")
            .split("\n\n")
            .map(|text| {
                let mut lines = text.lines();
                Recorded {
                    from_client: lines.next() == Some("# client"),
                    start_line: lines.next().unwrap(),
                    headers: lines.map(|line| line.split_once(": ").unwrap()).collect(),
                }
            })
            .collect()
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        let mut found = self.headers.iter().filter(|(known, _)| *known == name);
        found.next().map(|(_, value)| *value)
    }

    fn fields(&self) -> MessageFields<'a> {
        let uri = |name| {
            let (_, rest) = self.header(name).unwrap().split_once('<').unwrap();
            rest.split_once('>').unwrap().0
        };
        let tag = |name| {
            let parts = self.header(name).unwrap().split_once(";tag=");
            parts.map_or("", |(_, tag)| tag.split(';').next().unwrap())
        };
        let (cseq, method) = self.header("CSeq").unwrap().split_once(' ').unwrap();
        let status = self.start_line.strip_prefix("SIP/2.0 ");
        MessageFields {
            call_id: self.header("Call-ID").unwrap(),
            cseq,
            method,
            from_uri: uri("From"),
            from_tag: tag("From"),
            to_uri: uri("To"),
            to_tag: tag("To"),
            expires: self.header("Expires").unwrap_or_default(),
            status: status.map(|rest| rest[..3].parse().unwrap()),
            ..MessageFields::default()
        }
    }
}

/// The server's association as it is when the third REGISTER of the recording has arrived.
fn recorded_association(messages: &[Recorded<'_>]) -> SecurityAssociation {
    let mut challenges = messages.iter().filter_map(|m| m.header("WWW-Authenticate"));
    let first = challenges.next().unwrap();
    let second = Challenge401::parse(challenges.next().unwrap()).unwrap();
    assert_eq!(Challenge401::parse(first).unwrap().to_value(), first);

    let sent = second.gssapi_data.as_deref().unwrap();
    let nonce = sent[24..32].try_into().unwrap();
    let time = u64::from_le_bytes(sent[sent.len() - 12..sent.len() - 4].try_into().unwrap());
    let challenge = Challenge::connectionless(nonce, &target(), Some(time)).unwrap();
    assert_eq!(challenge.encode(), sent, "our challenge is the recorded one");

    let mut answers = messages.iter().filter_map(|m| m.header("Authorization"));
    let ask = Credentials::parse(answers.next().unwrap()).unwrap();
    assert_eq!(ask.gssapi_data.as_deref(), Some(&[][..]));
    let answer = Credentials::parse(answers.next().unwrap()).unwrap();
    assert_eq!(answer.version, Some(4));
    let authenticate = Authenticate::parse(&answer.gssapi_data.unwrap()).unwrap();
    let hash = NtHash::of_password("secret1");
    let keys = accept(&challenge, &authenticate, &hash, None, 0).unwrap();
    let names = AssociationNames {
        realm: &second.realm,
        targetname: &second.targetname,
        opaque: second.opaque.as_deref().unwrap(),
    };
    SecurityAssociation::new(keys, Role::Server, SignatureVersion::V4, names, NOW)
}

#[test]
fn whole_recorded_session_verifies_and_is_reproduced() {
    let messages = Recorded::all();
    let mut server = recorded_association(&messages);
    let mut verified = Vec::new();
    let mut reproduced = 0;
    for message in &messages {
        let fields = message.fields();
        if let Some(value) = message.header("Authorization") {
            let credentials = Credentials::parse(value).unwrap();
            let Some(signature) = credentials.signature() else {
                continue;
            };
            assert!(message.from_client);
            let result = server.verify_incoming(&signature, &fields, NOW);
            assert_eq!(result, Ok(()), "{}", message.start_line);
            let again = server.verify_incoming(&signature, &fields, NOW);
            assert_eq!(again, Err(VerifyError::Replay));
            verified.push((fields.method, fields.expires, fields.status));
        }
        if let Some(value) = message.header("Authentication-Info") {
            let info = AuthenticationInfo::parse(value).unwrap();
            let srand = u32::from_str_radix(&info.srand.unwrap(), 16).unwrap();
            assert_eq!(server.sign_outgoing(&fields, srand), value);
            reproduced += 1;
        }
    }
    assert_eq!((verified.len(), reproduced), (29, 27));
    for kind in [
        ("SUBSCRIBE", "0", None),
        ("ACK", "", None),
        ("INFO", "", Some(200)),
    ] {
        assert!(verified.contains(&kind), "{kind:?} is not in the recording");
    }
}

#[test]
fn recorded_message_with_a_changed_signed_field_is_refused() {
    let messages = Recorded::all();
    let subscribe = messages
        .iter()
        .find(|m| m.from_client && m.header("Expires") == Some("0"))
        .unwrap();
    let value = subscribe.header("Authorization").unwrap();
    let credentials = Credentials::parse(value).unwrap();
    let signature = credentials.signature().unwrap();
    let mut server = recorded_association(&messages);
    let changed = MessageFields {
        expires: "1",
        ..subscribe.fields()
    };
    let result = server.verify_incoming(&signature, &changed, NOW);
    assert_eq!(result, Err(VerifyError::BadSignature));
    // Contact, Via and body are not part of the fields, so nothing else could be changed here.
    assert_eq!(
        server.verify_incoming(&signature, &subscribe.fields(), NOW),
        Ok(())
    );
}
