//! The suite that every adapter must pass: what [`Queue`] promises, one case a function.
//!
//! A case gets an empty queue of its own. An adapter's tests say once how to make one:
//!
//! ```ignore
//! causerie_queue::conformance_tests!(fresh); // async fn fresh() -> impl Database
//! ```
//!
//! Cases panic when a promise is broken, as tests do.

pub mod aside;
pub mod backlog;
pub mod erasure;
pub mod leases;
pub mod order;
mod world;

pub use world::{Chain, everything, to_record};

use crate::Queue;
use async_trait::async_trait;
use causerie_model::{Sealed, StoreError};
use std::sync::Arc;

/// A queue that a case has for itself.
#[async_trait]
pub trait Database: Send + Sync {
    /// Opens it, or opens it once more. What was opened before isn't used any more then.
    async fn open(&self) -> Opened;
}

/// Both ends of an open queue.
pub struct Opened {
    /// Where records come out.
    pub queue: Arc<dyn Queue>,
    /// Where they go in.
    pub publisher: Arc<dyn Publisher>,
}

/// The end of a queue at which records go in.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// Publishes these records in one commit.
    async fn publish(&self, records: Vec<Sealed>) -> Result<(), StoreError>;

    /// What was set aside, each with its reason, in the order of the queue.
    async fn kept_aside(&self) -> Vec<(Sealed, String)>;
}

/// Makes one `#[tokio::test]` of each case. The argument names an `async fn` there without parameters that returns an
/// empty [`Database`](crate::conformance::Database).
#[macro_export]
macro_rules! conformance_tests {
    ($fresh:ident) => {
        $crate::conformance_tests!(@cases $fresh, order:
            records_wait_in_the_order_of_commits,
            rooms_keep_their_order_when_interleaved,
            texts_come_out_as_they_went_in,
            no_more_are_given_than_were_asked_for,
            what_is_not_acknowledged_comes_again,
            what_is_not_acknowledged_comes_again_to_the_next_consumer,
            everything_is_there_after_opening_anew,
            records_are_acknowledged_up_to_a_place,
            acknowledging_again_changes_nothing,
            places_are_not_used_again,
            a_publication_that_is_rolled_back_leaves_nothing,
        );
        $crate::conformance_tests!(@cases $fresh, leases:
            a_lease_is_refused_to_others_until_it_ends,
            each_lease_has_a_token_of_its_own,
            a_lease_is_prolonged,
            a_lease_that_ended_is_prolonged_if_nobody_had_it_since,
            a_lease_that_somebody_had_since_is_not_prolonged,
            a_lease_that_is_given_back_is_free_at_once,
            a_lease_that_is_not_held_is_given_back_without_harm,
            a_lost_lease_can_do_nothing,
            a_lease_that_ended_can_do_nothing,
            a_lease_given_back_can_do_nothing,
            a_lease_is_held_after_opening_anew,
            a_holder_takes_its_own_lease_over_at_once,
            a_holder_takes_its_own_lease_over_after_opening_anew,
            a_lease_that_was_taken_over_is_nobody_elses,
            a_lease_lasts_no_longer_than_it_may,
            a_lease_that_ends_later_than_it_may_is_free,
        );
        $crate::conformance_tests!(@cases $fresh, aside:
            what_is_set_aside_is_kept_with_its_reason,
            others_go_on,
            setting_aside_again_changes_nothing,
            what_does_not_wait_is_not_set_aside,
        );
        $crate::conformance_tests!(@cases $fresh, backlog:
            an_empty_queue_has_none,
            it_is_right_after_each_step,
            it_is_right_after_opening_anew,
            it_needs_no_lease,
            a_refused_step_does_not_change_it,
            a_chain_waits_from_its_first_record_on,
        );
    };
    (@cases $fresh:ident, $group:ident: $($case:ident),+ $(,)?) => {
        mod $group {
            $(
                #[tokio::test]
                async fn $case() {
                    let database = super::$fresh().await;
                    ::causerie_queue::conformance::$group::$case(&database).await;
                }
            )+
        }
    };
}
