//! What the server writes, letter by letter, and that a client reads the same back.

use causerie_xccos::{
    ChatLine, Correlation, Extra, Notice, Reply, ServerDocument, ServerPrimitive,
    blocks::{
        AddIn, Audit, Behavior, FailureBlock, Invitation, ParticipantGroup, Preference, PrincipalType,
        RoomAssociation, RoomBlock, ServerInfo, UserBlock, Visibility,
    },
    chat::grpchat,
    limits::DEFAULT_MAX_DOCUMENT_BYTES,
    names::{ServerInfoReply, code},
    notice,
    reply::{self, InvitationsReply, JoinReply},
};
use insta::assert_snapshot;

const ROOM: &str = "ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9";
const GUID: &str = "a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9";
const TO: Correlation<'_> = Correlation {
    envid: "8811223344556677",
    request_envid: "139132350",
    request_seqid: "2",
};

fn read(document: &str) -> ServerPrimitive {
    let document = ServerDocument::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
    assert_eq!(document.envid, "8811223344556677");
    let [primitive] = document.primitives.try_into().unwrap();
    primitive
}

fn read_reply(document: &str) -> Reply {
    let ServerPrimitive::Reply(reply) = read(document) else {
        panic!("not a reply: {document}")
    };
    assert_eq!((reply.envid.as_str(), reply.seqid.as_str()), ("139132350", "2"));
    *reply
}

fn read_success(document: &str) -> Reply {
    let reply = read_reply(document);
    assert_eq!((reply.code, reply.text.as_str()), (200, "SUCCESS_OK"));
    reply
}

fn line() -> ChatLine<'static> {
    ChatLine {
        chan_uri: ROOM.into(),
        author: "sip:ann@fabrikam.example".into(),
        author_display: Some("Ann".into()),
        chat_id: Some(84),
        ts: "2013-05-02T08:01:00.5210000Z".into(),
        text: "Shift <change> & at 9".into(),
        extra: Extra::alert(),
    }
}

fn user(id: u32, name: &'static str) -> UserBlock<'static> {
    UserBlock {
        id: Some(id),
        ..UserBlock::new(name)
    }
}

fn full_room() -> RoomBlock<'static> {
    RoomBlock {
        uri: ROOM.into(),
        name: Some("Ops \"A\"".into()),
        description: Some("Operations & <co>".into()),
        topic: Some("".into()),
        parent: Some("ma-cat://fabrikam.example/2f0c7f50-1111-4c3e-9d1a-000000000001".into()),
        behavior: Some(Behavior::Auditorium),
        disabled: Some(false),
        file_store_uri: Some("https://fe.fabrikam.example/files".into()),
        keywords: Some("a b".into()),
        add_in: Some(AddIn {
            id: "3".into(),
            name: "Board".into(),
            url: "https://board.fabrikam.example/?a=1&b=2".into(),
        }),
        participants: vec![
            ParticipantGroup {
                mask: 3456,
                users: vec![0, 2],
            },
            ParticipantGroup {
                mask: 11652,
                users: vec![1],
            },
        ],
        audit: Some(Audit {
            updated_by: "sip:bob@fabrikam.example".into(),
            updated_on: "2013-05-02T07:00:00Z".into(),
            created_by: "sip:ann@fabrikam.example".into(),
            created_on: "2013-05-01T07:00:00Z".into(),
        }),
        user_count: Some(3),
        visibility: Some(Visibility::Secret),
        file_post: Some(false),
        invite: Some(false),
        logged: Some(true),
        ..RoomBlock::default()
    }
}

#[test]
fn requri() {
    let document = reply::request_uri(&TO, "sip:GC-1-PersistentChatService-1@fabrikam.example");
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:requri" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data><uib uri="sip:GC-1-PersistentChatService-1@fabrikam.example"/></data></rpl></xccos>"#);
    let reply = read_success(&document);
    assert_eq!(reply.name, "requri");
    assert_eq!(
        reply.data.users,
        [UserBlock::new(
            "sip:GC-1-PersistentChatService-1@fabrikam.example"
        )]
    );
}

#[test]
fn getserverinfo() {
    let info = ServerInfo {
        info_type: "123".into(),
        server_time: "2013-05-02T08:00:00.1234567Z".into(),
        search_limit: 999,
        message_size_limit: 512,
        story_size_limit: 4096,
        root_uri: "ma-cat://fabrikam.example/2f0c7f50-1111-4c3e-9d1a-000000000001".into(),
        db_version: "7d2b0a3e-2222-4e55-8a77-000000000002".into(),
        display_name: None,
        room_management_url: None,
    };
    let document = reply::server_info(&TO, ServerInfoReply::Trace, &info);
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:getservinfo" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data><sib infoType="123" serverTime="2013-05-02T08:00:00.1234567Z" searchLimit="999" messageSizeLimit="512" storySizeLimit="4096" rootUri="ma-cat://fabrikam.example/2f0c7f50-1111-4c3e-9d1a-000000000001" dbVersion="7d2b0a3e-2222-4e55-8a77-000000000002"/></data></rpl></xccos>"#);
    let reply = read_success(&document);
    assert_eq!(reply.name, "getservinfo");
    assert_eq!(reply.data.server_info, Some(info.clone()));

    let info = ServerInfo {
        display_name: Some("Pool <1>".into()),
        room_management_url: Some("https://fe.fabrikam.example/PersistentChat/RM".into()),
        ..info
    };
    let reply = read_success(&reply::server_info(&TO, ServerInfoReply::Prose, &info));
    assert_eq!(reply.name, "getserverinfo");
    assert_eq!(reply.data.server_info, Some(info));
}

#[test]
fn join() {
    let joined = JoinReply {
        users: vec![
            user(0, "sip:ann@fabrikam.example"),
            user(1, "sip:bob@fabrikam.example"),
        ],
        rooms: vec![RoomBlock {
            name: Some("Ops".into()),
            description: Some("Operations".into()),
            topic: Some("".into()),
            participants: vec![
                ParticipantGroup {
                    mask: 3456,
                    users: vec![0],
                },
                ParticipantGroup {
                    mask: 11652,
                    users: vec![1],
                },
            ],
            user_count: Some(2),
            logged: Some(true),
            ..RoomBlock::new(ROOM)
        }],
        failures: vec![],
    };
    let document = reply::join(&TO, &joined);
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:join" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data><uib id="0" uri="sip:ann@fabrikam.example"/><uib id="1" uri="sip:bob@fabrikam.example"/><chanib uri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" name="Ops" description="Operations" topic=""><aib key="3456" value="0"/><aib key="11652" value="1"/><info id="urn:parlano:ma:info:ucnt">2</info><prop id="urn:parlano:ma:prop:logged">True</prop></chanib></data></rpl></xccos>"#);
    let reply = read_success(&document);
    assert_eq!(
        (reply.name.as_str(), reply.data.users, reply.data.rooms),
        ("join", joined.users, joined.rooms)
    );
}

#[test]
fn bjoin() {
    let users = vec![UserBlock {
        id: Some(0),
        uri: "sip:ann@fabrikam.example".into(),
        guid: Some("0b1f2c3d-3333-4444-8555-000000000003".into()),
        principal_type: Some(PrincipalType::User),
        name: Some("ann".into()),
        display_name: Some("Ann O'Neil".into()),
        disabled: Some(false),
        associations: vec![],
    }];
    let failures = vec![FailureBlock::operation_failed(
        "fabrikam.example",
        "b2f10000-0b1d-4c3e-9d1a-3f0c14e4aae9",
    )];
    let joined = JoinReply {
        users,
        rooms: vec![full_room()],
        failures,
    };
    let document = reply::batch_join(&TO, &joined);
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:bjoin" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data><uib id="0" uri="sip:ann@fabrikam.example" guid="0b1f2c3d-3333-4444-8555-000000000003" type="5" uname="ann" dispname="Ann O'Neil" disabled="false"/><chanib uri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" name="Ops &quot;A&quot;" description="Operations &amp; &lt;co&gt;" topic="" parent="ma-cat://fabrikam.example/2f0c7f50-1111-4c3e-9d1a-000000000001" behavior="AUDITORIUM" disabled="false" filestoreuri="https://fe.fabrikam.example/files" keywords="a b" siopid="3" siopname="Board" siopurl="https://board.fabrikam.example/?a=1&amp;b=2"><aib key="3456" value="0,2"/><aib key="11652" value="1"/><audit updatedby="sip:bob@fabrikam.example" updatedon="2013-05-02T07:00:00Z" createdby="sip:ann@fabrikam.example" createdon="2013-05-01T07:00:00Z"/><info id="urn:parlano:ma:info:ucnt">3</info><info id="urn:parlano:ma:info:visibilty">PRIVATE</info><info id="urn:parlano:ma:info:visibility">PRIVATE</info><info id="urn:parlano:ma:info:filestoreuri">https://fe.fabrikam.example/files</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">False</prop><prop id="urn:parlano:ma:prop:logged">True</prop></chanib><fib key="OPERATION_FAILED" value="b2f10000-0b1d-4c3e-9d1a-3f0c14e4aae9" domain="fabrikam.example"/></data></rpl></xccos>"#);
    let reply = read_success(&document);
    assert_eq!(reply.name, "bjoin");
    assert_eq!((reply.data.users, reply.data.rooms), (joined.users, joined.rooms));
    assert_eq!(reply.data.failures, joined.failures);
}

#[test]
fn part() {
    let document = reply::part(&TO, ROOM);
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:part" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/></data></rpl></xccos>"#);
    let reply = read_success(&document);
    assert_eq!(
        (reply.name.as_str(), reply.data.rooms),
        ("part", vec![RoomBlock::new(ROOM)])
    );
}

#[test]
fn chansrch() {
    let room = RoomBlock {
        name: Some("Ops".into()),
        description: Some("Operations".into()),
        user_count: Some(2),
        visibility: Some(Visibility::Closed),
        file_post: Some(true),
        invite: Some(false),
        logged: Some(true),
        ..RoomBlock::new(ROOM)
    };
    let document = reply::channel_search(&TO, std::slice::from_ref(&room));
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:chansrch" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" name="Ops" description="Operations"><info id="urn:parlano:ma:info:ucnt">2</info><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info><prop id="urn:parlano:ma:prop:filepost">True</prop><prop id="urn:parlano:ma:prop:invite">False</prop><prop id="urn:parlano:ma:prop:logged">True</prop></chanib></data></rpl></xccos>"#);
    assert_eq!(read_success(&document).data.rooms, [room]);
    assert_snapshot!(reply::channel_search(&TO, &[]), @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:chansrch" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data/></rpl></xccos>"#);
}

#[test]
fn bccontext() {
    let room = RoomBlock {
        name: Some("Ops".into()),
        messages: vec![line()],
        ..RoomBlock::new(ROOM)
    };
    let document = reply::backchat(&TO, std::slice::from_ref(&room));
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:bccontext" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" name="Ops"><msg id="grpchat" chanUri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" author="sip:ann@fabrikam.example" authdisp="Ann" chatId="84" ts="2013-05-02T08:01:00.5210000Z" alert="true"><chat>Shift &lt;change&gt; &amp; at 9</chat></msg></chanib></data></rpl></xccos>"#);
    assert_eq!(read_success(&document).data.rooms, [room]);
}

#[test]
fn getinv() {
    let number = Invitation {
        invite_id: 7,
        domain: "fabrikam.example".into(),
        created_on: None,
    };
    let invitation = Invitation {
        created_on: Some("2013-05-02T07:00:00Z".into()),
        ..number.clone()
    };
    let room = RoomBlock {
        name: Some("Ops".into()),
        invitation: Some(invitation),
        ..RoomBlock::new(ROOM)
    };
    let invitations = InvitationsReply {
        last: Some(number),
        rooms: vec![room],
    };
    let document = reply::invitations(&TO, &invitations);
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:getinv" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data><inv inviteId="7" domain="fabrikam.example"/><chanib uri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" name="Ops"><inv inviteId="7" domain="fabrikam.example" createdon="2013-05-02T07:00:00Z"/></chanib></data></rpl></xccos>"#);
    let reply = read_success(&document);
    assert_eq!(
        (reply.data.invitation, reply.data.rooms),
        (invitations.last, invitations.rooms)
    );
    assert_snapshot!(reply::invitations(&TO, &InvitationsReply::default()), @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:getinv" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data/></rpl></xccos>"#);
}

#[test]
fn preferences() {
    let preference = Preference {
        label: "kedzie.GroupChannels".into(),
        seqid: 72,
        create_default: true,
        content: Some("QUJD".into()),
    };
    let document = reply::get_preference(&TO, Some(&preference));
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:getpref" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data><pref label="kedzie.GroupChannels" seqid="72" createdefault="true" content="QUJD"/></data></rpl></xccos>"#);
    assert_eq!(
        read_success(&document).data.preference.as_ref(),
        Some(&preference)
    );
    assert_eq!(
        read_success(&reply::get_preference(&TO, None)).data.preference,
        None
    );

    let preference = Preference {
        content: None,
        create_default: false,
        ..preference
    };
    let document = reply::set_preference(&TO, &preference);
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:setpref" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="200">SUCCESS_OK</resp><data><pref label="kedzie.GroupChannels" seqid="72" createdefault="false"/></data></rpl></xccos>"#);
    assert_eq!(read_success(&document).data.preference, Some(preference));
}

#[test]
fn failures() {
    let document = reply::error(
        "join",
        &TO,
        code::PERMISSION.number,
        "You aren't a member of <Ops> & may not join",
    );
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:join" seqid="1"><commandid seqid="2" envid="139132350"/><resp code="403">You aren't a member of &lt;Ops&gt; &amp; may not join</resp><data/></rpl></xccos>"#);
    let reply = read_reply(&document);
    assert_eq!((reply.name.as_str(), reply.code), ("join", 403));
    assert_eq!(reply.text, "You aren't a member of <Ops> & may not join");
}

#[test]
fn what_a_client_sent_is_echoed_as_text() {
    let to = Correlation {
        request_envid: "00\"<7>",
        request_seqid: "",
        ..TO
    };
    assert_snapshot!(reply::error("a\"><b", &to, 501, "no"), @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><rpl id="rpl:a&quot;&gt;&lt;b" seqid="1"><commandid seqid="" envid="00&quot;&lt;7&gt;"/><resp code="501">no</resp><data/></rpl></xccos>"#);
}

#[test]
fn a_live_line() {
    let document = grpchat("8811223344556677", &line());
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><grpchat id="grpchat" seqid="1" chanUri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" author="sip:ann@fabrikam.example" authdisp="Ann" chatId="84" ts="2013-05-02T08:01:00.5210000Z" alert="true"><chat>Shift &lt;change&gt; &amp; at 9</chat></grpchat></xccos>"#);
    assert_eq!(read(&document), ServerPrimitive::Chat(line()));
}

#[test]
fn join_notices() {
    let association = RoomAssociation {
        mask: 3456,
        domain: "fabrikam.example".into(),
        guid: GUID.into(),
    };
    let mut cat = UserBlock {
        associations: vec![association.clone()],
        ..UserBlock::new("sip:cat@fabrikam.example")
    };
    let document = notice::join("8811223344556677", &cat);
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><ntc id="ntc:join" seqid="1"><data><uib uri="sip:cat@fabrikam.example"><aib key="3456" domain="fabrikam.example" value="a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/></uib></data></ntc></xccos>"#);
    assert_eq!(
        read(&document),
        ServerPrimitive::Notice(Notice::Join(vec![cat.clone()]))
    );

    cat.associations.push(RoomAssociation {
        mask: 11652,
        ..association
    });
    let document = notice::join("8811223344556677", &cat);
    assert!(
        document.contains(r#"<ntc id="ntc:bjoin" seqid="1">"#),
        "{document}"
    );
    assert_eq!(read(&document), ServerPrimitive::Notice(Notice::Join(vec![cat])));
}

#[test]
fn part_notice() {
    let cat = UserBlock::new("sip:cat@fabrikam.example");
    let document = notice::part("8811223344556677", ROOM, &cat);
    assert_snapshot!(document, @r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="8811223344556677"><ntc id="ntc:part" seqid="1"><data><chanib uri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"><uib uri="sip:cat@fabrikam.example"/></chanib></data></ntc></xccos>"#);
    let room = RoomBlock {
        users: vec![cat],
        ..RoomBlock::new(ROOM)
    };
    assert_eq!(read(&document), ServerPrimitive::Notice(Notice::Part(vec![room])));
}

#[test]
fn other_servers_are_understood() {
    let document = concat!(
        r#"<xccos ver="1.0" envid="8811223344556677" xmlns="urn:parlano:xml:ns:xccos">"#,
        r#"<ntc id="ntc:later" seqid="1"><data/></ntc><rpl id="RPL:chansrch"><data><chanib uri="u" behavior="normal">"#,
        r#"<info id="urn:parlano:ma:info:visibilty">scope</info>"#,
        r#"<prop id="urn:parlano:ma:prop:logged">true</prop></chanib></data></rpl></xccos>"#,
    );
    let document = ServerDocument::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
    let [ServerPrimitive::Notice(notice), ServerPrimitive::Reply(reply)] = document.primitives.as_slice()
    else {
        panic!("{document:?}")
    };
    assert_eq!(
        *notice,
        Notice::Unknown {
            name: "later".to_owned()
        }
    );
    assert_eq!(
        (reply.name.as_str(), reply.code, reply.envid.as_str()),
        ("chansrch", 500, "")
    );
    let room = RoomBlock {
        behavior: Some(Behavior::Normal),
        visibility: Some(Visibility::Closed),
        logged: Some(true),
        ..RoomBlock::new("u")
    };
    assert_eq!(reply.data.rooms, [room]);
}

#[test]
fn a_server_document_that_lacks_something_is_refused() {
    let document =
        r#"<xccos xmlns="urn:parlano:xml:ns:xccos"><ntc id="ntc:part"><data><chanib/></data></ntc></xccos>"#;
    let error = ServerDocument::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap_err();
    assert_snapshot!(error, @r"'chanib' has no attribute 'uri'");
}
