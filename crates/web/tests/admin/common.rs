//! An API over a database of its own, on a Unix socket and over TLS.

use causerie_accounts::{Accounts, Caps, Vault};
use causerie_chat::{Chat, Needs, Settings};
use causerie_model::{Clock, Random, Sealed, SipAddress, Timestamp};
use causerie_policy::AdminRole;
use causerie_proof::{PublicKey, SigningKey};
use causerie_queue::conformance::everything;
use causerie_store::{Parts, Store};
use causerie_store_sqlite::{Options, SqliteStore};
use causerie_web::admin::{
    AdminState, Desk, Keyring, Keys, Program, SignedIn, router, serve_tls, serve_unix, wire,
};
use rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};
use rustls_pki_types::{PrivateKeyDer, ServerName};
use serde_json::{Value, json};
use std::{
    future::pending,
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A clock that stands until it is moved.
pub(crate) struct Hand(AtomicI64);

impl Hand {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}

struct Nobody;

impl SignedIn for Nobody {
    fn registrations(&self) -> Vec<wire::Registration> {
        Vec::new()
    }

    fn sign_out(&self, _: &SipAddress) -> usize {
        0
    }
}

impl Program for Nobody {
    fn facts(&self) -> wire::Program {
        wire::Program {
            version: "1".to_owned(),
            pid: 1,
            domain: "example.test".to_owned(),
            started: String::new(),
            data_dir: String::new(),
            sip_tcp: None,
            sip_tls: None,
            metrics: None,
            admin_https: None,
        }
    }

    fn certificates(&self) -> Vec<wire::Certificate> {
        Vec::new()
    }

    fn certificates_to_come(&self) -> Result<Vec<wire::Certificate>, String> {
        Ok(Vec::new())
    }

    fn reload_certificates(&self) -> Result<Vec<wire::Certificate>, String> {
        Ok(Vec::new())
    }
}

impl Keys for Nobody {
    fn next(&self, _: bool) -> Result<Arc<SigningKey>, String> {
        Err("there is no key here".to_owned())
    }

    fn exchange(&self) -> Result<PublicKey, String> {
        Err("there is no key here".to_owned())
    }
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Its status, and the code of its error if it is one.
    pub(crate) fn outcome(&self) -> (u16, String) {
        let code = serde_json::from_str::<Value>(&self.body).unwrap_or_default()["error"]["code"].clone();
        (self.status, code.as_str().unwrap_or_default().to_owned())
    }
}

pub(crate) struct World {
    pub(crate) chat: Chat,
    pub(crate) clock: Arc<Hand>,
    pub(crate) parts: Parts,
    queue: Arc<SqliteStore>,
    pub(crate) folder: TempDir,
    socket: PathBuf,
    address: SocketAddr,
    trust: Arc<ClientConfig>,
}

/// A server's settings with a certificate of its own, and those of a client that trusts it.
fn tls() -> (ServerConfig, Arc<ClientConfig>) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = params.self_signed(&key).expect("a certificate");
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .expect("they fit");
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).expect("it is one");
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    (server, Arc::new(client))
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("causerie.db"), Options::default()).await;
        let store = Arc::new(store.expect("it opens"));
        let parts = store.clone().parts();
        let clock = Arc::new(Hand(AtomicI64::new(1_700_000_000_000_000)));
        let random: Arc<dyn Random> = Arc::new(Counting(AtomicU64::new(1)));
        let needs = Needs {
            journal: parts.journal.clone(),
            catalogue: parts.catalogue.clone(),
            history: parts.history.clone(),
            preferences: parts.preferences.clone(),
            invitations: parts.invitations.clone(),
            queue: store.clone(),
            alarms: Arc::new(()),
            clock: clock.clone(),
            random: random.clone(),
        };
        let chat = Chat::start(Settings::default(), needs).await.expect("it starts");
        let vault = Vault::from_hex(&"0f".repeat(32)).expect("a key");
        let accounts = Accounts::new(
            parts.secrets.clone(),
            vault,
            Caps::default(),
            clock.clone(),
            random.clone(),
        );
        let router = router(AdminState {
            chat: chat.clone(),
            accounts: Arc::new(accounts),
            tokens: Arc::new(Keyring::new(parts.tokens.clone(), clock.clone(), random)),
            compliance: Desk::closed("there is none here", Arc::new(Nobody)),
            signed_in: Arc::new(Nobody),
            program: Arc::new(Nobody),
        });
        let socket = folder.path().join("admin.sock");
        let unix = UnixListener::bind(&socket).expect("a socket");
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = tcp.local_addr().expect("an address");
        let (server, trust) = tls();
        tokio::spawn(serve_unix(unix, router.clone(), pending()));
        tokio::spawn(async move { serve_tls(tcp, &server, router, pending()).await });
        Self {
            chat,
            clock,
            parts,
            queue: store,
            folder,
            socket,
            address,
            trust,
        }
    }

    /// All records that wait for compliance.
    pub(crate) async fn records(&self) -> Vec<Sealed> {
        everything(&*self.queue).await
    }

    pub(crate) async fn unix(&self) -> UnixStream {
        UnixStream::connect(&self.socket).await.expect("it is served")
    }

    pub(crate) async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it is served")
    }

    pub(crate) async fn tls(&self) -> TlsStream<TcpStream> {
        self.try_tls().await.expect("they agree")
    }

    pub(crate) async fn try_tls(&self) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").expect("a name");
        let connector = TlsConnector::from(self.trust.clone());
        connector.connect(name, self.tcp().await).await
    }

    /// A request over the Unix socket, without a token.
    pub(crate) async fn local(&self, method: &str, path: &str, body: &Value) -> Answer {
        ask(self.unix().await, method, path, None, &text(body)).await
    }

    /// A request over TLS with this token.
    pub(crate) async fn remote(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        ask(self.tls().await, method, path, Some(token), &text(body)).await
    }

    /// A token of this role and name, given on the machine.
    pub(crate) async fn token(&self, name: &str, role: AdminRole) -> String {
        let new = json!({"name": name, "role": role.as_str()});
        let answer = self.local("POST", "/v1/tokens", &new).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["token"].as_str().expect("a token").to_owned()
    }
}

fn text(body: &Value) -> String {
    if body.is_null() {
        String::new()
    } else {
        body.to_string()
    }
}

/// The text of a request.
pub(crate) fn request(method: &str, path: &str, token: Option<&str>, body: &str) -> String {
    let token = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\n{token}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// One request on a connection that ends with its answer.
pub(crate) async fn ask(
    mut stream: impl Stream,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> Answer {
    let text = request(method, path, token, body).replacen("Host: x", "Host: x\r\nConnection: close", 1);
    // The server may close before it has read all of a request that is too large.
    let _ = stream.write_all(text.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).expect("UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer {
        status: status.unwrap_or_else(|| panic!("no HTTP: {answer}")),
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}
