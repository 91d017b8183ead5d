//! What clients send becomes the right commands.

use causerie_xccos::{
    Command, Document, Post, PrimitiveKind, client,
    commands::{
        Backchat, BatchJoin, ChannelId, ChannelSearch, GetInvitations, GetPreference, GetServerInfo, Join,
        Part, SetPreference,
    },
    limits::DEFAULT_MAX_DOCUMENT_BYTES,
    names::ServerInfoReply,
};

const ROOM: &str = "ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9";
const GUID: &str = "a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9";

fn parse(document: &str) -> Document {
    Document::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap()
}

/// As pidgin-sipe 1.25 writes it: `ver`, `envid`, namespace.
fn envelope(content: &str) -> String {
    format!(r#"<xccos ver="1" envid="2088989767" xmlns="urn:parlano:xml:ns:xccos">{content}</xccos>"#)
}

fn only(content: &str) -> PrimitiveKind {
    let document = parse(&envelope(content));
    assert_eq!(
        (document.envid.as_str(), document.ver.as_str()),
        ("2088989767", "1")
    );
    let [primitive] = document.primitives.try_into().unwrap();
    assert_eq!(primitive.seqid, "1");
    primitive.kind
}

fn room(key: &str, guid: &str) -> ChannelId {
    ChannelId {
        key: key.to_owned(),
        domain: "fabrikam.example".to_owned(),
        guid: guid.to_owned(),
    }
}

fn all_commands() -> Vec<(&'static str, Command)> {
    vec![
        (
            r#"<cmd id="cmd:requri" seqid="1"><data/></cmd>"#,
            Command::RequestUri,
        ),
        (
            r#"<cmd id="cmd:getserverinfo" seqid="1"><data><sib domain="fabrikam.example" infoType="123"/></data></cmd>"#,
            Command::GetServerInfo(GetServerInfo {
                domain: "fabrikam.example".to_owned(),
                info_type: "123".to_owned(),
            }),
        ),
        (
            r#"<cmd id="cmd:join" seqid="1"><data><chanid key="0" domain="fabrikam.example" value="a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/></data></cmd>"#,
            Command::Join(Join {
                room: room("0", GUID),
            }),
        ),
        (
            r#"<cmd id="cmd:bjoin" seqid="1"><data><chanid key="0" domain="fabrikam.example" value="a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/><chanid key="1" domain="fabrikam.example" value="nonsense"/></data></cmd>"#,
            Command::BatchJoin(BatchJoin {
                rooms: vec![room("0", GUID), room("1", "nonsense")],
            }),
        ),
        (
            r#"<cmd id="cmd:part" seqid="1"><data><chanib uri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/></data></cmd>"#,
            Command::Part(Part {
                chan_uri: ROOM.to_owned(),
            }),
        ),
        (
            r#"<cmd id="cmd:chansrch" seqid="1"><data><qib qtype="BYNAME" criteria="ops &amp; &lt;co&gt;" extended="true"/></data></cmd>"#,
            Command::ChannelSearch(ChannelSearch {
                criteria: "ops & <co>".to_owned(),
                extended: true,
                ..ChannelSearch::default()
            }),
        ),
        (
            r#"<cmd id="cmd:bccontext" seqid="1"><data><chanib uri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/><bcq><last cnt="25"/></bcq></data></cmd>"#,
            Command::Backchat(Backchat {
                chan_uris: vec![ROOM.to_owned()],
                last: Some(25),
            }),
        ),
        (
            r#"<cmd id="cmd:getinv" seqid="1"><data><inv inviteId="1" domain="fabrikam.example"/></data></cmd>"#,
            Command::GetInvitations(GetInvitations {
                invite_id: 1,
                domain: "fabrikam.example".to_owned(),
            }),
        ),
        (
            r#"<cmd id="cmd:getpref" seqid="1"><data><pref label="kedzie.GroupChannels" seqid="71" createdefault="true"/></data></cmd>"#,
            Command::GetPreference(GetPreference {
                label: "kedzie.GroupChannels".to_owned(),
                seqid: 71,
                create_default: true,
            }),
        ),
        (
            r#"<cmd id="cmd:setpref" seqid="1"><data><pref label="kedzie.GroupChannels" seqid="71" createdefault="false" content="QUJD"/></data></cmd>"#,
            Command::SetPreference(SetPreference {
                label: "kedzie.GroupChannels".to_owned(),
                seqid: 71,
                create_default: false,
                content: "QUJD".to_owned(),
            }),
        ),
    ]
}

#[test]
fn each_command_is_read_and_written() {
    for (xml, command) in all_commands() {
        assert_eq!(only(xml), PrimitiveKind::Command(command.clone()), "{xml}");
        let written = client::command("2088989767", &command);
        assert!(written.contains(xml), "{written}\nis not\n{xml}");
        let read = parse(&written).primitives.remove(0).kind;
        assert_eq!(read, PrimitiveKind::Command(command));
    }
}

#[test]
fn a_post_of_pidgin_sipe_is_read() {
    let PrimitiveKind::Post(post) = only(
        r#"<grpchat id="grpchat" seqid="1" chanUri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" author="sip:ann@fabrikam.example" ts="2013-05-02T08:01:00Z"><chat>good &lt;b&gt;morning&lt;/b&gt; &amp; &quot;all&quot; é😀</chat></grpchat>"#,
    ) else {
        panic!("not a post")
    };
    let expected = Post {
        chan_uri: ROOM.to_owned(),
        author: Some("sip:ann@fabrikam.example".to_owned()),
        ts: Some("2013-05-02T08:01:00Z".to_owned()),
        text: "good <b>morning</b> & \"all\" é😀".to_owned(),
        ..Post::default()
    };
    assert_eq!(post, expected);
}

#[test]
fn primitives_keep_their_order_and_numbers() {
    let document = parse(&envelope(concat!(
        r#"<cmd id="cmd:requri" seqid="1"><data/></cmd>"#,
        r#"<cmd id="cmd:getfuture" seqid="2"><data/></cmd>"#,
        r#"<grpchat id="grpchat" seqid="3" chanUri="ma-chan://x/y"><chat>hi</chat></grpchat>"#,
        r#"<cmd id="cmd:part" seqid="4"><data/></cmd>"#,
        r#"<cmd id="cmd:getinv" seqid="5"/>"#,
    )));
    insta::assert_debug_snapshot!(document.primitives, @r#"
    [
        Primitive {
            seqid: "1",
            kind: Command(
                RequestUri,
            ),
        },
        Primitive {
            seqid: "2",
            kind: Unknown {
                name: "getfuture",
            },
        },
        Primitive {
            seqid: "3",
            kind: Post(
                Post {
                    chan_uri: "ma-chan://x/y",
                    author: None,
                    ts: None,
                    text: "hi",
                    extra: Extra {
                        attributes: "",
                        children: "",
                    },
                },
            ),
        },
        Primitive {
            seqid: "4",
            kind: Invalid {
                name: "part",
                reason: "'data' has no element 'chanib'",
            },
        },
        Primitive {
            seqid: "5",
            kind: Command(
                GetInvitations(
                    GetInvitations {
                        invite_id: 0,
                        domain: "",
                    },
                ),
            ),
        },
    ]
    "#);
}

#[test]
fn names_are_compared_without_regard_to_case() {
    assert_eq!(
        only(r#"<cmd id="CMD:ReqURI" seqid="1"><data/></cmd>"#),
        PrimitiveKind::Command(Command::RequestUri)
    );
}

#[test]
fn white_space_unknown_parts_and_prefixes_do_not_matter() {
    let document = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<x:xccos xmlns:x='urn:parlano:xml:ns:xccos' \
        xmlns:xsd='http://www.w3.org/2001/XMLSchema' later='1' envid='7962449779256945056'>\n \
        <x:future/><y xmlns='urn:else'/><x:cmd seqid='007' a='b' id='cmd:part'>\n <x:more/> <x:data>\n \
        <x:chanib uri='ma-chan://x/y' z=''/> </x:data></x:cmd> </x:xccos>\r\n";
    let document = parse(document);
    assert_eq!(
        (document.envid.as_str(), document.ver.as_str()),
        ("7962449779256945056", "")
    );
    let [primitive] = document.primitives.try_into().unwrap();
    assert_eq!(primitive.seqid, "007");
    let part = Part {
        chan_uri: "ma-chan://x/y".to_owned(),
    };
    assert_eq!(primitive.kind, PrimitiveKind::Command(Command::Part(part)));
}

#[test]
fn what_a_command_lacks_is_said() {
    let reasons: Vec<_> = [
        r#"<cmd id="cmd:join"/>"#,
        r#"<cmd id="cmd:join"><data><chanid domain="d" value="1"/><chanid domain="d" value="2"/></data></cmd>"#,
        r#"<cmd id="cmd:bjoin"><data><chanid key="0" domain="d"/></data></cmd>"#,
        r#"<cmd id="cmd:bjoin"><data/></cmd>"#,
        r#"<cmd id="cmd:part"><data><chanib/></data></cmd>"#,
        r#"<cmd id="cmd:chansrch"><data/></cmd>"#,
        r#"<cmd id="cmd:bccontext"><data><bcq><last cnt="25"/></bcq></data></cmd>"#,
        r#"<cmd id="cmd:bccontext"><data><chanib uri="u"/><bcq><last cnt="-1"/></bcq></data></cmd>"#,
        r#"<cmd id="cmd:getinv"><data><inv inviteId="99999999999"/></data></cmd>"#,
        r#"<cmd id="cmd:setpref"><data><pref label="l"/></data></cmd>"#,
        r#"<grpchat chanUri="u"/>"#,
        r#"<grpchat><chat>x</chat></grpchat>"#,
        r#"<grpchat chanUri="u"><chat>x</chat><chat>y</chat></grpchat>"#,
    ]
    .into_iter()
    .map(|content| match parse(&envelope(content)).primitives.remove(0).kind {
        PrimitiveKind::Invalid { name, reason } => format!("{name}: {reason}"),
        other => panic!("{content} became {other:?}"),
    })
    .collect();
    insta::assert_snapshot!(reasons.join("\n"), @r"
    join: 'data' has no element 'chanid'
    join: 'data' has more than one element 'chanid'
    bjoin: 'chanid' has no attribute 'value'
    bjoin: 'data' has no element 'chanid'
    part: 'chanib' has no attribute 'uri'
    chansrch: 'data' has no element 'qib'
    bccontext: 'data' has no element 'chanib'
    bccontext: 'last' has '-1' where a number is needed
    getinv: 'inv' has '99999999999' where a number is needed
    setpref: 'pref' has no attribute 'content'
    grpchat: 'grpchat' has no element 'chat'
    grpchat: 'grpchat' has no attribute 'chanUri'
    grpchat: 'grpchat' has more than one element 'chat'
    ");
}

#[test]
fn an_unknown_command_keeps_its_name() {
    for (id, name) in [
        ("cmd:nodesPermDeleteChild", "nodesPermDeleteChild"),
        ("cmd:bcbyauthor", "bcbyauthor"),
        ("odd", "odd"),
        ("", ""),
    ] {
        let kind = only(&format!(r#"<cmd id="{id}" seqid="1"><data/></cmd>"#));
        assert_eq!(
            kind,
            PrimitiveKind::Unknown {
                name: name.to_owned()
            }
        );
    }
}

#[test]
fn the_reply_to_getserverinfo_is_named_by_the_setting() {
    let command = Command::GetServerInfo(GetServerInfo::default());
    assert_eq!(command.reply_name(ServerInfoReply::default()), "getservinfo");
    assert_eq!(command.reply_name(ServerInfoReply::Prose), "getserverinfo");
    for (_, command) in all_commands() {
        if !matches!(command, Command::GetServerInfo(_)) {
            assert_eq!(command.reply_name(ServerInfoReply::Prose), command.name());
        }
    }
}

#[test]
fn a_channel_id_makes_a_uri_or_says_why_not() {
    assert_eq!(room("0", &GUID.to_uppercase()).uri().unwrap().to_string(), ROOM);
    assert!(room("0", "nonsense").uri().is_err());
}
