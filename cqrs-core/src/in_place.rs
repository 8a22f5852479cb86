//! A call without resources: run where it was awaited, inside of its call and no further.

use std::task::{Context as Cx, Poll, ready};

use crate::ambient::{self, Phase, Running};
use crate::context::Context;
use crate::dispatch_error::DispatchError;
use crate::fault::Fault;
use crate::future::BoxFuture;
use crate::handler::HandlerInfo;
use crate::message::{Dispatched, Message};
use crate::pipeline::outcome::Outcome;
use crate::task::{Guarded, Limit, Task};

/// What a call waits for.
pub enum Waiting<'a, C: Message> {
    /// The handler.
    InPlace(InPlace<'a, C>),
    /// The handler in its pipeline.
    Layered(Guarded<'static, Outcome>),
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

impl<C: Message> InPlace<'_, C> {
    pub(crate) fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<Dispatched<C>> {
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
        let deadline = self.context.as_ref().and_then(Context::deadline);
        let late = match ready!(Limit::poll_of(&mut self.limit, deadline, cx)) {
            Ok(()) => Fault::timeout(None),
            Err(fault) => fault,
        };
        Poll::Ready(judged::<C>(&self.context, Err(late.at(self.handler.site()).into())))
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
    let running = Running { handler, phase: Phase::NoUnit };
    Ok(match ambient::run(running, &mut context, || poll_sorted::<C>(&mut future, handler, cx)).0 {
        Ok(Poll::Ready(answer)) => judged::<C>(&context, answer),
        Ok(Poll::Pending) => {
            let mut in_place = InPlace { handler, context, future, limit: None };
            match in_place.wait(cx) {
                Poll::Ready(answer) => answer,
                Poll::Pending => return Err(Waiting::InPlace(in_place)),
            }
        }
        Err(payload) => judged::<C>(&context, Err(running.panicked(&*payload).into())),
    })
}
