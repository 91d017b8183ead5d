//! Where the server on this machine is, and which certificates prove it.

use crate::config;
use anyhow::{Context, Result};
use causerie_client::Trust;
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// The data directory: as said, or the demo's, or the configuration's; in the order of the administration commands.
pub(in crate::cli) fn data_dir(said: Option<&Path>) -> Result<PathBuf> {
    let demo = Path::new("causerie-demo");
    let file = config::path(None);
    if let Some(said) = said {
        Ok(said.to_owned())
    } else if demo.is_dir() || (std::env::var_os("CAUSERIE_CONFIG").is_none() && !file.exists()) {
        Ok(demo.to_owned())
    } else {
        Ok(config::load(&file).context(WHICH)?.data_dir)
    }
}

/// What to do when the certificates aren't found.
const WHICH: &str = "which certificates are to be trusted? Say --ca FILE or --data-dir DIR";

/// The certificate authority of the server with this data directory.
pub(in crate::cli) fn trust_of(data_dir: &Path) -> Result<Trust> {
    Trust::pem_file(&data_dir.join("ca.pem")).context(WHICH)
}

/// Where the server with this data directory takes SIP over TLS, while it runs and says so.
pub(in crate::cli) fn listening(data_dir: &Path) -> Option<String> {
    let text = fs::read_to_string(data_dir.join("listening.json")).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    let mut address: SocketAddr = json.get("sip_tls")?.as_str()?.parse().ok()?;
    // It listens on all addresses; certificates are for particular ones.
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Some(address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_announcement_says_where_to_connect() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(listening(folder.path()), None);
        for (said, expected) in [
            (r#"{"sip_tls":"192.0.2.1:5061"}"#, Some("192.0.2.1:5061")),
            (r#"{"sip_tls":"0.0.0.0:15061"}"#, Some("127.0.0.1:15061")),
            (r#"{"sip_tls":"[::]:5061"}"#, Some("[::1]:5061")),
            (r#"{"sip_tls":null}"#, None),
            ("half", None),
        ] {
            fs::write(folder.path().join("listening.json"), said).unwrap();
            assert_eq!(listening(folder.path()).as_deref(), expected, "{said}");
        }
    }

    #[test]
    fn missing_certificates_are_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let error = trust_of(folder.path()).err().unwrap();
        assert!(format!("{error:#}").contains("--ca FILE or --data-dir DIR"));
    }
}
