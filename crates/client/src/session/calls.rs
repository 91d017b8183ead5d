//! What callers want done, and whom the answers go to.

use bytes::Bytes;
use causerie_sip::{CheckedResponse, Header, Method};
use causerie_xccos::{Command, Extra, Post, Reply, client};
use tokio::sync::oneshot;

use super::{CALL_DEADLINE, Pending, Raw, Session, ms};
use crate::{
    error::{CallError, ClientError, PostError},
    text::{leading_number, refusal},
};

/// Every XCCOS body is of this type.
const TEXT_PLAIN: &str = "text/plain";

/// No such dialog (any more).
const NO_DIALOG: u16 = 481;

/// Something that a caller wants done.
pub(crate) enum Order {
    Command(Command, oneshot::Sender<Result<Reply, CallError>>),
    Post {
        room: String,
        text: String,
        alert: bool,
        answer: oneshot::Sender<Result<(), PostError>>,
    },
    Request(Raw, oneshot::Sender<Result<CheckedResponse, CallError>>),
    Bytes(Bytes),
    SignOut(oneshot::Sender<()>),
}

/// A command that waits for its reply.
pub(super) struct Call {
    pub(super) deadline: u64,
    waiter: Waiter,
}

/// Who waits for a reply.
pub(super) enum Waiter {
    /// The sign-in, for the service's URI.
    RequestUri,
    /// The sign-in, for a sign of life.
    Entry,
    Caller(oneshot::Sender<Result<Reply, CallError>>),
}

impl Call {
    /// Answers a caller; one who gave up waiting needs none.
    pub(super) fn answer(self, answer: Result<Reply, CallError>) {
        if let Waiter::Caller(caller) = self.waiter {
            let _ = caller.send(answer);
        }
    }
}

impl Order {
    /// Answers an order that can't be carried out any more.
    pub(crate) fn fail(self, error: &ClientError) {
        match self {
            Self::Command(_, answer) => {
                let _ = answer.send(Err(CallError::Closed(error.clone())));
            }
            Self::Post { answer, .. } => {
                let _ = answer.send(Err(PostError::closed(error)));
            }
            Self::Request(_, answer) => {
                let _ = answer.send(Err(CallError::Closed(error.clone())));
            }
            Self::SignOut(answer) => {
                let _ = answer.send(());
            }
            Self::Bytes(_) => {}
        }
    }
}

impl Session {
    /// Carries out an order.
    pub(crate) fn order(&mut self, order: Order, now: u64) {
        self.now = now;
        match order {
            Order::Command(command, answer) => self.command(&command, Waiter::Caller(answer)),
            Order::Post {
                room,
                text,
                alert,
                answer,
            } => self.post(room, text, alert, answer),
            Order::Request(raw, answer) => self.raw_request(raw, answer),
            Order::Bytes(bytes) => self.output.extend_from_slice(&bytes),
            Order::SignOut(answer) => {
                self.signed_out.push(answer);
                self.sign_out();
            }
        }
    }

    pub(super) fn command(&mut self, command: &Command, waiter: Waiter) {
        self.envid += 1;
        let envid = self.envid;
        let body = client::command(&envid.to_string(), command);
        let deadline = self.now.saturating_add(ms(CALL_DEADLINE));
        self.calls.insert(envid, Call { deadline, waiter });
        if let Some(info) = self.inside(&Method::Info) {
            self.send(info.body(TEXT_PLAIN, Bytes::from(body)), Pending::Command(envid));
        }
    }

    /// The INFO with a command was answered; unless it was refused the reply is still to come.
    pub(super) fn commanded(&mut self, envid: u64, response: &CheckedResponse) {
        if response.status() < 300 {
            return;
        }
        let (status, reason) = (response.status(), refusal(&response.response));
        if let Some(call) = self.calls.remove(&envid) {
            match call.waiter {
                Waiter::Caller(_) => call.answer(Err(CallError::Refused {
                    code: status,
                    text: reason,
                })),
                Waiter::RequestUri | Waiter::Entry => {
                    return self.end(ClientError::Refused {
                        step: "chat service",
                        status,
                        reason,
                    });
                }
            }
        }
        self.check_dialog(status);
    }

    fn post(
        &mut self,
        room: String,
        text: String,
        alert: bool,
        answer: oneshot::Sender<Result<(), PostError>>,
    ) {
        self.envid += 1;
        let post = Post {
            chan_uri: room,
            author: Some(self.me.uri.clone()),
            ts: Some(self.clock.now().to_string()),
            text,
            extra: if alert { Extra::alert() } else { Extra::NONE },
        };
        let body = client::post(&self.envid.to_string(), &post);
        if let Some(info) = self.inside(&Method::Info) {
            self.send(info.body(TEXT_PLAIN, Bytes::from(body)), Pending::Post(answer));
        }
    }

    pub(super) fn posted(
        &mut self,
        response: &CheckedResponse,
        answer: oneshot::Sender<Result<(), PostError>>,
    ) {
        let status = response.status();
        let result = if status < 300 {
            Ok(())
        } else {
            Err(PostError {
                status,
                reason: refusal(&response.response),
                retry_after: leading_number(response.headers(), Header::RetryAfter),
            })
        };
        // A caller who gave up waiting needs no answer.
        let _ = answer.send(result);
        self.check_dialog(status);
    }

    /// Without a dialog there is no chat: whoever owns the client connects anew.
    pub(super) fn check_dialog(&mut self, status: u16) {
        if status == NO_DIALOG {
            self.end(ClientError::Lost(
                "the chat service has forgotten this client".to_owned(),
            ));
        }
    }

    /// A reply came. One that nobody waits for (any more) is dropped; that includes the reply to a refused post, whose
    /// SIP response tells the same.
    pub(super) fn replied(&mut self, reply: Reply) {
        let Some(call) = reply
            .envid
            .parse()
            .ok()
            .and_then(|envid: u64| self.calls.remove(&envid))
        else {
            tracing::debug!(name = %reply.name, envid = %reply.envid, "Nobody waits for a reply.");
            return;
        };
        match call.waiter {
            Waiter::RequestUri => self.looked_up(&reply),
            Waiter::Entry => self.entered(),
            Waiter::Caller(_) if reply.code == 200 => call.answer(Ok(reply)),
            Waiter::Caller(_) => call.answer(Err(CallError::Refused {
                code: reply.code,
                text: reply.text,
            })),
        }
    }
}
