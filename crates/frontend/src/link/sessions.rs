//! The applications behind the front end, each with one session for the connection.
use std::task::{Context, Poll};

use causerie_sip::CheckedRequest;
use causerie_sip::ua::{Ending, Outbox, Party, Session};

use super::{Link, Origin};

/// A session, and the number of its application.
pub(super) struct Seat {
    pub(super) application: usize,
    pub(super) session: Box<dyn Session>,
}

impl Link {
    /// The application that a request is for, if a session owns its dialog.
    pub(crate) fn owner(&self, call_id: &str) -> Option<usize> {
        let owns = |seat: &&Seat| seat.session.owns(call_id);
        self.sessions.iter().find(owns).map(|seat| seat.application)
    }

    /// Hands a request to an application, with whose session it opens if there is none.
    pub(crate) fn deliver(&mut self, application: usize, request: &CheckedRequest) {
        if !self.sessions.iter().any(|seat| seat.application == application) {
            let (Some(who), Some(behind)) = (&self.signed_in, self.front.needs.applications.get(application))
            else {
                return;
            };
            let party = Party {
                address: who.user.address.as_str().to_owned(),
                peer: Some(self.peer),
                epid: who.epid.clone(),
                via: self.via(),
                contact: self.contact(),
            };
            let session = behind.open(&party);
            self.sessions.push(Seat { application, session });
        }
        self.with_session(application, |session, outbox| session.request(request, outbox));
    }

    pub(super) fn with_session(
        &mut self,
        application: usize,
        act: impl FnOnce(&mut dyn Session, &mut Outbox),
    ) {
        let mut outbox = Outbox::default();
        if let Some(seat) = self
            .sessions
            .iter_mut()
            .find(|seat| seat.application == application)
        {
            act(&mut *seat.session, &mut outbox);
        }
        self.drain(application, &mut outbox);
    }

    fn drain(&mut self, application: usize, outbox: &mut Outbox) {
        while let Some(item) = outbox.take() {
            match item.message.status() {
                None => self.send(item.message, Some(Origin::Session(application))),
                Some(..200) => self.send(item.message, None),
                Some(_) => self.answer(item.message, item.facts.unwrap_or_default()),
            }
        }
    }

    /// Asks the sessions for what has come up. Not while everything is held back.
    pub(crate) fn poll_sessions(&mut self, context: &mut Context<'_>) {
        let mut seats = std::mem::take(&mut self.sessions);
        for seat in &mut seats {
            let mut outbox = Outbox::default();
            let ending = seat.session.poll(context, &mut outbox);
            self.drain(seat.application, &mut outbox);
            if let Poll::Ready(ending) = ending {
                self.close(name(ending));
            }
        }
        self.sessions = seats;
    }

    /// Ready with a reason when the connection must be closed at once.
    pub(crate) fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<&'static str> {
        for seat in &mut self.sessions {
            if let Poll::Ready(ending) = seat.session.poll_cut(context) {
                return Poll::Ready(name(ending));
            }
        }
        Poll::Pending
    }

    /// Ends all dialogs: the device has signed out.
    pub(crate) fn end_sessions(&mut self) {
        self.sessions = Vec::new();
        self.subscriptions = Vec::new();
    }
}

fn name(ending: Ending) -> &'static str {
    match ending {
        Ending::SlowReader => "slow-reader",
        Ending::Removed => "removed",
        Ending::Stopped => "stopped",
    }
}
