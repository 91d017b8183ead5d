//! The way in: who asks is established first, then whether his role lets him.

use super::{AdminState, document, error::ApiError, origin::Origin, origin::Peer};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::{Next, from_fn},
    response::Response,
};
use causerie_chat::Chat;
use causerie_policy::{AdminAct, Rule, decide_admin};
use std::sync::Arc;
use utoipa_axum::router::UtoipaMethodRouter;

/// Establishes who asks, before anything else of a request is looked at.
pub(super) async fn authenticate(
    State(state): State<AdminState>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let peer = request.extensions().get::<Peer>().cloned();
    let peer = peer.ok_or_else(ApiError::unauthenticated)?;
    let origin = match (bearer(request.headers())?, &peer) {
        (Some(token), _) => state.tokens.origin(token, peer, &state.accounts).await?,
        (None, Peer::User(name)) => Origin::of_user(name),
        (None, Peer::Address(_)) => return Err(ApiError::unauthenticated()),
    };
    request.extensions_mut().insert(origin);
    request.extensions_mut().insert(state.chat.clone());
    Ok(next.run(request).await)
}

/// Whether he is an officer of a compliance service that runs alone, where these users of the machine are.
pub fn is_officer(peer: &Peer, officers: &[String]) -> bool {
    match peer {
        Peer::User(name) => officers.contains(name) || peer.runs_this(),
        Peer::Address(_) => false,
    }
}

/// The way into a compliance service that runs alone: its own user, root, and these users of the machine are its officers, as
/// the kernel tells who is on the socket. Tokens are the chat server's.
pub(super) async fn authenticate_officer(
    State(officers): State<Arc<[String]>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let origin = match (request.extensions().get::<Peer>(), bearer(request.headers())?) {
        (Some(peer @ Peer::User(name)), None) if is_officer(peer, &officers) => Origin::of_officer(name),
        (_, Some(_)) => {
            return Err(ApiError::not_known(
                "this compliance service runs alone and takes no tokens, which are the chat server's: its officers are the \
                 user that runs it, root, and those of compliance.officers, on its machine and without a token",
            ));
        }
        (peer, None) => {
            let who = match peer {
                Some(Peer::User(name)) => name,
                _ => "nobody of this machine",
            };
            tracing::warn!(target: "causerie::admin", who, "Refused: no compliance officer.");
            return Err(ApiError::not_known(format!(
                "you are '{who}' to the compliance service, which runs alone: its officers are the user that runs it, root, \
                 and those of compliance.officers"
            )));
        }
    };
    request.extensions_mut().insert(origin);
    Ok(next.run(request).await)
}

/// What comes after `Bearer` (RFC 6750 §2.1), if there is such a header.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    token.map(Some).ok_or_else(ApiError::unauthenticated)
}

/// Lets only those in whose role may do this, and says so in the description of the API.
pub(super) fn allow<S: Clone + Send + Sync + 'static>(
    act: AdminAct,
    (schemas, mut paths, handlers): UtoipaMethodRouter<S>,
) -> UtoipaMethodRouter<S> {
    document::complete(&mut paths, act);
    let check = from_fn(move |origin: Origin, request: Request, next: Next| async move {
        let verdict = decide_admin(origin.role(), act);
        if !verdict.allowed {
            // A compliance service that runs alone has nobody but officers, who may do all that is there.
            let chat = request.extensions().get::<Chat>();
            return Err(refused(chat, &origin, act, verdict.rule));
        }
        Ok(next.run(request).await)
    });
    (schemas, paths, handlers.route_layer(check))
}

/// The answer to who may not do this by his role. It is logged, and recorded where there is a chat service.
pub(super) fn refused(chat: Option<&Chat>, origin: &Origin, act: AdminAct, rule: Rule) -> ApiError {
    tracing::warn!(target: "causerie::admin", %origin, %act, rule = rule.as_str(), "Refused.");
    if let Some(chat) = chat {
        chat.refused(origin.actor(), act.as_str(), rule);
    }
    ApiError::forbidden(rule, origin.role(), act)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_found_in_its_header() {
        let of = |value: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.try_into().unwrap());
            bearer(&headers).map(|token| token.map(str::to_owned)).ok()
        };
        assert_eq!(bearer(&HeaderMap::new()).unwrap(), None);
        assert_eq!(of(b"Bearer abc"), Some(Some("abc".to_owned())));
        assert_eq!(of(b"bearer  abc "), Some(Some("abc".to_owned())));
        for bad in [b"Basic abc".as_slice(), b"Bearer", b"", b"Bearer \xff"] {
            assert_eq!(of(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }
}
