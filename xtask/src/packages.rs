//! The Debian packages that the tests need, and why.

use anyhow::{Context, Result, bail};

use crate::shell;

/// A Debian package and the reason for it.
pub(crate) struct Package {
    name: &'static str,
    why: &'static str,
}

const fn package(name: &'static str, why: &'static str) -> Package {
    Package { name, why }
}

/// What every test run needs.
pub(crate) const ALWAYS: &[Package] = &[
    package("gcc", "links the programs and compiles SQLite"),
    package(
        "openssl",
        "offers old and new TLS versions and suites to the server",
    ),
    package(
        "postgresql",
        "the other database of compliance records; the tests start servers of their own",
    ),
    package("xsltproc", "makes other formats of the compliance service's XML"),
    package(
        "python3",
        "runs the verifier of docs/verify.py, and reads mails as others do",
    ),
];

/// What the tests with a real desktop client need besides.
pub(crate) const REAL_CLIENT: &[Package] = &[
    package("pidgin-sipe", "the real client: Pidgin's plug-in for Lync"),
    package(
        "libpurple-dev",
        "the library of Pidgin, to drive the plug-in without a window",
    ),
    package("pkg-config", "finds libpurple when the driver is built"),
    package("make", "builds the driver"),
];

/// Installs those that are missing. Says first which and why; where it may not install, says the
/// command and fails.
pub(crate) fn ensure(packages: &[&Package]) -> Result<()> {
    if !shell::succeeds(shell::command("dpkg-query").arg("--version")) {
        let names: Vec<_> = packages.iter().map(|p| p.name).collect();
        eprintln!(
            "This is not a Debian system. The tests need what Debian calls: {}",
            names.join(" ")
        );
        return Ok(());
    }
    let missing: Vec<_> = packages.iter().filter(|p| !installed(p.name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("Debian packages that the tests need and that are missing:");
    for package in &missing {
        eprintln!("  {:15} {}", package.name, package.why);
    }
    let names: Vec<_> = missing.iter().map(|p| p.name).collect();
    let prefix: &[&str] = if shell::output(shell::command("id").arg("-u"))? == "0" {
        &[]
    } else if shell::succeeds(shell::command("sudo").args(["-n", "true"])) {
        &["sudo", "-n"]
    } else {
        bail!(
            "they can be installed only by root. Run:\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
            names.join(" ")
        );
    };
    apt_get(prefix, &["update"])?;
    apt_get(
        prefix,
        &[&["install", "-y", "--no-install-recommends"], names.as_slice()].concat(),
    )
}

fn installed(package: &str) -> bool {
    let status = shell::command("dpkg-query")
        .args(["-W", "-f=${db:Status-Status}", package])
        .output();
    status.is_ok_and(|output| output.stdout == b"installed")
}

fn apt_get(prefix: &[&str], arguments: &[&str]) -> Result<()> {
    // `env` because sudo drops the caller's environment.
    let words = [
        prefix,
        &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"],
        arguments,
    ]
    .concat();
    let (program, rest) = words.split_first().context("an empty command")?;
    shell::run(
        shell::command(program)
            .args(rest)
            .stdin(std::process::Stdio::null()),
    )
}
