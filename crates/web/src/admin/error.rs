//! Refusals as HTTP.

use axum::{
    Json,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use causerie_accounts::{PasswordError, Throttled};
use causerie_chat::ActionError;
use causerie_policy::{AdminAct, AdminRole, Rule, decide_admin};
use causerie_store::StoreError;

use super::wire::{ErrorBody, Problem};

/// When to try again after a failure that mends itself, in seconds.
const RETRY_AFTER_SECONDS: i64 = 5;

/// Why a request wasn't done.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// When to try again, in seconds.
    retry_after: Option<i64>,
}

/// What a handler returns.
pub(super) type Answer<T> = Result<T, ApiError>;

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_SECONDS);
        Self {
            status,
            code,
            message: message.into(),
            retry_after,
        }
    }

    /// What was named doesn't exist.
    pub(super) fn not_found(kind: &str, name: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            format!("there is no {kind} '{name}'"),
        )
    }

    /// The name is taken.
    pub(super) fn exists(kind: &str, name: &str) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "exists",
            format!("there is a {kind} '{name}' already"),
        )
    }

    /// It isn't known who asks. Why a token is no good isn't told.
    pub(super) fn unauthenticated() -> Self {
        Self::not_known(
            "it isn't known who asks: send a token that is good, as Authorization: Bearer. Those of this chat server are good \
             here, and no other's: causerie token list",
        )
    }

    /// The same, in other words.
    pub(super) fn not_known(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", message)
    }

    /// The rules say no to who has this role. Who may is told, if it is for his role.
    pub(super) fn forbidden(rule: Rule, role: AdminRole, act: AdminAct) -> Self {
        let may: Vec<&str> = AdminRole::ALL
            .iter()
            .filter(|role| decide_admin(**role, act).allowed)
            .map(|role| role.as_str())
            .collect();
        let mut message = rule.to_string();
        if !may.contains(&role.as_str()) {
            message += &format!(" It takes the role {}; yours is {role}.", may.join(" or "));
        }
        Self::new(StatusCode::FORBIDDEN, rule.as_str(), message)
    }

    /// What is wrong, without the status.
    pub(super) fn into_problem(self) -> Problem {
        Problem {
            code: self.code.to_owned(),
            message: self.message,
        }
    }

    /// The request makes no sense.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message)
    }
}

impl From<ActionError> for ApiError {
    fn from(error: ActionError) -> Self {
        let message = error.to_string();
        match error {
            ActionError::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, "not-found", message),
            ActionError::Duplicate { .. } => Self::new(StatusCode::CONFLICT, "exists", message),
            ActionError::Stale { .. } => Self::new(StatusCode::PRECONDITION_FAILED, "stale", message),
            ActionError::InBatch { error, .. } => Self {
                message,
                ..Self::from(*error)
            },
            ActionError::Invalid(_) | ActionError::UnderRoot => Self::invalid(message),
            ActionError::Limit(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "limit", message),
            ActionError::Denied(rule) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, rule.as_str(), message),
            ActionError::OutOfScope { rule, .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, rule.as_str(), message)
            }
            ActionError::Store(error) => of_store(&error, message),
            ActionError::Stopped => Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message),
        }
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        let message = error.to_string();
        match error {
            PasswordError::Store(error) => of_store(&error, message),
            PasswordError::Hash(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message),
            PasswordError::TooShort | PasswordError::TooLong | PasswordError::Control => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "password", message)
            }
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        of_store(&error, message)
    }
}

impl From<Throttled> for ApiError {
    fn from(error: Throttled) -> Self {
        Self {
            retry_after: Some(error.retry_after_seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "throttled", error.to_string())
        }
    }
}

fn of_store(error: &StoreError, message: String) -> ApiError {
    if error.is_temporary() {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "store-unavailable", message)
    } else {
        tracing::error!(%error, "the store failed an administrator");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "store", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            error: Problem {
                code: self.code.to_owned(),
                message: self.message,
            },
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

pub(super) async fn no_such_resource(uri: Uri) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no-such-resource",
        format!("there is no resource {}", uri.path()),
    )
}

/// The same of a compliance service that runs alone.
pub(super) async fn not_compliance(uri: Uri) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no-such-resource",
        format!(
            "there is no resource {} here: this compliance service runs alone, and everything but compliance is the chat \
             server's: ask that, by its --data-dir or --socket (how this process is doing: causerie compliance status)",
            uri.path()
        ),
    )
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "no-such-method",
        format!("{} doesn't take {method}", uri.path()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use causerie_store::StoreFault;

    fn store(fault: StoreFault) -> ActionError {
        ActionError::Store(StoreError::new(fault, "it said so"))
    }

    #[test]
    fn each_refusal_has_its_status() {
        let name = || "x".to_owned();
        for (error, status, code) in [
            (
                ActionError::NotFound {
                    kind: "room",
                    name: name(),
                },
                404,
                "not-found",
            ),
            (
                ActionError::Duplicate {
                    kind: "room",
                    name: name(),
                },
                409,
                "exists",
            ),
            (ActionError::Invalid(name()), 422, "invalid"),
            (store(StoreFault::Full), 503, "store-unavailable"),
            (store(StoreFault::ReadOnly), 503, "store-unavailable"),
            (store(StoreFault::SyncFailed), 500, "store"),
            (store(StoreFault::Conflict), 500, "store"),
            (ActionError::Stopped, 503, "stopping"),
        ] {
            let error = ApiError::from(error);
            assert_eq!((error.status.as_u16(), error.code), (status, code));
            let response = error.into_response();
            assert_eq!(
                response.headers().contains_key(header::RETRY_AFTER),
                status == 503
            );
        }
    }

    #[test]
    fn a_bad_password_is_the_askers_fault() {
        assert_eq!(ApiError::from(PasswordError::TooShort).status.as_u16(), 422);
        let full = PasswordError::Store(StoreError::new(StoreFault::Full, "full"));
        assert_eq!(ApiError::from(full).status.as_u16(), 503);
    }
}
