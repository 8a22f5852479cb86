//! How a call begins: it is let in, what its handler takes by value is read off it, and the handler is started.

use std::any::Any;
use std::sync::Arc;
use std::task::Context as Cx;

use crate::bus::Bus;
use crate::call::ambient::{self, Phase, Running};
use crate::call::context::{Context, Options};
use crate::call::deadline::Deadline;
use crate::call::in_place::{Begun, in_place, in_task};
use crate::call::limit::Limit;
use crate::call::observe::{self, Observation};
use crate::call::task;
use crate::call::{self, Call, Given as _, Parent};
use crate::container::{Container, Shared};
use crate::future::BoxFuture;
use crate::handler::{Handler, HandlerInfo, Here, Linked, Reply};
use crate::message::{Message, MessageInfo};
use crate::pipeline::around::{Attempted, Recipe, attempted, outcome};
use crate::pipeline::next::Attempt;
use crate::pipeline::outcome::Outcome;
use crate::result::fault::{Fault, Site};
use crate::unit::Scope;
use crate::unit::work;

/// What a bus keeps for a message.
pub type Wired = Arc<dyn Any + Send + Sync>;

/// What a call consists of before anything is decided.
pub struct Fresh<'a, C> {
    pub(crate) head: Head<'a>,
    message: Option<C>,
}

/// The same without its message, and so without a type.
pub(crate) struct Head<'a> {
    pub(crate) bus: &'a Bus,
    from: Option<&'a Parent>,
    pub(crate) options: Option<Arc<Options>>,
}

/// The way to a handler: [`Here`] for one that the compiler knows, [`Linked`] for one in the registry.
pub trait Begin<C: Message>: 'static {
    /// Makes ready what the handler needs, once for each bus.
    fn wire(bus: &Bus) -> BoxFuture<'_, Result<(), Fault>>;
    /// The handler, as far as it is known before anything is wired.
    fn handler(bus: &Bus) -> &'static HandlerInfo;
    /// The handler, and how its calls begin.
    fn running(wired: &Wired) -> Running;
    /// Starts the handler for a call that was let in, and for which this context is known.
    fn start<'a>(fresh: &mut Fresh<'a, C>, context: Option<Context>, wired: &'a Wired, cx: &mut Cx<'_>)
    -> Begun<'a, C>;
}

impl<C: Message, H: Handler<C>> Begin<C> for Here<H> {
    fn wire(bus: &Bus) -> BoxFuture<'_, Result<(), Fault>> {
        bus.wire(const { &Recipe::of::<C>(H::Opened::inside::<H>) }, H::info(), assemble::<C, H>)
    }

    fn handler(_: &Bus) -> &'static HandlerInfo {
        H::info()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn running(_: &Wired) -> Running {
        Running { handler: H::info(), phase: H::Opened::PHASE }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn start<'a>(
        fresh: &mut Fresh<'a, C>,
        context: Option<Context>,
        wired: &'a Wired,
        cx: &mut Cx<'_>,
    ) -> Begun<'a, C> {
        H::Opened::start::<H>(fresh, context, wired, cx)
    }
}

fn assemble<C: Message, H: Handler<C>>(container: &Container) -> Result<Wired, Fault> {
    Ok(Arc::new(H::Shared::assemble(container)?))
}

impl<C: Message> Begin<C> for Linked {
    fn wire(bus: &Bus) -> BoxFuture<'_, Result<(), Fault>> {
        bus.link(const { &Recipe::of::<C>(inside_linked::<C>) })
    }

    fn handler(bus: &Bus) -> &'static HandlerInfo {
        bus.linked_handler(C::info())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn running(wired: &Wired) -> Running {
        match wired.downcast_ref::<Link<C>>() {
            Some(Link::Declared(declared)) => Running::of(declared.handler),
            _ => Running::of(&C::info().by_hand),
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn start<'a>(
        fresh: &mut Fresh<'a, C>,
        context: Option<Context>,
        wired: &'a Wired,
        cx: &mut Cx<'_>,
    ) -> Begun<'a, C> {
        match wired.downcast_ref::<Link<C>>() {
            Some(Link::Declared(declared)) => (declared.start)(fresh, context, &declared.wired, cx),
            Some(Link::Closure(handler)) => {
                let Some(message) = fresh.message.take() else { return Ok(Err(polled_again().into())) };
                in_place(&C::info().by_hand, context, C::sort, handler(message), cx)
            }
            None => Ok(Err(miswired().into())),
        }
    }
}

/// A contract's handler, wired in one bus.
pub(crate) enum Link<C: Message> {
    Declared(Declared<C>),
    Closure(Closure<C>),
}

/// One that is declared somewhere, and how it is reached.
pub(crate) struct Declared<C: Message> {
    handler: &'static HandlerInfo,
    start: StartFn<C>,
    inside: InsideFn,
    wired: Wired,
}

type StartFn<C> = for<'a> fn(&mut Fresh<'a, C>, Option<Context>, &'a Wired, &mut Cx<'_>) -> Begun<'a, C>;

/// A handler that was registered by hand.
pub(crate) type Closure<C> = Arc<dyn Fn(C) -> BoxFuture<'static, <C as Message>::Returns> + Send + Sync>;

pub(crate) fn link<C: Message, H: Handler<C>>(container: &Container) -> Result<Wired, Fault> {
    let wired = assemble::<C, H>(container)?;
    let declared = Declared { handler: H::info(), start: H::Opened::start::<H>, inside: H::Opened::inside::<H>, wired };
    Ok(Arc::new(Link::Declared(declared)))
}

impl<'a, C: Message> Fresh<'a, C> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new(bus: &'a Bus, from: Option<&'a Parent>, message: C) -> Self {
        Fresh { head: Head { bus, from, options: None }, message: Some(message) }
    }

    #[cold]
    pub(crate) fn take(&mut self) -> Self {
        Fresh { head: self.head.take(), message: self.message.take() }
    }

    /// Both parts; the message, while it is there.
    pub(crate) fn parts(&mut self) -> (&mut Head<'a>, Option<&C>) {
        (&mut self.head, self.message.as_ref())
    }

    pub(crate) fn take_message(&mut self) -> Option<C> {
        self.message.take()
    }
}

impl<'a> Head<'a> {
    fn take(&mut self) -> Self {
        Head { bus: self.bus, from: self.from, options: self.options.take() }
    }

    /// What is wired for the message, if the call has nothing around it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn direct(&self, message: &MessageInfo) -> Option<&'a Wired> {
        if observe::is_on() && !self.is_observed() {
            return None;
        }
        self.bus.table().cell(message.slot.index()).get()
    }

    /// Whether it is a call from outside, without options, of a bus that is open: there is nothing to ask then.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn is_plain(&self) -> bool {
        call::is_plain(self.bus, self.from, self.options.as_ref())
    }

    /// The context of a call that is not plain, if it may be made here.
    pub(crate) fn admit(&mut self, running: Running) -> Result<Context, Fault> {
        call::admit(self.bus, self.from, self.options.take(), running)
    }

    /// The time the call has, whose clock runs from now on.
    #[cold]
    pub(crate) fn limit(&mut self, site: Site) -> Result<Option<Limit>, Fault> {
        self.fix_deadline().map(Limit::new).transpose().map_err(|fault| fault.at(site))
    }

    fn fix_deadline(&mut self) -> Option<Deadline> {
        let own = self.options.as_mut().and_then(|options| {
            let options = Arc::make_mut(options);
            options.deadline = Deadline::sooner(options.deadline, options.timeout.take().map(Deadline::after));
            options.deadline
        });
        let around = match self.from {
            Some(parent) => parent.context.deadline(),
            None => ambient::running().and_then(|_| ambient::context().deadline()),
        };
        Deadline::sooner(own, around)
    }

    /// Whether somebody watches the call already.
    #[cold]
    fn is_observed(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.observed)
    }

    /// From now on somebody watches it, if somebody is there who does not yet.
    #[cold]
    pub(crate) fn observe(&mut self, handler: fn(&Bus) -> &'static HandlerInfo) -> Option<Observation> {
        if !observe::is_on() || self.is_observed() {
            return None;
        }
        let options = Arc::make_mut(self.options.get_or_insert_default());
        options.observed = true;
        Some(Observation::begin(handler(self.bus), options, self.from))
    }
}

/// Runs a contract's handler inside of its pipeline: an [`InsideFn`].
fn inside_linked<'x, C: Message>(wired: &'x Wired, attempt: &'x Attempt, slot: &mut dyn Any) -> Attempted<'x> {
    match wired.downcast_ref::<Link<C>>() {
        Some(Link::Declared(declared)) => (declared.inside)(&declared.wired, attempt, slot),
        Some(Link::Closure(handler)) => match take::<C>(slot) {
            Some(message) => Ok(attempted(attempt, handler(message), C::sort, C::is_success)),
            None => Err(miswired()),
        },
        None => Err(miswired()),
    }
}

fn take<C: Message>(slot: &mut dyn Any) -> Option<C> {
    match slot.downcast_mut::<Option<C>>() {
        Some(message) => message.take(),
        None => None,
    }
}

/// Runs a handler, and what its unit of work is, inside of its pipeline.
pub(crate) type InsideFn = for<'x> fn(&'x Wired, &'x Attempt, &mut dyn Any) -> Attempted<'x>;

#[cold]
#[inline(never)]
pub(crate) fn polled_again() -> Fault {
    Fault::internal("a call was polled after it had answered")
}

#[cold]
#[inline(never)]
pub(crate) fn miswired() -> Fault {
    Fault::internal("a message is wired as another one")
}

/// How a handler with these resources is started. A trait and not an `if`, so that the way that is not taken is
/// never instantiated.
pub trait Start<C: Message>: Sized {
    #[doc(hidden)]
    const PHASE: Phase;
    /// Starts it for a call.
    #[doc(hidden)]
    fn start<'a, H: Handler<C, Opened = Self>>(
        fresh: &mut Fresh<'a, C>,
        context: Option<Context>,
        wired: &'a Wired,
        cx: &mut Cx<'_>,
    ) -> Begun<'a, C>;
    /// Runs it inside of its pipeline: an `InsideFn`.
    #[doc(hidden)]
    fn inside<'x, H: Handler<C, Opened = Self>>(
        wired: &'x Wired,
        attempt: &'x Attempt,
        slot: &mut dyn Any,
    ) -> Result<BoxFuture<'x, Outcome>, Fault>;
}

/// No resources: in place.
impl<C: Message> Start<C> for () {
    const PHASE: Phase = Phase::NoUnit;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn start<'a, H: Handler<C, Opened = Self>>(
        fresh: &mut Fresh<'a, C>,
        mut context: Option<Context>,
        wired: &'a Wired,
        cx: &mut Cx<'_>,
    ) -> Begun<'a, C> {
        let running = Running { handler: H::info(), phase: Phase::NoUnit };
        let Some(shared) = wired.downcast_ref::<H::Shared>() else { return Ok(Err(miswired().into())) };
        let given = match H::Given::read_in(fresh.head.bus, running, &mut context) {
            Ok(given) => given,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let Some(message) = fresh.message.take() else { return Ok(Err(polled_again().into())) };
        H::call(shared, given, nothing(), message).start(running.handler, context, cx)
    }

    fn inside<'x, H: Handler<C, Opened = Self>>(
        wired: &'x Wired,
        attempt: &'x Attempt,
        slot: &mut dyn Any,
    ) -> Result<BoxFuture<'x, Outcome>, Fault> {
        let Some(shared) = wired.downcast_ref::<H::Shared>() else { return Err(miswired()) };
        let given = H::Given::read_in(&attempt.bus, attempt.running, &mut Some(attempt.context.clone()))?;
        let Some(message) = take::<C>(slot) else { return Err(miswired()) };
        let returned = H::call(shared, given, nothing(), message).boxed();
        Ok(attempted(attempt, returned, C::sort, C::is_success))
    }
}

/// Nothing is leaked: a box of `()` holds no memory.
#[inline]
fn nothing() -> &'static mut () {
    Box::leak(Box::new(()))
}

macro_rules! in_own_task {
    () => {};
    ($($t:ident)+) => {
        impl<Msg: Message, $($t: crate::unit::resource::Resource<Msg>),+> Start<Msg> for ($($t,)+) {
            const PHASE: Phase = Phase::Open;

            fn start<'a, Function: Handler<Msg, Opened = Self>>(
                fresh: &mut Fresh<'a, Msg>,
                mut context: Option<Context>,
                wired: &'a Wired,
                cx: &mut Cx<'_>,
            ) -> Begun<'a, Msg> {
                let bus = fresh.head.bus;
                let running = Running { handler: Function::info(), phase: Self::PHASE };
                let given = match Function::Given::read_in(bus, running, &mut context) {
                    Ok(given) => given,
                    Err(fault) => return Ok(Err(fault.into())),
                };
                let Some(message) = fresh.message.take() else { return Ok(Err(polled_again().into())) };
                let call = Call::new(bus, running, context);
                in_task(task::start::<Msg, Function>(wired.clone(), call, given, message), cx)
            }

            fn inside<'x, Function: Handler<Msg, Opened = Self>>(
                wired: &'x Wired,
                attempt: &'x Attempt,
                slot: &mut dyn Any,
            ) -> Result<BoxFuture<'x, Outcome>, Fault> {
                let Some(shared) = wired.downcast_ref::<Function::Shared>() else { return Err(miswired()) };
                let mut scope = Scope::recording(&attempt.call(), attempt.recorder.clone());
                let context = attempt.context.clone();
                let given = Function::Given::read_in(&attempt.bus, attempt.running, &mut Some(context))?;
                let Some(message) = take::<Msg>(slot) else { return Err(miswired()) };
                let unit = async move { work::unit::<Msg, Function>(shared, &mut scope, given, message).await };
                Ok(outcome(Box::pin(unit), Msg::is_success))
            }
        }
    };
}
crate::tuples::up_to_twelve!(in_own_task);
