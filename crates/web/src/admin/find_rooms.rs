//! Finding rooms by what they are, who is in them, and how much they hold.

use super::{
    AdminState,
    beside::beside,
    error::{Answer, ApiError},
    input::{Queried, moment, optional_word, principal},
    rooms::bare,
    wire::FoundRoom,
};
use axum::{Json, extract::State};
use causerie_chat::PrincipalName;
use causerie_model::{
    Catalogue, CategoryId, Invitations, Node, Privacy, Role, Room, RoomId, RoomType, Timestamp,
};
use causerie_store::RoomSize;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::IntoParams;

/// Which rooms. What is said must all hold.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// What is part of the name
    filter: Option<String>,
    /// Or of the description
    #[serde(default)]
    descriptions: bool,
    /// In this category
    category: Option<String>,
    /// With this add-in beside it, by name
    addin: Option<String>,
    /// Closed for everybody, or not
    disabled: Option<bool>,
    /// `inherit` or `off`
    invitations: Option<String>,
    /// With this manager: a user's address, also if one of his groups is, or a group's name
    manager: Option<String>,
    /// With this member: a user's address, also if one of his groups is, or a group's name
    member: Option<String>,
    /// `open`, `closed` or `secret`
    privacy: Option<String>,
    /// `normal` or `auditorium`
    #[serde(rename = "type")]
    room_type: Option<String>,
    /// With more bytes of messages than this
    larger_than: Option<u64>,
    /// Without a message since this moment, RFC 3339
    idle_since: Option<String>,
    /// Tell how much is in them
    #[serde(default)]
    sizes: bool,
    /// Most to give
    limit: Option<usize>,
}

/// The same, understood.
struct Wanted {
    filter: String,
    descriptions: bool,
    category: Option<CategoryId>,
    addin: Option<causerie_model::AddinId>,
    disabled: Option<bool>,
    invitations: Option<Invitations>,
    managed: Option<BTreeSet<RoomId>>,
    entered: Option<BTreeSet<RoomId>>,
    privacy: Option<Privacy>,
    room_type: Option<RoomType>,
}

/// The rooms in whose list somebody is, himself or by a group.
fn listing(catalogue: &Catalogue, name: Option<&String>, role: Role) -> Answer<Option<BTreeSet<RoomId>>> {
    let Some(name) = name else { return Ok(None) };
    let id = match principal(name)? {
        PrincipalName::User(address) => catalogue.user_by_address(&address).map(|user| user.id),
        PrincipalName::Group(name) => catalogue.group_by_name(&name).map(|group| group.id),
    };
    let id = id.ok_or_else(|| ApiError::not_found("user or group", name))?;
    let affiliations = catalogue.affiliations(id);
    let entries = affiliations.iter().flat_map(|id| catalogue.entries(*id));
    let rooms = entries.filter_map(|(node, held)| match node {
        Node::Room(room) if held == role => Some(room),
        _ => None,
    });
    Ok(Some(rooms.collect()))
}

impl Wanted {
    fn of(which: &Which, catalogue: &Catalogue) -> Answer<Self> {
        let category = which.category.as_ref().map(|name| {
            let found = catalogue.category_by_name(name).map(|found| found.id);
            found.ok_or_else(|| ApiError::not_found("category", name))
        });
        let addin = which.addin.as_ref().map(|name| {
            let found = catalogue.addin_by_name(name).map(|found| found.id);
            found.ok_or_else(|| ApiError::not_found("add-in", name))
        });
        Ok(Self {
            filter: which.filter.as_deref().unwrap_or_default().to_lowercase(),
            descriptions: which.descriptions,
            category: category.transpose()?,
            addin: addin.transpose()?,
            disabled: which.disabled,
            invitations: optional_word("invitations", which.invitations.as_ref())?,
            managed: listing(catalogue, which.manager.as_ref(), Role::Manager)?,
            entered: listing(catalogue, which.member.as_ref(), Role::Member)?,
            privacy: optional_word("privacy", which.privacy.as_ref())?,
            room_type: optional_word("type", which.room_type.as_ref())?,
        })
    }

    fn fits(&self, room: &Room) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, found: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == found)
        }
        let named = |text: &str| text.to_lowercase().contains(&self.filter);
        let listed =
            |rooms: &Option<BTreeSet<RoomId>>| rooms.as_ref().is_none_or(|rooms| rooms.contains(&room.id));
        (named(&room.name) || (self.descriptions && named(&room.description)))
            && is(self.category.as_ref(), &room.category)
            && (self.addin.is_none() || self.addin == room.addin)
            && is(self.disabled.as_ref(), &room.disabled)
            && is(self.invitations.as_ref(), &room.invitations)
            && is(self.privacy.as_ref(), &room.privacy)
            && is(self.room_type.as_ref(), &room.room_type)
            && listed(&self.managed)
            && listed(&self.entered)
    }
}

/// Lists rooms: all, or those that fit.
#[utoipa::path(get, path = "/v1/rooms",
    params(Which),
    responses((status = 200, body = [FoundRoom], description = "By name")))]
pub(super) async fn all(
    State(state): State<AdminState>,
    Queried(which): Queried<Which>,
) -> Answer<Json<Vec<FoundRoom>>> {
    let idle_since = which
        .idle_since
        .as_deref()
        .map(|text| moment("idle_since", text))
        .transpose()?;
    let measured = which.sizes || which.larger_than.is_some() || idle_since.is_some();
    let sizes: Option<HashMap<RoomId, RoomSize>> = if measured {
        let sizes = state.chat.room_sizes().await?;
        Some(sizes.into_iter().map(|size| (size.room, size)).collect())
    } else {
        None
    };
    beside(move || found(&state, &which, idle_since, sizes.as_ref()))
        .await
        .map(Json)
}

fn found(
    state: &AdminState,
    which: &Which,
    idle_since: Option<Timestamp>,
    sizes: Option<&HashMap<RoomId, RoomSize>>,
) -> Answer<Vec<FoundRoom>> {
    let catalogue = state.chat.catalogue();
    let wanted = Wanted::of(which, &catalogue)?;
    let mut rooms: Vec<FoundRoom> = catalogue
        .rooms()
        .filter(|room| wanted.fits(room))
        .filter_map(|room| {
            let size = sizes.map(|sizes| sizes.get(&room.id));
            let bytes = size.map(|size| size.map_or(0, |size| size.bytes));
            let last = size.flatten().map(|size| size.last);
            let large = which.larger_than.is_none_or(|most| bytes > Some(most));
            let idle = idle_since.is_none_or(|since| is_idle(room, last, since));
            (large && idle).then(|| FoundRoom {
                room: bare(state, &catalogue, room),
                messages: size.map(|size| size.map_or(0, |size| size.messages)),
                bytes,
                last_message: last.map(|at| at.to_string()),
            })
        })
        .collect();
    drop(catalogue);
    rooms.sort_by_cached_key(|found| found.room.name.to_lowercase());
    rooms.truncate(which.limit.unwrap_or(usize::MAX));
    Ok(rooms)
}

/// Whether nothing was said since. A room that is younger hadn't the time.
fn is_idle(room: &Room, last: Option<Timestamp>, since: Timestamp) -> bool {
    last.unwrap_or(room.audit.created_on) < since
}
