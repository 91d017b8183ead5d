//! Talking to the running server: HTTP over its Unix socket, or over TLS.

use super::output;
use crate::{data_dir, https::Https};
use anyhow::{Context, Result, bail};
use causerie_policy::Rule;
use causerie_web::admin::wire::{ErrorBody, Secret};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1::handshake,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    ffi::OsStr,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::UnixStream,
    time::timeout,
};

/// How long the server may take to answer.
const DEADLINE: Duration = Duration::from_secs(60);

/// The same where it may have to look through all records.
const LONG_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// Largest answer that is read, in bytes. A list of 100,000 users has about 15 MB.
const MAX_ANSWER: usize = 256 * 1024 * 1024;

/// The administration API of one server.
pub(super) struct Api {
    server: Server,
    token: Option<Secret>,
    /// Changes are only to be told of.
    what_if: bool,
    deadline: Duration,
}

/// How a server is reached.
pub(super) enum Server {
    /// On its machine.
    Socket(PathBuf),
    /// From anywhere.
    Https(Https),
}

/// A path from its parts, each percent-encoded (RFC 3986 §2.1).
pub(super) fn path(parts: &[&str]) -> String {
    let mut path = String::from("/v1");
    for part in parts {
        path.push('/');
        encode(part, &mut path);
    }
    path
}

fn encode(part: &str, into: &mut String) {
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~@".contains(&byte) || (byte == b'.' && part.len() > 2) {
            into.push(char::from(byte));
        } else {
            *into += &format!("%{byte:02X}");
        }
    }
}

/// What is asked for after the path: names and values.
pub(super) type Query<'a> = [(&'a str, String)];

/// The same as text, with its `?`; nothing for nothing.
fn query(asked: &Query<'_>) -> String {
    let mut text = String::new();
    for (name, value) in asked {
        text.push(if text.is_empty() { '?' } else { '&' });
        text += name;
        text.push('=');
        encode(value, &mut text);
    }
    text
}

impl Api {
    /// The API of this server, for who has this token.
    pub(super) fn new(server: Server, token: Option<Secret>, what_if: bool) -> Self {
        Self {
            server,
            token,
            what_if,
            deadline: DEADLINE,
        }
    }

    /// The same API for what may take as long as it takes.
    pub(super) fn patient(mut self) -> Self {
        self.deadline = LONG_DEADLINE;
        self
    }

    fn late(&self) -> String {
        format!("the server hasn't answered for {} s", self.deadline.as_secs())
    }

    /// Whether changes are only told of and not made.
    pub(super) const fn what_if(&self) -> bool {
        self.what_if
    }

    /// Gets what fits.
    pub(super) async fn find(&self, parts: &[&str], asked: &Query<'_>) -> Result<Value> {
        self.ask_for(Method::GET, parts, asked, None::<&()>).await
    }

    /// Asks for a change, or only what it would do.
    pub(super) async fn change<T: Serialize>(
        &self,
        parts: &[&str],
        asked: &Query<'_>,
        what_if: bool,
        body: &T,
    ) -> Result<Value> {
        let mut asked = asked.to_vec();
        if what_if && !self.what_if {
            asked.push(("what_if", true.to_string()));
        }
        self.ask_for(Method::POST, parts, &asked, Some(body)).await
    }

    pub(super) async fn get(&self, parts: &[&str]) -> Result<Value> {
        self.ask(Method::GET, parts, None::<&()>).await
    }

    /// Gets something of a known form.
    pub(super) async fn read<T: DeserializeOwned>(&self, parts: &[&str]) -> Result<T> {
        form(self.get(parts).await?)
    }

    pub(super) async fn post<T: Serialize>(&self, parts: &[&str], body: &T) -> Result<Value> {
        self.ask(Method::POST, parts, Some(body)).await
    }

    pub(super) async fn patch<T: Serialize>(&self, parts: &[&str], body: &T) -> Result<Value> {
        self.ask(Method::PATCH, parts, Some(body)).await
    }

    pub(super) async fn put<T: Serialize>(&self, parts: &[&str], body: &T) -> Result<Value> {
        self.ask(Method::PUT, parts, Some(body)).await
    }

    pub(super) async fn delete(&self, parts: &[&str]) -> Result<Value> {
        self.ask(Method::DELETE, parts, None::<&()>).await
    }

    async fn ask<T: Serialize>(&self, method: Method, parts: &[&str], body: Option<&T>) -> Result<Value> {
        self.ask_for(method, parts, &[], body).await
    }

    /// Asks for work that takes long, and shows how far it is.
    pub(super) async fn work<T: Serialize>(&self, parts: &[&str], body: &T) -> Result<Value> {
        self.watch(self.request(Method::POST, parts, &[], Some(body))?)
            .await
    }

    /// Gets what takes long to be found, and shows how far that is.
    pub(super) async fn seek(&self, parts: &[&str], asked: &Query<'_>) -> Result<Value> {
        self.watch(self.request(Method::GET, parts, asked, None::<&()>)?)
            .await
    }

    async fn watch(&self, request: Request<Full<Bytes>>) -> Result<Value> {
        let (bar, moved) = output::progress();
        let answer = self.lines(request, moved).await;
        bar.finish_and_clear();
        answer
    }

    /// Reads an answer of lines: how far it is, so much of so much, and at last what came of it.
    async fn lines(
        &self,
        request: Request<Full<Bytes>>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Value> {
        let mut response = timeout(self.deadline, self.response(request))
            .await
            .with_context(|| self.late())??;
        if !response.status().is_success() {
            let status = response.status();
            let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
            let body = body.map_err(|error| anyhow::anyhow!("the server's answer broke off: {error}"))?;
            return Err(refusal(status, &body.to_bytes()));
        }
        let mut line = Vec::new();
        // However long it takes: the server tells when it is done, or breaks off.
        while let Some(frame) = response.frame().await {
            let frame = frame.context("the server broke off")?;
            for &byte in frame.data_ref().into_iter().flatten() {
                if byte != b'\n' {
                    line.push(byte);
                    continue;
                }
                let value: Value = serde_json::from_slice(&line).context(UNREADABLE)?;
                line.clear();
                if let (Some(done), Some(of)) = (value["done"].as_u64(), value["of"].as_u64()) {
                    progress(done, of);
                } else if value.get("result").is_some() {
                    return Ok(value["result"].clone());
                } else {
                    return Err(refusal(StatusCode::OK, value.to_string().as_bytes()));
                }
            }
        }
        bail!("the server broke off; what it does goes on")
    }

    async fn ask_for<T: Serialize>(
        &self,
        method: Method,
        parts: &[&str],
        asked: &Query<'_>,
        body: Option<&T>,
    ) -> Result<Value> {
        let request = self.request(method, parts, asked, body)?;
        let (status, bytes) = timeout(self.deadline, self.exchange(request))
            .await
            .with_context(|| self.late())??;
        if status.is_success() {
            return if bytes.is_empty() {
                Ok(Value::Null)
            } else {
                serde_json::from_slice(&bytes).context(UNREADABLE)
            };
        }
        Err(refusal(status, &bytes))
    }

    fn request<T: Serialize>(
        &self,
        method: Method,
        parts: &[&str],
        asked: &Query<'_>,
        body: Option<&T>,
    ) -> Result<Request<Full<Bytes>>> {
        let mut asked = asked.to_vec();
        if self.what_if && method != Method::GET {
            asked.push(("what_if", true.to_string()));
        }
        let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        let host = match &self.server {
            Server::Socket(_) => "localhost",
            Server::Https(https) => https.authority(),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path(parts) + &query(&asked))
            .header(HOST, host)
            .header(CONTENT_TYPE, "application/json");
        if let Some(Secret(token)) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Bytes::from(body)));
        request.context("the token can't be sent")
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes)> {
        let response = self.response(request).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("the server's answer broke off: {error}"))?;
        Ok((status, body.to_bytes()))
    }

    async fn response(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>> {
        match &self.server {
            Server::Socket(socket) => {
                let stream = UnixStream::connect(socket).await;
                send(stream.map_err(|error| no_server(socket, &error))?, request).await
            }
            Server::Https(https) => send(https.connect().await?, request).await,
        }
    }
}

const UNREADABLE: &str = "the server's answer isn't understood: is it of another version?";

/// What the server says no with.
fn refusal(status: StatusCode, bytes: &[u8]) -> anyhow::Error {
    match serde_json::from_slice::<ErrorBody>(bytes) {
        Ok(body) if body.error.code == Rule::OfficersOnly.as_str() => anyhow::anyhow!(
            "{}: make a token with causerie token add NAME --role compliance-officer > FILE and say --token-file FILE",
            body.error.message.trim_end_matches('.')
        ),
        Ok(body) if body.error.code == Rule::AdministratorsOnly.as_str() => anyhow::anyhow!(
            "{}: leave the token out on the server's machine, or make one with causerie token add NAME --role administrator",
            body.error.message.trim_end_matches('.')
        ),
        Ok(body) => anyhow::anyhow!(body.error.message),
        Err(_) => anyhow::anyhow!("the server answered {status}"),
    }
}

/// One request and the beginning of its answer.
async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>> {
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await;
    response.context("the server broke off")
}

fn no_server(path: &Path, error: &std::io::Error) -> anyhow::Error {
    let socket = path.display();
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => anyhow::anyhow!(
            "no server is running at {socket}: start one with: {}, or name another with --data-dir or --socket",
            start_command(path)
        ),
        ErrorKind::PermissionDenied => anyhow::anyhow!(
            "you may not use {socket}: only the user that runs the server, and root, may (try sudo)"
        ),
        _ => anyhow::anyhow!("{socket}: {error}"),
    }
}

/// How to start the server that would have this socket. The folder of a demo is known by its name.
fn start_command(socket: &Path) -> String {
    if socket.file_name() == Some(OsStr::new(data_dir::COMPLIANCE_SOCKET)) {
        return "causerie serve --role compliance".to_owned();
    }
    match socket.parent() {
        Some(folder) if folder == Path::new("causerie-demo") => "causerie serve --demo".to_owned(),
        Some(folder) if folder.ends_with("causerie-demo") => {
            format!("causerie serve --demo --data-dir {}", folder.display())
        }
        _ => "causerie serve".to_owned(),
    }
}

/// An answer in its known form.
pub(super) fn form<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).context("the server's answer isn't understood: is it of another version?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_started_as_what_it_is() {
        for (socket, command) in [
            ("causerie-demo/admin.sock", "causerie serve --demo"),
            (
                "/home/x/causerie-demo/admin.sock",
                "causerie serve --demo --data-dir /home/x/causerie-demo",
            ),
            ("/var/lib/causerie/admin.sock", "causerie serve"),
            (
                "/var/lib/causerie-compliance/compliance.sock",
                "causerie serve --role compliance",
            ),
        ] {
            assert_eq!(start_command(Path::new(socket)), command);
        }
    }

    #[test]
    fn names_become_parts_of_a_path_whatever_is_in_them() {
        assert_eq!(path(&["users", "ann@x.test"]), "/v1/users/ann@x.test");
        assert_eq!(path(&["rooms", "a/b ?#%ä"]), "/v1/rooms/a%2Fb%20%3F%23%25%C3%A4");
        assert_eq!(path(&["rooms", ".."]), "/v1/rooms/%2E%2E");
        let asked = [("filter", "a&b=c d".to_owned()), ("limit", "5".to_owned())];
        assert_eq!(query(&asked), "?filter=a%26b%3Dc%20d&limit=5");
        assert_eq!(query(&[]), "");
    }
}
