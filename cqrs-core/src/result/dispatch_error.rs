//! What comes back from a call that did not succeed: [`DispatchError`].

use std::convert::Infallible;

use crate::result::fault::{Fault, Site};

/// What comes back from a call that did not succeed: the handler's own word, or the bus's.
///
/// `Display` is that of what it holds. A rejection has its own source; a fault is the source, so that whoever
/// looks through the sources of an error finds it.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError<E> {
    /// The handler said no. Nothing it did is left.
    #[error(transparent)]
    Rejected(E),
    /// The bus could not carry the call through.
    #[error("{0}")]
    Fault(#[source] Fault),
}

impl<E> DispatchError<E> {
    /// The handler's error, if it is one.
    #[must_use]
    pub fn rejection(&self) -> Option<&E> {
        match self {
            DispatchError::Rejected(error) => Some(error),
            DispatchError::Fault(_) => None,
        }
    }

    /// The fault, if it is one.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            DispatchError::Rejected(_) => None,
            DispatchError::Fault(fault) => Some(fault),
        }
    }

    /// The same with the rejection turned into another error.
    pub fn map_rejection<F>(self, map: impl FnOnce(E) -> F) -> DispatchError<F> {
        match self {
            DispatchError::Rejected(error) => DispatchError::Rejected(map(error)),
            DispatchError::Fault(fault) => DispatchError::Fault(fault),
        }
    }
}

impl<E> DispatchError<E> {
    pub(crate) fn at(self, site: Site) -> Self {
        match self {
            DispatchError::Rejected(error) => DispatchError::Rejected(error),
            DispatchError::Fault(fault) => DispatchError::Fault(fault.at(site)),
        }
    }
}

impl<E> From<Fault> for DispatchError<E> {
    fn from(fault: Fault) -> Self {
        DispatchError::Fault(fault)
    }
}

/// A nested call that cannot be rejected fails by a fault alone, so `?` works where `Fault` does.
impl From<DispatchError<Infallible>> for Fault {
    fn from(error: DispatchError<Infallible>) -> Self {
        match error {
            DispatchError::Rejected(never) => match never {},
            DispatchError::Fault(fault) => fault,
        }
    }
}

/// A message with `error = Fault` is never rejected: its faults are lifted out before the caller sees them.
impl From<DispatchError<Fault>> for Fault {
    fn from(error: DispatchError<Fault>) -> Self {
        match error {
            DispatchError::Rejected(fault) | DispatchError::Fault(fault) => fault,
        }
    }
}
