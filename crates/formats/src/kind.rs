//! Which formats there are, and how they are asked for.

use crate::{Format, actiance, csv, eml, ndjson, rsmf, split, xml};
use std::{error::Error, fmt, str::FromStr};

/// How long a mail may be that an archive takes, in bytes, if nothing else is said.
pub const MAX_MAIL_BYTES: usize = 25 * 1024 * 1024;
/// How many entries a mail may have, if nothing else is said.
pub const MAX_MAIL_ENTRIES: usize = 10_000;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FormatKind {
    /// The XML of Persistent Chat Server's own adapter.
    Xml,
    /// The XML of Actiance Vantage, `FileDump`.
    Actiance,
    /// Mails for Global Relay.
    Eml,
    /// A table.
    Csv,
    /// A JSON object on each line.
    Ndjson,
    /// Relativity's short message format.
    Rsmf,
}

impl FormatKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Xml,
        Self::Actiance,
        Self::Eml,
        Self::Csv,
        Self::Ndjson,
        Self::Rsmf,
    ];

    /// Its name in settings and manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Actiance => "actiance",
            Self::Eml => "eml",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Rsmf => "rsmf",
        }
    }
}

impl fmt::Display for FormatKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAFormat;

impl fmt::Display for NotAFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a format is xml, actiance, eml, csv, ndjson or rsmf")
    }
}

impl Error for NotAFormat {}

impl FromStr for FormatKind {
    type Err = NotAFormat;

    fn from_str(text: &str) -> Result<Self, NotAFormat> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(NotAFormat)
    }
}

/// How an export is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The export's name, with which the names of its files begin.
    pub batch: String,
    /// XML, Actiance, CSV, NDJSON: each room has a file of its own. Mails are of one room anyway.
    pub one_room_per_file: bool,
    /// XML: a `.ATTACH` file beside each file lists the files that were put into rooms and taken from them.
    pub attachments_manifest: bool,
    /// EML, RSMF: a mail ends before it is longer. An entry that is longer has a mail for itself.
    pub max_mail_bytes: usize,
    /// EML, RSMF: a mail ends before it has more entries.
    pub max_mail_entries: usize,
}

impl Options {
    /// The usual ones for an export of this name.
    #[must_use]
    pub fn new(batch: impl Into<String>) -> Self {
        Self {
            batch: batch.into(),
            one_room_per_file: false,
            attachments_manifest: false,
            max_mail_bytes: MAX_MAIL_BYTES,
            max_mail_entries: MAX_MAIL_ENTRIES,
        }
    }

    /// The file of a room: the export's name, the room's GUID if it has a file for itself, and this extension.
    pub(crate) fn file(&self, uri: &str, extension: &str) -> String {
        if self.one_room_per_file {
            format!("{}-{}.{extension}", self.batch, last_of(uri))
        } else {
            format!("{}.{extension}", self.batch)
        }
    }
}

/// The last segment of a room's address, fit for a file's name.
pub(crate) fn last_of(uri: &str) -> String {
    let last = uri.rsplit('/').next().unwrap_or_default();
    let fit = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    last.chars().map(fit).collect()
}

/// A format, ready to be fed.
#[must_use]
pub fn new(kind: FormatKind, options: Options) -> Box<dyn Format> {
    match kind {
        FormatKind::Xml => Box::new(xml::Xml::new(options)),
        FormatKind::Actiance => Box::new(actiance::Actiance::new(options)),
        FormatKind::Eml => Box::new(split::Split::new(options, eml::Eml)),
        FormatKind::Csv => Box::new(csv::Csv::new(options)),
        FormatKind::Ndjson => Box::new(ndjson::Ndjson::new(options)),
        FormatKind::Rsmf => Box::new(split::Split::new(options, rsmf::Rsmf)),
    }
}
