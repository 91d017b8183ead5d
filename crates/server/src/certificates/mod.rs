//! The certificates of SIP over TLS: where they come from, and reading them again while the server runs.

mod own;
mod read;
mod watch;

use crate::{
    config::{Config, Sip, given},
    data_dir::DataDir,
};
use anyhow::{Context, Result};
use causerie_frontend::{CertificatePaths, CertificateStore};
use causerie_model::{Clock, Random};
use causerie_web::admin::wire;
use own::Own;
use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How often certificates are looked at even if nobody says that they have changed: own ones are renewed then.
const LOOK: Duration = Duration::from_secs(12 * 60 * 60);

/// The certificates in use, and how to get newer ones.
pub(crate) struct Certificates {
    source: Source,
    store: Arc<CertificateStore>,
    clock: Arc<dyn Clock>,
    /// The files' content as last used.
    used: Mutex<Vec<Vec<u8>>>,
    facts: Mutex<Vec<read::Facts>>,
}

enum Source {
    /// Made here.
    Own(Own),
    /// Made elsewhere.
    Files(Vec<CertificatePaths>),
}

impl Source {
    /// Where the files are, after seeing to those that are made here.
    fn ready(&self) -> Result<Vec<CertificatePaths>> {
        match self {
            Self::Own(own) => own.ensure(),
            Self::Files(paths) => Ok(paths.clone()),
        }
    }
}

/// The pairs of files that are configured.
pub(crate) fn configured(sip: &Sip) -> Vec<CertificatePaths> {
    [
        (&sip.ecdsa_certificate, &sip.ecdsa_key),
        (&sip.rsa_certificate, &sip.rsa_key),
    ]
    .into_iter()
    .filter_map(|(chain, key)| {
        Some(CertificatePaths {
            chain: given(chain)?.to_owned(),
            key: given(key)?.to_owned(),
        })
    })
    .collect()
}

fn content(paths: &[CertificatePaths]) -> Result<Vec<Vec<u8>>> {
    let files = paths.iter().flat_map(|pair| [&pair.chain, &pair.key]);
    files
        .map(|file| fs::read(file).with_context(|| file.display().to_string()))
        .collect()
}

impl Certificates {
    /// Reads the configured certificates, or makes own ones.
    pub(crate) fn open(
        config: &Config,
        data_dir: &DataDir,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Arc<Self>> {
        let files = configured(&config.sip);
        let source = if files.is_empty() {
            Source::Own(Own::new(
                data_dir,
                &config.domain,
                own::names(config),
                clock.clone(),
                random,
            ))
        } else {
            Source::Files(files)
        };
        let paths = source.ready()?;
        let store = CertificateStore::load(&paths)?;
        let facts = read::facts(&paths)?;
        Ok(Arc::new(Self {
            source,
            store,
            clock,
            used: Mutex::new(content(&paths)?),
            facts: Mutex::new(facts),
        }))
    }

    /// What the TLS listener takes its certificates from.
    pub(crate) fn store(&self) -> Arc<CertificateStore> {
        self.store.clone()
    }

    /// The authority to trust, if the certificates are made here.
    pub(crate) fn authority(&self) -> Option<PathBuf> {
        match &self.source {
            Source::Own(own) => Some(own.authority()),
            Source::Files(_) => None,
        }
    }

    /// What they are.
    pub(crate) fn facts(&self) -> Vec<wire::Certificate> {
        let now = self.clock.now();
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.iter().map(|facts| facts.at(now)).collect()
    }

    /// What reading the files again would put into use. Nothing is made or exchanged.
    pub(crate) fn to_come(&self) -> Result<Vec<wire::Certificate>> {
        let Source::Files(paths) = &self.source else {
            return Ok(self.facts());
        };
        CertificateStore::load(paths)?;
        let now = self.clock.now();
        Ok(read::facts(paths)?.iter().map(|facts| facts.at(now)).collect())
    }

    /// Reads the files again if they have changed, or whether or not. If they are no good, those in use stay.
    pub(crate) fn refresh(&self, always: bool) -> Result<()> {
        let paths = self.source.ready()?;
        let content = content(&paths)?;
        // Held throughout, so that two who refresh at once don't mix.
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if !always && *used == content {
            return Ok(());
        }
        let facts = read::facts(&paths)?;
        self.store.reload(&paths)?;
        *used = content;
        *self.facts.lock().unwrap_or_else(PoisonError::into_inner) = facts;
        for certificate in self.facts() {
            tracing::info!(
                kind = certificate.kind,
                file = certificate.file,
                not_after = certificate.not_after,
                "certificate read"
            );
        }
        Ok(())
    }

    /// [`Certificates::refresh`], with failures told in the log.
    pub(crate) fn refresh_or_log(&self, always: bool) {
        if let Err(error) = self.refresh(always) {
            tracing::error!(
                error = format!("{error:#}"),
                "the certificates can't be read again; those in use stay"
            );
        }
    }

    /// Looks after them for as long as the program runs.
    pub(crate) fn look_after(self: &Arc<Self>) {
        let certificates = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                let certificates = certificates.clone();
                // Making an RSA key takes a while.
                let looked = tokio::task::spawn_blocking(move || certificates.refresh_or_log(false));
                // A panic in there has been reported; the next look is as good.
                let _ = looked.await;
            }
        });
        if let Source::Files(paths) = &self.source {
            watch::watch(self, paths);
        }
    }
}
