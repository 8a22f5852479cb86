//! Inline handlers of events: inside of the unit of work that raises the event, before it commits.

use std::sync::Arc;

use crate::call::ambient;
use crate::delivery::event_meta::EventMeta;
use crate::delivery::job::{Delivery, EventHandler, Failure};
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::Fault;
use crate::unit::Scope;
use crate::unit::events::Raised;

/// How many events one unit of work may raise through its inline handlers: more are handlers that raise each other's.
const MOST: usize = 10_000;

/// Calls the inline handlers of what was raised, in order, and of what they raise.
pub(crate) async fn handle(scope: &mut Scope) -> Result<(), Fault> {
    let mut next = 0;
    while let Some(raised) = scope.records.events.get(scope.inlined).cloned() {
        scope.inlined += 1;
        next += 1;
        let handlers: Vec<Arc<EventHandler>> = scope.bus.delivery().inline(raised.info).to_vec();
        for handler in handlers {
            one(scope, &handler, &raised).await.map_err(|failure| refused(&handler, failure))?;
        }
        if next > MOST {
            let text = format!(
                "the inline handlers of `{}` raise events without end: {MOST} in one unit of work; make one of them durable",
                raised.info.name
            );
            return Err(Fault::wiring(text).at(raised.info.by_hand.site()));
        }
    }
    Ok(())
}

/// Calls one, for which the scope is that of its event meanwhile.
async fn one(scope: &mut Scope, handler: &EventHandler, raised: &Raised) -> Result<(), Failure> {
    let (bus, context) = (scope.bus.clone(), ambient::context());
    let meta = EventMeta::of(raised, bus.now(), &context);
    let running = ambient::Running { handler: handler.info, ..scope.running };
    let around = (
        std::mem::replace(&mut scope.running, running),
        scope.event.replace(Box::new(meta.clone())),
        std::mem::replace(&mut scope.stream, raised.stream()?),
    );
    let delivery = Delivery { bus: &bus, raised, meta: &meta, context };
    let handled = (handler.deliver)(delivery, scope).await;
    (scope.running, scope.event, scope.stream) = around;
    handled
}

/// What the command's caller is told: a fault is one, and what the handler said no with is its source.
fn refused(handler: &EventHandler, failure: Failure) -> Fault {
    let fault = match failure {
        DispatchError::Fault(fault) => fault,
        DispatchError::Rejected(error) => {
            Fault::internal(format!("an inline handler said no: {error}")).caused_by(error)
        }
    };
    fault.at(handler.info.site())
}
