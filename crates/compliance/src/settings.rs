//! How the service is set up.

use std::time::Duration;

/// How the service is set up. What officers set is in the database of records instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The domain of room addresses: `ma-chan://domain/guid`.
    pub domain: String,
    /// A checkpoint at least this often while records come.
    pub checkpoint_interval: Duration,
    /// Records are kept for so many days at least, whatever officers set. 0: as they set.
    pub minimum_retention_days: u32,
    /// More records than this in the queue are an alarm.
    pub alarm_depth: u64,
    /// A record that waits in the queue longer than this is an alarm.
    pub alarm_age: Duration,
}

impl Settings {
    /// What a server has whose administrator set nothing: a checkpoint every ten minutes, an alarm at 100,000 records or five
    /// minutes, no least retention.
    #[must_use]
    pub fn new(domain: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            checkpoint_interval: Duration::from_secs(600),
            minimum_retention_days: 0,
            alarm_depth: 100_000,
            alarm_age: Duration::from_secs(300),
        }
    }
}
