//! One call as its handler's parameters by value see it: [`Call`] and [`FromCall`].

pub(crate) mod ambient;
pub(crate) mod begin;
pub(crate) mod busy;
pub(crate) mod context;
pub(crate) mod deadline;
pub(crate) mod dispatch;
pub(crate) mod guarded;
pub(crate) mod ids;
pub(crate) mod in_place;
pub(crate) mod limit;
pub(crate) mod marks;
pub(crate) mod observe;
pub(crate) mod options;
pub(crate) mod principal;
pub(crate) mod task;
pub(crate) mod trace_context;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use crate::bus::Bus;
use crate::bus::buses::{CommandBus, QueryBus};
use crate::call::ambient::{Ambient, Phase, Running};
use crate::call::context::{Context, Options};
use crate::call::deadline::Deadline;
use crate::call::principal::Principal;
use crate::delivery::event_meta::EventMeta;
use crate::handler::need::Opening;
use crate::message::MessageKind;
use crate::result::fault::{Fault, Place, Site};
use crate::unit::Scope;

/// One call, before its handler runs.
pub struct Call<'a> {
    pub(crate) bus: &'a Bus,
    pub(crate) running: Running,
    context: OnceLock<Context>,
    pub(crate) event: Option<&'a EventMeta>,
}

/// The call that another one is nested in.
#[derive(Clone)]
pub(crate) struct Parent {
    pub(crate) running: Running,
    pub(crate) context: Context,
}

impl<'a> Call<'a> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new(bus: &'a Bus, running: Running, context: Option<Context>) -> Self {
        Call { bus, running, context: context.map_or_else(OnceLock::new, OnceLock::from), event: None }
    }

    /// A call that the bus makes itself, for an event or from an outbox.
    pub(crate) fn delivered(bus: &'a Bus, running: Running, context: Context, event: Option<&'a EventMeta>) -> Self {
        Call { bus, running, context: context.into(), event }
    }

    /// The message's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.running.message().name
    }

    /// Which of the three the message is.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        self.running.message().kind
    }

    /// Where the handler stands, or else the message.
    #[must_use]
    pub fn handler(&self) -> Place {
        self.running.handler.place
    }

    /// Its context.
    #[must_use]
    pub fn context(&self) -> &Context {
        self.context.get_or_init(|| Context::of_call(None, None))
    }

    /// Its context, if somebody has read it or the caller gave options.
    #[inline]
    pub(crate) fn known_context(&self) -> Option<&Context> {
        self.context.get()
    }

    /// The deadline, without making a context for one that has none.
    #[inline]
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.context.get().and_then(Context::deadline)
    }

    /// What the handler's code is inside of.
    pub(crate) fn inside(self) -> Ambient {
        Ambient { running: self.running, context: self.context.into_inner() }
    }

    pub(crate) fn site(&self) -> Site {
        self.running.site()
    }

    pub(crate) fn as_parent(&self) -> Parent {
        Parent { running: self.running, context: self.context().clone() }
    }
}

impl Running {
    /// Where the handler stands, or else the message.
    pub(crate) fn site(&self) -> Site {
        self.handler.site()
    }
}

/// A call that may be made: not nested, given no options, in a bus that takes calls. It is let in as it is.
#[inline]
pub(crate) fn is_plain(bus: &Bus, from: Option<&Parent>, options: Option<&Arc<Options>>) -> bool {
    options.is_none() && from.is_none() && ambient::is_outside() && bus.is_open()
}

/// Whether any other call may be made here, and its context.
#[cold]
#[inline(never)]
pub(crate) fn admit(
    bus: &Bus,
    from: Option<&Parent>,
    options: Option<Arc<Options>>,
    running: Running,
) -> Result<Context, Fault> {
    let around = ambient::running();
    if around.is_none() && from.is_none() && !options.as_ref().is_some_and(|options| options.delivery) {
        bus.admits(running.handler)?;
    }
    for outer in from.map(|parent| parent.running).into_iter().chain(around) {
        may_nest(&outer, &running)?;
    }
    let parent = match from {
        Some(parent) => Some(parent.context.clone()),
        None => around.map(|_| ambient::context()),
    };
    if let Some(parent) = &parent
        && running.message().kind != MessageKind::Query
    {
        parent.has_changed_something();
    }
    let mut options = options.map(Arc::unwrap_or_clone);
    if let Some(parent) = &parent
        && running.message().kind == MessageKind::Command
        && let Some(key) = parent.derived_key(running.message().name)
    {
        options.get_or_insert_default().idempotency_key.get_or_insert(key);
    }
    let context = Context::of_call(options, parent.as_ref());
    if context.deadline().is_some_and(|deadline| deadline.remaining().is_zero()) {
        return Err(Fault::timeout(None).at(running.site()));
    }
    Ok(context)
}

/// A query changes nothing, and a call whose unit of work is open has the store: both execute nothing.
fn may_nest(outer: &Running, inner: &Running) -> Result<(), Fault> {
    if inner.message().kind == MessageKind::Query {
        return Ok(());
    }
    let verb = match inner.message().kind {
        MessageKind::Event => "publish the event",
        _ => "execute the command",
    };
    if outer.message().kind == MessageKind::Query {
        return Err(Fault::wiring(format!(
            "the query handler {outer} cannot {verb} {inner}: a query changes nothing; make it a command, or let the \
             caller execute after the query",
            outer = outer.site(),
            inner = inner.site(),
        ))
        .at(outer.site()));
    }
    if outer.phase != Phase::NoUnit {
        let cure = match inner.message().kind {
            MessageKind::Event => "take `events: &mut Events` and `raise` it, so that it goes out with the commit",
            _ => "raise an event, or take `outbox: &mut Outbox` and `send` the command, so that it follows the commit",
        };
        return Err(Fault::wiring(format!(
            "the handler {outer} cannot {verb} {inner} while its own unit of work is open; {cure}",
            outer = outer.site(),
            inner = inner.site(),
        ))
        .at(outer.site()));
    }
    Ok(())
}

/// What a parameter by value is: something read off the call.
///
/// ```
/// use cqrs_core::{Call, Fault, FromCall, ReadOnly};
///
/// struct Language(String);
///
/// impl FromCall for Language {
///     fn from_call(call: &Call<'_>) -> Result<Self, Fault> {
///         let language = call.context().metadata().get("language");
///         Ok(Language(language.map_or("en", String::as_str).to_owned()))
///     }
/// }
/// impl ReadOnly for Language {} // queries may take it too
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read off a call",
    label = "a parameter by value implements `FromCall`",
    note = "take a dependency as `&{Self}`, and a resource of this call as `&mut {Self}`",
    note = "an alias that hides a reference is taken for a value: write the `&` in the signature"
)]
pub trait FromCall: Sized + Send {
    /// Whether something can be read through it that is not of the call itself.
    #[doc(hidden)]
    const READS: bool = true;

    /// Reads it.
    ///
    /// # Errors
    /// A fault, which the caller gets instead of the handler's answer.
    fn from_call(call: &Call<'_>) -> Result<Self, Fault>;
}

impl FromCall for Context {
    const READS: bool = false;

    fn from_call(call: &Call<'_>) -> Result<Self, Fault> {
        Ok(call.context().clone())
    }
}

impl FromCall for Principal {
    const READS: bool = false;

    fn from_call(call: &Call<'_>) -> Result<Self, Fault> {
        let who = call.known_context().and_then(Context::principal);
        who.cloned().ok_or_else(|| Fault::unauthenticated("this takes a caller who says who they are").at(call.site()))
    }
}

impl FromCall for Option<Principal> {
    const READS: bool = false;

    fn from_call(call: &Call<'_>) -> Result<Self, Fault> {
        Ok(call.known_context().and_then(Context::principal).cloned())
    }
}

impl FromCall for Deadline {
    const READS: bool = false;

    fn from_call(call: &Call<'_>) -> Result<Self, Fault> {
        call.deadline().ok_or_else(|| {
            let text =
                "this takes a deadline, and the call has none: call it with `.timeout(..)`, or take `Option<Deadline>`";
            Fault::wiring(text).at(call.site())
        })
    }
}

impl FromCall for Option<Deadline> {
    const READS: bool = false;

    fn from_call(call: &Call<'_>) -> Result<Self, Fault> {
        Ok(call.deadline())
    }
}

impl FromCall for QueryBus {
    fn from_call(call: &Call<'_>) -> Result<Self, Fault> {
        Ok(QueryBus::inside(call))
    }
}

impl FromCall for CommandBus {
    fn from_call(call: &Call<'_>) -> Result<Self, Fault> {
        Ok(CommandBus::inside(call))
    }
}

impl FromCall for EventMeta {
    const READS: bool = false;

    fn from_call(call: &Call<'_>) -> Result<Self, Fault> {
        call.event.cloned().ok_or_else(|| {
            Fault::wiring("`EventMeta` tells of an event's delivery, and this call is none").at(call.site())
        })
    }
}

/// A tuple of parameters by value.
pub trait Given: Sized + Send + 'static {
    /// Whether something can be read through one of them that is not of the call itself.
    #[doc(hidden)]
    const READS: bool;
    /// Reads them, in the order of the parameters.
    #[doc(hidden)]
    fn read(call: &Call<'_>) -> Result<Self, Fault>;
    /// The same, where there is no [`Call`] yet; a panic in there is a fault.
    #[doc(hidden)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn read_in(bus: &Bus, running: Running, context: &mut Option<Context>) -> Result<Self, Fault> {
        let call = Call::new(bus, running, context.take());
        match catch_unwind(AssertUnwindSafe(|| Self::read(&call))) {
            Ok(Ok(given)) => {
                *context = call.context.into_inner();
                Ok(given)
            }
            Ok(Err(fault)) => Err(fault.at(running.site())),
            Err(payload) => Err(running.panicked(&*payload)),
        }
    }
}

/// Who reads nothing needs no [`Call`], whose moves are 30 instructions.
impl Given for () {
    const READS: bool = false;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn read(_: &Call<'_>) -> Result<Self, Fault> {
        Ok(())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn read_in(_: &Bus, _: Running, _: &mut Option<Context>) -> Result<Self, Fault> {
        Ok(())
    }
}

/// What a provider that runs for each call, or a builder's closure, takes by value: anything a handler may, and parts
/// of the unit of work, such as [`InMemoryUnit`](crate::InMemoryUnit).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no part of a call",
    label = "what is made for a call takes by value what is `FromCall` or `FromScope`",
    note = "a provider takes a dependency as `&{Self}`, and a builder's closure captures it"
)]
pub trait FromScope: Sized + Send + 'static {
    /// What taking it opens.
    const OPENING: Opening = Opening::Nothing;

    /// Takes it from the call's scope.
    ///
    /// # Errors
    /// A fault, which the caller gets instead of the handler's answer.
    fn from_scope(scope: &mut Scope) -> impl Future<Output = Result<Self, Fault>> + Send;
}

#[diagnostic::do_not_recommend]
impl<T: FromCall + 'static> FromScope for T {
    async fn from_scope(scope: &mut Scope) -> Result<Self, Fault> {
        T::from_call(&scope.as_call())
    }
}

/// A tuple of what a provider takes by value.
pub trait Parts: Sized + Send + 'static {
    /// What taking them opens.
    const OPENINGS: &'static [Opening];
    /// Takes them, in the order of the parameters.
    #[doc(hidden)]
    fn take(scope: &mut Scope) -> impl Future<Output = Result<Self, Fault>> + Send;
}

macro_rules! given {
    () => {};
    ($($t:ident)+) => {
        impl<$($t: FromCall + 'static),*> Given for ($($t,)*) {
            const READS: bool = $($t::READS)||*;
            fn read(call: &Call<'_>) -> Result<Self, Fault> {
                Ok(($($t::from_call(call)?,)*))
            }
        }
    };
}
crate::tuples::up_to_twelve!(given);

macro_rules! parts {
    ($($t:ident)*) => {
        impl<$($t: FromScope),*> Parts for ($($t,)*) {
            const OPENINGS: &'static [Opening] = &[$($t::OPENING),*];
            #[allow(unused_variables, reason = "the empty tuple takes nothing")]
            async fn take(scope: &mut Scope) -> Result<Self, Fault> {
                Ok(($($t::from_scope(scope).await?,)*))
            }
        }
    };
}
crate::tuples::up_to_twelve!(parts);
