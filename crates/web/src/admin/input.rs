//! Reading requests, with errors of our own form.

use super::error::ApiError;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, request::Parts},
};
use causerie_chat::PrincipalName;
use causerie_model::{Scope, SipAddress, Timestamp};
use serde::{Deserialize, de::DeserializeOwned};
use std::{fmt::Display, str::FromStr, time::Duration};
use tokio::time::timeout;

/// How long the body of a request may take to come.
pub const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// A body of JSON. The content type isn't looked at: nothing else is taken.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = timeout(BODY_DEADLINE, Bytes::from_request(request, state)).await;
        let late = || {
            ApiError::new(
                StatusCode::REQUEST_TIMEOUT,
                "too-slow",
                format!("the body hasn't come for {} s", BODY_DEADLINE.as_secs()),
            )
        };
        let bytes = bytes.map_err(|_| late())?.map_err(|rejection| {
            let code = if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                "too-large"
            } else {
                "body"
            };
            ApiError::new(rejection.status(), code, rejection.body_text())
        })?;
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message = format!("the body isn't as it should be: {error}");
        if error.is_data() {
            ApiError::invalid(message)
        } else {
            ApiError::new(StatusCode::BAD_REQUEST, "json", message)
        }
    })
}

/// The names in the path, decoded.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(names)) => Ok(Self(names)),
            Err(rejection) => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "path",
                rejection.body_text(),
            )),
        }
    }
}

/// What is asked for after the `?`.
pub(super) struct Queried<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Queried<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "query",
                rejection.body_text(),
            )),
        }
    }
}

/// Whether it is only asked what a change would do: `?what_if=true`.
pub(super) struct WhatIf(pub(super) bool);

#[derive(Deserialize)]
struct WhatIfQuery {
    #[serde(default)]
    what_if: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for WhatIf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<WhatIfQuery>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query.what_if)),
            Err(rejection) => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "query",
                rejection.body_text(),
            )),
        }
    }
}

/// A user's address.
pub(super) fn address(text: &str) -> Result<SipAddress, ApiError> {
    SipAddress::parse(text).map_err(|error| ApiError::invalid(error.to_string()))
}

/// What a policy or a set of settings is for.
pub(super) fn scope(text: &str) -> Result<Scope, ApiError> {
    text.parse().map_err(ApiError::invalid)
}

/// A moment: RFC 3339, in UTC if it has no zone.
pub(super) fn moment(field: &str, text: &str) -> Result<Timestamp, ApiError> {
    Timestamp::parse(text).ok_or_else(|| {
        ApiError::invalid(format!(
            "{field}: '{text}' is no time such as 2026-11-23T08:30:00Z"
        ))
    })
}

/// A user by address or a group by name: groups' names have no `@`.
pub(super) fn principal(text: &str) -> Result<PrincipalName, ApiError> {
    if text.contains('@') {
        address(text).map(PrincipalName::User)
    } else {
        Ok(PrincipalName::Group(text.trim().to_owned()))
    }
}

/// One of several words.
pub(super) fn word<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T, ApiError> {
    text.parse()
        .map_err(|error| ApiError::invalid(format!("{field}: {error}")))
}

/// One of several words, if it was given.
pub(super) fn optional_word<T: FromStr<Err: Display>>(
    field: &str,
    text: Option<&String>,
) -> Result<Option<T>, ApiError> {
    text.map(|text| word(field, text)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::wire;
    use axum::response::IntoResponse;

    fn refused<T: DeserializeOwned>(text: &str) -> u16 {
        parse::<T>(text.as_bytes())
            .err()
            .unwrap()
            .into_response()
            .status()
            .as_u16()
    }

    #[test]
    fn what_is_no_json_is_told_from_what_makes_no_sense() {
        assert_eq!(refused::<wire::NewGroup>("{"), 400);
        assert_eq!(refused::<wire::NewGroup>(""), 400);
        assert_eq!(refused::<wire::NewGroup>("{}"), 422);
        assert_eq!(refused::<wire::NewGroup>(r#"{"name": 1}"#), 422);
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        assert_eq!(refused::<wire::ChangeUser>(r#"{"enable": false}"#), 422);
        assert_eq!(refused::<wire::ChangeRoom>(r#"{"topic": "x"}"#), 422);
    }

    #[test]
    fn an_at_sign_tells_users_from_groups() {
        assert_eq!(
            principal("Ann@x.test").unwrap(),
            PrincipalName::User("ann@x.test".parse().unwrap())
        );
        assert_eq!(
            principal(" Desk ").unwrap(),
            PrincipalName::Group("Desk".to_owned())
        );
        assert!(principal("@").is_err());
    }
}
