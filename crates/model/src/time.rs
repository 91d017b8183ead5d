//! Points in time, and where they come from.

use std::fmt;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The point `seconds` after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The point `seconds` later (or earlier, if negative).
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Reads an RFC 3339 or ISO 8601 date and time. A missing zone means UTC, as XCCOS has it. `None` if it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339)
            .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
            .ok()?;
        i64::try_from(parsed.unix_timestamp_nanos().div_euclid(1_000))
            .ok()
            .map(Self)
    }

    fn date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// ISO 8601 in UTC with seven fractional digits, as Persistent Chat servers write it: `2013-05-02T08:00:00.1234560Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.date_time();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}0Z",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.microsecond()
        )
    }
}

/// Where the present comes from. Passed as a parameter, so that tests can hold or turn it.
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_seven_fraction_digits_and_reads_them_back() {
        let t = Timestamp(1_367_481_600_123_456);
        assert_eq!(t.to_string(), "2013-05-02T08:00:00.1234560Z");
        assert_eq!(Timestamp::parse(&t.to_string()), Some(t));
    }

    #[test]
    fn reads_times_without_a_zone_as_utc() {
        assert_eq!(
            Timestamp::parse("2013-05-02T08:00:00"),
            Some(Timestamp(1_367_481_600_000_000))
        );
        assert_eq!(
            Timestamp::parse("2013-05-02T10:00:00+02:00"),
            Some(Timestamp(1_367_481_600_000_000))
        );
        assert_eq!(Timestamp::parse("yesterday"), None);
    }
}
