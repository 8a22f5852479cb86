//! What a handler's failure says of its event.

use crate::delivery::job::Failure;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::{Fault, FaultKind};

/// Whether the failure is this event's own, so that others may go on without it: a rejection, a panic, or a fault that
/// would be the same again; a conflict too, which is either over at the next attempt or the handler's own. What is not is
/// waited for, however long that takes: somebody has to mend it.
pub(super) fn is_the_events_own(failure: &Failure) -> bool {
    match failure {
        DispatchError::Rejected(_) => true,
        DispatchError::Fault(fault) => fault.kind() == FaultKind::Conflict || is_the_messages_own(fault),
    }
}

/// The same of a command, whose rejection is an answer.
pub(super) fn is_the_messages_own(fault: &Fault) -> bool {
    match fault.kind() {
        FaultKind::Panic
        | FaultKind::Malformed
        | FaultKind::Invalid
        | FaultKind::Unauthenticated
        | FaultKind::Forbidden
        | FaultKind::NotFound
        | FaultKind::KeyReused
        | FaultKind::Internal => true,
        FaultKind::Wiring
        | FaultKind::Conflict
        | FaultKind::StillRunning
        | FaultKind::Timeout
        | FaultKind::Unavailable
        | FaultKind::OutcomeUnknown => false,
    }
}
