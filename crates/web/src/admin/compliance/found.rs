//! Records that were found, over the wire.

use crate::admin::wire::{Exported, FoundRecord, FoundRecords};
use causerie_compliance::{ExportOutcome, Found};

pub(super) fn found(found: &Found) -> FoundRecords {
    let shown = found.shown.iter().map(|stored| FoundRecord {
        position: stored.position,
        chain: stored.record.chain.to_string(),
        number: stored.record.number,
        at: stored.record.at.to_string(),
        actor: stored.record.actor.clone(),
        kind: stored.record.kind.clone(),
        body: stored.record.body.clone(),
        hash: stored.record.hash.to_string(),
    });
    FoundRecords {
        found: found.records,
        up_to: found.up_to,
        retired: found.retired,
        more: found.more,
        records: shown.collect(),
    }
}

pub(super) fn exported(outcome: ExportOutcome) -> Exported {
    Exported {
        batch: outcome.batch,
        place: outcome.place,
        records: outcome.found.records,
        retired: outcome.found.retired,
    }
}
