//! `causerie chat`: a terminal client, line by line.

mod conversation;
mod input;
pub(super) mod place;
mod screen;
mod words;

use crate::real::{SystemClock, SystemRandom};
use anyhow::{Result, bail};
use causerie_client::{ConnectOptions, Transport, Trust};
use causerie_model::SipAddress;
use clap::Args;
use conversation::Conversation;
use input::Input;
use screen::Screen;
use std::{path::PathBuf, sync::Arc};

pub(super) use screen::clean;

/// The password, when it is given by the environment.
const PASSWORD_VARIABLE: &str = "CAUSERIE_PASSWORD";

/// Chat in the terminal. Each line goes to the current room; lines that begin with / are commands, /help lists them.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie chat alice@example.test
  causerie chat alice@example.test Lobby
  causerie chat alice@example.test Lobby --password-stdin < lines.txt
  causerie chat alice@example.test --server chat.example.test:5061 --ca ca.pem

Without --server it is the one of `causerie serve --demo` on this machine.
The password is asked for unless CAUSERIE_PASSWORD is set. Standard input may
be a pipe: at its end the client waits for all answers and signs out.

Exit codes: 0 all done, 1 something was refused, 2 wrong usage.")]
pub(super) struct Arguments {
    /// Who signs in: user@domain
    #[arg(value_name = "USER@DOMAIN")]
    address: SipAddress,
    /// The room to enter at once
    room: Option<String>,
    /// Where the server is [default: where the one with the data directory listens, else 127.0.0.1:5061; with --tcp
    /// 127.0.0.1:5060]
    #[arg(long, value_name = "HOST:PORT")]
    server: Option<String>,
    /// The certificates of the authorities to trust [default: ca.pem in the data directory]
    #[arg(long, value_name = "FILE", conflicts_with = "tcp")]
    ca: Option<PathBuf>,
    /// The data directory of a server on this machine [default: ./causerie-demo if it is there, else that of the
    /// configuration, which CAUSERIE_CONFIG may name]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Plain TCP: everyone on the way can read along
    #[arg(long)]
    tcp: bool,
    /// How to sign in when not by the address
    #[arg(long, value_name = "DOMAIN\\USER")]
    login: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
    /// How many messages to show of a room that is entered
    #[arg(long, value_name = "N", default_value_t = 25)]
    history: u32,
    /// Print messages only, not who comes and goes
    #[arg(long, short)]
    quiet: bool,
    /// No colours; NO_COLOR does the same
    #[arg(long)]
    no_color: bool,
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        if self.no_color {
            anstream::ColorChoice::Never.write_global();
        }
        let data_dir = || place::data_dir(self.data_dir.as_deref());
        let transport = match (self.tcp, &self.ca) {
            (true, _) => Transport::Tcp,
            (false, Some(ca)) => Transport::Tls(Trust::pem_file(ca)?),
            (false, None) => Transport::Tls(place::trust_of(&data_dir()?)?),
        };
        let server = match &self.server {
            Some(server) => server.clone(),
            None if self.tcp => "127.0.0.1:5060".to_owned(),
            // A configuration that can't be read matters only to those who need its certificates.
            None => data_dir()
                .ok()
                .and_then(|data_dir| place::listening(&data_dir))
                .unwrap_or_else(|| "127.0.0.1:5061".to_owned()),
        };
        let (password, input) = self.password().await?;
        let mut options = ConnectOptions::new(
            &server,
            transport,
            self.address,
            &password,
            Arc::new(SystemRandom),
            Arc::new(SystemClock),
        );
        if let causerie_client::Authenticate::Ntlm { login, .. } = &mut options.authenticate {
            *login = self.login;
        }
        let screen = Screen::new(self.quiet);
        Conversation::run(options, self.room.as_deref(), self.history, screen, input).await
    }

    /// The password, and standard input after it. Nothing else reads from the terminal while the password is typed.
    async fn password(&self) -> Result<(String, Input)> {
        if self.password_stdin {
            let mut input = Input::of_stdin();
            return match input.next().await {
                Some(line) => Ok((line, input)),
                None => bail!("standard input has no line with the password"),
            };
        }
        let asked = match std::env::var(PASSWORD_VARIABLE) {
            Ok(password) => Ok(password),
            Err(_) => rpassword::prompt_password(format!("Password of {}: ", self.address)),
        };
        match asked {
            Ok(password) => Ok((password, Input::of_stdin())),
            Err(error) => bail!(
                "nobody can be asked for the password ({error}): say --password-stdin and give it as the first line of \
                 standard input, or set {PASSWORD_VARIABLE}"
            ),
        }
    }
}
