//! TLS: an ECDSA and an RSA certificate side by side, exchanged while the server runs.
//!
//! Windows 7 and 8.1 share only ECDHE-ECDSA suites with rustls, others know RSA certificates alone; so each client gets
//! the one that it can use, ECDSA if both.
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, ServerConfig, SignatureAlgorithm};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

/// TLS sessions of clients without tickets that are remembered, for TLS 1.2.
const SESSIONS_MAX: usize = 4_096;

/// Tickets given to a TLS 1.3 client: it has one connection at a time.
const TICKETS: usize = 1;

/// One certificate with its key, as PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificatePaths {
    /// The server's certificate, then those between it and the root.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why certificates can't be used.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// No certificate is configured.
    #[error("no certificate is given")]
    None,
    /// A file can't be read or isn't PEM.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// TLS itself can't be set up.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// The certificates in use.
pub struct CertificateStore {
    certificates: ArcSwap<Certificates>,
    provider: Arc<rustls::crypto::CryptoProvider>,
}

#[derive(Default)]
struct Certificates {
    ecdsa: Option<Arc<CertifiedKey>>,
    rsa: Option<Arc<CertifiedKey>>,
}

impl CertificateStore {
    /// Reads certificates, at best one with an ECDSA key and one with an RSA key.
    ///
    /// # Errors
    /// [`CertificateError`] names the file and what is wrong with it.
    pub fn load(paths: &[CertificatePaths]) -> Result<Arc<Self>, CertificateError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let certificates = read(paths, &provider)?;
        Ok(Arc::new(Self {
            certificates: ArcSwap::from_pointee(certificates),
            provider,
        }))
    }

    /// Reads them anew; connections made from now on get the new ones.
    ///
    /// # Errors
    /// As [`CertificateStore::load`]; the old ones stay in use.
    pub fn reload(&self, paths: &[CertificatePaths]) -> Result<(), CertificateError> {
        self.certificates.store(Arc::new(read(paths, &self.provider)?));
        Ok(())
    }

    /// A server's TLS settings with these certificates: TLS 1.2 and 1.3, with resumption.
    ///
    /// # Errors
    /// [`CertificateError::Tls`] if there is no randomness for the ticket key.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, CertificateError> {
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.ticketer = rustls::crypto::ring::Ticketer::new()?;
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS_MAX);
        config.send_tls13_tickets = TICKETS;
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for CertificateStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificates = self.certificates.load();
        f.debug_struct("CertificateStore")
            .field("ecdsa", &certificates.ecdsa.is_some())
            .field("rsa", &certificates.rsa.is_some())
            .finish()
    }
}

impl ResolvesServerCert for CertificateStore {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let certificates = self.certificates.load();
        let fits = |key: &&Arc<CertifiedKey>, suites: &[CipherSuite]| {
            let suite = |suite: &CipherSuite| is_tls13(*suite) || suites.contains(suite);
            hello.cipher_suites().iter().any(suite)
                && key.key.choose_scheme(hello.signature_schemes()).is_some()
        };
        let ecdsa = certificates.ecdsa.as_ref().filter(|key| fits(key, ECDSA_SUITES));
        let rsa = || certificates.rsa.as_ref().filter(|key| fits(key, RSA_SUITES));
        ecdsa.or_else(rsa).cloned()
    }
}

/// Suites of TLS 1.2 that rustls has, by the key they need; those of TLS 1.3 go with any.
const ECDSA_SUITES: &[CipherSuite] = &[
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
];
const RSA_SUITES: &[CipherSuite] = &[
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

fn is_tls13(suite: CipherSuite) -> bool {
    matches!(
        suite,
        CipherSuite::TLS13_AES_128_GCM_SHA256
            | CipherSuite::TLS13_AES_256_GCM_SHA384
            | CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
    )
}

fn read(
    paths: &[CertificatePaths],
    provider: &rustls::crypto::CryptoProvider,
) -> Result<Certificates, CertificateError> {
    let mut all = Certificates::default();
    for path in paths {
        let bad = |file: &Path, reason: String| CertificateError::File {
            path: file.to_owned(),
            reason,
        };
        let chain = CertificateDer::pem_file_iter(&path.chain)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| bad(&path.chain, error.to_string()))?;
        if chain.is_empty() {
            return Err(bad(&path.chain, "holds no certificate".to_owned()));
        }
        let key =
            PrivateKeyDer::from_pem_file(&path.key).map_err(|error| bad(&path.key, error.to_string()))?;
        let certified = CertifiedKey::from_der(chain, key, provider).map_err(|error| {
            bad(
                &path.key,
                format!("the key can't be used with the certificate: {error}"),
            )
        })?;
        let slot = match certified.key.algorithm() {
            SignatureAlgorithm::ECDSA => &mut all.ecdsa,
            SignatureAlgorithm::RSA => &mut all.rsa,
            other => {
                return Err(bad(
                    &path.key,
                    format!("neither an ECDSA nor an RSA key but {other:?}"),
                ));
            }
        };
        if slot.replace(Arc::new(certified)).is_some() {
            return Err(bad(&path.key, "a second key of the same kind".to_owned()));
        }
    }
    if all.ecdsa.is_none() && all.rsa.is_none() {
        return Err(CertificateError::None);
    }
    Ok(all)
}
