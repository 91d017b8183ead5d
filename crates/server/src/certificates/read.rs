//! What a certificate says.

use anyhow::{Context, Result, anyhow};
use causerie_frontend::CertificatePaths;
use causerie_model::Timestamp;
use causerie_web::admin::wire;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use std::{net::IpAddr, path::Path};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use x509_parser::{extensions::GeneralName, prelude::X509Certificate, public_key::PublicKey};

const SECONDS_OF_DAY: i64 = 86_400;

/// What is worth knowing of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    kind: &'static str,
    file: String,
    subject: String,
    issuer: String,
    serial: String,
    pub(super) names: Vec<String>,
    pub(super) not_after: Timestamp,
}

impl Facts {
    /// As shown at a time.
    pub(super) fn at(&self, now: Timestamp) -> wire::Certificate {
        let seconds = self.not_after.unix_seconds();
        let until = OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok());
        wire::Certificate {
            kind: self.kind.to_owned(),
            file: self.file.clone(),
            subject: self.subject.clone(),
            names: self.names.clone(),
            issuer: self.issuer.clone(),
            serial: self.serial.clone(),
            not_after: until.unwrap_or_default(),
            days_left: self.days_left(now),
        }
    }

    /// Whole days until it ends.
    pub(super) fn days_left(&self, now: Timestamp) -> i64 {
        (self.not_after.unix_seconds() - now.unix_seconds()).div_euclid(SECONDS_OF_DAY)
    }
}

/// What these certificates say.
pub(super) fn facts(paths: &[CertificatePaths]) -> Result<Vec<Facts>> {
    paths.iter().map(|pair| of_file(&pair.chain)).collect()
}

/// What the first certificate in a file says.
pub(super) fn of_file(file: &Path) -> Result<Facts> {
    let context = || file.display().to_string();
    let der = CertificateDer::from_pem_file(file)
        .map_err(|error| anyhow!("{error}"))
        .with_context(context)?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).with_context(context)?;
    Ok(Facts {
        kind: match certificate.public_key().parsed() {
            Ok(PublicKey::RSA(_)) => "rsa",
            Ok(PublicKey::EC(_)) => "ecdsa",
            _ => "other",
        },
        file: file.display().to_string(),
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        serial: format!("{:x}", certificate.tbs_certificate.serial),
        names: names(&certificate),
        not_after: Timestamp::from_unix_seconds(certificate.validity().not_after.timestamp()),
    })
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from))
                .ok()
                .map(|ip| ip.to_string())
        }
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).collect()
}
