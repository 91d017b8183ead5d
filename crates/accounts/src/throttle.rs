//! Caps on failed sign-ins, by user and by address.

use causerie_model::Timestamp;
use std::{collections::HashMap, net::IpAddr};
use thiserror::Error;

/// Names and addresses remembered at once. When more fail, the oldest window is forgotten.
const MAX_TRACKED: usize = 10_000;

/// As much of a name as is remembered, in characters: more than any user's has, but a client may send kilobytes.
const MAX_NAME_CHARS: usize = 512;

/// How many failures are allowed, and for how long they count.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    /// Failures with one name.
    pub per_user: u32,
    /// Failures from one address; many people may share one.
    pub per_address: u32,
    /// How long a series of failures counts, from its first one, in seconds.
    pub window_seconds: i64,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            per_user: 10,
            per_address: 100,
            window_seconds: 300,
        }
    }
}

/// Too many failures.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("too many failed sign-ins; try again in {retry_after_seconds} s")]
pub struct Throttled {
    /// Seconds until the failures no longer count.
    pub retry_after_seconds: i64,
}

#[derive(Clone, Copy)]
struct Series {
    first: Timestamp,
    failures: u32,
}

pub(crate) struct Throttle {
    caps: Caps,
    users: HashMap<String, Series>,
    addresses: HashMap<IpAddr, Series>,
}

impl Throttle {
    pub(crate) fn new(caps: Caps) -> Self {
        Self {
            caps,
            users: HashMap::new(),
            addresses: HashMap::new(),
        }
    }

    pub(crate) fn may_try(&self, name: &str, address: IpAddr, now: Timestamp) -> Result<(), Throttled> {
        let user = self.users.get(&key(name));
        let address = self.addresses.get(&address);
        for (series, cap) in [(user, self.caps.per_user), (address, self.caps.per_address)] {
            if let Some(series) = series.filter(|series| series.failures >= cap) {
                let ends = series.first.plus_seconds(self.caps.window_seconds);
                if now < ends {
                    let retry_after_seconds = (ends.0 - now.0).div_euclid(1_000_000) + 1;
                    return Err(Throttled { retry_after_seconds });
                }
            }
        }
        Ok(())
    }

    pub(crate) fn failed(&mut self, name: &str, address: IpAddr, now: Timestamp) {
        let window = self.caps.window_seconds;
        count(&mut self.users, key(name), now, window);
        count(&mut self.addresses, address, now, window);
    }

    pub(crate) fn succeeded(&mut self, name: &str) {
        self.users.remove(&key(name));
    }
}

fn key(name: &str) -> String {
    name.chars()
        .take(MAX_NAME_CHARS)
        .flat_map(char::to_lowercase)
        .collect()
}

fn count<K: Clone + Eq + std::hash::Hash>(
    table: &mut HashMap<K, Series>,
    key: K,
    now: Timestamp,
    window_seconds: i64,
) {
    let counts = |series: &Series| now < series.first.plus_seconds(window_seconds);
    if table.len() >= MAX_TRACKED && !table.contains_key(&key) {
        table.retain(|_, series| counts(series));
        let oldest = table
            .iter()
            .min_by_key(|(_, series)| series.first)
            .map(|(key, _)| key.clone());
        if table.len() >= MAX_TRACKED
            && let Some(oldest) = oldest
        {
            table.remove(&oldest);
        }
    }
    let series = table.entry(key).or_insert(Series {
        first: now,
        failures: 0,
    });
    if !counts(series) {
        *series = Series {
            first: now,
            failures: 0,
        };
    }
    series.failures = series.failures.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const CAPS: Caps = Caps {
        per_user: 3,
        per_address: 5,
        window_seconds: 60,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    #[test]
    fn a_user_is_refused_at_the_cap_and_let_in_after_the_window() {
        let mut throttle = Throttle::new(CAPS);
        for second in 0..2 {
            throttle.failed("Ann@x.test", HOME, at(second));
        }
        assert_eq!(throttle.may_try("ann@x.test", HOME, at(2)), Ok(()));
        throttle.failed("ann@x.test", HOME, at(2));
        let refused = Err(Throttled {
            retry_after_seconds: 58,
        });
        assert_eq!(throttle.may_try("ANN@x.test", HOME, at(3)), refused);
        assert!(throttle.may_try("bob@x.test", HOME, at(3)).is_ok());
        assert!(throttle.may_try("ann@x.test", HOME, at(59)).is_err());
        assert!(throttle.may_try("ann@x.test", HOME, at(60)).is_ok());
    }

    #[test]
    fn an_address_is_refused_whatever_the_name() {
        let mut throttle = Throttle::new(CAPS);
        for n in 0..5 {
            throttle.failed(&format!("u{n}@x.test"), HOME, at(0));
        }
        assert!(throttle.may_try("ann@x.test", HOME, at(1)).is_err());
        assert!(
            throttle
                .may_try("ann@x.test", "::1".parse().unwrap(), at(1))
                .is_ok()
        );
    }

    #[test]
    fn success_forgets_the_user_but_not_the_address() {
        let mut throttle = Throttle::new(CAPS);
        for _ in 0..5 {
            throttle.failed("ann@x.test", HOME, at(0));
        }
        throttle.succeeded("ann@x.test");
        assert!(throttle.may_try("ann@x.test", HOME, at(1)).is_err());
        assert!(
            throttle
                .may_try("ann@x.test", "::1".parse().unwrap(), at(1))
                .is_ok()
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut throttle = Throttle::new(CAPS);
        for n in 0..=MAX_TRACKED {
            throttle.failed(&format!("u{n}"), HOME, at(i64::try_from(n).unwrap() / 1_000));
        }
        assert_eq!(throttle.users.len(), MAX_TRACKED);
    }

    #[test]
    fn of_long_names_the_beginning_counts() {
        let longest = "x".repeat(MAX_NAME_CHARS);
        let tries = |other: &str| {
            let mut throttle = Throttle::new(CAPS);
            (0..CAPS.per_user).for_each(|_| throttle.failed(&longest, HOME, at(0)));
            throttle.may_try(other, HOME, at(1))
        };
        assert!(tries(&format!("{longest}y")).is_err());
        assert!(tries(&format!("{}y", &longest[1..])).is_ok());
    }
}
