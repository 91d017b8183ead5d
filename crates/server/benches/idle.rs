//! Memory that an idle endpoint costs: signed in over TLS with NTLM, its dialog open, in one room, silent.
//!
//! `cargo bench -p causerie-server --bench idle -- 960` for 960 endpoints. Prints by how much the server's resident
//! memory and the kernel's slabs grew; both ends of each connection are on this machine, so that half of the slabs are
//! the server's.

#[path = "../tests/attacks/people.rs"]
mod people;

use causerie_testkit::Server;
use people::{BINARY, join, sign_in};
use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

/// Devices that one user may have signed in; the server's default.
const DEVICES: usize = 16;
/// Time for the server to come to rest: it remembers what it answered for 32 seconds.
const REST: Duration = Duration::from_secs(40);

fn main() {
    let wanted: usize = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(800);
    let mut server = Server::demo(BINARY);
    for user in 0..wanted.div_ceil(DEVICES) {
        let address = format!("idle{user}@example.test");
        administer(
            &server,
            &["user", "add", &address, "--password-stdin"],
            "causerie\n",
        );
        administer(&server, &["group", "add-member", "Everyone", &address], "");
    }
    let hashed = resident(&server);
    // What the hashing has left behind could be taken for the endpoints, and they would seem to need nothing.
    server.stop();
    server.restart();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        // The first sign-in loads what every sign-in needs.
        let first = sign_in(&server, "alice").await;
        join(&first.0, "Lobby").await;
        let before = (resident(&server), slab());
        let mut endpoints = Vec::with_capacity(wanted);
        for n in 0..wanted {
            let (client, mut events) = sign_in(&server, &format!("idle{}", n / DEVICES)).await;
            join(&client, "Lobby").await;
            let reader = tokio::spawn(async move { while events.next().await.is_some() {} });
            endpoints.push((client, reader));
        }
        tokio::time::sleep(REST).await;
        let after = (resident(&server), slab());
        let each = |kilobytes: u64| kilobytes as f64 / wanted as f64;
        let (user, kernel) = (after.0 - before.0, after.1.saturating_sub(before.1) / 2);
        println!("endpoints                        {wanted}");
        println!("resident after making the users  {hashed} KiB");
        println!(
            "server resident before, after    {} KiB, {} KiB",
            before.0, after.0
        );
        println!("resident per endpoint            {:.1} KiB", each(user));
        println!(
            "kernel slabs per endpoint        {:.1} KiB (half of what both ends took)",
            each(kernel)
        );
        println!("in all per endpoint              {:.1} KiB", each(user + kernel));
        // Before the endpoints are gone, so that a profiler of the heap sees what is held for them.
        server.kill9();
    });
}

fn administer(server: &Server, arguments: &[&str], input: &str) {
    let mut child = Command::new(BINARY)
        .args(arguments)
        .arg("--data-dir")
        .arg(server.data_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{arguments:?}");
}

/// A line of a file in /proc, in KiB.
fn kilobytes(path: &str, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn resident(server: &Server) -> u64 {
    kilobytes(&format!("/proc/{}/status", server.pid().unwrap()), "VmRSS:")
}

fn slab() -> u64 {
    kilobytes("/proc/meminfo", "Slab:")
}
