//! What is done to a store: made by chance.

use proptest::prelude::*;
use proptest::sample::Index;

/// One step.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Write(Vec<Part>),
    Claim {
        subscription: usize,
        owner: usize,
        from_start: bool,
        lease: i64,
    },
    Release {
        subscription: usize,
        owner: usize,
    },
    /// The clock moves, back too.
    Move(i64),
    Purge,
    /// The store is closed and opened.
    Reopen,
}

/// Part of one write.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// What a stream has, and what is added to that.
    Expect(usize, i64),
    Event(Option<usize>),
    /// Under one of a few keys, due so many seconds from now.
    Send(usize, i64),
    Settle(Index),
    Postpone {
        command: Index,
        seconds: i64,
        parked: bool,
    },
    /// Under a key that somebody has chosen.
    Outcome(usize),
    /// Under a key that follows from an event.
    Derived {
        subscription: usize,
        event: Index,
    },
    /// Of a command that began so many seconds ago.
    Audit(i64),
    /// By who has the subscription, or believes to.
    Advance {
        subscription: usize,
        old_fence: bool,
        old_place: bool,
        to: Index,
    },
    Park {
        subscription: usize,
        event: Index,
        replay: bool,
    },
    Unpark {
        subscription: usize,
        event: Index,
    },
}

/// Seconds, so many tens of them: what is to end at one moment does.
fn tens(tens: std::ops::Range<i64>) -> impl Strategy<Value = i64> {
    tens.prop_map(|tens| tens * 10)
}

fn part() -> impl Strategy<Value = Part> {
    let subscription = 0..super::SUBSCRIPTIONS.len();
    let rarely = || proptest::bool::weighted(0.15);
    prop_oneof![
        2 => (0..super::STREAMS.len(), prop_oneof![4 => Just(0_i64), 1 => -1..=1_i64])
            .prop_map(|(stream, more)| Part::Expect(stream, more)),
        6 => proptest::option::weighted(0.8, 0..super::STREAMS.len()).prop_map(Part::Event),
        3 => (0..5_usize, tens(-1..3)).prop_map(|(key, seconds)| Part::Send(key, seconds)),
        2 => any::<Index>().prop_map(Part::Settle),
        2 => (any::<Index>(), tens(-1..3), any::<bool>())
            .prop_map(|(command, seconds, parked)| Part::Postpone { command, seconds, parked }),
        2 => (0..3_usize).prop_map(Part::Outcome),
        2 => (subscription.clone(), any::<Index>())
            .prop_map(|(subscription, event)| Part::Derived { subscription, event }),
        2 => tens(-2..2).prop_map(Part::Audit),
        4 => (subscription.clone(), rarely(), rarely(), any::<Index>())
            .prop_map(|(subscription, old_fence, old_place, to)| Part::Advance { subscription, old_fence, old_place, to }),
        2 => (subscription.clone(), any::<Index>(), any::<bool>())
            .prop_map(|(subscription, event, replay)| Part::Park { subscription, event, replay }),
        1 => (subscription, any::<Index>()).prop_map(|(subscription, event)| Part::Unpark { subscription, event }),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let subscription = 0..super::SUBSCRIPTIONS.len();
    prop_oneof![
        12 => proptest::collection::vec(part(), 1..5).prop_map(Op::Write),
        4 => (subscription.clone(), 0..3_usize, any::<bool>(), tens(1..3))
            .prop_map(|(subscription, owner, from_start, lease)| Op::Claim { subscription, owner, from_start, lease }),
        1 => (subscription, 0..3_usize).prop_map(|(subscription, owner)| Op::Release { subscription, owner }),
        4 => tens(-3..7).prop_map(Op::Move),
        2 => Just(Op::Purge),
        1 => Just(Op::Reopen),
    ]
}

/// Steps, one after the other.
pub(crate) fn ops(count: usize) -> impl Strategy<Value = Vec<Op>> {
    proptest::collection::vec(op(), 1..count)
}
