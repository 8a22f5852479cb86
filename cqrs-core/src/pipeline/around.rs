//! The three ways to a handler: directly, past checks, or through the whole pipeline.

use std::any::Any;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as Cx, Poll};

use crate::ambient::{self, Ambient, Phase, Running};
use crate::begin::{Begin, Fresh, Wired};
use crate::call::Call;
use crate::context::Context;
use crate::fault::Fault;
use crate::future::BoxFuture;
use crate::in_place::{Begun, Waiting};
use crate::message::{Dispatched, Message};
use crate::pipeline::next::{Attempt, Inner};
use crate::pipeline::outcome::Outcome;
use crate::pipeline::run::Layers;
use crate::task::{Guarded, Task};

/// How a message's call begins, by what it declares: [`Message::Pipeline`].
pub trait Around<C: Message>: 'static {
    /// Begins it.
    fn begin<'a, B: Begin<C>>(fresh: &mut Fresh<'a, C>, wired: &'a Wired, cx: &mut Cx<'_>) -> Begun<'a, C>;
}

/// A message that declares nothing.
#[derive(Debug)]
pub struct Direct;

/// A message that declares checks alone: a scope, `validate`, `timeout`.
#[derive(Debug)]
pub struct Checked;

/// A message that declares more.
#[derive(Debug)]
pub struct Layered;

impl<C: Message> Around<C> for Direct {
    #[inline(always)]
    fn begin<'a, B: Begin<C>>(fresh: &mut Fresh<'a, C>, wired: &'a Wired, cx: &mut Cx<'_>) -> Begun<'a, C> {
        match fresh.admit(B::running(wired)) {
            Ok(context) => B::start(fresh, context, wired, cx),
            Err(fault) => Ok(Err(fault.into())),
        }
    }
}

impl<C: Message> Around<C> for Checked {
    #[inline]
    fn begin<'a, B: Begin<C>>(fresh: &mut Fresh<'a, C>, wired: &'a Wired, cx: &mut Cx<'_>) -> Begun<'a, C> {
        let running = B::running(wired);
        let checked = fresh.admit(running).and_then(|context| match fresh.message() {
            Some(message) => check(running, context, message),
            None => Ok(context),
        });
        match checked {
            Ok(context) => B::start(fresh, context, wired, cx),
            Err(fault) => Ok(Err(fault.into())),
        }
    }
}

/// What needs no waiting, in the pipeline's order.
fn check(
    running: Running,
    context: Option<Context>,
    message: &(dyn Any + Send + Sync),
) -> Result<Option<Context>, Fault> {
    let pipeline = &running.message().pipeline;
    pipeline.access().check(context.as_ref().and_then(Context::principal), running.handler)?;
    pipeline.validated(message).map_err(|fault| fault.at(running.site()))?;
    let Some(timeout) = pipeline.timeout() else { return Ok(context) };
    let context = context.unwrap_or_else(|| Context::of_call(None, None));
    context.limit(timeout);
    Ok(Some(context))
}

impl<C: Message> Around<C> for Layered {
    fn begin<'a, B: Begin<C>>(fresh: &mut Fresh<'a, C>, wired: &'a Wired, cx: &mut Cx<'_>) -> Begun<'a, C> {
        let running = in_unit(B::running(wired));
        let context = match fresh.admit(running) {
            Ok(context) => context.unwrap_or_else(|| Context::of_call(None, None)),
            Err(fault) => return Ok(Err(fault.into())),
        };
        let Some(message) = fresh.take_message() else { return Ok(Err(crate::begin::polled_again().into())) };
        let inner = Box::new(Handling::<C, B> { message, wired: wired.clone(), by: PhantomData });
        let layers = Layers { bus: fresh.bus.clone(), running, context: context.clone(), judge: Outcome::judged::<C> };
        let run: BoxFuture<'static, Outcome> = Box::pin(layers.run(inner));
        match running.phase {
            Phase::NoUnit => in_place::<C>(running, context, fresh.bus, run, cx),
            Phase::Open | Phase::Committing => in_own_task::<C>(running, context, fresh.bus, run, cx),
        }
    }
}

/// An idempotent call has a unit of work in any case: that of its record.
fn in_unit(running: Running) -> Running {
    match running.message().pipeline.idempotent() {
        Some(_) => Running { phase: Phase::Open, ..running },
        None => running,
    }
}

fn in_place<'a, C: Message>(
    running: Running,
    context: Context,
    bus: &crate::Bus,
    run: BoxFuture<'static, Outcome>,
    cx: &mut Cx<'_>,
) -> Begun<'a, C> {
    let ambient = Ambient { running, context: Some(context) };
    let mut guarded = Guarded::new(run, ambient, ambient::global(), bus.commit_grace());
    match guarded.poll_outcome::<C>(cx) {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => Err(Waiting::Layered(guarded)),
    }
}

impl Guarded<'_, Outcome> {
    /// The answer of a call in its pipeline. A fault of one that has let others change something does not say that
    /// nothing happened.
    pub(crate) fn poll_outcome<C: Message>(&mut self, cx: &mut Cx<'_>) -> Poll<Dispatched<C>> {
        Pin::new(&mut *self).poll(cx).map(|guarded| match guarded {
            Ok(outcome) => outcome.dispatched(),
            Err(fault) => Err(Context::judge(self.context(), fault).into()),
        })
    }
}

fn in_own_task<'a, C: Message>(
    running: Running,
    context: Context,
    bus: &crate::Bus,
    run: BoxFuture<'static, Outcome>,
    cx: &mut Cx<'_>,
) -> Begun<'a, C> {
    let call = Call::new(bus, running, Some(context));
    let spawned = Task::spawn(call, |answer| Box::pin(async move { answer.give(run.await.dispatched()) }));
    let mut task = match spawned {
        Ok(task) => task,
        Err(fault) => return Ok(Err(fault.into())),
    };
    // On another thread it may have answered already; if not, this leaves the waker.
    match Pin::new(&mut task).poll(cx) {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => Err(Waiting::Task(task)),
    }
}

/// A command or a query on its way to its handler.
struct Handling<C, B> {
    message: C,
    wired: Wired,
    by: PhantomData<fn() -> B>,
}

impl<C: Message, B: Begin<C>> Inner for Handling<C, B> {
    fn message(&self) -> &(dyn Any + Send + Sync) {
        &self.message
    }

    fn again(&self) -> Option<Box<dyn Inner>> {
        let copy = (C::info().pipeline.copy()?)(&self.message)?;
        let message = *copy.downcast::<C>().ok()?;
        Some(Box::new(Handling::<C, B> { message, wired: self.wired.clone(), by: PhantomData }))
    }

    fn run(self: Box<Self>, attempt: Attempt) -> BoxFuture<'static, Outcome> {
        let Handling { message, wired, .. } = *self;
        let dispatched = B::attempt(wired, attempt, message);
        Box::pin(async move { Outcome::of::<C>(dispatched.await) })
    }
}
