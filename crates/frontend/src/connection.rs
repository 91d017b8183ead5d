//! One connection: moves octets between its socket and its [`Link`], and keeps the deadlines.
//!
//! One task and one loop. While nothing happens it holds no buffer: octets are read into the stack and kept only as far
//! as a message isn't complete, and the buffer for what is sent goes from one connection to the next.
use std::cell::Cell;
use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use causerie_sip::{Frame, Framer, Limits};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::link::Link;
use crate::settings::{Deadlines, Limits as Settings};

/// Octets read at once: as many answers as come together when the server is busy.
const CHUNK: usize = 16 * 1024;

/// Octets read and thrown away while a connection is being closed, so that the last answer isn't lost to a reset.
const LINGER_MAX: usize = 64 * 1024;

thread_local! {
    /// The buffer for what the connections of this thread send, while none of them has it.
    static SPARE: Cell<BytesMut> = Cell::default();
}

/// A connection at work.
pub(crate) struct Connection<S> {
    socket: S,
    link: Link,
    limits: Settings,
    deadlines: Deadlines,
    framer: Framer,
    /// Limits that hold for strangers still apply.
    stranger: bool,
    inlet: BytesMut,
    /// Octets may be in the socket's own buffer.
    unflushed: bool,
    heard: Instant,
    /// When the message began that is not complete yet.
    message_began: Option<Instant>,
    /// Since when the peer has taken nothing of what waits for it.
    stalled: Option<Instant>,
    closing_since: Option<Instant>,
    lingered: usize,
    shut: bool,
    sleep: Pin<Box<Sleep>>,
}

/// Works until the connection is over; says why.
impl<S: AsyncRead + AsyncWrite + Unpin> Future for Connection<S> {
    type Output = &'static str;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<&'static str> {
        let connection = self.get_mut();
        let lent = connection.link.outlet.is_empty();
        if lent {
            connection.link.outlet = SPARE.take();
        }
        let result = connection.work(context);
        let outlet = &mut connection.link.outlet;
        if lent {
            // What the peer hasn't taken stays with the connection.
            let rest = BytesMut::from(&outlet[..]);
            let mut spare = std::mem::replace(outlet, rest);
            spare.clear();
            SPARE.set(spare);
        } else if outlet.is_empty() {
            *outlet = BytesMut::new();
        }
        result
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(socket: S, link: Link) -> Self {
        let settings = &link.front().settings;
        let (limits, deadlines) = (settings.limits, settings.deadlines);
        let now = Instant::now();
        Self {
            socket,
            link,
            framer: Framer::new(message_limits(&limits, limits.stranger_message)),
            stranger: true,
            inlet: BytesMut::new(),
            unflushed: false,
            heard: now,
            message_began: None,
            stalled: None,
            closing_since: None,
            lingered: 0,
            shut: false,
            sleep: Box::pin(tokio::time::sleep_until(now + deadlines.idle())),
            limits,
            deadlines,
        }
    }

    fn work(&mut self, context: &mut Context<'_>) -> Poll<&'static str> {
        loop {
            if let Poll::Ready(reason) = self.poll_deadlines(context) {
                return Poll::Ready(reason);
            }
            let mut progress = false;
            for command in self.link.mailbox.clone().take(context.waker()) {
                self.link.command(command);
                progress = true;
            }
            if let Poll::Ready(reason) = self.link.poll_cut(context) {
                return Poll::Ready(reason);
            }
            progress |= self.poll_work(context);
            if self.has_room() && !self.link.is_holding() {
                self.link.poll_sessions(context);
            }
            progress |= self.take_messages();
            match self.poll_write(context) {
                Ok(moved) => progress |= moved,
                Err(_) => return Poll::Ready("reset"),
            }
            if let Some(reason) = self.link.closing {
                self.closing_since.get_or_insert_with(Instant::now);
                if self.is_drained() && self.poll_close(context).is_ready() {
                    return Poll::Ready(reason);
                }
            }
            if self.may_receive() {
                match self.poll_read(context) {
                    Poll::Ready(Ok(0)) => return Poll::Ready("closed-by-peer"),
                    Poll::Ready(Ok(_)) => progress = true,
                    Poll::Ready(Err(_)) => return Poll::Ready("reset"),
                    Poll::Pending => {}
                }
            }
            if !progress {
                // What was done may have set a nearer deadline.
                return self.poll_deadlines(context);
            }
        }
    }

    /// Whether the peer keeps up with what it is sent.
    fn has_room(&self) -> bool {
        self.link.outlet.len() < self.limits.outgoing && self.link.closing.is_none()
    }

    fn may_receive(&self) -> bool {
        self.has_room() && self.link.work.is_none()
    }

    fn is_drained(&self) -> bool {
        self.link.outlet.is_empty() && !self.unflushed
    }

    fn poll_work(&mut self, context: &mut Context<'_>) -> bool {
        let Some(work) = &mut self.link.work else {
            return false;
        };
        let Poll::Ready(resume) = work.as_mut().poll(context) else {
            return false;
        };
        self.link.work = None;
        resume(&mut self.link);
        true
    }

    /// Handles the messages that are complete.
    fn take_messages(&mut self) -> bool {
        let mut progress = false;
        while self.may_receive() {
            if self.stranger && self.link.signed_in.is_some() && !self.framer.waiting() {
                self.stranger = false;
                self.framer = Framer::new(message_limits(&self.limits, self.limits.message));
            }
            match self.framer.next(&mut self.inlet) {
                Ok(None) => break,
                Ok(Some(Frame::KeepAlive)) => self.link.outlet.extend_from_slice(b"\r\n"),
                Ok(Some(Frame::Message(raw))) => {
                    self.message_began = None;
                    self.link.receive(raw);
                }
                Err(error) => self.link.unframed(&error),
            }
            progress = true;
        }
        // The peer's time runs only while it is listened to.
        if !self.may_receive() || !self.framer.waiting() {
            self.message_began = None;
        } else if self.message_began.is_none() {
            self.message_began = Some(Instant::now());
        }
        if self.inlet.is_empty() {
            self.inlet = BytesMut::new();
        }
        progress
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut chunk = [const { MaybeUninit::uninit() }; CHUNK];
        let mut buffer = ReadBuf::uninit(&mut chunk);
        ready!(Pin::new(&mut self.socket).poll_read(context, &mut buffer))?;
        self.inlet.extend_from_slice(buffer.filled());
        self.heard = Instant::now();
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        let mut progress = false;
        while !self.link.outlet.is_empty() {
            match Pin::new(&mut self.socket).poll_write(context, &self.link.outlet) {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(written)) => {
                    self.link.outlet.advance(written);
                    self.unflushed = true;
                    self.stalled = None;
                    progress = true;
                }
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => break,
            }
        }
        if self.link.outlet.is_empty()
            && self.unflushed
            && let Poll::Ready(result) = Pin::new(&mut self.socket).poll_flush(context)
        {
            result?;
            self.unflushed = false;
        }
        if self.is_drained() {
            self.stalled = None;
        } else if self.stalled.is_none() {
            self.stalled = Some(Instant::now());
        }
        Ok(progress)
    }

    /// Says good-bye, and reads until the peer has too.
    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.shut {
            if ready!(Pin::new(&mut self.socket).poll_shutdown(context)).is_err() {
                return Poll::Ready(());
            }
            self.shut = true;
        }
        while self.lingered < LINGER_MAX {
            self.inlet = BytesMut::new();
            match ready!(self.poll_read(context)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(count) => self.lingered += count,
            }
        }
        Poll::Ready(())
    }

    /// Ready when a deadline of the connection has passed. Does meanwhile what is due in the link.
    fn poll_deadlines(&mut self, context: &mut Context<'_>) -> Poll<&'static str> {
        loop {
            let now = Instant::now();
            if self.link.next_deadline().is_some_and(|at| at <= now) {
                self.link.tick(now);
                // Something may have to be sent or closed now.
                context.waker().wake_by_ref();
            }
            let own = [
                (Some(self.heard + self.deadlines.idle()), "idle"),
                (
                    self.message_began.map(|at| at + self.deadlines.message),
                    "message-too-slow",
                ),
                (self.stalled.map(|at| at + self.deadlines.write), "reads-nothing"),
                (
                    self.closing_since.map(|at| at + self.deadlines.closing),
                    "closing",
                ),
            ];
            let due = own.iter().find(|(at, _)| at.is_some_and(|at| at <= now));
            if let Some((_, reason)) = due {
                return Poll::Ready(self.link.closing.unwrap_or(reason));
            }
            let next = own
                .iter()
                .filter_map(|(at, _)| *at)
                .chain(self.link.next_deadline())
                .min();
            let Some(next) = next else {
                return Poll::Pending;
            };
            if next < self.sleep.deadline() || self.sleep.is_elapsed() {
                self.sleep.as_mut().reset(next);
            }
            ready!(self.sleep.as_mut().poll(context));
        }
    }
}

fn message_limits(limits: &Settings, max_message: usize) -> Limits {
    Limits {
        max_message,
        max_headers: limits.headers.min(max_message),
        max_header_count: limits.header_count,
    }
}
