//! The way of a call: from `execute` to the handler and back.
//!
//! A call waits in a [`Dispatch`] for its options, and becomes a [`Sending`] when it is awaited. Its first poll
//! finds what is wired for the message, reads what the handler takes by value, and then either runs the handler
//! in place (no resources: at most one allocation) or in a task of its own ([`crate::task`]).

use std::any::Any;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Cx, Poll, ready};

use crate::ambient::{Ambient, Phase, Running};
use crate::bus::Bus;
use crate::call::{Call, Given, Parent};
use crate::container::{Container, Shared};
use crate::context::Options;
use crate::deadline::Deadline;
use crate::fault::{DispatchError, Fault};
use crate::handler::{Handled, Handler, Here, Linked, Reply, Started};
use crate::message::{Dispatched, Message};
use crate::slot::Cell;
use crate::task::{Limit, Task};

/// A boxed future that can be sent to another thread: what an async method of a trait object returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a bus keeps for a message.
type Wired = Arc<dyn Any + Send + Sync>;

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
///
/// It stays where it is until the handler is called: every move of a message is paid by every call.
pub struct Fresh<'a, C> {
    bus: &'a Bus,
    from: Option<&'a Parent>,
    options: Option<Box<Options>>,
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
    Wiring(BoxFuture<'a, Result<(), Fault>>, Option<Fresh<'a, C>>),
    InPlace(InPlace<'a, C>),
    Task(Task<C::Output, DispatchError<C::Error>>),
}

/// A handler that runs in place, with what it is inside of.
pub struct InPlace<'a, C: Message> {
    future: BoxFuture<'a, C::Returns>,
    ambient: Ambient,
    limit: Option<Limit>,
}

impl<C: Message, B> Unpin for Sending<'_, C, B> {}

impl<C: Message, B: Begin<C>> Future for Sending<'_, C, B> {
    type Output = Dispatched<C>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Dispatched<C>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Fresh(fresh) => match B::begin(fresh) {
                    Begun::Done(result) => return Poll::Ready(result),
                    Begun::Unwired => this.state = State::Wiring(B::wire(fresh.bus), Some(fresh.take())),
                    Begun::InPlace(in_place) => this.state = State::InPlace(in_place),
                    Begun::Task(task) => this.state = State::Task(task),
                },
                State::InPlace(in_place) => return in_place.poll(cx),
                State::Task(task) => return Pin::new(task).poll(cx),
                State::Wiring(wiring, fresh) => {
                    if let Err(fault) = ready!(wiring.as_mut().poll(cx)) {
                        return Poll::Ready(Err(fault.at(C::info().by_hand.site()).into()));
                    }
                    match fresh.take() {
                        Some(fresh) => this.state = State::Fresh(fresh),
                        None => return Poll::Ready(Err(polled_again().into())),
                    }
                }
            }
        }
    }
}

#[cold]
fn polled_again() -> Fault {
    Fault::internal("a call was polled after it had answered")
}

impl<C: Message> InPlace<'_, C> {
    #[inline(always)]
    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<Dispatched<C>> {
        match self.ambient.run(|| self.future.as_mut().poll(cx)) {
            Ok(Poll::Ready(returned)) => Poll::Ready(C::sort(returned).map_err(|error| error.at(self.ambient.site()))),
            Ok(Poll::Pending) => match &mut self.limit {
                None => Poll::Pending,
                Some(limit) => {
                    ready!(limit.poll(cx));
                    Poll::Ready(Err(Fault::timeout(None).at(self.ambient.site()).into()))
                }
            },
            Err(payload) => Poll::Ready(Err(self.ambient.panicked(&*payload).into())),
        }
    }
}

/// What a call became at its first poll.
pub enum Begun<'a, C: Message> {
    /// Answered.
    Done(Dispatched<C>),
    /// The message is not wired in this bus yet.
    Unwired,
    /// Running in place.
    InPlace(InPlace<'a, C>),
    /// Running in a task of its own.
    Task(Task<C::Output, DispatchError<C::Error>>),
}

/// The way to a handler: [`Here`] for one that the compiler knows, [`Linked`] for one in the registry.
pub trait Begin<C: Message>: 'static {
    /// Makes ready what the handler needs, once for each bus.
    fn wire(bus: &Bus) -> BoxFuture<'_, Result<(), Fault>>;
    /// Begins the call.
    fn begin<'a>(fresh: &mut Fresh<'a, C>) -> Begun<'a, C>;
}

impl<C: Message, H: Handler<C>> Begin<C> for Here<H> {
    fn wire(bus: &Bus) -> BoxFuture<'_, Result<(), Fault>> {
        bus.wire(C::info(), H::info(), assemble::<C, H>)
    }

    #[inline(always)]
    fn begin<'a>(fresh: &mut Fresh<'a, C>) -> Begun<'a, C> {
        match wired::<C>(fresh.bus).get() {
            Some(wired) => direct::<C, H>(fresh, wired),
            None => Begun::Unwired,
        }
    }
}

#[inline(always)]
fn wired<C: Message>(bus: &Bus) -> &Cell {
    bus.table().cell(C::info().slot.index())
}

fn assemble<C: Message, H: Handler<C>>(container: &Container) -> Result<Wired, Fault> {
    Ok(Arc::new(H::Shared::assemble(container)?))
}

impl<C: Message> Begin<C> for Linked {
    fn wire(bus: &Bus) -> BoxFuture<'_, Result<(), Fault>> {
        bus.link(C::info())
    }

    #[inline(always)]
    fn begin<'a>(fresh: &mut Fresh<'a, C>) -> Begun<'a, C> {
        match wired::<C>(fresh.bus).get().map(|wired| wired.downcast_ref::<Link<C>>()) {
            Some(Some(Link::Declared { begin, wired })) => begin(fresh, wired),
            Some(Some(Link::Closure(handler))) => closure(fresh, handler),
            Some(None) => Begun::Done(Err(Fault::internal("a message is wired as another one").into())),
            None => Begun::Unwired,
        }
    }
}

/// A contract's handler, wired in one bus.
pub(crate) enum Link<C: Message> {
    Declared { begin: BeginFn<C>, wired: Wired },
    Closure(Closure<C>),
}

type BeginFn<C> = for<'a> fn(&mut Fresh<'a, C>, &'a Wired) -> Begun<'a, C>;

/// A handler that was registered by hand.
pub(crate) type Closure<C> = Arc<dyn Fn(C) -> BoxFuture<'static, <C as Message>::Returns> + Send + Sync>;

pub(crate) fn link<C: Message, H: Handler<C>>(container: &Container) -> Result<Wired, Fault> {
    let wired = assemble::<C, H>(container)?;
    Ok(Arc::new(Link::<C>::Declared { begin: direct::<C, H>, wired }))
}

fn closure<'a, C: Message>(fresh: &mut Fresh<'a, C>, handler: &Closure<C>) -> Begun<'a, C> {
    let Some(message) = fresh.message.take() else { return Begun::Done(Err(polled_again().into())) };
    let running = Running { handler: &C::info().by_hand, phase: Phase::NoUnit };
    match fresh.call(running) {
        Ok(mut call) => in_place(call.deadline(), handler(message), call.ambient()),
        Err(fault) => Begun::Done(Err(fault.into())),
    }
}

impl<'a, C> Fresh<'a, C> {
    #[cold]
    fn take(&mut self) -> Self {
        Fresh { bus: self.bus, from: self.from, options: self.options.take(), message: self.message.take() }
    }

    /// The call, if it may be made here.
    #[inline(always)]
    fn call(&mut self, running: Running) -> Result<Call<'a>, Fault> {
        let context = Call::admit(self.bus, self.from, &mut self.options, &running)?;
        Ok(Call::new(self.bus, running, context))
    }
}

#[inline(always)]
fn direct<'a, C: Message, H: Handler<C>>(fresh: &mut Fresh<'a, C>, wired: &'a Wired) -> Begun<'a, C> {
    let running = Running { handler: H::info(), phase: H::Opened::PHASE };
    let context = match Call::admit(fresh.bus, fresh.from, &mut fresh.options, &running) {
        Ok(context) => context,
        Err(fault) => return Begun::Done(Err(fault.into())),
    };
    let mut call = Call::new(fresh.bus, running, context);
    let given = match H::Given::read(&call) {
        Ok(given) => given,
        Err(fault) => return Begun::Done(Err(fault.at(H::info().site()).into())),
    };
    let Some(message) = fresh.message.take() else { return Begun::Done(Err(polled_again().into())) };
    H::Opened::start::<H>(wired, &mut call, given, message)
}

/// How a handler with these resources is started. A trait and not an `if`, so that the way that is not taken is
/// never instantiated.
pub trait Start<C>: Sized {
    #[doc(hidden)]
    const PHASE: Phase;
    #[doc(hidden)]
    fn start<'a, H: Handler<C, Opened = Self>>(
        wired: &'a Wired,
        call: &mut Call<'a>,
        given: H::Given,
        message: C,
    ) -> Begun<'a, C>
    where
        C: Message;
}

/// No resources: in place.
impl<C> Start<C> for () {
    const PHASE: Phase = Phase::NoUnit;

    #[inline(always)]
    fn start<'a, H: Handler<C, Opened = Self>>(
        wired: &'a Wired,
        call: &mut Call<'a>,
        given: H::Given,
        message: C,
    ) -> Begun<'a, C>
    where
        C: Message,
    {
        let Some(shared) = wired.downcast_ref::<H::Shared>() else {
            return Begun::Done(Err(Fault::internal("a handler is wired as another one").into()));
        };
        // Nothing is leaked: a box of `()` holds no memory.
        let reply = H::call(shared, given, Box::leak(Box::new(())), message);
        let deadline = call.deadline();
        let mut ambient = call.ambient();
        match reply.start(&mut ambient) {
            Started::Done(returned) => Begun::Done(C::sort(returned).map_err(|error| error.at(ambient.site()))),
            Started::Panicked(payload) => Begun::Done(Err(ambient.panicked(&*payload).into())),
            Started::Running(future) => in_place(deadline, future, ambient),
        }
    }
}

#[inline(always)]
fn in_place<'a, C: Message>(
    deadline: Option<Deadline>,
    future: BoxFuture<'a, C::Returns>,
    ambient: Ambient,
) -> Begun<'a, C> {
    match deadline.map(Limit::new).transpose() {
        Ok(limit) => Begun::InPlace(InPlace { future, ambient, limit }),
        Err(fault) => Begun::Done(Err(fault.at(ambient.site()).into())),
    }
}

macro_rules! in_own_task {
    () => {};
    ($($t:ident)+) => {
        impl<Msg, $($t: crate::resource::Resource<Msg>),+> Start<Msg> for ($($t,)+) {
            const PHASE: Phase = Phase::Open;

            fn start<'a, Function: Handler<Msg, Opened = Self>>(
                wired: &'a Wired,
                call: &mut Call<'a>,
                given: Function::Given,
                message: Msg,
            ) -> Begun<'a, Msg>
            where
                Msg: Message,
            {
                crate::task::start::<Msg, Function>(wired.clone(), call, given, message)
            }
        }
    };
}
crate::tuples::up_to_twelve!(in_own_task);
