//! Times and sizes as people type them.

use crate::real::SystemClock;
use causerie_model::{Clock, Timestamp};

/// A time: RFC 3339, or a date, which is its beginning; in UTC unless it says otherwise.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .or_else(|| Timestamp::parse(&format!("{text}T00:00:00")))
        .ok_or_else(|| {
            format!("'{text}' is neither a date such as 2026-11-23 nor a time such as 2026-11-23T08:30:00Z")
        })
}

/// A time, or how long ago: `30d`, `12h`, `45m`.
pub(super) fn moment_or_ago(text: &str) -> Result<Timestamp, String> {
    match seconds(text) {
        Ok(seconds) => {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            Ok(SystemClock.now().plus_seconds(seconds.saturating_neg()))
        }
        Err(_) => moment(text).map_err(|error| format!("{error}, nor how long ago, such as 30d")),
    }
}

/// A time with its unit, in seconds.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let bad = || format!("'{text}' must be a number of days, hours or minutes, such as 90d, 12h or 30m");
    let mut characters = text.chars();
    let unit = match characters.next_back() {
        Some('d') => 86_400,
        Some('h') => 3_600,
        Some('m') => 60,
        _ => return Err(bad()),
    };
    let number: u64 = characters.as_str().parse().map_err(|_| bad())?;
    number.checked_mul(unit).ok_or_else(bad)
}

/// A size in bytes: a number of KB, MB or GB, of 1,024 each.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let bad = || format!("'{text}' must be a number of KB, MB or GB, such as 10MB");
    let upper = text.to_ascii_uppercase();
    let units: [(&str, u64); 3] = [("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30)];
    let found = units
        .iter()
        .find_map(|(unit, bytes)| Some((upper.strip_suffix(unit)?, *bytes)));
    let (number, unit) = found.ok_or_else(bad)?;
    let number: u64 = number.trim_end().parse().map_err(|_| bad())?;
    number.checked_mul(unit).ok_or_else(bad)
}

/// A size for people: `1.5 MB`.
pub(super) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = bytes.saturating_mul(10) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KB", tenths(1 << 10)),
        1_048_576..1_073_741_824 => format!("{} MB", tenths(1 << 20)),
        _ => format!("{} GB", tenths(1 << 30)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit() {
        for (text, is) in [("90d", 7_776_000), ("12h", 43_200), ("30m", 1_800), ("0m", 0)] {
            assert_eq!(seconds(text), Ok(is));
        }
        for bad in ["", "d", "90", "-1d", "1.5h", "9s", "213503982334602d", "1ä"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_date_is_its_beginning_and_a_time_is_itself() {
        let midnight = moment("2026-11-23").unwrap();
        assert_eq!(moment("2026-11-23T00:00:00Z"), Ok(midnight));
        assert_eq!(moment("2026-11-23T01:00:00+01:00"), Ok(midnight));
        assert!(moment("yesterday").is_err() && moment("2026-13-01").is_err());
        let now = SystemClock.now();
        let ago = moment_or_ago("30d").unwrap();
        assert!(ago < now && now.plus_seconds(-30 * 86_400 - 60) < ago);
        assert_eq!(moment_or_ago("2026-11-23"), Ok(midnight));
    }

    #[test]
    fn a_size_has_a_unit_of_1024() {
        for (text, is) in [("10MB", 10_485_760), ("1 kb", 1_024), ("2GB", 2_147_483_648)] {
            assert_eq!(bytes(text), Ok(is));
        }
        for bad in ["", "MB", "10", "1.5MB", "-1KB", "99999999999999GB"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
        assert_eq!([size(0), size(1_023), size(1_536)], ["0 B", "1023 B", "1.5 KB"]);
        assert_eq!([size(10_485_760), size(3 << 30)], ["10.0 MB", "3.0 GB"]);
    }
}
