//! Proof.

use super::{desk::At, progress::told};
use crate::admin::{
    error::{Answer, ApiError},
    wire::{ErrorBody, Verified},
};
use axum::response::Response;

/// Checks the whole database of records: every hash, every chain, every checkpoint and signature.
///
/// Answers with lines of JSON: `{"done", "of"}` while it goes on, at last `{"result"}` or `{"error"}`. That something is
/// wrong is a result, with the first of it.
#[utoipa::path(post, path = "/v1/compliance/verify", responses(
    (status = 200, body = Verified, content_type = "application/x-ndjson", description = "What was found"),
    (status = 503, body = ErrorBody, description = "The database can't be read"),
))]
pub(in crate::admin) async fn verify(at: At) -> Answer<Response> {
    if at.what_if {
        return Err(ApiError::invalid("what_if: nothing would change"));
    }
    told(|progress| async move {
        let found = at.service.verify(&at.officer, &*progress).await?;
        Ok(match found.result {
            Ok(verified) => Verified {
                right: true,
                result: format!(
                    "Nothing is wrong: {} records in {} chains, {} checkpoints; {} records came after the last one.",
                    verified.records,
                    verified.chains,
                    verified.checkpoints,
                    verified.not_yet_covered()
                ),
                records: verified.records,
                chains: verified.chains,
                checkpoints: verified.checkpoints,
                not_yet_covered: verified.not_yet_covered(),
                set_aside: verified.set_aside,
                retired: verified.retired,
            },
            Err(wrong) => Verified {
                right: false,
                result: wrong.to_string(),
                records: 0,
                chains: 0,
                checkpoints: 0,
                not_yet_covered: 0,
                set_aside: 0,
                retired: 0,
            },
        })
    })
    .await
}
