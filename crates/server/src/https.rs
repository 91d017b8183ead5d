//! Reaching a server by its address.

use anyhow::{Context, Result, anyhow, bail};
use hyper::Uri;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// The port of HTTPS (RFC 9110 §4.2.2).
const PORT: u16 = 443;

/// Where systems keep the certificates of the authorities that they trust: Debian, Red Hat, Alpine.
const SYSTEM: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// A server with an address.
pub(crate) struct Https {
    authority: String,
    host: String,
    port: u16,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
}

impl Https {
    /// The server at this URL, whose certificate is to come from one of the authorities in this file.
    pub(crate) fn new(url: &str, ca: Option<&Path>) -> Result<Self> {
        let (authority, host, port) = parse(url)?;
        let name = ServerName::try_from(host.clone()).with_context(|| format!("the host of {url}"))?;
        let mut roots = RootCertStore::empty();
        let file = ca.map_or_else(system, |file| Ok(file.to_owned()))?;
        let context = || file.display().to_string();
        let certificates = CertificateDer::pem_file_iter(&file).map_err(|error| anyhow!("{error}"));
        for certificate in certificates.with_context(context)? {
            let certificate = certificate.map_err(|error| anyhow!("{error}"));
            roots
                .add(certificate.with_context(context)?)
                .with_context(context)?;
        }
        if roots.is_empty() {
            bail!("{} holds no certificate", file.display());
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            authority,
            host,
            port,
            name,
            config: Arc::new(config),
        })
    }

    /// Host and port, as the URL has them.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// A connection to the server that it says it is.
    pub(crate) async fn connect(&self) -> Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = stream.with_context(|| format!("no server is reached at {}", self.authority))?;
        let connector = TlsConnector::from(self.config.clone());
        connector
            .connect(self.name.clone(), stream)
            .await
            .with_context(|| {
                format!(
                    "{} can't be trusted (--ca FILE names the authority of its certificate)",
                    self.authority
                )
            })
    }
}

/// Authority, host and port of a URL.
fn parse(url: &str) -> Result<(String, String, u16)> {
    let bad = || anyhow!("'{url}' must be https://host or https://host:port");
    let uri: Uri = url.parse().map_err(|_| bad())?;
    if uri.scheme_str() != Some("https") || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(bad());
    }
    let authority = uri.authority().ok_or_else(bad)?;
    if authority.as_str().contains('@') {
        return Err(bad());
    }
    let host = authority.host();
    // An IPv6 address comes in brackets.
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let port = match authority.port_u16() {
        Some(port) => port,
        None if authority.as_str() == authority.host() => PORT,
        None => return Err(bad()),
    };
    Ok((authority.to_string(), host.to_owned(), port))
}

fn system() -> Result<PathBuf> {
    let named = env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let usual = || SYSTEM.map(PathBuf::from).into_iter().find(|file| file.exists());
    named
        .or_else(usual)
        .context("the system's list of authorities isn't found: say --ca FILE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_may_have_a_port() {
        for (url, host, port) in [
            ("https://chat.example.test", "chat.example.test", 443),
            ("https://chat.example.test:8443/", "chat.example.test", 8443),
            ("https://[::1]:8443", "::1", 8443),
            ("https://127.0.0.1:1", "127.0.0.1", 1),
        ] {
            let (_, found, at) = parse(url).unwrap();
            assert_eq!((found.as_str(), at), (host, port), "{url}");
        }
        for bad in [
            "",
            "chat.example.test",
            "http://chat.example.test",
            "https://x/v1",
            "https://x?y",
            "https://ann:pw@x",
            "https://x:99999",
            "https://",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
