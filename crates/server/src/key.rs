//! The key that seals what the database must not give away.

use crate::{
    config::{Config, given},
    data_dir::{DataDir, write_private},
};
use anyhow::{Context, Result, bail};
use causerie_accounts::Vault;
use causerie_model::Random;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use zeroize::Zeroizing;

/// The environment variable that may hold the key itself.
const VARIABLE: &str = "CAUSERIE_KEY";

/// The key's file in the data directory.
const FILE: &str = "secret.key";

/// Finds the key, or makes one for a new database.
pub(crate) fn open_vault(config: &Config, data_dir: &DataDir, random: &dyn Random) -> Result<Vault> {
    let from_environment = std::env::var(VARIABLE).ok().map(Zeroizing::new);
    match (from_environment, given(&config.key_file)) {
        (Some(_), Some(file)) => bail!(
            "the sealing key is given twice: by key_file, {}, and by {VARIABLE} in the environment",
            file.display()
        ),
        (Some(key), None) => Vault::from_hex(&key).with_context(|| format!("{VARIABLE} in the environment")),
        (None, Some(file)) => read(file),
        (None, None) => {
            let file = data_dir.file(FILE);
            if !file.exists() {
                make(&file, &data_dir.database(), random)?;
            }
            read(&file)
        }
    }
}

fn read(file: &Path) -> Result<Vault> {
    let context = || format!("the sealing key {}", file.display());
    let mode = fs::metadata(file).with_context(context)?.permissions().mode();
    if mode & 0o007 != 0 {
        bail!(
            "{} can be read by everybody (mode {:03o}): chmod 600 {}",
            context(),
            mode & 0o777,
            file.display()
        );
    }
    let text = Zeroizing::new(fs::read_to_string(file).with_context(context)?);
    Vault::from_hex(&text).with_context(context)
}

fn make(file: &Path, database: &Path, random: &dyn Random) -> Result<()> {
    // A new key would open nothing that is in there.
    if database.exists() {
        bail!(
            "the database {} was sealed with a key that should be in {}, but the file is gone: restore it from its \
             backup. Without it, write a new key there (`openssl rand -hex 32`); then every user needs a new password",
            database.display(),
            file.display()
        );
    }
    write_private(file, Vault::new_key(random).as_bytes())?;
    tracing::info!(file = %file.display(), "a new sealing key was made: back it up, apart from the database");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::SystemRandom;

    fn told(config: &Config, directory: &DataDir) -> String {
        format!(
            "{:#}",
            open_vault(config, directory, &SystemRandom).err().unwrap()
        )
    }

    #[test]
    fn is_made_once_and_only_for_a_new_database() {
        let folder = tempfile::tempdir().unwrap();
        let directory = DataDir::claim(folder.path()).unwrap();
        let (config, file) = (Config::demo(), folder.path().join(FILE));
        open_vault(&config, &directory, &SystemRandom).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let key = fs::read_to_string(&file).unwrap();
        fs::write(directory.database(), "").unwrap();
        open_vault(&config, &directory, &SystemRandom).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), key);
        fs::remove_file(&file).unwrap();
        assert!(told(&config, &directory).contains("restore it from its backup"));
        assert!(!file.exists());
    }

    #[test]
    fn a_file_that_is_open_to_all_or_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let directory = DataDir::claim(folder.path()).unwrap();
        let file = folder.path().join("elsewhere.key");
        let config = Config {
            key_file: file.clone(),
            ..Config::demo()
        };
        assert!(told(&config, &directory).contains("No such file"));
        write_private(&file, b"abc").unwrap();
        assert!(told(&config, &directory).contains("32 bytes in hexadecimal"));
        write_private(&file, Vault::new_key(&SystemRandom).as_bytes()).unwrap();
        open_vault(&config, &directory, &SystemRandom).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o604)).unwrap();
        assert!(told(&config, &directory).contains("can be read by everybody (mode 604)"));
    }
}
