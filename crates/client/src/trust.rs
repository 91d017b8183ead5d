//! Which certificates are trusted.

use std::{fmt, path::Path, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use crate::error::ClientError;

/// The certificate authorities that a server's certificate may come from: those given and no others, whatever the
/// system trusts. Cloning it costs a reference count, so that thousands of clients can share one.
#[derive(Clone)]
pub struct Trust(pub(crate) Arc<ClientConfig>);

impl Trust {
    /// The certificates of a PEM file.
    ///
    /// # Errors
    /// [`ClientError::Trust`] when there is none.
    pub fn pem_file(path: &Path) -> Result<Self, ClientError> {
        let told = path.display();
        let pem = std::fs::read(path).map_err(|error| ClientError::Trust(format!("{told}: {error}")))?;
        Self::pem(&pem).map_err(|_| ClientError::Trust(told.to_string()))
    }

    /// The certificates of a PEM text.
    ///
    /// # Errors
    /// [`ClientError::Trust`] when there is none.
    pub fn pem(pem: &[u8]) -> Result<Self, ClientError> {
        let refuse = |detail: String| ClientError::Trust(format!("the PEM text: {detail}"));
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| refuse(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(refuse("it holds none".to_owned()));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| refuse(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}
