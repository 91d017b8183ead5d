//! Files with secrets.

use anyhow::{Context, Result, bail};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use zeroize::Zeroizing;

/// Who may be let read a secret.
#[derive(Clone, Copy)]
pub(crate) enum Readers {
    /// Its owner.
    Owner,
    /// Its owner and a group, so that a service can be given it.
    Group,
}

/// Reads a file that only these may read or change.
pub(crate) fn private(what: &str, file: &Path, readers: Readers) -> Result<Zeroizing<Vec<u8>>> {
    let context = || format!("{what} {}", file.display());
    let mode = fs::metadata(file).with_context(context)?.permissions().mode() & 0o777;
    let (forbidden, others) = match readers {
        Readers::Owner => (0o077, "others than its owner"),
        Readers::Group => (0o007, "everybody"),
    };
    if mode & forbidden != 0 {
        bail!(
            "{} is open to {others} (mode {mode:03o}): chmod 600 {}",
            context(),
            file.display()
        );
    }
    fs::read(file).map(Zeroizing::new).with_context(context)
}

/// Reads a password, which its owner and a group may read, without the end of its line.
pub(crate) fn password(what: &str, file: &Path) -> Result<Zeroizing<String>> {
    let bytes = private(what, file, Readers::Group)?;
    let text = std::str::from_utf8(&bytes).with_context(|| format!("{what} {}", file.display()))?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
