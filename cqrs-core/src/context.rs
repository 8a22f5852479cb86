//! What a call knows of itself: [`Context`], and what is read from it by value.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use uuid::Uuid;

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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fields {
    message_id: MessageId,
    correlation_id: CorrelationId,
    causation_id: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    principal: Option<Principal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deadline: Option<Deadline>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    /// Whether this is, or is nested in, a delivery of the bus.
    #[serde(skip)]
    delivery: bool,
}

/// The id of one call, or of one event: a UUID of version 7, so that ids sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(Uuid);

impl MessageId {
    /// A new one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default that differs each time surprises")]
    pub fn new() -> Self {
        MessageId(Uuid::now_v7())
    }

    /// The UUID.
    #[must_use]
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for MessageId {
    fn from(id: Uuid) -> Self {
        MessageId(id)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a call belongs to, from the edge through every nested call and event: text from outside, or else the
/// id of the first call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct CorrelationId(Correlation);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Correlation {
    Id(Uuid),
    Text(Arc<str>),
}

impl From<&str> for CorrelationId {
    fn from(text: &str) -> Self {
        // The same text is the same id, however it came: a UUID in its usual form is kept as one.
        match Uuid::try_parse(text) {
            Ok(id) if id.hyphenated().to_string() == text => CorrelationId(Correlation::Id(id)),
            _ => CorrelationId(Correlation::Text(text.into())),
        }
    }
}

impl From<String> for CorrelationId {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<CorrelationId> for String {
    fn from(id: CorrelationId) -> Self {
        id.to_string()
    }
}

impl From<Uuid> for CorrelationId {
    fn from(id: Uuid) -> Self {
        CorrelationId(Correlation::Id(id))
    }
}

impl From<MessageId> for CorrelationId {
    fn from(id: MessageId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Correlation::Id(id) => id.fmt(f),
            Correlation::Text(text) => text.fmt(f),
        }
    }
}

/// Who calls: a name and what it may do. A handler that takes one by value is a fault for a caller without.
///
/// ```
/// use cqrs_core::Principal;
///
/// let ada = Principal::new("ada").with_scope("orders:write");
/// assert!(ada.has_scope("orders:write") && !ada.has_scope("orders:read"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Principal(Arc<Who>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Who {
    id: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    scopes: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    system: bool,
}

impl Principal {
    /// A caller from outside, without any scope.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Principal(Arc::new(Who { id: id.into(), scopes: BTreeSet::new(), system: false }))
    }

    /// The application itself, acting as `name`: a subscription, a scheduled task.
    #[must_use]
    pub fn system(name: impl Into<String>) -> Self {
        Principal(Arc::new(Who { id: name.into(), scopes: BTreeSet::new(), system: true }))
    }

    /// The same caller with one more scope.
    #[must_use]
    pub fn with_scope(mut self, scope: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).scopes.insert(scope.into());
        self
    }

    /// The caller's name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Whether the caller has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.0.scopes.contains(scope)
    }

    /// Whether it is the application itself.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.0.system
    }
}

/// When a call has to be done. Across processes it is a time of the wall clock.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(timeout: Duration) -> Self {
        let now = Instant::now();
        // A timeout too long for the clock is none that anybody lives to see.
        const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);
        Deadline(now.checked_add(timeout).unwrap_or_else(|| now + FAR))
    }

    /// How long is left; zero when it has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub(crate) fn instant(&self) -> Instant {
        self.0
    }

    pub(crate) fn sooner(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(first), Some(second)) => Some(if second.0 < first.0 { second } else { first }),
            (one, other) => one.or(other),
        }
    }
}

impl PartialEq for Deadline {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Serialize for Deadline {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = SystemTime::now() + self.remaining();
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Deadline {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let millis = u64::deserialize(deserializer)?;
        let left = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_millis(millis))
            .map_or(Duration::MAX, |at| at.duration_since(SystemTime::now()).unwrap_or_default());
        Ok(Deadline::after(left))
    }
}

/// What the caller said before the await.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) principal: Option<Principal>,
    pub(crate) tenant: Option<Arc<str>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) idempotency_key: Option<Arc<str>>,
    pub(crate) correlation: Option<CorrelationId>,
    pub(crate) causation: Option<MessageId>,
    pub(crate) metadata: BTreeMap<String, String>,
    /// Set by the bus alone, for what it delivers.
    pub(crate) delivery: bool,
}

impl Context {
    /// The context of a call that was made with `options` inside the call `parent`. Tenant, principal, deadline
    /// and metadata are inherited where the options do not say otherwise; the sooner deadline wins.
    pub(crate) fn of_call(options: Option<Options>, parent: Option<&Context>) -> Self {
        let options = options.unwrap_or_default();
        let message_id = MessageId::new();
        let inherited = parent.map(|parent| &*parent.0);
        let mut metadata = inherited.map(|parent| parent.metadata.clone()).unwrap_or_default();
        metadata.extend(options.metadata);
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
                options.timeout.map(Deadline::after),
                inherited.and_then(|parent| parent.deadline),
            ),
            // A key is for one call: what is nested in it happens again with it, under no key of its own.
            idempotency_key: options.idempotency_key,
            metadata,
            delivery: options.delivery || inherited.is_some_and(|parent| parent.delivery),
        }))
    }

    /// The options of what the bus does because of this call: as the system, for whoever called, without the
    /// call's deadline.
    pub(crate) fn delivery(&self, actor: Principal, key: Option<Arc<str>>) -> Options {
        let mut metadata = self.0.metadata.clone();
        if let Some(original) = &self.0.principal {
            metadata.entry(ACTOR.to_owned()).or_insert_with(|| original.id().to_owned());
        }
        Options {
            principal: Some(actor),
            tenant: self.0.tenant.clone(),
            timeout: None,
            idempotency_key: key,
            correlation: Some(self.0.correlation_id.clone()),
            causation: Some(self.0.message_id),
            metadata,
            delivery: true,
        }
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
        self.0.deadline
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

/// What an event knows of itself: taken by its handlers as a parameter by value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventMeta {
    pub(crate) event_id: MessageId,
    pub(crate) name: Arc<str>,
    pub(crate) raised_at: SystemTime,
    pub(crate) call: Context,
}

impl EventMeta {
    /// The event's id, the same for every handler and every delivery of it.
    #[must_use]
    pub fn event_id(&self) -> MessageId {
        self.event_id
    }

    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When its call committed it, by the wall clock.
    #[must_use]
    pub fn raised_at(&self) -> SystemTime {
        self.raised_at
    }

    /// The call that raised it: who caused it, for whom, as part of what.
    #[must_use]
    pub fn call(&self) -> &Context {
        &self.call
    }
}
