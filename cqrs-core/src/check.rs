//! Questions that an expansion asks the compiler: what rustc prints is the name of a function, or the text of a trait.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::bus::buses::CommandBus;
use crate::call::{FromCall, FromScope};
use crate::container::read_only::ReadOnly;
use crate::message::{Event, Json, Message, MessageInfo, kind};
use crate::store::Store;
use crate::unit::resource::{Joins, Resource};

/// Which types a handler of this kind may take.
pub trait Takes<T: ?Sized> {}
impl<T: ?Sized> Takes<T> for kind::Command {}
impl<T: ?Sized> Takes<T> for kind::Event {}
impl<T: ?Sized + ReadOnly> Takes<T> for kind::Query {}

/// Which kinds of handlers open resources.
#[diagnostic::on_unimplemented(
    message = "a query takes no `&mut`: it changes nothing",
    label = "a query's handler cannot open a resource",
    note = "take what it reads as `&T`, or make the message a `#[command]`"
)]
pub trait OpensResources {}
impl OpensResources for kind::Command {}
impl OpensResources for kind::Event {}

/// A `&dyn Trait` parameter.
pub fn a_query_takes_what_is_read_only<C, T>()
where
    C: Message<Kind: Takes<T>>,
    T: ?Sized,
{
}

/// A `&T` parameter of a handler of `C`. What is written as a trait object is none of what is asked here, and each step costs
/// a compilation some time.
#[must_use]
pub const fn reference<C, T: ?Sized>() -> Reference<C, T> {
    Reference(NoResource(NoPartOfTheCall(Parameter(PhantomData))))
}

/// A `T` parameter of a handler of `C`, which has `&mut` parameters or not.
#[must_use]
pub const fn value<C, T, const OPENS: bool>() -> Value<C, T, OPENS> {
    Value(Parameter(PhantomData))
}

/// A `&T` parameter of a provider.
#[must_use]
pub const fn dependency<T: ?Sized>() -> OfProvider<T> {
    OfProvider(Dependency(PhantomData))
}

/// What is asked of a parameter. The method that is called is the first one there is on the way to the last type, by
/// what the parameter's type implements: a type knows that it is something, and never that it is not.
pub struct Parameter<C, T: ?Sized>(PhantomData<(fn() -> C, fn() -> Box<T>)>);

impl<C, T: ?Sized> Parameter<C, T> {
    /// A query takes what is read-only, and other handlers take anything.
    pub const fn may_be_taken(&self)
    where
        C: Message<Kind: Takes<T>>,
    {
    }
}

/// A `&T` parameter of a handler.
pub struct Reference<C, T: ?Sized>(NoResource<C, T>);

impl<C, T: Resource<C>> Reference<C, T> {
    /// A resource is no dependency.
    pub const fn may_be_taken(&self)
    where
        C: Message<Kind: TakesResourceByReference<T>>,
    {
    }
}

/// A `&T` parameter of a handler that opens no `T`.
pub struct NoResource<C, T: ?Sized>(NoPartOfTheCall<C, T>);

impl<C, T: FromCall> NoResource<C, T> {
    /// What is read off a call is no dependency.
    pub const fn may_be_taken(&self)
    where
        T: IsNotReadOffTheCall,
    {
    }
}

/// A `&T` parameter of a handler that reads no `T` off its call.
pub struct NoPartOfTheCall<C, T: ?Sized>(Parameter<C, T>);

impl<C, T: Store> NoPartOfTheCall<C, T> {
    /// A query reads with what a store provides for it.
    pub const fn may_be_taken(&self)
    where
        C: Message<Kind: TakesStore<T>>,
    {
    }
}

/// A parameter by value of a handler.
pub struct Value<C, T, const OPENS: bool>(Parameter<C, T>);

impl<C, const OPENS: bool> Value<C, CommandBus, OPENS> {
    /// Some handlers execute nothing.
    pub const fn may_be_taken(&self)
    where
        C: Message<Kind: Executes<OPENS>>,
    {
    }
}

/// A `&T` parameter of a provider.
pub struct OfProvider<T: ?Sized>(Dependency<T>);

impl<T: FromScope> OfProvider<T> {
    /// What is of a call is no dependency.
    pub const fn may_be_taken(&self)
    where
        T: IsNoPartOfACall,
    {
    }
}

/// A `&T` parameter of a provider, of no call.
pub struct Dependency<T: ?Sized>(PhantomData<fn() -> Box<T>>);

impl<T: ?Sized> Dependency<T> {
    /// Anything else may be one.
    pub const fn may_be_taken(&self) {}
}

macro_rules! or_else {
    ($([$($generics:tt)*] $from:ty => $to:ty;)*) => {
        $(impl<$($generics)*> Deref for $from {
            type Target = $to;
            fn deref(&self) -> &$to {
                &self.0
            }
        })*
    };
}
or_else! {
    [C, T: ?Sized] Reference<C, T> => NoResource<C, T>;
    [C, T: ?Sized] NoResource<C, T> => NoPartOfTheCall<C, T>;
    [C, T: ?Sized] NoPartOfTheCall<C, T> => Parameter<C, T>;
    [C, T, const OPENS: bool] Value<C, T, OPENS> => Parameter<C, T>;
    [T: ?Sized] OfProvider<T> => Dependency<T>;
}

/// Which handlers take a resource as `&T`.
pub trait TakesResourceByReference<T> {}
impl<T: IsNoResource> TakesResourceByReference<T> for kind::Command {}
impl<T: IsNoResource> TakesResourceByReference<T> for kind::Event {}
impl<T: IsReadWith> TakesResourceByReference<T> for kind::Query {}

/// Which handlers take a store.
pub trait TakesStore<T> {}
impl<T> TakesStore<T> for kind::Command {}
impl<T> TakesStore<T> for kind::Event {}
impl<T: IsReadWith> TakesStore<T> for kind::Query {}

/// What a query reads a store with.
#[diagnostic::on_unimplemented(
    message = "a query takes no `{Self}`: it changes nothing",
    label = "something is written through it",
    note = "take what the store provides to read with, such as `&cqrs_sqlite::ReadDb`"
)]
pub trait IsReadWith {}

#[diagnostic::do_not_recommend]
impl<T: ReadOnly> IsReadWith for T {}

/// What no resource is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is opened for each call: a handler takes it as `&mut {Self}`",
    label = "a resource, and no shared dependency",
    note = "write `&mut {Self}`; a method whose `&self` it is becomes a function"
)]
pub trait IsNoResource {}

/// What nothing is that is read off a call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is read off each call: a handler takes it by value",
    label = "something of the call, and no shared dependency",
    note = "remove the `&`"
)]
pub trait IsNotReadOffTheCall {}

/// What no part of a call is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is of one call: a provider takes it by value, and then runs for each call",
    label = "something of the call, and no shared dependency",
    note = "remove the `&`"
)]
pub trait IsNoPartOfACall {}

/// Which handlers take a [`CommandBus`].
#[diagnostic::on_unimplemented(
    message = "a query takes no `CommandBus`: it changes nothing",
    label = "a query's handler executes nothing",
    note = "take `bus: QueryBus`, or make the message a `#[command]`"
)]
pub trait Executes<const OPENS: bool> {}
impl<const OPENS: bool> Executes<OPENS> for kind::Command where Is<OPENS>: NothingIsOpen {}
impl<const OPENS: bool> Executes<OPENS> for kind::Event where Is<OPENS>: NothingIsOpen {}

/// The answer is none.
#[diagnostic::on_unimplemented(
    message = "a handler with a `&mut` parameter takes no `CommandBus`: while its unit of work is open it executes nothing",
    label = "each call through it would be a fault",
    note = "raise an event with `&mut Events`, or send the command with `&mut Outbox`: it then follows the commit",
    note = "or remove what it takes as `&mut`: a handler without resources executes what belongs to it"
)]
pub trait NothingIsOpen {}
impl NothingIsOpen for Is<false> {}

/// A `&mut T` parameter.
pub fn a_query_opens_nothing<C>()
where
    C: Message<Kind: OpensResources>,
{
}

/// Two `&mut T` parameters.
pub fn a_call_has_one_unit_of_work<C, First, Second>()
where
    First: Resource<C>,
    Second: Resource<C>,
    First::Unit: Joins<Second::Unit>,
{
}

/// What a command answers.
pub fn a_commands_output_is_no_aggregate<const AGGREGATE: bool>()
where
    Is<AGGREGATE>: NoAggregate,
{
}

impl MessageInfo {
    /// An event is kept as JSON, unless it is transient.
    #[must_use]
    pub const fn an_event_is_stored_as_json<E: Event + StoredAsJson>(self) -> Self {
        self.stored::<E>()
    }
}

/// A type that can be written as JSON and read back.
#[diagnostic::on_unimplemented(
    message = "the event `{Self}` cannot be stored: it is not `Serialize` and `Deserialize`",
    label = "needs serde's traits",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]`",
    note = "or declare it `#[event(transient)]`: it is then delivered from memory and never stored"
)]
pub trait StoredAsJson: Json {}

#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned + serde::Serialize> StoredAsJson for T {}

/// A type that one version of an event was stored as.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is an earlier version of `{E}` and cannot be read: it is not `Deserialize`",
    label = "needs serde's `Deserialize`",
    note = "add `#[derive(serde::Deserialize)]` to `{Self}`"
)]
pub trait EarlierVersionOf<E>: Sized {
    #[doc(hidden)]
    fn from_json(bytes: &[u8]) -> serde_json::Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<E, V: serde::de::DeserializeOwned> EarlierVersionOf<E> for V {
    fn from_json(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }
}

/// An event that an earlier version of it becomes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not made from `{V}`: write `impl From<{V}> for {Self}`",
    label = "nothing makes a `{Self}` of this earlier version"
)]
pub trait MadeFrom<V>: Sized {
    #[doc(hidden)]
    fn made_from(earlier: V) -> Self;
}

#[diagnostic::do_not_recommend]
impl<V, E: From<V>> MadeFrom<V> for E {
    fn made_from(earlier: V) -> Self {
        E::from(earlier)
    }
}

/// The type of a field with `#[aggregate_id]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the id of an aggregate: it is not `Display`",
    label = "an aggregate's id is written into the name of its stream",
    note = "implement `std::fmt::Display` for `{Self}`, or give the field another type that has it"
)]
pub trait NamesOneAggregate {
    #[doc(hidden)]
    fn write_id(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

// `Display` is no supertrait, so that rustc says what is written here and not what it says of `Display`.
#[diagnostic::do_not_recommend]
impl<T: fmt::Display> NamesOneAggregate for T {
    fn write_id(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt(f)
    }
}

/// A handler that says how it gets its events.
pub fn only_a_handler_of_an_event_has_a_subscription<C>()
where
    C: Message<Kind: HasSubscription<C>>,
{
}

/// Which kinds of handlers subscribe.
#[diagnostic::on_unimplemented(
    message = "only a handler of an event has a subscription",
    label = "`{C}` is no event",
    note = "remove the option; in a `#[handler] impl` it is for every method: handlers of commands and queries go into another block"
)]
pub trait HasSubscription<C> {}
impl<C> HasSubscription<C> for kind::Event {}

/// The event of a handler that begins with the oldest one.
pub fn a_handler_begins_at_the_start_of_what_is_kept<const TRANSIENT: bool>()
where
    Is<TRANSIENT>: Kept,
{
}

/// The event is not transient.
#[diagnostic::on_unimplemented(
    message = "nothing keeps this event, since it is `transient`: there is no start to begin at",
    label = "nothing to begin with",
    note = "remove `from = start`, or remove `transient` where the event is declared"
)]
pub trait Kept {}
impl Kept for Is<false> {}

/// A `&T` parameter whose type is named like the bus.
pub fn the_bus_is_no_dependency<const BUS: bool>()
where
    Is<BUS>: NotTheBus,
{
}

/// The answer is another type.
#[diagnostic::on_unimplemented(
    message = "a handler takes no `&Bus`",
    label = "not the bus",
    note = "take `bus: QueryBus` by value: what it asks is part of this call",
    note = "a command's handler without resources may take `bus: CommandBus` by value; one with a resource raises an event or uses `&mut Outbox`"
)]
pub trait NotTheBus {}
impl NotTheBus for Is<false> {}

/// A message's handler is in its crate unless it is a contract or an event.
pub fn a_handler_is_in_the_crate_of_its_message<const IN_ONE_CRATE: bool>()
where
    Is<IN_ONE_CRATE>: InOneCrate,
{
}

/// A `fn` handler's message.
pub fn a_timeout_interrupts_an_async_fn<const TIMED: bool>()
where
    Is<TIMED>: RunsToItsEnd,
{
}

/// The message declares no timeout.
#[diagnostic::on_unimplemented(
    message = "this message declares a `timeout`, and its handler is a `fn`, which nothing can interrupt",
    label = "make it an `async fn`",
    note = "or remove `timeout` from the message"
)]
pub trait RunsToItsEnd {}
impl RunsToItsEnd for Is<false> {}

/// An answer that the compiler has worked out.
pub struct Is<const ANSWER: bool>;

/// The answer is no aggregate.
#[diagnostic::on_unimplemented(
    message = "a command's output cannot be an aggregate",
    label = "this is an aggregate, or holds one",
    note = "return its id, or a struct with what the caller needs to know"
)]
pub trait NoAggregate {}
impl NoAggregate for Is<false> {}

/// The answer is one crate.
#[diagnostic::on_unimplemented(
    message = "this message is declared in another crate and is no contract",
    label = "its handler belongs in its own crate",
    note = "move the handler to the crate that declares the message, or declare the message with `contract`",
    note = "the library and the binary of one package are two crates"
)]
pub trait InOneCrate {}
impl InOneCrate for Is<true> {}

/// Whether a handler in the module `handler` may handle a message whose handler belongs in the crate of `home`.
#[must_use]
pub const fn in_one_crate(home: Option<&str>, handler: &str) -> bool {
    let Some(home) = home else { return true };
    let (message, handler) = (home.as_bytes(), handler.as_bytes());
    let mut at = 0;
    loop {
        let (left, right) = (crate_byte(message, at), crate_byte(handler, at));
        if left != right {
            return false;
        }
        if left == b':' {
            return true;
        }
        at += 1;
    }
}

/// A byte of the crate's name at the front of a path, `:` behind its end.
const fn crate_byte(path: &[u8], at: usize) -> u8 {
    if at < path.len() { path[at] } else { b':' }
}
