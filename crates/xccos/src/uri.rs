//! URIs of rooms, categories and groups.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Longest domain in such a URI, in bytes (the limit of RFC 1035 section 2.3.4).
pub const MAX_DOMAIN_BYTES: usize = 255;

const GROUP_SCHEME: &str = "ma-grp:";
const GROUP_HOST: &str = "u.g";
const ROOM_SCHEME: &str = "ma-chan://";
pub(crate) const CATEGORY_SCHEME: &str = "ma-cat://";

/// Why a text isn't the URI of a room, category or group.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UriError {
    /// It doesn't begin with the scheme.
    #[error("the URI doesn't begin with '{0}'")]
    Scheme(&'static str),
    /// The domain is empty, longer than [`MAX_DOMAIN_BYTES`], or has a character that a domain can't have.
    #[error("the URI has no valid domain")]
    Domain,
    /// No GUID of the form `8-4-4-4-12`.
    #[error("the URI has no valid GUID")]
    Guid,
}

macro_rules! node_uri {
    ($(#[$doc:meta])* $name:ident, $scheme:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            /// SIP domain of the pool, in lower case.
            pub domain: String,
            /// GUID in lower case with hyphens, without braces.
            pub guid: String,
        }

        impl $name {
            /// Checks the two parts and puts them into lower case.
            ///
            /// # Errors
            /// [`UriError`] says which part is wrong.
            pub fn new(domain: &str, guid: &str) -> Result<Self, UriError> {
                let (domain, guid) = parts(domain, guid)?;
                Ok(Self { domain, guid })
            }
        }

        impl FromStr for $name {
            type Err = UriError;

            fn from_str(text: &str) -> Result<Self, UriError> {
                let rest = after_scheme(text, $scheme)?;
                let (domain, guid) = rest.split_once('/').ok_or(UriError::Guid)?;
                Self::new(domain, guid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}/{}", $scheme, self.domain, self.guid)
            }
        }
    };
}

node_uri! {
    /// `ma-chan://domain/guid`, the name that a room keeps for ever.
    RoomUri, ROOM_SCHEME
}
node_uri! {
    /// `ma-cat://domain/guid`, the same for a category.
    CategoryUri, CATEGORY_SCHEME
}

/// `ma-grp:guid@u.g`, the name of a principal that isn't a user: a group, organisational unit or domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupUri {
    /// GUID in lower case with hyphens, without braces.
    pub guid: String,
}

impl FromStr for GroupUri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let (guid, host) = after_scheme(text, GROUP_SCHEME)?
            .split_once('@')
            .ok_or(UriError::Domain)?;
        if !host.eq_ignore_ascii_case(GROUP_HOST) {
            return Err(UriError::Domain);
        }
        Ok(Self {
            guid: checked_guid(guid)?,
        })
    }
}

impl fmt::Display for GroupUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{GROUP_SCHEME}{}@{GROUP_HOST}", self.guid)
    }
}

fn after_scheme<'a>(text: &'a str, scheme: &'static str) -> Result<&'a str, UriError> {
    match text.split_at_checked(scheme.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(scheme) => Ok(rest),
        _ => Err(UriError::Scheme(scheme)),
    }
}

fn parts(domain: &str, guid: &str) -> Result<(String, String), UriError> {
    let in_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if domain.is_empty() || domain.len() > MAX_DOMAIN_BYTES || !domain.chars().all(in_domain) {
        return Err(UriError::Domain);
    }
    Ok((domain.to_ascii_lowercase(), checked_guid(guid)?))
}

fn checked_guid(guid: &str) -> Result<String, UriError> {
    let hex = |group: &str, length| group.len() == length && group.chars().all(|c| c.is_ascii_hexdigit());
    let mut groups = guid.split('-');
    let fine = [8, 4, 4, 4, 12]
        .into_iter()
        .all(|length| groups.next().is_some_and(|group| hex(group, length)));
    if !fine || groups.next().is_some() {
        return Err(UriError::Guid);
    }
    Ok(guid.to_ascii_lowercase())
}
