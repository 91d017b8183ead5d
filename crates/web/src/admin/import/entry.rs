//! Entries of a document as actions.

use super::Names;
use crate::admin::{
    error::{Answer, ApiError},
    input::{address, optional_word, principal, word},
    wire::{
        Import, ImportAddin, ImportBarrier, ImportCategory, ImportGroup, ImportPolicy, ImportRoom, ImportUser,
    },
};
use causerie_chat::{
    Action, CategoryChange, NewBarrier, NewCategory, NewRoom, NodeName, PolicyChange, PrincipalName,
    RoomChange, UserChange,
};
use causerie_model::{
    Catalogue, ComplianceMode, Group, GroupKind, Invitations, Node, PrincipalId, Privacy, Role, RoomType,
    Scope,
};

/// What an entry asks for.
pub(super) struct Planned {
    pub(super) actions: Vec<Action>,
    /// There was no such thing before.
    pub(super) added: bool,
}

/// An entry of a document.
pub(super) enum Entry<'a> {
    Policy(&'a ImportPolicy),
    /// A group without its members, who may come later.
    Group(&'a ImportGroup),
    User(&'a ImportUser),
    Members(&'a ImportGroup),
    Addin(&'a ImportAddin),
    Category(&'a ImportCategory),
    Room(&'a ImportRoom),
    Barrier(&'a ImportBarrier),
}

/// All entries with their kind and place, in the order in which one may need another. Barriers stand before categories and
/// rooms: an import takes many commits, and nobody may meet meanwhile whom they keep apart.
pub(super) fn all(document: &Import) -> impl Iterator<Item = (&'static str, usize, Entry<'_>)> {
    fn of<'a, T>(
        kind: &'static str,
        entries: &'a [T],
        entry: impl Fn(&'a T) -> Entry<'a>,
    ) -> impl Iterator<Item = (&'static str, usize, Entry<'a>)> {
        let entries = entries.iter().enumerate();
        entries.map(move |(index, one)| (kind, index, entry(one)))
    }
    of("policies", &document.policies, Entry::Policy)
        .chain(of("groups", &document.groups, Entry::Group))
        .chain(of("users", &document.users, Entry::User))
        .chain(of("groups", &document.groups, Entry::Members))
        .chain(of("barriers", &document.barriers, Entry::Barrier))
        .chain(of("addins", &document.addins, Entry::Addin))
        .chain(of("categories", &document.categories, Entry::Category))
        .chain(of("rooms", &document.rooms, Entry::Room))
}

// Within an entry whoever goes from one list to another is on the other first: for a moment he is on both, and nothing is
// trimmed that either lets him have.
impl Entry<'_> {
    /// The actions that make things as the entry says. What is so already changes nothing when it is carried out.
    pub(super) fn plan(&self, catalogue: &Catalogue, replace: bool, password: bool) -> Answer<Planned> {
        match self {
            Self::Policy(entry) => policy(catalogue, entry),
            Self::Group(entry) => group(catalogue, entry),
            Self::User(entry) => user(catalogue, entry, replace, password),
            Self::Members(entry) => members(catalogue, entry, replace),
            Self::Addin(entry) => Ok(addin(catalogue, entry)),
            Self::Category(entry) => category(catalogue, entry, replace),
            Self::Room(entry) => room(catalogue, entry, replace),
            Self::Barrier(entry) => Ok(barrier(catalogue, entry)),
        }
    }
}

/// A text that may be empty for none.
fn none_if_empty(text: Option<&String>) -> Option<Option<String>> {
    text.map(|text| Some(text.clone()).filter(|text| !text.trim().is_empty()))
}

fn name(catalogue: &Catalogue, id: PrincipalId) -> Option<PrincipalName> {
    match catalogue.user(id) {
        Some(user) => Some(PrincipalName::User(user.address.clone())),
        None => catalogue
            .group(id)
            .map(|group| PrincipalName::Group(group.name.clone())),
    }
}

fn policy(catalogue: &Catalogue, entry: &ImportPolicy) -> Answer<Planned> {
    let scope: Scope = word("scope", &entry.scope)?;
    Ok(Planned {
        added: catalogue.policy(&scope).is_none(),
        actions: vec![Action::SetPolicy {
            scope,
            change: PolicyChange {
                enable_persistent_chat: entry.enabled,
                description: entry.description.clone(),
            },
        }],
    })
}

fn group(catalogue: &Catalogue, entry: &ImportGroup) -> Answer<Planned> {
    let kind: Option<GroupKind> = optional_word("kind", entry.kind.as_ref())?;
    let Some(found) = catalogue.group_by_name(entry.name.trim()) else {
        return Ok(Planned {
            actions: vec![Action::AddGroup {
                name: entry.name.clone(),
                kind: kind.unwrap_or(GroupKind::Group),
            }],
            added: true,
        });
    };
    match kind {
        Some(kind) if kind != found.kind => Err(ApiError::invalid(format!(
            "group '{}' is of kind {}, which can't be changed to {kind}",
            found.name, found.kind
        ))),
        _ => Ok(Planned {
            actions: Vec::new(),
            added: false,
        }),
    }
}

fn members(catalogue: &Catalogue, entry: &ImportGroup, replace: bool) -> Answer<Planned> {
    let (group, mut actions) = (entry.name.trim(), Vec::new());
    if let Some(names) = &entry.members {
        for member in names {
            actions.push(Action::AddToGroup {
                group: group.to_owned(),
                member: principal(member)?,
            });
        }
        if let Some(found) = catalogue.group_by_name(group).filter(|_| replace) {
            let listed = Names::new(names);
            let gone = catalogue
                .group_members(found.id)
                // Who is in a domain by his address can't be taken out.
                .filter(|id| found.kind != GroupKind::Domain || catalogue.user(*id).is_none())
                .filter(|id| !listed.holds(catalogue, *id));
            actions.extend(gone.filter_map(|id| {
                Some(Action::RemoveFromGroup {
                    group: group.to_owned(),
                    member: name(catalogue, id)?,
                })
            }));
        }
    }
    Ok(Planned {
        actions,
        added: false,
    })
}

fn user(catalogue: &Catalogue, entry: &ImportUser, replace: bool, password: bool) -> Answer<Planned> {
    let address = address(&entry.address)?;
    let found = catalogue.user_by_address(&address);
    let mut actions = Vec::new();
    let display_name = entry.name.clone().filter(|name| !name.trim().is_empty());
    if found.is_none() {
        actions.push(Action::AddUser {
            address: address.clone(),
            display_name: display_name.clone().unwrap_or_default(),
        });
    }
    actions.push(Action::ChangeUser {
        address: address.clone(),
        change: UserChange {
            display_name,
            enabled: entry.enabled,
            policy: none_if_empty(entry.policy.as_ref()),
            site: none_if_empty(entry.site.as_ref()),
        },
    });
    if let Some(names) = &entry.groups {
        let held = found.filter(|_| replace).map(|user| catalogue.groups_of(user.id));
        let listed = Names::new(names);
        let gone = held
            .into_iter()
            .flatten()
            .filter(|id| !listed.holds(catalogue, *id))
            .filter_map(|id| catalogue.group(id))
            .filter(|group| group.kind != GroupKind::Domain);
        let add = |group: &str| Action::AddToGroup {
            group: group.to_owned(),
            member: PrincipalName::User(address.clone()),
        };
        let remove = |group: &Group| Action::RemoveFromGroup {
            group: group.name.clone(),
            member: PrincipalName::User(address.clone()),
        };
        // He can be in one unit only: that he leaves before he is in another. What isn't known by name may be one.
        let is_unit = |name: &&str| {
            let group = catalogue.group_by_name(name);
            group.is_none_or(|group| group.kind == GroupKind::Unit)
        };
        let (units, others): (Vec<&str>, Vec<&str>) = names.iter().map(|name| name.trim()).partition(is_unit);
        let (left_units, left): (Vec<&Group>, Vec<&Group>) =
            gone.partition(|group| group.kind == GroupKind::Unit);
        actions.extend(others.into_iter().map(add));
        actions.extend(left_units.into_iter().map(remove));
        actions.extend(units.into_iter().map(add));
        actions.extend(left.into_iter().map(remove));
    }
    if password {
        actions.push(Action::SetPassword {
            address: address.clone(),
        });
    }
    Ok(Planned {
        actions,
        added: found.is_none(),
    })
}

fn addin(catalogue: &Catalogue, entry: &ImportAddin) -> Planned {
    let (name, url) = (entry.name.trim().to_owned(), entry.url.clone());
    let added = catalogue.addin_by_name(&name).is_none();
    let action = if added {
        Action::AddAddin { name, url }
    } else {
        Action::ChangeAddin {
            name,
            new_name: None,
            url: Some(url),
        }
    };
    Planned {
        actions: vec![action],
        added,
    }
}

fn category(catalogue: &Catalogue, entry: &ImportCategory, replace: bool) -> Answer<Planned> {
    let name = entry.name.trim();
    let found = catalogue.category_by_name(name);
    let compliance: Option<ComplianceMode> = optional_word("compliance", entry.compliance.as_ref())?;
    let mut actions = vec![match found {
        None => Action::AddCategory(NewCategory {
            name: name.to_owned(),
            description: entry.description.clone().unwrap_or_default(),
            invitations: entry.invitations.unwrap_or(false),
            file_upload: entry.file_upload.unwrap_or(false),
            history: entry.history.unwrap_or(true),
            compliance: compliance.unwrap_or_default(),
        }),
        Some(_) => Action::ChangeCategory {
            name: name.to_owned(),
            change: CategoryChange {
                description: entry.description.clone(),
                invitations: entry.invitations,
                file_upload: entry.file_upload,
                history: entry.history,
                compliance,
                ..CategoryChange::default()
            },
        },
    }];
    let node = || NodeName::Category(name.to_owned());
    let grants = |role, names: &Option<Vec<String>>| -> Answer<Vec<Action>> {
        let grant = |listed: &String| {
            Ok(Action::Grant {
                node: node(),
                role,
                principal: principal(listed)?,
            })
        };
        names.iter().flatten().map(grant).collect()
    };
    let revokes = |role, names: &Option<Vec<String>>| -> Vec<Action> {
        let (Some(found), Some(names)) = (found.filter(|_| replace), names) else {
            return Vec::new();
        };
        let listed = Names::new(names);
        let gone = catalogue
            .holders(Node::Category(found.id), role)
            .filter(|id| !listed.holds(catalogue, *id))
            .filter_map(|id| self::name(catalogue, id));
        gone.map(|principal| Action::Revoke {
            node: node(),
            role,
            principal,
        })
        .collect()
    };
    // Nobody is in scope meanwhile who was not before and will not be: the denied are denied first and released last. The
    // scope before those who must be in it.
    actions.extend(grants(Role::Denied, &entry.denied)?);
    actions.extend(grants(Role::Allowed, &entry.allowed)?);
    actions.extend(revokes(Role::Allowed, &entry.allowed));
    actions.extend(revokes(Role::Denied, &entry.denied));
    actions.extend(grants(Role::Creator, &entry.creators)?);
    actions.extend(revokes(Role::Creator, &entry.creators));
    Ok(Planned {
        actions,
        added: found.is_none(),
    })
}

fn room(catalogue: &Catalogue, entry: &ImportRoom, replace: bool) -> Answer<Planned> {
    let name = entry.name.trim();
    let found = catalogue.room_by_name(name);
    let room_type: Option<RoomType> = optional_word("type", entry.room_type.as_ref())?;
    let privacy: Option<Privacy> = optional_word("privacy", entry.privacy.as_ref())?;
    let invitations: Option<Invitations> = optional_word("invitations", entry.invitations.as_ref())?;
    let mut actions = Vec::new();
    if found.is_none() {
        let category = entry.category.clone();
        actions.push(Action::AddRoom(NewRoom {
            name: name.to_owned(),
            category: category.ok_or_else(|| {
                ApiError::invalid(format!(
                    "there is no room '{name}' yet: say in which category it is"
                ))
            })?,
            description: entry.description.clone().unwrap_or_default(),
            room_type: room_type.unwrap_or(RoomType::Normal),
            privacy: privacy.unwrap_or(Privacy::Closed),
            invitations: invitations.unwrap_or(Invitations::Inherit),
            addin: none_if_empty(entry.addin.as_ref()).flatten(),
            disabled: entry.disabled.unwrap_or(false),
        }));
    }
    let list = |role, names: &Option<Vec<String>>| {
        let Some(names) = names else { return Ok(None) };
        let held = found
            .filter(|_| !replace)
            .map(|found| catalogue.holders(Node::Room(found.id), role));
        let held = held
            .into_iter()
            .flatten()
            .filter_map(|id| self::name(catalogue, id));
        let mut all: Vec<PrincipalName> = held.collect();
        for name in names {
            all.push(principal(name)?);
        }
        Ok::<_, ApiError>(Some(all))
    };
    actions.push(Action::ChangeRoom {
        name: name.to_owned(),
        change: RoomChange {
            description: entry.description.clone(),
            room_type,
            privacy,
            invitations,
            disabled: entry.disabled,
            category: entry.category.clone(),
            addin: none_if_empty(entry.addin.as_ref()),
            members: list(Role::Member, &entry.members)?,
            managers: list(Role::Manager, &entry.managers)?,
            presenters: list(Role::Presenter, &entry.presenters)?,
            ..RoomChange::default()
        },
    });
    Ok(Planned {
        actions,
        added: found.is_none(),
    })
}

fn barrier(catalogue: &Catalogue, entry: &ImportBarrier) -> Planned {
    let name = entry.name.trim().to_owned();
    let mut actions = Vec::new();
    let found = catalogue.barrier_by_name(&name);
    if let Some(found) = found {
        let wanted = Names::new(&entry.sides);
        if found.sides.iter().all(|side| wanted.holds(catalogue, *side)) {
            return Planned {
                actions,
                added: false,
            };
        }
        actions.push(Action::RemoveBarrier { name: name.clone() });
    }
    let sides = entry.sides.clone().map(|side| side.trim().to_owned());
    actions.push(Action::AddBarrier(NewBarrier { name, sides }));
    Planned {
        actions,
        added: found.is_none(),
    }
}
