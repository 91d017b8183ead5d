//! Outcomes and notices as XCCOS documents.

use crate::{Settings, dialog::Kind};
use causerie_chat::{
    InvitedTo, Notice, Outcome, ParticipantInfo, PreferenceAnswer, PrincipalInfo, PrincipalKind, Refusal,
    RoomSnapshot, RoomSummary,
};
use causerie_model::{
    Addin, GroupKind, Invitations, Message, Permissions, Privacy, RoomType, SipAddress, Timestamp,
};
use causerie_xccos::{
    CategoryUri, ChatLine, Correlation, Extra, GroupUri,
    blocks::{
        AddIn, Audit, Behavior, CategoryBlock, FailureBlock, Invitation, ParticipantGroup, Preference,
        PrincipalType, RoomAssociation, RoomBlock, ServerInfo, UserBlock, Visibility,
    },
    chat,
    limits::DEFAULT_MAX_DOCUMENT_BYTES,
    notice as ntc,
    reply::{self, InvitationsReply, JoinReply, PrincipalsReply},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// Text of messages that one history reply carries, in bytes. Older messages than fit are left out: the client can ask
/// for them. Keeps a reply well below what a SIP peer takes in one message.
pub(crate) const MAX_HISTORY_BYTES: usize = 512 * 1024;

fn room_uri(domain: &str, guid: Uuid) -> String {
    format!("ma-chan://{domain}/{guid}")
}

/// The reply to a command that was done.
pub(crate) fn outcome(
    settings: &Settings,
    name: &str,
    kind: &Kind,
    to: &Correlation<'_>,
    outcome: &Outcome,
) -> Result<String, Refusal> {
    let domain = &settings.domain;
    match (kind, outcome) {
        (Kind::Join, Outcome::Joined { rooms, refused }) => match refused.first() {
            Some((_, refusal)) => Err(refusal.clone()),
            None => Ok(reply::join(to, &joined(domain, rooms, &[], domain))),
        },
        (Kind::BatchJoin { domain: asked }, Outcome::Joined { rooms, refused }) => {
            let failed: Vec<Uuid> = refused.iter().map(|(guid, _)| *guid).collect();
            Ok(reply::batch_join(to, &joined(domain, rooms, &failed, asked)))
        }
        (Kind::Part { uri }, Outcome::Parted { .. }) => Ok(reply::part(to, uri)),
        (Kind::ChannelSearch, Outcome::Rooms(rooms)) => {
            Ok(found(to, name, rooms.iter().map(|room| summary(domain, room))))
        }
        (Kind::Rooms, Outcome::Rooms(rooms)) => {
            Ok(found(to, name, rooms.iter().map(|room| card(domain, room))))
        }
        (Kind::Categories, Outcome::Categories(categories)) => {
            let categories: Vec<_> = categories
                .iter()
                .map(|category| CategoryBlock {
                    uri: format!("ma-cat://{domain}/{}", category.guid).into(),
                    name: Some((&category.name).into()),
                    description: Some((&category.description).into()),
                    invite: Some(category.invitations),
                })
                .collect();
            Ok(reply::categories_to_create_in(to, &categories))
        }
        (Kind::Principals, Outcome::Principals { principals, more }) => {
            let found = PrincipalsReply {
                principals: principals.iter().map(principal).collect(),
                more: *more,
            };
            Ok(reply::principals(name, to, &found))
        }
        (
            Kind::Role,
            Outcome::Role {
                room,
                principals,
                more,
            },
        ) => {
            let room = RoomBlock {
                users: principals.iter().map(principal).collect(),
                limit_exceeded: more.then_some(true),
                ..card(domain, room)
            };
            Ok(reply::rooms(name, to, &[room]))
        }
        (Kind::Permissions, Outcome::Permissions { room, user }) => {
            let association = RoomAssociation {
                mask: user.permissions.0,
                domain: domain.into(),
                guid: room.to_string().into(),
            };
            let caller = UserBlock {
                principal_type: Some(PrincipalType::User),
                display_name: Some((&user.name).into()),
                associations: vec![association],
                ..UserBlock::new(user.address.to_uri())
            };
            Ok(reply::permissions(to, &caller))
        }
        (Kind::Participants, Outcome::Participants(room)) => {
            let room = std::slice::from_ref(&**room);
            Ok(reply::participants(to, &joined(domain, room, &[], domain)))
        }
        (Kind::Addins, Outcome::Addins(addins)) => {
            let addins: Vec<_> = addins.iter().map(add_in).collect();
            Ok(reply::add_ins(to, &addins))
        }
        (Kind::Manage { must_change: true }, Outcome::Managed { changed: false, .. }) => {
            Err(Refusal::AlreadyHeld)
        }
        (Kind::Manage { .. }, Outcome::Managed { room, .. }) => {
            Ok(reply::rooms(name, to, &[card(domain, room)]))
        }
        (Kind::Invitations, Outcome::Invitations { last, rooms }) => {
            let invitations = InvitationsReply {
                last: last.map(|id| invitation(domain, id, None)),
                rooms: rooms.iter().map(|one| invited(domain, one)).collect(),
            };
            Ok(reply::invitations(to, &invitations))
        }
        (Kind::ServerInfo { info_type }, Outcome::ServerInfo(info)) => {
            // The root category has the database's identity: both are made once and never change.
            let root = format!("ma-cat://{domain}/{}", info.database);
            let info = ServerInfo {
                info_type: info_type.into(),
                server_time: info.time.to_string().into(),
                search_limit: info.search_results,
                message_size_limit: u32::try_from(info.message_bytes).unwrap_or(u32::MAX),
                story_size_limit: u32::try_from(info.story_bytes).unwrap_or(u32::MAX),
                root_uri: root.into(),
                db_version: info.database.to_string().into(),
                display_name: None,
                room_management_url: info.room_management_url.as_deref().map(Into::into),
            };
            Ok(reply::server_info(to, settings.server_info_reply, &info))
        }
        (Kind::GetPreference { create_default }, Outcome::Preference(found)) => {
            let shown = (found.sequence > 0).then(|| preference(found, *create_default));
            Ok(reply::get_preference(to, shown.as_ref()))
        }
        (Kind::SetPreference { create_default }, Outcome::Preference(stored)) => {
            Ok(reply::set_preference(to, &preference(stored, *create_default)))
        }
        // Each operation has its own outcome; should one ever be mixed up, the client is told that it failed.
        _ => Err(Refusal::Invalid("The server mixed up its answers.".to_owned())),
    }
}

/// A reply with rooms: as many as a peer takes in one document.
fn found<'a>(to: &Correlation<'_>, name: &str, rooms: impl Iterator<Item = RoomBlock<'a>>) -> String {
    let mut rooms: Vec<_> = rooms.collect();
    loop {
        let document = reply::rooms(name, to, &rooms);
        if document.len() <= DEFAULT_MAX_DOCUMENT_BYTES || rooms.is_empty() {
            return document;
        }
        tracing::warn!(
            rooms = rooms.len(),
            bytes = document.len(),
            "A reply is cut: it has too many bytes."
        );
        rooms.truncate(rooms.len() * 3 / 4);
    }
}

/// A user or group. The GUID of a group is in its URI too.
fn principal(info: &PrincipalInfo) -> UserBlock<'_> {
    let guid = info.guid.to_string();
    let block = match &info.kind {
        PrincipalKind::User { address, name } => UserBlock {
            principal_type: Some(PrincipalType::User),
            display_name: Some(name.into()),
            ..UserBlock::new(address.to_uri())
        },
        PrincipalKind::Group { name, kind } => UserBlock {
            principal_type: Some(match kind {
                GroupKind::Group => PrincipalType::Group,
                GroupKind::Unit => PrincipalType::Folder,
                GroupKind::Domain => PrincipalType::Domain,
            }),
            display_name: Some(name.into()),
            ..UserBlock::new(GroupUri { guid: guid.clone() }.to_string())
        },
    };
    UserBlock {
        guid: Some(guid.into()),
        ..block
    }
}

fn add_in(addin: &Addin) -> AddIn<'_> {
    AddIn {
        id: addin.guid.to_string().into(),
        name: (&addin.name).into(),
        url: (&addin.url).into(),
    }
}

fn preference(answer: &PreferenceAnswer, create_default: bool) -> Preference<'_> {
    Preference {
        label: (&answer.label).into(),
        seqid: answer.sequence,
        create_default,
        content: answer.content.as_deref().map(Into::into),
    }
}

/// Rooms entered: all their users once, then the rooms that refer to them by number.
fn joined<'a>(
    domain: &str,
    rooms: &'a [RoomSnapshot],
    failed: &[Uuid],
    asked_domain: &'a str,
) -> JoinReply<'a> {
    let mut numbers = HashMap::new();
    let mut users = Vec::new();
    let mut number_of = |participant: &'a ParticipantInfo| {
        *numbers.entry(&participant.address).or_insert_with(|| {
            let number = u32::try_from(users.len()).unwrap_or(u32::MAX);
            users.push(UserBlock {
                id: Some(number),
                principal_type: Some(PrincipalType::User),
                display_name: Some((&participant.name).into()),
                ..UserBlock::new(participant.address.to_uri())
            });
            number
        })
    };
    let mut blocks = Vec::new();
    for room in rooms {
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for participant in &room.participants {
            groups
                .entry(participant.permissions.0)
                .or_default()
                .push(number_of(participant));
        }
        let groups = groups
            .into_iter()
            .map(|(mask, users)| ParticipantGroup { mask, users });
        blocks.push(RoomBlock {
            participants: groups.collect(),
            ..summary(domain, &room.summary)
        });
    }
    let failures = failed
        .iter()
        .map(|guid| FailureBlock::operation_failed(asked_domain, guid.to_string()));
    JoinReply {
        users,
        rooms: blocks,
        failures: failures.collect(),
    }
}

/// A room with all that there is to tell: what a manager changes, and the stamp that he changes it by.
fn card<'a>(domain: &str, found: &'a RoomSummary) -> RoomBlock<'a> {
    let audit = &found.room.audit;
    RoomBlock {
        disabled: Some(found.room.disabled),
        add_in: found.addin.as_ref().map(add_in),
        audit: Some(Audit {
            updated_by: (&audit.updated_by).into(),
            updated_on: audit.updated_on.to_string().into(),
            created_by: (&audit.created_by).into(),
            created_on: audit.created_on.to_string().into(),
        }),
        ..summary(domain, found)
    }
}

/// A room as others see it.
fn summary<'a>(domain: &str, found: &RoomSummary) -> RoomBlock<'a> {
    let RoomSummary {
        room,
        category,
        present,
        ..
    } = found;
    let parent = CategoryUri::new(domain, &category.guid.to_string());
    RoomBlock {
        name: Some(room.name.clone().into()),
        description: Some(room.description.clone().into()),
        parent: parent.ok().map(|uri| uri.to_string().into()),
        behavior: Some(match room.room_type {
            RoomType::Normal => Behavior::Normal,
            RoomType::Auditorium => Behavior::Auditorium,
        }),
        disabled: room.disabled.then_some(true),
        user_count: Some(u32::try_from(*present).unwrap_or(u32::MAX)),
        visibility: Some(match room.privacy {
            Privacy::Open => Visibility::Open,
            Privacy::Closed => Visibility::Closed,
            Privacy::Secret => Visibility::Secret,
        }),
        file_post: Some(category.file_upload),
        invite: Some(category.invitations && room.invitations == Invitations::Inherit),
        logged: Some(category.history),
        ..RoomBlock::new(room_uri(domain, room.guid))
    }
}

fn invitation<'a>(domain: &str, invite_id: u32, created_on: Option<Timestamp>) -> Invitation<'a> {
    Invitation {
        invite_id,
        domain: domain.to_owned().into(),
        created_on: created_on.map(|at| at.to_string().into()),
    }
}

/// A room that somebody is invited to.
fn invited<'a>(domain: &str, found: &InvitedTo) -> RoomBlock<'a> {
    RoomBlock {
        invitation: Some(invitation(domain, found.id, Some(found.at))),
        ..summary(domain, &found.summary)
    }
}

/// History of one room: as much of it as fits into what is left of the reply. Of a search that is the beginning, of the
/// newest messages the end.
pub(crate) fn history(
    settings: &Settings,
    outcome: &Outcome,
    left: &mut usize,
) -> Result<RoomBlock<'static>, Refusal> {
    let Outcome::Messages {
        room: Some(found),
        messages,
        matches,
    } = outcome
    else {
        return Err(Refusal::Invalid("The server mixed up its answers.".to_owned()));
    };
    let uri = room_uri(&settings.domain, found.room.guid);
    let mut fits = |message: &&Arc<Message>| {
        let size = message.text.len() + message.extras.bytes();
        left.checked_sub(size).inspect(|rest| *left = *rest).is_some()
    };
    let mut fitting: Vec<&Arc<Message>> = if matches.is_some() {
        messages.iter().take_while(&mut fits).collect()
    } else {
        messages.iter().rev().take_while(&mut fits).collect()
    };
    if matches.is_none() {
        fitting.reverse();
    }
    Ok(RoomBlock {
        name: Some(found.room.name.clone().into()),
        matches: matches.map(|matches| matches.total),
        limit_exceeded: matches.map(|matches| matches.more || fitting.len() < messages.len()),
        messages: fitting
            .into_iter()
            .map(|message| owned_line(&uri, message))
            .collect(),
        ..RoomBlock::new(uri)
    })
}

fn owned_line(uri: &str, message: &Message) -> ChatLine<'static> {
    ChatLine {
        chan_uri: uri.to_owned().into(),
        author: message.author.to_uri().into(),
        author_display: Some(message.author_name.clone().into()),
        chat_id: Some(message.chat_id.0),
        ts: message.at.to_string().into(),
        text: message.text.clone().into(),
        extra: Extra {
            attributes: message.extras.attributes.clone().into(),
            children: message.extras.children.clone().into(),
        },
    }
}

/// A notice as the document that all recipients share.
pub(crate) fn notice(domain: &str, envid: &str, notice: &Notice) -> String {
    match notice {
        Notice::Chat { room, message } => {
            let line = ChatLine {
                chan_uri: room_uri(domain, *room).into(),
                author: message.author.to_uri().into(),
                author_display: Some((&message.author_name).into()),
                chat_id: Some(message.chat_id.0),
                ts: message.at.to_string().into(),
                text: (&message.text).into(),
                extra: Extra {
                    attributes: (&message.extras.attributes).into(),
                    children: (&message.extras.children).into(),
                },
            };
            chat::grpchat(envid, &line)
        }
        Notice::Joined {
            room,
            user,
            permissions,
        } => ntc::join(envid, &participant(domain, *room, user, *permissions)),
        Notice::Parted { room, user } => {
            ntc::part(envid, &room_uri(domain, *room), &UserBlock::new(user.to_uri()))
        }
        Notice::RoomChanged(room) => ntc::room_changed(envid, &card(domain, room)),
        Notice::PermissionsChanged {
            room,
            user,
            permissions,
        } => ntc::permissions_changed(envid, &participant(domain, *room, user, *permissions)),
        Notice::Invited(found) => {
            let invitations = InvitationsReply {
                last: Some(invitation(domain, found.id, None)),
                rooms: vec![invited(domain, found)],
            };
            ntc::invite(envid, &invitations)
        }
    }
}

/// A user with what he may do in a room.
fn participant<'a>(
    domain: &'a str,
    room: Uuid,
    user: &SipAddress,
    permissions: Permissions,
) -> UserBlock<'a> {
    let association = RoomAssociation {
        mask: permissions.0,
        domain: domain.into(),
        guid: room.to_string().into(),
    };
    UserBlock {
        associations: vec![association],
        ..UserBlock::new(user.to_uri())
    }
}
