//! TCP and TLS.

use std::{io, time::Duration};

use rustls::{CertificateError, Error as TlsError};
use rustls_pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{error::ClientError, trust::Trust};

/// How long TCP, and how long TLS, may take to connect.
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

/// Connects by TCP.
pub(crate) async fn tcp(server: &str) -> Result<TcpStream, ClientError> {
    host(server)?;
    let stream = match timeout(CONNECT_DEADLINE, TcpStream::connect(server)).await {
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
