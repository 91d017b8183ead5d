//! Policies and settings, each for a scope: the nearest scope that says something counts.

use crate::{SipAddress, limits::MAX_NAME_CHARS};
use std::{fmt, str::FromStr};

/// What a policy or a set of settings is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everybody and everything.
    Global,
    /// The users or the server of a site.
    Site(String),
    /// One server, by the name that its configuration gives it. Settings only.
    Service(String),
    /// The users to whom it was granted. Policies only.
    Tag(String),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Site(name) => write!(f, "site:{name}"),
            Self::Service(name) => write!(f, "service:{name}"),
            Self::Tag(name) => write!(f, "tag:{name}"),
        }
    }
}

/// `global`, `site:NAME`, `service:NAME`, `tag:NAME`; a name alone is a tag.
impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.split_once(':') {
            Some((kind, name)) => (kind, name.trim()),
            None if text.eq_ignore_ascii_case("global") => return Ok(Self::Global),
            None => ("tag", text.trim()),
        };
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
            return Err(format!(
                "'{text}': a scope's name has 1 to {MAX_NAME_CHARS} characters"
            ));
        }
        let name = name.to_owned();
        match kind.to_ascii_lowercase().as_str() {
            "site" => Ok(Self::Site(name)),
            "service" => Ok(Self::Service(name)),
            "tag" => Ok(Self::Tag(name)),
            _ => Err(format!(
                "'{text}' is none of global, site:NAME, service:NAME, tag:NAME"
            )),
        }
    }
}

/// What users may do at all. Nearest to a user are the policy granted to him, that of his site, and the global one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whom it is for: global, a site, or those to whom it is granted.
    pub scope: Scope,
    /// `EnablePersistentChat`: may use rooms.
    pub enable_persistent_chat: bool,
    /// What it is for.
    pub description: String,
}

impl Policy {
    /// The global policy where none was set. The original's was off, so that rooms showed to nobody until somebody found
    /// the switch; a server that does nothing else is installed to be used.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            scope: Scope::Global,
            enable_persistent_chat: true,
            description: String::new(),
        }
    }
}

/// Settings of servers (`CsPersistentChatConfiguration`). `None`: as the next wider scope says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// What it is for: global, a site, or one server.
    pub scope: Scope,
    /// Newest messages of a room kept in memory and handed over when asked for none in particular.
    pub default_chat_history: Option<u16>,
    /// Largest file, in KB.
    pub max_file_kb: Option<u32>,
    /// Users in a room above which joins and parts are no longer announced.
    pub participant_update_limit: Option<u32>,
    /// A page of one's own for managing rooms; empty for the built-in one.
    pub room_management_url: Option<String>,
}

impl Configuration {
    /// One that says nothing.
    #[must_use]
    pub fn empty(scope: Scope) -> Self {
        Self {
            scope,
            default_chat_history: None,
            max_file_kb: None,
            participant_update_limit: None,
            room_management_url: None,
        }
    }
}

/// Settings as they hold for one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// [`Configuration::default_chat_history`].
    pub default_chat_history: u16,
    /// [`Configuration::max_file_kb`].
    pub max_file_kb: u32,
    /// [`Configuration::participant_update_limit`].
    pub participant_update_limit: u32,
    /// [`Configuration::room_management_url`].
    pub room_management_url: String,
}

/// The original's defaults.
impl Default for Effective {
    fn default() -> Self {
        Self {
            default_chat_history: 30,
            max_file_kb: 20_000,
            participant_update_limit: 75,
            room_management_url: String::new(),
        }
    }
}

impl Effective {
    /// These, changed by what a nearer scope says.
    #[must_use]
    pub fn with(self, nearer: &Configuration) -> Self {
        Self {
            default_chat_history: nearer.default_chat_history.unwrap_or(self.default_chat_history),
            max_file_kb: nearer.max_file_kb.unwrap_or(self.max_file_kb),
            participant_update_limit: nearer
                .participant_update_limit
                .unwrap_or(self.participant_update_limit),
            room_management_url: nearer
                .room_management_url
                .clone()
                .unwrap_or(self.room_management_url),
        }
    }
}

/// An address of its own under which clients that don't know the service find it: `ocschat@domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The address.
    pub address: SipAddress,
    /// What people see.
    pub display_name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_round_trip_and_errors_list_the_choices() {
        for text in ["global", "site:Redmond", "service:chat1", "tag:Traders"] {
            assert_eq!(
                text.parse::<Scope>().map(|scope| scope.to_string()),
                Ok(text.to_owned())
            );
        }
        assert_eq!("Traders".parse(), Ok(Scope::Tag("Traders".to_owned())));
        assert!(
            "pool:x"
                .parse::<Scope>()
                .is_err_and(|error| error.contains("service:NAME"))
        );
        assert!("site:".parse::<Scope>().is_err());
        assert!(format!("site:{}", "x".repeat(256)).parse::<Scope>().is_ok());
        assert!(format!("site:{}", "x".repeat(257)).parse::<Scope>().is_err());
    }
}
