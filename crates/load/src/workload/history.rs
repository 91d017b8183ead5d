//! `history`: pages and searches in one long room.

use super::measure::ring;
use crate::{
    arrivals::Dice,
    latency::{Latencies, Summary},
    process::Usage,
    progress::Progress,
    report::Outcome,
    run::Common,
    seed::{DATABASE, SeededRandom},
    target::{self, Access, Authentication, DOMAIN, Server},
    words::{self, VOCABULARY},
    world::{PASSWORD, RoomPlan, World},
};
use anyhow::{Result, bail};
use causerie_client::{Authenticate, Client, ConnectOptions, Transport, Trust};
use causerie_model::{ChatId, Clock, Match, MessageQuery, Order, Start, TextQuery, Timestamp};
use causerie_store::History as _;
use causerie_store_sqlite::{Options, SqliteStore};
use causerie_xccos::RoomUri;
use clap::Args;
use serde_json::{Map, Value, json};
use std::{
    fs,
    future::Future,
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::time::Instant;
use uuid::Uuid;

/// Everything that is random comes from here.
const SEED: u64 = 0x0068_6973_746f_7279;
/// Members of the room: who wrote the messages.
const USERS: usize = 100;
/// What a searcher reads: more is scrolling.
const FOUND: u32 = 50;

/// Reads pages and searches in one long room.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  causerie load history
  causerie load history --messages 10000 --pages 100 --searches 50 --world ./history-world

Pages begin at random messages. Searches are for a word from anywhere in the vocabulary of 10,000
words, for one of the ten most frequent, which up to half of the messages hold, for three words
as people use them, for words that begin with two to four letters, and for two characters of a Chinese run,
of which one message in ten is. They are asked of the store that the server asks, in this process.")]
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
        let mut results = self.ask_store(&store).await?;
        store.close().await;
        let size = fs::metadata(data_dir.join(DATABASE))?.len();
        results.insert("database_bytes".to_owned(), json!(size));
        let newest = self.ask_server(&world, data_dir, common.access).await?;
        results.insert("newest_page".to_owned(), newest);
        Ok(Outcome {
            settings: json!({
                "messages": self.messages,
                "pages": self.pages,
                "page_size": self.page_size,
                "searches": self.searches,
                "search_results": FOUND,
                "access": common.access,
            }),
            results: results.into(),
            faults: Vec::new(),
        })
    }

    fn world(&self) -> World {
        let room = RoomPlan {
            guid: Uuid::from_u128(u128::from(SEED)),
            members: ring(0, USERS, USERS),
            by_group: false,
            history: self.messages,
        };
        World {
            users: USERS,
            rooms: vec![room],
        }
    }

    async fn ask_store(&self, store: &SqliteStore) -> Result<Map<String, Value>> {
        let mut dice = Dice::new(SEED);
        let mut progress = Progress::new(
            "pages and searches",
            2 * self.pages + KINDS.len() as u64 * self.searches,
        );
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
        let mut results = Map::new();
        results.insert("page".to_owned(), through("store", pages)?);
        let after = self.many(self.pages, &mut progress, || {
            let after = dice.below(self.messages as usize) as u64;
            let query = MessageQuery {
                start: Some(Start::After(ChatId(after))),
                scan: Order::OldestFirst,
                ..MessageQuery::newest(vec![room], self.page_size)
            };
            async move {
                let found = store.search(&query).await?;
                let first = found.messages.first().map(|first| first.chat_id.0);
                if first != Some(after + 1)
                    || found.more != (found.messages.len() < (self.messages - after) as usize)
                {
                    bail!("the page after message {after} isn't right");
                }
                Ok(())
            }
        });
        results.insert("page_after".to_owned(), through("store", after.await?)?);
        for kind in KINDS {
            let search = self.many(self.searches, &mut progress, || {
                let words = kind.words(&mut dice);
                async move {
                    let query = MessageQuery {
                        text: TextQuery::parse(&words, Match::All, false)?,
                        ..MessageQuery::newest(vec![room], FOUND)
                    };
                    let found = store.search(&query).await?;
                    // Made-up words have no capitals, so that letter by letter is the same.
                    let fits = |text: &str| query.text.as_ref().is_some_and(|wanted| wanted.is_in(text));
                    if !found.messages.iter().all(|message| fits(&message.text)) {
                        bail!("the search for '{words}' found something else");
                    }
                    Ok(())
                }
            });
            results.insert(kind.name().to_owned(), through("store", search.await?)?);
        }
        Ok(results)
    }

    /// Newest pages, read by a device that is signed in.
    async fn ask_server(&self, world: &World, data_dir: &Path, access: Access) -> Result<Value> {
        let server = Server::start(world, 1, Some(data_dir), access).await?;
        let target = server.target();
        let (address, transport) = match access.transport {
            target::Transport::Tcp => (target.tcp, Transport::Tcp),
            target::Transport::Tls => (target.tls, Transport::Tls(Trust::pem_file(&target.authority)?)),
        };
        let random = Arc::new(SeededRandom::new(Dice::from_system()?.next()));
        let user = world.user(0).parse()?;
        let mut options = ConnectOptions::new(
            &address.to_string(),
            transport,
            user,
            PASSWORD,
            random,
            Arc::new(Present),
        );
        if access.authentication == Authentication::None {
            options.authenticate = Authenticate::None;
        }
        let (client, mut events) = Client::connect(&options).await?;
        let reader = tokio::spawn(async move { while events.next().await.is_some() {} });
        let room = RoomUri::new(DOMAIN, &world.rooms[0].guid.to_string())?;
        client.join(&room).await?;
        let mut progress = Progress::new("newest pages", self.pages);
        let before = Usage::of(target.pid)?;
        let newest = self.many(self.pages, &mut progress, || async {
            let page = client.history(&room, self.page_size).await?;
            if page.len() as u64 != u64::from(self.page_size).min(self.messages) {
                bail!("the newest page has {} messages", page.len());
            }
            Ok(())
        });
        let newest = newest.await?;
        let used = Usage::of(target.pid)? - before;
        client.sign_out().await;
        reader.abort();
        server.stop()?;
        let mut newest = through("sip", newest)?;
        newest["server_cpu_ms_each"] = json!(used.cpu_seconds() * 1e3 / self.pages as f64);
        Ok(newest)
    }

    /// Does something many times, one after the other.
    async fn many<F: Future<Output = Result<()>>>(
        &self,
        count: u64,
        progress: &mut Progress,
        mut one: impl FnMut() -> F,
    ) -> Result<Summary> {
        let mut latencies = Latencies::new();
        for _ in 0..count {
            let start = Instant::now();
            one().await?;
            latencies.record_ns(start.elapsed().as_nanos() as u64);
            progress.add(1);
        }
        Ok(latencies.summary())
    }
}

/// A summary, and what was asked.
fn through(what: &str, summary: Summary) -> Result<Value> {
    let mut value = serde_json::to_value(summary)?;
    value["through"] = json!(what);
    Ok(value)
}

/// The machine's clock: NTLM compares it with the server's.
struct Present;

impl Clock for Present {
    #[expect(clippy::disallowed_methods, reason = "NTLM compares it with the server's")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(since.as_micros() as i64)
    }
}

/// What is searched for.
#[derive(Clone, Copy)]
enum Kind {
    OneWord,
    FrequentWord,
    ThreeWords,
    /// Words that begin with so many letters.
    Prefix(usize),
    /// A part of a run without blanks.
    Part,
}

const KINDS: [Kind; 7] = [
    Kind::OneWord,
    Kind::FrequentWord,
    Kind::ThreeWords,
    Kind::Prefix(2),
    Kind::Prefix(3),
    Kind::Prefix(4),
    Kind::Part,
];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::OneWord => "search_one_word",
            Self::FrequentWord => "search_frequent_word",
            Self::ThreeWords => "search_three_words",
            Self::Prefix(2) => "search_prefix_of_two",
            Self::Prefix(3) => "search_prefix_of_three",
            Self::Prefix(_) => "search_prefix_of_four",
            Self::Part => "search_part_of_run",
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
            Self::Prefix(letters) => {
                let word = words::word(words::any(dice));
                word.chars().take(letters).chain(['*']).collect()
            }
            Self::Part => words::run(dice, 2),
        }
    }
}
