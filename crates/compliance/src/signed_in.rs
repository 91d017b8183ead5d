//! Sign-ins of officers.

use crate::{Compliance, ComplianceError, Officer, intake::PAGE, scribe::Decision};
use causerie_model::{ChainId, Event};
use causerie_records::{Addition, Selection};
use serde_json::Value;
use std::net::SocketAddr;

/// One sign-in of an officer from one origin is recorded in so many seconds: each request signs in.
pub const SIGN_IN_SECONDS: i64 = 15 * 60;

/// An origin without its port, which is another for each connection.
fn host(origin: &str) -> String {
    let address: Option<SocketAddr> = origin.parse().ok();
    address.map_or_else(
        || origin.to_owned(),
        |address| address.ip().to_canonical().to_string(),
    )
}

impl Compliance {
    /// Records that an officer was let in, unless that was recorded within [`SIGN_IN_SECONDS`], for the same origin,
    /// whatever its port.
    ///
    /// # Errors
    /// [`ComplianceError::Store`], [`ComplianceError::Busy`]: then he must not be let in, since nothing says that he was.
    pub async fn signed_in(&self, officer: &Officer) -> Result<(), ComplianceError> {
        self.act(officer, |_| async move {
            let events = if self.signed_in_lately(officer).await? {
                Vec::new()
            } else {
                vec![Event::SignedIn {
                    origin: officer.origin.clone(),
                }]
            };
            Ok(Decision {
                events,
                addition: Addition::default(),
                answer: (),
            })
        })
        .await
    }

    async fn signed_in_lately(&self, officer: &Officer) -> Result<bool, ComplianceError> {
        // The first microsecond that isn't too long ago.
        let from = self
            .needs()
            .clock
            .now()
            .plus_seconds(-SIGN_IN_SECONDS)
            .0
            .saturating_add(1);
        let selection = Selection {
            actors: vec![officer.actor().to_string()],
            chains: vec![ChainId::Compliance],
            kinds: vec!["SIGNEDIN".to_owned()],
            from: Some(causerie_model::Timestamp(from)),
            until: None,
        };
        let mut after = 0;
        loop {
            let page = self.needs().records.select(&selection, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(false);
            };
            after = last.position;
            let same = |body: &str| {
                let body: Value = serde_json::from_str(body).unwrap_or_default();
                let origin = body.get("origin").and_then(Value::as_str);
                origin.is_some_and(|origin| host(origin) == host(&officer.origin))
            };
            if page.iter().any(|stored| same(&stored.record.body)) {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn a_port_is_no_part_of_where_somebody_is() {
        assert_eq!(host("192.0.2.7:4711"), "192.0.2.7");
        assert_eq!(host("[2001:db8::1]:4711"), "2001:db8::1");
        assert_eq!(host("[::ffff:192.0.2.7]:1"), "192.0.2.7");
        assert_eq!(host("unix"), "unix");
    }
}
