//! What a call's result says: success or not, and which errors are faults.

use crate::result::dispatch_error::DispatchError;
use crate::result::fault::{BoxError, Fault};

/// A value that knows whether it is a success: what a message's `output` implements when an `Ok` can be a
/// failure, as an [`OperationResult`](crate::OperationResult) can.
///
/// An output that says it failed rolls the unit of work back, like an `Err`. Outputs without this trait are
/// successes.
///
/// ```
/// use cqrs_core::{Events, Succeeds, command, event, handler};
///
/// #[event(transient)]
/// #[derive(Clone)]
/// struct Paid;
///
/// #[derive(Debug, PartialEq)]
/// enum Payment { Done, Declined }
///
/// impl Succeeds for Payment {
///     fn is_success(&self) -> bool { *self == Payment::Done }
/// }
///
/// #[command(output = Payment)]
/// struct Pay { cents: u64 }
///
/// #[handler]
/// fn pay(cmd: Pay, events: &mut Events) -> Payment {
///     events.raise(Paid); // left behind only if the payment is done
///     if cmd.cents > 100 { Payment::Declined } else { Payment::Done }
/// }
/// ```
pub trait Succeeds {
    /// Whether the call succeeded and its unit of work is to be committed.
    fn is_success(&self) -> bool;
}

/// An error of a handler that can carry a fault inside, which the bus lifts out.
///
/// Implemented by `#[derive(Problem)]` for an enum with one `#[fault]` variant.
pub trait CarriesFault: Sized {
    /// The fault inside as `Err`, or the error itself.
    ///
    /// # Errors
    /// The fault, where this error is nothing but one.
    fn lift(self) -> Result<Self, Fault>;
}

impl CarriesFault for Fault {
    fn lift(self) -> Result<Self, Fault> {
        Err(self)
    }
}

/// An event handler fails with any error; one that is a [`Fault`] is a fault.
impl CarriesFault for BoxError {
    fn lift(self) -> Result<Self, Fault> {
        Fault::inside(self).map_or_else(Ok, Err)
    }
}

/// Asks a concrete type what it implements: an inherent function (it does) hides the trait's of the same name
/// (it does not). Works only where the type is known, which in an expansion it is.
pub struct Probe<T: ?Sized>(std::marker::PhantomData<T>);

/// The answers for a type that implements nothing of interest.
pub trait Otherwise<T> {
    /// An error that carries no fault is a rejection.
    fn sort<O>(returned: Result<O, T>) -> Result<O, DispatchError<T>> {
        returned.map_err(DispatchError::Rejected)
    }

    /// An output that does not say otherwise is a success.
    fn is_success(_: &T) -> bool {
        true
    }

    /// Most types are no aggregates.
    const AGGREGATE: bool = false;

    /// Most types are not the bus.
    const BUS: bool = false;
}

impl<T> Otherwise<T> for Probe<T> {}

impl<E: CarriesFault> Probe<E> {
    /// An error that may carry a fault is one or the other.
    pub fn sort<O>(returned: Result<O, E>) -> Result<O, DispatchError<E>> {
        returned.map_err(|error| match error.lift() {
            Ok(error) => DispatchError::Rejected(error),
            Err(fault) => DispatchError::Fault(fault),
        })
    }
}

impl Probe<crate::Bus> {
    /// This one is.
    pub const BUS: bool = true;
}

impl<T: Succeeds> Probe<T> {
    /// The output's own word.
    pub fn is_success(output: &T) -> bool {
        output.is_success()
    }
}
