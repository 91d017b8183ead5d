//! Who is on the other end of the Unix socket.

use axum::{
    Router,
    extract::{ConnectInfo, FromRequestParts, connect_info::Connected},
    http::{StatusCode, request::Parts},
    serve::IncomingStream,
};
use causerie_model::Actor;
use std::{future::Future, io};
use tokio::net::UnixListener;

use super::error::ApiError;

/// The user of the machine whose process is connected, as the kernel says (SO_PEERCRED).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(String);

impl Peer {
    /// The user with this number.
    fn of_uid(uid: u32) -> Self {
        // The machine's own list only: what a directory knows of, the number names just as well.
        let name = std::fs::read_to_string("/etc/passwd")
            .ok()
            .and_then(|list| name_of(uid, &list));
        Self(name.unwrap_or_else(|| uid.to_string()))
    }
}

fn name_of(uid: u32, passwd: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        match stream.io().peer_cred() {
            Ok(credentials) => Self::of_uid(credentials.uid()),
            Err(error) => {
                tracing::warn!(%error, "the kernel doesn't say who is on the administration socket");
                Self("unknown".to_owned())
            }
        }
    }
}

/// The administrator who asks, as records name him.
pub(super) struct Administrator(pub(super) Actor);

impl<S: Send + Sync> FromRequestParts<S> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match ConnectInfo::<Peer>::from_request_parts(parts, state).await {
            Ok(ConnectInfo(Peer(name))) => Ok(Self(Actor::Administrator(format!("unix:{name}")))),
            Err(_) => Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "nobody",
                "it isn't known who asks",
            )),
        }
    }
}

/// Serves the API on a socket until `stop` is ready, and then until the requests under way are answered.
///
/// # Errors
/// If the socket can't be served.
pub async fn serve(
    listener: UnixListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(stop)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_has_the_name_of_its_line() {
        let list = "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(name_of(0, list).as_deref(), Some("root"));
        assert_eq!(name_of(1000, list).as_deref(), Some("ann"));
        assert_eq!(name_of(100, list), None);
    }
}
