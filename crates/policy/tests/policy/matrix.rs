//! Every case there is of an account, a place in the scope, lists, a room and a barrier, by the first rule that applies.

use crate::changes::{put_group, put_room, put_user};
use crate::facts::{CATEGORY, ROOM, catalogue, category, nest};
use crate::plain::Plain;
use causerie_model::{
    Barrier, BarrierId, Catalogue, Change, GroupKind, Node, Policy, PrincipalId, Privacy, Role, RoomType,
    Scope,
};
use causerie_policy::{Action, Rule, decide};

const WHO: PrincipalId = PrincipalId(1);
/// On the other side of the barrier.
const OTHER: i64 = 2;
/// A group in another group, a unit, and the domain of both users.
const INNER: i64 = 6;
const OUTER: i64 = 7;
const UNIT: i64 = 8;
const DOMAIN: i64 = 9;
/// The two sides of the barrier.
const OWN_SIDE: i64 = 10;
const OTHER_SIDE: i64 = 11;

/// How it stands with the user's account.
#[derive(Clone, Copy, Debug)]
struct Account {
    known: bool,
    enabled: bool,
    /// What the global policy, that of his site, and the one granted to him say.
    policies: [Option<bool>; 3],
}

impl Account {
    fn all() -> Vec<Self> {
        let policies = [None, Some(false), Some(true)];
        let mut all = vec![Self {
            known: false,
            enabled: true,
            policies: [None; 3],
        }];
        for global in policies {
            for site in policies {
                for tag in policies {
                    let policies = [global, site, tag];
                    all.push(Self {
                        known: true,
                        enabled: true,
                        policies,
                    });
                }
            }
        }
        all.push(Self {
            known: true,
            enabled: false,
            policies: [None; 3],
        });
        all.push(Self {
            known: true,
            enabled: false,
            policies: [Some(false); 3],
        });
        all
    }

    const NORMAL: Self = Self {
        known: true,
        enabled: true,
        policies: [None; 3],
    };

    fn refusal(self) -> Option<Rule> {
        let [global, site, tag] = self.policies;
        let on = tag.or(site).or(global).unwrap_or(true);
        if !self.known {
            Some(Rule::UserUnknown)
        } else if !self.enabled {
            Some(Rule::UserDisabled)
        } else if !on {
            Some(Rule::ChatNotEnabled)
        } else {
            None
        }
    }

    fn changes(self) -> Vec<Change> {
        let [global, site, tag] = self.policies;
        let scopes = [
            (Scope::Global, global),
            (Scope::Site("Basel".to_owned()), site),
            (Scope::Tag("Traders".to_owned()), tag),
        ];
        let policies = scopes.into_iter().filter_map(|(scope, enable)| {
            Some(Change::PutPolicy(Policy {
                scope,
                enable_persistent_chat: enable?,
                description: String::new(),
            }))
        });
        let user = self
            .known
            .then(|| put_user(WHO.0, "x.test", self.enabled, true, true));
        user.into_iter().chain(policies).collect()
    }
}

/// By what a user is on a list: himself, a group in a group, a unit, or a domain.
const WAYS: [i64; 4] = [WHO.0, OUTER, UNIT, DOMAIN];

/// How it stands with the barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Between {
    Nothing,
    /// The other side is in scope, but on no list of the room.
    OtherInScope,
    /// The other side is a member of the room, and in scope.
    OtherMember,
    /// The other side is a member, and the category denies it as a whole.
    OtherDenied,
    /// The other side is neither in scope nor a member.
    OtherOutside,
}

pub(crate) const BETWEEN: [Between; 5] = [
    Between::Nothing,
    Between::OtherInScope,
    Between::OtherMember,
    Between::OtherDenied,
    Between::OtherOutside,
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    account: Account,
    allowed: Option<i64>,
    denied: Option<i64>,
    member: bool,
    manager: bool,
    presenter: bool,
    privacy: Privacy,
    room_type: RoomType,
    disabled: bool,
    between: Between,
}

impl Case {
    /// A user in scope without a role, in a room that nothing is the matter with.
    pub(crate) fn plain(privacy: Privacy, room_type: RoomType) -> Self {
        Self {
            account: Account::NORMAL,
            allowed: Some(WHO.0),
            denied: None,
            member: false,
            manager: false,
            presenter: false,
            privacy,
            room_type,
            disabled: false,
            between: Between::Nothing,
        }
    }

    pub(crate) fn behind(self, between: Between) -> Self {
        Self { between, ..self }
    }

    pub(crate) fn disabled(self) -> Self {
        Self {
            disabled: true,
            ..self
        }
    }

    pub(crate) fn with(self, roles: &[Role]) -> Self {
        Self {
            member: roles.contains(&Role::Member),
            manager: roles.contains(&Role::Manager),
            presenter: roles.contains(&Role::Presenter),
            ..self
        }
    }

    /// The first rule that applies.
    fn rule(&self, action: Action) -> Rule {
        let Self {
            privacy,
            member,
            manager,
            presenter,
            ..
        } = *self;
        let open = privacy == Privacy::Open;
        let barred = match self.between {
            Between::Nothing | Between::OtherDenied => false,
            // All in scope may enter an open room, and in the domain's scope the other side is in.
            Between::OtherInScope => open,
            Between::OtherOutside => open && self.allowed == Some(DOMAIN),
            Between::OtherMember => true,
        };
        if let Some(refusal) = self.account.refusal() {
            refusal
        } else if self.denied.is_some() {
            Rule::DeniedByCategory
        } else if self.allowed.is_none() {
            Rule::OutOfScope
        } else if barred {
            Rule::BehindBarrier
        } else if privacy == Privacy::Secret && !member && !manager {
            Rule::SecretRoomHidden
        } else if action == Action::Manage && manager {
            Rule::Manager
        } else if action == Action::Manage {
            Rule::NotAManager
        } else if self.disabled {
            Rule::RoomDisabled
        } else if action == Action::See {
            match privacy {
                Privacy::Open => Rule::OpenRoom,
                Privacy::Closed => Rule::InScope,
                Privacy::Secret if member => Rule::Member,
                Privacy::Secret => Rule::Manager,
            }
        } else if !open && !member {
            Rule::NotAMember
        } else if action == Action::Post && self.room_type == RoomType::Auditorium {
            if presenter {
                Rule::Presenter
            } else {
                Rule::NotAPresenter
            }
        } else if open {
            Rule::OpenRoom
        } else {
            Rule::Member
        }
    }

    fn changes(&self) -> Vec<Change> {
        let grant = |node, role, principal| Change::Grant {
            node,
            role,
            principal: PrincipalId(principal),
        };
        let category_node = Node::Category(CATEGORY);
        let room_node = Node::Room(ROOM);
        let mut changes = self.account.changes();
        changes.extend([
            put_user(OTHER, "x.test", true, false, false),
            put_group(INNER, GroupKind::Group, ""),
            put_group(OUTER, GroupKind::Group, ""),
            put_group(UNIT, GroupKind::Unit, ""),
            put_group(DOMAIN, GroupKind::Domain, "x.test"),
            put_group(OWN_SIDE, GroupKind::Group, ""),
            put_group(OTHER_SIDE, GroupKind::Group, ""),
            nest(INNER, WHO.0),
            nest(OUTER, INNER),
            nest(UNIT, WHO.0),
            nest(OWN_SIDE, WHO.0),
            nest(OTHER_SIDE, OTHER),
            category(CATEGORY),
            put_room(ROOM.0, CATEGORY.0, self.privacy, self.room_type, self.disabled),
        ]);
        changes.extend(self.allowed.map(|way| grant(category_node, Role::Allowed, way)));
        changes.extend(self.denied.map(|way| grant(category_node, Role::Denied, way)));
        let roles = [
            (self.member, Role::Member, OUTER),
            (self.manager, Role::Manager, UNIT),
            (self.presenter, Role::Presenter, WHO.0),
        ];
        let held = roles.into_iter().filter(|(held, ..)| *held);
        changes.extend(held.map(|(_, role, principal)| grant(room_node, role, principal)));
        if self.between != Between::Nothing {
            changes.push(Change::PutBarrier(Barrier {
                id: BarrierId(1),
                name: "Barrier".to_owned(),
                sides: [PrincipalId(OTHER_SIDE), PrincipalId(OWN_SIDE)],
            }));
        }
        let (in_scope, member) = (Role::Allowed, Role::Member);
        match self.between {
            Between::Nothing | Between::OtherOutside => {}
            Between::OtherInScope => changes.push(grant(category_node, in_scope, OTHER)),
            Between::OtherMember => {
                changes.extend([
                    grant(category_node, in_scope, OTHER),
                    grant(room_node, member, OTHER),
                ]);
            }
            Between::OtherDenied => changes.extend([
                grant(category_node, in_scope, OTHER),
                grant(room_node, member, OTHER),
                grant(category_node, Role::Denied, OTHER_SIDE),
            ]),
        }
        changes
    }

    pub(crate) fn catalogue(&self) -> Catalogue {
        catalogue(self.changes())
    }
}

/// Every place in the scope, with every account where that place is the usual one.
fn places() -> Vec<(Account, Option<i64>, Option<i64>)> {
    let ways = || [None].into_iter().chain(WAYS.map(Some));
    let scopes = ways().flat_map(|allowed| ways().map(move |denied| (Account::NORMAL, allowed, denied)));
    let accounts = Account::all().into_iter();
    scopes
        .chain(accounts.map(|account| (account, Some(WHO.0), None)))
        .collect()
}

#[test]
fn every_case_is_decided_by_the_first_rule_that_applies() {
    let mut decisions = 0;
    for (account, allowed, denied) in places() {
        for &privacy in Privacy::ALL {
            for &room_type in RoomType::ALL {
                for between in BETWEEN {
                    for bits in 0..1_u32 << 4 {
                        let bit = |n: u32| bits & (1 << n) != 0;
                        let case = Case {
                            account,
                            allowed,
                            denied,
                            member: bit(0),
                            manager: bit(1),
                            presenter: bit(2),
                            privacy,
                            room_type,
                            disabled: bit(3),
                            between,
                        };
                        decisions += check(&case);
                    }
                }
            }
        }
    }
    assert_eq!(decisions, (25 + 30) * 3 * 2 * 5 * 16 * 5);
}

fn check(case: &Case) -> usize {
    let changes = case.changes();
    let catalogue = catalogue(changes.iter().cloned());
    let plain = Plain::of(&changes);
    for &action in Action::ALL {
        let verdict = decide(&catalogue, WHO, action, ROOM);
        assert_eq!(verdict.rule, case.rule(action), "{action:?}: {case:?}");
        assert_eq!(verdict, plain.decide(WHO, action, ROOM), "{action:?}: {case:?}");
        assert_eq!(verdict.allowed, verdict.rule.allows());
    }
    Action::ALL.len()
}
