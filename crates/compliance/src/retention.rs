//! Retention: how long records are kept, what would go, and making it go.

use crate::{
    Change, Compliance, ComplianceError, Fate, Officer, Progress,
    documents::{self, Erasure, Retention, Scope},
    fate::Rules,
    intake::lost,
    scribe::Decision,
};
use causerie_model::{ChainId, ChatId, Event, StoreError, StoreFault, Timestamp, chat_id_ranges};
use causerie_queue::MAX_ERASED;
use causerie_records::{Addition, ChainHead, ChainSpan, Retirement, Stored};
use serde::Deserialize;
use std::collections::BTreeMap;

/// So many records of a chain are decided and destroyed in one commit.
pub const CHUNK: u32 = 1_000;

const _: () = assert!(
    CHUNK as usize <= MAX_ERASED,
    "the messages of a chunk go in one call"
);

/// What goes and what stays, if retention is applied now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// As of this moment.
    pub at: Timestamp,
    /// Of the records up to this position.
    pub up_to: u64,
    /// By chain and fate.
    pub lines: BTreeMap<(ChainId, Fate), Tally>,
}

/// How much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// So many records.
    pub records: u64,
    /// So many bytes of actors and bodies, which is what goes if they do.
    pub bytes: u64,
    /// So many messages go from the rooms' history with them. In a plan it is how many the rooms got: one that an
    /// administrator has removed since counts all the same.
    pub messages: u64,
}

impl Tally {
    fn add(&mut self, stored: &Stored) {
        self.records += 1;
        self.bytes += (stored.record.actor.len() + stored.record.body.len()) as u64;
    }

    fn append(&mut self, other: &Self) {
        self.records += other.records;
        self.bytes += other.bytes;
        self.messages += other.messages;
    }
}

/// What retention destroyed, and why the rest stayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// What went.
    pub gone: Tally,
    /// What of the rooms stayed, all rooms together, by why. What went before isn't in it.
    pub stays: BTreeMap<Fate, Tally>,
}

impl Applied {
    fn append(&mut self, other: Self) {
        self.gone.append(&other.gone);
        for (fate, tally) in other.stays {
            self.stays.entry(fate).or_default().append(&tally);
        }
    }
}

impl Plan {
    /// How much goes.
    #[must_use]
    pub fn goes(&self) -> Tally {
        self.total(true)
    }

    /// How much stays, that which went before included.
    #[must_use]
    pub fn stays(&self) -> Tally {
        self.total(false)
    }

    fn total(&self, goes: bool) -> Tally {
        let of = self.lines.iter().filter(|((_, fate), _)| fate.goes() == goes);
        let mut total = Tally::default();
        of.for_each(|(_, tally)| total.append(tally));
        total
    }
}

impl Compliance {
    /// All policies, by scope.
    ///
    /// # Errors
    /// [`ComplianceError::Store`].
    pub async fn retention_policies(&self) -> Result<BTreeMap<String, Retention>, ComplianceError> {
        Ok(documents::load_all(&*self.needs().records).await?)
    }

    /// Sets how long records of a scope are kept. Nothing goes before retention is applied.
    ///
    /// # Errors
    /// [`ComplianceError::Refused`] if it is less than the configured minimum; [`ComplianceError::Unknown`] if there is no
    /// such room or category; [`ComplianceError::Store`].
    pub async fn set_retention(
        &self,
        officer: &Officer,
        scope: Scope,
        keep_days: u32,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        let minimum = self.settings().minimum_retention_days;
        if keep_days < minimum {
            return Err(ComplianceError::Refused(format!(
                "records are kept for {minimum} days at least, as the server is set up; {keep_days} is less"
            )));
        }
        self.check_scope(scope).await?;
        self.change_retention(officer, scope, Some(Retention { keep_days }), what_if)
            .await
    }

    /// Removes a policy: what it was for is kept as the next wider one says, or for ever.
    ///
    /// # Errors
    /// [`ComplianceError::Unknown`] if there is none; [`ComplianceError::Store`].
    pub async fn remove_retention(
        &self,
        officer: &Officer,
        scope: Scope,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        self.change_retention(officer, scope, None, what_if).await
    }

    async fn check_scope(&self, scope: Scope) -> Result<(), ComplianceError> {
        let records = &*self.needs().records;
        let (what, known) = match scope {
            Scope::Global => return Ok(()),
            Scope::Category(guid) => {
                let known: Option<documents::Category> = documents::load(records, guid).await?;
                // A category is known by its rooms, too.
                let rooms = documents::load_all::<documents::Room>(records).await?;
                let has_room = rooms.values().any(|room| room.category == guid);
                ("category", known.is_some() || has_room)
            }
            Scope::Room(room) => ("room", records.head(ChainId::Room(room)).await?.number > 0),
        };
        if known {
            return Ok(());
        }
        let name = scope.to_string();
        Err(ComplianceError::Unknown { what, name })
    }

    async fn change_retention(
        &self,
        officer: &Officer,
        scope: Scope,
        policy: Option<Retention>,
        what_if: bool,
    ) -> Result<Change, ComplianceError> {
        self.change_documents(officer, what_if, |_| async move {
            let before: Option<Retention> = documents::load(&*self.needs().records, scope).await?;
            if before.is_none() && policy.is_none() {
                return Err(ComplianceError::Unknown {
                    what: "retention policy",
                    name: scope.to_string(),
                });
            }
            let set = policy.as_ref();
            let change = Change::new(
                if set.is_some() {
                    "retention.set"
                } else {
                    "retention.remove"
                },
                scope.to_string(),
                before.as_ref().map(documents::text).unwrap_or_default(),
                set.map(documents::text).unwrap_or_default(),
            );
            let document = set.map_or_else(
                || documents::gone::<Retention>(scope),
                |policy| documents::put(scope, policy),
            );
            Ok((change, vec![document]))
        })
        .await
    }

    /// What would go and what would stay, and by which rule, if retention were applied now. Changes nothing.
    ///
    /// `progress` is told how many of how many records were decided.
    ///
    /// # Errors
    /// [`ComplianceError::Store`]; [`ComplianceError::Damaged`] if a checkpoint or policy can't be read.
    pub async fn retention_plan(&self, progress: Progress<'_>) -> Result<Plan, ComplianceError> {
        let records = &*self.needs().records;
        let rules = self.rules().await?;
        let up_to = records.end().await?;
        let mut plan = Plan {
            at: self.needs().clock.now(),
            up_to,
            lines: BTreeMap::new(),
        };
        let spans = self.spans(0, up_to).await?;
        let all = spans.iter().map(|span| span.records).sum();
        let mut done = 0;
        for span in spans {
            let policy = rules.policy(span.chain, self.room_of(span.chain).await?.as_ref());
            let mut after = span.first.saturating_sub(1);
            loop {
                self.goes_on()?;
                let page = records.of_chain(span.chain, after, span.last, CHUNK).await?;
                let Some(last) = page.last() else { break };
                after = last.record.number;
                for stored in &page {
                    let (fate, message) = decide(&rules, stored, &policy);
                    let tally = plan.lines.entry((span.chain, fate)).or_default();
                    tally.add(stored);
                    tally.messages += u64::from(message.is_some());
                }
                done += page.len() as u64;
                progress(done, all);
            }
        }
        Ok(plan)
    }

    /// Destroys the content of what may go: the records' places and hashes stay, so that chains and checkpoints verify, and
    /// `RETIRED` records say what went and by which rule. Goes by chunks of [`CHUNK`] records; each is decided in the commit
    /// that destroys it, so that a hold that is placed meanwhile wins. Interrupted, it is just applied again.
    ///
    /// The messages of a chunk go from their room right after: the commit that destroys their records notes which they are, and
    /// the note stays until the chat server has taken them out. Who is cut short in between has it done after his next start.
    /// A hold that comes before that commit keeps both, one that comes after it neither.
    ///
    /// `progress` is told how many of how many records were decided.
    ///
    /// # Errors
    /// As [`Compliance::retention_plan`]; [`ComplianceError::Erasure`] if the chat server can't be reached, and
    /// [`ComplianceError::Busy`] if another service has its queue, or somebody applies retention already: then nothing of that
    /// chunk goes.
    /// [`ComplianceError::ErasureWaits`] if it can't be any more when the records are gone: their messages are still to go. What was
    /// destroyed before the error stays so and is recorded.
    pub async fn retention_apply(
        &self,
        officer: &Officer,
        progress: Progress<'_>,
    ) -> Result<Applied, ComplianceError> {
        let records = &*self.needs().records;
        let Ok(_one) = self.inner.applying.try_lock() else {
            return Err(ComplianceError::Busy(
                "retention is applied just now: look again when that is done".to_owned(),
            ));
        };
        // What is left of the last time.
        let noted = self.erase_noted().await?;
        if let Some(error) = noted.waits {
            return Err(error);
        }
        let mut total = Applied::default();
        total.gone.messages = noted.messages;
        let end = records.end().await?;
        let spans = self.spans(0, end).await?;
        let rooms: Vec<ChainSpan> = spans
            .into_iter()
            .filter(|span| matches!(span.chain, ChainId::Room(_)))
            .collect();
        let all = rooms.iter().map(|span| span.records).sum();
        let mut done = 0;
        for span in &rooms {
            let mut after = span.first.saturating_sub(1);
            while after < span.last {
                self.goes_on()?;
                let (next, seen, applied) = self.retire_chunk(officer, span, after).await?;
                (after, done) = (next, done + seen);
                total.append(applied);
                progress(done, all);
            }
        }
        Ok(total)
    }

    /// Decides and destroys one chunk. Gives the number of its last record, how many it has, and what went and stayed.
    async fn retire_chunk(
        &self,
        officer: &Officer,
        span: &ChainSpan,
        after: u64,
    ) -> Result<(u64, u64, Applied), ComplianceError> {
        let records = &*self.needs().records;
        // From the note on, so that the messages are counted here.
        let _one = self.inner.erasing.lock().await;
        let decided = self.act(officer, |head| async move {
            let rules = self.rules().await?;
            let policy = rules.policy(span.chain, self.room_of(span.chain).await?.as_ref());
            let page = records.of_chain(span.chain, after, span.last, CHUNK).await?;
            let (mut applied, mut stretches) = (Applied::default(), Vec::<Stretch>::new());
            for stored in &page {
                match decide(&rules, stored, &policy) {
                    (Fate::Goes(rule), message) => {
                        applied.gone.add(stored);
                        Stretch::extend(&mut stretches, stored.record.number, &rule, message);
                    }
                    (Fate::Gone, _) => {}
                    (fate, _) => applied.stays.entry(fate).or_default().add(stored),
                }
            }
            let erasure = erasure(&head, span.chain, &stretches);
            if erasure.is_some() {
                self.reach_rooms().await?;
            }
            let numbers: Vec<u64> = stretches
                .iter()
                .flat_map(|stretch| stretch.first..=stretch.last)
                .collect();
            let retired = if numbers.is_empty() {
                Vec::new()
            } else {
                vec![Retirement {
                    chain: span.chain,
                    numbers,
                }]
            };
            let note = erasure
                .iter()
                .map(|erasure| documents::put(erasure.first, erasure));
            let last = page.last().map_or(span.last, |stored| stored.record.number);
            Ok(Decision {
                events: stretches
                    .into_iter()
                    .map(|stretch| stretch.event(span.chain))
                    .collect(),
                addition: Addition {
                    documents: note.collect(),
                    retired,
                    ..Addition::default()
                },
                answer: (last, page.len() as u64, applied, erasure),
            })
        });
        let (last, seen, mut applied, erasure) = decided.await?;
        if let Some(erasure) = erasure {
            applied.gone.messages = self.erase(&erasure).await.map_err(|error| match error {
                ComplianceError::Busy(why) => {
                    ComplianceError::ErasureWaits(StoreError::new(StoreFault::Unavailable, why))
                }
                error => error,
            })?;
        }
        Ok((last, seen, applied))
    }

    /// An error if nothing could be taken out of rooms just now. Then no record goes either.
    async fn reach_rooms(&self) -> Result<(), ComplianceError> {
        let lease = self.queue_lease().await.map_err(not_erased)?;
        let (queue, now) = (&self.needs().queue, self.needs().clock.now());
        // Nothing of what waits, only whether it is there and would be given.
        let reached = queue.waiting(&lease, now, 0).await;
        reached.map(drop).map_err(|error| not_erased(lost(error)))
    }
}

/// What kept the chat server from taking messages out of a room.
fn not_erased(error: ComplianceError) -> ComplianceError {
    match error {
        ComplianceError::Store(error) => ComplianceError::Erasure(error),
        other => other,
    }
}

/// What of the body of a `CHAT` record tells which message it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    chat_id: u64,
    kept: bool,
}

/// What becomes of a record, and the message that goes from its room with it.
fn decide(
    rules: &Rules,
    stored: &Stored,
    policy: &Result<(Scope, Retention), Fate>,
) -> (Fate, Option<(ChatId, Timestamp)>) {
    let fate = rules.fate(stored, policy);
    if !fate.goes() {
        return (fate, None);
    }
    match message_of(stored) {
        Ok(message) => (fate, message),
        Err(_) => (Fate::Untold, None),
    }
}

/// The message that a room got with this record, which has its time; `None` if it is of something else, or the room keeps no
/// messages.
fn message_of(stored: &Stored) -> Result<Option<(ChatId, Timestamp)>, serde_json::Error> {
    let record = &stored.record;
    if record.kind != "CHAT" {
        return Ok(None);
    }
    let posted: Posted = serde_json::from_str(&record.body)?;
    Ok(posted.kept.then_some((ChatId(posted.chat_id), record.at)))
}

/// Records that go, one after the other. It has no gap: what isn't destroyed isn't said to be.
struct Stretch {
    first: u64,
    last: u64,
    rule: String,
    /// The messages that go with them.
    messages: Vec<(ChatId, Timestamp)>,
}

impl Stretch {
    /// Adds a record to the last of these, or to another if there is a gap.
    fn extend(all: &mut Vec<Self>, number: u64, rule: &str, message: Option<(ChatId, Timestamp)>) {
        match all.last_mut() {
            Some(stretch) if stretch.last.saturating_add(1) == number => {
                stretch.last = number;
                stretch.messages.extend(message);
            }
            _ => all.push(Self {
                first: number,
                last: number,
                rule: rule.to_owned(),
                messages: message.into_iter().collect(),
            }),
        }
    }

    fn event(self, chain: ChainId) -> Event {
        Event::Retired {
            chain,
            first: self.first,
            last: self.last,
            records: self.last - self.first + 1,
            messages: chat_id_ranges(self.messages.into_iter().map(|(id, _)| id)),
            rule: self.rule,
        }
    }
}

/// What is noted of the messages that go with these, if there are any: their records are the next of the service's own chain.
fn erasure(head: &ChainHead, chain: ChainId, stretches: &[Stretch]) -> Option<Erasure> {
    let ChainId::Room(room) = chain else { return None };
    let is_of_messages = stretches.iter().any(|stretch| !stretch.messages.is_empty());
    is_of_messages.then(|| Erasure {
        first: head.number.saturating_add(1),
        messages: stretches
            .iter()
            .map(|stretch| stretch.messages.iter().map(|(id, at)| (id.0, at.0)).collect())
            .collect(),
        room: room.0,
    })
}
