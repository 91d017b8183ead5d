//! The transaction: what two people do in a room, step by step, each with its time.

use causerie_client::{
    CallError, Client, ClientError, ConnectOptions, Event, Events, Message, PostError, RoomUri,
    SIGN_OUT_DEADLINE, Stage,
};
use causerie_model::SipAddress;
use std::{fmt, future::Future, pin::pin, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};

/// How many messages of the room are read to find the two.
const HISTORY: u32 = 50;

/// What is to be done.
pub(super) struct Plan {
    /// Who posts first.
    pub(super) sender: ConnectOptions,
    /// Who answers.
    pub(super) receiver: ConnectOptions,
    /// The room's name or URI.
    pub(super) room: String,
    /// How long each step may take.
    pub(super) timeout: Duration,
    /// What the messages begin with; tells this run from every other.
    pub(super) mark: String,
}

/// One thing that a user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Resolve,
    Connect,
    Secure,
    SignIn,
    Provision,
    Enter,
    FindRoom,
    Join,
    Post,
    Delivery,
    History,
    Part,
    SignOut,
}

impl Step {
    fn of(stage: Stage) -> Self {
        match stage {
            Stage::Resolve => Self::Resolve,
            Stage::Connect => Self::Connect,
            Stage::Secure => Self::Secure,
            Stage::Register => Self::SignIn,
            Stage::Provision => Self::Provision,
            Stage::Enter => Self::Enter,
        }
    }

    /// Its name, for people and programs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Secure => "tls",
            Self::SignIn => "sign-in",
            Self::Provision => "provisioning",
            Self::Enter => "chat-service",
            Self::FindRoom => "find-room",
            Self::Join => "join",
            Self::Post => "post",
            Self::Delivery => "delivery",
            Self::History => "history",
            Self::Part => "part",
            Self::SignOut => "sign-out",
        }
    }
}

/// Why a step failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// There is no connection (any more).
    Client(ClientError),
    /// A command was refused, or not answered.
    Call(CallError),
    /// A message wasn't taken.
    Post(PostError),
    /// The search shows no such room.
    NoRoom,
    /// The history isn't: question once, then answer once.
    History,
    /// It took longer than this.
    Late(Duration),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(error) => error.fmt(f),
            Self::Call(error) => error.fmt(f),
            Self::Post(error) => error.fmt(f),
            Self::NoRoom => f.write_str("the user finds no such room"),
            Self::History => {
                f.write_str("the room's history doesn't hold both messages, each once and in their order")
            }
            Self::Late(limit) => write!(f, "not done within {} s", limit.as_secs()),
        }
    }
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Closed(error) => Self::Client(error),
            other => Self::Call(other),
        }
    }
}

/// A step that was begun.
pub(super) struct Taken {
    pub(super) step: Step,
    pub(super) user: SipAddress,
    /// How long it took. A delivery counts from when the message was sent.
    pub(super) time: Duration,
    /// Nothing, if it succeeded.
    pub(super) fault: Option<Fault>,
}

/// What came of it.
pub(super) struct Outcome {
    /// The steps in their order; only the last may have failed.
    pub(super) steps: Vec<Taken>,
    /// How long all of it took.
    pub(super) latency: Duration,
}

impl Outcome {
    /// The step that failed, and why.
    pub(super) fn failure(&self) -> Option<(&Taken, &Fault)> {
        let last = self.steps.last()?;
        last.fault.as_ref().map(|fault| (last, fault))
    }
}

/// Carries it out, up to the first step that fails. After a failure whoever is signed in only hangs up, which ends his
/// sign-in too: a server in trouble isn't waited for.
pub(super) async fn run(plan: &Plan) -> Outcome {
    let started = Instant::now();
    let mut run = Run {
        plan,
        steps: Vec::new(),
    };
    // Its last step says whether it stopped.
    let _ = run.transaction().await;
    let latency = started.elapsed();
    Outcome {
        steps: run.steps,
        latency,
    }
}

/// The transaction goes no further: the last step failed.
struct Stop;

struct Run<'a> {
    plan: &'a Plan,
    steps: Vec<Taken>,
}

/// A user who is signed in.
struct Person {
    user: SipAddress,
    client: Client,
    events: Events,
}

impl Run<'_> {
    async fn transaction(&mut self) -> Result<(), Stop> {
        let mut sender = self.sign_in(&self.plan.sender).await?;
        let mut receiver = self.sign_in(&self.plan.receiver).await?;
        let room = self.join(&sender).await?;
        self.join(&receiver).await?;
        let question = format!("{}: can you read this?", self.plan.mark);
        let answer = format!("{}: yes", self.plan.mark);
        self.exchange(&sender, &mut receiver, &room, &question).await?;
        self.exchange(&receiver, &mut sender, &room, &answer).await?;
        self.history(&sender, &room, [&question, &answer]).await?;
        for person in [&sender, &receiver] {
            let parting = async { Ok(person.client.part(&room).await?) };
            self.step(Step::Part, &person.user, parting).await?;
        }
        for person in [sender, receiver] {
            self.sign_out(person).await?;
        }
        Ok(())
    }

    fn record(&mut self, step: Step, user: &SipAddress, time: Duration, fault: Option<Fault>) {
        self.steps.push(Taken {
            step,
            user: user.clone(),
            time,
            fault,
        });
    }

    /// Records a step that ended now.
    fn took<T>(
        &mut self,
        step: Step,
        user: &SipAddress,
        since: Instant,
        result: Result<T, Fault>,
    ) -> Result<T, Stop> {
        let (result, fault) = match result {
            Ok(value) => (Ok(value), None),
            Err(fault) => (Err(Stop), Some(fault)),
        };
        self.record(step, user, since.elapsed(), fault);
        result
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let limit = self.plan.timeout;
        timeout(limit, work).await.unwrap_or(Err(Fault::Late(limit)))
    }

    async fn step<T>(
        &mut self,
        step: Step,
        user: &SipAddress,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Stop> {
        let since = Instant::now();
        let result = self.in_time(work).await;
        self.took(step, user, since, result)
    }

    /// Connects and signs in; each stage is a step.
    async fn sign_in(&mut self, options: &ConnectOptions) -> Result<Person, Stop> {
        let (tell, mut begun) = mpsc::unbounded_channel();
        let mut options = options.clone();
        options.on_stage = Some(Arc::new(move |stage| {
            // When nobody listens any more, the sign-in was given up.
            let _ = tell.send((Step::of(stage), Instant::now()));
        }));
        let user = options.address.clone();
        let mut connecting = pin!(Client::connect(&options));
        let (mut step, mut since) = (Step::Resolve, Instant::now());
        loop {
            let limit = self.plan.timeout;
            let mut begins = None;
            let result = tokio::select! {
                biased;
                stage = begun.recv() => {
                    begins = stage;
                    None
                }
                result = &mut connecting => Some(result.map_err(Fault::Client)),
                () = sleep_until(since + limit) => Some(Err(Fault::Late(limit))),
            };
            // It may have gone through several before it ended.
            while let Some((next, at)) = begins.take().or_else(|| begun.try_recv().ok()) {
                if next != step {
                    self.record(step, &user, at.duration_since(since), None);
                    (step, since) = (next, at);
                }
            }
            if let Some(result) = result {
                let (client, events) = self.took(step, &user, since, result)?;
                return Ok(Person { user, client, events });
            }
        }
    }

    /// Finds the room, unless its URI is known, and enters it.
    async fn join(&mut self, person: &Person) -> Result<RoomUri, Stop> {
        let name = &self.plan.room;
        let uri = match name.parse::<RoomUri>() {
            Ok(uri) => uri,
            Err(_) => {
                let finding = async {
                    let rooms = person.client.rooms(name).await?;
                    let same = rooms
                        .into_iter()
                        .find(|room| room.name.to_lowercase() == name.to_lowercase());
                    same.map(|room| room.uri).ok_or(Fault::NoRoom)
                };
                self.step(Step::FindRoom, &person.user, finding).await?
            }
        };
        let joining = async { Ok(person.client.join(&uri).await?.uri) };
        self.step(Step::Join, &person.user, joining).await
    }

    /// One posts, the other gets it.
    async fn exchange(
        &mut self,
        from: &Person,
        to: &mut Person,
        room: &RoomUri,
        text: &str,
    ) -> Result<(), Stop> {
        let since = Instant::now();
        let posting = async { from.client.post(room, text).await.map_err(Fault::Post) };
        self.step(Step::Post, &from.user, posting).await?;
        let wanted = |message: &Message| {
            message.room == *room && message.author == from.user.as_str() && message.text == text
        };
        let result = self.in_time(arrival(&mut to.events, wanted)).await;
        self.took(Step::Delivery, &to.user, since, result)
    }

    /// The two messages are in the room's history, each once and in their order.
    async fn history(&mut self, reader: &Person, room: &RoomUri, texts: [&str; 2]) -> Result<(), Stop> {
        let reading = async {
            let messages = reader.client.history(room, HISTORY).await?;
            let of_this_run = messages.iter().map(|message| message.text.as_str());
            if of_this_run.filter(|text| texts.contains(text)).eq(texts) {
                Ok(())
            } else {
                Err(Fault::History)
            }
        };
        self.step(Step::History, &reader.user, reading).await
    }

    async fn sign_out(&mut self, person: Person) -> Result<(), Stop> {
        let Person {
            user,
            client,
            mut events,
        } = person;
        // The client itself waits no longer, and then doesn't say that nobody answered.
        let limit = self.plan.timeout.min(SIGN_OUT_DEADLINE);
        let leaving = async {
            client.sign_out().await;
            while let Some(event) = events.next().await {
                if let Event::Closed(error) = event
                    && error != ClientError::Left
                {
                    return Err(Fault::Client(error));
                }
            }
            Ok(())
        };
        let since = Instant::now();
        let result = timeout(limit, leaving).await.unwrap_or(Err(Fault::Late(limit)));
        self.took(Step::SignOut, &user, since, result)
    }
}

/// Waits for that message.
async fn arrival(events: &mut Events, wanted: impl Fn(&Message) -> bool) -> Result<(), Fault> {
    loop {
        match events.next().await {
            Some(Event::Message(message)) if wanted(&message) => return Ok(()),
            Some(Event::Closed(error)) => return Err(Fault::Client(error)),
            Some(_) => {}
            None => return Err(Fault::Client(ClientError::Left)),
        }
    }
}
