//! Certificates from an authority of our own, for where nobody has given others.

use super::read;
use crate::{
    config::{Config, is_dns_name},
    data_dir::{DataDir, write_private},
};
use anyhow::{Context, Result};
use causerie_frontend::CertificatePaths;
use causerie_model::{Clock, Random, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SerialNumber,
};
use rsa::{RsaPrivateKey, pkcs8::EncodePrivateKey, rand_core};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use time::OffsetDateTime;

/// How long the authority is good for, in days.
const AUTHORITY_DAYS: i64 = 3_650;
/// How long a certificate is good for, in days: some systems take none for longer than 398.
const DAYS: i64 = 397;
/// A certificate with fewer days left is renewed.
const RENEW_DAYS: i64 = 60;
/// Clocks of clients may be slow by this many seconds.
const SLOW_CLOCKS: i64 = 86_400;
/// Bits of the RSA key.
const RSA_BITS: usize = 2_048;

/// Longest common name of a certificate, in characters (ub-common-name, RFC 5280 appendix A.1).
const MAX_COMMON_NAME: usize = 64;

/// The authority's certificate: what clients are to trust.
const AUTHORITY: &str = "ca.pem";
const AUTHORITY_KEY: &str = "ca.key";

/// Our own authority in the data directory.
pub(super) struct Own {
    directory: PathBuf,
    domain: String,
    names: BTreeSet<String>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

#[derive(Clone, Copy)]
enum Kind {
    Ecdsa,
    Rsa,
}

/// The names that clients may know the server by.
pub(super) fn names(config: &Config) -> BTreeSet<String> {
    let fixed = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let machine = Some(machine.trim().to_ascii_lowercase()).filter(|name| is_dns_name(name));
    let domain = &config.domain;
    fixed
        .into_iter()
        .chain(machine)
        .chain([domain.clone(), format!("sip.{domain}"), config.fqdn()])
        .chain(config.sip.certificate_names.iter().cloned())
        .collect()
}

impl Own {
    pub(super) fn new(
        data_dir: &DataDir,
        domain: &str,
        names: BTreeSet<String>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            directory: data_dir.path().to_owned(),
            domain: domain.to_owned(),
            names,
            clock,
            random,
        }
    }

    /// The authority's certificate.
    pub(super) fn authority(&self) -> PathBuf {
        self.directory.join(AUTHORITY)
    }

    /// Makes what is missing, too old, or for other names.
    pub(super) fn ensure(&self) -> Result<Vec<CertificatePaths>> {
        let made = self.ensure_authority()?;
        [Kind::Ecdsa, Kind::Rsa]
            .into_iter()
            .map(|kind| self.ensure_one(kind, made))
            .collect()
    }

    /// Whether the authority is a new one.
    fn ensure_authority(&self) -> Result<bool> {
        let (file, key_file) = (self.authority(), self.directory.join(AUTHORITY_KEY));
        if file.exists() && key_file.exists() && !self.ends_within(&file, DAYS)? {
            return Ok(false);
        }
        let key = KeyPair::generate()?;
        let mut parameters = self.parameters(&self.authority_name(), AUTHORITY_DAYS)?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let certificate = parameters.self_signed(&key)?;
        write_private(&key_file, key.serialize_pem().as_bytes())?;
        write_private(&file, certificate.pem().as_bytes())?;
        tracing::info!(file = %file.display(), "a certificate authority was made: clients are to trust it");
        Ok(true)
    }

    /// Unlike that of any other authority: who trusts several must be able to tell them apart.
    fn authority_name(&self) -> String {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        let number = u32::from_be_bytes(bytes);
        let mut name = format!("Causerie authority {number:08x} {}", self.domain);
        name.truncate(name.floor_char_boundary(MAX_COMMON_NAME));
        name
    }

    fn ensure_one(&self, kind: Kind, new_authority: bool) -> Result<CertificatePaths> {
        let name = match kind {
            Kind::Ecdsa => "ecdsa",
            Kind::Rsa => "rsa",
        };
        let pair = CertificatePaths {
            chain: self.directory.join(format!("{name}.pem")),
            key: self.directory.join(format!("{name}.key")),
        };
        if !new_authority && pair.chain.exists() && pair.key.exists() && self.is_good(&pair.chain)? {
            return Ok(pair);
        }
        let key = if pair.key.exists() {
            KeyPair::from_pem(&read_text(&pair.key)?).with_context(|| pair.key.display().to_string())?
        } else {
            self.new_key(kind, &pair.key)?
        };
        let mut parameters = self.parameters(self.first_name(), DAYS)?;
        parameters.subject_alt_names =
            CertificateParams::new(self.names.iter().cloned().collect::<Vec<_>>())?.subject_alt_names;
        parameters.key_usages = match kind {
            Kind::Ecdsa => vec![KeyUsagePurpose::DigitalSignature],
            Kind::Rsa => vec![
                KeyUsagePurpose::DigitalSignature,
                KeyUsagePurpose::KeyEncipherment,
            ],
        };
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let authority_key = KeyPair::from_pem(&read_text(&self.directory.join(AUTHORITY_KEY))?)?;
        let issuer = Issuer::from_ca_cert_pem(&read_text(&self.authority())?, authority_key)?;
        let certificate = parameters.signed_by(&key, &issuer)?;
        write_private(&pair.chain, certificate.pem().as_bytes())?;
        tracing::info!(file = %pair.chain.display(), days = DAYS, "a certificate was made");
        Ok(pair)
    }

    fn new_key(&self, kind: Kind, file: &Path) -> Result<KeyPair> {
        let key = match kind {
            Kind::Ecdsa => KeyPair::generate()?,
            Kind::Rsa => {
                let key = RsaPrivateKey::new(&mut Numbers(&*self.random), RSA_BITS)?;
                let pem = key.to_pkcs8_pem(rsa::pkcs8::LineEnding::LF)?;
                KeyPair::from_pem(&pem)?
            }
        };
        write_private(file, key.serialize_pem().as_bytes())?;
        Ok(key)
    }

    /// What all certificates have in common.
    fn parameters(&self, name: &str, days: i64) -> Result<CertificateParams> {
        let now = self.clock.now();
        let mut parameters = CertificateParams::default();
        parameters.not_before = date_time(now.plus_seconds(-SLOW_CLOCKS))?;
        parameters.not_after = date_time(now.plus_seconds(days * 86_400))?;
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, name);
        let mut serial = [0; 16];
        self.random.fill(&mut serial);
        // Positive, and of full length (RFC 5280 §4.1.2.2).
        serial[0] = serial[0] & 0x7f | 0x40;
        parameters.serial_number = Some(SerialNumber::from_slice(&serial));
        Ok(parameters)
    }

    fn first_name(&self) -> &str {
        let fits = |name: &&String| {
            is_dns_name(name) && name.contains('.') && name.parse::<std::net::IpAddr>().is_err()
        };
        self.names.iter().find(fits).map_or("localhost", String::as_str)
    }

    fn is_good(&self, file: &Path) -> Result<bool> {
        let names: BTreeSet<String> = read::of_file(file)?.names.into_iter().collect();
        Ok(names == self.names && !self.ends_within(file, RENEW_DAYS)?)
    }

    fn ends_within(&self, file: &Path, days: i64) -> Result<bool> {
        Ok(read::of_file(file)?.days_left(self.clock.now()) < days)
    }
}

fn read_text(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| file.display().to_string())
}

fn date_time(at: Timestamp) -> Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(at.unix_seconds()).context("the machine's clock is off by ages")
}

/// Our randomness as the `rsa` crate wants it.
struct Numbers<'a>(&'a dyn Random);

impl rand_core::CryptoRng for Numbers<'_> {}

impl rand_core::RngCore for Numbers<'_> {
    fn next_u32(&mut self) -> u32 {
        self.0.number()
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::{SystemClock, SystemRandom};
    use causerie_frontend::CertificateStore;
    use std::sync::Mutex;

    struct Turned(Mutex<Timestamp>);

    impl Clock for Turned {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn own(directory: &DataDir, clock: &Arc<Turned>, names: &[&str]) -> Own {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Own::new(
            directory,
            "example.test",
            names,
            clock.clone(),
            Arc::new(SystemRandom),
        )
    }

    #[test]
    fn certificates_are_made_kept_and_renewed_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let directory = DataDir::claim(folder.path()).unwrap();
        let start = SystemClock.now();
        let clock = Arc::new(Turned(Mutex::new(start)));
        let first = own(&directory, &clock, &["::1", "127.0.0.1", "a.test"]);
        let read_all = || {
            ["ca.pem", "ecdsa.pem", "ecdsa.key", "rsa.pem", "rsa.key"]
                .map(|name| fs::read_to_string(folder.path().join(name)).unwrap())
        };

        let paths = first.ensure().unwrap();
        CertificateStore::load(&paths).unwrap();
        let facts = read::facts(&paths).unwrap();
        assert_eq!(
            facts.iter().map(|facts| facts.at(start).kind).collect::<Vec<_>>(),
            ["ecdsa", "rsa"]
        );
        for facts in &facts {
            assert_eq!(facts.names, ["127.0.0.1", "::1", "a.test"]);
            assert_eq!(facts.days_left(start), DAYS);
        }
        let made = read_all();
        first.ensure().unwrap();
        assert!(read_all() == made, "kept");

        // To the day before it is due, and to the day.
        *clock.0.lock().unwrap() = start.plus_seconds((DAYS - RENEW_DAYS) * 86_400);
        first.ensure().unwrap();
        assert!(read_all() == made, "kept while there is time");
        *clock.0.lock().unwrap() = start.plus_seconds((DAYS - RENEW_DAYS) * 86_400 + 1);
        first.ensure().unwrap();
        let renewed = read_all();
        assert!(renewed[1] != made[1] && renewed[3] != made[3], "renewed");
        assert!(
            renewed[0] == made[0] && renewed[2] == made[2] && renewed[4] == made[4],
            "with the same keys"
        );

        let long = Own {
            domain: "x".repeat(253),
            ..own(&directory, &clock, &[])
        };
        let name = first.authority_name();
        assert!(name.starts_with("Causerie authority ") && name.ends_with(" example.test"));
        assert_eq!((name.len(), long.authority_name().len()), (40, 64));
        assert_ne!(first.authority_name(), name, "no two are alike");

        let other = own(&directory, &clock, &["b.test"]);
        let facts = read::facts(&other.ensure().unwrap()).unwrap();
        assert_eq!(facts[0].names, ["b.test"]);
    }
}
