//! Requests that we received.
use bytes::Bytes;

use super::TransactionKey;
use super::table::Table;

/// How many transactions of one connection are remembered.
pub const SERVER_TRANSACTIONS_MAX: usize = 64;

/// How long one is remembered, in milliseconds: 64 * T1, after which no client waits any more (RFC 3261 §17.2.2).
pub const TRANSACTION_MEMORY_MS: u64 = 32_000;

/// What a received request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A new one: handle it.
    New,
    /// A duplicate of one that is being handled: ignore it.
    Pending,
    /// A duplicate of one that was answered: send these octets again.
    Answered(Bytes),
}

/// The server transactions of one connection. Times are milliseconds of the caller's monotonic clock.
///
/// A table for each connection, not one for all: what was answered to one client must not be had by another that
/// names its Call-ID.
#[derive(Clone, Debug)]
pub struct ServerTransactions {
    table: Table<Option<Bytes>>,
}

impl Default for ServerTransactions {
    fn default() -> Self {
        Self::new()
    }
}

impl ServerTransactions {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self { table: Table::new() }
    }

    /// Takes note of a request. With [`SERVER_TRANSACTIONS_MAX`] remembered, the oldest is forgotten.
    pub fn receive(&mut self, key: TransactionKey, now: u64) -> Received {
        self.expire(now);
        match self.table.get_mut(&key) {
            Some(Some(response)) => return Received::Answered(response.clone()),
            Some(None) => return Received::Pending,
            None => {}
        }
        while self.table.len() >= SERVER_TRANSACTIONS_MAX {
            self.table.remove_oldest();
        }
        self.table
            .insert(key, now.saturating_add(TRANSACTION_MEMORY_MS), None);
        Received::New
    }

    /// Notes the final response to a request.
    ///
    /// A challenge (401, 407) is forgotten at once: clients repeat the request with credentials and the same CSeq
    /// (pidgin-sipe 1.25 does), and that is no duplicate.
    pub fn answer(&mut self, key: &TransactionKey, status: u16, response: Bytes) {
        match status {
            100..=199 => {}
            401 | 407 => {
                self.table.remove(key);
            }
            _ => {
                if let Some(slot) = self.table.get_mut(key) {
                    *slot = Some(response);
                }
            }
        }
    }

    /// Whether a request is being handled: what a CANCEL asks.
    pub fn is_pending(&mut self, key: &TransactionKey) -> bool {
        matches!(self.table.get_mut(key), Some(None))
    }

    /// Forgets what is older than [`TRANSACTION_MEMORY_MS`]. Called by `receive`; idle connections may call it too.
    pub fn expire(&mut self, now: u64) {
        while self.table.remove_expired(now).is_some() {}
        self.table.release();
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether none is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
