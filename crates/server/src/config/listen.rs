//! An address to listen on.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, net::SocketAddr, str::FromStr};

/// An address with a port, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listen(pub(crate) Option<SocketAddr>);

impl Listen {
    pub(crate) fn on(address: impl Into<SocketAddr>) -> Self {
        Self(Some(address.into()))
    }

    /// Whether other machines can reach it.
    pub(crate) fn is_remote(self) -> bool {
        self.0
            .is_some_and(|address| !address.ip().to_canonical().is_loopback())
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        text.parse().map(|address| Self(Some(address))).map_err(|_| {
            format!(
                "'{text}' must be an IP address with a port, such as 127.0.0.1:5060 or [::]:5061, or \"off\""
            )
        })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_not_remote_and_everything_is() {
        let remote = |text: &str| text.parse::<Listen>().unwrap().is_remote();
        for local in [
            "127.0.0.1:1",
            "127.8.8.8:1",
            "[::1]:1",
            "[::ffff:127.0.0.1]:1",
            "off",
        ] {
            assert!(!remote(local), "{local}");
        }
        for open in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[2001:db8::1]:1"] {
            assert!(remote(open), "{open}");
        }
    }

    #[test]
    fn a_name_or_a_missing_port_is_refused() {
        for bad in [
            "",
            "localhost:5060",
            "127.0.0.1",
            "5060",
            "127.0.0.1:65536",
            "OFF",
        ] {
            assert!(bad.parse::<Listen>().is_err(), "{bad}");
        }
    }
}
