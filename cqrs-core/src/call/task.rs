//! A call with resources: in a task of its own, so that a caller that goes away tears nothing in half.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, Waker};

use tokio::runtime::Handle;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use crate::call::Call;
use crate::call::ambient;
use crate::call::begin::{Wired, miswired, polled_again};
use crate::call::context::Context;
use crate::call::guarded::Guarded;
use crate::call::limit::Limit;
use crate::future::BoxFuture;
use crate::handler::Handler;
use crate::message::Message;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::{Fault, Site};
use crate::unit::{Scope, work};

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
                Some(shared) => work::unit::<C, H>(shared, &mut scope, given, message).await,
                None => Err(miswired().into()),
            });
        })
    })
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
    let mut guarded = Guarded::new(work, call.inside(), ambient::global(), grace).within(limit);
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
