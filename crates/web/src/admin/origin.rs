//! Who asks, and from where.

use super::error::ApiError;
use axum::{extract::FromRequestParts, http::request::Parts};
use causerie_chat::By;
use causerie_compliance::Officer;
use causerie_model::Actor;
use causerie_policy::AdminRole;
use std::{fmt, net::SocketAddr, os::unix::fs::MetadataExt};
use tokio::net::{UnixStream, unix::UCred};

/// Who is on the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A user of the machine, by name: his process is connected to the Unix socket, as the kernel says (SO_PEERCRED).
    User(String),
    /// Whoever has this address.
    Address(SocketAddr),
}

impl Peer {
    /// The user of the machine behind a Unix socket.
    pub(super) fn of_socket(stream: &UnixStream) -> Self {
        match stream.peer_cred() {
            Ok(credentials) => Self::of_uid(credentials.uid()),
            Err(error) => {
                tracing::warn!(%error, "the kernel doesn't say who is on the administration socket");
                Self::User("unknown".to_owned())
            }
        }
    }

    /// Whether it is the user that runs this process, or root.
    pub(super) fn runs_this(&self) -> bool {
        let own = std::fs::metadata("/proc/self").ok();
        let own = own.map(|own| Self::of_uid(own.uid()));
        own.as_ref() == Some(self) || *self == Self::of_uid(0)
    }

    fn of_uid(uid: u32) -> Self {
        // The machine's own list only: what a directory knows of, the number names just as well.
        let name = std::fs::read_to_string("/etc/passwd")
            .ok()
            .and_then(|list| name_of(uid, &list));
        Self::User(name.unwrap_or_else(|| uid.to_string()))
    }
}

/// The process on the other end of a Unix socket, as the kernel says (SO_PEERCRED).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process(Option<UCred>);

impl Process {
    pub(super) fn of_socket(stream: &UnixStream) -> Self {
        Self(stream.peer_cred().ok())
    }

    /// One of which the kernel says nothing.
    pub(super) const fn unknown() -> Self {
        Self(None)
    }
}

/// `process 71 of user 1000 (causerie)`.
impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(credentials) = self.0 else {
            return f.write_str("a process that the kernel doesn't name");
        };
        match credentials.pid() {
            Some(pid) => write!(f, "process {pid}")?,
            None => f.write_str("a process")?,
        }
        let uid = credentials.uid();
        write!(f, " of user {uid}")?;
        match Peer::of_uid(uid) {
            Peer::User(name) if name != uid.to_string() => write!(f, " ({name})"),
            _ => Ok(()),
        }
    }
}

fn name_of(uid: u32, passwd: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// `socket`, or the address with its port.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(_) => f.write_str("socket"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// Where a request comes from: who asks, in which role, and from where. Every handler that gets one has been let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    who: String,
    role: AdminRole,
    from: Peer,
    on_machine: bool,
}

impl Origin {
    /// A user of the machine, who proved himself to the kernel. He is an administrator.
    pub(super) fn of_user(name: &str) -> Self {
        Self {
            who: format!("unix:{name}"),
            role: AdminRole::Administrator,
            from: Peer::User(name.to_owned()),
            on_machine: true,
        }
    }

    /// A user of the machine who is an officer of a compliance service that runs alone.
    pub(super) fn of_officer(name: &str) -> Self {
        Self {
            role: AdminRole::ComplianceOfficer,
            ..Self::of_user(name)
        }
    }

    /// Whoever sent a token.
    pub(super) fn of_token(name: &str, role: AdminRole, from: Peer) -> Self {
        Self {
            who: format!("token:{name}"),
            role,
            from,
            on_machine: false,
        }
    }

    /// As records name him: `unix:root` or `token:NAME`.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Administrator(self.who.clone())
    }

    /// Who acts, and from where, as the record of what he does says: `unix`, or his address.
    #[must_use]
    pub fn by(&self) -> By {
        let by: By = self.actor().into();
        by.from(self.place())
    }

    /// Who acts as an officer, and from where.
    pub(super) fn officer(&self) -> Officer {
        Officer {
            name: self.who.clone(),
            origin: self.place(),
        }
    }

    fn place(&self) -> String {
        match &self.from {
            Peer::User(_) => "unix".to_owned(),
            Peer::Address(address) => address.to_string(),
        }
    }

    /// What he may do is decided by this.
    #[must_use]
    pub const fn role(&self) -> AdminRole {
        self.role
    }

    /// The other end of his connection.
    #[must_use]
    pub const fn from(&self) -> &Peer {
        &self.from
    }

    /// Whether he proved himself as a user of the machine, and not by a token.
    #[must_use]
    pub const fn on_machine(&self) -> bool {
        self.on_machine
    }
}

/// `unix:root from socket`
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", self.who, self.from)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or_else(ApiError::unauthenticated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_has_the_name_of_its_line() {
        let list = "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(name_of(0, list).as_deref(), Some("root"));
        assert_eq!(name_of(1000, list).as_deref(), Some("ann"));
        assert_eq!(name_of(100, list), None);
    }

    #[test]
    fn an_origin_tells_who_and_from_where() {
        let address = "192.0.2.7:4711".parse().unwrap();
        let token = Origin::of_token("ci", AdminRole::Auditor, Peer::Address(address));
        assert_eq!(token.to_string(), "token:ci from 192.0.2.7:4711");
        assert_eq!(token.actor().to_string(), "admin:token:ci");
        let user = Origin::of_user("root");
        assert_eq!(user.to_string(), "unix:root from socket");
        assert!(user.on_machine() && !token.on_machine());
        assert_eq!(token.by().origin, "192.0.2.7:4711");
        assert_eq!(user.by().origin, "unix");
    }
}
