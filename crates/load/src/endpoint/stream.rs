//! The connection of an endpoint: TCP or TLS.

use crate::target::{Authentication, Target, Transport};
use anyhow::{Context as _, Result, anyhow};
use rustls::{ClientConfig, RootCertStore, client::Resumption, crypto::ring};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpSocket, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// What the kernel holds of a narrow connection's input.
const NARROW_BYTES: u32 = 4 * 1024;

/// Where and how endpoints connect; shared by all.
#[derive(Clone)]
pub(crate) struct Door {
    server: SocketAddr,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// Whether messages are signed.
    pub(crate) signs: bool,
    /// How many endpoints share one address of this machine.
    per_address: usize,
}

impl Door {
    /// The way to a server. With `resume`, TLS sessions are resumed as one client would that comes again.
    ///
    /// # Errors
    /// When the server's authority can't be read.
    pub(crate) fn to(target: &Target, resume: bool, per_address: usize) -> Result<Self> {
        let (server, tls) = match target.access.transport {
            Transport::Tcp => (target.tcp, None),
            Transport::Tls => (target.tls, Some(connector(target, resume)?)),
        };
        Ok(Self {
            server,
            tls,
            signs: target.access.authentication == Authentication::Ntlm,
            per_address,
        })
    }

    /// `TCP` or `TLS`, as Via has it.
    pub(crate) fn transport(&self) -> &'static str {
        if self.tls.is_some() { "TLS" } else { "TCP" }
    }

    /// Connects the endpoint of that number, with little room in the kernel if it is to be `narrow`; says under which
    /// address.
    pub(crate) async fn connect(&self, number: u32, narrow: bool) -> io::Result<(Stream, SocketAddr)> {
        let socket = if self.server.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        if narrow {
            socket.set_recv_buffer_size(NARROW_BYTES)?;
        }
        if let Some(source) = self.source(number) {
            socket.bind(SocketAddr::new(source, 0))?;
        }
        let stream = socket.connect(self.server).await?;
        // Messages are small and each matters at once.
        stream.set_nodelay(true)?;
        let local = stream.local_addr()?;
        let stream = match &self.tls {
            None => Stream::Tcp(stream),
            Some((connector, name)) => Stream::Tls(Box::new(connector.connect(name.clone(), stream).await?)),
        };
        Ok((stream, local))
    }

    /// The address of this machine that an endpoint comes from. Loopback has sixteen million; with one alone there are
    /// ports for 28,000 connections, and a server may limit connections by address. `None` leaves it to the system.
    fn source(&self, number: u32) -> Option<IpAddr> {
        if self.per_address == 0 || !self.server.ip().is_loopback() || !self.server.is_ipv4() {
            return None;
        }
        let place = number as usize / self.per_address;
        // 127.0.1.1 and on, so that addresses with a meaning stay free.
        let high = u8::try_from(place / 250 + 1).ok()?;
        let low = u8::try_from(place % 250 + 1).ok()?;
        Some(Ipv4Addr::new(127, 0, high, low).into())
    }
}

fn connector(target: &Target, resume: bool) -> Result<(TlsConnector, ServerName<'static>)> {
    let told = target.authority.display();
    let pem = fs::read(&target.authority).with_context(|| told.to_string())?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|error| anyhow!("{told}: {error}"))?)?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    if !resume {
        config.resumption = Resumption::disabled();
    }
    let name = ServerName::try_from(target.host.clone())?;
    Ok((TlsConnector::from(Arc::new(config)), name))
}

/// A connection.
pub(crate) enum Stream {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, octets),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_write(context, octets),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(&mut **stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(server: &str, per_address: usize) -> Door {
        Door {
            server: server.parse().unwrap(),
            tls: None,
            signs: false,
            per_address,
        }
    }

    #[test]
    fn so_many_share_an_address_and_no_more() {
        let door = door("127.0.0.1:5060", 1_000);
        let source = |number| door.source(number).unwrap().to_string();
        assert_eq!(source(0), "127.0.1.1");
        assert_eq!(source(999), "127.0.1.1");
        assert_eq!(source(1_000), "127.0.1.2");
        assert_eq!(source(249_999), "127.0.1.250");
        assert_eq!(source(250_000), "127.0.2.1");
        assert_eq!(source(255 * 250_000 - 1), "127.0.255.250");
        assert_eq!(door.source(255 * 250_000), None, "these addresses are used up");
    }

    #[test]
    fn elsewhere_the_system_chooses() {
        assert_eq!(door("192.0.2.1:5060", 1_000).source(0), None);
        assert_eq!(door("[::1]:5060", 1_000).source(0), None);
        assert_eq!(door("127.0.0.1:5060", 0).source(0), None);
    }
}
