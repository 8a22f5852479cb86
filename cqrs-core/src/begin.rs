//! How a call begins: it is let in, what its handler takes by value is read off it, and the handler is started.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Cx, Poll};

use crate::ambient::{self, Phase, Running};
use crate::bus::Bus;
use crate::call::{Call, Given, Parent};
use crate::container::{Container, Shared};
use crate::context::{Context, Options};
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::future::BoxFuture;
use crate::handler::{Handler, HandlerInfo, Here, Linked, Reply};
use crate::in_place::{Begun, Waiting, in_place};
use crate::message::{Dispatched, Message};
use crate::observe::Observation;
use crate::pipeline::next::Attempt;
use crate::unit::Scope;

/// What a bus keeps for a message.
pub type Wired = Arc<dyn Any + Send + Sync>;

/// What a call consists of before anything is decided.
pub struct Fresh<'a, C> {
    pub(crate) bus: &'a Bus,
    from: Option<&'a Parent>,
    pub(crate) options: Option<Arc<Options>>,
    message: Option<C>,
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
    /// The unit of work alone, once: the inside of a pipeline.
    fn attempt(wired: Wired, attempt: Attempt, message: C) -> BoxFuture<'static, Dispatched<C>>;
}

impl<C: Message, H: Handler<C>> Begin<C> for Here<H> {
    fn wire(bus: &Bus) -> BoxFuture<'_, Result<(), Fault>> {
        bus.wire(C::info(), H::info(), assemble::<C, H>)
    }

    fn handler(_: &Bus) -> &'static HandlerInfo {
        H::info()
    }

    #[inline(always)]
    fn running(_: &Wired) -> Running {
        Running { handler: H::info(), phase: H::Opened::PHASE }
    }

    #[inline(always)]
    fn start<'a>(
        fresh: &mut Fresh<'a, C>,
        context: Option<Context>,
        wired: &'a Wired,
        cx: &mut Cx<'_>,
    ) -> Begun<'a, C> {
        start::<C, H>(fresh, context, wired, cx)
    }

    fn attempt(wired: Wired, attempt: Attempt, message: C) -> BoxFuture<'static, Dispatched<C>> {
        attempt_of::<C, H>(wired, attempt, message)
    }
}

fn assemble<C: Message, H: Handler<C>>(container: &Container) -> Result<Wired, Fault> {
    Ok(Arc::new(H::Shared::assemble(container)?))
}

impl<C: Message> Begin<C> for Linked {
    fn wire(bus: &Bus) -> BoxFuture<'_, Result<(), Fault>> {
        bus.link(C::info())
    }

    fn handler(bus: &Bus) -> &'static HandlerInfo {
        bus.linked_handler(C::info())
    }

    #[inline(always)]
    fn running(wired: &Wired) -> Running {
        match wired.downcast_ref::<Link<C>>() {
            Some(Link::Declared(declared)) => declared.running,
            _ => Running { handler: &C::info().by_hand, phase: Phase::NoUnit },
        }
    }

    #[inline(always)]
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
                in_place(&C::info().by_hand, context, handler(message), cx)
            }
            None => Ok(Err(miswired().into())),
        }
    }

    fn attempt(wired: Wired, attempt: Attempt, message: C) -> BoxFuture<'static, Dispatched<C>> {
        match wired.downcast_ref::<Link<C>>() {
            Some(Link::Declared(declared)) => (declared.attempt)(declared.wired.clone(), attempt, message),
            Some(Link::Closure(handler)) => crate::task::unit_of_closure::<C>(handler.clone(), attempt, message),
            None => Box::pin(async { Err(miswired().into()) }),
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
    running: Running,
    start: StartFn<C>,
    attempt: fn(Wired, Attempt, C) -> BoxFuture<'static, Dispatched<C>>,
    wired: Wired,
}

type StartFn<C> = for<'a> fn(&mut Fresh<'a, C>, Option<Context>, &'a Wired, &mut Cx<'_>) -> Begun<'a, C>;

/// A handler that was registered by hand.
pub(crate) type Closure<C> = Arc<dyn Fn(C) -> BoxFuture<'static, <C as Message>::Returns> + Send + Sync>;

pub(crate) fn link<C: Message, H: Handler<C>>(container: &Container) -> Result<Wired, Fault> {
    let wired = assemble::<C, H>(container)?;
    let running = Running { handler: H::info(), phase: H::Opened::PHASE };
    Ok(Arc::new(Link::Declared(Declared { running, start: start::<C, H>, attempt: attempt_of::<C, H>, wired })))
}

impl<'a, C> Fresh<'a, C> {
    #[inline(always)]
    pub(crate) fn new(bus: &'a Bus, from: Option<&'a Parent>, message: C) -> Self {
        Fresh { bus, from, options: None, message: Some(message) }
    }

    #[cold]
    pub(crate) fn take(&mut self) -> Self {
        Fresh { bus: self.bus, from: self.from, options: self.options.take(), message: self.message.take() }
    }

    /// When the call has to be done: its clock runs from now on.
    #[cold]
    pub(crate) fn fix_deadline(&mut self) -> Option<Deadline> {
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
    pub(crate) fn is_observed(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.observed)
    }

    /// From now on somebody watches it.
    #[cold]
    pub(crate) fn observe(&mut self, handler: &'static HandlerInfo) -> Observation {
        let options = Arc::make_mut(self.options.get_or_insert_default());
        options.observed = true;
        Observation::begin(handler, options, self.from)
    }

    /// The message, while it is there.
    pub(crate) fn message(&self) -> Option<&C> {
        self.message.as_ref()
    }

    pub(crate) fn take_message(&mut self) -> Option<C> {
        self.message.take()
    }

    /// The call's context as far as it is known, if the call may be made here.
    #[inline(always)]
    pub(crate) fn admit(&mut self, running: Running) -> Result<Option<Context>, Fault> {
        Call::admit(self.bus, self.from, &mut self.options, &running)
    }
}

#[inline(always)]
fn start<'a, C: Message, H: Handler<C>>(
    fresh: &mut Fresh<'a, C>,
    mut context: Option<Context>,
    wired: &'a Wired,
    cx: &mut Cx<'_>,
) -> Begun<'a, C> {
    let running = Running { handler: H::info(), phase: H::Opened::PHASE };
    let read = || H::Given::read_in(fresh.bus, running.handler, running.phase, &mut context);
    let given = match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(given)) => given,
        Ok(Err(fault)) => return Ok(Err(fault.at(H::info().site()).into())),
        Err(payload) => return Ok(Err(running.panicked(&*payload).into())),
    };
    let Some(message) = fresh.message.take() else { return Ok(Err(polled_again().into())) };
    H::Opened::start::<H>(fresh.bus, wired, context, given, message, cx)
}

fn attempt_of<C: Message, H: Handler<C>>(
    wired: Wired,
    attempt: Attempt,
    message: C,
) -> BoxFuture<'static, Dispatched<C>> {
    Box::pin(async move {
        let Some(shared) = wired.downcast_ref::<H::Shared>() else { return Err(miswired().into()) };
        let (given, scope) = {
            let call = Call::delivered(&attempt.bus, attempt.running, attempt.context, None);
            let given = H::Given::read(&call).map_err(|fault| fault.at(H::info().site()))?;
            (given, Scope::recording(&call, attempt.recorder))
        };
        crate::task::unit::<C, H>(shared, scope, given, message).await
    })
}

#[cold]
#[inline(never)]
pub(crate) fn polled_again() -> Fault {
    Fault::internal("a call was polled after it had answered")
}

#[cold]
#[inline(never)]
fn miswired() -> Fault {
    Fault::internal("a message is wired as another one")
}

/// How a handler with these resources is started. A trait and not an `if`, so that the way that is not taken is
/// never instantiated.
pub trait Start<C>: Sized {
    #[doc(hidden)]
    const PHASE: Phase;
    #[doc(hidden)]
    fn start<'a, H: Handler<C, Opened = Self>>(
        bus: &Bus,
        wired: &'a Wired,
        context: Option<Context>,
        given: H::Given,
        message: C,
        cx: &mut Cx<'_>,
    ) -> Begun<'a, C>
    where
        C: Message;
}

/// No resources: in place.
impl<C> Start<C> for () {
    const PHASE: Phase = Phase::NoUnit;

    #[inline(always)]
    fn start<'a, H: Handler<C, Opened = Self>>(
        _: &Bus,
        wired: &'a Wired,
        context: Option<Context>,
        given: H::Given,
        message: C,
        cx: &mut Cx<'_>,
    ) -> Begun<'a, C>
    where
        C: Message,
    {
        match wired.downcast_ref::<H::Shared>() {
            // Nothing is leaked: a box of `()` holds no memory.
            Some(shared) => H::call(shared, given, Box::leak(Box::new(())), message).start(H::info(), context, cx),
            None => Ok(Err(miswired().into())),
        }
    }
}

macro_rules! in_own_task {
    () => {};
    ($($t:ident)+) => {
        impl<Msg, $($t: crate::resource::Resource<Msg>),+> Start<Msg> for ($($t,)+) {
            const PHASE: Phase = Phase::Open;

            fn start<'a, Function: Handler<Msg, Opened = Self>>(
                bus: &Bus,
                wired: &'a Wired,
                context: Option<Context>,
                given: Function::Given,
                message: Msg,
                cx: &mut Cx<'_>,
            ) -> Begun<'a, Msg>
            where
                Msg: Message,
            {
                let call = Call::new(bus, Running { handler: Function::info(), phase: Self::PHASE }, context);
                let mut task = match crate::task::start::<Msg, Function>(wired.clone(), call, given, message) {
                    Ok(task) => task,
                    Err(fault) => return Ok(Err(fault.into())),
                };
                // On another thread it may have answered already; if not, this leaves the waker.
                match Pin::new(&mut task).poll(cx) {
                    Poll::Ready(answer) => Ok(answer),
                    Poll::Pending => Err(Waiting::Task(task)),
                }
            }
        }
    };
}
crate::tuples::up_to_twelve!(in_own_task);
