//! What grows with the number of records: exports, verification, searches.

use crate::{
    bed::{Bed, Ground, START, Talk, officer, quiet},
    meter::{measure, mib, size},
};
use causerie_compliance::{ExportRequest, MatterRequest, Page, Reading, documents::AdapterFormat};
use causerie_model::{Sealed, SipAddress, Timestamp};
use causerie_proof::export::{Files, Reading as Bytes, verify};
use causerie_records::Addition;
use std::{
    fs::{self, File},
    io::BufReader,
    path::PathBuf,
};

/// Records of an addition.
const ADDITION: usize = 1_000;
/// Records between two checkpoints.
const CHECKPOINT: usize = 10_000;

struct Folder(PathBuf);

impl Files for Folder {
    fn names(&self) -> Result<Vec<String>, String> {
        let entries = fs::read_dir(&self.0).map_err(|error| error.to_string())?;
        Ok(entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect())
    }

    fn read(&self, name: &str, reading: Bytes<'_>) -> Result<(), String> {
        let file = File::open(self.0.join(name)).map_err(|error| error.to_string())?;
        reading(&mut BufReader::new(file))
    }
}

async fn fill(bed: &Bed, records: usize) {
    let mut talk = Talk::new();
    for done in (0..records).step_by(ADDITION) {
        let records = talk.records(ADDITION.min(records - done));
        let addition = Addition {
            records: records.iter().map(Sealed::from).collect(),
            ..Addition::default()
        };
        bed.records.append(&addition).await.expect("it is appended");
        if (done + ADDITION).is_multiple_of(CHECKPOINT) {
            bed.service.checkpoint().await.expect("a checkpoint");
        }
    }
}

pub(crate) async fn run(records: usize, ground: Ground) {
    let bed = Bed::new(ground).await;
    let olga = officer();
    let count = records as u64;
    measure("size: append and checkpoints", count, fill(&bed, records)).await;
    println!("    database of records {:.0} MiB", mib(bed.records_size()));
    for (name, format) in [("ndjson", AdapterFormat::Ndjson), ("xml", AdapterFormat::Xml)] {
        bed.adapter(name, format).await;
        let title = format!("size: export as {name}");
        let run = bed.service.run_adapter(&olga, name, &quiet);
        let (run, _) = measure(&title, count, run).await;
        let folder = bed.path("out").join(run.expect("a run").batch.expect("a batch"));
        println!("    export {:.0} MiB", mib(size(&folder)));
        let public = bed.key.public();
        let files = Folder(folder);
        let verified = async { verify(&files, &public, &mut |_, _| {}) };
        let (verified, _) = measure(&format!("size: verify the export {name}"), count, verified).await;
        assert_eq!(verified.expect("a right export").not_covered, 0);
        fs::remove_dir_all(&files.0).expect("it goes");
    }
    let (found, _) = measure(
        "size: verify the database",
        count,
        bed.service.verify(&olga, &quiet),
    )
    .await;
    found.expect("a verification").result.expect("right records");
    searches(&bed, records).await;
}

/// Searches, a page at the beginning each, and exports of what they find.
async fn searches(bed: &Bed, records: usize) {
    let olga = officer();
    let count = records as u64;
    let day = |n: i64| Some(Timestamp(START + n * 86_400_000_000));
    let plain = || MatterRequest {
        name: "Matter".to_owned(),
        ..MatterRequest::default()
    };
    let asked = [
        (
            "a word",
            MatterRequest {
                words: vec!["needle".to_owned()],
                ..plain()
            },
        ),
        (
            "a person",
            MatterRequest {
                custodians: vec!["user7@example.test".to_owned()],
                ..plain()
            },
        ),
        (
            "a room",
            MatterRequest {
                rooms: vec!["7".to_owned()],
                ..plain()
            },
        ),
        (
            "a quarter of a day",
            MatterRequest {
                until: Some(Timestamp(START + 21_600_000_000)),
                ..plain()
            },
        ),
        (
            "a room's word",
            MatterRequest {
                rooms: vec!["1".to_owned()],
                words: vec!["needle".to_owned()],
                from: day(0),
                ..plain()
            },
        ),
    ];
    for (name, request) in asked {
        let opened = bed.service.open_matter(&olga, &request, false).await;
        let id = opened.expect("a matter").target;
        let page = Page { after: 0, count: 50 };
        let search = bed.service.search_matter(&olga, &id, page, &quiet);
        let (found, _) = measure(&format!("size: matter, {name}"), count, search).await;
        println!("    {} found", found.expect("a search").records);
        let request = ExportRequest {
            directory: bed.path("out").display().to_string(),
            zip: false,
            format: AdapterFormat::Ndjson,
        };
        let export = bed.service.export_matter(&olga, &id, &request, false, &quiet);
        let (exported, _) = measure(&format!("size: its export, {name}"), count, export).await;
        let folder = bed
            .path("out")
            .join(exported.expect("an export").batch.expect("a batch"));
        let length = |file: &str| fs::metadata(folder.join(file)).map_or(0, |found| found.len());
        println!(
            "    records.ndjson {:.3} MiB, nodes.ndjson {:.3} MiB",
            mib(length("records.ndjson")),
            mib(length("nodes.ndjson"))
        );
        fs::remove_dir_all(&folder).expect("it goes");
    }
    let reading = Reading {
        user: SipAddress::parse("sip:user7@example.test").expect("an address"),
        from: Timestamp(START),
        until: Timestamp(START + 86_400_000_000),
    };
    let reads = bed
        .service
        .reads(&olga, &reading, Page { after: 0, count: 50 }, &quiet);
    let (reads, _) = measure("size: what one could have read", count, reads).await;
    println!("    {} found", reads.expect("an answer").found.records);
}
