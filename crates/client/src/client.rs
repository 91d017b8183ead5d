//! The handle of a signed-in client.

use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use bytes::Bytes;
use causerie_model::{SipAddress, Timestamp};
use causerie_sip::CheckedResponse;
use causerie_xccos::{
    Command, Reply, RoomUri,
    blocks::{Preference, ServerInfo},
    commands::{
        Backchat, BatchJoin, ChannelId, ChannelSearch, GetPreference, GetServerInfo, Join, Part,
        SetPreference,
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{mpsc, oneshot},
};

use crate::{
    connect,
    drive::drive,
    error::{CallError, ClientError, PostError},
    event::{Event, JoinFailure, Joined, Message, Room},
    options::{ConnectOptions, Stage, Transport},
    session::{Order, Raw, SERVER_INFO_TYPE, Session},
};

/// Events that may wait for their listener; then the socket isn't read.
const EVENTS_MAX: usize = 1024;
/// Orders that may wait for their turn.
const ORDERS_MAX: usize = 64;

/// A signed-in client. Clones are handles of the same connection; it is closed when the last is dropped.
#[derive(Clone, Debug)]
pub struct Client {
    orders: mpsc::Sender<Order>,
    address: SipAddress,
    ended: Arc<OnceLock<ClientError>>,
}

/// What comes unasked, in the order of the wire.
///
/// It must be read or dropped: when 1,024 events wait the connection isn't read any more, so that no call is answered.
#[derive(Debug)]
pub struct Events(mpsc::Receiver<Event>);

impl Events {
    /// The next event. `None` after [`Event::Closed`], for ever. Cancel safe.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }

    /// The next event if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.try_recv().ok()
    }
}

/// The fate of a post: resolves with the final response to it.
#[derive(Debug)]
pub struct Posting(oneshot::Receiver<Result<(), PostError>>);

impl Future for Posting {
    type Output = Result<(), PostError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let gone = |_| Err(PostError::closed(&ClientError::Left));
        Pin::new(&mut self.0)
            .poll(context)
            .map(|answer| answer.unwrap_or_else(gone))
    }
}

impl Client {
    /// Connects, signs in and enters the chat service.
    ///
    /// # Errors
    /// [`ClientError`] says which step failed and why.
    pub async fn connect(options: &ConnectOptions) -> Result<(Self, Events), ClientError> {
        options.begins(Stage::Resolve);
        let addresses = connect::resolve(&options.server).await?;
        options.begins(Stage::Connect);
        let stream = connect::tcp(&options.server, &addresses).await?;
        let local = stream.local_addr().map_err(|error| ClientError::Unreachable {
            server: options.server.clone(),
            detail: error.to_string(),
        })?;
        match &options.transport {
            Transport::Tcp => Self::over(options, stream, "TCP", local).await,
            Transport::Tls(trust) => {
                options.begins(Stage::Secure);
                let stream = connect::tls(&options.server, stream, trust).await?;
                Self::over(options, stream, "TLS", local).await
            }
        }
    }

    /// As [`Client::connect`], over a connection that was made elsewhere. `transport` is `TLS` or `TCP`, `local` the
    /// address that the client is to call its own.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn over<S>(
        options: &ConnectOptions,
        stream: S,
        transport: &str,
        local: SocketAddr,
    ) -> Result<(Self, Events), ClientError>
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (orders, ordered) = mpsc::channel(ORDERS_MAX);
        let (tell, events) = mpsc::channel(EVENTS_MAX);
        let (ready, signed_in) = oneshot::channel();
        options.begins(Stage::Register);
        let session = Session::new(options, transport, local, ready);
        let ended = Arc::new(OnceLock::new());
        tokio::spawn(drive(stream, session, ordered, tell, ended.clone()));
        signed_in.await.unwrap_or(Err(ClientError::Left))?;
        let address = options.address.clone();
        let client = Self {
            orders,
            address,
            ended,
        };
        Ok((client, Events(events)))
    }

    /// Why the connection is over, once it is.
    fn why(&self) -> ClientError {
        self.ended.get().cloned().unwrap_or(ClientError::Left)
    }

    /// Who is signed in.
    #[must_use]
    pub fn address(&self) -> &SipAddress {
        &self.address
    }

    async fn ask<T>(
        &self,
        order: impl FnOnce(oneshot::Sender<Result<T, CallError>>) -> Order,
    ) -> Result<T, CallError> {
        let (answer, answered) = oneshot::channel();
        let closed = || CallError::Closed(self.why());
        self.orders.send(order(answer)).await.map_err(|_| closed())?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    async fn command(&self, command: Command) -> Result<Reply, CallError> {
        self.ask(|answer| Order::Command(command, answer)).await
    }

    /// The rooms that the user may see and whose names hold the words; all for none.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn rooms(&self, criteria: &str) -> Result<Vec<Room>, CallError> {
        let search = ChannelSearch {
            criteria: criteria.to_owned(),
            ..ChannelSearch::default()
        };
        let reply = self.command(Command::ChannelSearch(search)).await?;
        let rooms = reply.data.rooms.into_iter();
        Ok(rooms.filter_map(|room| Room::read(room, &[])).collect())
    }

    /// Enters a room.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn join(&self, room: &RoomUri) -> Result<Room, CallError> {
        let room = channel(0, room);
        let data = self.command(Command::Join(Join { room })).await?.data;
        let entered = data.rooms.into_iter().next();
        entered
            .and_then(|room| Room::read(room, &data.users))
            .ok_or(CallError::Incomplete("the room"))
    }

    /// Enters several rooms at once.
    ///
    /// # Errors
    /// See [`CallError`]; that a room couldn't be entered is none.
    pub async fn join_many(&self, rooms: &[RoomUri]) -> Result<Joined, CallError> {
        let rooms = rooms.iter().enumerate();
        let rooms = rooms.map(|(key, room)| channel(key, room)).collect();
        let data = self.command(Command::BatchJoin(BatchJoin { rooms })).await?.data;
        let entered = data.rooms.into_iter();
        Ok(Joined {
            rooms: entered.filter_map(|room| Room::read(room, &data.users)).collect(),
            failures: data.failures.iter().filter_map(JoinFailure::read).collect(),
        })
    }

    /// Leaves a room.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn part(&self, room: &RoomUri) -> Result<(), CallError> {
        let chan_uri = room.to_string();
        self.command(Command::Part(Part { chan_uri })).await.map(drop)
    }

    /// Posts a message and waits for its fate.
    ///
    /// # Errors
    /// [`PostError`]: it wasn't taken, or nobody knows (408).
    pub async fn post(&self, room: &RoomUri, text: &str) -> Result<(), PostError> {
        self.submit(room, text).await?.await
    }

    /// Posts a message without waiting for its fate: many may be on their way, in the order of the calls.
    ///
    /// # Errors
    /// [`PostError`] when there is no connection any more.
    pub async fn submit(&self, room: &RoomUri, text: &str) -> Result<Posting, PostError> {
        self.submit_with(room, text, false).await
    }

    /// As [`Client::submit`], perhaps marked as important.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn submit_with(&self, room: &RoomUri, text: &str, alert: bool) -> Result<Posting, PostError> {
        let (answer, answered) = oneshot::channel();
        let order = Order::Post {
            room: room.to_string(),
            text: text.to_owned(),
            alert,
            answer,
        };
        let sent = self.orders.send(order).await;
        sent.map_err(|_| PostError::closed(&self.why()))?;
        Ok(Posting(answered))
    }

    /// The newest messages of a room, oldest first.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn history(&self, room: &RoomUri, count: u32) -> Result<Vec<Message>, CallError> {
        let chan_uris = vec![room.to_string()];
        let last = Some(count);
        let reply = self
            .command(Command::Backchat(Backchat { chan_uris, last }))
            .await?;
        let lines = reply.data.rooms.into_iter().flat_map(|room| room.messages);
        Ok(lines
            .filter_map(|line| Message::read(line, Timestamp(0)))
            .collect())
    }

    /// The server's limits and identity.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn server_info(&self) -> Result<ServerInfo<'static>, CallError> {
        let info = GetServerInfo {
            domain: self.address.domain().to_owned(),
            info_type: SERVER_INFO_TYPE.to_owned(),
        };
        let reply = self.command(Command::GetServerInfo(info)).await?;
        reply
            .data
            .server_info
            .ok_or(CallError::Incomplete("the server's limits"))
    }

    /// A stored preference; `None` when there is none. Its content is missing when version `seqid` is the newest.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn preference(
        &self,
        label: &str,
        seqid: i64,
    ) -> Result<Option<Preference<'static>>, CallError> {
        let get = GetPreference {
            label: label.to_owned(),
            seqid,
            create_default: false,
        };
        Ok(self.command(Command::GetPreference(get)).await?.data.preference)
    }

    /// Stores a preference, in base64, over version `seqid`; its new version is the result.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn set_preference(&self, label: &str, seqid: i64, content: &str) -> Result<i64, CallError> {
        let set = SetPreference {
            label: label.to_owned(),
            seqid,
            create_default: false,
            content: content.to_owned(),
        };
        let preference = self.command(Command::SetPreference(set)).await?.data.preference;
        preference
            .map(|preference| preference.seqid)
            .ok_or(CallError::Incomplete("the preference"))
    }

    /// Signs out: ends the dialog and the registration and closes the connection, after all posts that were submitted.
    pub async fn sign_out(&self) {
        let (answer, answered) = oneshot::channel();
        if self.orders.send(Order::SignOut(answer)).await.is_ok() {
            // Ended one way or the other.
            let _ = answered.await;
        }
    }

    /// Sends a signed request made by hand, and gives its final response. For tests.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn request(&self, raw: Raw) -> Result<CheckedResponse, CallError> {
        self.ask(|answer| Order::Request(raw, answer)).await
    }

    /// Puts bytes on the wire as they are. For tests.
    ///
    /// # Errors
    /// [`CallError::Closed`] when there is no connection any more.
    pub async fn send_raw(&self, bytes: Bytes) -> Result<(), CallError> {
        let sent = self.orders.send(Order::Bytes(bytes)).await;
        sent.map_err(|_| CallError::Closed(self.why()))
    }
}

/// A room as a join names it.
fn channel(key: usize, room: &RoomUri) -> ChannelId {
    ChannelId {
        key: key.to_string(),
        domain: room.domain.clone(),
        guid: room.guid.clone(),
    }
}
