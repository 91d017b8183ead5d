//! A program through which another is run, so that the kernel keeps it from everything but its input.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A program that walls in others.
///
/// It is run as `PROGRAM ARGUMENTS… --input FILE -- OTHER ITS-ARGUMENTS…`. It says as the first line of standard error how far
/// the wall holds (an [`Enforced`] as text), and becomes the other.
#[derive(Clone, Debug)]
pub struct Sandbox {
    program: PathBuf,
    arguments: Vec<OsString>,
    told: Arc<AtomicBool>,
}

impl Sandbox {
    /// This program with these arguments before all others.
    pub fn new<A: Into<OsString>>(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            told: Arc::default(),
        }
    }

    /// What stands before the program that is to be walled in, which may read this file.
    pub(crate) fn words(&self, input: &Path) -> Vec<OsString> {
        let mut words = vec![self.program.clone().into()];
        words.extend(self.arguments.iter().cloned());
        words.extend(["--input".into(), input.into(), "--".into()]);
        words
    }

    /// Says in the log how far the wall holds; once.
    pub(crate) fn tell(&self, enforced: Enforced) {
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        match enforced {
            Enforced::Fully => {
                tracing::info!(
                    "the kernel keeps stylesheets from other files and the network (Landlock: {enforced})"
                );
            }
            Enforced::Partly => tracing::warn!(
                "the kernel keeps stylesheets from reading other files, but not from all else (Landlock: {enforced}): from \
                 Linux 6.12 on it does"
            ),
            Enforced::Not => tracing::warn!(
                "nothing but the check of the stylesheet keeps it from files and network (Landlock: {enforced}): it needs \
                 Linux 5.13, better 6.12, with landlock among the security modules"
            ),
        }
    }
}

/// How far a sandbox holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforced {
    /// No other file is read or written; no TCP port and no abstract socket is reached; no process outside gets a signal.
    Fully,
    /// No other file is read; the kernel is too old for a part of the rest.
    Partly,
    /// The kernel knows of no wall.
    Not,
}

impl Enforced {
    const ALL: [Self; 3] = [Self::Fully, Self::Partly, Self::Not];

    /// The first line of a text, if it is this, and the text without it.
    pub(crate) fn first_of(text: &str) -> (Option<Self>, &str) {
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        match Self::ALL.into_iter().find(|one| one.to_string() == line) {
            Some(enforced) => (Some(enforced), rest),
            None => (None, text),
        }
    }
}

impl fmt::Display for Enforced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fully => "fully enforced",
            Self::Partly => "partly enforced",
            Self::Not => "not enforced",
        })
    }
}
