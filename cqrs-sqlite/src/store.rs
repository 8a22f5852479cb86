//! The store on a database: what a call leaves is written in its transaction, and what the bus asks is read.

mod audit;
mod calls;
mod events;
mod of_bus;
mod outbox;
mod outcomes;
mod subscriptions;
mod values;

use cqrs_core::Fault;
use cqrs_core::store::Changes;

use self::calls::Calls;
use crate::fail_points;
use crate::writer::Writing;

/// How long what is written is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping {
    pub(crate) outcomes: std::time::Duration,
    /// Nothing, where there is no audit trail.
    pub(crate) audit: Option<std::time::Duration>,
}

/// Changes that are ready to be written.
pub(crate) struct Ready {
    changes: Changes,
    calls: Calls,
    keeping: Keeping,
}

impl Ready {
    /// Does what need not be done while the writer waits.
    ///
    /// # Errors
    /// A fault, where a call cannot be written as JSON.
    pub(crate) fn new(changes: Changes, keeping: Keeping) -> Result<Ready, Fault> {
        Ok(Ready { calls: Calls::of(&changes, keeping)?, changes, keeping })
    }
}

/// Writes changes in the transaction that is open: all of them, or a fault and none that is to be kept.
///
/// What they depend on is asked first, so that a conflict is found before anything is written.
pub(crate) fn write(conn: &Writing<'_>, ready: &Ready) -> Result<(), Fault> {
    let Ready { changes, calls, keeping } = ready;
    events::expect(conn, &changes.expected)?;
    if let Some(advance) = &changes.checkpoint {
        subscriptions::advance(conn, advance)?;
        fail_points::hit("checkpoint.after");
    }
    if let Some(id) = changes.settled {
        outbox::settle(conn, id)?;
        fail_points::hit("settled.after");
    }
    if let Some(entry) = &changes.outcome {
        outcomes::record(conn, entry, changes.now, *keeping)?;
        fail_points::hit("outcome.after");
    }
    subscriptions::unpark(conn, &changes.unparked)?;
    let raised = events::append(conn, &changes.events, calls, changes.now)?;
    outbox::send(conn, &changes.commands, calls)?;
    outbox::postpone(conn, &changes.postponed)?;
    subscriptions::park(conn, &changes.parked)?;
    subscriptions::retell(conn, &changes.retold)?;
    if keeping.audit.is_some() && !changes.audit.is_empty() {
        audit::record(conn, &changes.audit, calls, raised)?;
        fail_points::hit("audit.after");
    }
    Ok(())
}
