//! Records that were found, over the wire.

use super::names::Names;
use crate::admin::{
    error::Answer,
    wire::{Exported, FoundRecord, FoundRecords},
};
use causerie_compliance::{Compliance, ExportOutcome, Found, Reads};

/// What a search found.
pub(super) async fn found(service: &Compliance, found: &Found) -> Answer<FoundRecords> {
    let names = Names::of(service).await?;
    let shown = found.shown.iter().map(|stored| {
        let chain = stored.record.chain.to_string();
        FoundRecord {
            position: stored.position,
            room: names.name(&chain),
            chain,
            number: stored.record.number,
            at: stored.record.at.to_string(),
            actor: stored.record.actor.clone(),
            kind: stored.record.kind.clone(),
            body: stored.record.body.clone(),
            hash: stored.record.hash.to_string(),
        }
    });
    Ok(FoundRecords {
        found: found.records,
        up_to: found.up_to,
        retired: found.retired,
        more: found.more,
        records: shown.collect(),
        warnings: Vec::new(),
    })
}

/// What somebody could have read. Of what is gone his ways into rooms count as well as messages.
pub(super) async fn read(service: &Compliance, reads: Reads) -> Answer<FoundRecords> {
    let all = found(service, &reads.found).await?;
    Ok(FoundRecords {
        retired: all.retired.saturating_add(reads.retired),
        warnings: reads.warnings,
        ..all
    })
}

pub(super) fn exported(outcome: ExportOutcome) -> Exported {
    Exported {
        batch: outcome.batch,
        place: outcome.place,
        records: outcome.found.records,
        retired: outcome.found.retired,
        warnings: outcome.warnings,
    }
}
