//! Serving the API: over a Unix socket, and over TLS. Both speak HTTP/1.1 and hold their peers to the same limits.

use super::{
    origin::{Peer, Process},
    patient::{Patient, WRITE_DEADLINE},
};
use axum::{Router, serve::Listener};
use hyper::{body::Incoming, server::conn::http1, service::Service as _, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rustls::ServerConfig;
use std::{
    collections::HashMap,
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// Connections of one listener at a time.
pub const MAX_CONNECTIONS: usize = 64;

/// Connections from one address at a time.
pub const MAX_CONNECTIONS_PER_ADDRESS: usize = 16;

/// From a connection to the end of its TLS handshake.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// From the beginning of a connection, or the answer before, to the end of a request's head. It bounds how long a
/// connection may be idle as well.
pub const HEAD_DEADLINE: Duration = Duration::from_secs(30);

/// Serves the API, or another, on a Unix socket: requests come with a [`Peer`] and a [`Process`] as extensions. Until `stop` is ready, and then until the requests under way are answered.
pub async fn serve_unix(listener: UnixListener, router: Router, stop: impl Future<Output = ()> + Send) {
    serve_unix_apart(listener, router, |_| true, stop).await;
}

/// The same for a socket that others can connect to as well: theirs are counted apart, so that they take up no connection of
/// a peer that `belongs` there.
pub async fn serve_unix_apart(
    listener: UnixListener,
    router: Router,
    belongs: impl Fn(&Peer) -> bool + Send + Sync,
    stop: impl Future<Output = ()> + Send,
) {
    let gates = <[Arc<Gate>; 2]>::default();
    let admit = |stream: &UnixStream, _: &_| {
        let [gate, others] = &gates;
        let gate = if belongs(&Peer::of_socket(stream)) {
            gate
        } else {
            others
        };
        gate.admit(None)
    };
    let open = |stream: UnixStream, _| async move {
        let who = (Peer::of_socket(&stream), Process::of_socket(&stream));
        Some((stream, who))
    };
    serve(listener, router, stop, admit, open).await;
}

/// Serves the API over TLS until `stop` is ready, and then until the requests under way are answered.
pub async fn serve_tls(
    listener: TcpListener,
    config: &ServerConfig,
    router: Router,
    stop: impl Future<Output = ()> + Send,
) {
    let mut config = config.clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let open = |stream: TcpStream, address: SocketAddr| {
        let shaken = timeout(HANDSHAKE_DEADLINE, acceptor.accept(stream));
        async move {
            match shaken.await {
                Ok(Ok(stream)) => Some((stream, (Peer::Address(address), Process::unknown()))),
                Ok(Err(error)) => {
                    tracing::debug!(target: "causerie::admin", peer = %address, %error, "TLS handshake failed.");
                    None
                }
                Err(_) => {
                    tracing::debug!(target: "causerie::admin", peer = %address, "TLS handshake too slow.");
                    None
                }
            }
        }
    };
    let gate = Arc::<Gate>::default();
    let admit = |_: &TcpStream, address: &SocketAddr| gate.admit(Some(address.ip()));
    serve(listener, router, stop, admit, open).await;
}

async fn serve<L, Io, Opening>(
    mut listener: L,
    router: Router,
    stop: impl Future<Output = ()> + Send,
    admit: impl Fn(&L::Io, &L::Addr) -> Option<Admission>,
    open: impl Fn(L::Io, L::Addr) -> Opening,
) where
    L: Listener,
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    Opening: Future<Output = Option<(Io, (Peer, Process))>> + Send + 'static,
{
    let (close, closing) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, address) = tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = tasks.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Some(admission) = admit(&stream, &address) else {
            tracing::warn!(target: "causerie::admin", "Too many connections: one was closed.");
            continue;
        };
        let opening = open(stream, address);
        let (router, closing) = (router.clone(), closing.clone());
        tasks.spawn(async move {
            let _admission = admission;
            if let Some((stream, who)) = opening.await {
                connection(stream, who, router, closing).await;
            }
        });
    }
    drop(listener);
    let _ = close.send(true);
    while tasks.join_next().await.is_some() {}
}

/// Answers the requests of one connection.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    (peer, process): (Peer, Process),
    router: Router,
    mut closing: watch::Receiver<bool>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        request.extensions_mut().insert(process);
        router.call(request)
    });
    let stream = TokioIo::new(Patient::new(stream, WRITE_DEADLINE));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_DEADLINE)
            .serve_connection(stream, service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { drop(closing.wait_for(|closing| *closing).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(target: "causerie::admin", %error, "Connection broken off.");
    }
}

/// Counts connections, in all and by address.
#[derive(Default)]
struct Gate {
    open: Mutex<(usize, HashMap<IpAddr, usize>)>,
}

/// A connection that was let in; dropping it makes room for another.
struct Admission {
    gate: Arc<Gate>,
    address: Option<IpAddr>,
}

impl Gate {
    /// Lets a connection in, unless there are too many.
    fn admit(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Admission> {
        let address = address.map(|address| address.to_canonical());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, addresses) = &mut *open;
        if *all >= MAX_CONNECTIONS {
            return None;
        }
        if let Some(address) = address {
            let here = addresses.entry(address).or_default();
            if *here >= MAX_CONNECTIONS_PER_ADDRESS {
                return None;
            }
            *here += 1;
        }
        *all += 1;
        Some(Admission {
            gate: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut open = self.gate.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, addresses) = &mut *open;
        *all -= 1;
        if let Some(address) = self.address
            && let Some(here) = addresses.get_mut(&address)
        {
            *here -= 1;
            if *here == 0 {
                addresses.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::{
        input::{BODY_DEADLINE, Body},
        wire::NewGroup,
    };
    use axum::routing::{get, post};
    use rustls_pki_types::PrivateKeyDer;
    use std::future::pending;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        time::{Instant, advance, sleep},
    };

    /// Room in the pipe between the two ends, in bytes.
    const PIPE: usize = 1_024;
    const MOMENT: Duration = Duration::from_millis(1);

    /// A connection to an API that answers `/` with more than the pipe holds.
    fn connect() -> (DuplexStream, watch::Sender<bool>) {
        let (near, far) = duplex(PIPE);
        let (close, closing) = watch::channel(false);
        let router = Router::new()
            .route("/", get(async || "x".repeat(64 * PIPE)))
            .route("/body", post(async |Body(_): Body<NewGroup>| "taken"));
        let who = (Peer::User("ann".to_owned()), Process::unknown());
        tokio::spawn(connection(far, who, router, closing));
        (near, close)
    }

    async fn is_closed_after(stream: &mut (impl AsyncRead + Unpin), deadline: Duration) {
        let begin = Instant::now();
        let mut rest = Vec::new();
        // How it ends doesn't matter.
        let _ = stream.read_to_end(&mut rest).await;
        let took = begin.elapsed();
        assert!(deadline <= took && took <= deadline + MOMENT * 2, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_handshake_is_waited_for_until_its_deadline() {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let chain = vec![params.self_signed(&key).unwrap().der().clone()];
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { serve_tls(listener, &config, Router::new(), pending()).await });
        let mut stream = TcpStream::connect(address).await.unwrap();
        is_closed_after(&mut stream, HANDSHAKE_DEADLINE).await;
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_head_is_waited_for_until_its_deadline() {
        for sent in ["", "GET / HTTP/1.1\r\nHost: x\r\n"] {
            let (mut stream, _close) = connect();
            stream.write_all(sent.as_bytes()).await.unwrap();
            is_closed_after(&mut stream, HEAD_DEADLINE).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_may_be_idle_until_the_deadline() {
        let (mut stream, _close) = connect();
        let ask = b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n";
        for _ in 0..2 {
            sleep(HEAD_DEADLINE - MOMENT).await;
            stream.write_all(ask).await.unwrap();
            let mut answer = [0; PIPE];
            let count = stream.read(&mut answer).await.unwrap();
            assert!(answer[..count].starts_with(b"HTTP/1.1 404"), "it still answers");
        }
        is_closed_after(&mut stream, HEAD_DEADLINE).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_waited_for_until_its_deadline() {
        let ask = b"POST /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 14\r\n\r\n{\"name\": \"x\"";
        for (pause, status) in [(BODY_DEADLINE - MOMENT, "200"), (BODY_DEADLINE + MOMENT, "408")] {
            let (mut stream, _close) = connect();
            stream.write_all(ask).await.unwrap();
            sleep(pause).await;
            let _ = stream.write_all(b"} ").await;
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer).await;
            assert_eq!(answer.split(' ').nth(1), Some(status), "{answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_nothing_is_cut_off() {
        let ask = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        for (pause, whole) in [(WRITE_DEADLINE - MOMENT, true), (WRITE_DEADLINE + MOMENT, false)] {
            let (mut stream, _close) = connect();
            stream.write_all(ask).await.unwrap();
            sleep(pause).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            assert_eq!(answer.len() > 64 * PIPE, whole, "{pause:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_idle_connections() {
        let (mut stream, close) = connect();
        advance(MOMENT).await;
        close.send(true).unwrap();
        is_closed_after(&mut stream, Duration::ZERO).await;
    }

    #[test]
    fn connections_are_counted_in_all_and_by_address() {
        let gate = Arc::new(Gate::default());
        let ip = |n: u8| Some(IpAddr::from([192, 0, 2, n]));
        let mut open = Vec::new();
        for _ in 0..MAX_CONNECTIONS_PER_ADDRESS {
            open.push(gate.admit(ip(1)).expect("there is room"));
        }
        assert!(gate.admit(ip(1)).is_none());
        assert!(gate.admit(Some("::ffff:192.0.2.1".parse().unwrap())).is_none());
        open.pop();
        open.push(gate.admit(ip(1)).expect("there is room again"));
        for n in 0..MAX_CONNECTIONS - MAX_CONNECTIONS_PER_ADDRESS {
            let address = u8::try_from(n % 100).unwrap() + 2;
            open.push(gate.admit(ip(address)).expect("there is room"));
        }
        assert!(gate.admit(None).is_none() && gate.admit(ip(200)).is_none());
        drop(open);
        assert!(gate.open.lock().unwrap().1.is_empty());
        assert!(gate.admit(None).is_some());
    }
}
