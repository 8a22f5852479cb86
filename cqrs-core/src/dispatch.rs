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

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as Cx, Poll, ready};

use crate::begin::{Begin, Fresh, polled_again};
use crate::bus::Bus;
use crate::busy::Busy;
use crate::call::Parent;
use crate::fault::Fault;
use crate::future::BoxFuture;
use crate::handler::Handled;
use crate::in_place::Waiting;
use crate::message::{Dispatched, Message};
use crate::observe;
use crate::pipeline::around::{Around as _, Layered};
use crate::task::Limit;

/// A call that has not begun: options, and then `.await`.
///
/// Returned by [`execute`](Bus::execute) and [`query`](Bus::query).
#[must_use = "nothing happens until it is awaited"]
pub struct Dispatch<'a, C, B = <C as Handled>::By> {
    fresh: Fresh<'a, C>,
    // Fixed by `execute` and not asked again here, so that a missing handler is one error and not two.
    by: PhantomData<fn() -> B>,
}

impl<'a, C, B> Dispatch<'a, C, B> {
    #[inline(always)]
    pub(crate) fn new(bus: &'a Bus, from: Option<&'a Parent>, message: C) -> Self {
        Dispatch { fresh: Fresh::new(bus, from, message), by: PhantomData }
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
    /// Somebody watches it: the same call, inside of its span.
    Observed(BoxFuture<'a, Dispatched<C>>),
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
            if observe::is_on() && !fresh.is_observed() {
                this.state = State::Observed(observed::<C, B>(fresh));
                continue;
            }
            let slot = C::info().slot.index();
            let begun = if let Some(wired) = fresh.bus.table().cell(slot).get() {
                C::Pipeline::begin::<B>(fresh, wired, cx)
            } else if let Some(wired) = fresh.bus.layered().cell(slot).get() {
                Layered::begin::<B>(fresh, wired, cx)
            } else {
                let limit = match fresh.fix_deadline().map(Limit::new).transpose() {
                    Ok(limit) => limit,
                    Err(fault) => return Poll::Ready(Err(fault.at(C::info().by_hand.site()).into())),
                };
                this.state = State::Wiring(Wiring { made: B::wire(fresh.bus), fresh: Some(fresh.take()), limit });
                continue;
            };
            return match begun {
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

#[cold]
fn observed<'a, C: Message, B: Begin<C>>(fresh: &mut Fresh<'a, C>) -> BoxFuture<'a, Dispatched<C>> {
    let observation = fresh.observe(B::handler(fresh.bus));
    let call = Sending::<C, B> { state: State::Fresh(fresh.take()), by: PhantomData };
    Box::pin(observation.watch(call, observe::tell::<C>))
}

impl<C: Message> State<'_, C> {
    /// The answer; or nothing, when the call can begin.
    #[inline(never)]
    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<Option<Dispatched<C>>> {
        match self {
            State::Fresh(_) => Poll::Ready(None),
            State::Observed(call) => call.as_mut().poll(cx).map(Some),
            State::Waiting(Waiting::InPlace(in_place), _) => in_place.poll(cx).map(Some),
            State::Waiting(Waiting::Layered(guarded), _) => guarded.poll_outcome::<C>(cx).map(Some),
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
