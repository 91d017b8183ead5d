//! `causerie serve`: wires everything together and runs it until it is told to stop.

use crate::{
    banner,
    certificates::Certificates,
    compliance::{self, Service, Start, Told},
    config::{self, Config, Listen},
    data_dir::DataDir,
    demo, key, metrics_page, open_files,
    real::{SystemClock, SystemRandom},
    sip::{self, Sip},
    telemetry,
};
use anyhow::{Context, Result, anyhow, bail};
use causerie_accounts::{Accounts, Caps};
use causerie_chat::Chat;
use causerie_model::{Clock, Random};
use causerie_store::Store;
use causerie_store_sqlite::SqliteStore;
use causerie_web::admin::{self, AdminState, Keyring, Program, wire};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::{
    fs,
    io::{self, ErrorKind},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, UnixListener, UnixStream},
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinSet,
    time::timeout,
};

/// How long a stop may take before what is left is broken off. Nothing that was answered can be lost by it.
const STOP: Duration = Duration::from_secs(10);

/// How often it is looked whether all endpoints have left, when stopping.
const STOP_POLL: Duration = Duration::from_millis(10);

/// Why a server that leaves compliance to another process has no compliance service.
const ELSEWHERE: &str =
    "this server's compliance service runs in another process: use that one's socket or data directory";

/// Why a server has no compliance service.
const OFF: &str = "there is no compliance service: compliance.enabled is false in the configuration";

/// Runs the server.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie serve --demo
      made-up users and rooms, data in ./causerie-demo, nothing to set up
  causerie serve --config /etc/causerie/causerie.toml
  causerie serve --config /etc/causerie/causerie.toml --role chat
      without the compliance service, which takes records from the queue's socket
  causerie serve --config /etc/causerie/compliance.toml --role compliance
      the compliance service alone
  causerie serve --demo --sip-tcp 127.0.0.1:0 --sip-tls 127.0.0.1:0 --metrics 127.0.0.1:0
      on free ports, which the output names

SIGTERM and SIGINT stop it, SIGHUP reads the certificates again.
A socket address is an IP address with a port; \"off\" is none.")]
pub(crate) struct Arguments {
    /// The configuration; also by CAUSERIE_CONFIG [default: /etc/causerie/causerie.toml]
    #[arg(long, value_name = "FILE", conflicts_with = "demo")]
    config: Option<PathBuf>,
    /// What this process does
    #[arg(long, value_enum, default_value_t)]
    role: Role,
    /// Serve made-up users and rooms, on this machine only, without any configuration
    #[arg(long)]
    demo: bool,
    /// Where everything is kept (setting: data_dir)
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where SIP over plain TCP is taken (setting: sip.tcp)
    #[arg(long, value_name = "ADDRESS")]
    sip_tcp: Option<Listen>,
    /// Where SIP over TLS is taken (setting: sip.tls)
    #[arg(long, value_name = "ADDRESS")]
    sip_tls: Option<Listen>,
    /// Where metrics are shown (setting: metrics.listen)
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<Listen>,
    /// Where administration is taken over HTTPS (setting: admin.https)
    #[arg(long, value_name = "ADDRESS")]
    admin_https: Option<Listen>,
    /// How much is logged: error, warn, info, debug, trace (setting: log.level). The demo
    /// leaves SIP transactions out unless this says info
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

/// What a process does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Everything
    #[default]
    All,
    /// Chat; another process takes the records by the queue's socket
    Chat,
    /// The compliance service alone
    Compliance,
}

impl Arguments {
    fn config(&self) -> Result<Config> {
        let mut config = if self.demo {
            Config::demo()
        } else {
            config::load(&config::path(self.config.as_deref()))?
        };
        let set = |from: Option<Listen>, to: &mut Listen| *to = from.unwrap_or(*to);
        set(self.sip_tcp, &mut config.sip.tcp);
        set(self.sip_tls, &mut config.sip.tls);
        set(self.metrics, &mut config.metrics.listen);
        set(self.admin_https, &mut config.admin.https);
        if let Some(data_dir) = &self.data_dir {
            config.data_dir.clone_from(data_dir);
        }
        if let Some(level) = &self.log_level {
            config.log.level.clone_from(level);
        }
        // The flags may have set something that doesn't fit.
        config.check().map_err(|problems| anyhow!(problems.join("\n")))?;
        Ok(config)
    }

    /// Serves until it is told to stop.
    pub(crate) fn run(&self) -> Result<()> {
        let config = self.config()?;
        telemetry::start_log(&config.log)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (role, is_demo) = (self.role, self.demo);
        let result = runtime.block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            let random: Arc<dyn Random> = Arc::new(SystemRandom);
            match role {
                Role::Compliance => compliance::alone::serve(config, clock, random, STOP).await,
                Role::All | Role::Chat => serve(config, role, is_demo, clock, random).await,
            }
        });
        runtime.shutdown_timeout(STOP);
        if result? {
            banner::say("stopped\n");
        }
        Ok(())
    }
}

/// What listens, before anything is served on it.
struct Listeners {
    sip_tcp: Option<TcpListener>,
    sip_tls: Option<TcpListener>,
    metrics: Option<TcpListener>,
    admin_https: Option<TcpListener>,
    admin: UnixListener,
    admin_socket: PathBuf,
    /// Where another process takes records from the queue.
    queue: Option<(UnixListener, PathBuf)>,
}

impl Listeners {
    async fn bind(config: &Config, role: Role) -> Result<Self> {
        let sip_tcp = bind("SIP over TCP", config.sip.tcp, "--sip-tcp", "sip.tcp").await?;
        let sip_tls = bind("SIP over TLS", config.sip.tls, "--sip-tls", "sip.tls").await?;
        let metrics = bind(
            "the metrics page",
            config.metrics.listen,
            "--metrics",
            "metrics.listen",
        )
        .await?;
        let https = config.admin.https;
        let admin_https = bind("administration", https, "--admin-https", "admin.https").await?;
        let admin_socket = config.admin_socket();
        let admin = bind_socket("the administration socket", &admin_socket, "admin.socket", 0o600).await?;
        let queue = match role {
            Role::Chat => {
                let path = config.queue_socket();
                let listener = bind_socket("the queue's socket", &path, "queue.socket", 0o660).await?;
                Some((listener, path))
            }
            _ => None,
        };
        Ok(Self {
            sip_tcp,
            sip_tls,
            metrics,
            admin_https,
            admin,
            admin_socket,
            queue,
        })
    }
}

pub(crate) async fn bind(
    what: &str,
    listen: Listen,
    flag: &str,
    setting: &str,
) -> Result<Option<TcpListener>> {
    let Some(address) = listen.0 else { return Ok(None) };
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) => {
            let why = match error.kind() {
                ErrorKind::AddrInUse => format!("port {} is taken by another program", address.port()),
                _ => error.to_string(),
            };
            bail!(
                "{what} can't listen on {address}: {why}. Move it with {flag} ADDRESS:PORT or the setting {setting}"
            )
        }
    }
}

/// A Unix socket that only those may use whom this mode lets, in the place of one that a crash has left.
pub(crate) async fn bind_socket(what: &str, path: &Path, setting: &str, mode: u32) -> Result<UnixListener> {
    let context = || format!("{what} {}", path.display());
    if UnixStream::connect(path).await.is_ok() {
        bail!(
            "{}: another server listens on it; choose another with the setting {setting}",
            context()
        );
    }
    // Made under another name and then moved: it is never there with another mode, nor without a listener.
    let new = path.with_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).with_context(context),
        _ => {}
    }
    let listener = UnixListener::bind(&new).with_context(context)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(mode)).with_context(context)?;
    fs::rename(&new, path).with_context(context)?;
    Ok(listener)
}

fn address(listener: Option<&TcpListener>) -> Result<Option<SocketAddr>> {
    Ok(listener.map(TcpListener::local_addr).transpose()?)
}

/// The running program, as the administration API sees it.
struct Running {
    facts: wire::Program,
    certificates: Option<Arc<Certificates>>,
}

impl Program for Running {
    fn facts(&self) -> wire::Program {
        self.facts.clone()
    }

    fn certificates(&self) -> Vec<wire::Certificate> {
        self.certificates
            .as_ref()
            .map(|certificates| certificates.facts())
            .unwrap_or_default()
    }

    fn certificates_to_come(&self) -> Result<Vec<wire::Certificate>, String> {
        let certificates = self
            .certificates
            .as_ref()
            .map(|certificates| certificates.to_come());
        certificates
            .unwrap_or_else(|| Ok(Vec::new()))
            .map_err(|error| format!("{error:#}"))
    }

    fn reload_certificates(&self) -> Result<Vec<wire::Certificate>, String> {
        if let Some(certificates) = &self.certificates {
            certificates.refresh(true).map_err(|error| format!("{error:#}"))?;
        }
        Ok(self.certificates())
    }
}

/// Serves until it is told to stop. Whether everything ended in time then.
async fn serve(
    mut config: Config,
    role: Role,
    is_demo: bool,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<bool> {
    let signals = Signals::new()?;
    let data_dir = DataDir::claim(&config.data_dir)?;
    data_dir.path().clone_into(&mut config.data_dir);
    let listeners = Listeners::bind(&config, role).await?;
    if !is_demo {
        open_files::warn_if_few(config.sip.limits.connections);
    }
    let metrics = metrics_page::start()?;

    let vault = key::open_vault(&config, &data_dir, &*random)?;
    let store = SqliteStore::open(&data_dir.database(), causerie_store_sqlite::Options::default()).await;
    let store = Arc::new(store.context("the database")?);
    let parts = store.clone().parts();
    let caps = Caps {
        per_user: config.sign_in.failures_per_user,
        per_address: config.sign_in.failures_per_address,
        window_seconds: config.sign_in.window,
    };
    let accounts = Arc::new(Accounts::new(
        parts.secrets,
        vault,
        caps,
        clock.clone(),
        random.clone(),
    ));
    let alarms = Arc::new(Told::new(&config.domain, &config.compliance.alarm_webhook)?);
    let needs = causerie_chat::Needs {
        journal: parts.journal,
        catalogue: parts.catalogue,
        history: parts.history,
        preferences: parts.preferences,
        invitations: parts.invitations,
        queue: store.clone(),
        alarms: alarms.clone(),
        clock: clock.clone(),
        random: random.clone(),
    };
    let chat = Chat::start(chat_settings(&config), needs)
        .await
        .context("the database")?;
    if is_demo {
        demo::seed(&chat, &accounts, &data_dir, &config.domain).await?;
    }
    let tokens = Arc::new(Keyring::new(parts.tokens, clock.clone(), random.clone()));
    if is_demo {
        demo::officer(&chat, &tokens, &data_dir).await?;
    }
    let mut service = match role {
        Role::All if config.compliance.enabled => {
            let chat_server = (store.clone() as _, Arc::new(chat.clone()) as _);
            let mut start = Start::new(&config, &data_dir, chat_server, alarms, clock.clone(), &random)?;
            if is_demo {
                start.export_to(data_dir.file(demo::EXPORTS));
            }
            Service::start(start).await
        }
        Role::Chat => Service::none(ELSEWHERE, &data_dir, random.clone()),
        _ => Service::none(OFF, &data_dir, random.clone()),
    };
    let certificates = if listeners.sip_tls.is_some() || listeners.admin_https.is_some() {
        let certificates = Certificates::open(&config, &data_dir, clock.clone(), random.clone());
        Some(certificates?)
    } else {
        None
    };
    if let Some(certificates) = &certificates {
        certificates.look_after();
    }
    let sip_needs = sip::Needs {
        chat: chat.clone(),
        accounts: accounts.clone(),
        contacts: parts.contacts,
        clock: clock.clone(),
        random: random.clone(),
    };
    let sip = Arc::new(Sip::new(&config, sip_needs)?);

    let facts = facts(&config, &listeners, &*clock)?;
    let running = Arc::new(Running {
        facts: facts.clone(),
        certificates: certificates.clone(),
    });
    let admin = admin::router(AdminState {
        chat: chat.clone(),
        accounts,
        tokens,
        compliance: service.desk(),
        signed_in: sip.clone(),
        program: running,
    });
    let admin_socket = listeners.admin_socket.clone();
    let queue_socket = listeners.queue.as_ref().map(|(_, path)| path.clone());
    let (stop, stopping) = watch::channel(false);
    let page = metrics_page::Page {
        handle: metrics,
        chat: Some(chat.clone()),
        clock: clock.clone(),
        certificates: certificates.clone(),
        compliance: service.desk(),
    };
    let queue = causerie_web::queue::router(store.clone(), Arc::new(chat.clone()));
    let routers = Routers { admin, queue };
    let mut tasks = start(listeners, &sip, certificates.clone(), routers, page, &stopping)?;

    let announcement = data_dir.announce(&json!({
        "pid": facts.pid,
        "sip_tcp": facts.sip_tcp,
        "sip_tls": facts.sip_tls,
        "metrics": facts.metrics,
        "admin": admin_socket,
        "admin_https": facts.admin_https,
        "queue": queue_socket,
    }))?;
    let authority = certificates.as_deref().and_then(Certificates::authority);
    let mut text = banner::text(
        &facts,
        &admin_socket,
        authority.as_deref(),
        queue_socket.as_deref(),
    );
    if is_demo {
        text += &banner::demo(&facts, config.log.level == config::DEMO_LOG_LEVEL);
    }
    banner::say(&text);

    let ended = signals
        .until_stop(certificates.as_deref(), Some(&chat), &mut tasks)
        .await;
    drop(announcement);
    tracing::info!("stopping");
    let _ = stop.send(true);
    service.break_off();
    let is_clean = timeout(STOP, wind_up(&mut tasks, &chat, &mut service, &store))
        .await
        .is_ok();
    if !is_clean {
        tracing::warn!("not everything ended in time; it is broken off");
    }
    for socket in [Some(admin_socket), queue_socket].into_iter().flatten() {
        if let Err(error) = fs::remove_file(&socket) {
            tracing::warn!(%error, file = %socket.display(), "can't be removed");
        }
    }
    ended.map(|()| is_clean)
}

fn chat_settings(config: &Config) -> causerie_chat::Settings {
    let set = &config.chat;
    causerie_chat::Settings {
        domain: config.domain.clone(),
        base: causerie_model::Effective {
            default_chat_history: set.history_in_memory,
            participant_update_limit: set.participant_limit,
            ..causerie_model::Effective::default()
        },
        site: set.site.clone(),
        service: set.service.clone(),
        max_rooms: set.max_rooms,
        max_categories: set.max_categories,
        message_bytes: set.message_size,
        story_bytes: set.story_size,
        search_results: set.search_results,
        compliance_max_depth: set.compliance_max_depth,
        compliance_max_age: std::time::Duration::from_secs(set.compliance_max_age),
        ..causerie_chat::Settings::default()
    }
}

fn facts(config: &Config, listeners: &Listeners, clock: &dyn Clock) -> Result<wire::Program> {
    let shown = |listener: &Option<TcpListener>| -> Result<Option<String>> {
        Ok(address(listener.as_ref())?.map(|address| address.to_string()))
    };
    Ok(wire::Program {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        domain: config.domain.clone(),
        started: sip::rfc3339(clock.now().unix_seconds()),
        data_dir: config.data_dir.display().to_string(),
        sip_tcp: shown(&listeners.sip_tcp)?,
        sip_tls: shown(&listeners.sip_tls)?,
        metrics: shown(&listeners.metrics)?,
        admin_https: shown(&listeners.admin_https)?,
    })
}

/// What is served by HTTP on the machine.
struct Routers {
    admin: axum::Router,
    queue: axum::Router,
}

/// Starts to serve on every listener, each in a task that ends when `stopping` says so.
fn start(
    listeners: Listeners,
    sip: &Arc<Sip>,
    certificates: Option<Arc<Certificates>>,
    Routers { admin, queue }: Routers,
    page: metrics_page::Page,
    stopping: &watch::Receiver<bool>,
) -> Result<JoinSet<Result<()>>> {
    let mut tasks = JoinSet::new();
    let stop = || {
        let mut stopping = stopping.clone();
        // An error means that nobody can say it any more.
        async move { drop(stopping.wait_for(|stop| *stop).await) }
    };
    if let Some(listener) = listeners.sip_tcp {
        let (sip, stop) = (sip.clone(), stop());
        tasks.spawn(async move { sip.serve_tcp(listener, stop).await });
    }
    if let (Some(listener), Some(certificates)) = (listeners.admin_https, &certificates) {
        let (config, admin, stop) = (certificates.store().server_config()?, admin.clone(), stop());
        tasks.spawn(async move {
            admin::serve_tls(listener, &config, admin, stop).await;
            Ok(())
        });
    }
    if let (Some(listener), Some(certificates)) = (listeners.sip_tls, certificates) {
        let (sip, stop) = (sip.clone(), stop());
        tasks.spawn(async move { sip.serve_tls(listener, &certificates, stop).await });
    }
    if let Some(listener) = listeners.metrics {
        let stop = stop();
        tasks.spawn(async move { Ok(metrics_page::serve(listener, page, stop).await?) });
    }
    if let Some((listener, _)) = listeners.queue {
        let stop = stop();
        tasks.spawn(async move {
            admin::serve_unix(listener, queue, stop).await;
            Ok(())
        });
    }
    let stop = stop();
    tasks.spawn(async move {
        admin::serve_unix(listeners.admin, admin, stop).await;
        Ok(())
    });
    Ok(tasks)
}

/// Waits until all connections have ended and what their users left is stored, and then until that is recorded.
async fn wind_up(tasks: &mut JoinSet<Result<()>>, chat: &Chat, service: &mut Service, store: &SqliteStore) {
    while tasks.join_next().await.is_some() {}
    while chat.status().await.endpoints > 0 {
        tokio::time::sleep(STOP_POLL).await;
    }
    service.stop().await;
    store.close().await;
}

/// Ready when the chat service has ended; never without one.
async fn ended(chat: Option<&Chat>) {
    match chat {
        Some(chat) => chat.ended().await,
        None => std::future::pending().await,
    }
}

/// What the program is told from outside.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Returns when the program is to stop, or can't go on.
    pub(crate) async fn until_stop(
        mut self,
        certificates: Option<&Certificates>,
        chat: Option<&Chat>,
        tasks: &mut JoinSet<Result<()>>,
    ) -> Result<()> {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return Ok(()),
                _ = self.interrupt.recv() => return Ok(()),
                _ = self.hang_up.recv() => {
                    if let Some(certificates) = certificates {
                        certificates.refresh_or_log(true);
                    }
                }
                // Whoever restarts programs that end can mend this; a server that refuses everything looks alive.
                () = ended(chat) => bail!("the chat service ended by itself"),
                Some(ended) = tasks.join_next() => {
                    ended.context("a listener's task broke")??;
                    bail!("a listener ended by itself");
                }
            }
        }
    }
}
