//! A call that is refused before its message is read: seen and written down like any other.

use std::sync::Arc;
use std::time::Instant;

use crate::bus::Bus;
use crate::call;
use crate::call::ambient::Running;
use crate::call::context::{Context, Options};
use crate::call::observe::{self, Observation};
use crate::future::BoxFuture;
use crate::message::{MessageInfo, MessageKind};
use crate::result::fault::{Fault, with_sources};
use crate::store::audit::{AuditEntry, AuditOutcome};

/// Why a caller is refused, told as the call would have told it: in its span, counted, and in the audit trail.
pub(super) async fn refused(message: &'static MessageInfo, bus: Bus, mut options: Option<Arc<Options>>) -> Fault {
    let handler = &message.by_hand;
    let observation =
        observe::is_on().then(|| Observation::begin(handler, Arc::make_mut(options.get_or_insert_default()), None));
    let refusal: BoxFuture<'_, Fault> = match call::admit(&bus, None, options, Running::of(handler)) {
        Ok(context) => Box::pin(refuse(message, &bus, context)),
        Err(fault) => Box::pin(std::future::ready(fault)),
    };
    match observation {
        Some(observation) => observation.watch(refusal, |fault: &Fault| (fault.kind().as_str(), Some(fault))).await,
        None => refusal.await,
    }
}

async fn refuse(message: &'static MessageInfo, bus: &Bus, context: Context) -> Fault {
    let (started_at, since) = (bus.now(), Instant::now());
    let who = context.principal();
    let Err(fault) = message.pipeline.access().check_early(who, &message.by_hand) else {
        return Fault::internal("a caller was refused who may").at(message.by_hand.site());
    };
    // Strangers, of whom there may be any number, do not fill the disk.
    if who.is_some() && message.kind == MessageKind::Command && bus.store().await.is_ok() && bus.audited(message) {
        let outcome = AuditOutcome::Faulted(with_sources(&fault));
        let (command, duration) = (message.name.into(), since.elapsed());
        let row = AuditEntry { command, call: context, outcome, started_at, duration, events: None };
        bus.audit_buffer().add(bus, row);
    }
    fault
}
