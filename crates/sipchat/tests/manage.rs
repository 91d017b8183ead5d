//! Rooms made and changed over the wire, and what those in them are sent.

mod common;

use causerie_chat::{Action, ConfigurationChange, NodeName, PolicyChange, PrincipalName, RoomChange};
use causerie_model::{Role, Scope};
use common::{World, body, status};
use insta::assert_snapshot;

/// Alice manages Deals and News and may create rooms.
async fn world() -> World {
    let world = World::new().await;
    for room in ["Deals", "News"] {
        world
            .grant(NodeName::Room(room.to_owned()), Role::Manager, "alice")
            .await;
    }
    world
        .grant(NodeName::Category("General".to_owned()), Role::Creator, "alice")
        .await;
    world
}

fn cmd(name: &str, data: &str) -> String {
    format!(r#"<cmd id="cmd:{name}" seqid="1"><data>{data}</data></cmd>"#)
}

fn uri(room: &str) -> String {
    format!("ma-chan://example.test/[{room}]")
}

/// The code and text of a reply.
fn outcome(reply: &str) -> &str {
    let start = reply.find("<resp code=").unwrap();
    let end = reply.find("</resp>").unwrap();
    &reply[start + 6..end]
}

fn attribute<'a>(reply: &'a str, name: &str) -> &'a str {
    let (_, rest) = reply.split_once(&format!(" {name}=\"")).unwrap();
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn a_room_is_made_changed_and_told_to_those_in_it() {
    let world = world().await;
    let (mut alice, mut bob) = (world.invited("alice").await, world.invited("bob").await);
    let create = cmd(
        "chancreate",
        r#"<chanib parent="ma-cat://example.test/[general]" name="Plans" description="Next year" behavior="NORMAL"><info id="urn:parlano:ma:info:visibility">SCOPED</info><prop id="urn:parlano:ma:prop:invite">false</prop></chanib>"#,
    );
    let made = alice.command(&create).await;
    let plans = attribute(&made, "uri").to_owned();
    let made = made.replace(plans.rsplit('/').next().unwrap(), "[plans]");
    assert_snapshot!(made, @r#"<rpl id="rpl:chancreate" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><chanib uri="ma-chan://example.test/[plans]" name="Plans" description="Next year" parent="ma-cat://example.test/[general]" behavior="NORMAL" disabled="false"><audit updatedby="sip:alice@example.test" updatedon="2023-11-14T22:13:20.0000000Z" createdby="sip:alice@example.test" createdon="2023-11-14T22:13:20.0000000Z"/><info id="urn:parlano:ma:info:ucnt">0</info><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">False</prop><prop id="urn:parlano:ma:prop:logged">True</prop></chanib></data></rpl>"#);

    let again = alice.command(&create).await;
    assert_eq!(outcome(&again), r#"code="409">There is a room 'Plans' already."#);

    bob.join("Deals").await;
    let stamp = "2023-11-14T22:13:20.0000000Z";
    let update = |stamp: &str| {
        let uri = uri("deals");
        cmd(
            "chanmodify",
            &format!(
                r#"<chanib uri="{uri}" name="Bonds" description="" behavior="AUDITORIUM"><audit updatedon="{stamp}"/></chanib><role type="MEMBER"><uib uri="sip:bob@example.test"/><uib uri="sip:alice@example.test"/></role><role type="PRESENTER"><uib uri="sip:alice@example.test"/></role>"#
            ),
        )
    };
    // Members came and a manager, after it was made.
    let stale = alice.command(&update(stamp)).await;
    assert!(
        outcome(&stale).starts_with(r#"code="409">Room 'Deals' was changed by "#),
        "{stale}"
    );
    let look = cmd(
        "remfromrole",
        &format!(
            r#"<chanib uri="{}"/><role type="MANAGER"><uib uri="sip:bob@example.test"/></role>"#,
            uri("deals")
        ),
    );
    let seen = alice.command(&look).await;
    let stamp = attribute(&seen, "updatedon").to_owned();
    let changed = alice.command(&update(&stamp)).await;
    assert_eq!(outcome(&changed), r#"code="200">SUCCESS_OK"#);
    assert!(attribute(&changed, "updatedon") > stamp.as_str(), "{changed}");
    assert_snapshot!(body(&bob.next().await), @r#"<ntc id="ntc:chanmodify" seqid="1"><data><chanib uri="ma-chan://example.test/[deals]" name="Bonds" description="" parent="ma-cat://example.test/[general]" behavior="AUDITORIUM" disabled="false"><audit updatedby="sip:alice@example.test" updatedon="2023-11-14T22:13:20.0000040Z" createdby="system" createdon="2023-11-14T22:13:20.0000000Z"/><info id="urn:parlano:ma:info:ucnt">1</info><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">True</prop><prop id="urn:parlano:ma:prop:logged">True</prop></chanib></data></ntc>"#);
    let stale = alice.command(&update(&stamp)).await;
    assert!(
        outcome(&stale).starts_with(r#"code="409">Room 'Bonds' was changed by "#),
        "{stale}"
    );
}

#[tokio::test]
async fn lists_are_edited_and_participants_see_what_they_may_do() {
    let world = world().await;
    let (mut alice, mut bob) = (world.invited("alice").await, world.invited("bob").await);
    bob.join("News").await;
    let edit = |name: &str, room: &str, role: &str, who: &str| {
        let room = uri(room);
        cmd(
            name,
            &format!(r#"<chanib uri="{room}"/><role type="{role}"><uib uri="{who}"/></role>"#),
        )
    };
    let presenter = edit("addtorole", "news", "PRESENTER", "sip:bob@example.test");
    let added = alice.command(&presenter).await;
    assert!(
        added.starts_with(r#"<rpl id="rpl:addtorole""#) && added.contains("<audit "),
        "{added}"
    );
    assert_eq!(outcome(&added), r#"code="200">SUCCESS_OK"#);
    assert_snapshot!(body(&bob.next().await), @r#"<ntc id="ntc:permchange" seqid="1"><data><uib uri="sip:bob@example.test"><aib key="7552" domain="example.test" value="[news]"/></uib></data></ntc>"#);
    for (command, expected) in [
        (presenter, r#"code="409">They have this role already."#),
        (
            edit("addtorole", "deals", "PRESENTER", "sip:bob@example.test"),
            r#"code="400">Only auditoriums have presenters."#,
        ),
        (
            edit("addtorole", "news", "MEMBER", "sip:nobody@example.test"),
            r#"code="404">There is no user 'nobody@example.test'."#,
        ),
        (
            edit(
                "addtorole",
                "news",
                "MEMBER",
                "ma-grp:00000000-0000-8000-8000-000000000001@u.g",
            ),
            r#"code="404">There is no group 'ma-grp:00000000-0000-8000-8000-000000000001@u.g'."#,
        ),
        (
            edit("addtorole", "news", "MEMBER", "tel:1"),
            r#"code="400">'tel:1' is neither a user nor a group."#,
        ),
        (
            edit("addtorole", "x", "MEMBER", "sip:carol@example.test"),
            r#"code="403">Only managers of the room may do this."#,
        ),
        (
            edit("remfromrole", "news", "PRESENTER", "sip:bob@example.test"),
            r#"code="200">SUCCESS_OK"#,
        ),
        (
            edit("remfromrole", "news", "PRESENTER", "sip:bob@example.test"),
            r#"code="200">SUCCESS_OK"#,
        ),
        (
            edit("remfromrole", "news", "MEMBER", "sip:carol@example.test"),
            r#"code="200">SUCCESS_OK"#,
        ),
        (
            edit("addtorole", "news", "PRESENTER", "sip:carol@example.test"),
            r#"code="400">Only members of the room may do this."#,
        ),
    ] {
        let reply = alice.command(&command).await;
        assert_eq!(outcome(&reply), expected);
    }
    let mut carol = world.invited("carol").await;
    for room in [
        uri("x"),
        uri("x").replace("[x]", "00000000-0000-0000-0000-000000000001"),
    ] {
        let asked = cmd(
            "addtorole",
            &format!(
                r#"<chanib uri="{room}"/><role type="MEMBER"><uib uri="sip:carol@example.test"/></role>"#
            ),
        );
        assert!(outcome(&carol.command(&asked).await).starts_with(r#"code="404">There is no room"#));
    }
}

#[tokio::test]
async fn a_room_is_moved_only_where_its_manager_may_create() {
    let world = world().await;
    let mut alice = world.invited("alice").await;
    let database = alice
        .command(&cmd(
            "getserverinfo",
            r#"<sib domain="example.test" infoType="123"/>"#,
        ))
        .await;
    let root = attribute(&database, "rootUri").to_owned();
    let to = |category: &str| {
        let room = uri("deals");
        cmd(
            "chanmove",
            &format!(r#"<chanib uri="{room}" parent="{category}"/>"#),
        )
    };
    assert_eq!(
        outcome(&alice.command(&to("ma-cat://example.test/[general]")).await),
        r#"code="200">SUCCESS_OK"#
    );
    assert_eq!(
        outcome(&alice.command(&to(&root)).await),
        r#"code="400">A room must be in a category, not directly under the root."#
    );
    let nowhere = "ma-cat://example.test/00000000-0000-0000-0000-000000000001";
    assert!(outcome(&alice.command(&to(nowhere)).await).starts_with(r#"code="404">"#));
    let mut bob = world.invited("bob").await;
    let create = cmd(
        "chancreate",
        r#"<chanib parent="ma-cat://example.test/[general]" name="Plans"/>"#,
    );
    assert_eq!(
        outcome(&bob.command(&create).await),
        r#"code="403">Only creators of the category may create rooms in it."#
    );
}

#[tokio::test]
async fn who_is_invited_is_told_and_can_ask() {
    let world = world().await;
    let mut carol = world.invited("carol").await;
    let ask = |id: u32| {
        cmd(
            "getinv",
            &format!(r#"<inv inviteId="{id}" domain="example.test"/>"#),
        )
    };
    assert_snapshot!(carol.command(&ask(0)).await, @r#"<rpl id="rpl:getinv" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data/></rpl>"#);
    world
        .grant(NodeName::Room("Deals".to_owned()), Role::Member, "carol")
        .await;
    assert_snapshot!(body(&carol.next().await), @r#"<ntc id="ntc:invite" seqid="1"><data><inv inviteId="1" domain="example.test"/><chanib uri="ma-chan://example.test/[deals]" name="Deals" description="About Deals" parent="ma-cat://example.test/[general]" behavior="NORMAL"><info id="urn:parlano:ma:info:ucnt">0</info><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">True</prop><prop id="urn:parlano:ma:prop:logged">True</prop><inv inviteId="1" domain="example.test" createdon="2023-11-14T22:13:20.0000000Z"/></chanib></data></ntc>"#);
    assert_snapshot!(carol.command(&ask(0)).await, @r#"<rpl id="rpl:getinv" seqid="1"><commandid seqid="1" envid="77"/><resp code="200">SUCCESS_OK</resp><data><inv inviteId="1" domain="example.test"/><chanib uri="ma-chan://example.test/[deals]" name="Deals" description="About Deals" parent="ma-cat://example.test/[general]" behavior="NORMAL"><info id="urn:parlano:ma:info:ucnt">0</info><info id="urn:parlano:ma:info:visibilty">SCOPED</info><info id="urn:parlano:ma:info:visibility">SCOPED</info><prop id="urn:parlano:ma:prop:filepost">False</prop><prop id="urn:parlano:ma:prop:invite">True</prop><prop id="urn:parlano:ma:prop:logged">True</prop><inv inviteId="1" domain="example.test" createdon="2023-11-14T22:13:20.0000000Z"/></chanib></data></rpl>"#);
    assert!(carol.command(&ask(1)).await.contains("<data/>"));
}

#[tokio::test]
async fn who_is_put_out_of_a_disabled_room_sees_that() {
    let world = world().await;
    let mut bob = world.invited("bob").await;
    bob.join("Deals").await;
    let change = RoomChange {
        disabled: Some(true),
        ..RoomChange::default()
    };
    let name = "Deals".to_owned();
    world.act(Action::ChangeRoom { name, change }).await;
    assert_snapshot!(body(&bob.next().await), @r#"<ntc id="ntc:part" seqid="1"><data><chanib uri="ma-chan://example.test/[deals]"><uib uri="sip:bob@example.test"/></chanib></data></ntc>"#);
    assert_eq!(
        outcome(&bob.join("Deals").await),
        r#"code="410">The room is disabled."#
    );
}

#[tokio::test]
async fn aliases_reach_the_service_while_they_are_there() {
    let world = World::new().await;
    let address = "chat@legacy.test";
    assert!(world.serves("ocschat@example.test") && world.serves("CHATPOOL@example.test"));
    assert!(!world.serves(address));
    let alias = || address.parse().unwrap();
    world
        .act(Action::AddAlias {
            address: alias(),
            display_name: "Chat".to_owned(),
        })
        .await;
    assert!(world.serves(address) && world.serves("Chat@Legacy.test"));
    let mut alice = world.session("alice");
    alice.dialled = address.to_owned();
    assert_eq!(
        status(&alice.send("INVITE", 1, "application/sdp", "v=0").await),
        200
    );
    assert_eq!(status(&alice.info(&cmd("requri", "")).await), 200);
    let reply = alice.next().await;
    assert!(reply.contains("\nFrom: <sip:chat@legacy.test>;tag="), "{reply}");
    world.act(Action::RemoveAlias { address: alias() }).await;
    assert!(!world.serves(address));
}

#[tokio::test]
async fn who_may_not_use_rooms_is_told_in_words() {
    let world = World::new().await;
    let change = PolicyChange {
        enable_persistent_chat: Some(false),
        ..PolicyChange::default()
    };
    let scope = Scope::Global;
    world.act(Action::SetPolicy { scope, change }).await;
    let mut alice = world.session("alice");
    let answer = alice.send("INVITE", 1, "application/sdp", "v=0").await;
    assert_eq!(status(&answer), 403);
    assert!(
        answer.contains(r#"reason="The user's policy does not enable persistent chat.""#),
        "{answer}"
    );
}

#[tokio::test]
async fn clients_learn_where_rooms_are_managed() {
    let world = World::new().await;
    let mut alice = world.invited("alice").await;
    let ask = cmd("getserverinfo", r#"<sib domain="example.test" infoType="123"/>"#);
    assert!(!alice.command(&ask).await.contains("roomManagementUrl"));
    let change = ConfigurationChange {
        room_management_url: Some(Some("https://rooms.test/".to_owned())),
        ..ConfigurationChange::default()
    };
    let scope = Scope::Global;
    world.act(Action::SetConfiguration { scope, change }).await;
    assert!(
        alice
            .command(&ask)
            .await
            .contains(r#"roomManagementUrl="https://rooms.test/""#)
    );
}

#[tokio::test]
async fn groups_are_named_by_the_guid_of_their_row() {
    let world = world().await;
    let group = || PrincipalName::Group("Desk".to_owned());
    world
        .act(Action::AddGroup {
            name: "Desk".to_owned(),
            kind: causerie_model::GroupKind::Group,
        })
        .await;
    world
        .act(Action::Grant {
            node: NodeName::Category("General".to_owned()),
            role: Role::Allowed,
            principal: group(),
        })
        .await;
    let mut alice = world.invited("alice").await;
    let info = alice
        .command(&cmd(
            "getserverinfo",
            r#"<sib domain="example.test" infoType="123"/>"#,
        ))
        .await;
    let database = attribute(&info, "dbVersion").parse().unwrap();
    let row = world.chat.catalogue().group_by_name("desk").unwrap().id;
    let guid = causerie_model::principal_guid(database, row);
    let add = cmd(
        "addtorole",
        &format!(
            r#"<chanib uri="{}"/><role type="MEMBER"><uib uri="ma-grp:{guid}@u.g"/></role>"#,
            uri("deals")
        ),
    );
    assert_eq!(outcome(&alice.command(&add).await), r#"code="200">SUCCESS_OK"#);
    let deals = world.chat.catalogue().room_by_name("Deals").unwrap().id;
    let node = causerie_model::Node::Room(deals);
    assert!(world.chat.catalogue().is_listed(node, Role::Member, row));
}
