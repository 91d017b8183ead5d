//! What the way of records costs: from the commit of a message to its export, and what grows with their number.
//!
//! `cargo bench -p causerie-compliance --bench path`, with `-- whole RECORDS`, `-- size RECORDS` or `-- beside RECORDS` for
//! one part with so many records. `--records postgres` has the records in PostgreSQL, on a server that is started for it;
//! `--queue socket` has the chat server in a process of its own, in `whole` alone. What processor, disk and memory are told
//! is this process's alone.

mod bed;
mod beside;
mod chat;
mod meter;
mod size;
mod whole;

use bed::Ground;
use std::path::Path;
use tokio::runtime::Builder;

/// Records of each part unless it is told otherwise.
const RECORDS: usize = 100_000;

/// What this program is told: its words, and what follows `--records` and `--queue`. What cargo adds begins with a hyphen.
fn told() -> (Vec<String>, Ground) {
    let (mut words, mut ground) = (Vec::new(), Ground::default());
    let mut arguments = std::env::args().skip(1);
    while let Some(word) = arguments.next() {
        match word.as_str() {
            "--records" | "--queue" => match (word.as_str(), arguments.next().as_deref()) {
                ("--records", Some("postgres")) => ground.postgres = true,
                ("--queue", Some("socket")) => ground.socket = true,
                (_, value) => panic!("{word} is postgres or socket, and not {value:?}"),
            },
            word if word.starts_with('-') => {}
            _ => words.push(word),
        }
    }
    (words, ground)
}

fn main() {
    let (told, ground) = told();
    let part = told.first().map(String::as_str);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    if part == Some(chat::ROLE) {
        return runtime.block_on(chat::serve(Path::new(&told[1])));
    }
    let records = told
        .get(1)
        .map_or(RECORDS, |text| text.parse().expect("a number of records"));
    runtime.block_on(async {
        if part.is_none_or(|part| part == "whole") {
            whole::run(records, ground).await;
        }
        if part.is_none_or(|part| part == "size") {
            size::run(records, ground).await;
        }
        if part.is_none_or(|part| part == "beside") {
            beside::run(records, ground).await;
        }
    });
}
