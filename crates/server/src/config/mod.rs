//! The configuration: one TOML file. `example.toml` is its manual.

mod check;
mod compliance;
mod listen;
mod load;

pub(crate) use check::is_dns_name;
pub(crate) use compliance::{Compliance, Database, Queue, UNVERIFIED};
pub(crate) use listen::Listen;
pub(crate) use load::load;

use crate::data_dir;
use causerie_chat::Settings as ChatDefaults;
use causerie_frontend::{Deadlines, Limits};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The manual: every key with its default.
pub(crate) const EXAMPLE: &str = include_str!("../../example.toml");

/// Where the configuration is looked for.
pub(crate) const DEFAULT_PATH: &str = "/etc/causerie/causerie.toml";

/// Everything that can be set. What is left out has its default; see `example.toml` for what each key means. An empty
/// path or text is one that isn't set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) domain: String,
    pub(crate) netbios_domain: String,
    pub(crate) fqdn: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) key_file: PathBuf,
    pub(crate) sip: Sip,
    pub(crate) chat: Chat,
    pub(crate) sign_in: SignIn,
    pub(crate) metrics: Metrics,
    pub(crate) admin: Admin,
    pub(crate) compliance: Compliance,
    pub(crate) queue: Queue,
    pub(crate) log: Log,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sip {
    pub(crate) tcp: Listen,
    pub(crate) tls: Listen,
    pub(crate) allow_remote_tcp: bool,
    pub(crate) authentication: Authentication,
    pub(crate) ecdsa_certificate: PathBuf,
    pub(crate) ecdsa_key: PathBuf,
    pub(crate) rsa_certificate: PathBuf,
    pub(crate) rsa_key: PathBuf,
    pub(crate) certificate_names: Vec<String>,
    pub(crate) limits: SipLimits,
    pub(crate) deadlines: SipDeadlines,
}

/// How users prove who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Authentication {
    /// By their password, and every message is signed.
    #[default]
    Ntlm,
    /// Not at all: for tests, on this machine only.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SipLimits {
    pub(crate) connections: usize,
    pub(crate) connections_per_address: usize,
    pub(crate) connections_per_second: u32,
    pub(crate) endpoints_per_user: usize,
    pub(crate) stranger_message: usize,
    pub(crate) message: usize,
    pub(crate) headers: usize,
    pub(crate) header_count: usize,
    pub(crate) outgoing: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SipDeadlines {
    pub(crate) handshake: u64,
    pub(crate) sign_in: u64,
    pub(crate) message: u64,
    pub(crate) keep_alive: u64,
    pub(crate) write: u64,
    pub(crate) closing: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Chat {
    pub(crate) site: Option<String>,
    pub(crate) service: String,
    pub(crate) history_in_memory: u16,
    pub(crate) participant_limit: u32,
    pub(crate) max_rooms: usize,
    pub(crate) max_categories: usize,
    pub(crate) message_size: usize,
    pub(crate) story_size: usize,
    pub(crate) search_results: u32,
    pub(crate) compliance_max_depth: u64,
    pub(crate) compliance_max_age: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SignIn {
    pub(crate) failures_per_user: u32,
    pub(crate) failures_per_address: u32,
    pub(crate) window: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Metrics {
    pub(crate) listen: Listen,
    pub(crate) allow_remote: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Admin {
    pub(crate) socket: PathBuf,
    pub(crate) https: Listen,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: LogFormat,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            domain: String::new(),
            netbios_domain: String::new(),
            fqdn: String::new(),
            data_dir: "/var/lib/causerie".into(),
            key_file: PathBuf::new(),
            sip: Sip::default(),
            chat: Chat::default(),
            sign_in: SignIn::default(),
            metrics: Metrics::default(),
            admin: Admin::default(),
            compliance: Compliance::default(),
            queue: Queue::default(),
            log: Log::default(),
        }
    }
}

impl Default for Sip {
    fn default() -> Self {
        Self {
            tcp: Listen::on(([127, 0, 0, 1], 5060)),
            tls: Listen::on(([0, 0, 0, 0], 5061)),
            allow_remote_tcp: false,
            authentication: Authentication::Ntlm,
            ecdsa_certificate: PathBuf::new(),
            ecdsa_key: PathBuf::new(),
            rsa_certificate: PathBuf::new(),
            rsa_key: PathBuf::new(),
            certificate_names: Vec::new(),
            limits: SipLimits::default(),
            deadlines: SipDeadlines::default(),
        }
    }
}

impl Default for SipLimits {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            connections: limits.connections,
            connections_per_address: limits.connections_per_address,
            connections_per_second: limits.connections_per_second,
            endpoints_per_user: limits.endpoints_per_user,
            stranger_message: limits.stranger_message,
            message: limits.message,
            headers: limits.headers,
            header_count: limits.header_count,
            outgoing: limits.outgoing,
        }
    }
}

impl Default for SipDeadlines {
    fn default() -> Self {
        let deadlines = Deadlines::default();
        Self {
            handshake: deadlines.handshake.as_secs(),
            sign_in: deadlines.sign_in.as_secs(),
            message: deadlines.message.as_secs(),
            keep_alive: deadlines.keep_alive.as_secs(),
            write: deadlines.write.as_secs(),
            closing: deadlines.closing.as_secs(),
        }
    }
}

impl Default for Chat {
    fn default() -> Self {
        let settings = ChatDefaults::default();
        Self {
            site: settings.site,
            service: settings.service,
            history_in_memory: settings.base.default_chat_history,
            participant_limit: settings.base.participant_update_limit,
            max_rooms: settings.max_rooms,
            max_categories: settings.max_categories,
            message_size: settings.message_bytes,
            story_size: settings.story_bytes,
            search_results: settings.search_results,
            compliance_max_depth: settings.compliance_max_depth,
            compliance_max_age: settings.compliance_max_age.as_secs(),
        }
    }
}

impl Default for SignIn {
    fn default() -> Self {
        let caps = causerie_accounts::Caps::default();
        Self {
            failures_per_user: caps.per_user,
            failures_per_address: caps.per_address,
            window: caps.window_seconds,
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            listen: Listen::on(([127, 0, 0, 1], 9464)),
            allow_remote: false,
        }
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            socket: PathBuf::new(),
            https: Listen(None),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// What the demo logs: everything that is rare enough to be read as it happens.
pub(crate) const DEMO_LOG_LEVEL: &str = "info,causerie::sip::transaction=warn";

impl Config {
    /// The configuration of `serve --demo`: nothing of it leaves the machine.
    pub(crate) fn demo() -> Self {
        let mut config = Self {
            domain: "example.test".to_owned(),
            data_dir: "causerie-demo".into(),
            ..Self::default()
        };
        config.sip.tls = Listen::on(([127, 0, 0, 1], 5061));
        DEMO_LOG_LEVEL.clone_into(&mut config.log.level);
        config
    }

    /// The domain of `DOMAIN\user` logins: as set, or the first label of the domain in capitals, cut to the 15
    /// characters that such a name may have.
    pub(crate) fn netbios_domain(&self) -> String {
        if self.netbios_domain.is_empty() {
            self.domain
                .split('.')
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase()
                .chars()
                .take(15)
                .collect()
        } else {
            self.netbios_domain.clone()
        }
    }

    /// The server's DNS name: as set, or `pool` in the domain.
    pub(crate) fn fqdn(&self) -> String {
        if self.fqdn.is_empty() {
            format!("pool.{}", self.domain)
        } else {
            self.fqdn.clone()
        }
    }

    /// The database of compliance records: as set, or `compliance.db` in the data directory.
    ///
    /// # Errors
    /// What is wrong with the setting.
    pub(crate) fn compliance_database(&self) -> Result<Database, String> {
        if self.compliance.database.is_empty() {
            Ok(Database::Sqlite(self.data_dir.join("compliance.db")))
        } else {
            self.compliance.database.parse()
        }
    }

    /// The socket by which another process takes records: as set, or `queue.sock` in the data directory.
    pub(crate) fn queue_socket(&self) -> PathBuf {
        given(&self.queue.socket).map_or_else(|| self.data_dir.join("queue.sock"), Path::to_owned)
    }

    /// The socket of a compliance service that runs alone: as set, or `compliance.sock` in the data directory.
    pub(crate) fn compliance_socket(&self) -> PathBuf {
        given(&self.compliance.socket)
            .map_or_else(|| self.data_dir.join(data_dir::COMPLIANCE_SOCKET), Path::to_owned)
    }

    /// The administration socket: as set, or `admin.sock` in the data directory.
    pub(crate) fn admin_socket(&self) -> PathBuf {
        given(&self.admin.socket).map_or_else(|| self.data_dir.join("admin.sock"), Path::to_owned)
    }
}

/// A path, if it is set.
pub(crate) fn given(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}

/// Where the configuration is: as said, or as CAUSERIE_CONFIG says, or in the usual place.
pub(crate) fn path(said: Option<&Path>) -> PathBuf {
    said.map(Path::to_owned)
        .or_else(|| std::env::var_os("CAUSERIE_CONFIG").map(PathBuf::from))
        .unwrap_or_else(|| DEFAULT_PATH.into())
}
