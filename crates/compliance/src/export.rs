//! Exports that officers ask for: a selection of records, as a batch with its manifest.

use crate::{
    Compliance, ComplianceError, Found, Officer, Page, Progress,
    batch::{Heading, Writer},
    checkpoint,
    documents::{Adapter, AdapterFormat, MIN_INTERVAL},
    format,
    intake::PAGE,
    scope::invalid,
    scribe::Decision,
    sift::{Fits, is_selected},
};
use causerie_destination::Place;
use causerie_model::Event;
use causerie_records::{Addition, ChainSpan, Selection};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// Where an export goes, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRequest {
    /// The folder that it is put in; an absolute path.
    pub directory: String,
    /// It is a zip instead of a folder.
    pub zip: bool,
    /// The format.
    pub format: AdapterFormat,
}

/// What was exported, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportOutcome {
    /// The batch; `None` if nothing was exported.
    pub batch: Option<String>,
    /// Where it is, for people.
    pub place: Option<String>,
    /// What it has. Nothing is shown of it.
    pub found: Found,
    /// What looks like a mistake, a sentence each.
    pub warnings: Vec<String>,
}

/// What is exported.
pub(crate) struct Selected<'a> {
    /// What it is for, as the batch's name begins.
    pub(crate) of: String,
    /// The kind of query that it is.
    pub(crate) what: &'static str,
    /// What was asked.
    pub(crate) asked: (&'static str, Value),
    /// The records among which it is …
    pub(crate) selection: Selection,
    /// … up to this position, which a checkpoint covers.
    pub(crate) up_to: u64,
    /// Which of them it has.
    pub(crate) fits: Fits<'a>,
    /// That in words, for the manifest.
    pub(crate) words: String,
}

impl Compliance {
    /// The last position, which a checkpoint covers from now on.
    pub(crate) async fn covered_now(&self) -> Result<u64, ComplianceError> {
        self.checkpoint().await?;
        let last = checkpoint::last(&*self.needs().records).await?;
        Ok(checkpoint::covered(last.as_ref()))
    }

    /// Counts what is selected, records that, and exports it unless it is only asked what would be. Nothing selected: no
    /// batch.
    pub(crate) async fn export_selected(
        &self,
        officer: &Officer,
        request: &ExportRequest,
        selected: Selected<'_>,
        what_if: bool,
        progress: Progress<'_>,
    ) -> Result<ExportOutcome, ComplianceError> {
        if !Path::new(&request.directory).is_absolute() || request.directory.contains('\0') {
            return invalid(format!("'{}' is no absolute path", request.directory));
        }
        let (selection, up_to, fits) = (&selected.selection, selected.up_to, selected.fits);
        // What is told is how far the writing is; counting goes before.
        let found = self
            .sift(selection, up_to, fits, Page::default(), &|_, _| {})
            .await?;
        // Recorded before anything is there: an end in between leaves no export that nothing tells of.
        let asked = selected.asked.clone();
        self.queried(officer, selected.what, asked, Page::default(), &found)
            .await?;
        if what_if || found.records == 0 {
            return Ok(ExportOutcome {
                found,
                ..ExportOutcome::default()
            });
        }
        let batch = format!("{}-{up_to:012}", selected.of);
        let (place, event) = self
            .write_selected(request, &selected, &found, batch.clone(), progress)
            .await?;
        let event = &event;
        self.act(officer, |_| async move {
            Ok(Decision {
                events: vec![event.clone()],
                addition: Addition::default(),
                answer: (),
            })
        })
        .await?;
        Ok(ExportOutcome {
            batch: Some(batch),
            place: Some(place),
            found,
            warnings: Vec::new(),
        })
    }

    /// Writes the batch; where it is, and what is to be recorded of it.
    async fn write_selected(
        &self,
        request: &ExportRequest,
        selected: &Selected<'_>,
        found: &Found,
        batch: String,
        progress: Progress<'_>,
    ) -> Result<(String, Event), ComplianceError> {
        let needs = self.needs();
        let destination = needs.destinations.at(&Place {
            directory: request.directory.clone(),
            zip: request.zip,
        })?;
        let heading = Heading {
            batch: batch.clone(),
            of: selected.of.clone(),
            format: request.format.to_string(),
            after: 0,
            up_to: selected.up_to,
            at: needs.clock.now(),
            selection: Some(selected.words.clone()),
            user_details: true,
        };
        let format = format::for_adapter(&as_adapter(request), &batch);
        let mut writer = Writer::begin(destination.begin(&batch).await?, format, heading).await?;
        let mut done = 0;
        for span in found.spans.values() {
            let label = self.label(span.chain, true).await?;
            let times = (span.begins, span.ends);
            writer.open(span.chain, &label, BTreeMap::new(), times).await?;
            done = self
                .write_span(&mut writer, selected, span, (done, found.records), progress)
                .await?;
            writer.close().await?;
        }
        let key = self.key();
        // It reads all that it wrote.
        let written = tokio::select! {
            biased;
            () = self.stopping() => return Err(ComplianceError::Stopping),
            written = writer.finish(&*needs.records, &key, None) => written?,
        };
        if written.records != found.records {
            return Err(ComplianceError::Busy(format!(
                "{} records were counted and {} are there now: retention goes on meanwhile, try again",
                found.records, written.records
            )));
        }
        written.staging.commit().await?;
        let event = Event::Exported {
            of: selected.of.clone(),
            batch: batch.clone(),
            after: 0,
            up_to: selected.up_to,
            records: written.records,
            manifest: written.manifest.hash(),
        };
        Ok((destination.place(&batch), event))
    }

    /// Writes what is selected of a chain, between the first and the last that were found.
    async fn write_span(
        &self,
        writer: &mut Writer,
        selected: &Selected<'_>,
        span: &ChainSpan,
        (mut done, all): (u64, u64),
        progress: Progress<'_>,
    ) -> Result<u64, ComplianceError> {
        let records = &self.needs().records;
        let mut after = span.first.saturating_sub(1);
        while after < span.last {
            self.goes_on()?;
            let page = records.of_chain(span.chain, after, span.last, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.record.number;
            for stored in &page {
                let is_there = !stored.retired && stored.position <= selected.up_to;
                if is_there && is_selected(&selected.selection, stored) && (selected.fits)(stored) {
                    writer.record(stored).await?;
                    done += 1;
                }
            }
            progress(done, all);
        }
        Ok(done)
    }
}

/// The adapter that would make such exports.
fn as_adapter(request: &ExportRequest) -> Adapter {
    Adapter {
        add_chat_room_details: true,
        add_user_details: true,
        create_file_attachments_manifest: false,
        directory: request.directory.clone(),
        enabled: false,
        extension: None,
        format: request.format,
        interval: MIN_INTERVAL,
        one_chat_room_per_output_file: false,
        xslt: None,
        zip: request.zip,
    }
}
