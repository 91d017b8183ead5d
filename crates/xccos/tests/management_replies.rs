//! What the server writes to searches and management, and notices of changes, letter by letter; a client reads it back.

use causerie_xccos::{
    ChatLine, Correlation, Extra, Notice, ReplyData, ServerDocument, ServerPrimitive,
    blocks::{
        AddIn, Audit, CategoryBlock, FileToken, Invitation, ParticipantGroup, PrincipalType, RoomAssociation,
        RoomBlock, UserBlock, Visibility,
    },
    limits::DEFAULT_MAX_DOCUMENT_BYTES,
    notice,
    reply::{self, InvitationsReply, JoinReply, PrincipalsReply},
};
use insta::assert_snapshot;

const ROOM: &str = "ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9";
const CATEGORY: &str = "ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001";
const GUID: &str = "a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9";
const TO: Correlation<'_> = Correlation {
    envid: "7",
    request_envid: "5",
    request_seqid: "2",
};

fn read(document: &str) -> ServerPrimitive {
    let document = ServerDocument::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
    let [primitive] = document.primitives.try_into().unwrap();
    primitive
}

fn read_notice(document: &str) -> Notice {
    match read(document) {
        ServerPrimitive::Notice(notice) => notice,
        other => panic!("{other:?}"),
    }
}

/// The content of the envelope, after a look at what a client reads.
fn checked(document: &str, expected: &ReplyData) -> String {
    let ServerPrimitive::Reply(reply) = read(document) else {
        panic!("not a reply: {document}")
    };
    assert_eq!(
        (reply.envid.as_str(), reply.seqid.as_str(), reply.code),
        ("5", "2", 200)
    );
    assert_eq!(reply.data, *expected);
    content(document)
}

fn content(document: &str) -> String {
    let (_, content) = document.split_once(r#"envid="7">"#).unwrap();
    content.strip_suffix("</xccos>").unwrap().to_owned()
}

fn room() -> RoomBlock<'static> {
    RoomBlock {
        name: Some("Ops".into()),
        parent: Some(CATEGORY.into()),
        visibility: Some(Visibility::Closed),
        ..RoomBlock::new(ROOM)
    }
}

fn audit() -> Audit<'static> {
    Audit {
        updated_by: "sip:bob@d.example".into(),
        updated_on: "2013-05-02T07:00:00Z".into(),
        created_by: "sip:ann@d.example".into(),
        created_on: "2013-05-01T07:00:00Z".into(),
    }
}

fn principal(uri: &'static str, kind: PrincipalType) -> UserBlock<'static> {
    UserBlock {
        principal_type: Some(kind),
        display_name: Some("Ops <all>".into()),
        ..UserBlock::new(uri)
    }
}

fn with_association() -> UserBlock<'static> {
    UserBlock {
        associations: vec![RoomAssociation {
            mask: 15748,
            domain: "d.example".into(),
            guid: GUID.into(),
        }],
        ..UserBlock::new("sip:cat@d.example")
    }
}

#[test]
fn getassociations() {
    let rooms = [room()];
    let document = reply::rooms("getassociations", &TO, &rooms);
    let expected = ReplyData {
        rooms: rooms.to_vec(),
        ..ReplyData::default()
    };
    assert_snapshot!(checked(&document, &expected), @r#"<rpl id="rpl:getassociations" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" name="Ops" parent="ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001"><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info></chanib></data></rpl>"#);
}

#[test]
fn nodespermcreatechild() {
    let categories = [CategoryBlock {
        uri: CATEGORY.into(),
        name: Some("Trade".into()),
        description: Some("".into()),
        invite: Some(true),
    }];
    let document = reply::categories_to_create_in(&TO, &categories);
    let expected = ReplyData {
        categories: categories.to_vec(),
        ..ReplyData::default()
    };
    assert_snapshot!(checked(&document, &expected), @r#"<rpl id="rpl:nodespermcreatechild" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001" name="Trade" description=""><prop id="urn:parlano:ma:prop:invite">True</prop></chanib></data></rpl>"#);
    assert_snapshot!(checked(&reply::categories_to_create_in(&TO, &[]), &ReplyData::default()), @r#"<rpl id="rpl:nodespermcreatechild" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data/></rpl>"#);
}

#[test]
fn a_search_of_history() {
    let line = ChatLine {
        chan_uri: ROOM.into(),
        author: "sip:ann@d.example".into(),
        chat_id: Some(84),
        ts: "2013-05-02T08:01:00.5210000Z".into(),
        text: "Shift".into(),
        extra: Extra::NONE,
        ..ChatLine::default()
    };
    let rooms = [
        RoomBlock {
            messages: vec![line],
            matches: Some(1200),
            limit_exceeded: Some(true),
            ..RoomBlock::new(ROOM)
        },
        RoomBlock {
            matches: Some(0),
            limit_exceeded: Some(false),
            ..RoomBlock::new("ma-chan://d.example/other")
        },
    ];
    let document = reply::rooms("bcbydate", &TO, &rooms);
    let expected = ReplyData {
        rooms: rooms.to_vec(),
        ..ReplyData::default()
    };
    assert_snapshot!(checked(&document, &expected), @r#"<rpl id="rpl:bcbydate" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"><info id="urn:parlano:ma:info:matches">1200</info><prop id="urn:parlano:ma:prop:limitexceeded">True</prop><msg id="grpchat" chanUri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" author="sip:ann@d.example" chatId="84" ts="2013-05-02T08:01:00.5210000Z"><chat>Shift</chat></msg></chanib><chanib uri="ma-chan://d.example/other"><info id="urn:parlano:ma:info:matches">0</info><prop id="urn:parlano:ma:prop:limitexceeded">False</prop></chanib></data></rpl>"#);
}

#[test]
fn getftok() {
    let token = FileToken {
        token: "0b1f2c3d-3333-4444-8555-000000000003".into(),
        server_uri: "https://fe.d.example/PersistentChat/MGCWebService.asmx".into(),
    };
    let document = reply::file_token(&TO, &token);
    let expected = ReplyData {
        file_token: Some(token),
        ..ReplyData::default()
    };
    assert_snapshot!(checked(&document, &expected), @r#"<rpl id="rpl:getftok" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data><token token="0b1f2c3d-3333-4444-8555-000000000003" serveruri="https://fe.d.example/PersistentChat/MGCWebService.asmx"/></data></rpl>"#);
}

#[test]
fn a_list_of_a_room() {
    let rooms = [RoomBlock {
        audit: Some(audit()),
        users: vec![
            principal("sip:ann@d.example", PrincipalType::User),
            principal(
                "ma-grp:7d2b0a3e-2222-4e55-8a77-000000000002@u.g",
                PrincipalType::Group,
            ),
        ],
        ..RoomBlock::new(ROOM)
    }];
    let document = reply::rooms("getrole", &TO, &rooms);
    let expected = ReplyData {
        rooms: rooms.to_vec(),
        ..ReplyData::default()
    };
    assert_snapshot!(checked(&document, &expected), @r#"<rpl id="rpl:getrole" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"><audit updatedby="sip:bob@d.example" updatedon="2013-05-02T07:00:00Z" createdby="sip:ann@d.example" createdon="2013-05-01T07:00:00Z"/><uib uri="sip:ann@d.example" type="5" dispname="Ops &lt;all&gt;"/><uib uri="ma-grp:7d2b0a3e-2222-4e55-8a77-000000000002@u.g" type="9" dispname="Ops &lt;all&gt;"/></chanib></data></rpl>"#);
}

#[test]
fn principals_of_every_type() {
    let found = PrincipalsReply {
        principals: vec![
            principal("sip:ann@d.example", PrincipalType::User),
            principal(
                "ma-grp:7d2b0a3e-2222-4e55-8a77-000000000008@u.g",
                PrincipalType::Domain,
            ),
            principal(
                "ma-grp:7d2b0a3e-2222-4e55-8a77-000000000009@u.g",
                PrincipalType::Group,
            ),
            principal(
                "ma-grp:7d2b0a3e-2222-4e55-8a77-00000000000a@u.g",
                PrincipalType::Folder,
            ),
        ],
        more: true,
    };
    let document = reply::principals("findeligible", &TO, &found);
    let expected = ReplyData {
        users: found.principals,
        more: true,
        ..ReplyData::default()
    };
    assert_snapshot!(checked(&document, &expected), @r#"<rpl id="rpl:findeligible" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data><uib uri="sip:ann@d.example" type="5" dispname="Ops &lt;all&gt;"/><uib uri="ma-grp:7d2b0a3e-2222-4e55-8a77-000000000008@u.g" type="8" dispname="Ops &lt;all&gt;"/><uib uri="ma-grp:7d2b0a3e-2222-4e55-8a77-000000000009@u.g" type="9" dispname="Ops &lt;all&gt;"/><uib uri="ma-grp:7d2b0a3e-2222-4e55-8a77-00000000000a@u.g" type="10" dispname="Ops &lt;all&gt;"/><prop id="urn:parlano:ma:prop:more">True</prop></data></rpl>"#);
    let none = reply::principals("findusers", &TO, &PrincipalsReply::default());
    assert_snapshot!(checked(&none, &ReplyData::default()), @r#"<rpl id="rpl:findusers" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data/></rpl>"#);
}

#[test]
fn getsiops() {
    let add_ins = [AddIn {
        id: "3".into(),
        name: "Board".into(),
        url: "https://board.d.example/?a=1&b=2".into(),
    }];
    let document = reply::add_ins(&TO, &add_ins);
    let expected = ReplyData {
        add_ins: add_ins.to_vec(),
        ..ReplyData::default()
    };
    assert_snapshot!(checked(&document, &expected), @r#"<rpl id="rpl:getsiops" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data><siop siopid="3" siopname="Board" siopurl="https://board.d.example/?a=1&amp;b=2"/></data></rpl>"#);
}

#[test]
fn getperm() {
    let document = reply::permissions(&TO, &with_association());
    let expected = ReplyData {
        users: vec![with_association()],
        ..ReplyData::default()
    };
    assert_snapshot!(checked(&document, &expected), @r#"<rpl id="rpl:getperm" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data><uib uri="sip:cat@d.example"><aib key="15748" domain="d.example" value="a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/></uib></data></rpl>"#);
}

#[test]
fn getparticipants() {
    let joined = JoinReply {
        users: vec![UserBlock {
            id: Some(0),
            ..UserBlock::new("sip:ann@d.example")
        }],
        rooms: vec![RoomBlock {
            participants: vec![ParticipantGroup {
                mask: 3456,
                users: vec![0],
            }],
            user_count: Some(1),
            ..RoomBlock::new(ROOM)
        }],
        failures: vec![],
    };
    let document = reply::participants(&TO, &joined);
    let expected = ReplyData {
        users: joined.users,
        rooms: joined.rooms,
        ..ReplyData::default()
    };
    assert_snapshot!(checked(&document, &expected), @r#"<rpl id="rpl:getparticipants" seqid="1"><commandid seqid="2" envid="5"/><resp code="200">SUCCESS_OK</resp><data><uib id="0" uri="sip:ann@d.example"/><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"><aib key="3456" value="0"/><info id="urn:parlano:ma:info:ucnt">1</info></chanib></data></rpl>"#);
}

#[test]
fn an_invitation_is_noticed() {
    let number = Invitation {
        invite_id: 7,
        domain: "d.example".into(),
        created_on: None,
    };
    let invitations = InvitationsReply {
        rooms: vec![RoomBlock {
            invitation: Some(Invitation {
                created_on: Some("2013-05-02T07:00:00Z".into()),
                ..number.clone()
            }),
            user_count: Some(4),
            ..room()
        }],
        last: Some(number),
    };
    let document = notice::invite("7", &invitations);
    assert_snapshot!(content(&document), @r#"<ntc id="ntc:invite" seqid="1"><data><inv inviteId="7" domain="d.example"/><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" name="Ops" parent="ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001"><info id="urn:parlano:ma:info:ucnt">4</info><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info><inv inviteId="7" domain="d.example" createdon="2013-05-02T07:00:00Z"/></chanib></data></ntc>"#);
    assert_eq!(read_notice(&document), Notice::Invite(invitations));
}

#[test]
fn a_change_of_a_room_is_noticed() {
    let changed = RoomBlock {
        audit: Some(audit()),
        disabled: Some(true),
        ..room()
    };
    let document = notice::room_changed("7", &changed);
    assert_snapshot!(content(&document), @r#"<ntc id="ntc:chanmodify" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" name="Ops" parent="ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001" disabled="true"><audit updatedby="sip:bob@d.example" updatedon="2013-05-02T07:00:00Z" createdby="sip:ann@d.example" createdon="2013-05-01T07:00:00Z"/><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info></chanib></data></ntc>"#);
    assert_eq!(read_notice(&document), Notice::RoomChanged(vec![changed]));
}

#[test]
fn a_change_of_permissions_is_noticed() {
    let document = notice::permissions_changed("7", &with_association());
    assert_snapshot!(content(&document), @r#"<ntc id="ntc:permchange" seqid="1"><data><uib uri="sip:cat@d.example"><aib key="15748" domain="d.example" value="a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/></uib></data></ntc>"#);
    assert_eq!(
        read_notice(&document),
        Notice::PermissionsChanged(vec![with_association()])
    );
}

#[test]
fn going_offline_is_noticed() {
    let user = UserBlock::new("sip:cat@d.example");
    let document = notice::quit("7", &user);
    assert_snapshot!(content(&document), @r#"<ntc id="ntc:quit" seqid="1"><data><uib uri="sip:cat@d.example"/></data></ntc>"#);
    assert_eq!(read_notice(&document), Notice::Quit(vec![user]));
}

#[test]
fn a_principal_of_an_unknown_type_and_a_file_store_told_once_are_understood() {
    let document = concat!(
        r#"<xccos xmlns="urn:parlano:xml:ns:xccos"><ntc id="ntc:quit"><data><uib uri="u" type="77"/></data></ntc>"#,
        r#"<ntc id="ntc:chanmodify"><data><chanib uri="u"><info id="urn:parlano:ma:info:filestoreuri">https://f</info>"#,
        "</chanib></data></ntc></xccos>",
    );
    let document = ServerDocument::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
    let room = RoomBlock {
        file_store_uri: Some("https://f".into()),
        ..RoomBlock::new("u")
    };
    let expected = [
        ServerPrimitive::Notice(Notice::Quit(vec![UserBlock::new("u")])),
        ServerPrimitive::Notice(Notice::RoomChanged(vec![room])),
    ];
    assert_eq!(document.primitives, expected);
}
