//! The key that signs checkpoints and exports, as a file.
//!
//! | file | what |
//! |---|---|
//! | `NAME.key` | the private key in PKCS#8, PEM, mode 0600 |
//! | `NAME.pub` | the public key, PEM |
//! | `NAME.key.next` | the key that a rotation goes over to, until that is done |
//! | `NAME.key.ID` | a key that was rotated away from; `ID` names it |
//! | `compliance-root.pub` | in the data directory: the public key that signed the first checkpoint, PEM |

use super::private::{Readers, private};
use crate::data_dir::write_private;
use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use causerie_model::Random;
use causerie_proof::{PublicKey, SigningKey};
use causerie_web::admin::Keys;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use zeroize::Zeroizing;

/// The file in the data directory.
pub(super) const FILE: &str = "compliance-signing.key";

/// The file with the root of trust in the data directory.
pub(crate) const ROOT: &str = "compliance-root.pub";

/// Before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410 §7).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The file, and where new keys come from.
pub(crate) struct KeyFile {
    file: PathBuf,
    random: Arc<dyn Random>,
}

impl KeyFile {
    pub(crate) fn new(file: PathBuf, random: Arc<dyn Random>) -> Self {
        Self { file, random }
    }

    /// Reads the key.
    pub(crate) fn read(&self) -> Result<Arc<SigningKey>> {
        read(&self.file)
    }

    /// Reads the key. If there is none it is made, unless something was signed already.
    pub(crate) fn read_or_make(&self, something_is_signed: bool) -> Result<Arc<SigningKey>> {
        if !self.file.exists() {
            // Another key would continue nothing that was signed.
            if something_is_signed {
                bail!(
                    "the records were signed with a key that is gone: {} isn't there; restore it from its backup",
                    self.file.display()
                );
            }
            self.make(&self.file)?;
            tracing::info!(
                file = %self.file.display(),
                "a key that signs compliance records was made: back it up, apart from the database"
            );
        }
        self.read()
    }

    /// If a rotation to this key was broken off before the files were exchanged, they are now.
    pub(crate) fn finish_rotation(&self, to: &PublicKey) -> Result<Option<Arc<SigningKey>>> {
        let next = self.next_file();
        if !next.exists() || read(&next)?.public() != *to {
            return Ok(None);
        }
        self.exchange()?;
        self.read().map(Some)
    }

    fn make(&self, file: &Path) -> Result<()> {
        write_private(file, self.another().as_bytes())
    }

    /// Another key: PKCS#8, PEM.
    fn another(&self) -> Zeroizing<String> {
        let mut der = Zeroizing::new(PKCS8_PREFIX.to_vec());
        let mut secret = Zeroizing::new([0; 32]);
        self.random.fill(&mut *secret);
        der.extend_from_slice(&*secret);
        Zeroizing::new(format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(&*der)
        ))
    }

    fn next_file(&self) -> PathBuf {
        self.file.with_added_extension("next")
    }

    /// Puts the next key in the place of the one before, which it gives.
    fn exchange(&self) -> Result<PublicKey> {
        let context = || format!("the signing key {}", self.file.display());
        let old = self.read()?.public();
        let kept = self.file.with_added_extension(old.id());
        let copy = Zeroizing::new(fs::read(&self.file).with_context(context)?);
        write_private(&kept, &copy)?;
        fs::rename(self.next_file(), &self.file).with_context(context)?;
        self.publish(&self.read()?.public());
        Ok(old)
    }

    /// Puts the public key beside the key, for whoever checks. The service works without.
    pub(crate) fn publish(&self, key: &PublicKey) {
        let (file, pem) = (self.file.with_extension("pub"), key.to_pem());
        if fs::read_to_string(&file).is_ok_and(|there| there == pem) {
            return;
        }
        if let Err(error) = write_private(&file, pem.as_bytes()) {
            tracing::warn!(%error, file = %file.display(), "the public key can't be written");
        }
    }
}

/// Reads the key that signed the first checkpoint; `None` if it was never written.
pub(super) fn read_root(file: &Path) -> Result<Option<PublicKey>> {
    let context = || format!("the root of trust {}", file.display());
    match fs::read_to_string(file) {
        Ok(text) => text.parse().map(Some).with_context(context),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(context),
    }
}

/// Writes the key that signed the first checkpoint. It is never written again: whatever keys follow, trust begins there.
pub(super) fn write_root(file: &Path, key: &PublicKey) -> Result<()> {
    write_private(file, key.to_pem().as_bytes())
}

impl Keys for KeyFile {
    fn next(&self, keep: bool) -> Result<Arc<SigningKey>, String> {
        let file = self.next_file();
        let next = || match (file.exists(), keep) {
            (true, _) => read(&file),
            (false, true) => {
                self.make(&file)?;
                read(&file)
            }
            (false, false) => Ok(Arc::new(SigningKey::from_pkcs8(self.another().as_bytes())?)),
        };
        next().map_err(|error| format!("{error:#}"))
    }

    fn exchange(&self) -> Result<PublicKey, String> {
        self.exchange().map_err(|error| format!("{error:#}"))
    }
}

fn read(file: &Path) -> Result<Arc<SigningKey>> {
    // Whoever reads it can forge.
    let bytes = private("the signing key", file, Readers::Owner)?;
    let key = SigningKey::from_pkcs8(&bytes);
    key.map(Arc::new)
        .with_context(|| format!("the signing key {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::SystemRandom;
    use std::os::unix::fs::PermissionsExt;

    fn key_file(folder: &Path) -> KeyFile {
        KeyFile::new(folder.join(FILE), Arc::new(SystemRandom))
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_root_of_trust_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(ROOT);
        assert_eq!(read_root(&file).unwrap(), None);
        let key = key_file(folder.path()).read_or_make(false).unwrap().public();
        write_root(&file, &key).unwrap();
        assert_eq!(read_root(&file).unwrap(), Some(key));
        fs::write(&file, "abc").unwrap();
        assert!(format!("{:#}", read_root(&file).unwrap_err()).contains("the root of trust"));
    }

    #[test]
    fn the_first_start_makes_a_private_key_and_its_public_one() {
        let folder = tempfile::tempdir().unwrap();
        let keys = key_file(folder.path());
        let key = keys.read_or_make(false).unwrap();
        for is_signed in [false, true] {
            assert_eq!(keys.read_or_make(is_signed).unwrap().public(), key.public());
        }
        let file = folder.path().join("compliance-signing.pub");
        assert!(
            !file.exists(),
            "it is published once it is known to be the right one"
        );
        keys.publish(&key.public());
        assert_eq!(mode(&folder.path().join(FILE)), 0o600);
        let public = fs::read_to_string(&file).unwrap();
        assert_eq!(public.parse::<PublicKey>().unwrap(), key.public());
        fs::remove_file(folder.path().join(FILE)).unwrap();
        let told = keys.read_or_make(true).unwrap_err().to_string();
        assert!(told.contains("restore it from its backup"), "{told}");
        assert!(!folder.path().join(FILE).exists());
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keys = key_file(folder.path());
        keys.read_or_make(false).unwrap();
        let file = folder.path().join(FILE);
        for mode in [0o604, 0o640, 0o620] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let told = format!("{:#}", keys.read_or_make(false).unwrap_err());
            let why = format!("is open to others than its owner (mode {mode:03o}): chmod 600");
            assert!(told.contains(&why), "{told}");
        }
        write_private(&file, b"abc").unwrap();
        let told = format!("{:#}", keys.read_or_make(false).unwrap_err());
        assert!(told.contains("this is no Ed25519 key in PKCS#8"), "{told}");
    }

    #[test]
    fn a_rotation_exchanges_the_files_also_after_it_was_broken_off() {
        let folder = tempfile::tempdir().unwrap();
        let keys = key_file(folder.path());
        let old = keys.read_or_make(false).unwrap().public();
        keys.next(false).unwrap();
        assert!(!keys.next_file().exists(), "what is only tried leaves nothing");
        let next = keys.next(true).unwrap().public();
        for keep in [true, false] {
            let again = keys.next(keep).unwrap().public();
            assert_eq!(again, next, "one that is begun goes on");
        }
        assert_eq!(keys.read().unwrap().public(), old);
        assert!(keys.finish_rotation(&old).unwrap().is_none());
        let found = keys.finish_rotation(&next).unwrap().unwrap();
        assert_eq!(found.public(), next);
        assert_eq!(keys.read().unwrap().public(), next);
        let kept = folder.path().join(format!("{FILE}.{}", old.id()));
        assert_eq!((read(&kept).unwrap().public(), mode(&kept)), (old, 0o600));
        let public = fs::read_to_string(folder.path().join("compliance-signing.pub")).unwrap();
        assert_eq!(public.parse::<PublicKey>().unwrap(), next);
    }
}
