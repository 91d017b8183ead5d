//! Import of many users, groups, rooms and what belongs to them.
//!
//! A document is tried out as a whole first, entry by entry, each as those before it leave things. So all that is wrong
//! with it is known at once, and nothing is done of a document with which something is wrong. Then it is carried out, so
//! many actions at a time as fit into one commit.

mod entry;

use super::{
    AdminState,
    beside::beside,
    error::{Answer, ApiError},
    guard::refused,
    input::{Body, Queried, WhatIf, address},
    origin::Origin,
    wire::{Import, Imported, ImportedChange, ImportedEntry, Problem},
};
use axum::{Json, extract::DefaultBodyLimit, extract::State};
use causerie_accounts::check_password;
use causerie_chat::{Action, ActionError, MAX_ACTIONS, Rehearsal, Told};
use causerie_model::{Catalogue, PrincipalId, SipAddress};
use causerie_policy::{AdminAct, decide_admin};
use entry::Planned;
use serde::Deserialize;
use std::collections::{BTreeSet, HashSet};
use tokio::sync::Mutex;
use utoipa::IntoParams;
use utoipa_axum::router::UtoipaMethodRouter;

/// Largest document that is taken, in bytes: that of 80,000 users and 30,000 rooms with their lists.
pub const MAX_IMPORT_BYTES: usize = 64 * 1024 * 1024;

/// A route whose bodies may be so large.
pub(super) fn large(
    (schemas, paths, handlers): UtoipaMethodRouter<AdminState>,
) -> UtoipaMethodRouter<AdminState> {
    let limit = DefaultBodyLimit::max(MAX_IMPORT_BYTES);
    (schemas, paths, handlers.route_layer(limit))
}

/// Held by the import that is tried out or carried out: each copies the working set, and is carried out as it was tried out.
static ALONE: Mutex<()> = Mutex::const_new(());

/// How to import.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// Lists are as the document has them; otherwise they are added to
    #[serde(default)]
    #[param(required = false)]
    replace_lists: bool,
}

/// What came of an entry when it was tried out.
struct Tried {
    kind: &'static str,
    index: usize,
    result: Result<(&'static str, Planned, Vec<Told>), Problem>,
}

/// Imports users, groups, categories, rooms and what belongs to them. What is there is changed to what the document says;
/// nothing is removed but entries of lists, if they are to be replaced. Those who may change users only may import users
/// and groups.
#[utoipa::path(post, path = "/v1/import",
    params(How),
    request_body = Import,
    responses((status = 200, body = Imported, description = "What came of it; if it was only asked, also what is wrong")))]
pub(super) async fn import(
    State(state): State<AdminState>,
    origin: Origin,
    WhatIf(what_if): WhatIf,
    Queried(how): Queried<How>,
    Body(document): Body<Import>,
) -> Answer<Json<Imported>> {
    for (present, act) in [
        (!document.policies.is_empty(), AdminAct::ChangeSettings),
        (
            !(document.addins.is_empty()
                && document.categories.is_empty()
                && document.rooms.is_empty()
                && document.barriers.is_empty()),
            AdminAct::ChangeRooms,
        ),
    ] {
        let verdict = decide_admin(origin.role(), act);
        if present && !verdict.allowed {
            return Err(refused(Some(&state.chat), &origin, act, verdict.rule));
        }
    }
    let passwords = passwords(&document);
    let given = passwords.given.clone();
    let alone = ALONE.lock().await;
    let (chat, by) = (state.chat.clone(), origin.by());
    // Who asks may go away: then the next waits for the end of this all the same.
    let (tried, document, _alone) = beside(move || {
        let tried = rehearse(chat.rehearsal(by), &document, how.replace_lists, &given);
        Ok((tried, document, alone))
    })
    .await?;
    let mut imported = summary(&tried, passwords.refused);
    if what_if {
        return Ok(Json(imported));
    }
    let mut wrong = imported.entries.iter().filter(|entry| entry.error.is_some());
    if let Some(ImportedEntry {
        kind, index, error, ..
    }) = wrong.next()
    {
        let text = error.as_ref().map_or("", |error| &error.message);
        let others = match wrong.count() {
            0 => String::new(),
            count => format!("; {count} more are wrong"),
        };
        return Err(ApiError::invalid(format!(
            "{kind}[{index}]: {text}{others}. Nothing was changed"
        )));
    }
    imported.changes = carry_out(&state, &origin, tried).await?;
    for index in passwords.given {
        set_password(&state, &document, index).await?;
    }
    let disabled = document.users.iter().filter(|user| user.enabled == Some(false));
    for user in disabled {
        state.signed_in.sign_out(&address(&user.address)?);
    }
    imported.what_if = false;
    Ok(Json(imported))
}

/// Which users of a document get a password, by their place in it.
struct Passwords {
    given: BTreeSet<usize>,
    refused: Vec<ImportedEntry>,
}

/// They aren't compared with those that users have: who imports would learn whether he guessed one.
fn passwords(document: &Import) -> Passwords {
    let mut given = BTreeSet::new();
    let mut refused = Vec::new();
    for (index, user) in document.users.iter().enumerate() {
        let Some(password) = &user.password else { continue };
        match check_password(&password.0) {
            Ok(()) => {
                given.insert(index);
            }
            Err(error) => refused.push(wrong(
                "users",
                index,
                Problem {
                    code: "password".to_owned(),
                    message: error.to_string(),
                },
            )),
        }
    }
    Passwords { given, refused }
}

async fn set_password(state: &AdminState, document: &Import, index: usize) -> Answer<()> {
    let Some(user) = document.users.get(index) else {
        return Ok(());
    };
    let address = address(&user.address)?;
    let id = state
        .chat
        .catalogue()
        .user_by_address(&address)
        .map(|user| user.id);
    if let (Some(id), Some(password)) = (id, &user.password) {
        state.accounts.set_password(id, &password.0).await?;
    }
    Ok(())
}

fn rehearse(
    mut rehearsal: Rehearsal,
    document: &Import,
    replace: bool,
    passwords: &BTreeSet<usize>,
) -> Vec<Tried> {
    let mut all = Vec::new();
    for (kind, index, entry) in entry::all(document) {
        let password = kind == "users" && passwords.contains(&index);
        let result = entry
            .plan(rehearsal.catalogue(), replace, password)
            .and_then(|planned| {
                let told = rehearsal.act(&planned.actions).map_err(of_entry)?;
                let outcome = match (planned.added, told.is_empty()) {
                    (true, _) => "added",
                    (false, false) => "changed",
                    (false, true) => "unchanged",
                };
                Ok((outcome, planned, told))
            });
        let result = result.map_err(ApiError::into_problem);
        all.push(Tried { kind, index, result });
    }
    all
}

/// The number of an action within an entry means nothing to anybody.
fn of_entry(error: ActionError) -> ApiError {
    match error {
        ActionError::InBatch { error, .. } => ApiError::from(*error),
        error => ApiError::from(error),
    }
}

fn summary(tried: &[Tried], refused: Vec<ImportedEntry>) -> Imported {
    let mut imported = Imported {
        what_if: true,
        entries: refused,
        changes: Vec::new(),
    };
    let refused = imported.entries.iter();
    let mut seen: HashSet<(String, usize)> = refused.map(|entry| (entry.kind.clone(), entry.index)).collect();
    for Tried { kind, index, result } in tried {
        if let Ok((_, _, told)) = result {
            imported.changes.extend(told.iter().cloned().map(change));
        }
        // A group comes twice, the second time with its members: what counts is the first, unless the second is wrong.
        if let Err(problem) = result {
            let refused = wrong(kind, *index, problem.clone());
            seen.insert(((*kind).to_owned(), *index));
            let entries = &mut imported.entries;
            match entries
                .iter_mut()
                .find(|entry| entry.kind == *kind && entry.index == *index)
            {
                Some(entry) if entry.error.is_some() => {}
                Some(entry) => *entry = refused,
                None => entries.push(refused),
            }
            continue;
        }
        let counts = !matches!(result, Ok(("unchanged", ..)));
        if !counts || !seen.insert(((*kind).to_owned(), *index)) {
            continue;
        }
        if let Ok((outcome, ..)) = result {
            imported.entries.push(ImportedEntry {
                kind: (*kind).to_owned(),
                index: *index,
                outcome: (*outcome).to_owned(),
                error: None,
            });
        }
    }
    imported
}

fn wrong(kind: &str, index: usize, error: Problem) -> ImportedEntry {
    ImportedEntry {
        kind: kind.to_owned(),
        index,
        outcome: "refused".to_owned(),
        error: Some(error),
    }
}

fn change(told: Told) -> ImportedChange {
    ImportedChange {
        what: told.what,
        target: told.target,
        before: told.before,
        after: told.after,
    }
}

/// As many actions at a time as fit into one commit. Those of an entry stay together unless they alone are too many.
async fn carry_out(state: &AdminState, origin: &Origin, tried: Vec<Tried>) -> Answer<Vec<ImportedChange>> {
    let mut changes = Vec::new();
    let mut waiting: Vec<Action> = Vec::new();
    for (_, planned, _) in tried.into_iter().filter_map(|tried| tried.result.ok()) {
        if waiting.len() + planned.actions.len() > MAX_ACTIONS {
            commit(state, origin, &mut waiting, &mut changes).await?;
        }
        waiting.extend(planned.actions);
    }
    commit(state, origin, &mut waiting, &mut changes).await?;
    Ok(changes)
}

async fn commit(
    state: &AdminState,
    origin: &Origin,
    waiting: &mut Vec<Action>,
    changes: &mut Vec<ImportedChange>,
) -> Answer<()> {
    while !waiting.is_empty() {
        let rest = waiting.split_off(waiting.len().min(MAX_ACTIONS));
        let actions = std::mem::replace(waiting, rest);
        let told = state.chat.act_all(origin.by(), actions).await?;
        changes.extend(told.into_iter().map(change));
    }
    Ok(())
}

/// The names of a list as the catalogue has them, in lower case.
struct Names(HashSet<String>);

impl Names {
    fn new(names: &[String]) -> Self {
        let name = |name: &String| match SipAddress::parse(name) {
            Ok(address) => address.as_str().to_owned(),
            Err(_) => name.trim().to_lowercase(),
        };
        Self(names.iter().map(name).collect())
    }

    fn holds(&self, catalogue: &Catalogue, id: PrincipalId) -> bool {
        let name = catalogue.principal_name(id);
        name.is_some_and(|name| self.0.contains(&name.to_lowercase()))
    }
}
