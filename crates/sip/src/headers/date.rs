//! Date (RFC 3261 §20.17, the `rfc1123-date` of RFC 2616 §3.3.1).
use std::fmt;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAY: u64 = 86_400;

/// A moment in whole seconds since 1970-01-01 00:00 UTC, for years up to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub u64);

/// Days from 1970-01-01 to the first day of a month, in the proleptic Gregorian calendar.
fn days_before(year: u64, month: u64) -> u64 {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leaps_until = |year: u64| year / 4 - year / 100 + year / 400;
    let in_year = usize::try_from(month)
        .ok()
        .and_then(|month| BEFORE.get(month))
        .copied()
        .unwrap_or_default();
    let leap_day = u64::from(month > 1 && leaps_until(year) != leaps_until(year - 1));
    (year - 1970) * 365 + leaps_until(year - 1) - leaps_until(1969) + in_year + leap_day
}

impl Date {
    /// Reads a Date. Only GMT is allowed; anything else reads as no date at all, because a wrong Date is no reason
    /// to refuse a request.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once(',')?;
        let mut parts = rest.split_ascii_whitespace();
        let day: u64 = parts.next()?.parse().ok()?;
        let month = parts.next()?;
        let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? as u64;
        let year: u64 = parts
            .next()?
            .parse()
            .ok()
            .filter(|year| (1970..=9999).contains(year))?;
        let mut clock = parts.next()?.splitn(3, ':').map(|part| part.parse::<u64>().ok());
        let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
        let gmt = parts.next() == Some("GMT") && parts.next().is_none();
        let first = days_before(year, month);
        let next = if month == 11 {
            days_before(year + 1, 0)
        } else {
            days_before(year, month + 1)
        };
        // 60 is a leap second.
        let valid = gmt && day >= 1 && first + day <= next && hour < 24 && minute < 60 && second <= 60;
        valid.then_some(Self((first + day - 1) * DAY + hour * 3600 + minute * 60 + second))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, clock) = (self.0 / DAY, self.0 % DAY);
        let mut year = 1970 + days / 366;
        while days_before(year + 1, 0) <= days {
            year += 1;
        }
        let month = (1..12)
            .take_while(|month| days_before(year, *month) <= days)
            .count() as u64;
        let day = days - days_before(year, month) + 1;
        let name =
            |names: &[&'static str], index: u64| names.get(index as usize).copied().unwrap_or_default();
        write!(
            f,
            "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
            name(&DAYS, days % 7),
            name(&MONTHS, month),
            clock / 3600,
            clock / 60 % 60,
            clock % 60
        )
    }
}
