//! The command line.

mod addin;
mod api;
mod barrier;
mod category;
mod certificates;
mod changes;
mod chat;
mod compliance;
mod configuration;
mod confirm;
mod eligible;
mod endpoint;
mod explain;
mod export;
mod group;
mod import;
mod looking;
mod member;
mod message;
mod moment;
mod openapi;
mod output;
mod policy;
mod registrations;
mod retention;
mod room;
mod room_find;
mod sandbox;
mod settings;
mod status;
mod test;
mod token;
mod user;

use crate::{config, data_dir, https::Https, serve};
use anyhow::{Context, Result, bail};
use api::{Api, Server};
use causerie_web::admin::wire::Secret;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use std::{
    future::Future,
    path::{Path, PathBuf},
};

/// The persistent chat server Causerie, and the commands that administer it while it runs.
#[derive(Parser)]
#[command(
    name = "causerie",
    version,
    max_term_width = 110,
    after_help = "Examples:
  causerie serve --demo                                 a server to try things with
  causerie chat alice@example.test Lobby                talk from the terminal
  causerie user add ann@example.test --name Ann         asks for a password
  causerie category allow General ann@example.test      lets her into the rooms of General
  causerie room add Desk --category General
  causerie member add Desk ann@example.test
  causerie status

Exit codes: 0 done, 1 refused or failed, 2 wrong usage."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Arguments),
    /// Chat in the terminal
    Chat(chat::Arguments),
    /// Add, list, show, change and remove users
    User(user::Arguments),
    /// Add, list, show, change and remove groups of users
    Group(group::Arguments),
    /// Add, list, show, change and remove categories of rooms
    Category(category::Arguments),
    /// Add, list, show, change and remove rooms
    Room(room::Arguments),
    /// Add, list and remove members, managers and presenters of rooms
    Member(member::Arguments),
    /// Add, list and remove information barriers between groups
    Barrier(barrier::Arguments),
    /// Add, list, show, change and remove add-ins, web pages beside rooms
    Addin(addin::Arguments),
    /// List, show, set, remove and grant policies: who may use rooms at all
    Policy(policy::Arguments),
    /// List, show, set and reset settings of the running server
    Settings(settings::Arguments),
    /// Add, list and remove addresses under which clients find the service
    Endpoint(endpoint::Arguments),
    /// Remove or replace messages
    Message(message::Arguments),
    /// Explain why somebody may do something in a room, or not
    Explain(explain::Arguments),
    /// List who may be given a role
    Eligible(eligible::Arguments),
    /// Import users, groups, categories, rooms and barriers from a file
    Import(import::Arguments),
    /// Export users, groups, categories, rooms and barriers to a file
    Export(export::Arguments),
    /// Add, list and remove tokens, by which the server is administered from elsewhere
    Token(token::Arguments),
    /// Work with compliance records: adapters, holds, matters, proof
    Compliance(compliance::Arguments),
    /// Set how long compliance records are kept, and destroy those that may go
    Retention(retention::Arguments),
    /// Show how the server is doing
    Status(status::Arguments),
    /// List who is signed in
    Registrations(registrations::Arguments),
    /// Show the certificates in use, or read them again
    Certificates(certificates::Arguments),
    /// Check from outside that the server does its job
    Test(test::Arguments),
    /// Put load on a server of its own and tell what it cost
    Load(causerie_load::Arguments),
    /// Check a configuration, or print one with every setting explained
    Config(configuration::Arguments),
    /// Print the description of the administration API
    Api(openapi::Arguments),
    /// Run a program walled in by the kernel
    #[command(hide = true)]
    Sandbox(sandbox::Arguments),
}

impl Cli {
    /// Reads the arguments of this process. Wrong usage ends it, with exit code 2.
    pub(crate) fn read() -> Self {
        let read = |mut matches: ArgMatches| Self::from_arg_matches_mut(&mut matches);
        read(Self::tailored().get_matches()).unwrap_or_else(|error| error.exit())
    }

    /// The command line with the help of each command as it is for that one.
    fn tailored() -> clap::Command {
        looking::without_what_if(Self::command())
    }

    /// Carries out the command.
    pub(crate) fn run(self) -> Result<()> {
        match self.command {
            Command::Serve(arguments) => arguments.run(),
            Command::Chat(arguments) => wait(arguments.run()),
            Command::User(arguments) => wait(arguments.run()),
            Command::Group(arguments) => wait(arguments.run()),
            Command::Category(arguments) => wait(arguments.run()),
            Command::Room(arguments) => wait(arguments.run()),
            Command::Member(arguments) => wait(arguments.run()),
            Command::Barrier(arguments) => wait(arguments.run()),
            Command::Addin(arguments) => wait(arguments.run()),
            Command::Policy(arguments) => wait(arguments.run()),
            Command::Settings(arguments) => wait(arguments.run()),
            Command::Endpoint(arguments) => wait(arguments.run()),
            Command::Message(arguments) => wait(arguments.run()),
            Command::Explain(arguments) => wait(arguments.run()),
            Command::Eligible(arguments) => wait(arguments.run()),
            Command::Import(arguments) => wait(arguments.run()),
            Command::Export(arguments) => wait(arguments.run()),
            Command::Token(arguments) => wait(arguments.run()),
            Command::Compliance(arguments) => wait(arguments.run()),
            Command::Retention(arguments) => wait(arguments.run()),
            Command::Status(arguments) => wait(arguments.run()),
            Command::Registrations(arguments) => wait(arguments.run()),
            Command::Certificates(arguments) => wait(arguments.run()),
            Command::Test(arguments) => wait(arguments.run()),
            Command::Load(arguments) => arguments.run(),
            Command::Config(arguments) => arguments.run(),
            Command::Api(arguments) => arguments.run(),
            Command::Sandbox(arguments) => arguments.run(),
        }
    }
}

fn wait(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// Which server, and how to answer.
#[derive(Args)]
#[command(next_help_heading = "Which server, and how to answer")]
pub(crate) struct At {
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    /// Only say what would change, and change nothing
    #[arg(long, global = true)]
    what_if: bool,
    /// The server with this data directory [default: ./causerie-demo if it is there, else that of the configuration]
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "socket")]
    data_dir: Option<PathBuf>,
    /// The server with this administration socket; also by CAUSERIE_SOCKET
    #[arg(long, global = true, value_name = "FILE")]
    socket: Option<PathBuf>,
    /// The server with this configuration; also by CAUSERIE_CONFIG
    #[arg(long, global = true, value_name = "FILE", conflicts_with_all = ["socket", "data_dir"])]
    config: Option<PathBuf>,
    /// The server at this address, https://host:port; also by CAUSERIE_URL
    #[arg(long, global = true, value_name = "URL", conflicts_with_all = ["socket", "data_dir", "config"])]
    url: Option<String>,
    /// A file with the token to be let in by; the token itself also by CAUSERIE_TOKEN. On the server's machine none is
    /// needed
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The certificates (PEM) of authorities to trust, with --url [default: those that the system trusts]
    #[arg(long, global = true, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl At {
    fn api(&self) -> Result<Api> {
        let server = match self.url() {
            Some(url) => Server::Https(Https::new(&url, self.ca.as_deref())?),
            None if self.ca.is_some() => bail!("--ca goes with --url"),
            None => Server::Socket(self.socket()?),
        };
        Ok(Api::new(server, self.token()?, self.what_if))
    }

    /// The address of the server, if it is to be reached by one.
    fn url(&self) -> Option<String> {
        let named = self.socket.is_some() || self.data_dir.is_some() || self.config.is_some();
        let from_environment = || std::env::var("CAUSERIE_URL").ok().filter(|_| !named);
        self.url.clone().or_else(from_environment)
    }

    fn token(&self) -> Result<Option<Secret>> {
        let Some(file) = &self.token_file else {
            return Ok(std::env::var("CAUSERIE_TOKEN").ok().map(Secret));
        };
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        Ok(Some(Secret(text.trim().to_owned())))
    }

    fn socket(&self) -> Result<PathBuf> {
        let demo = Path::new("causerie-demo");
        if let Some(socket) = &self.socket {
            Ok(socket.clone())
        } else if let Some(data_dir) = &self.data_dir {
            Ok(data_dir::admin_socket_in(data_dir))
        } else if let (None, Some(socket)) = (&self.config, std::env::var_os("CAUSERIE_SOCKET")) {
            Ok(socket.into())
        } else if self.config.is_none() && demo.is_dir() {
            Ok(data_dir::admin_socket_in(demo))
        } else {
            let file = config::path(self.config.as_deref());
            if self.config.is_none() && !file.exists() {
                bail!(
                    "which server? There is neither ./causerie-demo nor {}: say --data-dir DIR or --socket FILE, or \
                     start one with: causerie serve --demo",
                    file.display()
                );
            }
            let config = config::load(&file)?;
            let usual = || {
                if data_dir::is_of_compliance(&config.data_dir) {
                    config.compliance_socket()
                } else {
                    config.admin_socket()
                }
            };
            Ok(data_dir::socket_said_in(&config.data_dir).unwrap_or_else(usual))
        }
    }
}

/// Yes or no, for settings.
#[derive(Clone, Copy, ValueEnum)]
enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}

impl From<Switch> for bool {
    fn from(switch: Switch) -> Self {
        matches!(switch, Switch::On)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::tailored().debug_assert();
    }

    /// An option of a command with the name of a global one would be taken for it.
    fn check_names(path: &str, command: &clap::Command, global: &[&str]) {
        for sub in command.get_subcommands() {
            let path = format!("{path} {}", sub.get_name());
            let own = sub.get_arguments().filter(|argument| !argument.is_global_set());
            for argument in own {
                let id = argument.get_id().as_str();
                // The same kind of file, and nothing there asks the administration API with it.
                if (path.as_str(), id) == ("test message", "ca") {
                    continue;
                }
                assert!(!global.contains(&id), "{path} takes {id}, which is global");
            }
            check_names(&path, sub, global);
        }
    }

    #[test]
    fn no_command_takes_what_is_global() {
        for command in Cli::command().get_subcommands() {
            let arguments = command
                .get_arguments()
                .filter(|argument| argument.is_global_set());
            let global: Vec<&str> = arguments.map(|argument| argument.get_id().as_str()).collect();
            check_names(command.get_name(), command, &global);
        }
    }

    fn check(path: &str, command: &mut clap::Command) {
        let help = command.render_long_help().to_string();
        assert!(help.contains("Examples:"), "{path} has no examples");
        for line in help.lines().filter(|line| line.starts_with("  causerie ")) {
            // What an example shows must at least be understood. Its explanation comes after two blanks.
            let line = line.trim().split("  ").next().unwrap_or_default();
            let line = line.split(['<', '>']).next().unwrap_or_default();
            let words = split(line);
            if let Err(error) = Cli::try_parse_from(&words) {
                panic!("{path}: {line}\n{error}");
            }
        }
        let names: Vec<String> = command
            .get_subcommands()
            .map(|sub| sub.get_name().to_owned())
            .collect();
        for name in names.iter().filter(|name| *name != "help") {
            let sub = command.find_subcommand_mut(name).unwrap();
            check(&format!("{path} {name}"), sub);
        }
    }

    /// Words of a shell's line, with double quotes around those that have blanks.
    fn split(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (at, part) in line.split('"').enumerate() {
            if at % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        words
    }

    #[test]
    fn every_command_has_examples_that_are_understood() {
        let mut command = Cli::tailored();
        command.build();
        check("causerie", &mut command);
    }

    /// Paths of commands with a server, and whether their help has `--what-if`.
    fn what_if(path: &str, command: &clap::Command, told: &mut Vec<(String, bool)>) {
        let option = command
            .get_arguments()
            .find(|argument| argument.get_id() == "what_if");
        if let Some(option) = option {
            told.push((path.to_owned(), !option.is_hide_set()));
        }
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let path = format!("{path} {}", sub.get_name());
            what_if(path.trim(), sub, told);
        }
    }

    #[test]
    fn what_if_is_in_the_help_of_commands_that_take_it() {
        let mut command = Cli::tailored();
        command.build();
        let mut told = Vec::new();
        what_if("", &command, &mut told);
        let without = |path: &str| !told.iter().find(|(told, _)| told == path).expect(path).1;
        for path in [
            "user list",
            "room find",
            "status",
            "export",
            "explain",
            "test",
            "test message",
            "retention plan",
            "compliance status",
            "compliance verify",
            "compliance adapter run",
            "compliance matter search",
            "compliance database",
            "compliance database prepare",
        ] {
            assert!(without(path), "{path} has it");
        }
        for path in [
            "user",
            "user add",
            "user remove",
            "import",
            "message remove",
            "retention apply",
            "compliance",
            "compliance matter",
            "compliance matter export",
            "compliance reads",
            "compliance key rotate",
            "certificates reload",
        ] {
            assert!(!without(path), "{path} hasn't");
        }
        // Who gives it to all of them is understood all the same, before the command and after it.
        for words in [
            ["compliance", "status", "--what-if"],
            ["compliance", "--what-if", "status"],
        ] {
            let words = [&["causerie"], &words[..]].concat();
            let mut matches = Cli::tailored()
                .try_get_matches_from(words)
                .expect("it is understood");
            let Command::Compliance(arguments) =
                Cli::from_arg_matches_mut(&mut matches).expect("it fits").command
            else {
                panic!("it is another command");
            };
            assert!(arguments.is_what_if());
        }
    }
}
