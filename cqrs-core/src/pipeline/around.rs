//! The three ways to a handler: directly, past checks, or through the whole pipeline.

use std::any::Any;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Cx, Poll, ready};

use crate::bus::Bus;
use crate::call::Call;
use crate::call::ambient::{self, Ambient, Phase, Running};
use crate::call::begin::{Begin, Fresh, Head, InsideFn, Wired, miswired, polled_again};
use crate::call::context::Context;
use crate::call::guarded::Guarded;
use crate::call::in_place::{Answered, Begun, SortFn, sorted};
use crate::call::task::Task;
use crate::future::BoxFuture;
use crate::handler::HandlerInfo;
use crate::message::{Message, MessageInfo};
use crate::pipeline::next::{Attempt, Inner, JudgeFn};
use crate::pipeline::outcome::Outcome;
use crate::pipeline::run::Layers;
use crate::result::fault::Fault;
use crate::unit::{Entry, Scope};

/// How a message's call begins, by what it declares: [`Message::Pipeline`].
pub trait Around<C: Message>: 'static {
    /// Whether that is inside of its pipeline in any case.
    const LAYERED: bool = false;

    /// Begins one that is not.
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
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn begin<'a, B: Begin<C>>(fresh: &mut Fresh<'a, C>, wired: &'a Wired, cx: &mut Cx<'_>) -> Begun<'a, C> {
        let context = if fresh.head.is_plain() {
            None
        } else {
            match fresh.head.admit(B::running(wired)) {
                Ok(context) => Some(context),
                Err(fault) => return Ok(Err(fault.into())),
            }
        };
        B::start(fresh, context, wired, cx)
    }
}

impl<C: Message> Around<C> for Checked {
    #[inline]
    fn begin<'a, B: Begin<C>>(fresh: &mut Fresh<'a, C>, wired: &'a Wired, cx: &mut Cx<'_>) -> Begun<'a, C> {
        let (head, Some(message)) = fresh.parts() else { return Ok(Err(polled_again().into())) };
        match check(head, B::running(wired), message) {
            Ok(context) => B::start(fresh, context, wired, cx),
            Err(fault) => Ok(Err(fault.into())),
        }
    }
}

/// What needs no waiting, in the pipeline's order.
fn check(head: &mut Head<'_>, running: Running, message: &(dyn Any + Send + Sync)) -> Result<Option<Context>, Fault> {
    let context = if head.is_plain() { None } else { Some(head.admit(running)?) };
    let pipeline = &running.message().pipeline;
    pipeline.access().check(context.as_ref().and_then(Context::principal), running.handler)?;
    pipeline.validated(message).map_err(|fault| fault.at(running.site()))?;
    let Some(timeout) = pipeline.timeout() else { return Ok(context) };
    let context = context.unwrap_or_else(|| Context::of_call(None, None));
    Ok(Some(context.limited(timeout)))
}

impl<C: Message> Around<C> for Layered {
    const LAYERED: bool = true;

    fn begin<'a, B: Begin<C>>(_: &mut Fresh<'a, C>, _: &'a Wired, _: &mut Cx<'_>) -> Begun<'a, C> {
        Ok(Err(miswired().into()))
    }
}

/// What there is to know of a message for a pipeline around it, without its types.
pub(crate) struct Recipe {
    pub(crate) message: fn() -> &'static MessageInfo,
    pub(crate) layered: bool,
    call: InsideFn,
    judge: JudgeFn,
    /// For a message that declares what needs more than one of it.
    again: Option<AgainFn>,
}

/// Another one of a message, of this copy.
type AgainFn = fn(Box<dyn Any + Send + Sync>, &Wired, &'static Recipe) -> Option<Box<dyn Inner>>;

fn again<C: Message>(
    copy: Box<dyn Any + Send + Sync>,
    wired: &Wired,
    recipe: &'static Recipe,
) -> Option<Box<dyn Inner>> {
    Some(Box::new(Handling { message: Some(*copy.downcast::<C>().ok()?), wired: wired.clone(), recipe }))
}

impl Recipe {
    pub(crate) const fn of<C: Message>(call: InsideFn) -> Self {
        let again: Option<AgainFn> = if C::Pipeline::LAYERED { Some(again::<C>) } else { None };
        Recipe { message: C::info, layered: C::Pipeline::LAYERED, call, judge: Outcome::judged::<C>, again }
    }

    /// The same, wired.
    pub(crate) fn inside(&'static self, handler: &'static HandlerInfo, wired: Wired) -> Wired {
        Arc::new(Inside { recipe: self, running: in_unit(Running::of(handler)), wired })
    }
}

/// An idempotent call has a unit of work in any case: that of its record.
fn in_unit(running: Running) -> Running {
    match running.message().pipeline.idempotent() {
        Some(_) => Running { phase: Phase::Open, ..running },
        None => running,
    }
}

/// What a bus keeps for a message with a pipeline around it.
pub(crate) struct Inside {
    recipe: &'static Recipe,
    running: Running,
    wired: Wired,
}

impl Inside {
    pub(crate) fn of<'a>(bus: &'a Bus, message: &MessageInfo) -> Option<&'a Self> {
        bus.layered().cell(message.slot.index()).get()?.downcast_ref()
    }

    /// A message on its way to this handler.
    pub(crate) fn inner<C: Message>(&self, message: C) -> Box<dyn Inner> {
        Box::new(Handling { message: Some(message), wired: self.wired.clone(), recipe: self.recipe })
    }

    /// Begins a call: its outcome, or what it waits for.
    pub(crate) fn begin(
        &self,
        head: &mut Head<'_>,
        inner: Option<Box<dyn Inner>>,
        cx: &mut Cx<'_>,
    ) -> Result<Outcome, BoxFuture<'static, Outcome>> {
        let Some(inner) = inner else { return Ok(polled_again().into()) };
        let running = self.running;
        let context = match head.is_plain() {
            true => Context::of_call(None, None),
            false => match head.admit(running) {
                Ok(context) => context,
                Err(fault) => return Ok(fault.into()),
            },
        };
        let layers = Layers { bus: head.bus.clone(), running, context: context.clone(), judge: self.recipe.judge };
        match running.phase {
            Phase::NoUnit => in_place(running, context, head.bus, Box::pin(layers.run(inner)), cx),
            Phase::Open | Phase::Committing => {
                in_own_task(Call::new(head.bus, running, Some(context)), layers, inner, cx)
            }
        }
    }
}

/// A fault of one that has let others change something does not say that nothing happened.
fn in_place(
    running: Running,
    context: Context,
    bus: &Bus,
    run: BoxFuture<'static, Outcome>,
    cx: &mut Cx<'_>,
) -> Result<Outcome, BoxFuture<'static, Outcome>> {
    let ambient = Ambient { running, context: Some(context) };
    let mut guarded = Guarded::new(run, ambient, ambient::global(), bus.commit_grace());
    let mut poll = move |cx: &mut Cx<'_>| {
        let polled = ready!(Pin::new(&mut guarded).poll(cx));
        Poll::Ready(polled.unwrap_or_else(|fault| Context::judge(guarded.context(), fault).into()))
    };
    match poll(cx) {
        Poll::Ready(outcome) => Ok(outcome),
        Poll::Pending => Err(Box::pin(poll_fn(poll))),
    }
}

fn in_own_task(
    call: Call<'_>,
    layers: Layers,
    inner: Box<dyn Inner>,
    cx: &mut Cx<'_>,
) -> Result<Outcome, BoxFuture<'static, Outcome>> {
    let run = |answer: crate::call::task::Answer<Outcome, Fault>| -> BoxFuture<'static, ()> {
        Box::pin(async move { answer.give(Ok(layers.run(inner).await)) })
    };
    let mut task = match Task::spawn(call, run) {
        Ok(task) => task,
        Err(fault) => return Ok(fault.into()),
    };
    let mut poll =
        move |cx: &mut Cx<'_>| Pin::new(&mut task).poll(cx).map(|outcome| outcome.unwrap_or_else(Outcome::from));
    // On another thread it may have answered already; if not, this leaves the waker.
    match poll(cx) {
        Poll::Ready(outcome) => Ok(outcome),
        Poll::Pending => Err(Box::pin(poll_fn(poll))),
    }
}

/// A command or a query on its way to its handler.
struct Handling<C> {
    message: Option<C>,
    wired: Wired,
    recipe: &'static Recipe,
}

impl<C: Message> Inner for Handling<C> {
    fn message(&self) -> &(dyn Any + Send + Sync) {
        match &self.message {
            Some(message) => message,
            None => &(),
        }
    }

    fn again(&self) -> Option<Box<dyn Inner>> {
        again_of(self.message(), &self.wired, self.recipe)
    }

    fn run(self: Box<Self>, attempt: Attempt) -> BoxFuture<'static, Outcome> {
        run(self, attempt)
    }
}

fn again_of(message: &(dyn Any + Send + Sync), wired: &Wired, recipe: &'static Recipe) -> Option<Box<dyn Inner>> {
    let copy = ((recipe.message)().pipeline.copy()?)(message)?;
    (recipe.again?)(copy, wired, recipe)
}

/// What a message leaves to be done without its type.
trait Carries: Send {
    /// An `Option` of the message, and what its handler is called with and how.
    fn parts(&mut self) -> (&mut dyn Any, &Wired, InsideFn);
}

impl<C: Message> Carries for Handling<C> {
    fn parts(&mut self) -> (&mut dyn Any, &Wired, InsideFn) {
        (&mut self.message, &self.wired, self.recipe.call)
    }
}

fn run(mut handling: Box<dyn Carries>, attempt: Attempt) -> BoxFuture<'static, Outcome> {
    Box::pin(async move {
        let attempted = {
            let (slot, wired, call) = handling.parts();
            call(wired, &attempt, slot)
        };
        match attempted {
            Ok(outcome) => outcome.await,
            Err(fault) => fault.into(),
        }
    })
}

/// A handler that was called inside of its pipeline, or why it was not.
pub(crate) type Attempted<'x> = Result<BoxFuture<'x, Outcome>, Fault>;

impl Attempt {
    /// The call as the parameters by value see it.
    pub(crate) fn call(&self) -> Call<'_> {
        Call::delivered(&self.bus, self.running, self.context.clone(), None)
    }
}

/// What a handler without resources comes to: its outcome is recorded, where it is to be.
pub(crate) fn attempted<'x, R, O, E>(
    attempt: &'x Attempt,
    returned: BoxFuture<'x, R>,
    sort: SortFn<R, O, E>,
    is_success: fn(&O) -> bool,
) -> BoxFuture<'x, Outcome>
where
    R: 'static,
    O: Send + 'static,
    E: Send + 'static,
{
    Box::pin(async move {
        let answer = sorted(returned.await, sort, attempt.running.handler);
        if let Some(recorder) = &attempt.recorder {
            let scope = Scope::recording(&attempt.call(), Some(recorder.clone()));
            let entry = scope.entry(&answer);
            if let Err(fault) = record(scope, entry).await {
                return fault.into();
            }
        }
        Outcome::of_types(answer, is_success)
    })
}

async fn record(mut scope: Scope, entry: Result<Option<Box<Entry>>, Fault>) -> Result<(), Fault> {
    let Some(entry) = entry? else { return Ok(()) };
    entry.stage(&mut scope).await?;
    scope.commit().await
}

/// What a message's call comes to, without its types.
pub(crate) fn outcome<'x, O: Send + 'static, E: Send + 'static>(
    answer: BoxFuture<'x, Answered<O, E>>,
    is_success: fn(&O) -> bool,
) -> BoxFuture<'x, Outcome> {
    Box::pin(async move { Outcome::of_types(answer.await, is_success) })
}
