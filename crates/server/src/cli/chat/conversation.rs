//! The conversation: rooms, lines, commands, and coming back after a lost connection.

use super::{
    input::Input,
    screen::{Screen, clean},
    words::{how_many, not_posted, perhaps_posted, told},
};
use anyhow::{Result, bail};
use causerie_client::{
    CallError, Client, ClientError, ConnectOptions, Event, Events, Message, PostError, Room, RoomUri,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
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
    /// The addresses of those who are in it.
    users: BTreeSet<String>,
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
            CallError::Closed(error) => told(&error),
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
    /// Where lines go. When this room is left nothing takes its place: a line must not go where it wasn't meant to.
    current: Option<RoomUri>,
    /// The display names that were heard of, by address.
    names: BTreeMap<String, String>,
    /// Posts without an answer, each with its text.
    posts: JoinSet<(String, Result<(), PostError>)>,
    failures: u32,
    /// Why the first of them was none.
    first_failure: String,
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
            names: BTreeMap::new(),
            posts: JoinSet::new(),
            failures: 0,
            first_failure: String::new(),
        };
        if let Some(room) = room
            && let Err(Failure(reason)) = conversation.join(room).await
        {
            conversation.client.sign_out().await;
            bail!("{room}: {reason}");
        }
        conversation.converse(&mut input).await?;
        conversation.client.sign_out().await;
        match (conversation.failures, conversation.first_failure) {
            (0, _) => Ok(()),
            (1, first) => bail!("one thing could not be done: {first}"),
            (many, first) => bail!("{many} things could not be done; the first: {first}"),
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
        if self.failures == 1 {
            self.first_failure = clean(reason);
        }
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
                let names = room.users.iter().map(|address| match self.names.get(address) {
                    Some(name) => format!("{name} <{address}>"),
                    None => address.clone(),
                });
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
        uri.and_then(|uri| self.rooms.get_key_value(uri)).ok_or_else(|| {
            let reason = if self.rooms.is_empty() {
                "you are in no room: /join one first, /rooms lists them"
            } else {
                "choose a room with /room NAME"
            };
            Failure(reason.to_owned())
        })
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
        match result {
            Ok(()) => {}
            Err(error) if error.is_unknown() => self.failed(&perhaps_posted(&text)),
            Err(PostError {
                reason, retry_after, ..
            }) => self.failed(&not_posted(&reason, retry_after, &text)),
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
            "You are in {}.{}",
            room.name,
            how_many(room.participants.len())
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
        let mut users = BTreeSet::new();
        for participant in room.participants {
            self.hear(&participant.user, participant.name);
            users.insert(participant.user);
        }
        self.rooms.insert(
            room.uri,
            Entered {
                name: room.name,
                seen,
                users,
            },
        );
    }

    fn hear(&mut self, address: &str, name: Option<String>) {
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            self.names.insert(address.to_owned(), name);
        }
    }

    /// The display name, or else the address.
    fn name<'a>(&'a self, address: &'a str) -> &'a str {
        self.names.get(address).map_or(address, String::as_str)
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
        let mut next = "";
        if self.current.as_ref() == Some(uri) {
            self.current = None;
            if !self.rooms.is_empty() {
                next = " Choose a room with /room NAME.";
            }
        }
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
            self.hear(&message.author, message.author_name.clone());
            self.print(message);
        }
        Ok(())
    }

    /// Shows a message if it wasn't: history and what comes live overlap.
    fn show(&mut self, message: &Message) {
        self.hear(&message.author, message.author_name.clone());
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
                if let Some(room) = self.rooms.get(&room) {
                    let text = format!("{} entered {}.", self.name(&user), room.name);
                    self.screen.info(&text);
                }
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.users.insert(user);
                }
            }
            Event::Parted { room, user } if user == self.options.address.as_str() => {
                self.leave(&room, "You were removed from");
            }
            Event::Parted { room, user } => {
                if let Some(room) = self.rooms.get(&room) {
                    let text = format!("{} left {}.", self.name(&user), room.name);
                    self.screen.info(&text);
                }
                if let Some(room) = self.rooms.get_mut(&room) {
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
            bail!(told(error));
        }
        self.screen.error("connection lost; trying to come back");
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
                        Some(line) if line.trim() == "/quit" => bail!(told(error)),
                        Some(line) => input.keep(line),
                        None => ended = true,
                    },
                    _ = tokio::signal::ctrl_c() => bail!(told(error)),
                }
            };
            match result {
                Ok(()) => return Ok(()),
                Err(error) if is_final(&error) => bail!(told(&error)),
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
