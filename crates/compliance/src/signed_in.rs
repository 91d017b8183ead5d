//! Sign-ins of officers.

use crate::{Compliance, ComplianceError, Officer, intake::PAGE, scribe::Decision};
use causerie_model::{ChainId, Event};
use causerie_records::{Addition, Selection};
use serde_json::Value;

/// One sign-in of an officer from one origin is recorded in so many seconds: each request signs in.
pub const SIGN_IN_SECONDS: i64 = 15 * 60;
impl Compliance {
    /// Records that an officer was let in, unless that was recorded within [`SIGN_IN_SECONDS`], for the same origin.
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
                let body: Option<Value> = serde_json::from_str(body).ok();
                body.is_some_and(|body| body.get("origin").and_then(Value::as_str) == Some(&*officer.origin))
            };
            if page.iter().any(|stored| same(&stored.record.body)) {
                return Ok(true);
            }
        }
    }
}
