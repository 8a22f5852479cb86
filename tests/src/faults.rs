//! Calls that must end in a fault.

use std::fmt::Debug;

use cqrs_core::{DispatchError, Fault, FaultKind};

/// The fault that a call came to.
///
/// # Panics
/// When it came to anything else.
#[track_caller]
pub fn fault<T: Debug, E: Debug>(answer: Result<T, DispatchError<E>>) -> Fault {
    match answer {
        Err(DispatchError::Fault(fault)) => fault,
        other => panic!("no fault: {other:?}"),
    }
}

/// What sort of fault a call came to.
///
/// # Panics
/// When it came to anything else.
#[track_caller]
pub fn kind<T: Debug, E: Debug>(answer: Result<T, DispatchError<E>>) -> FaultKind {
    fault(answer).kind()
}
