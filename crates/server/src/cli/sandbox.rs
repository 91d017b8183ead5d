//! `causerie sandbox`, which the server itself calls.

use anyhow::{Context, Result, bail};
use causerie_destination_folder::Enforced;
use clap::Args;
use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};
use std::{
    ffi::OsString,
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process,
};

/// What a program needs to run: programs and libraries. What isn't there isn't needed.
const RUN: [&str; 4] = ["/usr", "/bin", "/lib", "/lib64"];
/// Where libraries are.
const LIBRARIES: &str = "/etc/ld.so.cache";
/// All that is asked of the kernel, which does what it knows of it: the last thing, UDP, from here on (Linux 7.2).
const WANTED: ABI = ABI::V10;
/// From here on files, TCP, abstract sockets and signals are seen to (Linux 6.12).
const WHOLE: ABI = ABI::V6;

/// Run a program that may read one file besides programs and libraries, write none, and reach no network.
///
/// The kernel sees to it (Landlock). The first line of standard error says how far: "fully enforced", "partly enforced" by a
/// kernel before Linux 6.12, or "not enforced". Files that are open already, such as standard input, stay open.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie sandbox --input in.xml -- xsltproc - in.xml < sheet.xsl")]
pub(super) struct Arguments {
    /// The file that the program may read
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

impl Arguments {
    pub(super) fn run(self) -> Result<()> {
        let (program, arguments) = self.program.split_first().context("which program?")?;
        // Here is no other thread, which would stay outside.
        let enforced = restrict(&self.input)?;
        writeln!(std::io::stderr(), "{enforced}")?;
        let error = process::Command::new(program).args(arguments).exec();
        Err(error).with_context(|| format!("{} can't be run", program.display()))
    }
}

/// Keeps this thread, and all that it becomes and starts, from everything but reading this file.
fn restrict(input: &Path) -> Result<Enforced> {
    let named = || input.display().to_string();
    // A folder's rule would hold for all that is in it.
    if !std::fs::metadata(input).with_context(named)?.is_file() {
        bail!("{} isn't a file", named());
    }
    let input = PathFd::new(input).with_context(named)?;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(WANTED))?
        .handle_access(AccessNet::from_all(WANTED))?
        .scope(Scope::from_all(WANTED))?
        .create()?
        .add_rules(path_beneath_rules(RUN, AccessFs::from_read(WANTED)))?
        .add_rules(path_beneath_rules([LIBRARIES], AccessFs::ReadFile))?
        .add_rule(PathBeneath::new(input, AccessFs::ReadFile))?
        .restrict_self()?;
    if !status.no_new_privs {
        bail!("the kernel lets programs gain rights");
    }
    Ok(match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => Enforced::Not,
        (_, LandlockStatus::Available { effective_abi, .. }) if effective_abi >= WHOLE => Enforced::Fully,
        _ => Enforced::Partly,
    })
}
