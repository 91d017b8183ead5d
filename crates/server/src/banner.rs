//! What `causerie serve` says on standard output.

use crate::demo as seed;
use causerie_web::admin::wire;
use std::{
    io::{self, Write},
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
pub(crate) fn text(facts: &wire::Program, socket: &Path, authority: Option<&Path>) -> String {
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
    if let Some(authority) = authority {
        text += &format!("  Authority       {}\n", authority.display());
    }
    text
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

With Pidgin (on Debian 12 started by tools/pidgin/causerie-pidgin):
  Protocol Office Communicator, Username alice@{domain}, Password {password};
  Advanced: Server {address}, Connection type {kind}, Authentication scheme NTLM

{quiet}Ctrl-C stops it.
",
        domain = facts.domain,
        password = seed::PASSWORD,
    )
}
