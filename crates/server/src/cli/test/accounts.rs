//! The file with the two test users and their room.

use crate::data_dir::write_private;
use anyhow::{Context, Result, bail};
use causerie_web::admin::wire::Secret;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::Read,
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// Its name in the data directory, unless another is said.
pub(super) const FILE: &str = "synthetic.json";

/// Bits of a file's mode that let others than its owner at it.
const OTHERS: u32 = 0o077;

/// Two test users and their room.
#[derive(Serialize, Deserialize)]
pub(super) struct Accounts {
    /// The room's name.
    pub(super) room: String,
    /// Who posts first.
    pub(super) sender: Account,
    /// Who answers.
    pub(super) receiver: Account,
}

/// A test user.
#[derive(Serialize, Deserialize)]
pub(super) struct Account {
    /// `user@domain`.
    pub(super) address: String,
    /// The password.
    pub(super) password: Secret,
}

impl Accounts {
    /// Reads a file that nobody but its owner may read.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let told = path.display();
        let mut file = File::open(path).with_context(|| format!("{told}"))?;
        if file.metadata()?.permissions().mode() & OTHERS != 0 {
            bail!("{told} holds passwords and others than its owner may read it: chmod 600 {told}");
        }
        let mut text = String::new();
        file.read_to_string(&mut text)
            .with_context(|| format!("{told}"))?;
        // The parser's words could repeat a password.
        serde_json::from_str(&text)
            .ok()
            .with_context(|| format!("{told} isn't what --setup writes: remove it, and say --setup again"))
    }

    /// Writes the file, for its owner only.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        write_private(path, serde_json::to_string_pretty(self)?.as_bytes())
    }

    /// The password of that user.
    pub(super) fn password_of(&self, address: &str) -> Option<&str> {
        let both = [&self.sender, &self.receiver];
        let account = both.into_iter().find(|account| account.address == address);
        account.map(|account| &*account.password.0)
    }
}

/// The first line of a file.
pub(super) fn first_line(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!("{} has no line with a password", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let account = |address: &str, password: &str| Account {
            address: address.to_owned(),
            password: Secret(password.to_owned()),
        };
        let accounts = Accounts {
            room: "Desk".to_owned(),
            sender: account("a@x.test", "one"),
            receiver: account("b@x.test", "two"),
        };
        accounts.write(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = Accounts::read(&path).unwrap();
        assert_eq!(read.password_of("b@x.test"), Some("two"));
        assert_eq!(read.password_of("c@x.test"), None);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Accounts::read(&path).err().unwrap().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "{\"sender\": \"hunter2\"}").unwrap();
        let refused = format!("{:#}", Accounts::read(&path).err().unwrap());
        assert!(
            refused.contains("--setup again") && !refused.contains("hunter2"),
            "{refused}"
        );
    }

    #[test]
    fn a_password_is_the_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "with blank \r\nmore\n").unwrap();
        assert_eq!(first_line(&path).unwrap(), "with blank ");
        for none in ["", "\nsecond\n"] {
            fs::write(&path, none).unwrap();
            assert!(first_line(&path).is_err(), "{none:?}");
        }
    }
}
