//! A call with resources: in a task of its own, so that a caller that goes away tears nothing in half.
//!
//! Open the resources, run the handler, stage, commit once. Until the commit begins, whatever fails leaves
//! nothing; from then on the call waits for the commit's own answer.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Cx, Poll, ready};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep};
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use crate::ambient::{self, Ambient, Phase};
use crate::bus::Bus;
use crate::call::Call;
use crate::deadline::Deadline;
use crate::dispatch::{Begun, BoxFuture};
use crate::fault::{Fault, Site};
use crate::handler::{Handler, HandlerInfo, Reply};
use crate::message::{Dispatched, Message};
use crate::panic::Payload;
use crate::resource::Resources;
use crate::unit::Scope;

/// The caller's end of a call in a task of its own.
pub struct Task<T, E> {
    answer: oneshot::Receiver<Result<T, E>>,
    handle: JoinHandle<Result<(), Fault>>,
    handler: &'static HandlerInfo,
}

impl<T: Send + 'static, E: From<Fault> + Send + 'static> Task<T, E> {
    /// Runs a call's work in a task of its own. It goes on when nobody waits for it any more.
    pub(crate) fn spawn(
        call: &mut Call<'_>,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<Self, Fault> {
        let handler_info = call.running.handler;
        let (done, answer) = oneshot::channel();
        let handle = spawn(call, Box::pin(async move { drop(done.send(work.await)) }))?;
        Ok(Task { answer, handle, handler: handler_info })
    }
}

impl<T, E: From<Fault>> Future for Task<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Result<T, E>> {
        match ready!(Pin::new(&mut self.answer).poll(cx)) {
            Ok(answer) => Poll::Ready(answer),
            // It ended without an answer; how, the task itself says.
            Err(_) => {
                let site = self.handler.site();
                Poll::Ready(Err(ready!(how_it_ended(&mut self.handle, cx)).at(site).into()))
            }
        }
    }
}

fn how_it_ended(handle: &mut JoinHandle<Result<(), Fault>>, cx: &mut Cx<'_>) -> Poll<Fault> {
    Poll::Ready(match ready!(Pin::new(handle).poll(cx)) {
        Ok(Err(fault)) => fault,
        Ok(Ok(())) => Fault::internal("a call ended without an answer").with_unknown_effect(),
        Err(error) => {
            Fault::outcome_unknown("the runtime was shut down while the call ran; `Bus::start` lets calls end first")
                .caused_by(error)
        }
    })
}

pub(crate) fn start<'a, C: Message, H: Handler<C>>(
    wired: Arc<dyn Any + Send + Sync>,
    call: &mut Call<'_>,
    given: H::Given,
    message: C,
) -> Begun<'a, C> {
    let scope = Scope::new(call);
    let work = async move {
        match wired.downcast_ref::<H::Shared>() {
            Some(shared) => unit::<C, H>(shared, scope, given, message).await,
            None => Err(Fault::internal("a handler is wired as another one").into()),
        }
    };
    match Task::spawn(call, work) {
        Ok(task) => Begun::Task(task),
        Err(fault) => Begun::Done(Err(fault.into())),
    }
}

/// One call's unit of work, from the first resource to the commit.
pub(crate) async fn unit<C: Message, H: Handler<C>>(
    shared: &H::Shared,
    mut scope: Scope,
    given: H::Given,
    message: C,
) -> Dispatched<C> {
    let site = H::info().site();
    let mut opened = H::Opened::open(&mut scope, &message).await.map_err(|fault| fault.at(site))?;
    let returned = H::call(shared, given, &mut opened, message).returned().await;
    let output = C::sort(returned).map_err(|error| error.at(site))?;
    if C::is_success(&output) {
        opened.stage(&mut scope).await.map_err(|fault| fault.at(site))?;
        scope.commit().await.map_err(|fault| fault.at(site))?;
    }
    Ok(output)
}

/// Runs a call's work in a task of its own, inside the call: the one place that spawns, whatever the message.
fn spawn(call: &mut Call<'_>, work: BoxFuture<'static, ()>) -> Result<JoinHandle<Result<(), Fault>>, Fault> {
    let site = call.site();
    let runtime = Handle::try_current().map_err(|error| {
        Fault::wiring("a call with a resource runs in a task of its own, and there is no tokio runtime here")
            .caused_by(error)
            .at(site)
    })?;
    let limit = call.deadline().map(Limit::new).transpose().map_err(|fault| fault.at(site))?;
    let busy = call.bus.busy();
    let grace = call.bus.commit_grace();
    let guarded =
        Guarded { future: work, ambient: call.ambient(), global: ambient::global(), limit, grace, late: false };
    let task = async move {
        let ended = guarded.await;
        drop(busy);
        ended
    };
    Ok(runtime.spawn(task.instrument(tracing::Span::current()).with_current_subscriber()))
}

/// Work inside of a call: its panic is a fault, its deadline ends it until the commit begins, and after that a
/// grace does.
pub(crate) struct Guarded<'a, T> {
    future: BoxFuture<'a, T>,
    ambient: Ambient,
    global: Option<Bus>,
    limit: Option<Limit>,
    grace: Duration,
    late: bool,
}

impl<'a, T> Guarded<'a, T> {
    /// Without a deadline.
    pub(crate) fn new(future: BoxFuture<'a, T>, ambient: Ambient) -> Self {
        Guarded { future, ambient, global: ambient::global(), limit: None, grace: Duration::ZERO, late: false }
    }
}

impl<T> Future for Guarded<'_, T> {
    type Output = Result<T, Fault>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Result<T, Fault>> {
        let this = &mut *self;
        let polled = {
            let _global = ambient::with_global(this.global.clone());
            this.ambient.run(|| this.future.as_mut().poll(cx))
        };
        let limit = match (polled, &mut this.limit) {
            (Ok(Poll::Ready(output)), _) => return Poll::Ready(Ok(output)),
            (Err(payload), _) => return Poll::Ready(Err(this.ambient.panicked(&*payload))),
            (Ok(Poll::Pending), None) => return Poll::Pending,
            (Ok(Poll::Pending), Some(limit)) => limit,
        };
        loop {
            ready!(limit.poll(cx));
            if this.ambient.running.phase != Phase::Committing {
                return Poll::Ready(Err(Fault::timeout(None).at(this.ambient.site())));
            }
            if this.late {
                let fault = Fault::outcome_unknown(format!("the commit did not answer within {:?}", this.grace));
                return Poll::Ready(Err(fault.at(this.ambient.site())));
            }
            this.late = true;
            limit.extend(this.grace);
        }
    }
}

impl Ambient {
    /// Where the call's handler stands.
    pub(crate) fn site(&self) -> Site {
        self.running.site()
    }

    /// The fault for a panic of the code inside. One in the commit leaves the outcome unknown.
    #[cold]
    pub(crate) fn panicked(&self, payload: &(dyn Any + Send)) -> Fault {
        let fault = match self.running.phase {
            Phase::Committing => Fault::panic("the commit", payload).with_unknown_effect(),
            Phase::NoUnit | Phase::Open => Fault::panic("the handler", payload),
        };
        fault.at(self.site())
    }
}

/// The time a call has.
pub(crate) struct Limit(Pin<Box<Sleep>>);

impl Limit {
    pub(crate) fn new(deadline: Deadline) -> Result<Self, Fault> {
        // tokio panics where there is no timer.
        catch_unwind(AssertUnwindSafe(|| Limit(Box::pin(tokio::time::sleep_until(deadline.instant()))))).map_err(
            |payload: Payload| {
                drop(payload);
                Fault::wiring(
                    "a call with a deadline needs a tokio runtime with its timer enabled, and there is none here",
                )
            },
        )
    }

    pub(crate) fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }

    fn extend(&mut self, by: Duration) {
        let at = Instant::now();
        self.0.as_mut().reset(at.checked_add(by).unwrap_or(at));
    }
}
