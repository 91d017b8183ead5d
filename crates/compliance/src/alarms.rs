//! Alarms: what people are told, and which of them stand.

use crate::{Alarm, Compliance, service::lock};
use causerie_model::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// An alarm whose reason lasts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StandingAlarm {
    /// What kind of thing.
    pub name: String,
    /// Since when.
    pub since: String,
    /// What was said of it last.
    pub text: String,
    /// So often it was found.
    pub times: u64,
}

/// The same as it is kept.
pub(crate) struct Standing {
    since: Timestamp,
    text: String,
    times: u64,
    told: bool,
}

/// Alarms that stand, by name and by what tells them from others of their name.
pub(crate) type AllStanding = BTreeMap<(&'static str, String), Standing>;

impl Compliance {
    /// Tells people of something that happened.
    pub(crate) fn alarm(&self, name: &'static str, text: impl Into<String>) {
        self.needs().alarms.raise(&self.as_alarm(name, text.into()));
    }

    fn as_alarm(&self, name: &'static str, text: String) -> Alarm {
        let at = self.needs().clock.now();
        Alarm { name, text, at }
    }

    /// Tells people of something that lasts, once until [`Compliance::over`]. `of` tells it from others of its name.
    pub(crate) fn alarm_once(&self, name: &'static str, of: &str, text: impl Into<String>) {
        let text = text.into();
        if !self.stand(name, of, &text) {
            self.alarm(name, text);
        }
    }

    /// Tells people of something that lasts, each time anew.
    pub(crate) fn alarm_each_time(&self, name: &'static str, of: &str, text: impl Into<String>) {
        let text = text.into();
        self.stand(name, of, &text);
        self.alarm(name, text);
    }

    /// Notes that it stands and is told; whether it was told before.
    fn stand(&self, name: &'static str, of: &str, text: &str) -> bool {
        let since = self.needs().clock.now();
        let mut all = lock(&self.inner.lasting);
        let standing = all.entry((name, of.to_owned())).or_insert(Standing {
            since,
            text: String::new(),
            times: 0,
            told: false,
        });
        text.clone_into(&mut standing.text);
        standing.times += 1;
        std::mem::replace(&mut standing.told, true)
    }

    /// What an alarm was about is over, which people are told.
    pub(crate) fn over(&self, name: &'static str, of: &str) {
        let stood = lock(&self.inner.lasting).remove(&(name, of.to_owned()));
        if let Some(stood) = stood {
            self.needs().alarms.clear(&self.as_alarm(name, stood.text));
        }
    }

    /// If it stands, it is told again the next time that it is found.
    pub(crate) fn tell_again(&self, name: &'static str, of: &str) {
        if let Some(standing) = lock(&self.inner.lasting).get_mut(&(name, of.to_owned())) {
            standing.told = false;
        }
    }

    /// It doesn't stand any more, and nobody is told that it is over.
    pub(crate) fn forget(&self, name: &'static str, of: &str) {
        lock(&self.inner.lasting).remove(&(name, of.to_owned()));
    }

    /// Alarms of this name are over but those of what is still there.
    pub(crate) fn over_unless(&self, name: &'static str, is_there: impl Fn(&str) -> bool) {
        let all: Vec<String> = lock(&self.inner.lasting)
            .keys()
            .filter(|(kind, of)| *kind == name && !is_there(of))
            .map(|(_, of)| of.clone())
            .collect();
        all.iter().for_each(|of| self.over(name, of));
    }

    /// Alarms that stand, by name.
    pub(crate) fn standing(&self) -> Vec<StandingAlarm> {
        let all = lock(&self.inner.lasting);
        all.iter()
            .map(|((name, _), standing)| StandingAlarm {
                name: (*name).to_owned(),
                since: standing.since.to_string(),
                text: standing.text.clone(),
                times: standing.times,
            })
            .collect()
    }
}
