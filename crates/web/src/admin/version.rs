//! Versions of rooms and categories: who changes one says which he saw, so that he overwrites nobody's work.

use super::{error::ApiError, wire};
use axum::{
    Json,
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use causerie_model::{Audit, Timestamp};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time to the second, RFC 3339.
pub(super) fn rfc3339(time: Timestamp) -> String {
    let time = OffsetDateTime::from_unix_timestamp(time.unix_seconds()).ok();
    time.and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// Who made something and who changed it last.
pub(super) fn audit(audit: &Audit) -> wire::Audit {
    wire::Audit {
        version: audit.version,
        created_by: audit.created_by.clone(),
        created_on: rfc3339(audit.created_on),
        updated_by: audit.updated_by.clone(),
        updated_on: rfc3339(audit.updated_on),
    }
}

/// Something of which there are versions, with its entity tag (RFC 9110 §8.8.3).
pub(super) fn tagged<T: Serialize>(version: u64, thing: &T) -> Response {
    ([(header::ETAG, format!("\"{version}\""))], Json(thing)).into_response()
}

/// The version in `If-Match` (RFC 9110 §13.1.1), if the request has one. `*` is any.
pub(super) struct IfMatch(pub(super) Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut all = parts.headers.get_all(header::IF_MATCH).iter();
        let Some(value) = all.next() else {
            return Ok(Self(None));
        };
        let seen = value.to_str().ok().map(str::trim).and_then(seen);
        match (seen, all.next()) {
            (Some(seen), None) => Ok(Self(seen)),
            _ => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "if-match",
                "If-Match holds one version in quotes, as ETag had it, or *",
            )),
        }
    }
}

fn seen(tag: &str) -> Option<Option<u64>> {
    if tag == "*" {
        return Some(None);
    }
    let version = tag.strip_prefix('"')?.strip_suffix('"')?;
    version.parse().ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_version_in_quotes() {
        assert_eq!(seen("\"3\""), Some(Some(3)));
        assert_eq!(seen("*"), Some(None));
        for bad in ["3", "\"\"", "\"x\"", "\"3\", \"4\"", "W/\"3\"", "\"", ""] {
            assert_eq!(seen(bad), None, "{bad}");
        }
    }
}
