//! An application that answers everything and can be told to send.
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use causerie_sip::ua::{Application, Ending, Facts, Outbox, Party, Session};
use causerie_sip::{CheckedRequest, CheckedResponse, Header, Method, Outgoing};

#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) log: Mutex<Vec<String>>,
    pub(crate) parties: Mutex<Vec<Party>>,
    /// Requests to send, of so many body bytes.
    pub(crate) to_send: Mutex<Vec<usize>>,
    pub(crate) sent: AtomicUsize,
    pub(crate) cut: AtomicBool,
    pub(crate) waker: Mutex<Option<Waker>>,
}

#[derive(Default)]
pub(crate) struct Echo {
    pub(crate) shared: Arc<Shared>,
}

impl Echo {
    pub(crate) fn push(&self, sizes: impl IntoIterator<Item = usize>) {
        self.shared.to_send.lock().unwrap().extend(sizes);
        self.wake();
    }

    pub(crate) fn cut(&self) {
        self.shared.cut.store(true, Ordering::Relaxed);
        self.wake();
    }

    fn wake(&self) {
        if let Some(waker) = self.shared.waker.lock().unwrap().take() {
            waker.wake();
        }
    }

    pub(crate) fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.log.lock().unwrap())
    }
}

impl Application for Echo {
    fn serves(&self, request: &CheckedRequest) -> bool {
        request.uri().user() == Some("chat")
    }

    fn open(&self, party: &Party) -> Box<dyn Session> {
        self.shared.parties.lock().unwrap().push(party.clone());
        Box::new(EchoSession {
            shared: Arc::clone(&self.shared),
            address: party.address.clone(),
            calls: Vec::new(),
        })
    }
}

struct EchoSession {
    shared: Arc<Shared>,
    address: String,
    calls: Vec<String>,
}

impl EchoSession {
    fn log(&self, line: String) {
        self.shared.log.lock().unwrap().push(line);
    }
}

impl Drop for EchoSession {
    fn drop(&mut self) {
        self.log(format!("{} gone", self.address));
    }
}

impl Session for EchoSession {
    fn owns(&self, call_id: &str) -> bool {
        self.calls.iter().any(|call| call == call_id)
    }

    fn request(&mut self, request: &CheckedRequest, outbox: &mut Outbox) {
        self.log(format!("{} {}", self.address, request.method()));
        match request.method() {
            Method::Ack => return,
            Method::Invite => self.calls.push(request.call_id.to_string()),
            _ => {}
        }
        let facts = Facts {
            operation: Some("echo"),
            ..Facts::default()
        };
        outbox.respond(request.response(200, Some("chat-tag")), facts);
    }

    fn response(&mut self, response: &CheckedResponse, _outbox: &mut Outbox) {
        self.log(format!("{} response {}", self.address, response.status()));
    }

    fn poll(&mut self, context: &mut Context<'_>, outbox: &mut Outbox) -> Poll<Ending> {
        *self.shared.waker.lock().unwrap() = Some(context.waker().clone());
        let size = self.shared.to_send.lock().unwrap().pop();
        if let Some(size) = size {
            let number = self.shared.sent.fetch_add(1, Ordering::Relaxed) + 1;
            let request = Outgoing::request(&Method::Info, "sip:client@example.test")
                .header(
                    Header::Via,
                    &format!("SIP/2.0/TCP pool.example.test;branch=z9hG4bK{number}"),
                )
                .header(Header::From, "<sip:chat@example.test>;tag=chat-tag")
                .header(Header::To, &format!("<sip:{}>;tag=t", self.address))
                .header(Header::CallId, "chat-call")
                .header(Header::CSeq, &format!("{number} INFO"))
                .body("text/plain", bytes::Bytes::from(vec![b'x'; size]));
            outbox.send(request);
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<Ending> {
        *self.shared.waker.lock().unwrap() = Some(context.waker().clone());
        if self.shared.cut.load(Ordering::Relaxed) {
            return Poll::Ready(Ending::SlowReader);
        }
        Poll::Pending
    }
}
