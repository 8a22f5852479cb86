//! [`Aggregate`]: the write model's entities.

use crate::message::succeeds::Probe;

/// An entity with a life of its own, told as a stream of events. Its id is what a message names.
///
/// A command's output cannot be one: a command answers what the caller needs to know, not the write model.
pub trait Aggregate: Send + 'static {
    /// What it is called by.
    type Id: Send + Sync + 'static;
}

macro_rules! holders_of_aggregates {
    ($($holder:ty),* $(,)?) => {
        $(impl<A: Aggregate> Probe<$holder> {
            /// It is one, or holds one.
            pub const AGGREGATE: bool = true;
        })*
    };
}
holders_of_aggregates!(
    A,
    Option<A>,
    Vec<A>,
    std::sync::Arc<A>,
    crate::OperationResult<A>,
    Option<Vec<A>>,
    Vec<Option<A>>,
);

impl<A: Aggregate, E> Probe<Result<A, E>> {
    /// It may be one.
    pub const AGGREGATE: bool = true;
}
