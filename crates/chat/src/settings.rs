//! What the service can be told.

use causerie_model::Effective;
use std::time::Duration;

/// Sizes and limits, and who we are. Defaults are the original's where it had one.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The SIP domain that room URIs carry.
    pub domain: String,
    /// The site that this server belongs to, if it belongs to one: its settings hold here.
    pub site: Option<String>,
    /// This server's name, for settings of its own.
    pub service: String,
    /// What holds where no setting says anything else: messages kept in memory, participants listed, file size, page for
    /// managing rooms.
    pub base: Effective,
    /// Rooms that may be.
    pub max_rooms: usize,
    /// Categories that may be.
    pub max_categories: usize,
    /// Largest message, in bytes of UTF-8, as told to clients.
    pub message_bytes: usize,
    /// Largest story, in bytes of UTF-8. Any message up to this size is taken, since stories can't be told apart.
    pub story_bytes: usize,
    /// Most results of one search or one page of history.
    pub search_results: u32,
    /// Operations that may wait for the sequencer. One more is refused.
    pub queue: usize,
    /// How long a post, a reading or a preference may wait for the sequencer. What has waited longer is refused, not
    /// done late: whoever asked has given up or will ask again.
    pub patience: Duration,
    /// Most operations in one commit.
    pub batch: usize,
    /// Readings of history and searches of one endpoint that may be under way. One more is refused.
    pub readings: usize,
    /// Records that may be owed, since the store takes nothing, before history isn't shown any more: memory is no journal.
    pub owed: usize,
    /// Users stopped at walls that are remembered, each for a room and an action, so that each is recorded once a minute
    /// with how often he tried. Those beyond are recorded together.
    pub denials: usize,
    /// Records that may wait for the compliance service before it is behind, and closed categories take no messages.
    pub compliance_max_depth: u64,
    /// How old the first of them may be.
    pub compliance_max_age: Duration,
    /// Deliveries that may wait for one endpoint. One more cuts it off. At most half of them are given before all
    /// endpoints have had the processor: an endpoint is cut only if its peer doesn't read.
    pub endpoint_queue: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            domain: "example.test".to_owned(),
            site: None,
            service: "chat".to_owned(),
            base: Effective::default(),
            max_rooms: 200_000,
            max_categories: 10_000,
            message_bytes: 8_192,
            story_bytes: 32_768,
            search_results: 999,
            queue: 8_192,
            patience: Duration::from_secs(1),
            batch: 256,
            readings: 64,
            owed: 10_000,
            denials: 4_096,
            compliance_max_depth: 1_000_000,
            compliance_max_age: Duration::from_secs(3_600),
            endpoint_queue: 1_024,
        }
    }
}
