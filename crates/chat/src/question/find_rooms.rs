//! Rooms by name, place, people and properties.

use super::{InRooms, category};
use crate::{Inner, Outcome, Refusal};
use causerie_model::{
    AddinId, Catalogue, CategoryId, Invitations, Match, PrincipalId, Privacy, Role, Room, RoomId, RoomType,
    SipAddress, principal_of_guid,
};
use causerie_policy::{Action, Asker, Reading};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Words of one search for rooms: each is looked for in every name.
pub const MAX_ROOM_SEARCH_WORDS: usize = 32;

/// Which rooms are looked for.
#[derive(Clone, Debug)]
pub struct RoomSearch {
    /// Among which.
    pub among: Among,
    /// What the name (or description) holds, in any case. Nothing finds all.
    pub criteria: String,
    /// Whether that is all of the words, any of them, or all of it as one text.
    pub words: Match,
    /// Look into descriptions too.
    pub descriptions: bool,
    /// How many at most. The server has its own limit beside.
    pub limit: u32,
}

/// Among which rooms is searched. Only those that the asker sees are ever found.
#[derive(Clone, Debug)]
pub enum Among {
    /// All that are enabled.
    All,
    /// Those of a category, by GUID.
    Category(Uuid),
    /// Those with an add-in, by GUID.
    Addin(Uuid),
    /// Those that a user is in now, as far as the asker may read their lists: it tells who is there.
    JoinedBy(SipAddress),
    /// Those that fit a filter, and beside the enabled ones the disabled ones that the asker manages.
    Filter(Box<RoomFilter>),
}

/// What rooms must be. What isn't set doesn't matter.
#[derive(Clone, Debug, Default)]
pub struct RoomFilter {
    /// Somebody on the list of members, himself or by a group.
    pub member: Option<PrincipalRef>,
    /// Somebody on the list of managers, likewise.
    pub manager: Option<PrincipalRef>,
    /// The category, by GUID.
    pub category: Option<Uuid>,
    /// The add-in, by GUID.
    pub addin: Option<Uuid>,
    /// Whether disabled.
    pub disabled: Option<bool>,
    /// Who finds and enters.
    pub privacy: Option<Privacy>,
    /// Who posts.
    pub room_type: Option<RoomType>,
    /// Whether new members are invited.
    pub invitations: Option<bool>,
}

/// A user or group as a client names it.
#[derive(Clone, Debug)]
pub enum PrincipalRef {
    /// A user.
    User(SipAddress),
    /// A group, by its GUID.
    Group(Uuid),
}

/// What was asked, looked up: whatever can be told of a room without asking the rules.
#[derive(Default)]
struct Wanted {
    among: Option<BTreeSet<RoomId>>,
    category: Option<CategoryId>,
    addin: Option<AddinId>,
    disabled: Option<bool>,
    privacy: Option<Privacy>,
    room_type: Option<RoomType>,
    invitations: Option<bool>,
    /// Rooms that are managed are found although they are disabled.
    managed_too: bool,
    /// The answer tells who is on a list, or who is there.
    by_lists: bool,
}

impl Inner {
    pub(super) fn rooms_found(
        &self,
        who: PrincipalId,
        search: &RoomSearch,
        present: &InRooms,
    ) -> Result<Outcome, Refusal> {
        let text = Text::new(search)?;
        let (wanted, mut candidates) = {
            let catalogue = self.catalogue();
            let asker = Asker::new(&catalogue, who);
            let wanted = self.wanted(&catalogue, &asker, &search.among, present)?;
            let keyed = |room: &Room| {
                let fits = wanted.takes(&catalogue, room);
                fits.then(|| text.key(room)).flatten().map(|key| (key, room.id))
            };
            let candidates: Vec<(String, RoomId)> = match (&wanted.among, wanted.category) {
                (Some(ids), _) => ids.iter().filter_map(|id| keyed(catalogue.room(*id)?)).collect(),
                (None, Some(category)) => catalogue.rooms_in(category).filter_map(keyed).collect(),
                (None, None) => catalogue.rooms().filter_map(keyed).collect(),
            };
            (wanted, candidates)
        };
        candidates.sort();
        let all = |_: &Asker<'_>| Ok(());
        let (rooms, _) = self.sift(
            who,
            &candidates,
            search.limit,
            all,
            |asker, catalogue, (_, id)| {
                let seen = match () {
                    () if wanted.by_lists => asker.may_read(Reading::Lists, *id),
                    () if wanted.managed_too => asker.may_read(Reading::Card, *id),
                    () => asker.decide(Action::See, *id),
                };
                seen.allowed
                    .then(|| self.summary(catalogue, catalogue.room(*id)?))
                    .flatten()
            },
        )?;
        Ok(Outcome::Rooms(rooms))
    }

    fn wanted(
        &self,
        catalogue: &Catalogue,
        asker: &Asker<'_>,
        among: &Among,
        present: &InRooms,
    ) -> Result<Wanted, Refusal> {
        let nothing = Wanted::default();
        Ok(match among {
            Among::All => nothing,
            Among::Category(guid) => Wanted {
                category: Some(category(catalogue, asker, *guid)?),
                ..nothing
            },
            Among::Addin(guid) => Wanted {
                addin: Some(addin(catalogue, *guid)?),
                ..nothing
            },
            Among::JoinedBy(address) => {
                let known = catalogue.user_by_address(address);
                known.ok_or(Refusal::NoSuchPrincipal)?;
                Wanted {
                    among: Some(present.clone()),
                    by_lists: true,
                    ..nothing
                }
            }
            Among::Filter(filter) => {
                let lists = [(Role::Member, &filter.member), (Role::Manager, &filter.manager)];
                let mut listed: Option<BTreeSet<RoomId>> = None;
                for (role, principal) in lists {
                    let Some(principal) = principal else { continue };
                    let id = self.find(catalogue, principal)?;
                    let rooms = Asker::new(catalogue, id).rooms_with(role);
                    listed = Some(listed.map_or_else(|| rooms.clone(), |both| &both & &rooms));
                }
                Wanted {
                    by_lists: listed.is_some(),
                    among: listed,
                    category: filter
                        .category
                        .map(|guid| category(catalogue, asker, guid))
                        .transpose()?,
                    addin: filter.addin.map(|guid| addin(catalogue, guid)).transpose()?,
                    disabled: filter.disabled,
                    privacy: filter.privacy,
                    room_type: filter.room_type,
                    invitations: filter.invitations,
                    managed_too: true,
                }
            }
        })
    }

    fn find(&self, catalogue: &Catalogue, principal: &PrincipalRef) -> Result<PrincipalId, Refusal> {
        let found = match principal {
            PrincipalRef::User(address) => catalogue.user_by_address(address).map(|user| user.id),
            PrincipalRef::Group(guid) => principal_of_guid(self.database, *guid)
                .and_then(|id| catalogue.group(id))
                .map(|group| group.id),
        };
        found.ok_or(Refusal::NoSuchPrincipal)
    }
}

impl Wanted {
    fn takes(&self, catalogue: &Catalogue, room: &Room) -> bool {
        fn fits<T: PartialEq + Copy>(wanted: Option<T>, is: T) -> bool {
            wanted.is_none_or(|wanted| wanted == is)
        }
        let invites = || invites(catalogue, room);
        fits(self.category, room.category)
            && self.addin.is_none_or(|addin| room.addin == Some(addin))
            && fits(self.disabled, room.disabled)
            && fits(self.privacy, room.privacy)
            && fits(self.room_type, room.room_type)
            && self.invitations.is_none_or(|wanted| wanted == invites())
    }
}

/// Whether new members of a room are invited.
fn invites(catalogue: &Catalogue, room: &Room) -> bool {
    let category = catalogue.category(room.category);
    room.invitations == Invitations::Inherit && category.is_some_and(|category| category.invitations)
}

fn addin(catalogue: &Catalogue, guid: Uuid) -> Result<AddinId, Refusal> {
    let found = catalogue.addin_by_guid(guid).map(|addin| addin.id);
    found.ok_or_else(|| Refusal::Invalid("There is no such add-in.".to_owned()))
}

/// What a name must hold, in lower case.
struct Text {
    words: Vec<String>,
    any: bool,
    descriptions: bool,
}

impl Text {
    fn new(search: &RoomSearch) -> Result<Self, Refusal> {
        let criteria = search.criteria.trim().to_lowercase();
        let words: Vec<String> = match search.words {
            Match::Phrase if criteria.is_empty() => Vec::new(),
            Match::Phrase => vec![criteria],
            Match::All | Match::Any => criteria.split_whitespace().map(str::to_owned).collect(),
        };
        if words.len() > MAX_ROOM_SEARCH_WORDS {
            let reason = format!("A search for rooms has at most {MAX_ROOM_SEARCH_WORDS} words.");
            return Err(Refusal::Invalid(reason));
        }
        Ok(Self {
            words,
            any: search.words == Match::Any,
            descriptions: search.descriptions,
        })
    }

    /// What a room that fits is sorted by.
    fn key(&self, room: &Room) -> Option<String> {
        let name = room.name.to_lowercase();
        let description = if self.descriptions {
            room.description.to_lowercase()
        } else {
            String::new()
        };
        let held = |word: &String| name.contains(word) || description.contains(word);
        let fits = self.words.is_empty()
            || if self.any {
                self.words.iter().any(held)
            } else {
                self.words.iter().all(held)
            };
        fits.then_some(name)
    }
}
