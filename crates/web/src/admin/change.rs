//! A change that somebody asks for: made, or only told (`?what_if=true`).

use super::{
    AdminState,
    error::{Answer, ApiError},
    input::WhatIf,
    origin::Origin,
    wire::{Change, Changed, Changes, Outcome, Rehearsal},
};
use axum::{
    Json,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use causerie_chat::{Action, ActionError, Told};
use serde::Serialize;
use std::future::Future;

/// Who asks for a change, and whether it is to be made. Every handler that changes something takes one.
pub(super) struct Asked {
    pub(super) origin: Origin,
    /// Only what it would do is asked for.
    pub(super) what_if: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let WhatIf(what_if) = WhatIf::from_request_parts(parts, state).await?;
        let origin = Origin::from_request_parts(parts, state).await?;
        Ok(Self { origin, what_if })
    }
}

impl Asked {
    /// Carries out all of these actions or none; or tells what they would do.
    pub(super) async fn act(&self, state: &AdminState, actions: Vec<Action>) -> Answer<Made> {
        let by = self.origin.by();
        let told = if self.what_if {
            state.chat.rehearse(by, actions).await
        } else {
            state.chat.act_all(by, actions).await
        };
        // One request is one action to who asks.
        let told = told.map_err(|error| match error {
            ActionError::InBatch { error, .. } => *error,
            error => error,
        })?;
        Ok(Made {
            rehearsal: self.what_if,
            changes: told.into_iter().map(Change::from).collect(),
            warnings: Vec::new(),
        })
    }
}

impl From<Told> for Change {
    fn from(told: Told) -> Self {
        Self {
            what: told.what,
            target: told.target,
            before: told.before,
            after: told.after,
        }
    }
}

impl From<causerie_compliance::Change> for Change {
    fn from(change: causerie_compliance::Change) -> Self {
        Self {
            what: change.what,
            target: change.target,
            before: change.before,
            after: change.after,
        }
    }
}

/// What was changed, or would be.
pub(super) struct Made {
    rehearsal: bool,
    changes: Vec<Change>,
    /// What looks like a mistake.
    warnings: Vec<String>,
}

impl Made {
    /// What an officer did, or would: nothing if everything was so already.
    pub(super) fn by_officer(what_if: bool, mut change: causerie_compliance::Change) -> Self {
        let warnings = std::mem::take(&mut change.warnings);
        let changes = change.changed.then(|| change.into());
        Self {
            rehearsal: what_if,
            changes: changes.into_iter().collect(),
            warnings,
        }
    }

    /// Whether nothing was done.
    pub(super) const fn is_rehearsal(&self) -> bool {
        self.rehearsal
    }

    /// What changed, or would.
    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// Something else that follows.
    pub(super) fn with(mut self, change: Option<Change>) -> Self {
        self.changes.extend(change);
        self
    }

    /// Answers with what there is from now on, 201. It isn't looked at if there is no such thing.
    pub(super) async fn created<T: Serialize>(
        self,
        now: impl Future<Output = Answer<T>>,
    ) -> Answer<Response> {
        self.answer(StatusCode::CREATED, now).await
    }

    /// Answers with what there is from now on, 200.
    pub(super) async fn changed<T: Serialize>(
        self,
        now: impl Future<Output = Answer<T>>,
    ) -> Answer<Response> {
        self.answer(StatusCode::OK, now).await
    }

    async fn answer<T: Serialize>(
        self,
        status: StatusCode,
        now: impl Future<Output = Answer<T>>,
    ) -> Answer<Response> {
        if self.rehearsal {
            return Ok(self.told());
        }
        let outcome = Outcome {
            now: now.await?,
            changes: self.changes,
        };
        Ok((status, Json(outcome)).into_response())
    }

    /// Answers for an entry of a list.
    pub(super) fn entry(self) -> Response {
        if self.rehearsal {
            return self.told();
        }
        let changed = !self.changes.is_empty();
        let changes = self.changes;
        Json(Changed { changed, changes }).into_response()
    }

    /// Answers where nothing is left to show.
    pub(super) fn done(self) -> Response {
        if self.rehearsal {
            return self.told();
        }
        let (changes, warnings) = (self.changes, self.warnings);
        Json(Changes { changes, warnings }).into_response()
    }

    fn told(self) -> Response {
        let rehearsal = Rehearsal {
            what_if: true,
            changes: self.changes,
            warnings: self.warnings,
        };
        Json(rehearsal).into_response()
    }
}
