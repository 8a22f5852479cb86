//! The two halves of a bus: [`CommandBus`] and [`QueryBus`].

use crate::bus::Bus;
use crate::bus::publish::Publish;
use crate::call::dispatch::Dispatch;
use crate::call::{Call, Parent};
use crate::handler::Handled;
use crate::message::{Command, Event, Query};
use crate::unit::events::Raised;

/// The half of a bus that changes things. A command's handler without resources takes one by value, to execute
/// what belongs to it; such a call inherits tenant, principal, deadline, metadata and correlation.
///
/// A handler whose own unit of work is open executes nothing: that is a fault, not a deadlock.
#[derive(Clone)]
pub struct CommandBus {
    bus: Bus,
    parent: Option<Parent>,
}

impl CommandBus {
    pub(crate) fn new(bus: Bus) -> Self {
        CommandBus { bus, parent: None }
    }

    pub(crate) fn inside(call: &Call<'_>) -> Self {
        CommandBus { bus: call.bus.clone(), parent: Some(call.as_parent()) }
    }

    /// See [`Bus::execute`].
    #[inline]
    pub fn execute<C: Command + Handled>(&self, command: C) -> Dispatch<'_, C, C::By> {
        Dispatch::new(&self.bus, self.parent.as_ref(), command)
    }

    /// See [`Bus::publish`].
    pub fn publish<E: Event>(&self, event: E) -> Publish<'_> {
        Publish { bus: &self.bus, from: self.parent.as_ref(), raised: Raised::new(event), options: None }
    }
}

/// The half of a bus that changes nothing. Any handler takes one by value, a query's too; a nested query
/// inherits tenant, principal, deadline, metadata and correlation.
#[derive(Clone)]
pub struct QueryBus {
    bus: Bus,
    parent: Option<Parent>,
}

impl QueryBus {
    pub(crate) fn new(bus: Bus) -> Self {
        QueryBus { bus, parent: None }
    }

    pub(crate) fn inside(call: &Call<'_>) -> Self {
        QueryBus { bus: call.bus.clone(), parent: Some(call.as_parent()) }
    }

    /// See [`Bus::query`].
    #[inline]
    pub fn query<Q: Query + Handled>(&self, query: Q) -> Dispatch<'_, Q, Q::By> {
        Dispatch::new(&self.bus, self.parent.as_ref(), query)
    }
}

impl std::fmt::Debug for CommandBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandBus").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for QueryBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryBus").finish_non_exhaustive()
    }
}
