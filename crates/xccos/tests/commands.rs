//! The commands that rooms are searched and managed with.

mod samples;

use causerie_xccos::{
    Command, Document, PrimitiveKind, client,
    commands::{Backchat, ChannelSearch, HistoryQuery, MaxResults, SearchAmong, SearchHistory},
    limits::DEFAULT_MAX_DOCUMENT_BYTES,
    names::ServerInfoReply,
};
use samples::{ROOM, commands};

fn only(document: &str) -> PrimitiveKind {
    let document = Document::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
    let [primitive] = document.primitives.try_into().unwrap();
    primitive.kind
}

fn read(id: &str, data: &str) -> PrimitiveKind {
    only(&format!(
        r#"<xccos xmlns="urn:parlano:xml:ns:xccos" ver="1" envid="7"><cmd id="cmd:{id}" seqid="1"><data>{data}</data></cmd></xccos>"#
    ))
}

fn reason(id: &str, data: &str) -> String {
    match read(id, data) {
        PrimitiveKind::Invalid { name, reason } => format!("{name}: {reason}"),
        other => panic!("{id} {data} became {other:?}"),
    }
}

#[test]
fn each_is_written_and_read() {
    let mut written = Vec::new();
    for command in commands() {
        let document = client::command("7", &command);
        assert_eq!(only(&document), PrimitiveKind::Command(command), "{document}");
        let (_, content) = document.split_once(r#"envid="7">"#).unwrap();
        written.push(content.strip_suffix("</xccos>").unwrap().to_owned());
    }
    insta::assert_snapshot!(written.join("\n"), @r#"
    <cmd id="cmd:nodespermcreatechild" seqid="1"><data/></cmd>
    <cmd id="cmd:getsiops" seqid="1"><data/></cmd>
    <cmd id="cmd:getassociations" seqid="1"><data><association domain="d.example" type="MEMBER"/></data></cmd>
    <cmd id="cmd:getassociations" seqid="1"><data><association domain="d.example" type="MANAGER" maxResults="-1"/></data></cmd>
    <cmd id="cmd:getassociations" seqid="1"><data><association domain="d.example" type="JOINED" maxResults="100"/></data></cmd>
    <cmd id="cmd:chansrch" seqid="1"><data><qib qtype="BYCATEGORY" criteria="" extended="false" parent="ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001"/></data></cmd>
    <cmd id="cmd:chansrch" seqid="1"><data><qib qtype="BYADDIN" criteria="" extended="false" siopid="3"/></data></cmd>
    <cmd id="cmd:chansrch" seqid="1"><data><qib qtype="BYJOINEDUSER" criteria="" extended="false" user="sip:ann@d.example"/></data></cmd>
    <cmd id="cmd:chansrch" seqid="1"><data><qib qtype="BYMOOD" criteria="" extended="false"/></data></cmd>
    <cmd id="cmd:chansrch" seqid="1"><data><qib qtype="BYFILTER" criteria="two words" extended="true" matchexactphrase="true" matchall="false" maxResults="50" member="sip:ann@d.example" manager="ma-grp:7d2b0a3e-2222-4e55-8a77-000000000002@u.g" parent="ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001" siopid="3" disabled="true" visibility="SCOPED" behavior="NORMAL" invite="false"/></data></cmd>
    <cmd id="cmd:bcbydate" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/><bcq><date from="2013-05-01T00:00:00Z" to="2013-05-02T00:00:00Z"/><limit cnt="100"/><text mt="OR">shift &lt;change&gt;</text><author uri="sip:ann@d.example"/><author uri="sip:bob@d.example"/><matchcase>true</matchcase><matchexactphrase>true</matchexactphrase><sortbkwds>true</sortbkwds><searchbkwds>true</searchbkwds></bcq></data></cmd>
    <cmd id="cmd:bcbymsg" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/><bcq><msgid id="84"/><limit cnt="25"/><searchbkwds>true</searchbkwds></bcq></data></cmd>
    <cmd id="cmd:bcByMood" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/><bcq><last cnt="5"/></bcq></data></cmd>
    <cmd id="cmd:bccontext" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/><bcq><msgid id="84"/><limit cnt="25"/><searchbkwds>true</searchbkwds></bcq></data></cmd>
    <cmd id="cmd:getfutok" seqid="1"><data><ftdb channelUri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" fileUrl="plan &lt;1&gt;.txt"/></data></cmd>
    <cmd id="cmd:getfdtok" seqid="1"><data><ftdb channelUri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" fileUrl="plan &lt;1&gt;.txt"/></data></cmd>
    <cmd id="cmd:chancreate" seqid="1"><data><chanib parent="ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001" name="Ops &quot;A&quot;" description="Operations &amp; &lt;co&gt;" behavior="AUDITORIUM" disabled="false" siopid="3"><info id="urn:parlano:ma:info:visibilty">PRIVATE</info><info id="urn:parlano:ma:info:visibility">PRIVATE</info><prop id="urn:parlano:ma:prop:invite">True</prop></chanib></data></cmd>
    <cmd id="cmd:chanmodify" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" name="Ops &quot;A&quot;" description="Operations &amp; &lt;co&gt;" behavior="AUDITORIUM" disabled="false" siopid="3"><audit updatedon="2013-05-02T07:00:00.0000000Z"/><info id="urn:parlano:ma:info:visibilty">PRIVATE</info><info id="urn:parlano:ma:info:visibility">PRIVATE</info><prop id="urn:parlano:ma:prop:invite">True</prop></chanib><role type="MEMBER"><uib uri="sip:ann@d.example"/><uib uri="ma-grp:7d2b0a3e-2222-4e55-8a77-000000000002@u.g"/></role><role type="PRESENTER"/></data></cmd>
    <cmd id="cmd:chanmove" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" parent="ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001"><audit updatedon="2013-05-02T07:00:00.0000000Z"/></chanib></data></cmd>
    <cmd id="cmd:getchan" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/></data></cmd>
    <cmd id="cmd:getchan" seqid="1"><data><chanib name="Ops"/></data></cmd>
    <cmd id="cmd:getrole" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/><role type="MEMBER"/></data></cmd>
    <cmd id="cmd:addtorole" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/><role type="MANAGER"><uib uri="sip:ann@d.example"/><uib uri="ma-grp:7d2b0a3e-2222-4e55-8a77-000000000002@u.g"/></role></data></cmd>
    <cmd id="cmd:remfromrole" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/><role type="PRESENTER"><uib uri="sip:ann@d.example"/><uib uri="ma-grp:7d2b0a3e-2222-4e55-8a77-000000000002@u.g"/></role></data></cmd>
    <cmd id="cmd:findeligible" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/><role type="PRESENTER"/><qib criteria="ann" maxResults="20"/></data></cmd>
    <cmd id="cmd:getcatusers" seqid="1"><data><chanib uri="ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001"/><qib criteria="a" maxResults="20"/></data></cmd>
    <cmd id="cmd:getperm" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/></data></cmd>
    <cmd id="cmd:getparticipants" seqid="1"><data><chanib uri="ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9"/></data></cmd>
    <cmd id="cmd:findusers" seqid="1"><data><qib lastname="O'Neil" firstname="Ann" mail="ann@" maxResults="20"/></data></cmd>
    <cmd id="cmd:getuser" seqid="1"><data><uib uri="sip:ann@d.example"/></data></cmd>
    <cmd id="cmd:getgroup" seqid="1"><data><uib uri="ma-grp:7d2b0a3e-2222-4e55-8a77-000000000002@u.g"/></data></cmd>
    "#);
}

#[test]
fn replies_are_named_as_clients_wait_for_them() {
    let names: Vec<_> = commands()
        .iter()
        .map(|command| {
            format!(
                "{} {}",
                command.name(),
                command.reply_name(ServerInfoReply::Trace)
            )
        })
        .collect();
    insta::assert_snapshot!(names.join("\n"), @r#"
    nodespermcreatechild nodespermcreatechild
    getsiops getsiops
    getassociations getassociations
    getassociations getassociations
    getassociations getassociations
    chansrch chansrch
    chansrch chansrch
    chansrch chansrch
    chansrch chansrch
    chansrch chansrch
    bcbydate bcbydate
    bcbymsg bcbymsg
    bc bcByMood
    bccontext bccontext
    getfutok getftok
    getfdtok getftok
    chancreate chancreate
    chanmodify chanmodify
    chanmove chanmove
    getchan getchan
    getchan getchan
    getrole getrole
    addtorole addtorole
    remfromrole remfromrole
    findeligible findeligible
    getcatusers getcatusers
    getperm getperm
    getparticipants getparticipants
    findusers findusers
    getuser getuser
    getgroup getgroup
    "#);
}

#[test]
fn what_is_missing_or_unknown_is_said() {
    let room = format!("<chanib uri='{ROOM}'/>");
    let reasons = [
        reason("getassociations", ""),
        reason("getassociations", "<association domain='d'/>"),
        reason("getassociations", "<association type='OWNER'/>"),
        reason("getassociations", "<association type='member' maxResults='-2'/>"),
        reason("chansrch", "<qib qtype='BYCATEGORY'/>"),
        reason("chansrch", "<qib qtype='byaddin'/>"),
        reason("chansrch", "<qib qtype='BYJOINEDUSER'/>"),
        reason("chansrch", "<qib qtype='BYFILTER' visibility='odd'/>"),
        reason("chansrch", "<qib qtype='BYFILTER' behavior='odd'/>"),
        reason("chansrch", "<qib matchall='often'/>"),
        reason("chansrch", "<qib qtype='BYFILTER' disabled='maybe'/>"),
        reason(
            "bcbydate",
            &format!("{room}<bcq><matchcase>maybe</matchcase></bcq>"),
        ),
        reason("chanmodify", "<chanib uri='x' disabled='maybe'/>"),
        reason(
            "chanmodify",
            "<chanib uri='x'><prop id='urn:parlano:ma:prop:invite'>maybe</prop></chanib>",
        ),
        reason("bcbydate", "<bcq/>"),
        reason("bcbydate", &room),
        reason(
            "bcbydate",
            &format!("{room}<bcq><text>a</text><text>b</text></bcq>"),
        ),
        reason("bcbydate", &format!("{room}<bcq><date/><date from='x'/></bcq>")),
        reason("bcbydate", &format!("{room}<bcq><author/></bcq>")),
        reason("bcbymsg", &format!("{room}<bcq><msgid id='x'/></bcq>")),
        reason("bcbyodd", &format!("{room}<bcq><limit cnt='-1'/></bcq>")),
        reason("bccontext", &format!("{room}<bcq><limit/></bcq>")),
        reason("getFUTok", "<ftdb channelUri='u'/>"),
        reason("getfdtok", ""),
        reason("chancreate", "<chanib name='x'/>"),
        reason("chancreate", "<chanib parent='x'/>"),
        reason("chanmodify", "<chanib name='x'/>"),
        reason("chanmodify", "<chanib uri='x'><audit/><audit/></chanib>"),
        reason(
            "chanmodify",
            &format!("{room}<role type='MEMBER'/><role type='member'/>"),
        ),
        reason("chanmodify", &format!("{room}<role type='CREATOR'/>")),
        reason(
            "chanmodify",
            "<chanib uri='x'><info id='urn:parlano:ma:info:visibilty'>odd</info></chanib>",
        ),
        reason("chanmove", &room),
        reason("getchan", "<chanib/>"),
        reason("getrole", &room),
        reason("addtorole", &format!("{room}<role type='MEMBER'/>")),
        reason("remfromrole", "<role type='MEMBER'><uib uri='x'/></role>"),
        reason("findeligible", &format!("{room}<role type='MEMBER'/>")),
        reason("getcatusers", "<qib/>"),
        reason("getperm", ""),
        reason("getparticipants", &format!("{room}{room}")),
        reason("findusers", ""),
        reason("getuser", "<uib/>"),
        reason("getgroup", ""),
    ];
    insta::assert_snapshot!(reasons.join("\n"), @r#"
    getassociations: 'data' has no element 'association'
    getassociations: 'association' has no attribute 'type'
    getassociations: 'association' has 'OWNER' as its 'type', which isn't known
    getassociations: 'association' has '-2' where a number is needed
    chansrch: 'qib' has no attribute 'parent'
    chansrch: 'qib' has no attribute 'siopid'
    chansrch: 'qib' has no attribute 'user'
    chansrch: 'qib' has 'odd' as its 'visibility', which isn't known
    chansrch: 'qib' has 'odd' as its 'behavior', which isn't known
    chansrch: 'qib' has 'often' as its 'matchall', which isn't known
    chansrch: 'qib' has 'maybe' as its 'disabled', which isn't known
    bcbydate: 'matchcase' has 'maybe' as its 'matchcase', which isn't known
    chanmodify: 'chanib' has 'maybe' as its 'disabled', which isn't known
    chanmodify: 'chanib' has 'maybe' as its 'urn:parlano:ma:prop:invite', which isn't known
    bcbydate: 'data' has no element 'chanib'
    bcbydate: 'data' has no element 'bcq'
    bcbydate: 'bcq' has more than one element 'text'
    bcbydate: 'bcq' has more than one element 'date'
    bcbydate: 'author' has no attribute 'uri'
    bcbymsg: 'msgid' has 'x' where a number is needed
    bcbyodd: 'limit' has '-1' where a number is needed
    bccontext: 'limit' has no attribute 'cnt'
    getftok: 'ftdb' has no attribute 'fileUrl'
    getftok: 'data' has no element 'ftdb'
    chancreate: 'chanib' has no attribute 'parent'
    chancreate: 'chanib' has no attribute 'name'
    chanmodify: 'chanib' has no attribute 'uri'
    chanmodify: 'chanib' has more than one element 'audit'
    chanmodify: 'data' has more than one element 'role'
    chanmodify: 'role' has 'CREATOR' as its 'type', which isn't known
    chanmodify: 'chanib' has 'odd' as its 'urn:parlano:ma:info:visibility', which isn't known
    chanmove: 'chanib' has no attribute 'parent'
    getchan: 'chanib' has no attribute 'name'
    getrole: 'data' has no element 'role'
    addtorole: 'role' has no element 'uib'
    remfromrole: 'data' has no element 'chanib'
    findeligible: 'data' has no element 'qib'
    getcatusers: 'data' has no element 'chanib'
    getperm: 'data' has no element 'chanib'
    getparticipants: 'data' has more than one element 'chanib'
    findusers: 'data' has no element 'qib'
    getuser: 'uib' has no attribute 'uri'
    getgroup: 'data' has no element 'uib'
    "#);
}

#[test]
fn a_search_of_history_is_one_under_any_name() {
    let asked = format!("<chanib uri='{ROOM}'/><bcq><matchcase>True</matchcase><msgid id='0'/></bcq>");
    for name in ["bcbydate", "BcByMsg", "bcfuture", "bccontext"] {
        let search = SearchHistory {
            name: name.to_owned(),
            chan_uris: vec![ROOM.to_owned()],
            query: HistoryQuery {
                match_case: true,
                ..HistoryQuery::default()
            },
        };
        assert_eq!(
            read(name, &asked),
            PrimitiveKind::Command(Command::SearchHistory(search))
        );
    }
}

#[test]
fn a_count_alone_asks_for_the_newest() {
    for (query, last) in [
        ("", None),
        ("<bcq/>", None),
        ("<bcq><last cnt='3'/></bcq>", Some(3)),
    ] {
        let backchat = Backchat {
            chan_uris: vec![ROOM.to_owned()],
            last,
        };
        assert_eq!(
            read("bccontext", &format!("<chanib uri='{ROOM}'/>{query}")),
            PrimitiveKind::Command(Command::Backchat(backchat))
        );
    }
}

#[test]
fn what_only_looks_like_a_search_of_history_is_unknown() {
    let room = format!("<chanib uri='{ROOM}'/>");
    for (name, data) in [
        ("bcfuture", ""),
        ("bcfuture", room.as_str()),
        ("bcfuture", "<bcq/>"),
        ("b", ""),
        ("xbc", "<chanib uri='u'/><bcq/>"),
    ] {
        let name = name.to_owned();
        assert_eq!(read(&name.clone(), data), PrimitiveKind::Unknown { name });
    }
}

#[test]
fn searches_without_options_are_for_all_rooms() {
    for qib in ["<qib/>", "<qib qtype='byName' criteria=''/>"] {
        assert_eq!(
            read("chansrch", qib),
            PrimitiveKind::Command(Command::ChannelSearch(ChannelSearch::default()))
        );
    }
    assert_eq!(ChannelSearch::default().among, SearchAmong::All);
}

#[test]
fn the_server_caps_what_is_wanted() {
    assert_eq!(MaxResults::Unsaid.capped(100, 999), 100);
    assert_eq!(MaxResults::Unsaid.capped(100, 50), 50);
    assert_eq!(MaxResults::All.capped(100, 999), 999);
    assert_eq!(MaxResults::AtMost(998).capped(100, 999), 998);
    assert_eq!(MaxResults::AtMost(1000).capped(100, 999), 999);
    assert_eq!(MaxResults::AtMost(0).capped(100, 999), 0);
}
