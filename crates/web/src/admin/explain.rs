//! Why somebody may do something, and who may be given a role. Administrators and auditors are told all, whether the one
//! of whom they ask may know it or not.

use super::{
    AdminState,
    beside::beside,
    error::{Answer, ApiError},
    input::{Queried, address, word},
    wire::{Checked, Eligible, EligiblePrincipal, Explanation, ListEntry},
};
use axum::{Json, extract::State};
use causerie_chat::NodeName;
use causerie_model::{Catalogue, Node, PrincipalId, Role};
use causerie_policy::{
    Action, CategoryAction, Entry, Step, explain as explained, explain_category, may_hold,
};
use serde::Deserialize;
use std::cmp::Ordering;
use utoipa::IntoParams;

/// Users and groups that are listed as eligible unless another limit is asked for.
pub const DEFAULT_ELIGIBLE: usize = 1_000;

/// Who, what and where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// The user's address
    user: String,
    /// `see`, `join`, `post`, `read-history` or `manage` for a room, `create-room` for a category
    action: String,
    /// The room, by name or URI
    room: Option<String>,
    /// The category, by name
    category: Option<String>,
}

/// Explains whether a user may do something with a room or category: the rule, and every check on the way to it.
#[utoipa::path(get, path = "/v1/explain",
    params(Question),
    responses((status = 200, body = Explanation, description = "The decision and its reasons")))]
pub(super) async fn explain(
    State(state): State<AdminState>,
    Queried(question): Queried<Question>,
) -> Answer<Json<Explanation>> {
    let user = address(&question.user)?;
    let catalogue = state.chat.catalogue();
    let found = catalogue.user_by_address(&user);
    let who = found
        .ok_or_else(|| ApiError::not_found("user", user.as_str()))?
        .id;
    let creates = question.action == CategoryAction::CreateRoom.as_str();
    let node = node(&catalogue, &question.room, &question.category)?;
    let explanation = match node {
        Node::Category(id) if creates => explain_category(&catalogue, who, CategoryAction::CreateRoom, id),
        Node::Room(id) if !creates => {
            explained(&catalogue, who, word::<Action>("action", &question.action)?, id)
        }
        Node::Category(_) => {
            let text = "for a category it can be asked about create-room only: name a room";
            return Err(ApiError::invalid(text));
        }
        Node::Room(_) => {
            let text = "rooms are created in categories: name one instead of a room";
            return Err(ApiError::invalid(text));
        }
    };
    let checks = explanation.steps.iter();
    Ok(Json(Explanation {
        user: user.to_string(),
        action: question.action,
        target: place(&catalogue, node),
        allowed: explanation.verdict.allowed,
        rule: explanation.verdict.rule.as_str().to_owned(),
        sentence: explanation.verdict.rule.to_string(),
        checks: checks.map(|step| checked(&catalogue, step)).collect(),
    }))
}

/// The room or category that is named; exactly one is.
fn node(catalogue: &Catalogue, room: &Option<String>, category: &Option<String>) -> Answer<Node> {
    match (room, category) {
        (Some(name), None) => Ok(Node::Room(NodeName::Room(name.clone()).room(catalogue)?)),
        (None, Some(name)) => catalogue
            .category_by_name(name)
            .map(|found| Node::Category(found.id))
            .ok_or_else(|| ApiError::not_found("category", name)),
        _ => Err(ApiError::invalid("name either a room or a category")),
    }
}

/// `category NAME` or `room NAME`.
fn place(catalogue: &Catalogue, node: Node) -> String {
    match node {
        Node::Category(id) => {
            let name = catalogue.category(id).map_or("", |found| &found.name);
            format!("category {name}")
        }
        Node::Room(id) => {
            let name = catalogue.room(id).map_or("", |found| &found.name);
            format!("room {name}")
        }
    }
}

fn checked(catalogue: &Catalogue, step: &Step) -> Checked {
    let path: Vec<String> = step
        .path
        .iter()
        .filter_map(|id| catalogue.principal_name(*id))
        .collect();
    let entry = step.entry.map(|entry| listed(catalogue, entry));
    let barrier = step.barrier.and_then(|id| {
        let barrier = catalogue.barriers().find(|barrier| barrier.id == id)?;
        Some(barrier.name.clone())
    });
    Checked {
        check: step.check.as_str().to_owned(),
        passed: step.passed,
        rule: step.rule.as_str().to_owned(),
        because: because(step, entry.as_ref(), &path, barrier.as_deref()),
        entry,
        path,
        barrier,
    }
}

fn listed(catalogue: &Catalogue, entry: Entry) -> ListEntry {
    ListEntry {
        of: place(catalogue, entry.node),
        list: entry.role.to_string(),
        principal: catalogue.principal_name(entry.principal).unwrap_or_default(),
    }
}

/// `ann@x.test is in Desk, Desk is in Floor, Floor is on the list allowed of category Trading`, with what stands in the
/// way before it.
fn because(step: &Step, entry: Option<&ListEntry>, path: &[String], barrier: Option<&str>) -> String {
    let Some(ListEntry { of, list, principal }) = entry else {
        return step.rule.to_string();
    };
    let ways = path.iter().zip(path.iter().skip(1));
    let ways: String = ways
        .map(|(one, group)| format!("{one} is in {group}, "))
        .collect();
    let listed = format!("{ways}{principal} is on the list {list} of {of}");
    match barrier {
        Some(name) => format!("barrier {name} is in the way: {listed}"),
        None => listed,
    }
}

/// For which role, and where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Sought {
    /// The room, by name or URI
    room: Option<String>,
    /// The category, by name
    category: Option<String>,
    /// `member` (unless said otherwise), `manager` or `presenter` of the room; `creator` (unless said otherwise) of the
    /// category, or one of the others for who may hold it in some of its rooms
    role: Option<String>,
    /// What is part of the address, display name or group's name
    filter: Option<String>,
    /// Most to give; 1,000 unless said otherwise
    limit: Option<usize>,
}

/// Lists the users and groups that may be given a role in a room or category.
#[utoipa::path(get, path = "/v1/eligible",
    params(Sought),
    responses((status = 200, body = Eligible, description = "Groups and users, by name")))]
pub(super) async fn eligible(
    State(state): State<AdminState>,
    Queried(sought): Queried<Sought>,
) -> Answer<Json<Eligible>> {
    beside(move || listed_eligible(&state, sought)).await.map(Json)
}

fn listed_eligible(state: &AdminState, sought: Sought) -> Answer<Eligible> {
    let catalogue = state.chat.catalogue();
    let node = node(&catalogue, &sought.room, &sought.category)?;
    let role = role(node, sought.role.as_deref())?;
    let filter = sought.filter.unwrap_or_default().to_lowercase();
    let holds = |id: PrincipalId| may_hold(&catalogue, id, role, node).allowed;
    let named = |name: &str| name.to_lowercase().contains(&filter);
    let groups = catalogue
        .groups()
        .filter(|group| named(&group.name) && holds(group.id))
        .map(|group| EligiblePrincipal {
            principal: group.name.clone(),
            kind: group.kind.to_string(),
            display_name: String::new(),
        });
    let users = catalogue
        .users()
        .filter(|user| (named(user.address.as_str()) || named(&user.display_name)) && holds(user.id))
        .map(|user| EligiblePrincipal {
            principal: user.address.to_string(),
            kind: "user".to_owned(),
            display_name: user.display_name.clone(),
        });
    let mut principals: Vec<EligiblePrincipal> = groups.chain(users).collect();
    drop(catalogue);
    principals.sort_by(by_name);
    let total = principals.len();
    principals.truncate(sought.limit.unwrap_or(DEFAULT_ELIGIBLE));
    Ok(Eligible { total, principals })
}

fn by_name(one: &EligiblePrincipal, other: &EligiblePrincipal) -> Ordering {
    one.principal.to_lowercase().cmp(&other.principal.to_lowercase())
}

/// The role that is asked about. Of all roles that a category's scope bounds, that of creators asks for nothing else: for
/// a category it stands for those in its rooms.
fn role(node: Node, text: Option<&str>) -> Answer<Role> {
    let role = text.map(|text| word::<Role>("role", text)).transpose()?;
    match (node, role) {
        (Node::Room(_), None) => Ok(Role::Member),
        (Node::Room(_), Some(role @ (Role::Member | Role::Manager | Role::Presenter))) => Ok(role),
        (Node::Category(_), None | Some(Role::Creator | Role::Member | Role::Manager | Role::Presenter)) => {
            Ok(Role::Creator)
        }
        (Node::Room(_), Some(_)) => {
            let text = "the role in a room is member, manager or presenter";
            Err(ApiError::invalid(text))
        }
        (Node::Category(_), Some(_)) => {
            let text =
                "any user or group may be allowed or denied: ask for creator, member, manager or presenter";
            Err(ApiError::invalid(text))
        }
    }
}
