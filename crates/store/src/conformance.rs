//! The suite that every adapter must pass: what the traits of this crate promise, one case a function.
//!
//! A case gets an empty database of its own. An adapter's tests say once how to make one:
//!
//! ```ignore
//! causerie_store::conformance_tests!(fresh); // async fn fresh() -> impl Database
//! ```
//!
//! Cases panic when a promise is broken, as tests do.

pub mod catalogue;
pub mod history;
pub mod invitations;
pub mod journal;
pub mod moderation;
pub mod personal;
pub mod search;
pub mod tokens;
mod world;

pub use world::Chain;

use crate::Parts;
use async_trait::async_trait;
use causerie_model::Sealed;

/// A database that a case has for itself.
#[async_trait]
pub trait Database: Send + Sync {
    /// Opens it, or opens it once more while others have it open.
    async fn open(&self) -> Parts;

    /// The records that were published so far, in order.
    async fn published(&self) -> Vec<Sealed>;
}

/// Makes one `#[tokio::test]` of each case. The argument names an `async fn` there without parameters that returns an
/// empty [`Database`](crate::conformance::Database).
#[macro_export]
macro_rules! conformance_tests {
    ($fresh:ident) => {
        $crate::conformance_tests!(@cases $fresh, journal:
            a_batch_is_read_back_as_it_was_written,
            the_heads_follow_what_was_appended,
            the_head_of_an_unknown_chain_is_the_start,
            everything_is_there_after_opening_anew,
            rooms_may_be_interleaved_in_a_batch,
            a_message_that_is_not_kept_is_only_published,
            published_records_prove_their_chain,
            numbers_have_no_gaps_over_many_batches,
            a_wrong_number_is_a_conflict,
            a_wrong_previous_hash_is_a_conflict,
            a_message_out_of_order_is_a_conflict,
            a_reordered_batch_is_a_conflict,
            a_batch_that_was_appended_already_is_a_conflict,
            a_message_of_another_room_is_a_conflict,
            a_chain_of_no_possible_room_is_a_conflict,
            a_conflict_in_one_room_keeps_the_whole_batch_out,
            a_conflicting_change_keeps_the_records_out,
            conflicting_records_keep_the_changes_out,
            an_empty_batch_changes_nothing,
            two_who_append_the_same_number_do_not_both_succeed,
            the_highest_room_survives_its_removal,
            who_came_is_present_until_he_leaves,
            the_last_of_a_batch_decides_who_is_present,
            presence_is_committed_with_its_record,
            who_was_in_a_removed_room_is_still_noted,
        );
        $crate::conformance_tests!(@cases $fresh, catalogue:
            every_change_is_loaded_as_the_catalogue_applies_it,
            all_properties_are_kept,
            a_removed_user_leaves_nothing_behind,
            what_is_in_use_can_not_be_removed,
            names_are_unique_in_any_case,
            an_address_belongs_to_one_user,
            a_category_with_rooms_can_not_be_removed,
            a_room_needs_its_category,
            a_role_needs_its_node_and_its_principal,
            a_role_is_held_only_where_it_fits,
            a_group_can_not_become_a_user,
            a_guid_never_changes,
            taking_away_what_is_not_there_is_no_error,
            the_identity_stays_and_is_not_shared,
            what_is_made_here_needs_no_announcement,
        );
        $crate::conformance_tests!(@cases $fresh, history:
            latest_gives_the_newest_oldest_first,
            latest_before_a_message_ends_with_the_one_before_it,
            latest_does_not_mix_rooms,
            messages_of_a_removed_room_stay,
            sizes_tell_what_is_in_each_room,
        );
        $crate::conformance_tests!(@cases $fresh, search:
            all_words_must_be_in_a_message,
            one_of_any_words_is_enough,
            a_phrase_stands_side_by_side,
            a_prefix_finds_longer_words,
            neither_case_nor_accents_matter_to_a_search,
            case_matters_if_it_is_asked_for,
            words_match_as_a_whole,
            any_part_of_a_run_without_blanks_is_found,
            marks_belong_to_words,
            signs_in_a_search_are_not_commands,
            signs_alone_find_nothing,
            no_room_finds_nothing,
            a_room_is_no_word,
            every_criterion_holds_with_every_other,
            a_place_needs_no_message,
            matches_are_counted_up_to_a_bound,
        );
        $crate::conformance_tests!(@cases $fresh, moderation:
            a_replaced_message_keeps_its_place,
            a_message_that_is_not_there_can_not_be_replaced,
            a_removed_message_is_gone_and_its_number_stays_used,
            messages_are_removed_together,
            it_is_known_which_messages_are_there,
            a_room_is_cleared_up_to_a_time_inclusive,
            changed_messages_are_found_as_they_are_now,
            a_conflict_keeps_changes_of_messages_out,
            changes_of_messages_leave_records_alone,
        );
        $crate::conformance_tests!(@cases $fresh, invitations:
            a_principal_waits_until_its_last_users_are_invited,
            who_waits_is_committed_with_the_other_changes,
            nobody_is_invited_twice_to_a_room,
            invitations_are_numbered_for_each_user,
            a_number_is_not_used_again,
            who_is_gone_is_not_invited,
            what_does_not_wait_issues_nothing,
            invitations_are_read_piece_by_piece,
        );
        $crate::conformance_tests!(@cases $fresh, personal:
            secrets_are_replaced,
            secrets_of_many_are_stored_together,
            secrets_need_a_user,
            a_contact_list_is_kept_as_it_was,
            a_contact_list_is_changed_by_one_at_a_time,
            a_preference_counts_its_changes,
            preferences_are_apart_by_user_and_label,
            personal_things_go_with_their_user,
        );
        $crate::conformance_tests!(@cases $fresh, tokens:
            tokens_are_kept_as_they_were,
            a_tokens_name_and_hash_are_unique,
            a_removed_token_is_gone,
        );
    };
    (@cases $fresh:ident, $group:ident: $($case:ident),+ $(,)?) => {
        mod $group {
            $(
                #[tokio::test]
                async fn $case() {
                    let database = super::$fresh().await;
                    ::causerie_store::conformance::$group::$case(&database).await;
                }
            )+
        }
    };
}
