//! Who may learn what: questions beside those about doing something in a room.

use crate::{Action, Asker, CategoryAction, Verdict};
use causerie_model::{CategoryId, Role, RoomId};

/// Something to learn of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reading {
    /// Its properties, and what one may do there oneself.
    Card,
    /// Its members, managers and presenters.
    Lists,
    /// Who else may be put on its lists.
    Candidates,
}

impl Reading {
    /// The name of the right that it takes, as records and commands have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => Action::See.as_str(),
            Self::Lists => "see-lists",
            Self::Candidates => Action::Manage.as_str(),
        }
    }
}

impl Asker<'_> {
    /// Decides whether the user may learn this of a room.
    ///
    /// The card is for all who see the room, the lists for all who may enter it, and both also for its managers, who may
    /// have to repair one that is disabled or that they aren't members of. Candidates are for managers alone.
    #[must_use]
    pub fn may_read(&self, reading: Reading, room: RoomId) -> Verdict {
        let manages = self.decide(Action::Manage, room);
        let otherwise = match reading {
            Reading::Card => Action::See,
            Reading::Lists => Action::Join,
            Reading::Candidates => return manages,
        };
        if manages.allowed {
            manages
        } else {
            self.decide(otherwise, room)
        }
    }

    /// Decides whether the user may learn who is in the scope of a category: its creators and the managers of its rooms,
    /// who choose people from it.
    #[must_use]
    pub fn may_read_scope(&self, category: CategoryId) -> Verdict {
        let creates = self.decide_category(CategoryAction::CreateRoom, category);
        if creates.allowed || creates.rule.hides() {
            return creates;
        }
        self.rooms_with(Role::Manager)
            .into_iter()
            .filter(|room| {
                self.catalogue()
                    .room(*room)
                    .is_some_and(|room| room.category == category)
            })
            .map(|room| self.decide(Action::Manage, room))
            .find(|verdict| verdict.allowed)
            .unwrap_or(creates)
    }

    /// Decides whether the user may look up names: users, groups and add-ins. What is told of them is public among all who
    /// use rooms.
    #[must_use]
    pub fn may_look_up(&self) -> Verdict {
        self.account_verdict()
    }
}
