//! [`Outcome`]: what a call came to, without its types.

use std::any::{Any, type_name};
use std::fmt;

use crate::message::{Dispatched, Message};
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::Fault;

/// What a call came to, as a [behavior](macro@crate::behavior) sees it: an output, a rejection or a fault.
///
/// A behavior that answers instead of the handler makes one of the types that the message declares; any other type is
/// a fault for the caller, which names the behavior. A fault is made into one by `.into()`:
/// `Fault::unavailable("too many calls").into()`.
pub struct Outcome(Kind);

enum Kind {
    Output { value: Erased, success: bool },
    Rejection(Erased),
    Fault(Fault),
}

/// A value, and what its type is called.
struct Erased {
    value: Box<dyn Any + Send>,
    name: &'static str,
}

impl Erased {
    fn new<T: Send + 'static>(value: T) -> Self {
        Erased { value: Box::new(value), name: type_name::<T>() }
    }

    fn is<T: 'static>(&self, what: &str) -> Result<(), Fault> {
        if self.value.is::<T>() {
            return Ok(());
        }
        Err(Fault::wiring(format!(
            "the {what} of a call was replaced by a `{}`, and its message declares `{}`",
            self.name,
            type_name::<T>()
        )))
    }
}

impl Outcome {
    /// An output: what the message declares as `output`.
    #[must_use]
    pub fn output<T: Send + 'static>(output: T) -> Self {
        Outcome(Kind::Output { value: Erased::new(output), success: true })
    }

    /// A rejection: what the message declares as `error`.
    #[must_use]
    pub fn rejection<E: Send + 'static>(error: E) -> Self {
        Outcome(Kind::Rejection(Erased::new(error)))
    }

    /// A fault: what the bus, or this behavior, could not do.
    #[must_use]
    pub fn fault(fault: Fault) -> Self {
        Outcome(Kind::Fault(fault))
    }

    /// Whether the call succeeded: an output that does not say that it failed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self.0, Kind::Output { success: true, .. })
    }

    /// Whether the handler said no, by an error or by an output that says so.
    #[must_use]
    pub fn is_rejection(&self) -> bool {
        matches!(self.0, Kind::Rejection(_) | Kind::Output { success: false, .. })
    }

    /// The fault, if it is one. To make an outcome of a fault, say `fault.into()`.
    #[must_use]
    pub fn as_fault(&self) -> Option<&Fault> {
        match &self.0 {
            Kind::Fault(fault) => Some(fault),
            _ => None,
        }
    }

    /// The output, if it is one and a `T`.
    #[must_use]
    pub fn as_output<T: 'static>(&self) -> Option<&T> {
        match &self.0 {
            Kind::Output { value, .. } => value.value.downcast_ref(),
            _ => None,
        }
    }

    /// The handler's error, if it is one and an `E`.
    #[must_use]
    pub fn as_rejection<E: 'static>(&self) -> Option<&E> {
        match &self.0 {
            Kind::Rejection(error) => error.value.downcast_ref(),
            _ => None,
        }
    }

    pub(crate) fn of<C: Message>(dispatched: Dispatched<C>) -> Self {
        Self::of_types(dispatched, C::is_success)
    }

    /// Of an output and an error of these types.
    pub(crate) fn of_types<O: Send + 'static, E: Send + 'static>(
        dispatched: Result<O, DispatchError<E>>,
        is_success: fn(&O) -> bool,
    ) -> Self {
        Outcome(match dispatched {
            Ok(output) => Kind::Output { success: is_success(&output), value: Erased::new(output) },
            Err(DispatchError::Rejected(error)) => Kind::Rejection(Erased::new(error)),
            Err(DispatchError::Fault(fault)) => Kind::Fault(fault),
        })
    }

    /// The same as what `C` declares, or a fault where it is something else.
    pub(crate) fn judged<C: Message>(self) -> Self {
        self.judged_as::<C::Output, C::Error>(C::is_success, |error| {
            // What a handler of `C` returns, if it may reject.
            let returned: Box<dyn Any> = Box::new(Err::<C::Output, C::Error>(error));
            returned.downcast::<C::Returns>().ok().map(|returned| C::sort(*returned))
        })
    }

    /// The same as an output or an error of these types, or a fault where it is something else. `sort` tells a
    /// rejection from a fault that an error carries, as it does for a handler.
    pub(crate) fn judged_as<O: Send + 'static, E: Send + 'static>(
        mut self,
        is_success: fn(&O) -> bool,
        sort: fn(E) -> Option<Result<O, DispatchError<E>>>,
    ) -> Self {
        let checked = match &mut self.0 {
            Kind::Output { value, success } => {
                *success = value.value.downcast_ref().is_none_or(is_success);
                value.is::<O>("output")
            }
            Kind::Rejection(error) => error.is::<E>("rejection"),
            Kind::Fault(_) => Ok(()),
        };
        match (checked, self.0) {
            (Err(fault), _) => fault.into(),
            (Ok(()), Kind::Rejection(error)) => match error.value.downcast().map(|error| sort(*error)) {
                Ok(Some(sorted)) => Self::of_types(sorted, is_success),
                _ => Fault::internal("an error is not what a message's handler returns").into(),
            },
            (Ok(()), kind) => Outcome(kind),
        }
    }

    pub(crate) fn dispatched<O: 'static, E: 'static>(self) -> Result<O, DispatchError<E>> {
        let lost = || Fault::internal("an outcome is of another type than its message declares").into();
        match self.0 {
            Kind::Output { value, .. } => value.value.downcast().map(|output| *output).map_err(|_| lost()),
            Kind::Rejection(error) => match error.value.downcast() {
                Ok(error) => Err(DispatchError::Rejected(*error)),
                Err(_) => Err(lost()),
            },
            Kind::Fault(fault) => Err(fault.into()),
        }
    }

    /// The fault, if it is one, or the same back.
    #[cfg_attr(not(feature = "cache"), allow(dead_code, reason = "an answer that is waited for by many"))]
    pub(crate) fn into_fault(self) -> Result<Fault, Self> {
        match self.0 {
            Kind::Fault(fault) => Ok(fault),
            other => Err(Outcome(other)),
        }
    }

    /// The same with another fault, if it is one.
    pub(crate) fn map_fault(self, map: impl FnOnce(Fault) -> Fault) -> Self {
        match self.0 {
            Kind::Fault(fault) => map(fault).into(),
            other => Outcome(other),
        }
    }
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Outcome(Kind::Fault(fault))
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Output { value, success } => {
                f.debug_struct("Output").field("type", &value.name).field("success", success).finish()
            }
            Kind::Rejection(error) => f.debug_struct("Rejection").field("type", &error.name).finish(),
            Kind::Fault(fault) => fault.fmt(f),
        }
    }
}
