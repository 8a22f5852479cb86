//! Handlers: what `#[handler]` says about a function, and how the compiler finds the one for a message.

pub(crate) mod need;
pub(crate) mod registry;

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::task::Context as Cx;

use crate::call::Given;
use crate::call::begin::Begin;
use crate::call::context::Context;
use crate::call::in_place;
use crate::call::in_place::Begun;
use crate::container::Shared;
use crate::future::BoxFuture;
use crate::handler::need::{Need, Opening};
use crate::message::{Message, MessageInfo, kind};
use crate::result::fault::{BoxError, Fault, Place, Site};
use crate::unit::resource::Resources;

/// A handler function as a type: what it takes, and the call.
pub trait Handler<C: Message>: Sized + 'static {
    /// Its `&T` parameters, as a tuple of `Arc<T>`.
    type Shared: Shared;
    /// Its parameters by value, after the message.
    type Given: Given;
    /// Its `&mut T` parameters.
    type Opened: Resources<C>;

    /// Its declaration.
    fn info() -> &'static HandlerInfo;

    /// Calls the function.
    fn call<'x>(
        shared: &'x Self::Shared,
        given: Self::Given,
        opened: &'x mut Self::Opened,
        message: C,
    ) -> impl Reply<'x, C>;
}

/// Where the impl of [`Handled`] for a handler `L` lands: on the message itself, so that a second handler is
/// an error of the compiler, or for contracts and events on the handler's own type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "not a message",
    note = "a message is a type with `#[command]`, `#[query]` or `#[event]`; the first parameter of a handler is one, by value"
)]
pub trait HandledIn<L> {
    /// The type that carries the impl.
    type Slot;
}

/// A message that has a handler. `#[handler]` implements it.
#[diagnostic::on_unimplemented(
    message = "no handler for `{C}`",
    label = "no `#[handler]` takes this message",
    note = "write `#[handler] async fn ..(message: {C}, ..)` in the crate that declares `{C}`",
    note = "or declare it with `contract` and handle it in any crate"
)]
pub trait Handled<C: Message = Self, In = <C as Message>::Crate> {
    /// How the handler is reached.
    type By: Begin<C>;
}

/// A crate as a type. In the impls of [`Handled`] it keeps the handlers of one event in two crates apart: where both
/// land, the second crate cannot see, since a projection of another crate's types is open to it.
pub struct InCrate<const ID: u32>;

/// The [`InCrate`] of who writes this.
#[doc(hidden)]
#[macro_export]
macro_rules! __this_crate {
    () => {
        $crate::__private::InCrate<{ $crate::__private::crate_id(
            ::core::module_path!(),
            ::core::option_env!("CARGO_BIN_NAME"),
        ) }>
    };
}

/// A number for the crate at the front of a path; a library and a binary of one package may have one name. FNV-1a.
#[must_use]
pub const fn crate_id(path: &str, binary: Option<&str>) -> u32 {
    let binary = match binary {
        Some(binary) => binary,
        None => "",
    };
    hashed(hashed(0x811c_9dc5, path.as_bytes()), binary.as_bytes())
}

/// Goes on with a hash, up to a colon.
const fn hashed(mut hash: u32, bytes: &[u8]) -> u32 {
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b':' {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}

/// How a function answers: [`Now`] from a `fn`, [`Later`] from an `async fn`.
pub trait Reply<'x, C: Message>: Send {
    /// As the in-place call wants it: run at once, or as one boxed future.
    fn start(self, handler: &'static HandlerInfo, context: Option<Context>, cx: &mut Cx<'_>) -> Begun<'x, C>;
    /// As the inside of a pipeline wants it: one boxed future.
    fn boxed(self) -> BoxFuture<'x, C::Returns>;
    /// As a call in its own task wants it.
    fn returned(self) -> impl Future<Output = C::Returns> + Send + 'x;
}

/// The call of a `fn`.
pub struct Now<F>(pub F);

/// The future of an `async fn`.
pub struct Later<F>(pub F);

impl<'x, C, R, F> Reply<'x, C> for Now<F>
where
    C: Message,
    F: FnOnce() -> R + Send + 'x,
    R: Answer<C::Returns, C>,
{
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn start(self, handler: &'static HandlerInfo, context: Option<Context>, _: &mut Cx<'_>) -> Begun<'x, C> {
        in_place::at_once(handler, context, C::sort, move || (self.0)().answer())
    }

    fn boxed(self) -> BoxFuture<'x, C::Returns> {
        Box::pin(std::future::ready((self.0)().answer()))
    }

    fn returned(self) -> impl Future<Output = C::Returns> + Send + 'x {
        // Called inside the task's future, so that a panic is the task's.
        std::future::ready((self.0)().answer())
    }
}

impl<'x, C, F> Reply<'x, C> for Later<F>
where
    C: Message,
    F: Future<Output: Answer<C::Returns, C>> + Send + 'x,
{
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn start(self, handler: &'static HandlerInfo, context: Option<Context>, cx: &mut Cx<'_>) -> Begun<'x, C> {
        in_place::in_place(handler, context, C::sort, Answer::boxed(self.0), cx)
    }

    fn boxed(self) -> BoxFuture<'x, C::Returns> {
        Answer::boxed(self.0)
    }

    fn returned(self) -> impl Future<Output = C::Returns> + Send + 'x {
        Answer::later(self.0)
    }
}

/// What a handler may return for a message: what the message declares, and for an event nothing or any result.
#[diagnostic::on_unimplemented(
    message = "the handler returns `{Self}`, but `{C}` declares `{Declared}`",
    label = "`{C}` declares `{Declared}`",
    note = "change the handler's return type, or the `output` and `error` of `{C}`: with `error = E` a handler returns `Result<Output, E>`, without it the bare output"
)]
pub trait Answer<Declared, C>: Sized {
    /// The same, as declared.
    fn answer(self) -> Declared;
    /// A future of it as a future of what is declared. Where both are one type, this is the future itself.
    fn later<F: Future<Output = Self> + Send>(future: F) -> impl Future<Output = Declared> + Send;
    /// The same, boxed.
    fn boxed<'x, F: Future<Output = Self> + Send + 'x>(future: F) -> BoxFuture<'x, Declared>;
}

impl<R, C> Answer<R, C> for R {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn answer(self) -> R {
        self
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn later<F: Future<Output = R> + Send>(future: F) -> impl Future<Output = R> + Send {
        future
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn boxed<'x, F: Future<Output = R> + Send + 'x>(future: F) -> BoxFuture<'x, R> {
        Box::pin(future)
    }
}

/// What every handler of an event comes to. A type of its own, so that handlers may return other things.
pub struct EventReturned(pub(crate) Result<(), BoxError>);

impl EventReturned {
    /// Any error is a rejection, a [`Fault`] is a fault.
    #[doc(hidden)]
    pub fn sort(self) -> Result<(), crate::DispatchError<BoxError>> {
        crate::message::succeeds::Probe::<BoxError>::sort(self.0)
    }
}

impl<R: EventAnswer, C> Answer<EventReturned, C> for R {
    fn answer(self) -> EventReturned {
        EventReturned(self.into_result())
    }

    async fn later<F: Future<Output = R> + Send>(future: F) -> EventReturned {
        EventReturned(future.await.into_result())
    }

    fn boxed<'x, F: Future<Output = R> + Send + 'x>(future: F) -> BoxFuture<'x, EventReturned> {
        Box::pin(async move { EventReturned(future.await.into_result()) })
    }
}

/// What a handler of an event may return. Apart from [`Answer`], so that what is wrong is told in an event's words.
#[diagnostic::on_unimplemented(
    message = "a handler of an event returns nothing, or `Result<(), E>` with any error, and not `{Self}`",
    label = "an event is not answered",
    note = "return nothing; what somebody is to get an answer from is a `#[command]` or a `#[query]`"
)]
pub trait EventAnswer {
    #[doc(hidden)]
    fn into_result(self) -> Result<(), BoxError>;
}

impl EventAnswer for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> EventAnswer for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// A handler's declaration.
pub struct HandlerInfo {
    pub(crate) message: fn() -> &'static MessageInfo,
    pub(crate) place: Place,
    pub(crate) needs: &'static [Need],
    pub(crate) opens: &'static [Opening],
    /// Whether it can read what it does not write: through a dependency, or a bus.
    pub(crate) reads: bool,
    pub(crate) route: Route,
    /// Whose turn an event is handled in: this handler's, or its impl block's type's.
    pub(crate) consumer: &'static str,
    /// The type that it is a method of.
    pub(crate) method_of: Option<&'static str>,
    pub(crate) subscription: Subscription,
}

/// How a handler of an event gets what a store keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscription {
    /// Whether it runs inside the command's unit of work, and so needs no checkpoint.
    pub(crate) inline: bool,
    /// What its checkpoint is kept under; the same as its [`consumer`](HandlerInfo::consumer).
    pub(crate) name: &'static str,
    /// Whether it begins with the oldest event that is kept, and not with the next one.
    pub(crate) from_start: bool,
}

impl Subscription {
    /// What a handler has that says nothing of it.
    const fn of(consumer: &'static str) -> Self {
        Subscription { inline: false, name: consumer, from_start: false }
    }
}

impl std::fmt::Debug for HandlerInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HandlerInfo").field("place", &self.place).finish_non_exhaustive()
    }
}

impl HandlerInfo {
    /// What the keys begin with of what follows from an event that this handles: two methods of one type share a
    /// subscription, and do not share keys.
    pub(crate) fn cause(&self, event: crate::call::ids::MessageId) -> String {
        let name = self.subscription.name;
        match self.method_of.and(self.place.path.rsplit("::").next()) {
            Some(method) => format!("{name}/{event}/{method}"),
            None => format!("{name}/{event}"),
        }
    }

    /// Of whatever handles a message that has no declared handler: a publication, a closure in a builder.
    pub(crate) const fn by_hand(message: fn() -> &'static MessageInfo, place: Place) -> Self {
        HandlerInfo {
            message,
            place,
            needs: &[],
            opens: &[],
            reads: true,
            route: Route::Static,
            consumer: place.path,
            method_of: None,
            subscription: Subscription::of(place.path),
        }
    }

    /// Where it stands, and what it handles: for a fault.
    pub(crate) fn site(&self) -> Site {
        Site { message: Some((self.message)().name), place: self.place }
    }

    /// Of handler `H`, written down as `place`.
    #[must_use]
    pub const fn of<C: Message<Routing: Routing<C, H>>, H: Handler<C>>(place: Place) -> Self {
        HandlerInfo {
            message: C::info,
            place,
            needs: H::Shared::NEEDS,
            opens: H::Opened::OPENINGS,
            reads: !H::Shared::NEEDS.is_empty() || H::Given::READS,
            route: <C::Routing as Routing<C, H>>::ROUTE,
            consumer: place.path,
            method_of: None,
            subscription: Subscription::of(place.path),
        }
    }

    /// The same, for a method: those of one type take their events in turn.
    #[must_use]
    pub const fn method_of(mut self, this: &'static str) -> Self {
        self.method_of = Some(this);
        self.named(this)
    }

    /// The same, under another name than its path, or its type's.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.consumer = name;
        self.subscription.name = name;
        self
    }

    /// The same, inside of the unit of work that raises the event.
    #[must_use]
    pub const fn inline(mut self) -> Self {
        self.subscription.inline = true;
        self
    }

    /// The same, beginning with the oldest event that is kept.
    #[must_use]
    pub const fn from_start(mut self) -> Self {
        self.subscription.from_start = true;
        self
    }
}

/// How the registry reaches a handler.
#[derive(Clone, Copy)]
pub enum Route {
    /// It does not: the handler is known to the compiler.
    Static,
    /// A contract's: wires the handler into an erased `Link<C>`.
    Contract(LinkFn),
    /// An event's: calls the handler with a clone of the event.
    Event(DeliverFn),
}

/// Makes the wired handler of a contract, in a bus whose container holds what it needs.
pub(crate) type LinkFn = fn(&crate::container::Container) -> Result<Arc<dyn Any + Send + Sync>, Fault>;

/// Calls the handler of an event.
pub(crate) type DeliverFn = for<'a> fn(
    crate::delivery::job::Delivery<'a>,
    &'a mut crate::unit::Scope,
) -> BoxFuture<'a, Result<(), crate::delivery::job::Failure>>;

/// How handlers of a message are reached: the type behind [`Message::Routing`]. What a route does not need
/// is never instantiated.
pub trait Routing<C: Message, H: Handler<C>> {
    /// The route to `H`.
    const ROUTE: Route;
}

/// A message handled in its own crate: [`Message::Routing`] without `contract`.
#[derive(Debug)]
pub struct Static;

/// A contract.
#[derive(Debug)]
pub struct ByRegistry;

/// An event.
#[derive(Debug)]
pub struct FanOut;

impl<C: Message, H: Handler<C>> Routing<C, H> for Static {
    const ROUTE: Route = Route::Static;
}

impl<C: Message, H: Handler<C>> Routing<C, H> for ByRegistry {
    const ROUTE: Route = Route::Contract(crate::call::begin::link::<C, H>);
}

impl<C, H> Routing<C, H> for FanOut
where
    C: Message<Kind = kind::Event, Output = (), Returns = EventReturned, Error = BoxError> + Clone,
    H: Handler<C>,
{
    const ROUTE: Route = Route::Event(crate::delivery::job::deliver::<C, H>);
}

/// [`Handled::By`] of a handler in the message's crate.
pub struct Here<H>(std::marker::PhantomData<H>);

/// [`Handled::By`] of a contract.
pub struct Linked;

#[cfg(test)]
mod tests {
    use super::crate_id;

    #[test]
    fn a_crate_is_told_by_its_name_and_a_binary_by_its_own_too() {
        assert_eq!(crate_id("shop", None), crate_id("shop::orders", None));
        assert_ne!(crate_id("shop", None), crate_id("shops", None));
        assert_ne!(crate_id("shop", None), crate_id("shop::orders", Some("shop")));
        assert_ne!(crate_id("shop", Some("shop")), crate_id("shop", Some("till")));
    }
}
