//! Alarms: what a person must hear of at once.

use crate::Timestamp;

/// Tells people at once.
pub trait Alarms: Send + Sync {
    /// Tells of something that a person must look at. Must not block for long.
    fn raise(&self, alarm: &Alarm);

    /// Tells that what an alarm of this name was about is over; the text says what. Must not block for long. Not everybody
    /// who hears of alarms wants to know.
    fn clear(&self, _over: &Alarm) {}
}

/// Nobody is told.
impl Alarms for () {
    fn raise(&self, _: &Alarm) {}
}

/// Something that a person must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What kind of thing: `set-aside`, `run-failed` …
    pub name: &'static str,
    /// A sentence that says what happened and what to do.
    pub text: String,
    /// When.
    pub at: Timestamp,
}
