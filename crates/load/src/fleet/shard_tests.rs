//! Everything that is to be sent is sent at last.

use super::*;
use std::task::Waker;

/// Takes octets, and keeps them until it is flushed for the second time, as TLS does on a connection that is full.
#[derive(Default)]
struct Reluctant {
    taken: Vec<u8>,
    sent: Vec<u8>,
    flushes: usize,
}

impl AsyncWrite for Reluctant {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.taken.extend_from_slice(octets);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        self.flushes += 1;
        if self.flushes == 1 {
            return Poll::Pending;
        }
        let taken = std::mem::take(&mut self.taken);
        self.sent.extend(taken);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_flush_that_could_not_be_done_is_taken_up_again() {
    let mut stream = Reluctant::default();
    let (mut output, mut unflushed) = (BytesMut::from("post"), false);
    let mut task = task::Context::from_waker(Waker::noop());
    write(&mut stream, &mut output, &mut unflushed, &mut task).unwrap();
    assert!(output.is_empty() && unflushed && stream.sent.is_empty());
    write(&mut stream, &mut output, &mut unflushed, &mut task).unwrap();
    assert!(!unflushed);
    assert_eq!(stream.sent, b"post");
    write(&mut stream, &mut output, &mut unflushed, &mut task).unwrap();
    assert_eq!(stream.flushes, 2, "there is nothing to flush any more");
}
