//! A call with resources: in a task of its own, so that a caller that goes away tears nothing in half.
//!
//! Open the resources, run the handler, stage, commit once. Until the commit begins, whatever fails leaves
//! nothing; from then on the call waits for the commit's own answer.

use std::any::Any;
use std::future::Future;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, Waker, ready};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Sleep;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use crate::bus::Bus;
use crate::call::Call;
use crate::call::ambient::{self, Ambient, Phase, Running};
use crate::call::begin::{Wired, miswired, polled_again};
use crate::call::context::Context;
use crate::call::deadline::Deadline;
use crate::future::BoxFuture;
use crate::future::Payload;
use crate::handler::{Handler, Reply};
use crate::message::{Dispatched, Message};
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::{Fault, Site};
use crate::store::audit::AuditOutcome;
use crate::unit::Scope;
use crate::unit::resource::Resources;

/// The caller's end of a call in a task of its own.
pub struct Task<T, E>(Arc<Channel<Result<T, E>>>);

impl<T: Send + 'static, E: From<Fault> + Send + 'static> Task<T, E> {
    /// Runs a call's work in a task of its own. It goes on when nobody waits for it any more.
    ///
    /// `work` is made into its box here, in one piece with where its answer goes: a future inside of a future is
    /// moved as often as it is wrapped.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn spawn(
        call: Call<'_>,
        work: impl FnOnce(Answer<T, E>) -> BoxFuture<'static, ()>,
    ) -> Result<Self, Fault> {
        let channel = Arc::new(Channel(Mutex::new(Stage::Open(None))));
        let caller = Caller(channel.clone(), call.site());
        spawn(call, work(Answer(channel.clone())), caller)?;
        Ok(Task(channel))
    }
}

/// The task's end of a call.
pub(crate) struct Answer<T, E>(Arc<Channel<Result<T, E>>>);

impl<T, E> Answer<T, E> {
    pub(crate) fn give(&self, answer: Result<T, E>) {
        self.0.give(answer);
    }
}

impl<T, E: From<Fault>> Future for Task<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Result<T, E>> {
        let mut stage = self.0.stage();
        match &mut *stage {
            Stage::Open(waker) => {
                waker.get_or_insert_with(|| cx.waker().clone()).clone_from(cx.waker());
                Poll::Pending
            }
            Stage::Given(answer) => Poll::Ready(answer.take().unwrap_or_else(|| Err(polled_again().into()))),
        }
    }
}

/// What a task and its caller share. A channel in one allocation whose other end is the same for all messages:
/// tokio's is compiled anew for each.
struct Channel<R>(Mutex<Stage<R>>);

enum Stage<R> {
    /// Not there yet; somebody may wait.
    Open(Option<Waker>),
    Given(Option<R>),
}

impl<R> Channel<R> {
    fn stage(&self) -> MutexGuard<'_, Stage<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first answer counts.
    fn give(&self, answer: R) {
        let mut stage = self.stage();
        let Stage::Open(waker) = &mut *stage else { return };
        let waker = waker.take();
        *stage = Stage::Given(Some(answer));
        drop(stage);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// [`Channel`] without its type: for what goes wrong outside of the handler.
trait Fails: Send + Sync {
    fn fail(&self, fault: &mut dyn FnMut() -> Fault);
}

impl<T: Send, E: From<Fault> + Send> Fails for Channel<Result<T, E>> {
    fn fail(&self, fault: &mut dyn FnMut() -> Fault) {
        if matches!(&*self.stage(), Stage::Open(_)) {
            self.give(Err(fault().into()));
        }
    }
}

/// The task's end. One that is dropped without an answer went down with its runtime.
struct Caller(Arc<dyn Fails>, Site);

impl Caller {
    fn fail(&self, fault: Fault) {
        let mut fault = Some(fault);
        self.0.fail(&mut || fault.take().unwrap_or_else(|| Fault::internal("a call failed twice")));
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.fail(&mut || {
            Fault::outcome_unknown("the runtime was shut down while the call ran; `Bus::start` lets calls end first")
                .at(self.1)
        });
    }
}

pub(crate) fn start<C: Message, H: Handler<C>>(
    wired: Wired,
    call: Call<'_>,
    given: H::Given,
    message: C,
) -> Result<Task<C::Output, DispatchError<C::Error>>, Fault> {
    let mut scope = Scope::new(&call);
    Task::spawn(call, |answer| {
        Box::pin(async move {
            answer.give(match wired.downcast_ref::<H::Shared>() {
                Some(shared) => unit::<C, H>(shared, &mut scope, given, message).await,
                None => Err(miswired().into()),
            });
        })
    })
}

/// Calls a handler with its resources open, and stages what they recorded if it succeeds. Written out where it stands: a
/// future inside of a future is moved once more, with all it has taken.
macro_rules! handled {
    ($message:ty, $handler:ty, $shared:ident, $scope:ident, $given:ident, $sent:ident) => {{
        let site = <$handler>::info().site();
        if let Some(stream) = <$message>::info().stream {
            $scope.stream = Some(stream(&$sent)?);
        }
        let mut opened = <$handler>::Opened::open($scope, &$sent).await.map_err(|fault| fault.at(site))?;
        let returned = <$handler>::call($shared, $given, &mut opened, $sent).returned().await;
        let outcome = <$message>::sort(returned).map_err(|error| error.at(site));
        if outcome.as_ref().is_ok_and(<$message>::is_success) {
            opened.stage($scope).await.map_err(|fault| fault.at(site))?;
        }
        outcome
    }};
}

/// One call's unit of work, from the first resource to the commit.
pub(crate) async fn unit<C: Message, H: Handler<C>>(
    shared: &H::Shared,
    scope: &mut Scope,
    given: H::Given,
    message: C,
) -> Dispatched<C> {
    let site = H::info().site();
    let outcome: Dispatched<C> = handled!(C, H, shared, scope, given, message);
    let entry = scope.entry(&outcome).map_err(|fault| fault.at(site))?;
    match &outcome {
        Ok(output) if C::is_success(output) => scope.audit(AuditOutcome::Succeeded),
        Err(DispatchError::Fault(fault)) => {
            Box::pin(scope.await_the_first(fault)).await;
            return outcome;
        }
        Ok(_) | Err(DispatchError::Rejected(_)) => {
            if entry.is_none() && !scope.keeps_rejections() {
                return outcome;
            }
            // A rejection leaves its record and its row in the audit trail, and nothing else.
            scope.roll_back();
            scope.audit(AuditOutcome::Rejected);
        }
    }
    if let Some(entry) = entry {
        entry.stage(scope).await.map_err(|fault| fault.at(site))?;
    }
    scope.commit().await.map_err(|fault| fault.at(site))?;
    outcome
}

/// Calls the handler with its resources open, and stages what they recorded if it succeeds.
pub(crate) async fn handle<C: Message, H: Handler<C>>(
    shared: &H::Shared,
    scope: &mut Scope,
    given: H::Given,
    message: C,
) -> Dispatched<C> {
    handled!(C, H, shared, scope, given, message)
}

/// Runs a call's work in a task of its own, inside the call: the one place that spawns, whatever the message.
fn spawn(call: Call<'_>, work: BoxFuture<'static, ()>, caller: Caller) -> Result<(), Fault> {
    let site = call.site();
    let runtime = Handle::try_current().map_err(|error| {
        Fault::wiring("a call with a resource runs in a task of its own, and there is no tokio runtime here")
            .caused_by(error)
            .at(site)
    })?;
    // Made before anything runs: where there is no timer, nothing has happened.
    let limit = call.deadline().map(Limit::new).transpose().map_err(|fault| fault.at(site))?;
    // Counted first and asked after that, so that a shutdown which has seen nobody lets nobody in.
    let busy = call.bus.busy();
    if ambient::is_outside() && !call.known_context().is_some_and(Context::is_delivery) {
        call.bus.admits(call.running.handler)?;
    }
    let grace = call.bus.commit_grace();
    let mut guarded = Guarded { limit, ..Guarded::new(work, call.inside(), ambient::global(), grace) };
    let task = async move {
        // Told before what is rolled back is dropped, whose `Drop` may panic.
        if let Err(fault) = (&mut guarded).await {
            caller.fail(Context::judge(guarded.context(), fault));
        }
        drop((guarded, busy));
    };
    // Where nobody listens there is no span to carry over: 60 ns less for each call.
    if tracing::dispatcher::has_been_set() {
        runtime.spawn(task.instrument(tracing::Span::current()).with_current_subscriber());
    } else {
        runtime.spawn(task);
    }
    Ok(())
}

/// Work inside of a call: its panic is a fault, its deadline ends it until the commit begins, and after that a
/// grace does.
pub(crate) struct Guarded<'a, T> {
    future: BoxFuture<'a, T>,
    ambient: Ambient,
    global: Option<Bus>,
    limit: Option<Limit>,
    grace: Duration,
    /// Until when it is given grace.
    late: Option<Deadline>,
}

impl<'a, T> Guarded<'a, T> {
    pub(crate) fn new(future: BoxFuture<'a, T>, ambient: Ambient, global: Option<Bus>, grace: Duration) -> Self {
        Guarded { future, ambient, global, limit: None, grace, late: None }
    }

    pub(crate) fn context(&self) -> Option<&Context> {
        self.ambient.context.as_ref()
    }

    /// When it has to be done: its call's deadline, which the work itself may have brought nearer.
    fn deadline(&self) -> Option<Deadline> {
        self.late.or_else(|| self.context().and_then(Context::deadline))
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
        match polled {
            Ok(Poll::Ready(output)) => return Poll::Ready(Ok(output)),
            Err(payload) => return Poll::Ready(Err(this.ambient.running.panicked(&*payload))),
            Ok(Poll::Pending) => {}
        }
        loop {
            let deadline = this.deadline();
            match ready!(Limit::poll_of(&mut this.limit, deadline, cx)) {
                Ok(()) => {}
                // A commit that has begun is waited for, also where nobody can tell for how long.
                Err(_) if this.ambient.running.phase == Phase::Committing => return Poll::Pending,
                Err(fault) => return Poll::Ready(Err(fault.at(this.ambient.site()))),
            }
            if this.ambient.running.phase != Phase::Committing {
                return Poll::Ready(Err(Fault::timeout(None).at(this.ambient.site())));
            }
            if this.late.is_some() {
                let fault = Fault::outcome_unknown(format!("the commit did not answer within {:?}", this.grace));
                return Poll::Ready(Err(fault.at(this.ambient.site())));
            }
            this.late = Some(Deadline::after(this.grace));
        }
    }
}

impl Ambient {
    /// Where the call's handler stands.
    pub(crate) fn site(&self) -> Site {
        self.running.site()
    }
}

impl Running {
    /// The fault for a panic of the code inside. One in the commit leaves the outcome unknown.
    #[cold]
    pub(crate) fn panicked(&self, payload: &(dyn Any + Send)) -> Fault {
        let fault = match self.phase {
            Phase::Committing => Fault::panic("the commit", payload).with_unknown_effect(),
            Phase::NoUnit | Phase::Open => Fault::panic("the handler", payload),
        };
        fault.at(self.site())
    }
}

/// The time a call has.
pub(crate) struct Limit {
    until: Deadline,
    sleep: Pin<Box<Sleep>>,
}

impl Limit {
    pub(crate) fn new(until: Deadline) -> Result<Self, Fault> {
        // tokio panics where there is no timer.
        let sleep = catch_unwind(|| Box::pin(tokio::time::sleep_until(until.instant())));
        let sleep = sleep.map_err(|payload: Payload| {
            drop(payload);
            Fault::wiring("a call with a deadline needs a tokio runtime with its timer enabled, and there is none here")
        })?;
        Ok(Limit { until, sleep })
    }

    /// Polls the time that a call has to wait: nothing, if it has no end. A timer is made when a call first waits, and
    /// set anew when it is given less time.
    pub(crate) fn poll_of(
        limit: &mut Option<Limit>,
        deadline: Option<Deadline>,
        cx: &mut Cx<'_>,
    ) -> Poll<Result<(), Fault>> {
        let Some(deadline) = deadline else { return Poll::Pending };
        let limit = match limit {
            Some(limit) => {
                if limit.until != deadline {
                    limit.set(deadline);
                }
                limit
            }
            none => match Limit::new(deadline) {
                Ok(made) => none.insert(made),
                Err(fault) => return Poll::Ready(Err(fault)),
            },
        };
        limit.poll(cx).map(Ok)
    }

    pub(crate) fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<()> {
        self.sleep.as_mut().poll(cx)
    }

    fn set(&mut self, until: Deadline) {
        self.until = until;
        self.sleep.as_mut().reset(until.instant());
    }
}
