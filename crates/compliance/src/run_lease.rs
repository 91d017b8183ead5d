//! One service at a time runs adapters.

use crate::{Compliance, ComplianceError};
use causerie_model::Timestamp;

/// The lease of who runs adapters.
const LEASE: &str = "runs";
/// So long nobody else may run adapters after the last page that this service wrote.
pub(crate) const RUN_LEASE_SECONDS: i64 = 120;
/// An adapter that can't run for so long, since somebody else has the lease, is an alarm.
pub(crate) const BUSY_SECONDS: u64 = 1_200;

/// The right to run adapters, for a while.
pub(crate) struct RunLease<'a> {
    service: &'a Compliance,
    until: Timestamp,
}

impl<'a> RunLease<'a> {
    pub(crate) async fn take(service: &'a Compliance) -> Result<Self, ComplianceError> {
        let mut lease = Self {
            service,
            until: Timestamp(i64::MIN),
        };
        lease.keep().await?;
        Ok(lease)
    }

    /// Has it last longer when a third of it is over. Asked for at each page: who is to stop does so there.
    pub(crate) async fn keep(&mut self) -> Result<(), ComplianceError> {
        self.service.goes_on()?;
        let needs = self.service.needs();
        let now = needs.clock.now();
        // More than its whole length can only be left if the clock went back.
        let whole = now.plus_seconds(RUN_LEASE_SECONDS);
        if self.until.plus_seconds(-RUN_LEASE_SECONDS * 2 / 3) > now && self.until <= whole {
            return Ok(());
        }
        let until = whole;
        let holder = needs.holder.to_string();
        if !needs.records.lease(LEASE, &holder, now, until).await? {
            let text = "another compliance service runs adapters just now";
            return Err(ComplianceError::Busy(text.to_owned()));
        }
        self.until = until;
        Ok(())
    }

    pub(crate) async fn end(self) {
        let needs = self.service.needs();
        let now = needs.clock.now();
        let holder = needs.holder.to_string();
        // Free whatever the time is, even for who has an earlier one.
        let over = Timestamp(0);
        if let Err(error) = needs.records.lease(LEASE, &holder, now, over).await {
            tracing::info!("the lease of runs ends by itself: {error}");
        }
    }
}
