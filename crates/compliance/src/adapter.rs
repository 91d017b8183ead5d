//! Adapters: what is exported by itself, where to and how.

use crate::{
    Change, Compliance, ComplianceError, Officer,
    documents::{self, Adapter, AdapterFormat, Document, MAX_INTERVAL, MIN_INTERVAL, Present, Run},
    run::{Labels, is_batch_of, place},
    run_lease::RunLease,
    scope::invalid,
};
use causerie_destination::{DeliveryError, Destination};
use causerie_proof::export::RESTART;
use causerie_records::DocumentKey;
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use tokio::time::timeout;

/// Longest name of an adapter.
pub const MAX_NAME: usize = 40;
/// Longest stylesheet in bytes.
pub const MAX_STYLESHEET: usize = 1024 * 1024;
/// How long a place may take to tell whether exports can go there: it may be on another machine.
pub const CHECK_DEADLINE: Duration = Duration::from_secs(10);
/// Longest extension of what a stylesheet makes.
pub const MAX_EXTENSION: usize = 10;

/// An error that says why no adapter can be made of this name.
fn check_name(name: &str) -> Result<(), ComplianceError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(plain) {
        return invalid(format!(
            "'{name}' is no name of an adapter: 1 to {MAX_NAME} of the characters a-z, 0-9 and -"
        ));
    }
    let is_matter = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if name == "reads" || name.strip_prefix('m').is_some_and(is_matter) {
        return invalid(format!(
            "'{name}' is no name of an adapter: exports of reads and of matters (m1, m2 …) are called so"
        ));
    }
    Ok(())
}

/// An error that says what is wrong with an adapter.
fn check(adapter: &Adapter) -> Result<(), ComplianceError> {
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

    /// Makes or changes an adapter. One that is made exports all records from the first; one of a name that was removed goes
    /// on where that ended.
    ///
    /// # Errors
    /// [`ComplianceError::Invalid`] says what is wrong with it, why nothing can be put into its directory, or which batch there
    /// has a name that one of its own may get; [`ComplianceError::Store`].
    pub async fn set_adapter(
        &self,
        officer: &Officer,
        name: &str,
        adapter: &Adapter,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        self.put_adapter(officer, name, adapter, false, what_if).await
    }

    /// As [`Compliance::set_adapter`]; it exports all records from the first, whatever it exported before.
    ///
    /// # Errors
    /// As [`Compliance::set_adapter`]; [`ComplianceError::Busy`] while an adapter runs: its batch would be nobody's.
    pub async fn restart_adapter(
        &self,
        officer: &Officer,
        name: &str,
        adapter: &Adapter,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        if what_if {
            return self.put_adapter(officer, name, adapter, true, true).await;
        }
        let _one = self.inner.running.try_lock().map_err(|_| {
            ComplianceError::Busy("an adapter runs just now; try again when it has ended".to_owned())
        })?;
        let lease = RunLease::take(self).await?;
        let result = self.put_adapter(officer, name, adapter, true, false).await;
        lease.end().await;
        result
    }

    /// After which position an adapter goes on, or would if one of this name were set again; 0 before its first run.
    ///
    /// # Errors
    /// [`ComplianceError::Store`].
    pub async fn adapter_goes_on_after(&self, name: &str) -> Result<u64, ComplianceError> {
        let run: Option<Run> = documents::load(&*self.needs().records, name).await?;
        Ok(run.map_or(0, |run| run.exported()))
    }

    async fn put_adapter(
        &self,
        officer: &Officer,
        name: &str,
        adapter: &Adapter,
        from_start: bool,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        check(adapter)?;
        if let Some(stylesheet) = &adapter.xslt {
            let checked = self.needs().destinations.check(stylesheet);
            checked.map_err(|error| ComplianceError::Invalid(error.to_string()))?;
        }
        let records = &*self.needs().records;
        let known: Option<Adapter> = documents::load(records, name).await?;
        if known.is_none() {
            check_name(name)?;
        }
        // One that is off may stay as it is while its place is away.
        let is_elsewhere = known.is_none_or(|known| known.directory != adapter.directory);
        if adapter.enabled || is_elsewhere {
            self.check_place(adapter, |destination| async move {
                if what_if {
                    destination.look().await
                } else {
                    destination.check().await
                }
            })
            .await?;
        }
        let run: Option<Run> = documents::load(records, name).await?;
        if from_start || (is_elsewhere && run.is_none()) {
            self.check_names(name, adapter).await?;
        }
        let untold = match run.filter(|run| from_start && !run.finished && !what_if) {
            Some(run) => Some(self.untold(name, &run, false).await),
            None => None,
        };
        // Runs are planned under the same lock: none is planned by an adapter that goes meanwhile.
        let _one = self.inner.checkpointing.lock().await;
        self.change_documents_and_say(officer, what_if, untold.as_ref(), |_| async move {
            let before: Option<Adapter> = documents::load(records, name).await?;
            let mut put = if from_start {
                self.traces(name).await?
            } else {
                Vec::new()
            };
            put.push(documents::put(name, adapter));
            let what = if from_start { RESTART } else { "adapter.set" };
            let before = before.as_ref().map(documents::text).unwrap_or_default();
            let mut change = Change::new(what, name, before, documents::text(adapter));
            // One that begins anew does so with the same settings, too.
            change.changed |= from_start;
            Ok((change, put))
        })
        .await
    }

    /// Asks an adapter's place something.
    async fn check_place<T, F>(
        &self,
        adapter: &Adapter,
        ask: impl FnOnce(Arc<dyn Destination>) -> F,
    ) -> Result<T, ComplianceError>
    where
        F: Future<Output = Result<T, DeliveryError>>,
    {
        let asked = match self.needs().destinations.at(&place(adapter)) {
            Ok(destination) => timeout(CHECK_DEADLINE, ask(destination)).await,
            Err(error) => Ok(Err(error)),
        };
        let answer = asked.unwrap_or_else(|_| {
            Err(DeliveryError(format!(
                "exports can't go to {}: it hasn't answered for {} s",
                adapter.directory,
                CHECK_DEADLINE.as_secs()
            )))
        });
        answer.map_err(|error| ComplianceError::Invalid(error.to_string()))
    }

    /// An error if there are batches of an adapter that begins with the first record: its own would get the same names.
    async fn check_names(&self, name: &str, adapter: &Adapter) -> Result<(), ComplianceError> {
        let list = self.check_place(adapter, |destination| async move { destination.exports().await });
        let there = list.await?.into_iter().find(|batch| is_batch_of(name, batch));
        there.map_or(Ok(()), |batch| {
            invalid(format!(
                "{} has a batch of an adapter {name} already, {batch}, and this one would begin with the first record again: give another directory, or move what is there elsewhere",
                adapter.directory
            ))
        })
    }

    /// Removes an adapter. What it exported stays, and so does how far it was: one that is set under the same name goes on
    /// from there. If its last batch isn't recorded, what is seen of it is. A run that is under way isn't cut short: its batch
    /// is recorded as one of which no other record tells.
    ///
    /// # Errors
    /// [`ComplianceError::Unknown`] if there is none; [`ComplianceError::Busy`] if a run of it ended just then;
    /// [`ComplianceError::Store`].
    pub async fn remove_adapter(
        &self,
        officer: &Officer,
        name: &str,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        if what_if {
            return self.take_adapter(officer, name, false, true).await;
        }
        // None begins meanwhile, here or elsewhere. One that goes on finds that its adapter went.
        let idle = self.inner.running.try_lock();
        let lease = if idle.is_ok() {
            match RunLease::take(self).await {
                Err(ComplianceError::Busy(_)) => None,
                taken => Some(taken?),
            }
        } else {
            None
        };
        let result = self.take_adapter(officer, name, lease.is_none(), false).await;
        if let Some(lease) = lease {
            lease.end().await;
        }
        result
    }

    /// Removes an adapter; `runs` says whether any runs just now.
    async fn take_adapter(
        &self,
        officer: &Officer,
        name: &str,
        runs: bool,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        let records = &*self.needs().records;
        let run: Option<Run> = documents::load(records, name).await?;
        let run = &run;
        let untold = match run.as_ref().filter(|run| !run.finished && !what_if) {
            Some(run) => Some(self.untold(name, run, runs).await),
            None => None,
        };
        let _one = self.inner.checkpointing.lock().await;
        self.change_documents_and_say(officer, what_if, untold.as_ref(), |_| async move {
            let before: Option<Adapter> = documents::load(records, name).await?;
            let before = before.ok_or_else(|| ComplianceError::Unknown {
                what: "adapter",
                name: name.to_owned(),
            })?;
            // What is to be told of its run must still be so.
            if documents::load::<Run>(records, name).await? != *run {
                let text = format!("a run of adapter {name} began or ended just now; try again");
                return Err(ComplianceError::Busy(text));
            }
            let gone = vec![documents::gone::<Adapter>(name)];
            let change = Change::new("adapter.remove", name, documents::text(&before), String::new());
            Ok((change, gone))
        })
        .await
    }

    /// Takes away how far an adapter is.
    async fn traces(&self, name: &str) -> Result<Vec<(DocumentKey, Option<String>)>, ComplianceError> {
        let prefix = format!("{name}/");
        let present = self.needs().records.documents(Present::KIND).await?;
        let ids = present.into_iter().map(|(id, _)| id);
        let mut gone: Vec<_> = ids
            .filter(|id| id.starts_with(&prefix))
            .map(documents::gone::<Present>)
            .collect();
        gone.extend([documents::gone::<Run>(name), documents::gone::<Labels>(name)]);
        Ok(gone)
    }
}
