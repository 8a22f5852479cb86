//! What a call knows of itself: [`Context`].

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::call::deadline::Deadline;
use crate::call::ids::{CorrelationId, MessageId};
use crate::call::marks::{Derives, Mark, Settles};
use crate::call::principal::Principal;
use crate::call::trace_context::TraceContext;
use crate::result::fault::Fault;

/// Who calls, when, as part of what: taken by a handler as a parameter by value.
///
/// It can be cloned at the price of a counter, and it is serialisable: everything in it can cross a process.
///
/// ```
/// use cqrs_core::{Context, query, handler};
///
/// #[query(output = String)]
/// struct WhoAmI;
///
/// #[handler]
/// fn who_am_i(_: WhoAmI, context: Context) -> String {
///     context.tenant().unwrap_or("nobody's").to_owned()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Context(Arc<Fields>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fields {
    message_id: MessageId,
    correlation_id: CorrelationId,
    causation_id: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    principal: Option<Principal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Until::is_open")]
    deadline: Until,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<Arc<str>>,
    /// The one that was given, to this call or to one around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace_context: Option<Arc<TraceContext>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    refuse_if_running: bool,
    /// Whether this is, or is nested in, a delivery of the bus.
    #[serde(skip)]
    delivery: bool,
    /// Whether a call nested in this one was let through that changes things.
    #[serde(skip)]
    changed: Mark,
    /// Whether what came of this call is in the audit trail, or was there before it.
    #[serde(skip)]
    audited: Mark,
    /// Whether it was answered with what an earlier call came to.
    #[serde(skip)]
    answered: Mark,
    /// The command of the outbox that this call is.
    #[serde(skip)]
    settles: Option<Arc<Settles>>,
    /// Of a handler of an event: what the keys of commands are derived from that follow from it.
    #[serde(skip)]
    derives: Option<Arc<Derives>>,
    /// The load of a cached query that this call is.
    #[cfg(feature = "cache")]
    #[serde(skip)]
    load: OnceLoad,
    /// The one that it is nested in.
    #[cfg(feature = "cache")]
    #[serde(skip)]
    load_around: OnceLoad,
}

/// A call's deadline: what it came with, or what its message declares, once that began to count.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(from = "Option<Deadline>", into = "Option<Deadline>")]
struct Until {
    given: Option<Deadline>,
    declared: OnceLock<Deadline>,
}

impl Until {
    fn get(&self) -> Option<Deadline> {
        Deadline::sooner(self.given, self.declared.get().copied())
    }

    fn is_open(&self) -> bool {
        self.get().is_none()
    }
}

impl From<Option<Deadline>> for Until {
    fn from(given: Option<Deadline>) -> Self {
        Until { given, declared: OnceLock::new() }
    }
}

impl From<Until> for Option<Deadline> {
    fn from(until: Until) -> Self {
        until.get()
    }
}

impl Clone for Until {
    fn clone(&self) -> Self {
        self.get().into()
    }
}

impl PartialEq for Until {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

/// The load of a cached query. Ignored where contexts are compared.
#[cfg(feature = "cache")]
#[derive(Clone, Default)]
struct OnceLoad(OnceLock<Load>);

/// What [`cache`](crate::pipeline::cache) knows of a load.
#[cfg(feature = "cache")]
pub(crate) type Load = Arc<dyn std::any::Any + Send + Sync>;

#[cfg(feature = "cache")]
impl PartialEq for OnceLoad {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(feature = "cache")]
impl std::fmt::Debug for OnceLoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.get().is_some() { "Some(..)" } else { "None" })
    }
}

/// What the caller said before the await.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) principal: Option<Principal>,
    pub(crate) tenant: Option<Arc<str>>,
    pub(crate) timeout: Option<Duration>,
    /// When the timeout is over, for a call that began before its context could be made.
    pub(crate) deadline: Option<Deadline>,
    pub(crate) idempotency_key: Option<Arc<str>>,
    pub(crate) correlation: Option<CorrelationId>,
    pub(crate) causation: Option<MessageId>,
    pub(crate) trace_context: Option<Arc<TraceContext>>,
    pub(crate) metadata: BTreeMap<String, String>,
    /// Whether to be refused rather than wait for a call with the same idempotency key.
    pub(crate) refuse_if_running: bool,
    /// This call's id, where it had to be known before the call began.
    pub(crate) message_id: Option<MessageId>,
    /// Whether somebody watches it already.
    pub(crate) observed: bool,
    /// Set by the bus alone, for what it delivers.
    pub(crate) delivery: bool,
    /// The command of the outbox that it is.
    pub(crate) settles: Option<Arc<Settles>>,
    /// What the keys of commands are derived from that follow from it.
    pub(crate) derives: Option<Arc<Derives>>,
}

impl Context {
    /// The context of a call that was made with `options` inside the call `parent`. Tenant, principal, deadline,
    /// trace and metadata are inherited where the options do not say otherwise; the sooner deadline wins.
    pub(crate) fn of_call(options: Option<Options>, parent: Option<&Context>) -> Self {
        let options = options.unwrap_or_default();
        let message_id = options.message_id.unwrap_or_else(MessageId::new);
        let inherited = parent.map(|parent| &*parent.0);
        let mut metadata = inherited.map(|parent| parent.metadata.clone()).unwrap_or_default();
        metadata.extend(options.metadata);
        let trace_context = options.trace_context.or_else(|| {
            let parent = parent?;
            match (&parent.0.trace_context, &options.correlation) {
                // What belongs to something else is still part of the trace of the call around it.
                (None, Some(_)) => Some(Arc::new(parent.trace_context())),
                (given, _) => given.clone(),
            }
        });
        Context(Arc::new(Fields {
            message_id,
            correlation_id: options
                .correlation
                .or_else(|| inherited.map(|parent| parent.correlation_id.clone()))
                .unwrap_or_else(|| message_id.into()),
            causation_id: options.causation.or_else(|| inherited.map(|parent| parent.message_id)),
            principal: options.principal.or_else(|| inherited.and_then(|parent| parent.principal.clone())),
            tenant: options.tenant.or_else(|| inherited.and_then(|parent| parent.tenant.clone())),
            deadline: Deadline::sooner(
                Deadline::sooner(options.deadline, options.timeout.map(Deadline::after)),
                inherited.and_then(|parent| parent.deadline.get()),
            )
            .into(),
            // A key is for one call: what is nested in it happens again with it, under no key of its own.
            idempotency_key: options.idempotency_key,
            trace_context,
            metadata,
            refuse_if_running: options.refuse_if_running,
            delivery: options.delivery || inherited.is_some_and(|parent| parent.delivery),
            changed: Mark::default(),
            audited: Mark::default(),
            answered: Mark::default(),
            settles: options.settles,
            derives: options.derives,
            #[cfg(feature = "cache")]
            load: OnceLoad::default(),
            #[cfg(feature = "cache")]
            load_around: OnceLoad(parent.and_then(Context::load).cloned().map_or_else(OnceLock::new, OnceLock::from)),
        }))
    }

    /// The innermost load of a cached query that this call is or is nested in.
    #[cfg(feature = "cache")]
    pub(crate) fn load(&self) -> Option<&Load> {
        self.0.load.0.get().or_else(|| self.0.load_around.0.get())
    }

    /// From now on this call is a load.
    #[cfg(feature = "cache")]
    pub(crate) fn begin_load(&self, load: Load) {
        self.0.load.0.get_or_init(|| load);
    }

    /// The options of what the bus does because of this call: as the system, for whoever called, without the
    /// call's deadline.
    pub(crate) fn delivery(&self, actor: Principal, key: Option<Arc<str>>) -> Options {
        let mut metadata = self.0.metadata.clone();
        if let Some(original) = &self.0.principal {
            // Who calls knows who it is; what the system does for somebody says so already.
            if !original.is_system() || !metadata.contains_key(ACTOR) {
                metadata.insert(ACTOR.to_owned(), original.id().to_owned());
            }
        }
        Options {
            principal: Some(actor),
            tenant: self.0.tenant.clone(),
            timeout: None,
            deadline: None,
            idempotency_key: key,
            correlation: Some(self.0.correlation_id.clone()),
            causation: Some(self.0.message_id),
            trace_context: self.0.trace_context.clone(),
            metadata,
            refuse_if_running: false,
            message_id: None,
            observed: false,
            delivery: true,
            settles: None,
            derives: None,
        }
    }

    /// As whom a command is dispatched that this call has sent: as the subscription, where a handler of an event sent it.
    pub(crate) fn sender(&self) -> Principal {
        let system = self.principal().filter(|principal| principal.is_system());
        system.cloned().unwrap_or_else(|| Principal::system("outbox"))
    }

    /// The key of a command that a handler of an event executes, where this is the handler's call.
    pub(crate) fn derived_key(&self, command: &'static str) -> Option<Arc<str>> {
        Some(self.0.derives.as_ref()?.key(command))
    }

    /// The command of the outbox that this call is.
    pub(crate) fn settles(&self) -> Option<&Settles> {
        self.0.settles.as_deref()
    }

    /// From now on what came of this call is written down.
    pub(crate) fn is_audited(&self) {
        self.0.audited.set();
    }

    /// It is answered with what an earlier call came to.
    pub(crate) fn is_answered(&self) {
        self.0.answered.set();
    }

    /// Whether it was answered with what an earlier call came to.
    pub(crate) fn was_answered(&self) -> bool {
        self.0.answered.is_set()
    }

    /// Whether what came of this call is written down.
    pub(crate) fn was_audited(&self) -> bool {
        self.0.audited.is_set()
    }

    /// A call nested in this one may have changed something: what fails in this one undoes nothing of it.
    pub(crate) fn has_changed_something(&self) {
        self.0.changed.set();
    }

    /// A fault of this call, whose effect nobody knows if calls nested in it have changed something.
    #[cold]
    pub(crate) fn judge(context: Option<&Context>, fault: Fault) -> Fault {
        match context.is_some_and(|context| context.0.changed.is_set()) {
            true => fault.with_unknown_effect(),
            false => fault,
        }
    }

    /// [`limit`](Context::limit) for one that nobody else has yet, which is cheaper by 60 instructions.
    pub(crate) fn limited(mut self, timeout: Duration) -> Self {
        match Arc::get_mut(&mut self.0) {
            Some(fields) => {
                let until = &mut fields.deadline;
                until.given = Deadline::sooner(until.given, Some(Deadline::after(timeout)));
            }
            None => self.limit(timeout),
        }
        self
    }

    /// From now on the call has this long, if it has no less already.
    pub(crate) fn limit(&self, timeout: Duration) {
        self.0.deadline.declared.get_or_init(|| Deadline::after(timeout));
    }

    /// Whether the caller would rather be refused than wait for a call with the same idempotency key.
    pub(crate) fn refuses_if_running(&self) -> bool {
        self.0.refuse_if_running
    }

    pub(crate) fn is_delivery(&self) -> bool {
        self.0.delivery
    }

    /// This call's id.
    #[must_use]
    pub fn message_id(&self) -> MessageId {
        self.0.message_id
    }

    /// What it belongs to.
    #[must_use]
    pub fn correlation_id(&self) -> &CorrelationId {
        &self.0.correlation_id
    }

    /// The call or the event that it follows from.
    #[must_use]
    pub fn causation_id(&self) -> Option<MessageId> {
        self.0.causation_id
    }

    /// Where it stands in a distributed trace: its own span, in the trace that was given to it or to a call around
    /// it. Where none was given it is that of the correlation id, and nobody has decided to sample it.
    #[must_use]
    pub fn trace_context(&self) -> TraceContext {
        let span_id = self.0.message_id.into();
        match &self.0.trace_context {
            Some(given) => given.child(span_id),
            None => TraceContext::new(self.0.correlation_id.trace_id(), span_id, false),
        }
    }

    /// Who calls.
    #[must_use]
    pub fn principal(&self) -> Option<&Principal> {
        self.0.principal.as_ref()
    }

    /// For whom of several customers of one application.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.tenant.as_deref()
    }

    /// When it has to be done.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.0.deadline.get()
    }

    /// The caller's key for this call.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.idempotency_key.as_deref()
    }

    /// Anything else the caller gave along. Of a call that the application makes on somebody's behalf, the
    /// member `actor` is who that was.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.0.metadata
    }
}

const ACTOR: &str = "actor";
