//! What runs inside of a call: its panic is a fault, and its time has an end.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Cx, Poll, ready};
use std::time::Duration;

use crate::bus::Bus;
use crate::call::ambient::{self, Ambient, Phase, Running};
use crate::call::context::Context;
use crate::call::deadline::Deadline;
use crate::call::limit::Limit;
use crate::future::BoxFuture;
use crate::result::fault::{Fault, Site};

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

    /// The same, with a timer that is there already.
    pub(crate) fn within(mut self, limit: Option<Limit>) -> Self {
        self.limit = limit;
        self
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
