//! The task that owns a socket.

use std::{
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};

use crate::{
    error::ClientError,
    event::Event,
    session::{Order, Session},
};

/// Orders are left waiting while so many bytes are not written.
const OUTPUT_MAX: usize = 256 * 1024;
/// Room for one read, in bytes: the most messages are smaller.
const READ_SIZE: usize = 2 * 1024;
/// How long the last bytes may take when a connection is over.
const CLOSE_DEADLINE: Duration = Duration::from_secs(1);
/// When nothing is due; any timer comes before.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// Runs a session until it ends, then closes the connection.
pub(crate) async fn drive<S: AsyncRead + AsyncWrite>(
    stream: S,
    mut session: Session,
    mut orders: mpsc::Receiver<Order>,
    events: mpsc::Sender<Event>,
    ended: Arc<OnceLock<ClientError>>,
) {
    let started = Instant::now();
    let now = || u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (mut read, mut write) = tokio::io::split(stream);
    let mut unflushed = false;
    while session.ended().is_none() {
        let due = session.next_deadline().map_or(FAR, Duration::from_millis);
        let (writing, telling) = (!session.output.is_empty(), !session.events.is_empty());
        let taking = session.takes_orders() && session.output.len() < OUTPUT_MAX;
        session.input.reserve(READ_SIZE);
        tokio::select! {
            // Not before everything is told: a listener who falls behind slows the server down, and loses nothing.
            result = read.read_buf(&mut session.input), if !telling => match result {
                Ok(0) => session.end(ClientError::Lost("the server closed it".to_owned())),
                Ok(_) => session.received(now()),
                Err(error) => session.end(lost(&error)),
            },
            result = push(&mut write, &mut session.output), if writing || unflushed => match result {
                Ok(()) => unflushed = writing,
                Err(error) => session.end(lost(&error)),
            },
            permit = events.reserve(), if telling => match permit {
                Ok(permit) => {
                    if let Some(event) = session.events.pop_front() {
                        permit.send(event);
                    }
                }
                // Nobody listens.
                Err(_) => session.events.clear(),
            },
            order = orders.recv(), if taking => match order {
                Some(order) => session.order(order, now()),
                None => session.end(ClientError::Left),
            },
            () = sleep_until(started + due) => session.tick(now()),
        }
    }
    let error = session.ended().cloned().unwrap_or(ClientError::Left);
    let error = ended.get_or_init(|| error);
    orders.close();
    while let Some(order) = orders.recv().await {
        order.fail(error);
    }
    let farewell = async {
        write.write_all_buf(&mut session.output).await?;
        write.shutdown().await
    };
    // The connection is over; whether the last bytes got through changes nothing.
    let _ = timeout(CLOSE_DEADLINE, farewell).await;
    drop((read, write));
    for event in session.events {
        if events.send(event).await.is_err() {
            return;
        }
    }
}

/// How a connection broke, in words that don't depend on whether and how it was secured.
fn lost(error: &io::Error) -> ClientError {
    ClientError::Lost(match error.kind() {
        // So TLS calls an end without its farewell, as of a server that was killed.
        io::ErrorKind::UnexpectedEof => "the server closed it".to_owned(),
        _ if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            "what came is not valid TLS".to_owned()
        }
        _ => error.to_string(),
    })
}

/// Writes some of the output, or flushes when all of it is written. Cancel safe.
async fn push(write: &mut (impl AsyncWrite + Unpin), output: &mut BytesMut) -> io::Result<()> {
    if output.is_empty() {
        write.flush().await
    } else {
        write.write_buf(output).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_connection_is_told_without_the_words_of_tls() {
        let told = |error: &io::Error| lost(error).to_string();
        let eof = io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "peer closed connection without sending TLS close_notify: https://docs.rs/",
        );
        assert_eq!(told(&eof), "connection lost: the server closed it");
        let broken = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::DecryptError);
        assert_eq!(told(&broken), "connection lost: what came is not valid TLS");
        assert_eq!(told(&io::Error::other("reset")), "connection lost: reset");
    }
}
