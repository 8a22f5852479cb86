//! The way of a call: from `execute` to the handler and back.
//!
//! A call waits in a [`Dispatch`] for its options, and becomes a [`Sending`] when it is awaited. Its first poll
//! finds what is wired for the message, and then begins the call ([`crate::begin`]): in place
//! ([`crate::in_place`]: no resources, at most one allocation) or in a task of its own ([`crate::task`]).
//!
//! What is measured here is moves: a message is 32 bytes or more, an answer as many, and each time one is written
//! in one piece and read back in another, the call waits for it. So a message stays where it is until the handler
//! is called, an answer is written once, to where the caller reads it, and only a call that has to wait becomes a
//! state at all.
//!
//! Also measured is what the compiler makes of it. This way alone is made anew for each message and put into one piece
//! in a release build; in a debug build its pieces stay apart, since there many of them serve all messages. Whatever is
//! not this way (somebody watches, nothing is wired yet, a pipeline) is a detour, and knows the types of the answer or
//! none at all.

use std::future::{Future, IntoFuture, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as Cx, Poll, ready};

use crate::bus::Bus;
use crate::call::Parent;
use crate::call::begin::{Begin, Fresh, Head, polled_again};
use crate::call::busy::Busy;
use crate::call::in_place::{Answered, Waiting};
use crate::call::limit::Limit;
use crate::call::observe::{self, Observation, TellFn};
use crate::future::BoxFuture;
use crate::handler::{Handled, HandlerInfo};
use crate::message::{Dispatched, Message, MessageInfo};
use crate::pipeline::around::{Around as _, Inside};
use crate::pipeline::next::Inner;
use crate::result::fault::{Fault, Site};

/// A call that has not begun: options, and then `.await`.
///
/// Returned by [`execute`](Bus::execute) and [`query`](Bus::query).
///
/// It is no future itself, since it still takes options: `.await` makes it one, and so does
/// [`into_future`](IntoFuture::into_future) for what takes a future, such as `join!` or `select!`. It borrows the bus, so
/// that a task which outlives the caller takes a clone of it:
///
/// ```
/// use cqrs_core::{Bus, command, handler};
///
/// #[command(output = u64)]
/// struct Double(u64);
///
/// #[handler]
/// async fn double(cmd: Double) -> u64 { 2 * cmd.0 }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let bus = Bus::global();
/// let (two, four) = tokio::join!(bus.execute(Double(1)).into_future(), bus.execute(Double(2)).into_future());
/// assert_eq!((two.unwrap(), four.unwrap()), (2, 4));
///
/// let bus = bus.clone();
/// let task = tokio::spawn(async move { bus.execute(Double(3)).tenant("London").await });
/// assert_eq!(task.await.unwrap().unwrap(), 6);
/// # }
/// ```
#[must_use = "nothing happens until it is awaited"]
pub struct Dispatch<'a, C, B = <C as Handled>::By> {
    fresh: Fresh<'a, C>,
    // Fixed by `execute` and not asked again here, so that a missing handler is one error and not two.
    by: PhantomData<fn() -> B>,
}

impl<'a, C: Message, B> Dispatch<'a, C, B> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new(bus: &'a Bus, from: Option<&'a Parent>, message: C) -> Self {
        Dispatch { fresh: Fresh::new(bus, from, message), by: PhantomData }
    }
}

impl<C, B> Dispatch<'_, C, B> {
    crate::call::options::methods!(fresh.head.options);
}

impl<'a, C: Message, B: Begin<C>> IntoFuture for Dispatch<'a, C, B> {
    type Output = Dispatched<C>;
    type IntoFuture = Sending<'a, C, B>;

    #[cfg_attr(not(debug_assertions), inline(always))]
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
    Later(Later<'a, C::Returns, C::Output, C::Error>),
}

/// A call that has begun and has not answered at once.
enum Later<'a, R, O, E> {
    /// Counted as under way, for an orderly shutdown.
    Waiting(Waiting<'a, R, O, E>, #[allow(dead_code, reason = "counts until it is dropped")] Busy),
    /// The same call inside of something: its span, or what is made ready for it first.
    Detour(BoxFuture<'a, Answered<O, E>>),
    Over,
}

impl<C: Message, B> Unpin for Sending<'_, C, B> {}

impl<C: Message, B: Begin<C>> Future for Sending<'_, C, B> {
    type Output = Dispatched<C>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Dispatched<C>> {
        let state = &mut self.state;
        let fresh = match state {
            State::Fresh(fresh) => fresh,
            State::Later(later) => return later.poll(cx),
        };
        let begun = match fresh.head.direct(C::info()) {
            Some(wired) => match C::Pipeline::begin::<B>(fresh, wired, cx) {
                Ok(answer) => return Poll::Ready(answer),
                Err(waiting) => Err(Later::Waiting(waiting, fresh.head.bus.busy())),
            },
            None => detour(&mut Parcel(fresh, PhantomData::<fn() -> B>), const { &Way::of::<C, B>() }, cx),
        };
        match begun {
            Ok(answer) => Poll::Ready(answer),
            Err(later) => {
                *state = State::Later(later);
                Poll::Pending
            }
        }
    }
}

/// A call that somebody watches, that has a pipeline around it, or for which nothing is wired yet.
#[cold]
#[inline(never)]
fn detour<'a, R, O: Send + 'static, E: Send + 'static>(
    call: &mut dyn Boxes<'a, O, E>,
    way: &Way<O, E>,
    cx: &mut Cx<'_>,
) -> Result<Answered<O, E>, Later<'a, R, O, E>> {
    let message = (way.message)();
    let mut later = if let Some(observation) = call.head().observe(way.handler) {
        Later::watched(observation, call.boxed(), way.tell)
    } else if let Some(inside) = Inside::of(call.head().bus, message) {
        let inner = call.inner(inside);
        return Later::layered(inside, call.head(), inner, cx);
    } else {
        let site = message.by_hand.site();
        let limit = call.head().limit(site);
        Later::wiring((way.wire)(call.head().bus), limit, call.boxed(), site)
    };
    match later.poll(cx) {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => Err(later),
    }
}

/// What a detour asks of a message and its way to a handler.
struct Way<O, E> {
    message: fn() -> &'static MessageInfo,
    handler: fn(&Bus) -> &'static HandlerInfo,
    wire: fn(&Bus) -> BoxFuture<'_, Result<(), Fault>>,
    tell: TellFn<Answered<O, E>>,
}

impl<O, E> Way<O, E> {
    const fn of<C: Message<Output = O, Error = E>, B: Begin<C>>() -> Self {
        Way { message: C::info, handler: B::handler, wire: B::wire, tell: observe::tell::<C> }
    }
}

/// What a detour asks of a call.
trait Boxes<'a, O, E> {
    fn head(&mut self) -> &mut Head<'a>;
    /// Its message, for a pipeline around it.
    fn inner(&mut self, inside: &Inside) -> Option<Box<dyn Inner>>;
    /// The same call, without the type of its message.
    fn boxed(&mut self) -> BoxFuture<'a, Answered<O, E>>;
}

/// A call, and the way to its handler.
struct Parcel<'f, 'a, C, B>(&'f mut Fresh<'a, C>, PhantomData<fn() -> B>);

impl<'a, C: Message, B: Begin<C>> Boxes<'a, C::Output, C::Error> for Parcel<'_, 'a, C, B> {
    fn head(&mut self) -> &mut Head<'a> {
        &mut self.0.head
    }

    fn inner(&mut self, inside: &Inside) -> Option<Box<dyn Inner>> {
        match self.0.take_message() {
            Some(message) => Some(inside.inner(message)),
            None => None,
        }
    }

    fn boxed(&mut self) -> BoxFuture<'a, Dispatched<C>> {
        Box::pin(Sending::<C, B> { state: State::Fresh(self.0.take()), by: PhantomData })
    }
}

impl<'a, R, O: Send + 'static, E: Send + 'static> Later<'a, R, O, E> {
    #[inline(never)]
    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<Answered<O, E>> {
        let answer = ready!(match self {
            Later::Waiting(waiting, _) => waiting.poll(cx),
            Later::Detour(call) => call.as_mut().poll(cx),
            Later::Over => Poll::Ready(Err(polled_again().into())),
        });
        *self = Later::Over;
        Poll::Ready(answer)
    }

    /// Somebody watches it: the same call, inside of its span.
    fn watched(observation: Observation, call: BoxFuture<'a, Answered<O, E>>, tell: TellFn<Answered<O, E>>) -> Self {
        Later::Detour(Box::pin(observation.watch(call, tell)))
    }

    /// The handler's dependencies are made first, within the time that the call has.
    fn wiring(
        made: BoxFuture<'a, Result<(), Fault>>,
        limit: Result<Option<Limit>, Fault>,
        call: BoxFuture<'a, Answered<O, E>>,
        site: Site,
    ) -> Self {
        Later::Detour(Box::pin(async move {
            wired(made, limit, site).await?;
            call.await
        }))
    }

    /// A pipeline is around it.
    fn layered(
        inside: &Inside,
        head: &mut Head<'a>,
        inner: Option<Box<dyn Inner>>,
        cx: &mut Cx<'_>,
    ) -> Result<Answered<O, E>, Self> {
        match inside.begin(head, inner, cx) {
            Ok(outcome) => Ok(outcome.dispatched()),
            Err(waiting) => Err(Later::Waiting(Waiting::Layered(waiting), head.bus.busy())),
        }
    }
}

async fn wired(
    made: BoxFuture<'_, Result<(), Fault>>,
    limit: Result<Option<Limit>, Fault>,
    site: Site,
) -> Result<(), Fault> {
    let (mut made, mut limit) = (made, limit?);
    let made = poll_fn(|cx| match (made.as_mut().poll(cx), &mut limit) {
        (Poll::Pending, Some(limit)) => limit.poll(cx).map(|()| Err(Fault::timeout(None))),
        (polled, _) => polled,
    });
    made.await.map_err(|fault| fault.at(site))
}
