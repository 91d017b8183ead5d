//! The compliance service in the program: what it is given, and when it starts and stops.

mod alarms;
pub(crate) mod alone;
mod anchor;
mod hand;
mod open_store;
mod private;
pub(crate) mod signing_key;

pub(crate) use alarms::Told;
pub(crate) use private::password;

use crate::{
    config::{Config, Database, given},
    data_dir::DataDir,
    demo,
};
use anchor::Anchors;
use anyhow::{Context, Result, anyhow};
use causerie_compliance::{Compliance, ComplianceError, Needs, Settings};
use causerie_destination_folder::{Folders, Sandbox};
use causerie_model::{Alarm, Alarms, Clock, Random, Timestamp};
use causerie_proof::SigningKey;
use causerie_queue::{Erasure, Queue};
use causerie_web::admin::Desk;
use open_store::{Opened, Place};
use signing_key::KeyFile;
use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};
use uuid::Uuid;

/// How long a server that does everything waits for the service before it lets people chat.
const FIRST_TRY: Duration = Duration::from_secs(10);

/// How long to wait before a start that failed is tried again, at first.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest such wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often is said again, in seconds, that there is no service, for the same reason.
const SAY_AGAIN_SECONDS: i64 = 86_400;

/// The alarm that there is no service.
const DOWN: &str = "service-down";

/// What is said when it has started after all.
const STARTED: &str = "The compliance service has started";

/// Why a start failed that panicked; what it said is in the log.
const PANICKED: &str = "a defect of this program: it panicked, see the log";

/// How long records are taken in at a stop; the rest waits for the next start. It leaves time for the last checkpoint.
const TAKE_IN: Duration = Duration::from_secs(3);

/// The service, or the tries to start it.
pub(crate) struct Service {
    desk: Desk,
    trying: Option<JoinHandle<()>>,
    opened: Arc<Mutex<Option<Opened>>>,
}

impl Service {
    /// Starts the service. Nothing that keeps it from starting keeps anybody from chatting: if it fails there is an alarm, and
    /// it is tried again until somebody has mended it; if it takes long, as where many checkpoints are to be looked at, it
    /// goes on.
    pub(crate) async fn start(start: Start) -> Self {
        Self::start_within(FIRST_TRY, start).await
    }

    /// The same, waited for so long.
    async fn start_within(patience: Duration, start: Start) -> Self {
        let mut service = Self::new(start.desk());
        let there = service.shared();
        let (tried, first) = oneshot::channel::<()>();
        service.trying = Some(tokio::spawn(async move {
            match start.once().await {
                Ok(started) => {
                    there.set(started);
                    start.is_up();
                    if tried.is_closed() {
                        tracing::info!("{STARTED}");
                    }
                }
                Err(error) => {
                    let told = start.tell(&there.desk, &error, None);
                    drop(tried);
                    there.try_on(&start, told).await;
                }
            }
        }));
        if timeout(patience, first).await.is_err() {
            let waited = patience.as_secs();
            tracing::warn!(
                "the compliance service hasn't started for {waited} s: people can chat, and it goes on"
            );
        }
        service
    }

    /// Starts the service where there is nothing else. A database that can't be reached is tried again; what only an
    /// administrator can mend is an error, and people have been told of it.
    pub(crate) async fn start_or_fail(start: Start) -> Result<Self> {
        let mut service = Self::new(start.desk());
        match start.once().await {
            Ok(started) => {
                service.set(started);
                start.is_up();
            }
            Err(error) if error.is_temporary() => {
                let told = start.tell(&service.desk, &error, None);
                let there = service.shared();
                service.trying = Some(tokio::spawn(async move { there.try_on(&start, told).await }));
            }
            Err(error) => {
                let text =
                    format!("The compliance service can't start and has ended; records wait: {error:#}");
                let (name, at) = (DOWN, start.clock.now());
                start.alarms.raise_last(&Alarm { name, text, at }).await;
                return Err(error).context("the compliance service");
            }
        }
        Ok(service)
    }

    fn new(desk: Desk) -> Self {
        Self {
            desk,
            trying: None,
            opened: Arc::default(),
        }
    }

    /// A desk without a service, for this reason.
    pub(crate) fn none(why: &str, data_dir: &DataDir, random: Arc<dyn Random>) -> Self {
        let keys = KeyFile::new(data_dir.file(signing_key::FILE), random);
        Self::new(Desk::closed(why, Arc::new(keys)))
    }

    /// Where the API finds the service.
    pub(crate) fn desk(&self) -> Desk {
        self.desk.clone()
    }

    fn set(&self, (service, opened): (Compliance, Opened)) {
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
        self.desk.set(Ok(service));
    }

    /// The same service, for who tries to start it.
    fn shared(&self) -> Self {
        Self {
            desk: self.desk.clone(),
            trying: None,
            opened: self.opened.clone(),
        }
    }

    /// Tries until it works, after a first failure that people were told of.
    async fn try_on(&self, start: &Start, told: LastTold) {
        self.set(start.until_it_works(&self.desk, told).await);
        start.alarms.clear(&start.up());
    }

    /// Ends what officers wait for, since requests are answered before anything else ends.
    pub(crate) fn break_off(&self) {
        if let Ok(service) = self.desk.service() {
            service.break_off();
        }
    }

    /// Takes in what waits, as far as there is time, signs it, and stops.
    pub(crate) async fn stop(&mut self) {
        if let Some(trying) = self.trying.take() {
            trying.abort();
            // That it was aborted is known.
            drop(trying.await);
        }
        if let Ok(service) = self.desk.service() {
            let taking = async { while service.take_in().await.is_ok_and(|taken| taken > 0) {} };
            if timeout(TAKE_IN, taking).await.is_err() {
                tracing::info!("records wait for the next start of the compliance service");
            }
            service.stop().await;
        }
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(opened) = opened {
            opened.close().await;
        }
    }
}

/// All that it takes to start.
pub(crate) struct Start {
    settings: Settings,
    database: Database,
    password_file: Option<PathBuf>,
    queue: Arc<dyn Queue>,
    erasure: Arc<dyn Erasure>,
    anchor: Arc<Anchors>,
    alarms: Arc<Told>,
    clock: Arc<dyn Clock>,
    /// Names this service where others share its queue or its database.
    holder: Uuid,
    keys: Arc<KeyFile>,
    folders: Folders,
    /// The file with the key from which trust comes.
    root: PathBuf,
    /// The key is one that somebody else made.
    key_is_given: bool,
    exports: Option<PathBuf>,
}

/// What was last told of why there is no service, and when.
type LastTold = (String, Timestamp);

impl Start {
    /// A start with the chat server's queue and rooms. Fails if something in the configuration is wrong.
    pub(crate) fn new(
        config: &Config,
        data_dir: &DataDir,
        (queue, erasure): (Arc<dyn Queue>, Arc<dyn Erasure>),
        alarms: Arc<Told>,
        clock: Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Result<Self> {
        let set = &config.compliance;
        let database = config
            .compliance_database()
            .map_err(|problem| anyhow!("compliance.database: {problem}"))?;
        let key = given(&set.signing_key);
        let file = key.map_or_else(|| data_dir.file(signing_key::FILE), Path::to_owned);
        let syslog = set.anchor_syslog.then(|| Path::new(anchor::SYSLOG));
        Ok(Self {
            settings: Settings {
                checkpoint_interval: Duration::from_secs(set.checkpoint_interval),
                minimum_retention_days: set.minimum_retention_days,
                alarm_depth: set.alarm_depth,
                alarm_age: Duration::from_secs(set.alarm_age),
                ..Settings::new(&config.domain)
            },
            database,
            password_file: given(&set.database_password_file).map(Path::to_owned),
            queue,
            erasure,
            anchor: Arc::new(Anchors::new(given(&set.anchor_file), syslog)),
            alarms,
            clock,
            keys: Arc::new(KeyFile::new(file, random.clone())),
            folders: folders(),
            root: data_dir.file(signing_key::ROOT),
            holder: data_dir.identity(&**random)?,
            key_is_given: key.is_some(),
            exports: None,
        })
    }

    /// Has it have the demo's adapter, which exports to this folder.
    pub(crate) fn export_to(&mut self, folder: PathBuf) {
        self.exports = Some(folder);
    }

    fn desk(&self) -> Desk {
        Desk::closed("the compliance service is starting", self.keys.clone())
    }

    /// One try. What panics has failed, too: nobody else would say so or try again.
    async fn once(&self) -> Result<(Compliance, Opened), StartError> {
        let mut trying = pin!(self.try_once());
        poll_fn(|context| {
            let polled = catch_unwind(AssertUnwindSafe(|| trying.as_mut().poll(context)));
            polled.unwrap_or_else(|_| Poll::Ready(Err(anyhow!("{PANICKED}").into())))
        })
        .await
    }

    async fn try_once(&self) -> Result<(Compliance, Opened), StartError> {
        let place = Place::new(self.database.clone(), self.password_file.as_deref())?;
        let opened = place.open().await.map_err(ComplianceError::from)?;
        match self.over(&opened).await {
            Ok(service) => {
                self.keys.publish(&service.public_key());
                self.check_anchor(&service);
                Ok((service, opened))
            }
            Err(error) => {
                opened.close().await;
                Err(error)
            }
        }
    }

    /// The service over this database.
    async fn over(&self, opened: &Opened) -> Result<Compliance, StartError> {
        let records = opened.records();
        let root = signing_key::read_root(&self.root)?;
        let start = async |key: Arc<SigningKey>| {
            let trusted = root.unwrap_or(key.public());
            let needs = Needs {
                queue: self.queue.clone(),
                erasure: self.erasure.clone(),
                records: records.clone(),
                destinations: Arc::new(self.folders.clone()),
                anchor: self.anchor.clone(),
                alarms: self.alarms.clone(),
                clock: self.clock.clone(),
                holder: self.holder,
                key,
                root: trusted,
            };
            if let Some(folder) = &self.exports {
                // Before it works by itself: it would say that there is no adapter.
                let resting = Compliance::open(self.settings.clone(), needs.clone()).await?;
                demo::adapter(&resting, folder).await?;
            }
            let service = Compliance::start(self.settings.clone(), needs).await?;
            if root.is_none() {
                // Now it is known that the checkpoints that there are come from it.
                if let Err(error) = signing_key::write_root(&self.root, &trusted) {
                    tracing::error!(
                        "the root of trust isn't kept, and is taken anew at the next start: {error:#}"
                    );
                }
            }
            Ok(service)
        };
        let key = if self.key_is_given {
            self.keys.read()?
        } else {
            let last = records.last_checkpoint().await.map_err(ComplianceError::from)?;
            self.keys.read_or_make(last.is_some())?
        };
        match start(key).await {
            // A rotation was recorded, and then the program ended before the file was exchanged.
            Err(StartError::Service(ComplianceError::Key { expected, ours })) => {
                match self.keys.finish_rotation(&expected)? {
                    Some(key) => start(key).await,
                    None => Err(ComplianceError::Key { expected, ours }.into()),
                }
            }
            outcome => outcome,
        }
    }

    /// Looks, in the background, whether checkpoints can be made known: that may hang where other machines are asked.
    fn check_anchor(&self, service: &Compliance) {
        let (anchor, service) = (self.anchor.clone(), service.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = anchor.check() {
                service.anchor_fails(&error);
            }
        });
    }

    /// Has who was posted that there is no service know that there is one: the process before may have ended with that. In the
    /// log of this one nothing was said to be over.
    fn is_up(&self) {
        self.alarms.clear_of_others(&self.up());
    }

    fn up(&self) -> Alarm {
        let (name, at) = (DOWN, self.clock.now());
        let text = format!("{STARTED}.");
        Alarm { name, text, at }
    }

    async fn until_it_works(&self, desk: &Desk, mut told: LastTold) -> (Compliance, Opened) {
        let mut pause = FIRST_PAUSE;
        loop {
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
            match self.once().await {
                Ok(started) => return started,
                Err(error) => told = self.tell(desk, &error, Some(told)),
            }
        }
    }

    /// Says loudly that there is no service, and why, unless that was said lately.
    fn tell(&self, desk: &Desk, error: &StartError, told: Option<LastTold>) -> LastTold {
        let text =
            format!("The compliance service can't start; records wait, and it is tried again: {error:#}");
        let at = self.clock.now();
        if let Some((last, when)) = told
            && last == text
            && at < when.plus_seconds(SAY_AGAIN_SECONDS)
        {
            return (last, when);
        }
        desk.set(Err(text.clone()));
        self.alarms.raise(&Alarm {
            name: DOWN,
            text: text.clone(),
            at,
        });
        (text, at)
    }
}

/// Folders for exports, where stylesheets run through this program's own sandbox.
fn folders() -> Folders {
    match std::env::current_exe() {
        Ok(program) => Folders::new().with_sandbox(Sandbox::new(program, ["sandbox"])),
        Err(error) => {
            tracing::warn!("stylesheets run without a sandbox: this program can't be found: {error}");
            Folders::new()
        }
    }
}

/// Why a try failed.
#[derive(Debug)]
enum StartError {
    Service(ComplianceError),
    Program(anyhow::Error),
}

impl StartError {
    fn is_temporary(&self) -> bool {
        matches!(self, Self::Service(error) if error.is_temporary())
    }
}

impl From<ComplianceError> for StartError {
    fn from(error: ComplianceError) -> Self {
        Self::Service(error)
    }
}

impl From<anyhow::Error> for StartError {
    fn from(error: anyhow::Error) -> Self {
        Self::Program(error)
    }
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Service(error) => error.fmt(f),
            Self::Program(error) => write!(f, "{error:#}"),
        }
    }
}

impl std::error::Error for StartError {}

#[cfg(test)]
mod tests {
    use super::{alarms::tests::take, *};
    use crate::real::{SystemClock, SystemRandom};
    use causerie_queue::conformance::erasure::InMemory;
    use causerie_store_sqlite::{Options, SqliteStore};
    use std::sync::atomic::{AtomicBool, Ordering};
    use tempfile::TempDir;
    use tokio::net::TcpListener;

    /// Any start is done by then.
    const PATIENCE: Duration = Duration::from_secs(60);

    struct Chat {
        folder: TempDir,
        data_dir: DataDir,
        config: Config,
    }

    impl Chat {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let data_dir = DataDir::claim(folder.path()).unwrap();
            let config = Config {
                data_dir: folder.path().to_owned(),
                ..Config::demo()
            };
            Self {
                folder,
                data_dir,
                config,
            }
        }

        async fn start(&self, random: Arc<dyn Random>, webhook: &str) -> Start {
            let store = SqliteStore::open(&self.data_dir.database(), Options::default()).await;
            let store = Arc::new(store.unwrap());
            let alarms = Arc::new(Told::new(&self.config.domain, webhook).unwrap());
            let chat_server = (store as _, Arc::new(InMemory::default()) as _);
            let clock = Arc::new(SystemClock);
            Start::new(&self.config, &self.data_dir, chat_server, alarms, clock, &random).unwrap()
        }
    }

    /// Waits until it is there, as long as there is none only for this reason.
    async fn until_it_is_there(desk: &Desk, reason: &str) {
        let waiting = async {
            while let Err(why) = desk.service() {
                assert!(why.contains(reason), "{why}");
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("it starts");
    }

    #[tokio::test]
    async fn a_start_that_takes_long_goes_on() {
        let chat = Chat::new();
        let start = chat.start(Arc::new(SystemRandom), "").await;
        // Any start takes longer than that.
        let mut service = Service::start_within(Duration::ZERO, start).await;
        until_it_is_there(&service.desk(), "the compliance service is starting").await;
        service.stop().await;
    }

    /// Panics once when it is to.
    #[derive(Default)]
    struct Panics(AtomicBool);

    impl Random for Panics {
        fn fill(&self, bytes: &mut [u8]) {
            assert!(!self.0.swap(false, Ordering::SeqCst), "there is no randomness");
            SystemRandom.fill(bytes);
        }
    }

    #[tokio::test]
    async fn a_start_that_panics_is_told_and_tried_again() {
        let chat = Chat::new();
        let random = Arc::new(Panics::default());
        let start = chat.start(random.clone(), "").await;
        random.0.store(true, Ordering::SeqCst);
        let mut service = Service::start_within(PATIENCE, start).await;
        let desk = service.desk();
        assert!(desk.service().is_err_and(|why| why.contains(PANICKED)));
        until_it_is_there(&desk, PANICKED).await;
        service.stop().await;
    }

    #[tokio::test]
    async fn a_start_tells_that_what_ended_the_process_before_is_over() {
        let chat = Chat::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        for alone in [false, true] {
            let start = chat.start(Arc::new(SystemRandom), &url).await;
            let mut service = if alone {
                Service::start_or_fail(start).await.unwrap()
            } else {
                Service::start_within(PATIENCE, start).await
            };
            let posted = async {
                loop {
                    let text = take(&listener, "204 Fine").await;
                    if text.contains(r#""alarm":"service-down""#) {
                        return text;
                    }
                }
            };
            let posted = timeout(PATIENCE, posted).await.expect("it is posted");
            assert!(posted.contains(r#""over":true"#), "{posted}");
            service.stop().await;
        }
    }

    #[tokio::test]
    async fn an_anchor_that_can_not_be_written_stands_in_the_status() {
        let mut chat = Chat::new();
        chat.config.compliance.anchor_file = chat.folder.path().join("none/anchor");
        let start = chat.start(Arc::new(SystemRandom), "").await;
        let mut service = Service::start_within(PATIENCE, start).await;
        let started = service.desk().service().unwrap();
        let found = async {
            while !started
                .status()
                .await
                .unwrap()
                .alarms
                .iter()
                .any(|alarm| alarm.name == "anchor-failed")
            {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, found).await.expect("it stands");
        service.stop().await;
    }
}
