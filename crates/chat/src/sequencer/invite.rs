//! Invitations. Who became a member of a room waits in the store's queue, put there in the commit that made him one. A task
//! of its own, the inviter, opens groups and issues invitations piece by piece, so that nobody waits for a large group.

use super::{Command, Effect, Round, Sequencer};
use crate::{Inner, InvitedTo, Needs, Outcome, Refusal, delivery::Notice};
use causerie_model::{Clock, EndpointId, PrincipalId};
use causerie_policy::{Action, Asker, decide};
use causerie_store::{Invitation, Invitations, PendingInvitation, StoreError, StoreFault, meter};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};

/// Users who are invited in one commit.
pub const INVITATION_CHUNK: usize = 256;

/// Most invitations of one answer. Who gets so many asks for those after the last.
pub const MAX_INVITATIONS: u32 = 256;

/// How long the store is left alone after it refused.
const RETRY: Duration = Duration::from_secs(1);

/// Issues what waits, and what will.
struct Inviter {
    inner: Arc<Inner>,
    invitations: Arc<dyn Invitations>,
    clock: Arc<dyn Clock>,
    commands: mpsc::WeakSender<Command>,
}

/// Why the inviter stops for now.
enum Halt {
    /// The service has ended.
    End,
    /// The store refuses.
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Starts the inviter. It ends with what is returned, by which it is told that somebody waits.
pub(super) fn start(
    inner: Arc<Inner>,
    commands: mpsc::WeakSender<Command>,
    needs: &Needs,
) -> watch::Sender<()> {
    let inviter = Inviter {
        inner,
        invitations: needs.invitations.clone(),
        clock: needs.clock.clone(),
        commands,
    };
    let (told, telling) = watch::channel(());
    tokio::spawn(inviter.run(telling));
    told
}

impl Inviter {
    async fn run(self, mut telling: watch::Receiver<()>) {
        let mut refused = false;
        loop {
            match self.issue_all().await {
                Ok(()) => {
                    refused = false;
                    if telling.changed().await.is_err() {
                        return;
                    }
                }
                Err(Halt::Store(error)) if error.fault != StoreFault::SyncFailed => {
                    if !refused {
                        tracing::warn!(%error, "Invitations can't be issued now; it is tried again.");
                    }
                    refused = true;
                    tokio::time::sleep(RETRY).await;
                    if telling.has_changed().is_err() {
                        return;
                    }
                }
                // What waits is issued when the program starts anew.
                Err(Halt::Store(_) | Halt::End) => return,
            }
        }
    }

    async fn issue_all(&self) -> Result<(), Halt> {
        while let Some(pending) = self.invitations.pending().await? {
            self.sync().await?;
            self.issue(&pending).await?;
        }
        Ok(())
    }

    /// Waits until the working set knows of everything that the store knew of.
    async fn sync(&self) -> Result<(), Halt> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Sync(reply)).await?;
        answer.await.map_err(|_| Halt::End)
    }

    async fn send(&self, command: Command) -> Result<(), Halt> {
        let commands = self.commands.upgrade().ok_or(Halt::End)?;
        commands.send(command).await.map_err(|_| Halt::End)
    }

    /// Invites all users of one principal who may enter now.
    async fn issue(&self, pending: &PendingInvitation) -> Result<(), Halt> {
        let users: Vec<PrincipalId> = {
            let catalogue = self.inner.catalogue();
            let below = catalogue.below(pending.principal).into_iter();
            below.filter(|id| catalogue.user(*id).is_some()).collect()
        };
        // Also when nobody is to be invited there is a last commit, which takes it from the queue.
        let chunks = users.len().div_ceil(INVITATION_CHUNK).max(1);
        for number in 1..=chunks {
            let from = (number - 1) * INVITATION_CHUNK;
            let chunk = users.iter().skip(from).take(INVITATION_CHUNK);
            let invited: Vec<PrincipalId> = {
                let catalogue = self.inner.catalogue();
                let may = |user: &PrincipalId| decide(&catalogue, *user, Action::Join, pending.room).allowed;
                chunk.copied().filter(may).collect()
            };
            let last = number == chunks;
            if invited.is_empty() && !last {
                continue;
            }
            let now = self.clock.now();
            let issued = self.invitations.issue(pending, &invited, now, last).await?;
            metrics::counter!("causerie_invitations_total").increment(issued.len() as u64);
            if !issued.is_empty() {
                self.send(Command::Invited(issued)).await?;
            }
        }
        Ok(())
    }
}

impl Sequencer {
    /// Tells users who are here of their invitations.
    pub(super) async fn invited(&mut self, issued: Vec<Invitation>) {
        let issued: HashMap<PrincipalId, Invitation> =
            issued.into_iter().map(|one| (one.user, one)).collect();
        let mut here: BTreeMap<PrincipalId, Vec<EndpointId>> = BTreeMap::new();
        for (endpoint, device) in &self.devices {
            if issued.contains_key(&device.user) {
                here.entry(device.user).or_default().push(*endpoint);
            }
        }
        for (user, endpoints) in here {
            let Some(shown) = issued.get(&user).and_then(|one| self.show_invitation(one)) else {
                continue;
            };
            self.make_room().await;
            self.tell(&endpoints, Notice::Invited(Box::new(shown)));
        }
    }

    /// An invitation as its user sees it, if he may still see the room.
    fn show_invitation(&self, invitation: &Invitation) -> Option<InvitedTo> {
        let catalogue = self.inner.catalogue();
        let asker = Asker::new(&catalogue, invitation.user);
        asker.decide(Action::See, invitation.room).allowed.then_some(())?;
        Some(InvitedTo {
            id: invitation.id,
            at: invitation.at,
            summary: self.inner.summary(&catalogue, catalogue.room(invitation.room)?)?,
        })
    }

    /// Reads a user's invitations. The answer comes back as a command.
    pub(super) fn read_invitations(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        after: u32,
    ) {
        let Some(user) = self.devices.get(&endpoint).map(|device| device.user) else {
            return;
        };
        if let Err(refusal) = self.begin_reading(endpoint) {
            let result = Err(refusal);
            return round.effects.push(Effect::Answer {
                endpoint,
                token,
                result,
            });
        }
        let (invitations, commands) = (self.invitations.clone(), self.commands.clone());
        tokio::spawn(async move {
            let reading = invitations.issued(user, after, MAX_INVITATIONS);
            let (read, statements) = meter::metered(reading).await;
            if let Some(commands) = commands.upgrade() {
                let command = Command::InvitationsRead {
                    endpoint,
                    token,
                    read,
                    statements,
                };
                // Fails only when the service ends at this moment.
                let _ = commands.send(command).await;
            }
        });
    }

    /// Answers with the invitations to rooms that their user may still see.
    pub(super) fn invitations_read(
        &mut self,
        round: &mut Round,
        endpoint: EndpointId,
        token: u64,
        read: Result<Vec<Invitation>, StoreError>,
        statements: u32,
    ) {
        let Some(device) = self.devices.get_mut(&endpoint) else {
            return;
        };
        device.readings -= 1;
        let result = read.map_err(Refusal::Store).map(|read| Outcome::Invitations {
            last: read.last().map(|one| one.id),
            rooms: read.iter().filter_map(|one| self.show_invitation(one)).collect(),
        });
        round.effects.push(Effect::Read {
            endpoint,
            token,
            result,
            statements,
        });
    }
}
