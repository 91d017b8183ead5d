//! What one connection's task is told by others.
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use causerie_model::PrincipalId;
use futures_util::task::AtomicWaker;

use crate::subscribe::contact_delta::ContactDelta;

/// More than this unread and the connection is closed instead: its task doesn't keep up.
pub(crate) const MAILBOX_MAX: usize = 64;

/// A message to a connection.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Tell the client that it is signed out, and why; then close.
    SignOut(Arc<str>),
    /// Close: the same endpoint has signed in over another connection.
    Replaced,
    /// Close: the server stops.
    Stop,
    /// Close: the mailbox has overflowed.
    Overflow,
    /// The contact list of the user has changed.
    Contacts(PrincipalId, Arc<ContactDelta>),
    /// The categories that the user publishes have changed.
    Published,
}

/// Where a connection's task looks for commands.
#[derive(Default)]
pub(crate) struct Mailbox {
    queue: Mutex<Vec<Command>>,
    waker: AtomicWaker,
}

impl Mailbox {
    /// Puts a command in and wakes the task.
    pub(crate) fn post(&self, command: Command) {
        {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.len() < MAILBOX_MAX {
                queue.push(command);
            } else {
                queue.clear();
                queue.push(Command::Overflow);
            }
        }
        self.waker.wake();
    }

    /// Takes all commands; the task is woken when there are more.
    pub(crate) fn take(&self, waker: &Waker) -> Vec<Command> {
        self.waker.register(waker);
        std::mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_too_many_closes_the_connection() {
        let mailbox = Mailbox::default();
        let waker = Waker::noop();
        for _ in 0..MAILBOX_MAX {
            mailbox.post(Command::Published);
        }
        assert_eq!(mailbox.take(waker).len(), MAILBOX_MAX);
        for _ in 0..=MAILBOX_MAX {
            mailbox.post(Command::Published);
        }
        assert!(matches!(*mailbox.take(waker), [Command::Overflow]));
    }
}
