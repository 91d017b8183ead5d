//! A second, slow, obvious statement of the rules, and the words to build catalogues with.

use causerie_model::{
    Catalogue, Category, CategoryId, Change, Group, Invitations, Node, PrincipalId, Privacy, Role, Room,
    RoomId, RoomType, User,
};
use causerie_policy::Action;
use uuid::Uuid;

pub(crate) const USER: PrincipalId = PrincipalId(1);
pub(crate) const CATEGORY: CategoryId = CategoryId(1);
pub(crate) const ROOM: RoomId = RoomId(1);

/// All that matters about a user and a room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) enabled: bool,
    pub(crate) allowed: bool,
    pub(crate) denied: bool,
    pub(crate) privacy: Privacy,
    pub(crate) room_type: RoomType,
    pub(crate) disabled: bool,
    pub(crate) member: bool,
    pub(crate) manager: bool,
    pub(crate) presenter: bool,
}

impl Facts {
    pub(crate) fn in_scope(&self) -> bool {
        self.enabled && self.allowed && !self.denied
    }

    pub(crate) fn may(&self, action: Action) -> bool {
        let alive = self.in_scope() && !self.disabled;
        let enter = alive && (self.privacy == Privacy::Open || self.member);
        match action {
            Action::See => alive && (self.privacy != Privacy::Secret || self.member || self.manager),
            Action::Join | Action::ReadHistory => enter,
            Action::Post => enter && (self.room_type == RoomType::Normal || self.presenter),
            Action::Manage => self.in_scope() && self.manager,
        }
    }

    /// He may know that the room exists: he sees it, or would if it weren't disabled. A disabled user gets the same
    /// answer for whatever he names.
    pub(crate) fn knows(&self) -> bool {
        Self {
            disabled: false,
            ..*self
        }
        .may(Action::See)
    }

    /// The mask, added up from the documented values.
    pub(crate) fn mask(&self) -> u32 {
        let bit = |held: bool, value: u32| if held { value } else { 0 };
        let auditorium = self.room_type == RoomType::Auditorium;
        let (see, join) = (self.may(Action::See), self.may(Action::Join));
        bit(self.may(Action::Manage), 4)
            + bit(join, 128)
            + bit(join, 256)
            + bit(join, 1024)
            + bit(see, 2048)
            + bit(auditorium && self.may(Action::Post), 4096)
            + bit(see && self.manager, 8192)
    }
}

pub(crate) fn user(id: i64, enabled: bool) -> Change {
    Change::PutUser(User {
        id: PrincipalId(id),
        address: format!("u{id}@example.test").parse().unwrap(),
        display_name: format!("User {id}"),
        enabled,
        policy: None,
        site: None,
    })
}

pub(crate) fn group(id: i64) -> Change {
    Change::PutGroup(Group {
        id: PrincipalId(id),
        name: format!("Group {id}"),
        kind: causerie_model::GroupKind::Group,
    })
}

pub(crate) fn nest(group: i64, member: i64) -> Change {
    Change::AddToGroup {
        group: PrincipalId(group),
        member: PrincipalId(member),
    }
}

pub(crate) fn category(id: CategoryId) -> Change {
    Change::PutCategory(Category {
        id,
        guid: Uuid::from_u128(u128::from(id.0.unsigned_abs())),
        name: format!("Category {id}"),
        description: String::new(),
        invitations: false,
        file_upload: false,
        history: true,
        compliance: causerie_model::ComplianceMode::Open,
        audit: causerie_model::Audit::default(),
    })
}

pub(crate) fn room(privacy: Privacy, room_type: RoomType, disabled: bool) -> Change {
    Change::PutRoom(Room {
        id: ROOM,
        guid: Uuid::from_u128(1),
        category: CATEGORY,
        name: "Room".to_owned(),
        description: String::new(),
        room_type,
        privacy,
        invitations: Invitations::Inherit,
        disabled,
        addin: None,
        audit: causerie_model::Audit::default(),
    })
}

pub(crate) fn grant(role: Role, principal: i64) -> Change {
    let of_category = role.fits(Node::Category(CATEGORY));
    let node = if of_category {
        Node::Category(CATEGORY)
    } else {
        Node::Room(ROOM)
    };
    Change::Grant {
        node,
        role,
        principal: PrincipalId(principal),
    }
}

pub(crate) fn catalogue(changes: impl IntoIterator<Item = Change>) -> Catalogue {
    let mut catalogue = Catalogue::default();
    changes.into_iter().for_each(|change| catalogue.apply(&change));
    catalogue
}
