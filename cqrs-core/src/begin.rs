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
use crate::handler::{Handler, Here, Linked, Reply};
use crate::in_place::{Begun, Waiting, in_place};
use crate::message::Message;

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
    /// Begins the call.
    fn begin<'a>(fresh: &mut Fresh<'a, C>, wired: &'a Wired, cx: &mut Cx<'_>) -> Begun<'a, C>;
}

impl<C: Message, H: Handler<C>> Begin<C> for Here<H> {
    fn wire(bus: &Bus) -> BoxFuture<'_, Result<(), Fault>> {
        bus.wire(C::info(), H::info(), assemble::<C, H>)
    }

    #[inline(always)]
    fn begin<'a>(fresh: &mut Fresh<'a, C>, wired: &'a Wired, cx: &mut Cx<'_>) -> Begun<'a, C> {
        begin::<C, H>(fresh, wired, cx)
    }
}

fn assemble<C: Message, H: Handler<C>>(container: &Container) -> Result<Wired, Fault> {
    Ok(Arc::new(H::Shared::assemble(container)?))
}

impl<C: Message> Begin<C> for Linked {
    fn wire(bus: &Bus) -> BoxFuture<'_, Result<(), Fault>> {
        bus.link(C::info())
    }

    #[inline(always)]
    fn begin<'a>(fresh: &mut Fresh<'a, C>, wired: &'a Wired, cx: &mut Cx<'_>) -> Begun<'a, C> {
        match wired.downcast_ref::<Link<C>>() {
            Some(Link::Declared { begin, wired }) => begin(fresh, wired, cx),
            Some(Link::Closure(handler)) => closure(fresh, handler, cx),
            None => Ok(Err(miswired().into())),
        }
    }
}

/// A contract's handler, wired in one bus.
pub(crate) enum Link<C: Message> {
    Declared { begin: BeginFn<C>, wired: Wired },
    Closure(Closure<C>),
}

type BeginFn<C> = for<'a> fn(&mut Fresh<'a, C>, &'a Wired, &mut Cx<'_>) -> Begun<'a, C>;

/// A handler that was registered by hand.
pub(crate) type Closure<C> = Arc<dyn Fn(C) -> BoxFuture<'static, <C as Message>::Returns> + Send + Sync>;

pub(crate) fn link<C: Message, H: Handler<C>>(container: &Container) -> Result<Wired, Fault> {
    let wired = assemble::<C, H>(container)?;
    Ok(Arc::new(Link::<C>::Declared { begin: begin::<C, H>, wired }))
}

fn closure<'a, C: Message>(fresh: &mut Fresh<'a, C>, handler: &Closure<C>, cx: &mut Cx<'_>) -> Begun<'a, C> {
    let info = &C::info().by_hand;
    let context = match fresh.admit(Running { handler: info, phase: Phase::NoUnit }) {
        Ok(context) => context,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let Some(message) = fresh.message.take() else { return Ok(Err(polled_again().into())) };
    in_place(info, context, handler(message), cx)
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

    /// The call's context as far as it is known, if the call may be made here.
    #[inline(always)]
    fn admit(&mut self, running: Running) -> Result<Option<Context>, Fault> {
        Call::admit(self.bus, self.from, &mut self.options, &running)
    }
}

#[inline(always)]
fn begin<'a, C: Message, H: Handler<C>>(fresh: &mut Fresh<'a, C>, wired: &'a Wired, cx: &mut Cx<'_>) -> Begun<'a, C> {
    let running = Running { handler: H::info(), phase: H::Opened::PHASE };
    let mut context = match fresh.admit(running) {
        Ok(context) => context,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let read = || H::Given::read_in(fresh.bus, running.handler, running.phase, &mut context);
    let given = match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(given)) => given,
        Ok(Err(fault)) => return Ok(Err(fault.at(H::info().site()).into())),
        Err(payload) => return Ok(Err(running.panicked(&*payload).into())),
    };
    let Some(message) = fresh.message.take() else { return Ok(Err(polled_again().into())) };
    H::Opened::start::<H>(fresh.bus, wired, context, given, message, cx)
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
