//! The suite that every adapter must pass: what the traits of this crate promise, one case a function.
//!
//! A case gets an empty database of its own. An adapter's tests say once how to make one:
//!
//! ```ignore
//! causerie_records::conformance_tests!(fresh); // async fn fresh() -> impl Database
//! ```
//!
//! Cases panic when a promise is broken, as tests do.

pub mod chains;
pub mod checkpoints;
pub mod documents;
pub mod leases;
pub mod records;
pub mod retirement;
pub mod selection;
mod world;

pub use world::Chain;

use crate::RecordStore;
use async_trait::async_trait;
use std::sync::Arc;

/// A database that a case has for itself.
#[async_trait]
pub trait Database: Send + Sync {
    /// Opens it, or opens it once more while others have it open.
    async fn open(&self) -> Arc<dyn RecordStore>;
}

/// Makes one `#[tokio::test]` of each case. The argument names an `async fn` there without parameters that returns an
/// empty [`Database`](crate::conformance::Database).
#[macro_export]
macro_rules! conformance_tests {
    ($fresh:ident) => {
        $crate::conformance_tests!(@cases $fresh, records:
            an_empty_database_has_nothing,
            records_are_read_back_as_they_were_written,
            positions_have_no_gap,
            a_page_ends_where_it_is_told,
            spans_tell_what_a_range_holds,
            a_chain_is_read_page_by_page,
            nothing_is_lost_when_two_append,
            everything_is_there_after_opening_anew,
            an_empty_addition_changes_nothing,
        );
        $crate::conformance_tests!(@cases $fresh, chains:
            the_same_records_are_passed_over,
            the_same_records_are_passed_over_after_opening_anew,
            a_record_twice_in_an_addition_is_one,
            what_was_committed_is_not_done_again,
            another_record_of_the_same_number_is_a_conflict,
            a_number_that_was_left_out_can_not_come_later,
            a_room_and_the_system_may_have_gaps,
            without_a_gap_every_record_follows_by_hash,
            the_compliance_service_has_no_gap,
            the_compliance_service_follows_by_hash,
            of_two_who_decide_by_the_same_state_one_wins,
            impossible_numbers_are_a_conflict,
            an_impossible_character_is_a_conflict,
        );
        $crate::conformance_tests!(@cases $fresh, documents:
            documents_are_put_and_removed,
            documents_are_listed_by_id,
            a_conflict_keeps_documents_out,
            of_two_with_the_same_key_the_last_counts,
        );
        $crate::conformance_tests!(@cases $fresh, checkpoints:
            checkpoints_are_numbered_from_one,
            the_last_checkpoint_may_come_again,
            a_checkpoint_out_of_order_is_a_conflict,
            checkpoints_are_read_page_by_page,
        );
        $crate::conformance_tests!(@cases $fresh, retirement:
            content_goes_and_the_place_stays,
            what_is_gone_may_go_again,
            what_is_not_there_can_not_be_retired,
            nothing_goes_without_a_record_that_says_so,
            a_retired_record_still_comes_twice,
            what_was_changed_in_a_room_stays,
            nothing_but_records_of_rooms_goes,
        );
        $crate::conformance_tests!(@cases $fresh, selection:
            nothing_asked_selects_all,
            every_field_selects,
            fields_hold_together,
            a_selection_is_read_page_by_page,
            who_acted_is_known_while_a_record_says_so,
        );
        $crate::conformance_tests!(@cases $fresh, leases:
            a_lease_ends_at_its_moment,
            a_holder_prolongs_and_gives_back,
            of_two_who_take_a_lease_one_has_it,
        );
    };
    (@cases $fresh:ident, $group:ident: $($case:ident),+ $(,)?) => {
        mod $group {
            $(
                #[tokio::test]
                async fn $case() {
                    let database = super::$fresh().await;
                    ::causerie_records::conformance::$group::$case(&database).await;
                }
            )+
        }
    };
}
