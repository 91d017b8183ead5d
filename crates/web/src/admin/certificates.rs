//! The certificates of SIP over TLS.

use super::{
    AdminState,
    change::Asked,
    error::{Answer, ApiError},
    wire::{Certificate, Certificates, ErrorBody, Outcome},
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use causerie_chat::{Action, Told};

/// Lists the certificates in use.
#[utoipa::path(get, path = "/v1/certificates",
    responses((status = 200, body = [Certificate], description = "Those of SIP over TLS and of HTTPS")))]
pub(super) async fn all(State(state): State<AdminState>) -> Json<Vec<Certificate>> {
    Json(state.program.certificates())
}

/// One note for each file that holds another certificate than before.
fn exchanged(before: &[Certificate], after: &[Certificate]) -> Vec<Action> {
    let told = |certificate: &Certificate| {
        format!(
            "serial={} not-after={}",
            certificate.serial, certificate.not_after
        )
    };
    let of = |certificate: &Certificate| {
        let old = before.iter().find(|old| old.file == certificate.file);
        let (before, after) = (old.map(told).unwrap_or_default(), told(certificate));
        (before != after).then(|| {
            Action::Note(Told {
                what: "certificate.reload".to_owned(),
                target: certificate.file.clone(),
                before,
                after,
            })
        })
    };
    after.iter().filter_map(of).collect()
}

/// Reads the certificates' files again. If they are no good, those in use stay.
#[utoipa::path(post, path = "/v1/certificates/reload",
    responses((status = 200, body = Outcome<Certificates>, description = "Those now in use"), (status = 422, body = ErrorBody, description = "The files are no good")))]
pub(super) async fn reload(State(state): State<AdminState>, asked: Asked) -> Answer<Response> {
    let before = state.program.certificates();
    let after = if asked.what_if {
        state.program.certificates_to_come()
    } else {
        tracing::info!(by = %asked.origin, "certificates are to be read again");
        state.program.reload_certificates()
    };
    let after =
        after.map_err(|message| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "certificates", message))?;
    let made = asked.act(&state, exchanged(&before, &after)).await?;
    made.changed(async { Ok(Certificates { certificates: after }) })
        .await
}
