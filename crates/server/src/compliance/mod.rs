//! The compliance service in the program: what it is given, and when it starts and stops.

mod alarms;
pub(crate) mod alone;
mod anchor;
mod open_store;
mod signing_key;

pub(crate) use signing_key::private;

use crate::{
    config::{Config, given},
    data_dir::DataDir,
};
use alarms::Told;
use anchor::Anchors;
use anyhow::{Context, Result, anyhow};
use causerie_compliance::{Alarm, Alarms, Compliance, ComplianceError, Needs, Settings};
use causerie_destination_folder::Folders;
use causerie_model::{Clock, Random};
use causerie_queue::Queue;
use causerie_web::admin::Desk;
use open_store::Place;
use signing_key::KeyFile;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{task::JoinHandle, time::sleep};

/// How long to wait before a database that couldn't be reached is tried again, at first.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest such wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The service, or the tries to start it.
pub(crate) struct Service {
    desk: Desk,
    trying: Option<JoinHandle<()>>,
}

impl Service {
    /// Starts the service. A database that can't be reached keeps nobody from chatting: it is tried again until it can. What
    /// only an administrator can mend is an error.
    pub(crate) async fn start(
        config: &Config,
        data_dir: &DataDir,
        queue: Arc<dyn Queue>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        let start = Start::new(config, data_dir, queue, clock, random)?;
        let desk = Desk::closed("the compliance service is starting", start.keys.clone());
        let trying = match start.once().await {
            Ok(service) => {
                desk.set(Ok(service));
                None
            }
            Err(error) if error.is_temporary() => {
                start.tell(&desk, &error);
                let desk = desk.clone();
                Some(tokio::spawn(async move { start.until_it_works(&desk).await }))
            }
            Err(error) => return Err(error).context("the compliance service"),
        };
        Ok(Self { desk, trying })
    }

    /// A desk without a service, for this reason.
    pub(crate) fn none(why: &str, data_dir: &DataDir, random: Arc<dyn Random>) -> Self {
        let keys = KeyFile::new(data_dir.file(signing_key::FILE), random);
        Self {
            desk: Desk::closed(why, Arc::new(keys)),
            trying: None,
        }
    }

    /// Where the API finds the service.
    pub(crate) fn desk(&self) -> Desk {
        self.desk.clone()
    }

    /// Takes in what waits, signs it, and stops.
    pub(crate) async fn stop(&self) {
        if let Some(trying) = &self.trying {
            trying.abort();
        }
        if let Ok(service) = self.desk.service() {
            // What nobody could take any more waits for the next start; nothing is lost.
            while service.take_in().await.is_ok_and(|taken| taken > 0) {}
            service.stop().await;
        }
    }
}

/// All that it takes to start.
struct Start {
    settings: Settings,
    place: Place,
    queue: Arc<dyn Queue>,
    anchor: Arc<Anchors>,
    alarms: Arc<Told>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keys: Arc<KeyFile>,
}

impl Start {
    fn new(
        config: &Config,
        data_dir: &DataDir,
        queue: Arc<dyn Queue>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        let set = &config.compliance;
        let database = config
            .compliance_database()
            .map_err(|problem| anyhow!("compliance.database: {problem}"))?;
        let place = Place::new(database, given(&set.database_password_file))?;
        let file = given(&set.signing_key);
        let keys = file.map_or_else(|| data_dir.file(signing_key::FILE), Path::to_owned);
        let keys = KeyFile::new(keys, random.clone());
        match file {
            Some(_) => keys.read()?,
            None => keys.read_or_make(place.file())?,
        };
        let syslog = set.anchor_syslog.then(|| Path::new(anchor::SYSLOG));
        Ok(Self {
            settings: Settings {
                checkpoint_interval: Duration::from_secs(set.checkpoint_interval),
                minimum_retention_days: set.minimum_retention_days,
                alarm_depth: set.alarm_depth,
                alarm_age: Duration::from_secs(set.alarm_age),
                ..Settings::new(&config.domain)
            },
            place,
            queue,
            anchor: Arc::new(Anchors::new(given(&set.anchor_file), syslog)?),
            alarms: Arc::new(Told::new(&config.domain, &set.alarm_webhook)?),
            clock,
            random,
            keys: Arc::new(keys),
        })
    }

    /// One try.
    async fn once(&self) -> Result<Compliance, StartError> {
        let records = self.place.open().await.map_err(ComplianceError::from)?;
        let start = async |key| {
            let needs = Needs {
                queue: self.queue.clone(),
                records: records.clone(),
                destinations: Arc::new(Folders::new()),
                anchor: self.anchor.clone(),
                alarms: self.alarms.clone(),
                clock: self.clock.clone(),
                random: self.random.clone(),
                key,
            };
            Compliance::start(self.settings.clone(), needs).await
        };
        match start(self.keys.read()?).await {
            Ok(service) => Ok(service),
            // A rotation was recorded, and then the program ended before the file was exchanged.
            Err(ComplianceError::Key { expected, ours }) => match self.keys.finish_rotation(&expected)? {
                Some(key) => Ok(start(key).await?),
                None => Err(ComplianceError::Key { expected, ours }.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    async fn until_it_works(&self, desk: &Desk) {
        let mut pause = FIRST_PAUSE;
        loop {
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
            match self.once().await {
                Ok(service) => {
                    tracing::info!("the compliance service has started");
                    desk.set(Ok(service));
                    return;
                }
                Err(error) => self.tell(desk, &error),
            }
        }
    }

    /// Says loudly that there is no service, and why.
    fn tell(&self, desk: &Desk, error: &StartError) {
        let text =
            format!("The compliance service can't start; records wait, and it is tried again: {error:#}");
        desk.set(Err(text.clone()));
        self.alarms.raise(&Alarm {
            name: "service-down",
            text,
            at: self.clock.now(),
        });
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
