//! Runs of adapters: the records that came since the last run go out as one batch.
//!
//! A run is planned first: which positions, when, and what rooms are called. Carried out again it makes the same bytes, so
//! that whoever takes batches by their names has every record once, wherever a run was cut short.

use crate::{
    Change, Compliance, ComplianceError, MAX_DECISIONS, Officer,
    adapter::CHECK_DEADLINE,
    batch::{Heading, Label, Stylesheet, Writer, Written},
    checkpoint,
    documents::{self, Adapter, Category, Document, Present, Room, Run, Somebody, present_id},
    format,
    intake::PAGE,
    links::Links,
    run_lease::{BUSY_SECONDS, RunLease},
    service::age,
};
use causerie_destination::{DeliveryError, Destination, Place};
use causerie_model::{Actor, ChainId, Event, Hash, StoreFault};
use causerie_proof::{
    SignedManifest,
    manifest::{CHECKPOINTS, MANIFEST, SIGNATURE},
};
use causerie_records::{Addition, ChainSpan};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tokio::time::timeout;

/// What is added to the name of a batch that is made only to be compared.
const COMPARED: &str = "-again";

/// What is recorded of a batch of which no other record tells.
const UNTOLD: &str = "batch.untold";
/// Where that comes from if nobody asked.
const OWN: &str = "this service";

/// Told how many records of how many are done.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// What rooms are called in a run; by chain, as it prints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Labels(BTreeMap<String, Named>);

impl Document for Labels {
    const KIND: &'static str = "labels";
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Named {
    uri: String,
    name: Option<String>,
    category: Option<String>,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunOutcome {
    /// The adapter.
    pub adapter: String,
    /// The batch; `None` if there was nothing to export.
    pub batch: Option<String>,
    /// It covers positions after this one …
    pub after: u64,
    /// … up to this one.
    pub up_to: u64,
    /// How many records it has.
    pub records: u64,
    /// Where it is.
    pub place: Option<String>,
}

/// Where an adapter's batches go.
pub(crate) fn place(adapter: &Adapter) -> Place {
    Place {
        directory: adapter.directory.clone(),
        zip: adapter.zip,
    }
}

/// The name of a batch.
pub(crate) fn batch_name(adapter: &str, after: u64, up_to: u64) -> String {
    format!("{adapter}-{:012}-{up_to:012}", after + 1)
}

/// Whether a batch may have this name that an adapter makes.
pub(crate) fn is_batch_of(adapter: &str, name: &str) -> bool {
    let range = name
        .strip_prefix(adapter)
        .and_then(|range| range.strip_prefix('-'));
    let ends = range.and_then(|range| range.split_once('-'));
    let is_position = |text: &str| text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    ends.is_some_and(|(first, last)| is_position(first) && is_position(last))
}

/// What may be said to calm people after a run failed.
const fn hope(error: &ComplianceError) -> &'static str {
    match error {
        ComplianceError::Damaged(_) => {
            "Nothing is exported until this is mended, though it is tried again; `causerie compliance verify` tells whether records are wrong."
        }
        _ => "No record is lost; the same batch is tried again.",
    }
}

impl Compliance {
    /// Runs an adapter now, enabled or not.
    ///
    /// # Errors
    /// [`ComplianceError::Unknown`] if there is none of this name; [`ComplianceError::Busy`] if another service runs
    /// adapters; [`ComplianceError::Damaged`] if the records have a gap or aren't what their hashes say, or another batch of
    /// this name is there; [`ComplianceError::Delivery`]; [`ComplianceError::Store`]. After any of them the next run does the
    /// same batch again.
    pub async fn run_adapter(
        &self,
        officer: &Officer,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<RunOutcome, ComplianceError> {
        self.run(&officer.actor(), name, progress).await
    }

    pub(crate) async fn run(
        &self,
        actor: &Actor,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<RunOutcome, ComplianceError> {
        let result = self.run_once(actor, name, progress).await;
        let now = self.needs().clock.now();
        let mut runs = crate::service::lock(&self.inner.runs);
        let attempt = runs.entry(name.to_owned()).or_default();
        attempt.at = Some(now);
        attempt.error = None;
        // Since a moment that hasn't come yet: the clock went back.
        let busy = attempt.busy.take().map_or(now, |since| since.min(now));
        match &result {
            Ok(_) => {
                drop(runs);
                self.over("run-failed", name);
            }
            // No failure: it goes on elsewhere. If it does so for long, somebody should look.
            Err(ComplianceError::Busy(why)) => {
                attempt.busy = Some(busy);
                drop(runs);
                let waits = age(busy, now);
                if waits >= BUSY_SECONDS {
                    let text = format!("adapter {name} has waited for {waits} s, and exports nothing: {why}");
                    self.alarm_once("run-failed", name, text);
                }
            }
            Err(ComplianceError::Unknown { .. } | ComplianceError::Stopping) => {}
            Err(error) => {
                attempt.error = Some(error.to_string());
                drop(runs);
                metrics::counter!("causerie_compliance_run_failures_total", "adapter" => name.to_owned())
                    .increment(1);
                let text = format!("adapter {name} exported nothing: {error}. {}", hope(error));
                self.alarm_once("run-failed", name, text);
            }
        }
        result
    }

    async fn run_once(
        &self,
        actor: &Actor,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<RunOutcome, ComplianceError> {
        let _one = self.inner.running.lock().await;
        self.adapter(name).await?;
        let mut lease = RunLease::take(self).await?;
        let result = match self.plan(name).await {
            Ok(Some(run)) => self.carry_out(actor, name, &run, &mut lease, progress).await,
            Ok(None) => Ok(RunOutcome {
                adapter: name.to_owned(),
                ..RunOutcome::default()
            }),
            Err(error) => Err(error),
        };
        lease.end().await;
        result
    }

    /// The run that isn't finished, or the next; `None` if there is nothing to export.
    async fn plan(&self, name: &str) -> Result<Option<Run>, ComplianceError> {
        let _one = self.inner.checkpointing.lock().await;
        let records = &self.needs().records;
        for _ in 0..MAX_DECISIONS {
            let adapter = self.adapter(name).await?;
            let last_run: Option<Run> = documents::load(&**records, name).await?;
            let after = match last_run {
                Some(run) if !run.finished => return self.resumed(name, run, adapter).await.map(Some),
                Some(run) => run.up_to,
                None => 0,
            };
            let last = self.trusted_last().await?;
            let up_to = records.end().await?;
            let spans = self.spans(after, up_to).await?;
            if !self.is_worth_it(&spans).await? {
                return Ok(None);
            }
            let run = Run {
                after,
                batch: batch_name(name, after, up_to),
                finished: false,
                planned_at: self.needs().clock.now(),
                settings: adapter,
                up_to,
            };
            let labels = self.labels(&spans, &run.settings).await?;
            let mut addition = Addition {
                documents: vec![documents::put(name, &run), documents::put(name, &labels)],
                ..Addition::default()
            };
            if checkpoint::covered(last.as_ref()) < up_to {
                let next = self.next_checkpoint(last.as_ref(), up_to, None).await?;
                if !self.put_checkpoint(&next, addition).await? {
                    continue;
                }
            } else {
                records.append(&std::mem::take(&mut addition)).await?;
            }
            return Ok(Some(run));
        }
        Err(Self::contended())
    }

    async fn adapter(&self, name: &str) -> Result<Adapter, ComplianceError> {
        let adapter = documents::load(&*self.needs().records, name).await?;
        adapter.ok_or_else(|| ComplianceError::Unknown {
            what: "adapter",
            name: name.to_owned(),
        })
    }

    /// A run that isn't finished, with the settings by which it goes on. Those that it was planned with if its batch is
    /// there: then only the record of it is missing. If not, those of now, which may be what mends it.
    async fn resumed(&self, name: &str, run: Run, adapter: Adapter) -> Result<Run, ComplianceError> {
        if run.settings == adapter || self.is_there(&run).await {
            return Ok(run);
        }
        let records = &self.needs().records;
        let untold = if place(&run.settings) == place(&adapter) {
            None
        } else {
            Some(self.untold(name, &run, false).await)
        };
        let run = Run {
            settings: adapter,
            ..run
        };
        let spans = self.spans(run.after, run.up_to).await?;
        let labels = self.labels(&spans, &run.settings).await?;
        if let Some(untold) = untold {
            self.record(&Actor::System, &[untold.event(OWN)]).await?;
        }
        let addition = Addition {
            documents: vec![documents::put(name, &run), documents::put(name, &labels)],
            ..Addition::default()
        };
        records.append(&addition).await?;
        Ok(run)
    }

    /// What is to be recorded of a run that isn't finished and never will be where it was planned: who was killed between a
    /// batch and its record has left one there that no other record tells of. If an adapter runs meanwhile, one that isn't
    /// there may come.
    pub(crate) async fn untold(&self, name: &str, run: &Run, runs: bool) -> Change {
        let asked = async {
            let destination = self.needs().destinations.at(&place(&run.settings))?;
            // One that is away has no batch either.
            destination.look().await?;
            let manifest = destination.read(&run.batch, MANIFEST).await?;
            Ok::<_, DeliveryError>(manifest)
        };
        let (seen, manifest) = match timeout(CHECK_DEADLINE, asked).await {
            Ok(Ok(Some(manifest))) => ("it is there".to_owned(), Some(manifest)),
            Ok(Ok(None)) if runs => (
                "it isn't there yet, and may come: an adapter runs just now".to_owned(),
                None,
            ),
            Ok(Ok(None)) => ("it isn't there".to_owned(), None),
            Ok(Err(error)) => (format!("it can't be told whether it is there: {error}"), None),
            Err(_) => (
                "it can't be told whether it is there: the place doesn't answer".to_owned(),
                None,
            ),
        };
        let told = json!({
            "adapter": name,
            "after": run.after,
            "directory": run.settings.directory,
            "manifest": manifest.map(|bytes| Hash(Sha256::digest(&bytes).into()).to_string()),
            "seen": seen,
            "upTo": run.up_to,
        });
        Change::new(UNTOLD, run.batch.as_str(), String::new(), told.to_string())
    }

    /// Whether a batch of a run's name is where its settings say. A place that can't be reached has none.
    async fn is_there(&self, run: &Run) -> bool {
        let Ok(destination) = self.needs().destinations.at(&place(&run.settings)) else {
            return false;
        };
        let there = destination.read(&run.batch, MANIFEST).await;
        there.is_ok_and(|manifest| manifest.is_some())
    }

    /// Whether there is anything but records of exports. Those go out with what comes next: alone they would beget each other.
    async fn is_worth_it(&self, spans: &[ChainSpan]) -> Result<bool, ComplianceError> {
        let [span] = spans else {
            return Ok(!spans.is_empty());
        };
        if span.chain != ChainId::Compliance {
            return Ok(true);
        }
        let mut after = span.first.saturating_sub(1);
        loop {
            let page = self
                .needs()
                .records
                .of_chain(span.chain, after, span.last, PAGE)
                .await?;
            let Some(last) = page.last() else {
                return Ok(false);
            };
            after = last.record.number;
            if page.iter().any(|stored| stored.record.kind != "EXPORTED") {
                return Ok(true);
            }
        }
    }

    async fn labels(&self, spans: &[ChainSpan], adapter: &Adapter) -> Result<Labels, ComplianceError> {
        let details = adapter.add_chat_room_details;
        let mut labels = BTreeMap::new();
        for span in spans {
            let label = self.label(span.chain, details).await?;
            let named = Named {
                uri: label.uri,
                name: label.name,
                category: label.category,
            };
            labels.insert(span.chain.to_string(), named);
        }
        Ok(Labels(labels))
    }

    /// What a chain is called in exports just now.
    pub(crate) async fn label(&self, chain: ChainId, details: bool) -> Result<Label, ComplianceError> {
        let ChainId::Room(row) = chain else {
            return Ok(Label {
                uri: chain.to_string(),
                ..Label::default()
            });
        };
        let records = &*self.needs().records;
        let domain = &self.settings().domain;
        let Some(room) = documents::load::<Room>(records, row).await? else {
            // No record told of it: it was made before records did.
            return Ok(Label {
                uri: format!("ma-chan://{domain}/room-{row}"),
                ..Label::default()
            });
        };
        let category: Option<Category> = documents::load(records, room.category).await?;
        let category = category.map_or(room.category_name, |category| category.name);
        Ok(Label {
            uri: format!("ma-chan://{domain}/{}", room.guid),
            name: details.then_some(room.name),
            category: details.then_some(category),
        })
    }

    async fn carry_out(
        &self,
        actor: &Actor,
        name: &str,
        run: &Run,
        lease: &mut RunLease<'_>,
        progress: Progress<'_>,
    ) -> Result<RunOutcome, ComplianceError> {
        let adapter = &run.settings;
        let destination = self.needs().destinations.at(&place(adapter))?;
        let there = destination.read(&run.batch, MANIFEST).await?;
        let staged = if there.is_some() {
            format!("{}{COMPARED}", run.batch)
        } else {
            run.batch.clone()
        };
        let heading = Heading {
            batch: run.batch.clone(),
            of: name.to_owned(),
            format: adapter.format.to_string(),
            after: run.after,
            up_to: run.up_to,
            at: run.planned_at,
            selection: None,
            user_details: adapter.add_user_details,
        };
        let format = format::for_adapter(adapter, &run.batch);
        let writer = Writer::begin(destination.begin(&staged).await?, format, heading).await?;
        let (written, present) = self.render(name, run, writer, lease, progress).await?;
        let mut manifest = written.manifest.hash();
        let count = written.records;
        lease.keep().await?;
        match there {
            None => written.staging.commit().await?,
            Some(there) => {
                let there = self.delivered(&*destination, run, there, &written.manifest);
                let there = there.await?.ok_or_else(|| {
                    ComplianceError::Damaged(format!(
                        "there is another batch at {} already: move it elsewhere if it isn't this server's",
                        destination.place(&run.batch)
                    ))
                })?;
                manifest = there.hash();
            }
        }
        let event = Event::Exported {
            of: name.to_owned(),
            batch: run.batch.clone(),
            after: run.after,
            up_to: run.up_to,
            records: count,
            manifest,
        };
        self.finish(actor, name, run, event, present).await?;
        Ok(RunOutcome {
            adapter: name.to_owned(),
            batch: Some(run.batch.clone()),
            after: run.after,
            up_to: run.up_to,
            records: count,
            place: Some(destination.place(&run.batch)),
        })
    }

    /// The manifest of the batch that is there, if it is the one that was made again: it is the same with the same signature.
    /// If the key was changed since, it is signed by the one that signed the checkpoint at the run's end, and has fewer
    /// checkpoints that name other keys.
    async fn delivered(
        &self,
        destination: &dyn Destination,
        run: &Run,
        manifest: Vec<u8>,
        made: &SignedManifest,
    ) -> Result<Option<SignedManifest>, ComplianceError> {
        let Some(signature) = destination.read(&run.batch, SIGNATURE).await? else {
            return Ok(None);
        };
        let there = SignedManifest { manifest, signature };
        if there == *made {
            return Ok(Some(there));
        }
        let (Ok((mut told, signer)), Ok((mut again, _))) = (there.open(), made.open()) else {
            return Ok(None);
        };
        told.files.remove(CHECKPOINTS);
        again.files.remove(CHECKPOINTS);
        let records = &*self.needs().records;
        let number = checkpoint::first_after(records, run.up_to.saturating_sub(1)).await?;
        let lines = records.checkpoints(number.saturating_sub(1), 1).await?;
        let at_end = lines.first().map(checkpoint::parse).transpose()?;
        let is_same = told == again && at_end.is_some_and(|checkpoint| checkpoint.key == signer);
        Ok(is_same.then_some(there))
    }

    /// Writes all records of a run, and checks on the way that each follows the one before.
    async fn render(
        &self,
        name: &str,
        run: &Run,
        mut writer: Writer,
        lease: &mut RunLease<'_>,
        progress: Progress<'_>,
    ) -> Result<(Written, Vec<(String, Present)>), ComplianceError> {
        let records = &*self.needs().records;
        let Labels(labels) = documents::load(records, name).await?.unwrap_or_default();
        let total = run.up_to - run.after;
        let mut done = 0;
        let mut all_present = Vec::new();
        let mut spans = self.spans(run.after, run.up_to).await?;
        spans.sort_by_key(|span| span.chain);
        for span in spans {
            let named = labels.get(&span.chain.to_string()).cloned().ok_or_else(|| {
                let chain = span.chain;
                ComplianceError::Damaged(format!("the plan of the run doesn't say what {chain} is called"))
            })?;
            let label = Label {
                uri: named.uri,
                name: named.name,
                category: named.category,
            };
            let present_key = match span.chain {
                ChainId::Room(row) => Some(present_id(name, row)),
                _ => None,
            };
            let before: Present = match &present_key {
                Some(id) => documents::load(records, id).await?.unwrap_or_default(),
                None => Present::default(),
            };
            let present: BTreeMap<String, String> = before
                .0
                .iter()
                .map(|somebody| (somebody.address.clone(), somebody.name.clone()))
                .collect();
            writer
                .open(span.chain, &label, present, (span.begins, span.ends))
                .await?;
            let mut links = Links::begin(self, &span).await?;
            let mut after = span.first.saturating_sub(1);
            let mut count = 0;
            while after < span.last {
                lease.keep().await?;
                let page = records.of_chain(span.chain, after, span.last, PAGE).await?;
                if page.is_empty() {
                    break;
                }
                for stored in page {
                    links.follow(self, &stored).await?;
                    if stored.position <= run.after || stored.position > run.up_to {
                        let text = format!(
                            "record {} of {} is at position {}",
                            stored.record.number, span.chain, stored.position
                        );
                        return Err(ComplianceError::Damaged(text));
                    }
                    writer.record(&stored).await?;
                    after = stored.record.number;
                    count += 1;
                    done += 1;
                }
                progress(done, total);
            }
            if count != span.records {
                return Err(ComplianceError::Damaged(format!(
                    "{} has {count} records where there should be {}",
                    span.chain, span.records
                )));
            }
            let now: Vec<Somebody> = writer
                .close()
                .await?
                .into_iter()
                .map(|(address, name)| Somebody { address, name })
                .collect();
            if let Some(id) = present_key
                && now != before.0
            {
                all_present.push((id, Present(now)));
            }
        }
        if done != total {
            return Err(ComplianceError::Damaged(format!(
                "between positions {} and {} are {done} records instead of {total}",
                run.after + 1,
                run.up_to
            )));
        }
        let stylesheet = run.settings.xslt.as_ref().map(|text| Stylesheet {
            text: text.clone(),
            extension: run.settings.extension.clone().unwrap_or_default(),
        });
        // It reads all that it wrote, and may wait long for a stylesheet.
        let key = self.key();
        let written = tokio::select! {
            biased;
            () = self.stopping() => return Err(ComplianceError::Stopping),
            written = writer.finish(records, &key, stylesheet.as_ref()) => written?,
        };
        Ok((written, all_present))
    }

    /// Records that the batch is there, whosever it is by now.
    async fn finish(
        &self,
        actor: &Actor,
        name: &str,
        run: &Run,
        event: Event,
        present: Vec<(String, Present)>,
    ) -> Result<(), ComplianceError> {
        let finished = Run {
            finished: true,
            ..run.clone()
        };
        let mut put = vec![documents::put(name, &finished), documents::gone::<Labels>(name)];
        put.extend(present.iter().map(|(id, present)| documents::put(id, present)));
        let events = [event];
        for _ in 0..MAX_DECISIONS {
            let head = self.own_head().await?;
            let records = &*self.needs().records;
            let adapter: Option<Adapter> = documents::load(records, name).await?;
            let current: Option<Run> = documents::load(records, name).await?;
            if adapter.is_none() || current.as_ref() != Some(run) {
                // Who finished it has told of it.
                if current.as_ref() != Some(&finished) {
                    let untold = self.untold(name, run, false).await;
                    self.record(&Actor::System, &[untold.event(OWN)]).await?;
                }
                let text = format!("adapter {name} was removed or run by somebody else meanwhile");
                return Err(ComplianceError::Busy(text));
            }
            let addition = Addition {
                documents: put.clone(),
                ..Addition::default()
            };
            match self.commit_after(&head, actor, &events, addition).await {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => {}
                Err(ComplianceError::Store(error)) if error.fault == StoreFault::Conflict => {
                    return Err(ComplianceError::Damaged(error.message));
                }
                Err(error) => return Err(error),
            }
        }
        Err(Self::contended())
    }
}
