//! Subscriptions: how what a store keeps comes to the handlers of events, at least once and in order.
//!
//! A subscription is one handler of an event, or one type whose methods handle events, under a name. It has a checkpoint
//! in the store: how far in the log it has come. One process at a time runs it; another takes over when that one is not
//! heard of any more. Whoever still believes to have it cannot move the checkpoint.

mod checkpoints;
mod failure;
mod feeds;
mod lease;
mod letters;
mod outbox_runner;
mod pauses;
mod runner;
mod running;
mod session;
mod status;

use std::time::Duration;

pub(crate) use running::{Subscribers, settled};
pub use status::{Health, OutboxQueue, Subscription, SubscriptionStatus};

/// What the lease of the outbox is kept under.
pub(crate) const OUTBOX: &str = "outbox";

/// How deliveries are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivering {
    /// How long one may take.
    pub(crate) timeout: Duration,
    /// After how many vain attempts an event is a dead letter.
    pub(crate) attempts: u32,
    /// With how many dead letters a subscription halts.
    pub(crate) dead_letter_limit: usize,
    /// How long a subscription stays with a process that is not heard of.
    pub(crate) lease: Duration,
}

impl Default for Delivering {
    fn default() -> Self {
        Delivering {
            timeout: Duration::from_secs(30),
            attempts: 5,
            dead_letter_limit: 100,
            lease: Duration::from_secs(5),
        }
    }
}
