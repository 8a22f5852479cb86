//! [`EventUnit`]: one unit of work in which events of a subscription are handled, one after the other.

use std::sync::Arc;

use crate::bus::Bus;
use crate::call::Call;
use crate::call::ambient::{Ambient, Phase, Running};
use crate::call::context::{Context, Options};
use crate::call::guarded::Guarded;
use crate::call::ids::MessageId;
use crate::call::observe::{self, Observation};
use crate::delivery::event_meta::EventMeta;
use crate::delivery::job::{Delivery, EventHandler, Failure};
use crate::result::fault::Fault;
use crate::store::changes::Advance;
use crate::unit::Scope;
use crate::unit::events::Raised;

/// What handlers of events write in the store's transaction, until it is committed with the checkpoint: all of it is
/// there, or none, and the checkpoint says which. Dropping it rolls it back.
pub(crate) struct EventUnit {
    bus: Bus,
    global: Option<Bus>,
    scope: Scope,
    /// Of the call that was last: what the commit is part of.
    running: Running,
    context: Context,
    /// What has been handled, whose readers may read anew once it is committed.
    handled: Vec<Raised>,
}

impl EventUnit {
    /// For this handler first. `global` is the global bus for those inside.
    pub(crate) fn new(bus: &Bus, handler: &EventHandler, global: Option<Bus>) -> Self {
        let running = Running { handler: handler.info, phase: Phase::NoUnit };
        let context = Context::of_call(None, None);
        let scope = Scope::new(&Call::new(bus, running, Some(context.clone())));
        EventUnit { bus: bus.clone(), global, scope, running, context, handled: Vec::new() }
    }

    /// Has an event handled in it. After a failure it is of no use any more.
    pub(crate) async fn handle(
        &mut self,
        handler: &Arc<EventHandler>,
        raised: &Raised,
        meta: &EventMeta,
        options: Options,
    ) -> Result<(), Failure> {
        let EventUnit { bus, global, scope, running, context, handled } = self;
        *running = Running { handler: handler.info, phase: Phase::NoUnit };
        *context = Context::of_call(Some(options), None);
        (scope.running, scope.event, scope.stream) = (*running, Some(Box::new(meta.clone())), None);
        let observation = observe::is_on().then(|| Observation::of(handler.info, context));
        let ambient = Ambient { running: *running, context: Some(context.clone()) };
        let delivery = Delivery { bus, raised, meta, context: context.clone() };
        let work = Box::pin(async move {
            (handler.deliver)(delivery, scope).await?;
            // In this event's call, and not in that of the last one of the unit.
            Ok(scope.inline().await?)
        });
        let guarded = Guarded::new(work, ambient, global.clone(), bus.commit_grace());
        let answer = match observation {
            Some(observation) => observation.watch(guarded, observe::tell_delivery).await,
            None => guarded.await,
        };
        handled.push(raised.clone());
        answer.unwrap_or_else(|fault| Err(fault.into()))
    }

    /// Commits it with a step of the checkpoint, or with a dead letter that is none any more.
    pub(crate) async fn commit(
        mut self,
        checkpoint: Option<Advance>,
        unparked: Option<(Arc<str>, MessageId)>,
    ) -> Result<(), Fault> {
        let others = self.scope.records.others();
        others.checkpoint = checkpoint;
        others.unparked.extend(unparked);
        let ambient =
            Ambient { running: Running { phase: Phase::Open, ..self.running }, context: Some(self.context.clone()) };
        let scope = &mut self.scope;
        let work = Box::pin(async move { scope.commit().await });
        let committed = Guarded::new(work, ambient, self.global.clone(), self.bus.commit_grace()).await;
        // A read model that follows the events has them by now; what was read from that before is old.
        self.handled.iter().for_each(|raised| self.bus.floors().raise(raised.info));
        committed.and_then(|committed| committed).map_err(|fault| fault.at(self.running.site()))
    }
}
