//! The server under load: a process of its own, with a data directory that holds the world of the run.

use std::{net::SocketAddr, path::PathBuf};

/// The SIP domain of a run.
pub(crate) const DOMAIN: &str = "load.test";

/// How endpoints are carried and known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carriage {
    /// Plain TCP, nobody proves anything: an explicit test mode of the server, on loopback only.
    TcpOpen,
    /// Plain TCP, NTLM, every message signed.
    TcpNtlm,
    /// TLS, NTLM, every message signed.
    TlsNtlm,
}

/// A server that takes load.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) tcp: SocketAddr,
    pub(crate) tls: SocketAddr,
    /// The certificate that the server's own certificate comes from, PEM.
    pub(crate) authority: PathBuf,
    /// The name that the server's certificate is for.
    pub(crate) host: String,
    pub(crate) carriage: Carriage,
    /// Of the server process, for /proc.
    pub(crate) pid: u32,
}
