//! The made-up users and rooms of `serve --demo`.

use crate::data_dir::{DataDir, write_private};
use anyhow::{Context, Result};
use causerie_accounts::Accounts;
use causerie_chat::{Action, ActionError, Chat, NewCategory, NewRoom, NodeName, PrincipalName};
use causerie_compliance::{
    Compliance, Officer,
    documents::{Adapter, AdapterFormat},
};
use causerie_model::{Actor, Invitations, Privacy, Role, RoomType, SipAddress};
use causerie_policy::AdminRole;
use causerie_web::admin::Keyring;
use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

/// The password of all of them.
pub(crate) const PASSWORD: &str = "causerie";
/// The users, by the part of the address before the `@`.
pub(crate) const USERS: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// The file with the token of the demo's compliance officer.
pub(crate) const OFFICER_TOKEN: &str = "officer.token";
/// The folder that the demo's adapter exports to.
pub(crate) const EXPORTS: &str = "exports";

/// The name of the officer's token, and of the adapter.
const NAME: &str = "demo";

/// How often the demo's adapter runs, in seconds.
const INTERVAL: u32 = 60;

const GROUP: &str = "Everyone";
const CATEGORY: &str = "General";

/// Is there while seeding goes on, so that a start after a crash in the middle of it goes on.
const UNDER_WAY: &str = "seeding";

/// Adds the users and rooms if there are no users at all.
pub(crate) async fn seed(chat: &Chat, accounts: &Accounts, data_dir: &DataDir, domain: &str) -> Result<()> {
    let mark = data_dir.file(UNDER_WAY);
    if chat.catalogue().users().next().is_some() && !mark.exists() {
        return Ok(());
    }
    fs::write(&mark, "")?;
    for action in actions(domain)? {
        match chat.act(Actor::System, action).await {
            Ok(_) | Err(ActionError::Duplicate { .. }) => {}
            Err(error) => return Err(error).context("the demo's users and rooms can't be added"),
        }
    }
    for name in USERS {
        let address = address(name, domain)?;
        let user = chat.catalogue().user_by_address(&address).map(|user| user.id);
        let user = user.with_context(|| format!("{address} wasn't added"))?;
        accounts.set_password(user, PASSWORD).await?;
    }
    fs::remove_file(&mark)?;
    Ok(())
}

/// Gives an officer a token, unless there is one already.
pub(crate) async fn officer(chat: &Chat, tokens: &Keyring, data_dir: &DataDir) -> Result<()> {
    let file = data_dir.file(OFFICER_TOKEN);
    if !file.exists() {
        let text = tokens.issue(chat, NAME, AdminRole::ComplianceOfficer).await;
        write_private(&file, format!("{}\n", text?).as_bytes())?;
    }
    Ok(())
}

/// Has an adapter that exports every minute to this folder, unless there is one already.
pub(crate) async fn adapter(service: &Compliance, exports: &Path) -> Result<()> {
    if !service.adapters().await?.is_empty() {
        return Ok(());
    }
    let officer = Officer {
        name: format!("token:{NAME}"),
        origin: "demo".to_owned(),
    };
    DirBuilder::new().recursive(true).mode(0o700).create(exports)?;
    let adapter = Adapter {
        add_chat_room_details: true,
        add_user_details: true,
        create_file_attachments_manifest: false,
        directory: exports.display().to_string(),
        enabled: true,
        extension: None,
        format: AdapterFormat::Xml,
        interval: INTERVAL,
        one_chat_room_per_output_file: false,
        xslt: None,
        zip: false,
    };
    service.set_adapter(&officer, NAME, &adapter, false).await?;
    Ok(())
}

fn address(name: &str, domain: &str) -> Result<SipAddress> {
    Ok(SipAddress::parse(&format!("{name}@{domain}"))?)
}

/// What to do, in order.
fn actions(domain: &str) -> Result<Vec<Action>> {
    let user = |name: &str| address(name, domain).map(PrincipalName::User);
    let everyone = || PrincipalName::Group(GROUP.to_owned());
    let mut actions = Vec::new();
    for name in USERS {
        let (first, rest) = name.split_at(1);
        let display_name = format!("{}{rest}", first.to_uppercase());
        actions.push(Action::AddUser {
            address: address(name, domain)?,
            display_name,
        });
    }
    actions.push(Action::AddGroup {
        kind: causerie_model::GroupKind::Group,
        name: GROUP.to_owned(),
    });
    for name in USERS {
        actions.push(Action::AddToGroup {
            group: GROUP.to_owned(),
            member: user(name)?,
        });
    }
    actions.push(Action::AddCategory(NewCategory {
        name: CATEGORY.to_owned(),
        description: "Rooms for everyone".to_owned(),
        invitations: true,
        file_upload: false,
        history: true,
        compliance: causerie_model::ComplianceMode::Open,
    }));
    let node = NodeName::Category(CATEGORY.to_owned());
    actions.push(Action::Grant {
        node,
        role: Role::Allowed,
        principal: everyone(),
    });
    let (normal, auditorium) = (RoomType::Normal, RoomType::Auditorium);
    for (name, description, room_type, privacy) in [
        ("Lobby", "Open to everyone", normal, Privacy::Open),
        ("Deals", "For those on the deal", normal, Privacy::Closed),
        (
            "Announcements",
            "Alice speaks, everyone listens",
            auditorium,
            Privacy::Closed,
        ),
        ("Project X", "What nobody else knows of", normal, Privacy::Secret),
    ] {
        actions.push(Action::AddRoom(NewRoom {
            name: name.to_owned(),
            category: CATEGORY.to_owned(),
            description: description.to_owned(),
            room_type,
            privacy,
            invitations: Invitations::Inherit,
            addin: None,
            disabled: false,
        }));
    }
    for (room, role, principal) in [
        ("Deals", Role::Manager, user("alice")?),
        ("Deals", Role::Member, user("alice")?),
        ("Deals", Role::Member, user("bob")?),
        ("Announcements", Role::Member, everyone()),
        ("Announcements", Role::Presenter, user("alice")?),
        ("Project X", Role::Member, user("alice")?),
        ("Project X", Role::Member, user("bob")?),
    ] {
        actions.push(Action::Grant {
            node: NodeName::Room(room.to_owned()),
            role,
            principal,
        });
    }
    Ok(actions)
}
