//! What a builder's closure makes for each call, out of something of the call.

use std::any::Any;
use std::sync::Arc;

use crate::call::Parts;
use crate::future::BoxFuture;
use crate::handler::need::{Need, Opening};
use crate::result::fault::{Fault, Place};
use crate::unit::Scope;

/// A closure that makes a value for each call: `|| fake`, or one with parameters by value, a tuple of which is `P`.
///
/// Whether the parameters are something of a call is asked apart, so that a wrong one is told by its own name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` makes no value for a call",
    label = "not a closure that returns what the call takes",
    note = "write a closure: `.provide_call(|| fake)`, or one that takes something of the call by value: `.provide_call(|unit: InMemoryUnit| Box::new(..) as Box<dyn Trait>)`",
    note = "what is there already and is shared is given with `.provide(value)`"
)]
pub trait MakesForCall<P> {
    /// What it makes.
    type Made;
    /// Makes it.
    #[doc(hidden)]
    fn make(&self, parts: P) -> Self::Made;
}

macro_rules! makes {
    ($($t:ident)*) => {
        impl<Closure, Returned, $($t),*> MakesForCall<($($t,)*)> for Closure
        where
            Closure: Fn($($t),*) -> Returned,
        {
            type Made = Returned;

            #[allow(non_snake_case, reason = "the parts of a tuple are named like their types")]
            fn make(&self, ($($t,)*): ($($t,)*)) -> Returned {
                self($($t),*)
            }
        }
    };
}
crate::tuples::up_to_twelve!(makes);

/// A closure without its type.
pub(crate) struct MadeByClosure {
    pub(crate) provides: Need,
    /// Where it was given to the builder.
    pub(crate) place: Place,
    /// What its parameters open.
    pub(crate) openings: &'static [Opening],
    /// Whether it has captured something, through which its value may see what it is not given.
    pub(crate) captures: bool,
    make: Make,
}

type Make = Arc<dyn for<'a> Fn(&'a mut Scope) -> BoxFuture<'a, Result<Box<dyn Any + Send>, Fault>> + Send + Sync>;

impl MadeByClosure {
    pub(crate) fn new<P, F>(place: Place, make: F) -> Self
    where
        P: Parts,
        F: MakesForCall<P, Made: Send + 'static> + Send + Sync + 'static,
    {
        let closure = Arc::new(make);
        let make: Make = Arc::new(move |scope| {
            let closure = closure.clone();
            Box::pin(async move {
                let parts = P::take(scope).await?;
                Ok(Box::new(closure.make(parts)) as Box<dyn Any + Send>)
            })
        });
        MadeByClosure {
            provides: Need::of::<F::Made>(),
            place,
            openings: P::OPENINGS,
            captures: size_of::<F>() > 0,
            make,
        }
    }

    /// A value for this call. A panic of the closure is the call's own.
    pub(crate) async fn make(&self, scope: &mut Scope) -> Result<Box<dyn Any + Send>, Fault> {
        (self.make)(scope).await
    }
}
