//! A call without resources: run where it was awaited, inside of its call and no further.
//!
//! What stands here knows the types of an answer, and neither those of the message nor of its handler: one copy serves
//! all messages that answer alike.

use std::pin::Pin;
use std::task::{Context as Cx, Poll, ready};

use crate::call::ambient::{self, Phase, Running};
use crate::call::context::Context;
use crate::call::limit::Limit;
use crate::call::task::Task;
use crate::future::BoxFuture;
use crate::handler::HandlerInfo;
use crate::message::Message;
use crate::pipeline::outcome::Outcome;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::Fault;

/// An output, a rejection or a fault.
pub(crate) type Answered<O, E> = Result<O, DispatchError<E>>;

/// Tells them apart in what a handler returned: [`Message::sort`].
pub(crate) type SortFn<R, O, E> = fn(R) -> Answered<O, E>;

/// What a call waits for.
pub enum Waiting<'a, R, O, E> {
    /// The handler.
    InPlace(InPlace<'a, R, O, E>),
    /// The handler in its pipeline.
    Layered(BoxFuture<'static, Outcome>),
    /// The handler, in a task of its own.
    Task(Task<O, DispatchError<E>>),
}

/// A handler that runs in place, with what it is inside of.
pub struct InPlace<'a, R, O, E> {
    handler: &'static HandlerInfo,
    context: Option<Context>,
    future: BoxFuture<'a, R>,
    sort: SortFn<R, O, E>,
    limit: Option<Limit>,
}

/// The answer of a call of `C`, or what it waits for.
pub type Begun<'a, C> = BegunAs<'a, <C as Message>::Returns, <C as Message>::Output, <C as Message>::Error>;

/// The answer of a call, or what it waits for.
pub(crate) type BegunAs<'a, R, O, E> = Result<Answered<O, E>, Waiting<'a, R, O, E>>;

impl<R, O: 'static, E: 'static> Waiting<'_, R, O, E> {
    pub(crate) fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<Answered<O, E>> {
        match self {
            Waiting::InPlace(in_place) => in_place.poll(cx),
            Waiting::Layered(outcome) => outcome.as_mut().poll(cx).map(Outcome::dispatched),
            Waiting::Task(task) => Pin::new(task).poll(cx),
        }
    }
}

impl<R, O, E> InPlace<'_, R, O, E> {
    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<Answered<O, E>> {
        let running = Running { handler: self.handler, phase: Phase::NoUnit };
        let (future, sort) = (&mut self.future, self.sort);
        match ambient::run(running, &mut self.context, || poll_sorted(future, sort, self.handler, cx)).0 {
            Ok(Poll::Ready(answer)) => Poll::Ready(judged(&self.context, answer)),
            Ok(Poll::Pending) => self.wait(cx),
            Err(payload) => Poll::Ready(judged(&self.context, Err(running.panicked(&*payload).into()))),
        }
    }

    /// Pending, or out of time.
    fn wait(&mut self, cx: &mut Cx<'_>) -> Poll<Answered<O, E>> {
        let deadline = self.context.as_ref().and_then(Context::deadline);
        let late = match ready!(Limit::poll_of(&mut self.limit, deadline, cx)) {
            Ok(()) => Fault::timeout(None),
            Err(fault) => fault,
        };
        Poll::Ready(judged(&self.context, Err(late.at(self.handler.site()).into())))
    }
}

/// Tells a handler's output, rejection and fault apart; the fault says where it is from.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn sorted<R, O, E>(returned: R, sort: SortFn<R, O, E>, handler: &HandlerInfo) -> Answered<O, E> {
    sort(returned).map_err(|error| error.at(handler.site()))
}

/// Polls a handler's future and sorts its answer, which is code of the user's too: both inside of the call.
#[cfg_attr(not(debug_assertions), inline(always))]
fn poll_sorted<R, O, E>(
    future: &mut BoxFuture<'_, R>,
    sort: SortFn<R, O, E>,
    handler: &HandlerInfo,
    cx: &mut Cx<'_>,
) -> Poll<Answered<O, E>> {
    future.as_mut().poll(cx).map(|returned| sorted(returned, sort, handler))
}

/// The answer of a call in place; a fault of one that has let others change something does not say that nothing
/// happened.
#[cfg_attr(not(debug_assertions), inline(always))]
fn judged<O, E>(context: &Option<Context>, answer: Answered<O, E>) -> Answered<O, E> {
    match (context, answer) {
        (Some(context), Err(DispatchError::Fault(fault))) => Err(Context::judge(Some(context), fault).into()),
        (_, answer) => answer,
    }
}

/// Runs a `fn` inside of its call.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn at_once<'a, R, O, E>(
    handler: &'static HandlerInfo,
    mut context: Option<Context>,
    sort: SortFn<R, O, E>,
    code: impl FnOnce() -> R,
) -> BegunAs<'a, R, O, E> {
    let running = Running { handler, phase: Phase::NoUnit };
    let answer = match ambient::run(running, &mut context, || sorted(code(), sort, handler)).0 {
        Ok(answer) => answer,
        Err(payload) => Err(running.panicked(&*payload).into()),
    };
    Ok(judged(&context, answer))
}

/// Polls a future inside of its call for the first time. Only one that is not ready then becomes an [`InPlace`],
/// which saves the others 25 instructions.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn in_place<'a, R, O, E>(
    handler: &'static HandlerInfo,
    mut context: Option<Context>,
    sort: SortFn<R, O, E>,
    mut future: BoxFuture<'a, R>,
    cx: &mut Cx<'_>,
) -> BegunAs<'a, R, O, E> {
    let running = Running { handler, phase: Phase::NoUnit };
    Ok(match ambient::run(running, &mut context, || poll_sorted(&mut future, sort, handler, cx)).0 {
        Ok(Poll::Ready(answer)) => judged(&context, answer),
        Ok(Poll::Pending) => {
            let mut in_place = InPlace { handler, context, future, sort, limit: None };
            match in_place.wait(cx) {
                Poll::Ready(answer) => answer,
                Poll::Pending => return Err(Waiting::InPlace(in_place)),
            }
        }
        Err(payload) => judged(&context, Err(running.panicked(&*payload).into())),
    })
}

/// A call in a task of its own: on another thread it may have answered already; if not, this leaves the waker.
pub(crate) fn in_task<'a, R, O, E>(
    task: Result<Task<O, DispatchError<E>>, Fault>,
    cx: &mut Cx<'_>,
) -> BegunAs<'a, R, O, E> {
    let mut task = match task {
        Ok(task) => task,
        Err(fault) => return Ok(Err(fault.into())),
    };
    match Pin::new(&mut task).poll(cx) {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => Err(Waiting::Task(task)),
    }
}
