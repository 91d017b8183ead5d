//! Accepting connections, over TCP and TLS.
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::connection::Connection;
use crate::front::FrontEnd;
use crate::gate::Admission;
use crate::link::{Link, Transport};
use crate::mailbox::{Command, Mailbox};
use crate::settings::Authentication;
use crate::telemetry::{Open, refused};
use crate::tls::{CertificateError, CertificateStore};

/// How long to wait before accepting again when the system can't give another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The port that stands in Via and Contact of a connection without a listener.
const SIP_PORT: u16 = 5060;

/// Why a listener can't be served.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Sign-in is off and the listener can be reached from elsewhere.
    #[error("{0} can be reached from other machines: sign-in can be off on loopback addresses only")]
    Unprotected(SocketAddr),
    /// The listener is broken.
    #[error("the listener: {0}")]
    Io(#[from] io::Error),
    /// TLS can't be set up.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl FrontEnd {
    /// Serves SIP over TCP until `shutdown` is ready, then closes what is open.
    ///
    /// # Errors
    /// [`ServeError`] if it can't begin.
    pub async fn serve_tcp(
        self: &Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        self.serve(listener, None, shutdown).await
    }

    /// Serves SIP over TLS until `shutdown` is ready, then closes what is open.
    ///
    /// # Errors
    /// [`ServeError`] if it can't begin.
    pub async fn serve_tls(
        self: &Arc<Self>,
        listener: TcpListener,
        certificates: Arc<CertificateStore>,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        let config = certificates.server_config()?;
        self.serve(listener, Some(config), shutdown).await
    }

    /// Serves one connection that was accepted elsewhere, as one of `peer`, and says why it ended. It counts among the
    /// connections, and its transport is taken for TCP.
    pub async fn serve_stream(
        self: &Arc<Self>,
        socket: impl AsyncRead + AsyncWrite + Unpin,
        peer: SocketAddr,
    ) -> &'static str {
        let _admission = match self.gate.admit(peer.ip(), &self.settings.limits) {
            Ok(admission) => admission,
            Err(limit) => {
                refused(limit);
                return limit;
            }
        };
        let mut open = Open::new(Transport::Tcp.name());
        let link = Link::new(Arc::clone(self), Arc::default(), peer, SIP_PORT, Transport::Tcp);
        open.reason = Connection::new(socket, link).await;
        open.reason
    }

    async fn serve(
        self: &Arc<Self>,
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        let local = listener.local_addr()?;
        if self.settings.authentication == Authentication::None && !local.ip().is_loopback() {
            return Err(ServeError::Unprotected(local));
        }
        let mut shutdown = std::pin::pin!(shutdown);
        let mut tasks = JoinSet::new();
        let mut mailboxes: HashMap<tokio::task::Id, Arc<Mailbox>> = HashMap::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                    let id = match ended {
                        Ok((id, ())) => id,
                        Err(error) => error.id(),
                    };
                    mailboxes.remove(&id);
                    continue;
                }
                accepted = async {
                    self.pace.wait(&self.settings.limits).await;
                    listener.accept().await
                } => accepted,
            };
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(target: "causerie::sip", %error, "A connection can't be accepted.");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            self.pace.take(Instant::now(), &self.settings.limits);
            match self.gate.admit(peer.ip(), &self.settings.limits) {
                Ok(admission) => {
                    let mailbox = Arc::new(Mailbox::default());
                    let work = Arc::clone(self).connection(
                        socket,
                        peer,
                        local.port(),
                        tls.clone(),
                        admission,
                        Arc::clone(&mailbox),
                    );
                    mailboxes.insert(tasks.spawn(work).id(), mailbox);
                }
                Err(limit) => refused(limit),
            }
        }
        drop(listener);
        for mailbox in mailboxes.values() {
            mailbox.post(Command::Stop);
        }
        let all = async { while tasks.join_next().await.is_some() {} };
        // Those that still shake hands read no mailbox.
        let _ = tokio::time::timeout(self.settings.deadlines.closing, all).await;
        tasks.shutdown().await;
        Ok(())
    }

    async fn connection(
        self: Arc<Self>,
        socket: TcpStream,
        peer: SocketAddr,
        port: u16,
        tls: Option<Arc<ServerConfig>>,
        admission: Admission,
        mailbox: Arc<Mailbox>,
    ) {
        let _admission = admission;
        let transport = if tls.is_some() {
            Transport::Tls
        } else {
            Transport::Tcp
        };
        let mut open = Open::new(transport.name());
        // Without it a small answer may wait for the peer's acknowledgement of the one before.
        let _ = socket.set_nodelay(true);
        open.reason = match Box::pin(self.set_up(socket, peer, port, tls, mailbox)).await {
            Ok(connection) => connection.await,
            Err(reason) => reason,
        };
        let reason = open.reason;
        tracing::debug!(target: "causerie::sip", %peer, reason, "Connection closed.");
    }

    /// Sets a connection up. That takes several times the memory of an idle connection, so it is a future of its own,
    /// which is gone when the connection works.
    async fn set_up(
        self: Arc<Self>,
        socket: TcpStream,
        peer: SocketAddr,
        port: u16,
        tls: Option<Arc<ServerConfig>>,
        mailbox: Arc<Mailbox>,
    ) -> Result<Pin<Box<dyn Future<Output = &'static str> + Send>>, &'static str> {
        let Some(config) = tls else {
            let link = Link::new(self, mailbox, peer, port, Transport::Tcp);
            return Ok(Box::pin(Connection::new(socket, link)));
        };
        let deadline = self.settings.deadlines.handshake;
        match tokio::time::timeout(deadline, TlsAcceptor::from(config).accept(socket)).await {
            Ok(Ok(socket)) => {
                let link = Link::new(self, mailbox, peer, port, Transport::Tls);
                Ok(Box::pin(Connection::new(socket, link)))
            }
            Ok(Err(error)) => {
                tracing::debug!(target: "causerie::sip", %peer, %error, "TLS handshake failed.");
                Err("handshake")
            }
            Err(_) => Err("handshake-too-slow"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_rustls::server::TlsStream;

    /// The size of what an asynchronous function gives. It isn't called.
    fn size_of_task<F>(
        _: impl Fn(
            Arc<FrontEnd>,
            TcpStream,
            SocketAddr,
            u16,
            Option<Arc<ServerConfig>>,
            Admission,
            Arc<Mailbox>,
        ) -> F,
    ) -> usize {
        size_of::<F>()
    }

    #[test]
    fn an_idle_connection_is_small() {
        let task = size_of_task(FrontEnd::connection);
        let connection = size_of::<Connection<TlsStream<TcpStream>>>();
        assert!(task <= 384, "the task's future has {task} bytes");
        assert!(connection <= 2_176, "a connection has {connection} bytes");
    }
}
