//! Adapters: what is exported by itself, where to and how.

use crate::{
    Change, Compliance, ComplianceError, Officer,
    documents::{self, Adapter, AdapterFormat, Document, MAX_INTERVAL, MIN_INTERVAL, Present, Run},
    run::Labels,
};
use causerie_records::Addition;
use std::{collections::BTreeMap, path::Path};

/// Longest name of an adapter.
pub const MAX_NAME: usize = 40;
/// Longest stylesheet in bytes.
pub const MAX_STYLESHEET: usize = 1024 * 1024;
/// Longest extension of what a stylesheet makes.
pub const MAX_EXTENSION: usize = 10;
/// So often is decided again when others change compliance data in between.
const MAX_DECISIONS: u32 = 100;

fn invalid<T>(text: impl Into<String>) -> Result<T, ComplianceError> {
    Err(ComplianceError::Invalid(text.into()))
}

/// An error that says what is wrong with an adapter.
fn check(name: &str, adapter: &Adapter) -> Result<(), ComplianceError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(plain) {
        return invalid(format!(
            "'{name}' is no name of an adapter: 1 to {MAX_NAME} of the characters a-z, 0-9 and -"
        ));
    }
    if !(MIN_INTERVAL..=MAX_INTERVAL).contains(&adapter.interval) {
        return invalid(format!(
            "an adapter runs every {MIN_INTERVAL} to {MAX_INTERVAL} seconds (a minute to 30 days), not every {}",
            adapter.interval
        ));
    }
    if !Path::new(&adapter.directory).is_absolute() || adapter.directory.contains('\0') {
        return invalid(format!("'{}' is no absolute path", adapter.directory));
    }
    match (&adapter.xslt, &adapter.extension) {
        (None, None) => Ok(()),
        (None, Some(_)) => invalid("an extension is for what a stylesheet makes, and there is no stylesheet"),
        (Some(_), None) => invalid("a stylesheet needs the extension of what it makes, txt for instance"),
        (Some(_), Some(_)) if adapter.format != AdapterFormat::Xml => {
            invalid("a stylesheet needs the format xml")
        }
        (Some(xslt), Some(_)) if xslt.len() > MAX_STYLESHEET => {
            invalid(format!("a stylesheet has {MAX_STYLESHEET} bytes at most"))
        }
        (Some(_), Some(extension)) => {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            let fits = (1..=MAX_EXTENSION).contains(&extension.len()) && extension.chars().all(plain);
            // What it makes lies beside what it is made of, and beside what proves that.
            if fits && !["xml", "parts", "json", "ndjson", "sig"].contains(&extension.as_str()) {
                Ok(())
            } else {
                invalid(format!(
                    "'{extension}' is no extension for what a stylesheet makes: 1 to {MAX_EXTENSION} of a-z and 0-9, and not xml, parts, json, ndjson or sig"
                ))
            }
        }
    }
}

impl Compliance {
    /// All adapters, by name.
    ///
    /// # Errors
    /// [`ComplianceError::Store`].
    pub async fn adapters(&self) -> Result<BTreeMap<String, Adapter>, ComplianceError> {
        Ok(documents::load_all(&*self.needs().records).await?)
    }

    /// Makes or changes an adapter. One that is made exports all records from the first.
    ///
    /// # Errors
    /// [`ComplianceError::Invalid`] says what is wrong with it; [`ComplianceError::Store`].
    pub async fn set_adapter(
        &self,
        officer: &Officer,
        name: &str,
        adapter: &Adapter,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        check(name, adapter)?;
        if let Some(stylesheet) = &adapter.xslt {
            let checked = self.needs().destinations.check(stylesheet);
            checked.map_err(|error| ComplianceError::Invalid(error.to_string()))?;
        }
        let put = vec![documents::put(name, adapter)];
        self.change_adapter(officer, name, Some(adapter), put, what_if)
            .await
    }

    /// Removes an adapter. What it exported stays; one of the same name would begin from the first record.
    ///
    /// # Errors
    /// [`ComplianceError::Unknown`] if there is none; [`ComplianceError::Store`].
    pub async fn remove_adapter(
        &self,
        officer: &Officer,
        name: &str,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        let mut gone = vec![
            documents::gone::<Adapter>(name),
            documents::gone::<Run>(name),
            documents::gone::<Labels>(name),
        ];
        let prefix = format!("{name}/");
        let present = self.needs().records.documents(Present::KIND).await?;
        let ids = present.into_iter().map(|(id, _)| id);
        gone.extend(
            ids.filter(|id| id.starts_with(&prefix))
                .map(documents::gone::<Present>),
        );
        self.change_adapter(officer, name, None, gone, what_if).await
    }

    async fn change_adapter(
        &self,
        officer: &Officer,
        name: &str,
        after: Option<&Adapter>,
        documents: Vec<(causerie_records::DocumentKey, Option<String>)>,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        for _ in 0..MAX_DECISIONS {
            let head = self.own_head().await?;
            let before: Option<Adapter> = documents::load(&*self.needs().records, name).await?;
            if before.is_none() && after.is_none() {
                let name = name.to_owned();
                return Err(ComplianceError::Unknown {
                    what: "adapter",
                    name,
                });
            }
            let change = Change {
                what: if after.is_some() {
                    "adapter.set"
                } else {
                    "adapter.remove"
                }
                .to_owned(),
                target: name.to_owned(),
                before: before.as_ref().map(documents::text).unwrap_or_default(),
                after: after.map(documents::text).unwrap_or_default(),
            };
            if what_if || change.before == change.after {
                return Ok(change);
            }
            let addition = Addition {
                documents: documents.clone(),
                ..Addition::default()
            };
            let events = [change.event(&officer.origin)];
            if self
                .commit_after(&head, &officer.actor(), &events, addition)
                .await?
                .is_some()
            {
                return Ok(change);
            }
        }
        Err(Self::contended())
    }
}
