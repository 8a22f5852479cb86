//! The way of a call: from `execute` to the handler and back.
//!
//! A call waits in a [`Dispatch`] for its options, and becomes a [`Sending`] when it is awaited. Its first poll
//! finds what is wired for the message, reads what the handler takes by value, and then either runs the handler
//! in place (no resources: at most one allocation) or in a task of its own ([`crate::task`]).
//!
//! What is measured here is moves: a message is 32 bytes or more, an answer as many, and each time one is written
//! in one piece and read back in another, the call waits for it. So a message stays where it is until the handler
//! is called, an answer is written once, to where the caller reads it, and only a call that has to wait becomes a
//! state at all.

use std::any::Any;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Cx, Poll, ready};

use crate::ambient::{self, Phase, Running};
use crate::bus::Bus;
use crate::busy::Busy;
use crate::call::{Call, Given, Parent};
use crate::container::{Container, Shared};
use crate::context::{Context, Options};
use crate::deadline::Deadline;
use crate::fault::{DispatchError, Fault};
use crate::handler::{Handled, Handler, HandlerInfo, Here, Linked, Reply};
use crate::message::{Dispatched, Message};
use crate::task::{Limit, Task};

/// A boxed future that can be sent to another thread: what an async method of a trait object returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a bus keeps for a message.
pub type Wired = Arc<dyn Any + Send + Sync>;

/// A call that has not begun: options, and then `.await`.
///
/// Returned by [`execute`](Bus::execute) and [`query`](Bus::query).
#[must_use = "nothing happens until it is awaited"]
pub struct Dispatch<'a, C, B = <C as Handled>::By> {
    fresh: Fresh<'a, C>,
    // Fixed by `execute` and not asked again here, so that a missing handler is one error and not two.
    by: PhantomData<fn() -> B>,
}

/// What a call consists of before anything is decided.
pub struct Fresh<'a, C> {
    bus: &'a Bus,
    from: Option<&'a Parent>,
    options: Option<Arc<Options>>,
    message: Option<C>,
}

impl<'a, C, B> Dispatch<'a, C, B> {
    #[inline(always)]
    pub(crate) fn new(bus: &'a Bus, from: Option<&'a Parent>, message: C) -> Self {
        Dispatch { fresh: Fresh { bus, from, options: None, message: Some(message) }, by: PhantomData }
    }

    crate::options::methods!(fresh.options);
}

impl<'a, C: Message, B: Begin<C>> IntoFuture for Dispatch<'a, C, B> {
    type Output = Dispatched<C>;
    type IntoFuture = Sending<'a, C, B>;

    #[inline(always)]
    fn into_future(self) -> Sending<'a, C, B> {
        Sending { state: State::Fresh(self.fresh), by: self.by }
    }
}

/// A call under way. Dropping it leaves nothing half done: a call in place ends where it is, and it had no
/// resource; a call in a task of its own runs to its end.
#[must_use = "futures do nothing unless polled"]
pub struct Sending<'a, C: Message, B> {
    state: State<'a, C>,
    by: PhantomData<fn() -> B>,
}

enum State<'a, C: Message> {
    Fresh(Fresh<'a, C>),
    Wiring(Wiring<'a, C>),
    /// Counted as under way, for an orderly shutdown.
    Waiting(Waiting<'a, C>, #[allow(dead_code, reason = "counts until it is dropped")] Busy),
}

/// A call whose handler's dependencies are being made, within the time that the call has.
struct Wiring<'a, C> {
    made: BoxFuture<'a, Result<(), Fault>>,
    fresh: Option<Fresh<'a, C>>,
    limit: Option<Limit>,
}

/// What a call waits for.
pub enum Waiting<'a, C: Message> {
    /// The handler.
    InPlace(InPlace<'a, C>),
    /// The handler, in a task of its own.
    Task(Task<C::Output, DispatchError<C::Error>>),
}

/// A handler that runs in place, with what it is inside of.
pub struct InPlace<'a, C: Message> {
    handler: &'static HandlerInfo,
    context: Option<Context>,
    future: BoxFuture<'a, C::Returns>,
    limit: Option<Limit>,
}

/// The answer of a call, or what it waits for.
pub type Begun<'a, C> = Result<Dispatched<C>, Waiting<'a, C>>;

impl<C: Message, B> Unpin for Sending<'_, C, B> {}

impl<C: Message, B: Begin<C>> Future for Sending<'_, C, B> {
    type Output = Dispatched<C>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Dispatched<C>> {
        let this = &mut *self;
        loop {
            let State::Fresh(fresh) = &mut this.state else {
                match ready!(this.state.poll(cx)) {
                    Some(answer) => return Poll::Ready(answer),
                    None => continue,
                }
            };
            let Some(wired) = fresh.bus.table().cell(C::info().slot.index()).get() else {
                let limit = match fresh.fix_deadline().map(Limit::new).transpose() {
                    Ok(limit) => limit,
                    Err(fault) => return Poll::Ready(Err(fault.at(C::info().by_hand.site()).into())),
                };
                this.state = State::Wiring(Wiring { made: B::wire(fresh.bus), fresh: Some(fresh.take()), limit });
                continue;
            };
            return match B::begin(fresh, wired, cx) {
                Ok(answer) => Poll::Ready(answer),
                Err(waiting) => {
                    let busy = fresh.bus.busy();
                    this.state = State::Waiting(waiting, busy);
                    Poll::Pending
                }
            };
        }
    }
}

impl<C: Message> State<'_, C> {
    /// The answer; or nothing, when the call can begin.
    #[inline(never)]
    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<Option<Dispatched<C>>> {
        match self {
            State::Fresh(_) => Poll::Ready(None),
            State::Waiting(Waiting::InPlace(in_place), _) => in_place.poll(cx).map(Some),
            State::Waiting(Waiting::Task(task), _) => Pin::new(task).poll(cx).map(Some),
            State::Wiring(Wiring { made, fresh, limit }) => {
                let site = || C::info().by_hand.site();
                match (made.as_mut().poll(cx), limit) {
                    (Poll::Ready(Ok(())), _) => match fresh.take() {
                        Some(fresh) => {
                            *self = State::Fresh(fresh);
                            Poll::Ready(None)
                        }
                        None => Poll::Ready(Some(Err(polled_again().into()))),
                    },
                    (Poll::Ready(Err(fault)), _) => Poll::Ready(Some(Err(fault.at(site()).into()))),
                    (Poll::Pending, None) => Poll::Pending,
                    (Poll::Pending, Some(limit)) => {
                        limit.poll(cx).map(|()| Some(Err(Fault::timeout(None).at(site()).into())))
                    }
                }
            }
        }
    }
}

impl<C: Message> InPlace<'_, C> {
    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<Dispatched<C>> {
        let running = Running { handler: self.handler, phase: Phase::NoUnit };
        let future = &mut self.future;
        match ambient::run(running, &mut self.context, || poll_sorted::<C>(future, self.handler, cx)).0 {
            Ok(Poll::Ready(answer)) => Poll::Ready(judged::<C>(&self.context, answer)),
            Ok(Poll::Pending) => self.wait(cx),
            Err(payload) => Poll::Ready(judged::<C>(&self.context, Err(running.panicked(&*payload).into()))),
        }
    }

    /// Pending, or out of time.
    fn wait(&mut self, cx: &mut Cx<'_>) -> Poll<Dispatched<C>> {
        let Some(limit) = &mut self.limit else { return Poll::Pending };
        ready!(limit.poll(cx));
        let late = Fault::timeout(None).at(self.handler.site());
        Poll::Ready(judged::<C>(&self.context, Err(late.into())))
    }
}

/// Tells a handler's output, rejection and fault apart; the fault says where it is from.
#[inline(always)]
fn sort<C: Message>(returned: C::Returns, handler: &HandlerInfo) -> Dispatched<C> {
    C::sort(returned).map_err(|error| error.at(handler.site()))
}

/// Polls a handler's future and sorts its answer, which is code of the user's too: both inside of the call.
#[inline(always)]
fn poll_sorted<C: Message>(
    future: &mut BoxFuture<'_, C::Returns>,
    handler: &HandlerInfo,
    cx: &mut Cx<'_>,
) -> Poll<Dispatched<C>> {
    future.as_mut().poll(cx).map(|returned| sort::<C>(returned, handler))
}

/// The answer of a call in place; a fault of one that has let others change something does not say that nothing
/// happened.
#[inline(always)]
fn judged<C: Message>(context: &Option<Context>, answer: Dispatched<C>) -> Dispatched<C> {
    match (context, answer) {
        (Some(context), Err(DispatchError::Fault(fault))) => Err(Context::judge(Some(context), fault).into()),
        (_, answer) => answer,
    }
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

impl<C> Fresh<'_, C> {
    #[cold]
    fn take(&mut self) -> Self {
        Fresh { bus: self.bus, from: self.from, options: self.options.take(), message: self.message.take() }
    }

    /// When the call has to be done: its clock runs from now on.
    #[cold]
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
fn polled_again() -> Fault {
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

/// Runs a `fn` inside of its call.
#[inline(always)]
pub(crate) fn at_once<'a, C: Message>(
    handler: &'static HandlerInfo,
    mut context: Option<Context>,
    code: impl FnOnce() -> C::Returns,
) -> Begun<'a, C> {
    let running = Running { handler, phase: Phase::NoUnit };
    let answer = match ambient::run(running, &mut context, || sort::<C>(code(), handler)).0 {
        Ok(answer) => answer,
        Err(payload) => Err(running.panicked(&*payload).into()),
    };
    Ok(judged::<C>(&context, answer))
}

/// Polls a future inside of its call for the first time. Only one that is not ready then becomes an [`InPlace`],
/// which saves the others 25 instructions.
#[inline(always)]
pub(crate) fn in_place<'a, C: Message>(
    handler: &'static HandlerInfo,
    mut context: Option<Context>,
    mut future: BoxFuture<'a, C::Returns>,
    cx: &mut Cx<'_>,
) -> Begun<'a, C> {
    let limit = match context.as_ref().and_then(Context::deadline).map(Limit::new).transpose() {
        Ok(limit) => limit,
        Err(fault) => return Ok(Err(fault.at(handler.site()).into())),
    };
    let running = Running { handler, phase: Phase::NoUnit };
    Ok(match ambient::run(running, &mut context, || poll_sorted::<C>(&mut future, handler, cx)).0 {
        Ok(Poll::Ready(answer)) => judged::<C>(&context, answer),
        Ok(Poll::Pending) => {
            let mut in_place = InPlace { handler, context, future, limit };
            match in_place.wait(cx) {
                Poll::Ready(answer) => answer,
                Poll::Pending => return Err(Waiting::InPlace(in_place)),
            }
        }
        Err(payload) => judged::<C>(&context, Err(running.panicked(&*payload).into())),
    })
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
