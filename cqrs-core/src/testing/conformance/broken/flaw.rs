//! What can be wrong with a store: [`Flaw`].

/// One thing that a [`BrokenStore`](super::BrokenStore) does wrong, each of which somebody's store has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flaw {
    /// An event gets its position when its transaction begins, and is seen when that commits: who has read on meanwhile
    /// never sees it.
    NumbersBeforeTheCommit,
    /// Versions are counted before the commit: two events of a stream have the same one.
    CountsVersionsBeforeTheCommit,
    /// Positions are those of the page, so that whoever goes on from one skips what is behind it.
    SkipsAnEvent,
    /// The last event of the log is told one too late.
    TellsAnOldHead,
    /// Events of one write stand apart.
    MixesWrites,
    /// What is expected of a stream is not asked.
    IgnoresWhatIsExpected,
    /// The checkpoint is moved after the commit.
    MovesTheCheckpointAfterwards,
    /// The checkpoint is moved before the commit.
    MovesTheCheckpointBefore,
    /// A checkpoint is moved from wherever it is.
    IgnoresWhereTheCheckpointIs,
    /// A checkpoint is moved by whoever once had the subscription.
    IgnoresTheFence,
    /// A subscription is had by two at once.
    GivesASubscriptionToTwo,
    /// A subscription that was let go of has to be waited for.
    DoesNotLetGo,
    /// A lease that was taken by a clock that was ahead is believed.
    BelievesAClockThatWasAhead,
    /// The outcome is recorded after the commit.
    RecordsOutcomesAfterwards,
    /// No tenant and the empty one are the same in a key.
    TakesAnEmptyTenantForNone,
    /// The outcome of what follows from an event is forgotten like any other.
    ForgetsWhatFollowsFromEvents,
    /// A command waits twice under one key.
    SendsTwiceUnderOneKey,
    /// A command that has left the outbox leaves it again.
    SettlesTwice,
    /// What is due longest is dispatched last.
    DispatchesTheLatestFirst,
    /// Dead letters come in the order in which they were put aside.
    OrdersDeadLettersByTheirTime,
    /// The audit trail is written before the commit.
    AuditsBeforeTheCommit,
    /// The rows of one tenant are shown to another.
    AuditsForAnyTenant,
    /// A row of the audit trail does not say which events its command raised.
    DoesNotSayWhichEvents,
    /// A write is answered before it is committed.
    AnswersBeforeTheCommit,
    /// Who waits for a change is not woken.
    WakesNobody,
    /// A payload is cut after as many bytes as a column has.
    CutsPayloads,
    /// A time before 1970 panics.
    PanicsBefore1970,
    /// Nothing is there when it is opened anew.
    ForgetsWhenItIsOpened,
}

impl Flaw {
    /// Every one of them, and the check that finds it.
    ///
    /// ```
    /// use cqrs_core::testing::conformance::{self, Flaw};
    ///
    /// for (flaw, check) in Flaw::ALL {
    ///     assert!(conformance::names().any(|name| name == *check), "{flaw:?}");
    /// }
    /// ```
    pub const ALL: &[(Flaw, &str)] = &[
        (Flaw::NumbersBeforeTheCommit, "log::a_reader_misses_no_event"),
        (Flaw::CountsVersionsBeforeTheCommit, "streams::versions_have_no_gaps_under_many_writers"),
        (Flaw::SkipsAnEvent, "log::a_reader_misses_no_event"),
        (Flaw::TellsAnOldHead, "log::whoever_has_read_to_the_head_has_seen_all_up_to_it"),
        (Flaw::MixesWrites, "log::events_of_one_write_stand_together"),
        (Flaw::IgnoresWhatIsExpected, "streams::of_writers_that_expect_the_same_one_wins"),
        (Flaw::MovesTheCheckpointAfterwards, "checkpoints::a_step_from_elsewhere_leaves_nothing"),
        (Flaw::MovesTheCheckpointBefore, "checkpoints::a_step_is_written_with_what_it_comes_with"),
        (Flaw::IgnoresWhereTheCheckpointIs, "checkpoints::of_two_steps_from_one_place_one_is_taken"),
        (Flaw::IgnoresTheFence, "checkpoints::a_step_under_an_old_fence_leaves_nothing"),
        (Flaw::GivesASubscriptionToTwo, "leases::one_owner_has_it_until_its_lease_is_over"),
        (Flaw::DoesNotLetGo, "leases::who_lets_go_need_not_be_waited_for"),
        (Flaw::BelievesAClockThatWasAhead, "leases::a_clock_that_was_set_back_locks_nobody_out"),
        (Flaw::RecordsOutcomesAfterwards, "outcomes::a_second_outcome_leaves_nothing"),
        (Flaw::TakesAnEmptyTenantForNone, "outcomes::an_outcome_is_found_under_its_key_alone"),
        (
            Flaw::ForgetsWhatFollowsFromEvents,
            "outcomes::what_follows_from_an_event_is_known_while_that_can_be_delivered",
        ),
        (Flaw::SendsTwiceUnderOneKey, "outbox::a_key_waits_once"),
        (Flaw::SettlesTwice, "outbox::a_command_is_settled_once"),
        (Flaw::DispatchesTheLatestFirst, "outbox::commands_come_in_the_order_in_which_they_are_due"),
        (Flaw::OrdersDeadLettersByTheirTime, "letters::dead_letters_are_kept_in_the_order_of_the_log"),
        (Flaw::AuditsBeforeTheCommit, "streams::a_wrong_expectation_leaves_nothing"),
        (Flaw::AuditsForAnyTenant, "audit::rows_are_found_by_each_member_of_a_query"),
        (Flaw::DoesNotSayWhichEvents, "audit::a_row_says_which_events_its_command_raised"),
        (Flaw::AnswersBeforeTheCommit, "calls::what_was_answered_is_in_the_store"),
        (Flaw::WakesNobody, "changed::every_write_wakes_who_waits"),
        (Flaw::CutsPayloads, "values::payloads_of_any_text_and_size_are_kept"),
        (Flaw::PanicsBefore1970, "values::times_before_1970_are_kept"),
        (Flaw::ForgetsWhenItIsOpened, "reopened::what_was_written_is_there_after_reopening"),
    ];
}
