//! Resources: what a handler takes as `&mut T`, opened for one call.

use crate::handler::need::{Need, Opening};
use crate::message::Message;
use crate::result::fault::Fault;
use crate::unit::{Scope, UnitOfWork};

/// What a `&mut T` parameter is: opened for the message before the handler runs; after its success it stages
/// what it recorded into the call's one unit of work, which then commits.
///
/// What cannot stage into the unit (a second database, a mail server) is no resource.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource that a handler of `{C}` can open",
    label = "a `&mut` parameter implements `Resource<{C}>`",
    note = "take a shared dependency as `&{Self}`",
    note = "or let a provider make one for each call: `#[provide] fn ..(unit: InMemoryUnit, ..) -> {Self}`"
)]
pub trait Resource<C>: Sized + Send + 'static {
    /// The unit of work it writes in; [`AnyUnit`] for a buffer that every unit writes.
    type Unit: Belongs;

    /// How it is opened, for the verification.
    #[doc(hidden)]
    const OPENING: Opening = <Self::Unit as Belongs>::OPENING;

    /// Opens it.
    ///
    /// # Errors
    /// A fault, which the caller gets; the handler does not run.
    fn open(scope: &mut Scope, message: &C) -> impl Future<Output = Result<Self, Fault>> + Send;

    /// Stages what it recorded, after the handler's success and before the commit.
    ///
    /// # Errors
    /// A fault, which the caller gets; nothing is committed.
    fn stage(self, scope: &mut Scope) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// The unit of a buffer: whichever the call has.
#[derive(Debug)]
pub struct AnyUnit;

/// A unit of work, or [`AnyUnit`].
pub trait Belongs {
    #[doc(hidden)]
    const OPENING: Opening;
}

impl Belongs for AnyUnit {
    const OPENING: Opening = Opening::Buffer(Need::of::<AnyUnit>());
}

impl<U: UnitOfWork> Belongs for U {
    const OPENING: Opening = Opening::unit::<U>();
}

/// Two units that one call can have: the same one, or one and a buffer.
#[diagnostic::on_unimplemented(
    message = "a call has one unit of work, and this handler takes resources of two: `{Self}` and `{Other}`",
    label = "a resource of another unit of work",
    note = "write to one of them, and let the other follow from an event or through the outbox"
)]
pub trait Joins<Other> {
    /// The unit of both.
    type Joined;
}

impl Joins<AnyUnit> for AnyUnit {
    type Joined = AnyUnit;
}
impl<U: UnitOfWork> Joins<U> for AnyUnit {
    type Joined = U;
}
impl<U: UnitOfWork> Joins<AnyUnit> for U {
    type Joined = U;
}
impl<U: UnitOfWork> Joins<U> for U {
    type Joined = U;
}

/// A value that a provider makes for one call: what `&mut dyn Trait` opens.
pub struct Provided<T: ?Sized>(pub Box<T>);

impl<C: Message, T: ?Sized + Send + 'static> Resource<C> for Provided<T> {
    type Unit = AnyUnit;
    const OPENING: Opening = Opening::Provided(Need::of::<Box<T>>());

    async fn open(scope: &mut Scope, _: &C) -> Result<Self, Fault> {
        Ok(Provided(scope.provided::<Box<T>>().await?))
    }

    async fn stage(self, _: &mut Scope) -> Result<(), Fault> {
        Ok(())
    }
}

/// A tuple of resources. The empty one is a call in place, any other a call in a task of its own.
pub trait Resources<C: Message>: crate::call::begin::Start<C> + Sized + Send + 'static {
    /// How they are opened.
    const OPENINGS: &'static [Opening];
    #[doc(hidden)]
    fn open(scope: &mut Scope, message: &C) -> impl Future<Output = Result<Self, Fault>> + Send;
    #[doc(hidden)]
    fn stage(self, scope: &mut Scope) -> impl Future<Output = Result<(), Fault>> + Send;
}

macro_rules! resources {
    ($($t:ident)*) => {
        impl<Msg: Message, $($t: Resource<Msg>),*> Resources<Msg> for ($($t,)*)
        where
            ($($t,)*): crate::call::begin::Start<Msg>,
        {
            const OPENINGS: &'static [Opening] = &[$($t::OPENING),*];

            #[allow(unused_variables, reason = "the empty tuple opens nothing")]
            async fn open(scope: &mut Scope, message: &Msg) -> Result<Self, Fault> {
                Ok(($($t::open(scope, message).await?,)*))
            }

            #[allow(unused_variables, non_snake_case, reason = "a tuple's fields are named like their types")]
            async fn stage(self, scope: &mut Scope) -> Result<(), Fault> {
                let ($($t,)*) = self;
                $($t.stage(scope).await?;)*
                Ok(())
            }
        }
    };
}
crate::tuples::up_to_twelve!(resources);
