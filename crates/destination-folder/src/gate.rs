//! Questions to places that may not answer, as directories of another machine may: at most one of each place hangs.

use crate::blocking;
use causerie_destination::DeliveryError;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout, timeout_at};

/// How long a place may take for an answer. What it was asked then goes on, and nothing else is asked until it has ended.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// The gates of all places that were asked something.
#[derive(Clone, Debug)]
pub(crate) struct Gates {
    deadline: Duration,
    all: Arc<Mutex<BTreeMap<PathBuf, Arc<Turn>>>>,
}

impl Default for Gates {
    fn default() -> Self {
        Self::new(ANSWER_DEADLINE)
    }
}

impl Gates {
    pub(crate) fn new(deadline: Duration) -> Self {
        let all = Arc::default();
        Self { deadline, all }
    }

    /// The gate of a place.
    pub(crate) fn at(&self, directory: &Path) -> Gate {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        // Of those that nobody has any more nothing is known.
        all.retain(|_, turn| Arc::strong_count(turn) > 1);
        Gate {
            directory: directory.to_owned(),
            deadline: self.deadline,
            turn: Arc::clone(all.entry(directory.to_owned()).or_default()),
        }
    }
}

/// Whose turn it is, and since when.
#[derive(Debug, Default)]
struct Turn {
    asking: Arc<tokio::sync::Mutex<()>>,
    since: Mutex<Option<Instant>>,
}

impl Turn {
    fn since(&self) -> Option<Instant> {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, since: Option<Instant>) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

/// Lets one question at a time through to a place.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    directory: PathBuf,
    deadline: Duration,
    turn: Arc<Turn>,
}

impl Gate {
    /// Asks, on a thread that may wait. If there is no answer in time it is an error, and then at once for each question until
    /// the place has answered after all.
    pub(crate) async fn pass<T: Send + 'static>(
        &self,
        ask: impl FnOnce() -> Result<T, DeliveryError> + Send + 'static,
    ) -> Result<T, DeliveryError> {
        let mut asking = pin!(Arc::clone(&self.turn.asking).lock_owned());
        let asking = loop {
            let until = self.turn.since().unwrap_or_else(Instant::now) + self.deadline;
            if let Ok(asking) = timeout_at(until, asking.as_mut()).await {
                break asking;
            }
            // Meanwhile it may have become the turn of another one ahead, which has its own time.
            let is_late = |since: Instant| since.elapsed() >= self.deadline;
            if self.turn.since().is_some_and(is_late) {
                return Err(self.hangs());
            }
        };
        let turn = Arc::clone(&self.turn);
        turn.set(Some(Instant::now()));
        let asked = blocking(move || {
            let answer = ask();
            turn.set(None);
            drop(asking);
            answer
        });
        timeout(self.deadline, asked).await.map_err(|_| self.hangs())?
    }

    fn hangs(&self) -> DeliveryError {
        let since = self.turn.since().map_or(self.deadline, |since| since.elapsed());
        DeliveryError(format!(
            "{} hangs: it hasn't answered for {} s",
            self.directory.display(),
            since.as_secs()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        atomic::{AtomicU32, Ordering},
        mpsc::channel,
    };
    use std::task::{Context, Waker};

    #[tokio::test]
    async fn one_question_hangs_and_the_others_are_answered_at_once() {
        let gates = Gates::new(Duration::from_millis(20));
        let (place, other) = (Path::new("/place"), Path::new("/other"));
        let (end, ends) = channel::<()>();
        let gate = gates.at(place);
        let hung = gate.pass(move || {
            // Until the other end is dropped.
            let _ = ends.recv();
            Ok(())
        });
        let told = hung.await.expect_err("it hangs").to_string();
        assert!(told.contains("/place hangs"), "{told}");
        let asked = Arc::new(AtomicU32::new(0));
        let ask = |place: &Path| {
            let asked = Arc::clone(&asked);
            let gate = gates.at(place);
            async move { gate.pass(move || Ok(asked.fetch_add(1, Ordering::SeqCst))).await }
        };
        for _ in 0..3 {
            ask(place).await.expect_err("it hangs still");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0, "no other thread waits");
        // On a slow machine it, too, may take longer than it may.
        let answered = async { while ask(other).await.is_err() {} };
        let answered = timeout(Duration::from_secs(60), answered).await;
        answered.expect("another place is another");
        drop(end);
        // However slow the machine is, it is free again some time.
        while ask(place).await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn each_question_ahead_has_its_own_time() {
        let deadline = Duration::from_secs(600);
        let gate = Gates::new(deadline).at(Path::new("/place"));
        let asking = Arc::clone(&gate.turn.asking).lock_owned().await;
        // The one ahead is nearly late …
        let left = Duration::from_millis(50);
        let nearly = Instant::now().checked_sub(deadline.saturating_sub(left));
        gate.turn.set(nearly);
        let mut waits = pin!(gate.pass(|| Ok(())));
        let mut context = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        // … and is answered, and then it is the turn of another one.
        gate.turn.set(Some(Instant::now()));
        timeout(left * 4, waits.as_mut()).await.expect_err("it waits");
        drop(asking);
        waits.await.expect("an answer");
    }

    #[tokio::test]
    async fn questions_wait_for_one_another() {
        let gate = Gates::new(Duration::from_secs(600)).at(Path::new("/place"));
        let under_way = Arc::new(AtomicU32::new(0));
        let asked = (0..8).map(|number| {
            let (gate, under_way) = (gate.clone(), Arc::clone(&under_way));
            tokio::spawn(async move {
                let ask = move || {
                    assert_eq!(under_way.fetch_add(1, Ordering::SeqCst), 0);
                    std::thread::yield_now();
                    under_way.fetch_sub(1, Ordering::SeqCst);
                    Ok(number)
                };
                gate.pass(ask).await
            })
        });
        let asked: Vec<_> = asked.collect();
        for (number, asked) in asked.into_iter().enumerate() {
            assert_eq!(asked.await.expect("a task").expect("an answer"), number);
        }
    }
}
