//! What clients look up and search, as bytes: each command, and each refusal.

mod common;

use causerie_chat::{Action, NewRoom, NodeName, PrincipalName, RoomChange};
use causerie_model::{Actor, GroupKind, Invitations, Privacy, Role, RoomType};
use common::{Client, World, count, status};
use insta::assert_snapshot;

const LOBBY: &str = r#"<chanib uri="ma-chan://example.test/[lobby]"/>"#;
const DEALS: &str = r#"<chanib uri="ma-chan://example.test/[deals]"/>"#;
const SECRET: &str = r#"<chanib uri="ma-chan://example.test/[x]"/>"#;

/// A world with a group, an add-in, a manager and a creator.
async fn world() -> World {
    let world = World::new().await;
    for (name, kind) in [
        ("Traders", GroupKind::Group),
        ("Sales unit", GroupKind::Unit),
        ("example.test", GroupKind::Domain),
    ] {
        let name = name.to_owned();
        world.act(Action::AddGroup { name, kind }).await;
    }
    let addin = Action::AddAddin {
        name: "Prices".to_owned(),
        url: "https://prices.example.test/".to_owned(),
    };
    world.act(addin).await;
    let deals = || NodeName::Room("Deals".to_owned());
    let general = || NodeName::Category("General".to_owned());
    let traders = || PrincipalName::Group("Traders".to_owned());
    for (node, role) in [(general(), Role::Allowed), (deals(), Role::Member)] {
        world
            .act(Action::Grant {
                node,
                role,
                principal: traders(),
            })
            .await;
    }
    world.grant(deals(), Role::Manager, "alice").await;
    world.grant(general(), Role::Creator, "alice").await;
    change(
        &world,
        RoomChange {
            addin: Some(Some("Prices".to_owned())),
            ..RoomChange::default()
        },
    )
    .await;
    world
}

async fn change(world: &World, change: RoomChange) {
    let name = "Deals".to_owned();
    world.act(Action::ChangeRoom { name, change }).await;
}

async fn ask(client: &mut Client, name: &str, data: &str) -> String {
    client
        .command(&format!(
            r#"<cmd id="cmd:{name}" seqid="1"><data>{data}</data></cmd>"#
        ))
        .await
}

/// Code and text of a reply, and the names of the rooms in it.
async fn short(client: &mut Client, name: &str, data: &str) -> String {
    let reply = ask(client, name, data).await;
    let response = reply.split_once("<resp code=\"").unwrap().1;
    let response = response.split_once("</resp>").unwrap().0.replace("\">", " ");
    let names = reply
        .split(" name=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let names: Vec<&str> = names.collect();
    format!("{response} {}", names.join(",")).trim().to_owned()
}

async fn search(client: &mut Client, attributes: &str) -> String {
    short(client, "chansrch", &format!("<qib {attributes}/>")).await
}

#[tokio::test]
async fn own_rooms_are_told_with_all_that_they_are() {
    let world = world().await;
    let mut alice = world.invited("alice").await;
    let of = |kind: &str| format!(r#"<association domain="example.test" type="{kind}" maxResults="100"/>"#);
    assert_snapshot!(ask(&mut alice, "getassociations", &of("MANAGER")).await, @r#"<rpl id="rpl:getassociations" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://example.test/[deals]" name="Deals" description="About Deals" parent="ma-cat://example.test/[general]" behavior="NORMAL" disabled="false" siopid="[prices]" siopname="Prices" siopurl="https://prices.example.test/"><audit updatedby="system" updatedon="2023-11-14T22:13:20.0000050Z" createdby="system" createdon="2023-11-14T22:13:20.0000000Z"/><info id="urn:parlano:ma:info:ucnt">0</info><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">True</prop><prop id="urn:parlano:ma:prop:logged">True</prop></chanib></data></rpl>"#);
    assert_eq!(
        short(&mut alice, "getassociations", &of("MEMBER")).await,
        "200 SUCCESS_OK Deals,News,X"
    );
    assert_snapshot!(ask(&mut alice, "getassociations", &of("JOINED")).await, @r#"<rpl id="rpl:getassociations" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data/></rpl>"#);
    alice.join("Lobby").await;
    assert_eq!(
        short(&mut alice, "getassociations", &of("JOINED")).await,
        "200 SUCCESS_OK Lobby"
    );
    let disabled = RoomChange {
        disabled: Some(true),
        ..RoomChange::default()
    };
    change(&world, disabled).await;
    assert_eq!(
        short(&mut alice, "getassociations", &of("MEMBER")).await,
        "200 SUCCESS_OK News,X"
    );
    let managed = ask(&mut alice, "getassociations", &of("MANAGER")).await;
    assert!(managed.contains(r#" disabled="true" "#), "{managed}");
    assert_snapshot!(short(&mut alice, "getassociations", &of("FRIEND")).await, @"400 'association' has 'FRIEND' as its 'type', which isn't known");
}

#[tokio::test]
async fn rooms_are_searched_in_every_way() {
    let world = world().await;
    let (mut alice, mut carol) = (world.invited("alice").await, world.invited("carol").await);
    alice.join("X").await;
    alice.join("Lobby").await;
    for (attributes, found) in [
        (
            r#"qtype="BYNAME" criteria="" extended="false""#,
            "Deals,Lobby,News",
        ),
        (r#"qtype="BYNAME" criteria="deal lob" extended="false""#, ""),
        (
            r#"qtype="BYNAME" criteria="deal lob" matchall="false""#,
            "Deals,Lobby",
        ),
        (
            r#"qtype="BYNAME" criteria="about deals" extended="true" matchexactphrase="true""#,
            "Deals",
        ),
        (r#"qtype="BYNAME" criteria="" maxResults="2""#, "Deals,Lobby"),
        (
            r#"qtype="BYCATEGORY" parent="ma-cat://example.test/[general]""#,
            "Deals,Lobby,News",
        ),
        (r#"qtype="BYADDIN" siopid="[prices]""#, "Deals"),
        (r#"qtype="BYJOINEDUSER" user="sip:alice@example.test""#, "Lobby"),
        (
            r#"qtype="BYFILTER" behavior="AUDITORIUM" visibility="SCOPED" invite="true" disabled="false""#,
            "News",
        ),
        (r#"qtype="BYFILTER" member="sip:bob@example.test""#, "News"),
        (r#"qtype="BYFILTER" disabled="true""#, ""),
    ] {
        let expected = format!("200 SUCCESS_OK {found}");
        assert_eq!(
            search(&mut carol, attributes).await,
            expected.trim(),
            "{attributes}"
        );
    }
    assert_eq!(
        search(&mut alice, r#"qtype="BYFILTER" member="ma-grp:[traders]@u.g""#).await,
        "200 SUCCESS_OK Deals"
    );
    let mut refusals = Vec::new();
    for attributes in [
        r#"qtype="BYMOOD""#,
        r#"qtype="BYCATEGORY" parent="ma-cat://example.test/00000000-0000-0000-0000-000000000001""#,
        r#"qtype="BYCATEGORY""#,
        r#"qtype="BYADDIN" siopid="3""#,
        r#"qtype="BYJOINEDUSER" user="sip:nobody@example.test""#,
        r#"qtype="BYFILTER" manager="mood""#,
        r#"qtype="BYNAME" maxResults="-2""#,
    ] {
        refusals.push(search(&mut carol, attributes).await);
    }
    assert_snapshot!(refusals.join("\n"), @r#"
    501 ERROR_MSG_NOT_SUPPORTED
    404 There is no such room.
    400 'qib' has no attribute 'parent'
    400 There is no such add-in.
    404 There is no such user or group.
    404 There is no such user or group.
    400 'qib' has '-2' where a number is needed
    "#);
}

#[tokio::test]
async fn one_room_is_told_by_uri_and_by_name() {
    let world = world().await;
    let (mut alice, mut carol) = (world.invited("alice").await, world.invited("carol").await);
    assert_snapshot!(ask(&mut alice, "getchan", DEALS).await, @r#"<rpl id="rpl:getchan" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://example.test/[deals]" name="Deals" description="About Deals" parent="ma-cat://example.test/[general]" behavior="NORMAL" disabled="false" siopid="[prices]" siopname="Prices" siopurl="https://prices.example.test/"><audit updatedby="system" updatedon="2023-11-14T22:13:20.0000050Z" createdby="system" createdon="2023-11-14T22:13:20.0000000Z"/><info id="urn:parlano:ma:info:ucnt">0</info><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">True</prop><prop id="urn:parlano:ma:prop:logged">True</prop></chanib></data></rpl>"#);
    assert_eq!(
        short(&mut alice, "getchan", r#"<chanib name="deals"/>"#).await,
        "200 SUCCESS_OK Deals"
    );
    for hidden in [SECRET, r#"<chanib name="x"/>"#, r#"<chanib uri="mood"/>"#] {
        assert_eq!(
            short(&mut carol, "getchan", hidden).await,
            "404 There is no such room."
        );
    }
    assert_snapshot!(ask(&mut alice, "getperm", DEALS).await, @r#"<rpl id="rpl:getperm" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib uri="sip:alice@example.test" type="5" dispname="alice"><aib key="11652" domain="example.test" value="[deals]"/></uib></data></rpl>"#);
    assert_eq!(
        short(&mut carol, "getperm", SECRET).await,
        "404 There is no such room."
    );
}

#[tokio::test]
async fn lists_and_candidates_are_told_to_those_who_may_know() {
    let world = world().await;
    let (mut alice, mut bob, mut carol) = (
        world.invited("alice").await,
        world.invited("bob").await,
        world.invited("carol").await,
    );
    let role = |room: &str, role: &str| format!(r#"{room}<role type="{role}"/>"#);
    assert_snapshot!(ask(&mut bob, "getrole", &role(DEALS, "MEMBER")).await, @r#"<rpl id="rpl:getrole" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://example.test/[deals]" name="Deals" description="About Deals" parent="ma-cat://example.test/[general]" behavior="NORMAL" disabled="false" siopid="[prices]" siopname="Prices" siopurl="https://prices.example.test/"><audit updatedby="system" updatedon="2023-11-14T22:13:20.0000050Z" createdby="system" createdon="2023-11-14T22:13:20.0000000Z"/><info id="urn:parlano:ma:info:ucnt">0</info><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">True</prop><prop id="urn:parlano:ma:prop:logged">True</prop><uib uri="sip:alice@example.test" guid="[alice]" type="5" dispname="alice"/><uib uri="sip:bob@example.test" guid="[bob]" type="5" dispname="bob"/><uib uri="ma-grp:[traders]@u.g" guid="[traders]" type="9" dispname="Traders"/></chanib></data></rpl>"#);
    assert_snapshot!(short(&mut carol, "getrole", &role(DEALS, "MANAGER")).await, @"403 Only members of the room may do this.");
    assert_eq!(
        short(&mut carol, "getrole", &role(SECRET, "MEMBER")).await,
        "404 There is no such room."
    );
    let eligible = format!(r#"{DEALS}<role type="MANAGER"/><qib criteria="" maxResults="2"/>"#);
    assert_snapshot!(ask(&mut alice, "findeligible", &eligible).await, @r#"<rpl id="rpl:findeligible" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib uri="sip:bob@example.test" guid="[bob]" type="5" dispname="bob"/><uib uri="sip:carol@example.test" guid="[carol]" type="5" dispname="carol"/><prop id="urn:parlano:ma:prop:more">True</prop></data></rpl>"#);
    assert_snapshot!(short(&mut bob, "findeligible", &eligible).await, @"403 Only managers of the room may do this.");
}

#[tokio::test]
async fn categories_and_their_people_are_told_to_creators() {
    let world = world().await;
    let (mut alice, mut carol) = (world.invited("alice").await, world.invited("carol").await);
    assert_snapshot!(ask(&mut alice, "nodespermcreatechild", "").await, @r#"<rpl id="rpl:nodespermcreatechild" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-cat://example.test/[general]" name="General" description=""><prop id="urn:parlano:ma:prop:invite">True</prop></chanib></data></rpl>"#);
    assert_snapshot!(ask(&mut carol, "nodespermcreatechild", "").await, @r#"<rpl id="rpl:nodespermcreatechild" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data/></rpl>"#);
    let users = r#"<chanib uri="ma-cat://example.test/[general]"/><qib criteria="b"/>"#;
    assert_snapshot!(ask(&mut alice, "getcatusers", users).await, @r#"<rpl id="rpl:getcatusers" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib uri="sip:bob@example.test" guid="[bob]" type="5" dispname="bob"/></data></rpl>"#);
    assert_snapshot!(short(&mut carol, "getcatusers", users).await, @"403 Only creators of the category may create rooms in it.");
    let nowhere = r#"<chanib uri="mood"/><qib/>"#;
    assert_eq!(
        short(&mut carol, "getcatusers", nowhere).await,
        "404 There is no such room."
    );
}

#[tokio::test]
async fn people_groups_and_add_ins_are_told() {
    let world = world().await;
    let mut carol = world.invited("carol").await;
    assert_snapshot!(ask(&mut carol, "findusers", r#"<qib lastname="AL" firstname="" mail="a"/>"#).await, @r#"<rpl id="rpl:findusers" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib uri="sip:alice@example.test" guid="[alice]" type="5" dispname="alice"/></data></rpl>"#);
    assert_snapshot!(ask(&mut carol, "findusers", r#"<qib maxResults="1"/>"#).await, @r#"<rpl id="rpl:findusers" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib uri="sip:alice@example.test" guid="[alice]" type="5" dispname="alice"/><prop id="urn:parlano:ma:prop:more">True</prop></data></rpl>"#);
    assert_snapshot!(ask(&mut carol, "getuser", r#"<uib uri="sip:Bob@example.test"/>"#).await, @r#"<rpl id="rpl:getuser" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib uri="sip:bob@example.test" guid="[bob]" type="5" dispname="bob"/></data></rpl>"#);
    let mut groups = Vec::new();
    for name in ["traders", "sales unit", "example.test"] {
        let uri = format!(r#"<uib uri="ma-grp:[{name}]@u.g"/>"#);
        groups.push(ask(&mut carol, "getgroup", &uri).await);
    }
    assert_snapshot!(groups.join("\n"), @r#"
    <rpl id="rpl:getgroup" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib uri="ma-grp:[traders]@u.g" guid="[traders]" type="9" dispname="Traders"/></data></rpl>
    <rpl id="rpl:getgroup" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib uri="ma-grp:[sales unit]@u.g" guid="[sales unit]" type="10" dispname="Sales unit"/></data></rpl>
    <rpl id="rpl:getgroup" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib uri="ma-grp:[example.test]@u.g" guid="[example.test]" type="8" dispname="example.test"/></data></rpl>
    "#);
    for (name, uri) in [
        ("getuser", "sip:nobody@example.test"),
        ("getuser", "mood"),
        ("getgroup", "ma-grp:00000000-0000-0000-0000-000000000001@u.g"),
        ("getgroup", "sip:bob@example.test"),
    ] {
        let reply = short(&mut carol, name, &format!(r#"<uib uri="{uri}"/>"#)).await;
        assert_eq!(reply, "404 There is no such user or group.");
    }
    assert_snapshot!(ask(&mut carol, "getsiops", "").await, @r#"<rpl id="rpl:getsiops" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><siop siopid="[prices]" siopname="Prices" siopurl="https://prices.example.test/"/></data></rpl>"#);
}

#[tokio::test]
async fn participants_are_told_to_those_in_the_room() {
    let world = world().await;
    let (mut alice, mut carol) = (world.invited("alice").await, world.invited("carol").await);
    alice.join("Lobby").await;
    assert_snapshot!(ask(&mut alice, "getparticipants", LOBBY).await, @r#"<rpl id="rpl:getparticipants" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><uib id="0" uri="sip:alice@example.test" type="5" dispname="alice"/><chanib uri="ma-chan://example.test/[lobby]" name="Lobby" description="About Lobby" parent="ma-cat://example.test/[general]" behavior="NORMAL"><aib key="3456" value="0"/><info id="urn:parlano:ma:info:ucnt">1</info><info id="urn:parlano:ma:info:visibilty">OPEN</info><info id="urn:parlano:ma:info:visibility">OPEN</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">True</prop><prop id="urn:parlano:ma:prop:logged">True</prop></chanib></data></rpl>"#);
    assert_eq!(
        short(&mut carol, "getparticipants", LOBBY).await,
        "406 You are not in this room."
    );
}

#[tokio::test]
async fn history_is_searched_by_date_message_and_words() {
    let world = world().await;
    let mut alice = world.invited("alice").await;
    for (room, text) in [
        ("Lobby", "red fox"),
        ("Lobby", "blue whale"),
        ("X", "fox in secret"),
    ] {
        alice.join(room).await;
        assert_eq!(status(&alice.post(room, text, "", "").await), 200);
        alice.next().await;
    }
    let words = r#"<bcq><date from="2013-01-01T00:00:00Z" to="2100-01-01T00:00:00"/><limit cnt="1"/><text mt="OR">fox whale</text><searchbkwds>true</searchbkwds></bcq>"#;
    assert_snapshot!(ask(&mut alice, "bcbydate", &format!("{LOBBY}{SECRET}{words}")).await, @r#"<rpl id="rpl:bcbydate" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://example.test/[lobby]" name="Lobby"><info id="urn:parlano:ma:info:matches">2</info><prop id="urn:parlano:ma:prop:limitexceeded">True</prop><msg id="grpchat" chanUri="ma-chan://example.test/[lobby]" author="sip:alice@example.test" authdisp="alice" chatId="2" ts="[ts]"><chat>blue whale</chat></msg></chanib><chanib uri="ma-chan://example.test/[x]" name="X"><info id="urn:parlano:ma:info:matches">1</info><prop id="urn:parlano:ma:prop:limitexceeded">False</prop><msg id="grpchat" chanUri="ma-chan://example.test/[x]" author="sip:alice@example.test" authdisp="alice" chatId="1" ts="2023-11-14T22:13:20.0000000Z"><chat>fox in secret</chat></msg></chanib></data></rpl>"#);
    let from = r#"<bcq><msgid id="2"/><searchbkwds>true</searchbkwds></bcq>"#;
    assert_snapshot!(ask(&mut alice, "bcbymsg", &format!("{LOBBY}{from}")).await, @r#"<rpl id="rpl:bcbymsg" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://example.test/[lobby]" name="Lobby"><info id="urn:parlano:ma:info:matches">1</info><prop id="urn:parlano:ma:prop:limitexceeded">False</prop><msg id="grpchat" chanUri="ma-chan://example.test/[lobby]" author="sip:alice@example.test" authdisp="alice" chatId="1" ts="[ts]"><chat>red fox</chat></msg></chanib></data></rpl>"#);
    let nothing = r#"<bcq><author uri="sip:bob@example.test"/><last cnt="5"/></bcq>"#;
    assert_snapshot!(ask(&mut alice, "bcByMood", &format!("{LOBBY}{nothing}")).await, @r#"<rpl id="rpl:bcByMood" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://example.test/[lobby]" name="Lobby"><info id="urn:parlano:ma:info:matches">0</info><prop id="urn:parlano:ma:prop:limitexceeded">False</prop></chanib></data></rpl>"#);
    let phrase = "<bcq><last cnt=\"5\"/><text>fox red</text><matchexactphrase>true</matchexactphrase></bcq>";
    let reply = ask(&mut alice, "bccontext", &format!("{LOBBY}{phrase}")).await;
    assert!(
        reply.starts_with(r#"<rpl id="rpl:bccontext""#) && !reply.contains("<msg"),
        "{reply}"
    );

    let mut refusals = Vec::new();
    for wrong in [
        r#"<bcq><date from="yesterday"/></bcq>"#,
        r#"<bcq><author uri="mood"/></bcq>"#,
        "<bcq><text>f*</text></bcq>",
    ] {
        refusals.push(short(&mut alice, "bcbydate", &format!("{LOBBY}{wrong}")).await);
    }
    assert_snapshot!(refusals.join("\n"), @r#"
    400 'yesterday' is not a date and time.
    400 An author is wrong: 'mood' is not an address of the form user@domain.
    400 A word that ends with * has at least 2 characters before it.
    "#);
}

#[tokio::test]
async fn rooms_that_cannot_be_read_are_told_of_beside_those_that_can() {
    let world = world().await;
    let mut carol = world.invited("carol").await;
    let others = r#"<chanib uri="mood"/>"#;
    for (name, query) in [
        ("bccontext", r#"<bcq><last cnt="5"/></bcq>"#),
        ("bcbydate", "<bcq><text>fox</text></bcq>"),
    ] {
        let reply = ask(&mut carol, name, &format!("{SECRET}{LOBBY}{others}{query}")).await;
        assert!(
            reply.contains("SUCCESS_OK") && reply.contains(r#"name="Lobby""#),
            "{reply}"
        );
        let failures = reply.split_once("</chanib>").map_or_else(
            || reply.split_once("/><fib").unwrap().1.to_owned(),
            |(_, rest)| rest.to_owned(),
        );
        assert_eq!(count(&reply, r#"<fib key="OPERATION_FAILED""#), 2, "{reply}");
        assert!(failures.contains("[x]") && failures.contains("mood"), "{reply}");
        let alone = short(&mut carol, name, &format!("{SECRET}{query}")).await;
        assert_eq!(alone, "404 There is no such room.", "none of them could be read");
        let outside = short(&mut carol, name, &format!("{DEALS}{query}")).await;
        assert_eq!(outside, "403 Only members of the room may do this.");
        for (rooms, code) in [(64, "200"), (65, "400")] {
            let reply = short(&mut carol, name, &format!("{}{query}", LOBBY.repeat(rooms))).await;
            assert!(reply.starts_with(code), "{reply}");
        }
    }
}

#[tokio::test]
async fn a_reply_with_rooms_is_never_larger_than_what_a_peer_takes() {
    const MOST: usize = 1024 * 1024;
    let world = World::new().await;
    let rooms = (0..999).map(|number| {
        Action::AddRoom(NewRoom {
            name: format!("Room {number:03}"),
            category: "General".to_owned(),
            description: "🙂".repeat(256),
            room_type: RoomType::Normal,
            privacy: Privacy::Open,
            invitations: Invitations::Inherit,
            addin: None,
            disabled: false,
        })
    });
    world.chat.act_all(Actor::System, rooms.collect()).await.unwrap();
    let mut alice = world.invited("alice").await;
    let found = async |client: &mut Client, most: usize| {
        let reply = ask(client, "chansrch", &format!(r#"<qib maxResults="{most}"/>"#)).await;
        let body = client.raw.split_once("\r\n\r\n").unwrap().1.len();
        assert!(body <= MOST, "{body}");
        count(&reply, "<chanib ")
    };
    assert_eq!(found(&mut alice, 100).await, 100, "these fit");
    let fitting = found(&mut alice, 999).await;
    assert!((300..900).contains(&fitting), "{fitting}");
}
