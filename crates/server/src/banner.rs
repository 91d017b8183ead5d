//! What `causerie serve` says on standard output.

use crate::{config::Config, demo as seed};
use causerie_web::admin::wire;
use std::{
    io::{self, Write},
    net::SocketAddr,
    path::Path,
};

/// Writes to standard output at once.
pub(crate) fn say(text: &str) {
    // Nobody may be reading; that is no reason not to serve.
    let _ = io::stdout()
        .write_all(text.as_bytes())
        .and_then(|()| io::stdout().flush());
}

/// Where it listens and what clients are to trust.
pub(crate) fn text(
    facts: &wire::Program,
    socket: &Path,
    authority: Option<&Path>,
    queue: Option<&Path>,
) -> String {
    let off = || "off".to_owned();
    let or_off = |address: &Option<String>| address.clone().unwrap_or_else(off);
    let metrics = facts
        .metrics
        .as_ref()
        .map_or_else(off, |address| format!("http://{address}/metrics"));
    let mut text = format!(
        "Causerie {} serves {}, process {}.\n\n  \
         SIP over TLS    {}\n  \
         SIP over TCP    {}\n  \
         Metrics         {metrics}\n  \
         Administration  {}\n  \
         Data            {}\n",
        facts.version,
        facts.domain,
        facts.pid,
        or_off(&facts.sip_tls),
        or_off(&facts.sip_tcp),
        socket.display(),
        facts.data_dir
    );
    if let Some(address) = &facts.admin_https {
        text += &format!("  HTTPS           https://{address}\n");
    }
    if let Some(queue) = queue {
        text += &format!("  Queue           {}\n", queue.display());
    }
    if let Some(authority) = authority {
        text += &format!("  Authority       {}\n", authority.display());
    }
    text
}

/// Where a compliance service that runs alone listens.
pub(crate) fn compliance(config: &Config, socket: &Path, metrics: Option<SocketAddr>) -> String {
    let metrics = metrics.map_or_else(|| "off".to_owned(), |address| format!("http://{address}/metrics"));
    format!(
        "Causerie {} serves compliance for {}, process {}.\n\n  \
         Records from    {}\n  \
         Officers        {}\n  \
         Metrics         {metrics}\n  \
         Data            {}\n",
        env!("CARGO_PKG_VERSION"),
        config.domain,
        std::process::id(),
        config.queue_socket().display(),
        socket.display(),
        config.data_dir.display()
    )
}

/// Who is there and how to connect.
pub(crate) fn demo(facts: &wire::Program, is_quiet: bool) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "causerie".to_owned());
    let users = seed::USERS.join(", ");
    let (address, kind) = match (&facts.sip_tls, &facts.sip_tcp) {
        (Some(address), _) => (address.as_str(), "SSL/TLS"),
        (None, Some(address)) => (address.as_str(), "TCP"),
        (None, None) => ("", ""),
    };
    let is_default =
        std::env::current_dir().is_ok_and(|here| here.join("causerie-demo") == Path::new(&facts.data_dir));
    let data_dir = if is_default {
        String::new()
    } else {
        format!(" --data-dir {}", facts.data_dir)
    };
    let shown = |name: &str| {
        let folder = if is_default {
            "causerie-demo"
        } else {
            facts.data_dir.as_str()
        };
        Path::new(folder).join(name).display().to_string()
    };
    let quiet = if is_quiet {
        "--log-level info shows every SIP transaction.\n"
    } else {
        ""
    };
    format!(
        "
Users: {users} (each @{domain}), password: {password}
Rooms: Lobby, Deals, Announcements, Project X

In a second terminal:
  {program} chat{data_dir} alice@{domain} Lobby
  {program} room list{data_dir}
  {program} compliance status{data_dir}
  {program} compliance verify{data_dir} --token-file {officer}

Every minute what was said is exported to {exports}.

With Pidgin (on Debian 12 started by tools/pidgin/causerie-pidgin):
  Protocol Office Communicator, Username alice@{domain}, Password {password};
  Advanced: Server {address}, Connection type {kind}, Authentication scheme NTLM

{quiet}Ctrl-C stops it.
",
        domain = facts.domain,
        password = seed::PASSWORD,
        officer = shown(seed::OFFICER_TOKEN),
        exports = shown(seed::EXPORTS),
    )
}
