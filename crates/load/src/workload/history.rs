//! `history`: pages and searches in one long room.

use crate::{
    arrivals::Dice,
    latency::Latencies,
    process::Usage,
    progress::Progress,
    report::Outcome,
    run::Common,
    seed::DATABASE,
    words::{self, VOCABULARY},
    world::{RoomPlan, World},
};
use anyhow::{Result, bail};
use causerie_model::{ChatId, Message};
use causerie_store::{History as _, StoreError};
use causerie_store_sqlite::{Options, SqliteStore};
use clap::Args;
use serde_json::{Value, json};
use std::{future::Future, path::Path};
use tokio::time::Instant;
use uuid::Uuid;

/// Where pages and searches are asked for: XCCOS knows a command for the newest messages of a room, and none whose form
/// is known for others or for a search.
const THROUGH: &str = "store";

/// Everything that is random comes from here.
const SEED: u64 = 0x0068_6973_746f_7279;
/// What a searcher reads: more is scrolling.
const FOUND: u32 = 50;

/// Reads pages and searches in one long room.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  causerie load history
  causerie load history --messages 10000 --pages 100 --searches 50 --world ./history-world

Pages begin at random messages. Searches are for a word from anywhere in the vocabulary of 10,000
words, for one of the ten most frequent, which up to half of the messages hold, and for three words
as people use them. They are asked of the store that the server asks, in this process.")]
pub(crate) struct History {
    /// Messages in the room
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    messages: u64,
    /// Pages that are read
    #[arg(long, value_name = "COUNT", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..))]
    pages: u64,
    /// Messages of a page
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    page_size: u32,
    /// Searches of each kind
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    searches: u64,
}

impl History {
    pub(crate) async fn run(&self, common: &Common) -> Result<Outcome> {
        let world = self.world();
        let folder = tempfile::Builder::new().prefix("causerie-load.").tempdir()?;
        let data_dir = common.world.as_deref().unwrap_or(folder.path());
        world.ensure(data_dir).await?;
        let store = SqliteStore::open(&data_dir.join(DATABASE), Options::default()).await?;
        let results = self.measure(&store, data_dir).await?;
        store.close().await;
        Ok(Outcome {
            settings: json!({
                "messages": self.messages,
                "pages": self.pages,
                "page_size": self.page_size,
                "searches": self.searches,
                "search_results": FOUND,
            }),
            results,
            faults: Vec::new(),
        })
    }

    fn world(&self) -> World {
        let room = RoomPlan {
            guid: Uuid::from_u128(u128::from(SEED)),
            members: vec![0..100],
            by_group: false,
            history: self.messages,
        };
        World {
            users: 100,
            rooms: vec![room],
        }
    }

    async fn measure(&self, store: &SqliteStore, data_dir: &Path) -> Result<Value> {
        let mut dice = Dice::new(SEED);
        let mut progress = Progress::new("pages and searches", self.pages + 3 * self.searches);
        let room = World::room(0);
        let pages = self.many(self.pages, &mut progress, || {
            // Messages are numbered from 1; a page ends before one of them, or with the last.
            let before = dice.below(self.messages as usize) as u64 + 2;
            async move {
                let page = store.latest(room, Some(ChatId(before)), self.page_size).await?;
                let wanted = u64::from(self.page_size).min(before - 1);
                if page.len() as u64 != wanted || page.last().map(|last| last.chat_id.0 + 1) != Some(before) {
                    bail!("the page before message {before} isn't right");
                }
                Ok(())
            }
        });
        let pages = pages.await?;
        let rooms = [room];
        let mut searches = Vec::new();
        for kind in KINDS {
            let search = self.many(self.searches, &mut progress, || {
                let words = kind.words(&mut dice);
                let rooms = &rooms;
                async move {
                    let found: Result<Vec<Message>, StoreError> = store.search(rooms, &words, FOUND).await;
                    let wanted: Vec<&str> = words.split(' ').collect();
                    let fits = |text: &str| wanted.iter().all(|word| text.split(' ').any(|w| w == *word));
                    if !found?.iter().all(|message| fits(&message.text)) {
                        bail!("the search for '{words}' found something else");
                    }
                    Ok(())
                }
            });
            searches.push((kind.name(), search.await?));
        }
        let searches: serde_json::Map<String, Value> = searches
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Ok(json!({
            "through": THROUGH,
            "database_bytes": std::fs::metadata(data_dir.join(DATABASE))?.len(),
            "page": pages,
            "search": searches,
        }))
    }

    /// Does something many times, one after the other.
    async fn many<F: Future<Output = Result<()>>>(
        &self,
        count: u64,
        progress: &mut Progress,
        mut one: impl FnMut() -> F,
    ) -> Result<Value> {
        let mut latencies = Latencies::new();
        let before = Usage::own()?;
        for _ in 0..count {
            let start = Instant::now();
            one().await?;
            latencies.record_ns(start.elapsed().as_nanos() as u64);
            progress.add(1);
        }
        let used = Usage::own()? - before;
        let mut value = serde_json::to_value(latencies.summary())?;
        if let Value::Object(fields) = &mut value {
            let each = used.cpu_seconds() * 1e3 / count as f64;
            fields.insert("cpu_ms_each".to_owned(), json!(each));
        }
        Ok(value)
    }
}

/// What is searched for.
#[derive(Clone, Copy)]
enum Kind {
    OneWord,
    FrequentWord,
    ThreeWords,
}

const KINDS: [Kind; 3] = [Kind::OneWord, Kind::FrequentWord, Kind::ThreeWords];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::OneWord => "one_word",
            Self::FrequentWord => "frequent_word",
            Self::ThreeWords => "three_words",
        }
    }

    fn words(self, dice: &mut Dice) -> String {
        match self {
            Self::OneWord => words::word(dice.below(VOCABULARY)),
            Self::FrequentWord => words::word(dice.below(10)),
            Self::ThreeWords => {
                let mut any = || words::word(words::any(dice));
                [any(), any(), any()].join(" ")
            }
        }
    }
}
