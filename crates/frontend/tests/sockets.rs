//! Real sockets: TCP, TLS with two certificates, and the end of it all.
mod common;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use causerie_frontend::{Authentication, CertificateError, CertificatePaths, CertificateStore, ServeError};
use common::{ALICE, Client, PASSWORD, World};
use rsa::pkcs8::EncodePrivateKey as _;
use rustls::crypto::ring::{cipher_suite, default_provider};
use rustls::{ClientConfig, RootCertStore, SupportedCipherSuite};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<Result<(), ServeError>>,
}

async fn serve(world: &World, certificates: Option<Arc<CertificateStore>>) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let front = Arc::clone(&world.front);
    let done = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        match certificates {
            None => front.serve_tcp(listener, stopped).await,
            Some(certificates) => front.serve_tls(listener, certificates, stopped).await,
        }
    });
    Running { address, stop, done }
}

/// Writes a self-signed certificate for `localhost`.
fn certificate(folder: &Path, name: &str, rsa: bool) -> CertificatePaths {
    let key = if rsa {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let pem = key.to_pkcs8_pem(rsa::pkcs8::LineEnding::LF).unwrap();
        rcgen::KeyPair::from_pem(&pem).unwrap()
    } else {
        rcgen::KeyPair::generate().unwrap()
    };
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let paths = CertificatePaths {
        chain: folder.join(format!("{name}.pem")),
        key: folder.join(format!("{name}.key")),
    };
    std::fs::write(&paths.chain, certificate.pem()).unwrap();
    std::fs::write(&paths.key, key.serialize_pem()).unwrap();
    paths
}

fn der(paths: &CertificatePaths) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(&paths.chain).unwrap()
}

type TlsStream = tokio_rustls::client::TlsStream<TcpStream>;

async fn connect(
    address: SocketAddr,
    trusted: &[&CertificatePaths],
    suites: Vec<SupportedCipherSuite>,
) -> std::io::Result<TlsStream> {
    let mut roots = RootCertStore::empty();
    for paths in trusted {
        roots.add(der(paths)).unwrap();
    }
    let provider = rustls::crypto::CryptoProvider {
        cipher_suites: suites,
        ..default_provider()
    };
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .or_else(|_| {
            let provider = rustls::crypto::CryptoProvider {
                cipher_suites: default_provider().cipher_suites,
                ..default_provider()
            };
            ClientConfig::builder_with_provider(Arc::new(provider))
                .with_protocol_versions(&[&rustls::version::TLS12])
        })
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

fn presented(stream: &TlsStream) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0]
        .clone()
        .into_owned()
}

#[tokio::test]
async fn a_user_signs_in_over_tcp_and_is_let_go_when_the_server_stops() {
    let world = World::new().await;
    let running = serve(&world, None).await;
    let mut client = Client::new(Box::new(TcpStream::connect(running.address).await.unwrap()), None);
    assert!(client.sign_in(ALICE, PASSWORD).await.starts_with("SIP/2.0 200"));
    let devices = world.front.registrations();
    assert_eq!(devices[0].transport, "tcp");
    assert!(devices[0].peer.ip().is_loopback());
    let mut stranger = Client::new(Box::new(TcpStream::connect(running.address).await.unwrap()), None);
    stranger.send("\r\n\r\n").await;
    running.stop.send(()).unwrap();
    assert!(client.next().await.is_none());
    assert!(stranger.next().await.is_none());
    drop((client, stranger));
    running.done.await.unwrap().unwrap();
    assert!(world.front.registrations().is_empty());
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn each_client_gets_the_certificate_that_it_can_use() {
    let folder = tempfile::tempdir().unwrap();
    let (ecdsa, rsa) = (
        certificate(folder.path(), "ecdsa", false),
        certificate(folder.path(), "rsa", true),
    );
    let both = [&ecdsa, &rsa];
    let store = CertificateStore::load(&[rsa.clone(), ecdsa.clone()]).unwrap();
    let world = World::new().await;
    let running = serve(&world, Some(store.clone())).await;
    let ecdsa_only = vec![cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384];
    let rsa_only = vec![cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256];
    let either = [ecdsa_only.clone(), rsa_only.clone()].concat();
    let tls13 = vec![cipher_suite::TLS13_AES_128_GCM_SHA256];
    for (suites, expected) in [
        (ecdsa_only.clone(), &ecdsa),
        (rsa_only.clone(), &rsa),
        (either, &ecdsa),
        (tls13, &ecdsa),
    ] {
        let stream = connect(running.address, &both, suites).await.unwrap();
        assert_eq!(presented(&stream), der(expected));
        let mut client = Client::new(Box::new(stream), None);
        assert!(client.sign_in(ALICE, PASSWORD).await.starts_with("SIP/2.0 200"));
        assert_eq!(world.front.registrations()[0].transport, "tls");
    }
    // With one certificate alone the others can't connect.
    store.reload(std::slice::from_ref(&rsa)).unwrap();
    assert!(connect(running.address, &both, ecdsa_only).await.is_err());
    assert_eq!(
        presented(&connect(running.address, &both, rsa_only).await.unwrap()),
        der(&rsa)
    );
}

#[tokio::test]
async fn certificates_are_exchanged_without_a_restart_and_bad_ones_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (
        certificate(folder.path(), "old", false),
        certificate(folder.path(), "new", false),
    );
    let store = CertificateStore::load(std::slice::from_ref(&old)).unwrap();
    let world = World::new().await;
    let running = serve(&world, Some(store.clone())).await;
    let suites = || default_provider().cipher_suites;
    let first = connect(running.address, &[&old, &new], suites()).await.unwrap();
    assert_eq!(presented(&first), der(&old));
    let mismatch = CertificatePaths {
        chain: new.chain.clone(),
        key: old.key.clone(),
    };
    let missing = CertificatePaths {
        chain: folder.path().join("none.pem"),
        key: new.key.clone(),
    };
    let empty = CertificatePaths {
        chain: new.key.clone(),
        key: new.key.clone(),
    };
    for bad in [
        vec![mismatch],
        vec![missing],
        vec![empty],
        vec![old.clone(), new.clone()],
    ] {
        let error = store.reload(&bad).unwrap_err();
        assert!(matches!(error, CertificateError::File { .. }), "{error}");
    }
    assert!(matches!(store.reload(&[]), Err(CertificateError::None)));
    let still = connect(running.address, &[&old, &new], suites()).await.unwrap();
    assert_eq!(presented(&still), der(&old));
    store.reload(std::slice::from_ref(&new)).unwrap();
    let after = connect(running.address, &[&old, &new], suites()).await.unwrap();
    assert_eq!(presented(&after), der(&new));
    // Connections made before go on.
    let mut client = Client::new(Box::new(first), None);
    assert!(client.sign_in(ALICE, PASSWORD).await.starts_with("SIP/2.0 200"));
}

#[tokio::test]
async fn who_does_not_shake_hands_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = CertificateStore::load(&[certificate(folder.path(), "c", false)]).unwrap();
    let world = World::with(|settings| {
        settings.deadlines.handshake = std::time::Duration::from_millis(50);
    })
    .await;
    let running = serve(&world, Some(store)).await;
    let mut silent = Client::new(Box::new(TcpStream::connect(running.address).await.unwrap()), None);
    assert!(silent.next().await.is_none());
    let mut plain = Client::new(Box::new(TcpStream::connect(running.address).await.unwrap()), None);
    plain.send("OPTIONS sip:example.test SIP/2.0\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut plain.stream, &mut answer).await;
    assert!(!answer.starts_with(b"SIP"));
}

#[tokio::test]
async fn without_sign_in_only_loopback_is_served() {
    let world = World::with(|settings| settings.authentication = Authentication::None).await;
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = world.front.serve_tcp(listener, std::future::pending()).await;
    assert!(matches!(refused, Err(ServeError::Unprotected(_))));
    let running = serve(&world, None).await;
    let mut client = Client::new(Box::new(TcpStream::connect(running.address).await.unwrap()), None);
    client.user = ALICE.to_owned();
    assert!(client.refresh("").await.starts_with("SIP/2.0 200"));
}

#[tokio::test]
async fn new_connections_are_paced() {
    let world = World::with(|settings| settings.limits.connections_per_second = 4).await;
    let running = serve(&world, None).await;
    let began = tokio::time::Instant::now();
    let mut clients = Vec::new();
    for _ in 0..5 {
        // The kernel takes it at once; the keep-alive is answered when the server has.
        let mut client = TcpStream::connect(running.address).await.unwrap();
        client.write_all(b"\r\n\r\n").await.unwrap();
        let mut pong = [0; 2];
        client.read_exact(&mut pong).await.unwrap();
        clients.push(client);
    }
    assert!(began.elapsed() >= Duration::from_millis(250));
}
