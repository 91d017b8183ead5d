//! Requests that we sent.
use super::TransactionKey;
use super::table::Table;
use crate::check_response::CheckedResponse;
use crate::plain_ok::PlainOk;

/// How many requests may wait for an answer in one table.
pub const CLIENT_TRANSACTIONS_MAX: usize = 4096;

/// How long a request waits for its final response, in milliseconds: Timer F, 64 * T1 (RFC 3261 §17.1.2.2).
pub const TIMER_F_MS: u64 = 32_000;

/// Who waits for what: each request sent is filed with the caller's token `T`, which its final response gives back.
/// No task and no timer for a request; the caller sweeps. Times are milliseconds of the caller's monotonic clock.
#[derive(Clone, Debug)]
pub struct ClientTransactions<T> {
    table: Table<T>,
}

impl<T> Default for ClientTransactions<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> ClientTransactions<T> {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self { table: Table::new() }
    }

    /// Files a request that is about to be sent, which must have a number that none before it had.
    ///
    /// # Errors
    /// Gives the token back when [`CLIENT_TRANSACTIONS_MAX`] requests wait: the peer answers nothing, and it is time to
    /// close the connection.
    pub fn insert(&mut self, key: TransactionKey, token: T, now: u64) -> Result<(), T> {
        if self.table.len() >= CLIENT_TRANSACTIONS_MAX {
            return Err(token);
        }
        self.table.insert(key, now.saturating_add(TIMER_F_MS), token);
        Ok(())
    }

    /// Gives back the token of the request that a final response answers. Provisional responses and those to no
    /// request of ours give nothing.
    pub fn matched(&mut self, response: &CheckedResponse) -> Option<T> {
        if response.status() < 200 {
            return None;
        }
        self.table.remove(&TransactionKey::of_response(response))
    }

    /// As [`ClientTransactions::matched`], by a ok.
    pub fn received(&mut self, ok: &PlainOk<'_>) -> Option<T> {
        self.table
            .take(|key| key.cseq == ok.cseq && key.method.as_str() == ok.method && key.call_id == ok.call_id)
    }

    /// Takes a request out without a response.
    pub fn forget(&mut self, key: &TransactionKey) -> Option<T> {
        self.table.remove(key)
    }

    /// Takes out one request that has waited for [`TIMER_F_MS`]; to be called until it gives nothing.
    pub fn timed_out(&mut self, now: u64) -> Option<T> {
        self.table.remove_expired(now)
    }

    /// When the next request times out.
    #[must_use]
    pub fn next_timeout(&self) -> Option<u64> {
        self.table.next_expiry()
    }

    /// Gives the room back that a table keeps for the next request while none waits; for connections that are idle.
    pub fn release(&mut self) {
        self.table.release();
    }

    /// How many requests wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
