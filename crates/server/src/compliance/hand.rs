//! Work that may hang, as on a file of another machine that doesn't answer.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};
use tokio::time::Instant;

/// Does one piece of work at a time on a thread of its own. While one hangs no other is begun: at most one thread waits.
#[derive(Clone)]
pub(super) struct Hand {
    deadline: Duration,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    Busy,
    /// Busy for longer than the deadline.
    Hangs,
}

impl Hand {
    /// One that is waited for so long.
    pub(super) fn new(deadline: Duration) -> Self {
        Self {
            deadline,
            state: Arc::new((Mutex::new(State::Free), Condvar::new())),
        }
    }

    /// Does the work and gives what came of it. If that takes longer than the deadline, the wait for a turn included, it is an
    /// error, and the work goes on; until it has ended any other is an error at once.
    pub(super) fn within<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let asked = Instant::now();
        let (state, freed) = &*self.state;
        let is_busy = |state: &mut State| *state == State::Busy;
        let waited = freed.wait_timeout_while(lock(state), self.deadline, is_busy);
        let (mut now, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *now != State::Free {
            *now = State::Hangs;
            return Err("it doesn't answer".to_owned());
        }
        *now = State::Busy;
        drop(now);
        let (answer, answered) = sync_channel(1);
        let work_under_way = UnderWay(Arc::clone(&self.state));
        let done = thread::Builder::new().name("anchor".to_owned()).spawn(move || {
            let result = work();
            drop(work_under_way);
            // Nobody may be waiting any more.
            drop(answer.send(result));
        });
        if let Err(error) = done {
            return Err(format!("no thread can be had for it: {error}"));
        }
        let left = self.deadline.saturating_sub(asked.elapsed());
        match answered.recv_timeout(left) {
            Ok(result) => result,
            Err(RecvTimeoutError::Disconnected) => Err("the work on it broke down".to_owned()),
            Err(RecvTimeoutError::Timeout) => {
                let mut now = lock(state);
                if *now == State::Busy {
                    *now = State::Hangs;
                }
                Err(format!("it hasn't answered for {} s", self.deadline.as_secs()))
            }
        }
    }
}

/// Work that was begun. However it ends, even if no thread could be had for it, the hand is free then.
struct UnderWay(Arc<(Mutex<State>, Condvar)>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        *lock(&self.0.0) = State::Free;
        self.0.1.notify_all();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn what_hangs_is_left_alone_until_it_has_ended() {
        let hand = Hand::new(Duration::from_millis(10));
        let (end, ends) = channel::<()>();
        let (began, begins) = channel();
        let hangs = hand.within(move || {
            // Until the other end is dropped.
            let _ = ends.recv();
            Ok(())
        });
        assert!(hangs.unwrap_err().contains("hasn't answered"));
        for _ in 0..3 {
            let began = began.clone();
            let refused = hand.within(move || began.send(()).map_err(|error| error.to_string()));
            assert_eq!(refused.unwrap_err(), "it doesn't answer");
        }
        assert!(begins.try_recv().is_err(), "nothing else was begun");
        drop(end);
        // However slow the machine is, it is free again some time.
        while hand.within(|| Ok(())).is_err() {}
    }

    #[test]
    fn answers_come_back() {
        let hand = Hand::new(Duration::from_secs(600));
        assert_eq!(hand.within(|| Ok(7)), Ok(7));
        assert_eq!(
            hand.within(|| Err::<(), _>("no".to_owned())),
            Err("no".to_owned())
        );
        // Who comes while it is busy waits for his turn.
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let hand = hand.clone();
                thread::spawn(move || hand.within(move || Ok(number)))
            })
            .collect();
        for (number, thread) in threads.into_iter().enumerate() {
            assert_eq!(thread.join().unwrap(), Ok(number));
        }
    }

    #[test]
    fn work_that_breaks_down_leaves_it_free() {
        let hand = Hand::new(Duration::from_secs(600));
        for _ in 0..2 {
            let broken = hand.within(|| -> Result<(), String> { panic!("it breaks down") });
            assert_eq!(broken.unwrap_err(), "the work on it broke down");
        }
        assert_eq!(hand.within(|| Ok(7)), Ok(7));
    }
}
