//! The conversation: rooms, lines, commands, and coming back after a lost connection.

use super::{input::Input, screen::Screen};
use anyhow::{Result, bail};
use causerie_client::{
    CallError, Client, ClientError, ConnectOptions, Event, Events, Message, PostError, Room, RoomUri,
};
use std::{collections::BTreeMap, time::Duration};
use tokio::task::JoinSet;

/// How long to wait before the first attempt to come back; each later one waits twice as long, up to the second.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How many posts may wait for their answer before the next line is read, so that posting never waits while the echoes
/// pile up.
const POSTS_AHEAD: usize = 64;

/// How many messages are read of each room when the connection is back.
const CATCH_UP: u32 = 200;

const HELP: [&str; 9] = [
    "Each line goes to the current room. To begin one with a slash, write two.",
    "/rooms [WORDS]   rooms that you may see",
    "/join NAME       enter a room, and make it the current one",
    "/room NAME       make an entered room the current one",
    "/part            leave the current room",
    "/who             who is in the current room",
    "/history [N]     its last messages",
    "/help            this",
    "/quit            sign out",
];

/// A room that was entered.
struct Entered {
    name: String,
    /// The number of the last message shown.
    seen: u64,
    /// Who is in it: address and name.
    users: BTreeMap<String, String>,
}

/// What to do after a line.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Quit,
}

/// Something that a person asked for and that couldn't be done. The connection may be why; then coming back is next.
struct Failure(String);

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self(match error {
            CallError::Refused { text, .. } => text,
            other => other.to_string(),
        })
    }
}

pub(super) struct Conversation {
    options: ConnectOptions,
    client: Client,
    events: Events,
    screen: Screen,
    history: u32,
    rooms: BTreeMap<RoomUri, Entered>,
    current: Option<RoomUri>,
    /// Posts without an answer, each with its text.
    posts: JoinSet<(String, Result<(), PostError>)>,
    failures: u32,
}

impl Conversation {
    /// Signs in, converses until the input ends or says so, signs out.
    pub(super) async fn run(
        options: ConnectOptions,
        room: Option<&str>,
        history: u32,
        screen: Screen,
        mut input: Input,
    ) -> Result<()> {
        let (client, events) = Client::connect(&options).await?;
        screen.info(&format!(
            "Signed in as {}. /help lists the commands.",
            options.address
        ));
        let mut conversation = Self {
            options,
            client,
            events,
            screen,
            history,
            rooms: BTreeMap::new(),
            current: None,
            posts: JoinSet::new(),
            failures: 0,
        };
        if let Some(room) = room
            && let Err(Failure(reason)) = conversation.join(room).await
        {
            conversation.client.sign_out().await;
            bail!("{room}: {reason}");
        }
        conversation.converse(&mut input).await?;
        conversation.client.sign_out().await;
        match conversation.failures {
            0 => Ok(()),
            1 => bail!("one thing could not be done"),
            many => bail!("{many} things could not be done"),
        }
    }

    async fn converse(&mut self, input: &mut Input) -> Result<()> {
        let mut over = false;
        while !over || !self.posts.is_empty() {
            tokio::select! {
                line = input.next(), if !over && self.posts.len() < POSTS_AHEAD => match line {
                    Some(line) => over = self.line(&line).await == Next::Quit,
                    None => over = true,
                },
                Some(posted) = self.posts.join_next() => self.posted(posted?),
                event = self.events.next() => match event {
                    Some(Event::Closed(error)) => self.lost(&error, input, over).await?,
                    Some(event) => self.event(event),
                    None => bail!("the connection is over"),
                },
                _ = tokio::signal::ctrl_c() => over = true,
            }
        }
        // What is on the way, such as the echoes of the last posts, comes before the answer to this.
        let _ = self.client.server_info().await;
        while let Some(event) = self.events.try_next() {
            self.event(event);
        }
        Ok(())
    }

    fn failed(&mut self, reason: &str) {
        self.failures += 1;
        self.screen.error(reason);
    }

    async fn line(&mut self, line: &str) -> Next {
        let outcome = match line.strip_prefix('/') {
            Some(text) if text.starts_with('/') => self.post(text).await,
            Some(command) => {
                let (command, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
                if command == "quit" {
                    return Next::Quit;
                }
                self.command(command, argument.trim()).await
            }
            None if line.trim().is_empty() => Ok(()),
            None => self.post(line).await,
        };
        if let Err(Failure(reason)) = outcome {
            self.failed(&reason);
        }
        Next::GoOn
    }

    async fn command(&mut self, command: &str, argument: &str) -> Result<(), Failure> {
        match command {
            "rooms" => self.list(argument).await,
            "join" => self.join(argument).await,
            "room" => self.switch(argument),
            "part" => self.part().await,
            "who" => {
                let (_, room) = self.current()?;
                let names = room
                    .users
                    .iter()
                    .map(|(address, name)| format!("{name} <{address}>"));
                self.screen.answer(&format!(
                    "{}: {}",
                    room.name,
                    names.collect::<Vec<_>>().join(", ")
                ));
                Ok(())
            }
            "history" => self.show_history(argument).await,
            "help" => {
                HELP.iter().for_each(|line| self.screen.answer(line));
                Ok(())
            }
            other => Err(Failure(format!("there is no command /{other}; /help lists them"))),
        }
    }

    fn current(&self) -> Result<(&RoomUri, &Entered), Failure> {
        let uri = self.current.as_ref();
        uri.and_then(|uri| self.rooms.get_key_value(uri))
            .ok_or_else(|| Failure("you are in no room: /join one first, /rooms lists them".to_owned()))
    }

    async fn post(&mut self, text: &str) -> Result<(), Failure> {
        let (uri, _) = self.current()?;
        let posting = self
            .client
            .submit(uri, text)
            .await
            .map_err(|error| Failure(error.reason))?;
        let text = text.to_owned();
        self.posts.spawn(async move { (text, posting.await) });
        Ok(())
    }

    fn posted(&mut self, (text, result): (String, Result<(), PostError>)) {
        if let Err(PostError {
            reason, retry_after, ..
        }) = result
        {
            let again = retry_after
                .map(|seconds| format!(" (try again in {seconds} s)"))
                .unwrap_or_default();
            self.failed(&format!("not posted: {text}: {reason}{again}"));
        }
    }

    async fn list(&self, words: &str) -> Result<(), Failure> {
        let rooms = self.client.rooms(words).await?;
        for room in &rooms {
            self.screen.room(room, self.rooms.contains_key(&room.uri));
        }
        if rooms.is_empty() {
            self.screen.answer("There is no such room.");
        }
        Ok(())
    }

    async fn join(&mut self, name: &str) -> Result<(), Failure> {
        let found = self.client.rooms(name).await?;
        let same = |room: &&Room| room.name.to_lowercase() == name.to_lowercase();
        let Some(room) = found.iter().find(same) else {
            return Err(Failure(format!(
                "there is no room '{name}', or it is not for you"
            )));
        };
        let room = self.client.join(&room.uri).await?;
        let uri = room.uri.clone();
        self.screen.info(&format!(
            "You are in {}, with {} in all.",
            room.name,
            room.participants.len()
        ));
        self.enter(room, 0);
        self.current = Some(uri.clone());
        // At least one, to know what comes after it.
        let messages = self.client.history(&uri, self.history.max(1)).await?;
        if self.history > 0 {
            messages.iter().for_each(|message| self.show(message));
        } else if let Some(room) = self.rooms.get_mut(&uri) {
            room.seen = messages
                .iter()
                .filter_map(|message| message.chat_id)
                .max()
                .unwrap_or(0);
        }
        Ok(())
    }

    /// Takes note of a room; messages up to `seen` have been shown.
    fn enter(&mut self, room: Room, seen: u64) {
        let users = room.participants.into_iter();
        let users = users
            .map(|user| (user.user.clone(), user.name.unwrap_or(user.user)))
            .collect();
        self.rooms.insert(
            room.uri,
            Entered {
                name: room.name,
                seen,
                users,
            },
        );
    }

    fn switch(&mut self, name: &str) -> Result<(), Failure> {
        let same = |room: &Entered| room.name.to_lowercase() == name.to_lowercase();
        let Some((uri, room)) = self.rooms.iter().find(|(_, room)| same(room)) else {
            return Err(Failure(format!("you are not in '{name}'; /join enters it")));
        };
        self.screen.info(&format!("Your lines go to {} now.", room.name));
        self.current = Some(uri.clone());
        Ok(())
    }

    async fn part(&mut self) -> Result<(), Failure> {
        let (uri, _) = self.current()?;
        let uri = uri.clone();
        // Lines that were typed before belong to the room: they are through before it is left.
        while let Some(posted) = self.posts.join_next().await {
            if let Ok(posted) = posted {
                self.posted(posted);
            }
        }
        self.client.part(&uri).await?;
        self.leave(&uri, "You left");
        Ok(())
    }

    fn leave(&mut self, uri: &RoomUri, how: &str) {
        let Some(room) = self.rooms.remove(uri) else {
            return;
        };
        if self.current.as_ref() == Some(uri) {
            self.current = self.rooms.keys().next().cloned();
        }
        let next = self.current.as_ref().and_then(|uri| self.rooms.get(uri));
        let next = next
            .map(|next| format!(" Your lines go to {} now.", next.name))
            .unwrap_or_default();
        self.screen.info(&format!("{how} {}.{next}", room.name));
    }

    async fn show_history(&mut self, count: &str) -> Result<(), Failure> {
        let wrong = || Failure(format!("'{count}' is not a number of messages"));
        let count = if count.is_empty() {
            self.history
        } else {
            count.parse().map_err(|_| wrong())?
        };
        let (uri, _) = self.current()?;
        for message in &self.client.history(uri, count).await? {
            self.print(message);
        }
        Ok(())
    }

    /// Shows a message if it wasn't: history and what comes live overlap.
    fn show(&mut self, message: &Message) {
        if let (Some(room), Some(number)) = (self.rooms.get_mut(&message.room), message.chat_id) {
            if number <= room.seen {
                return;
            }
            room.seen = number;
        }
        self.print(message);
    }

    fn print(&self, message: &Message) {
        let room = self.rooms.get(&message.room).filter(|_| self.rooms.len() > 1);
        let own = message.author == self.options.address.as_str();
        self.screen.message(
            message,
            own,
            room.map(|room| &*room.name),
            self.options.clock.now(),
        );
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Message(message) => self.show(&message),
            Event::Joined { room, user } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    self.screen.info(&format!("{user} entered {}.", room.name));
                    room.users.entry(user.clone()).or_insert(user);
                }
            }
            Event::Parted { room, user } if user == self.options.address.as_str() => {
                self.leave(&room, "You were removed from");
            }
            Event::Parted { room, user } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    self.screen.info(&format!("{user} left {}.", room.name));
                    room.users.remove(&user);
                }
            }
            Event::SignedOut { reason } => self.screen.error(&format!("the server signs you out: {reason}")),
            Event::Closed(_) => {}
        }
    }

    /// The connection is lost: comes back, unless there is nothing left to do or it can't succeed.
    async fn lost(&mut self, error: &ClientError, input: &mut Input, over: bool) -> Result<()> {
        while let Some(posted) = self.posts.join_next().await {
            self.posted(posted?);
        }
        if over || is_final(error) {
            bail!("{error}");
        }
        self.screen.error(&format!("{error}; trying to come back"));
        let mut pause = FIRST_PAUSE;
        let mut ended = false;
        loop {
            let pausing = tokio::time::sleep(pause);
            let attempt = async {
                pausing.await;
                self.come_back().await
            };
            tokio::pin!(attempt);
            let result = loop {
                tokio::select! {
                    result = &mut attempt => break result,
                    line = input.fresh(), if !ended => match line {
                        Some(line) if line.trim() == "/quit" => bail!("{error}"),
                        Some(line) => input.keep(line),
                        None => ended = true,
                    },
                    _ = tokio::signal::ctrl_c() => bail!("{error}"),
                }
            };
            match result {
                Ok(()) => return Ok(()),
                Err(error) if is_final(&error) => bail!("{error}"),
                Err(_) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }

    /// Connects anew, enters the rooms and shows what was missed.
    async fn come_back(&mut self) -> Result<(), ClientError> {
        let gone = |error: CallError| match error {
            CallError::Closed(error) => error,
            other => ClientError::Protocol(other.to_string()),
        };
        let (client, events) = Client::connect(&self.options).await?;
        let uris: Vec<RoomUri> = self.rooms.keys().cloned().collect();
        let joined = if uris.is_empty() {
            None
        } else {
            Some(client.join_many(&uris).await.map_err(gone)?)
        };
        (self.client, self.events) = (client, events);
        self.screen.info("You are back.");
        let joined = joined.unwrap_or_default();
        for failure in joined.failures {
            self.leave(&failure.room, "You can't come back to");
        }
        for room in joined.rooms {
            let (uri, seen) = (
                room.uri.clone(),
                self.rooms.get(&room.uri).map_or(0, |room| room.seen),
            );
            self.enter(room, seen);
            let messages = self.client.history(&uri, CATCH_UP).await.map_err(gone)?;
            let first = messages.iter().find_map(|message| message.chat_id).unwrap_or(0);
            if seen > 0 && first > seen + 1 {
                self.screen.info(&format!(
                    "{} messages before these were missed.",
                    first - seen - 1
                ));
            }
            messages.iter().for_each(|message| self.show(message));
        }
        Ok(())
    }
}

/// Whether trying again can't help.
fn is_final(error: &ClientError) -> bool {
    use ClientError::{
        Address, CertificateName, CertificateNotTrusted, ChatDisabled, Left, Refused, Scheme, SignedOut,
        Trust, WrongPassword,
    };
    match error {
        Address(_)
        | CertificateName { .. }
        | CertificateNotTrusted { .. }
        | ChatDisabled
        | Left
        | Scheme(_) => true,
        SignedOut(_) | Trust(_) | WrongPassword => true,
        Refused { status, .. } => *status < 500,
        _ => false,
    }
}
