//! The table of checks.

use crate::future::BoxFuture;
use crate::testing::conformance::report::Outcome;
use crate::testing::conformance::subject::Trial;
use crate::testing::conformance::{
    audit, calls, changed, checkpoints, follow, leases, letters, log, outbox, outcomes, reopened, streams, values,
};

/// One thing that a store has to do.
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) run: fn(Trial) -> BoxFuture<'static, Outcome>,
}

macro_rules! checks {
    ($($area:ident :: { $($check:ident,)+ })+) => {
        &[$($(Check {
            name: concat!(stringify!($area), "::", stringify!($check)),
            run: |trial| Box::pin($area::$check(trial)),
        },)+)+]
    };
}

/// Every check, in the order in which they run.
pub(super) const CHECKS: &[Check] = checks! {
    log::{
        an_event_is_read_as_it_was_written,
        what_is_asked_of_the_log_narrows_it,
        a_reader_misses_no_event,
        whoever_has_read_to_the_head_has_seen_all_up_to_it,
        events_of_one_write_stand_together,
    }
    streams::{
        versions_have_no_gaps_under_many_writers,
        of_writers_that_expect_the_same_one_wins,
        a_wrong_expectation_leaves_nothing,
    }
    checkpoints::{
        a_step_from_elsewhere_leaves_nothing,
        a_step_under_an_old_fence_leaves_nothing,
        a_step_of_a_subscription_that_nobody_has_leaves_nothing,
        a_step_is_written_with_what_it_comes_with,
        of_two_steps_from_one_place_one_is_taken,
    }
    leases::{
        a_subscription_begins_where_it_says_and_that_is_kept,
        one_owner_has_it_until_its_lease_is_over,
        who_lets_go_need_not_be_waited_for,
        a_fence_rises_when_a_subscription_changes_hands,
        a_clock_that_was_set_back_locks_nobody_out,
        a_lease_may_have_no_end,
        of_many_that_claim_it_at_once_one_has_it,
    }
    outcomes::{
        an_outcome_is_found_under_its_key_alone,
        a_second_outcome_leaves_nothing,
        an_outcome_expires_and_can_be_recorded_anew,
        what_follows_from_an_event_is_known_while_that_can_be_delivered,
    }
    outbox::{
        commands_come_in_the_order_in_which_they_are_due,
        a_key_waits_once,
        a_command_is_settled_once,
        what_is_put_off_or_parked_says_so,
    }
    letters::{
        dead_letters_are_kept_in_the_order_of_the_log,
        a_dead_letter_is_told_anew_and_taken_back,
    }
    audit::{
        a_row_says_which_events_its_command_raised,
        rows_are_found_by_each_member_of_a_query,
        rows_are_forgotten_when_they_have_been_kept_long_enough,
    }
    changed::{
        every_write_wakes_who_waits,
        a_write_of_another_process_wakes_who_waits,
        a_write_that_was_made_meanwhile_is_not_waited_for,
    }
    values::{
        payloads_of_any_text_and_size_are_kept,
        names_of_any_text_are_kept_apart,
        times_before_1970_are_kept,
        times_far_ahead_do_no_harm,
        what_is_empty_is_written,
    }
    calls::{
        an_answer_comes_after_its_commit,
        what_was_answered_is_in_the_store,
        a_rejection_leaves_its_outcome_and_its_row_alone,
        a_call_that_was_answered_is_answered_the_same,
        a_wrong_version_is_a_conflict_of_the_call,
        two_units_are_open_at_once,
        a_command_of_the_outbox_is_carried_out_once,
    }
    follow::{
        what_a_handler_writes_and_its_checkpoint_are_one,
        two_processes_share_the_work_and_do_it_once,
    }
    reopened::{
        what_was_written_is_there_after_reopening,
        what_was_answered_is_there_after_reopening,
    }
};
