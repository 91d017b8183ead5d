//! The floor's server.

use super::frame::{self, Kind};
use anyhow::{Context, Result, anyhow};
use bytes::{Buf, BytesMut};
use causerie_model::{Actor, ChainId, Event, Extras, Head, Record, RoomId, SipAddress, Timestamp};
use causerie_room::{advance, next_message, seal};
use causerie_store::{Batch, Journal};
use causerie_store_sqlite::{Options, SqliteStore};
use clap::Args;
use std::{
    collections::HashMap,
    io::{Write, stdout},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Notify, mpsc},
};

/// Most records of one commit: as many as the chat service has by default.
const BATCH: usize = 256;
/// What is read at a time.
const READ: usize = 16 * 1_024;

/// Serves the bare floor that results are compared with. Started by runs with --floor.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  causerie load floor-server --data-dir ./floor")]
pub(crate) struct Arguments {
    /// Where the database is made
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Bytes that each member is sent for each message
    #[arg(long, value_name = "BYTES", default_value_t = 900)]
    delivery_bytes: usize,
    /// Bytes of the answer to a post
    #[arg(long, value_name = "BYTES", default_value_t = 500)]
    answer_bytes: usize,
}

/// A connection: what waits to be written to it.
#[derive(Default)]
struct Peer {
    out: Mutex<Vec<u8>>,
    wake: Notify,
}

impl Peer {
    /// Adds something to what waits. Whoever had nothing to write is noted, to be woken when the round is over: then
    /// all that it has brought goes out in one write.
    fn send(self: &Arc<Self>, sleepers: &mut Vec<Arc<Self>>, put: impl FnOnce(&mut Vec<u8>)) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out.is_empty() {
            sleepers.push(Arc::clone(self));
        }
        put(&mut out);
    }

    /// Writes what waits, all of it at a time, until the other side goes away.
    async fn write(self: Arc<Self>, mut stream: OwnedWriteHalf) {
        let mut writing = Vec::new();
        loop {
            self.wake.notified().await;
            std::mem::swap(
                &mut *self.out.lock().unwrap_or_else(PoisonError::into_inner),
                &mut writing,
            );
            if stream.write_all(&writing).await.is_err() {
                return;
            }
            writing.clear();
        }
    }
}

/// What a client wants.
enum Wish {
    Join {
        room: u32,
        peer: Arc<Peer>,
    },
    Post {
        room: u32,
        peer: Arc<Peer>,
        text: String,
    },
}

/// Serves until it is killed.
///
/// # Errors
/// If it can't listen or the database fails.
pub(crate) async fn serve(arguments: Arguments) -> Result<()> {
    let store = SqliteStore::open(&arguments.data_dir.join("floor.db"), Options::default()).await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let mut output = stdout();
    writeln!(output, "{}", listener.local_addr()?)?;
    output.flush()?;
    let (wishes, mut waiting) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let wishes = wishes.clone();
            tokio::spawn(async move {
                // A client that goes away ends its connection, no more.
                let _ = connection(stream, wishes).await;
            });
        }
    });
    let mut rooms: HashMap<u32, Room> = HashMap::new();
    let mut round = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut round, BATCH).await > 0 {
        commit(&store, &mut rooms, &mut round, &arguments).await?;
    }
    Ok(())
}

async fn connection(stream: TcpStream, wishes: mpsc::UnboundedSender<Wish>) -> Result<()> {
    stream.set_nodelay(true)?;
    let (reading, writing) = stream.into_split();
    let peer = Arc::new(Peer::default());
    tokio::spawn(peer.clone().write(writing));
    read(reading, peer, &wishes).await
}

async fn read(
    mut stream: OwnedReadHalf,
    peer: Arc<Peer>,
    wishes: &mpsc::UnboundedSender<Wish>,
) -> Result<()> {
    let mut received = BytesMut::with_capacity(READ);
    let mut joined = 0;
    loop {
        received.reserve(READ);
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
        while let Some((kind, content, length)) = frame::take(&received).map_err(|why| anyhow!(why))? {
            let peer = || Arc::clone(&peer);
            match kind {
                Kind::Join => {
                    let room = content.first_chunk().context("a join without a room")?;
                    joined = u32::from_be_bytes(*room);
                    wishes.send(Wish::Join {
                        room: joined,
                        peer: peer(),
                    })?;
                }
                Kind::Post => wishes.send(Wish::Post {
                    room: joined,
                    peer: peer(),
                    text: String::from_utf8_lossy(content).into_owned(),
                })?,
                _ => {}
            }
            received.advance(length);
        }
    }
}

struct Room {
    head: Head,
    members: Vec<Arc<Peer>>,
}

/// One round: commits its posts together, then delivers.
async fn commit(
    store: &SqliteStore,
    rooms: &mut HashMap<u32, Room>,
    round: &mut Vec<Wish>,
    sizes: &Arguments,
) -> Result<()> {
    let author = SipAddress::parse("floor@load.test")?;
    let records = round.iter().filter_map(|wish| match wish {
        Wish::Join { .. } => None,
        Wish::Post { room, text, .. } => Some((*room, text)),
    });
    let mut batch = Batch::default();
    for (number, text) in records {
        let room = rooms.get_mut(&number).context("a post before the join")?;
        let record = record(number, &room.head, &author, text.clone());
        room.head = advance(&room.head, &record);
        batch.records.push(record);
    }
    store.append(&batch).await?;
    let mut records = batch.records.iter();
    let mut sleepers = Vec::new();
    for wish in round.drain(..) {
        match wish {
            Wish::Join { room, peer } => {
                peer.send(&mut sleepers, |out| frame::put(out, Kind::Joined, &[], 0));
                let head = Head::START;
                let members = Vec::new();
                rooms
                    .entry(room)
                    .or_insert(Room { head, members })
                    .members
                    .push(peer);
            }
            Wish::Post { room, peer, text } => {
                let number = records
                    .next()
                    .and_then(|record| record.chat_id)
                    .map_or(0, |id| id.0);
                let content = [&number.to_be_bytes()[..], text.as_bytes()];
                peer.send(&mut sleepers, |out| {
                    frame::put(out, Kind::Posted, &[], sizes.answer_bytes);
                });
                for member in rooms.get(&room).iter().flat_map(|room| &room.members) {
                    member.send(&mut sleepers, |out| {
                        frame::put(out, Kind::Delivery, &content, sizes.delivery_bytes);
                    });
                }
            }
        }
    }
    sleepers.iter().for_each(|peer| peer.wake.notify_one());
    Ok(())
}

fn record(room: u32, head: &Head, author: &SipAddress, text: String) -> Record {
    let row = RoomId(i64::from(room) + 1);
    // The time doesn't matter; a microsecond a message keeps it rising.
    let at = Timestamp(head.at.0 + 1);
    let extras = Extras::default();
    let message = next_message(head, row, at, author.clone(), "Floor".to_owned(), text, extras);
    let event = Event::Chat {
        message: Arc::new(message),
        kept: true,
    };
    seal(ChainId::Room(row), head, at, &Actor::User(author.clone()), &event)
}
