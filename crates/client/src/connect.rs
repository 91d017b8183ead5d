//! TCP and TLS.

use std::{io, net::SocketAddr, time::Duration};

use rustls::{CertificateError, Error as TlsError};
use rustls_pki_types::ServerName;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{error::ClientError, trust::Trust};

/// How long the resolver, how long TCP, and how long TLS may take.
const CONNECT_DEADLINE: Duration = Duration::from_secs(20);

fn host(server: &str) -> Result<&str, ClientError> {
    let wrong = || ClientError::Address(server.to_owned());
    let (host, port) = server.rsplit_once(':').ok_or_else(wrong)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() || port.parse::<u16>().is_err() {
        return Err(wrong());
    }
    Ok(host)
}

fn unreachable(server: &str, detail: &dyn std::fmt::Display) -> ClientError {
    ClientError::Unreachable {
        server: server.to_owned(),
        detail: detail.to_string(),
    }
}

/// The addresses of a server's name: at least one.
pub(crate) async fn resolve(server: &str) -> Result<Vec<SocketAddr>, ClientError> {
    host(server)?;
    let unresolved = |detail: String| ClientError::Unresolved {
        server: server.to_owned(),
        detail,
    };
    let addresses: Vec<_> = match timeout(CONNECT_DEADLINE, lookup_host(server)).await {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => return Err(unresolved(error.to_string())),
        Err(_) => return Err(unresolved("no answer".to_owned())),
    };
    if addresses.is_empty() {
        return Err(unresolved("it has no address".to_owned()));
    }
    Ok(addresses)
}

/// Connects by TCP to the first of the addresses that takes it.
pub(crate) async fn tcp(server: &str, addresses: &[SocketAddr]) -> Result<TcpStream, ClientError> {
    let stream = match timeout(CONNECT_DEADLINE, TcpStream::connect(addresses)).await {
        Ok(connected) => connected.map_err(|error| unreachable(server, &error))?,
        Err(_) => return Err(unreachable(server, &"no answer")),
    };
    // Messages are small and each matters at once.
    stream
        .set_nodelay(true)
        .map_err(|error| unreachable(server, &error))?;
    Ok(stream)
}

/// Secures a connection.
pub(crate) async fn tls(
    server: &str,
    stream: TcpStream,
    trust: &Trust,
) -> Result<TlsStream<TcpStream>, ClientError> {
    let name = ServerName::try_from(host(server)?.to_owned())
        .map_err(|_| ClientError::Address(server.to_owned()))?;
    let handshake = TlsConnector::from(trust.0.clone()).connect(name, stream);
    match timeout(CONNECT_DEADLINE, handshake).await {
        Ok(result) => result.map_err(|error| explain(server, &error)),
        Err(_) => Err(unreachable(server, &"no answer to the TLS handshake")),
    }
}

fn explain(server: &str, error: &io::Error) -> ClientError {
    let server = server.to_owned();
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    let detail = inner.map_or_else(|| error.to_string(), TlsError::to_string);
    match inner {
        Some(TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => ClientError::CertificateName { server, detail },
        Some(TlsError::InvalidCertificate(_)) => ClientError::CertificateNotTrusted { server, detail },
        _ => ClientError::Tls { server, detail },
    }
}
