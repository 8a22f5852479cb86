//! What the bus could not do: the [`Fault`].

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::result::problem::FieldError;

/// Any error, as a source of a [`Fault`].
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// Why the bus could not carry a call through, as opposed to a *rejection*, with which a handler says no.
///
/// A fault knows whether trying again can help ([`is_transient`](Fault::is_transient)), whether anything
/// happened ([`effect`](Fault::effect)), which message and handler it is about, and keeps its sources
/// ([`Error::source`]).
///
/// Handlers meet it as an error type: `error = Fault`, or as the `#[fault]` variant of their own error, so
/// that `?` on a store or a nested call stays a fault.
///
/// ```
/// use cqrs_core::{Effect, Fault, FaultKind};
///
/// let fault = Fault::unavailable("the ledger does not answer").caused_by(std::io::Error::other("refused"));
/// assert_eq!(fault.kind(), FaultKind::Unavailable);
/// assert!(fault.is_transient());
/// assert_eq!(fault.effect(), Effect::Nothing);
/// assert_eq!(fault.to_string(), "unavailable: the ledger does not answer");
/// assert_eq!(std::error::Error::source(&fault).unwrap().to_string(), "refused");
/// ```
pub struct Fault(Box<Details>);

struct Details {
    kind: FaultKind,
    effect: Effect,
    detail: String,
    fields: Vec<FieldError>,
    message: Option<&'static str>,
    place: Option<Place>,
    source: Option<BoxError>,
}

/// What a declaration is called and where it stands in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Place {
    /// Its full path, such as `shop::orders::place_order`.
    pub path: &'static str,
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

impl Place {
    /// Of something that was given to a builder, where that was called.
    #[track_caller]
    pub(crate) fn of_closure(path: &'static str) -> Self {
        let caller = std::panic::Location::caller();
        Place { path, file: caller.file(), line: caller.line() }
    }
}

/// A handler, and the message it handles.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    pub(crate) message: Option<&'static str>,
    pub(crate) place: Place,
}

impl From<Place> for Site {
    fn from(place: Place) -> Self {
        Site { message: None, place }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}:{})", self.path, self.file, self.line)
    }
}

/// What sort of fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub enum FaultKind {
    /// The application is put together wrongly: a missing handler or dependency, a cycle, a nested command.
    Wiring,
    /// Bytes that are no message: broken JSON, a missing field.
    Malformed,
    /// A message that breaks its own rules.
    Invalid,
    /// Nobody is named as the caller, and somebody must be.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// What was asked for is not there, a message of that name included.
    NotFound,
    /// Somebody else changed the same thing first.
    Conflict,
    /// Another payload came under an idempotency key that was used.
    KeyReused,
    /// A call with the same idempotency key is under way.
    StillRunning,
    /// The deadline passed before the call's own commit began: of its unit of work nothing is left.
    Timeout,
    /// A handler or a provider panicked: of the call's own unit of work nothing is left, unless its commit did.
    Panic,
    /// Something that is needed does not answer now.
    Unavailable,
    /// The commit began and nobody knows how it ended.
    OutcomeUnknown,
    /// Anything else that broke.
    Internal,
}

impl FaultKind {
    /// In words, as [`Fault`]'s `Display` begins.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FaultKind::Wiring => "wiring",
            FaultKind::Malformed => "malformed",
            FaultKind::Invalid => "invalid",
            FaultKind::Unauthenticated => "unauthenticated",
            FaultKind::Forbidden => "forbidden",
            FaultKind::NotFound => "not found",
            FaultKind::Conflict => "conflict",
            FaultKind::KeyReused => "idempotency key reused",
            FaultKind::StillRunning => "still running",
            FaultKind::Timeout => "timeout",
            FaultKind::Panic => "panic",
            FaultKind::Unavailable => "unavailable",
            FaultKind::OutcomeUnknown => "outcome unknown",
            FaultKind::Internal => "internal",
        }
    }
}

/// What a faulty call left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Effect {
    /// Nothing happened: the unit of work was rolled back or never began.
    Nothing,
    /// It may have happened or not: ask, or send it again under its idempotency key.
    Unknown,
}

impl Fault {
    /// A fault of the given kind. [`FaultKind::OutcomeUnknown`] says that the effect is unknown, every other
    /// kind that nothing happened.
    #[must_use]
    pub fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        let effect = match kind {
            FaultKind::OutcomeUnknown => Effect::Unknown,
            _ => Effect::Nothing,
        };
        let (detail, fields) = (detail.into(), Vec::new());
        Fault(Box::new(Details { kind, effect, detail, fields, message: None, place: None, source: None }))
    }

    /// [`FaultKind::Wiring`].
    #[must_use]
    pub fn wiring(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::Wiring, detail)
    }

    /// [`FaultKind::Malformed`].
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::Malformed, detail)
    }

    /// [`FaultKind::Invalid`].
    #[must_use]
    pub fn invalid(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::Invalid, detail)
    }

    /// [`FaultKind::Unauthenticated`].
    #[must_use]
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::Unauthenticated, detail)
    }

    /// [`FaultKind::Forbidden`].
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::Forbidden, detail)
    }

    /// [`FaultKind::NotFound`].
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::NotFound, detail)
    }

    /// [`FaultKind::Conflict`].
    #[must_use]
    pub fn conflict(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::Conflict, detail)
    }

    /// [`FaultKind::KeyReused`].
    #[must_use]
    pub fn key_reused(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::KeyReused, detail)
    }

    /// [`FaultKind::StillRunning`].
    #[must_use]
    pub fn still_running(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::StillRunning, detail)
    }

    /// [`FaultKind::Timeout`] after this long.
    #[must_use]
    pub fn timeout(after: Option<Duration>) -> Self {
        Fault::new(
            FaultKind::Timeout,
            match after {
                Some(after) => format!("not done within {after:?}"),
                None => "the deadline has passed".to_owned(),
            },
        )
    }

    /// [`FaultKind::Unavailable`].
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::Unavailable, detail)
    }

    /// [`FaultKind::OutcomeUnknown`].
    #[must_use]
    pub fn outcome_unknown(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::OutcomeUnknown, detail)
    }

    /// [`FaultKind::Internal`].
    #[must_use]
    pub fn internal(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::Internal, detail)
    }

    /// [`FaultKind::Panic`], with the panic's own words: for a store or a transport that catches what code of the
    /// application's panics with, which is the payload.
    #[must_use]
    pub fn panic(who: impl fmt::Display, payload: &(dyn std::any::Any + Send)) -> Self {
        let words = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("a payload that is no text");
        Fault::new(FaultKind::Panic, format!("{who} panicked: {words}"))
    }

    /// The fault that an error is, or that is among its sources; or the error back. One among the sources gives its
    /// kind, effect and field errors, and the error stays its source.
    pub(crate) fn inside(error: BoxError) -> Result<Fault, BoxError> {
        let error = match error.downcast::<Fault>() {
            Ok(fault) => return Ok(*fault),
            Err(error) => error,
        };
        let first: &(dyn Error + 'static) = &*error;
        let found = std::iter::successors(Some(first), |&error| error.source()).find_map(|error| error.downcast_ref());
        let Some(Fault(found)) = found else { return Err(error) };
        let (kind, effect, fields) = (found.kind, found.effect, found.fields.clone());
        let mut fault = Fault::new(kind, error.to_string()).caused_by(error).with_fields(fields);
        fault.0.effect = effect;
        Ok(fault)
    }

    /// The same fault with what caused it. A fault that has a source already keeps it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source.get_or_insert(source.into());
        self
    }

    /// The same fault with what is wrong with which field, instead of what it had. A caller is told where it is told
    /// the detail.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields = fields;
        self
    }

    /// The same fault with its effect unknown: for a unit of work whose commit may or may not have arrived.
    #[must_use]
    pub fn with_unknown_effect(mut self) -> Self {
        self.0.effect = Effect::Unknown;
        self
    }

    /// The fault of a call that several waited for, for one of them: the same, with the same sources.
    #[cfg_attr(not(feature = "cache"), allow(dead_code, reason = "an answer that is waited for by many"))]
    pub(crate) fn shared(fault: &std::sync::Arc<Fault>) -> Self {
        let shared = &*fault.0;
        let mut copy = Fault::new(shared.kind, shared.detail.clone());
        copy.0.effect = shared.effect;
        copy.0.message = shared.message;
        copy.0.place = shared.place;
        copy.0.fields.clone_from(&shared.fields);
        copy.0.source = shared.source.as_ref().map(|_| Box::new(SharedSource(fault.clone())) as BoxError);
        copy
    }

    /// The same fault with what it is about; the innermost place and message stay.
    pub(crate) fn at(mut self, site: impl Into<Site>) -> Self {
        let site = site.into();
        self.0.place.get_or_insert(site.place);
        self.0.message = self.0.message.or(site.message);
        self
    }

    /// What sort of fault it is.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.0.kind
    }

    /// Whether anything happened.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.0.effect
    }

    /// Whether the same call may succeed later, with nothing changed: conflicts, timeouts, what is unavailable,
    /// and what is still running.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.0.kind,
            FaultKind::Conflict | FaultKind::StillRunning | FaultKind::Timeout | FaultKind::Unavailable
        )
    }

    /// What happened, without the kind and without the source.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What is wrong with which field of the message.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// What failed: the handler, the provider of something it needs, or the message where no handler is known.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.0.place
    }

    /// The name of the message that was being handled.
    #[must_use]
    pub fn message(&self) -> Option<&'static str> {
        self.0.message
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.as_str(), self.0.detail)?;
        for error in &self.0.fields {
            write!(f, "; {error}")?;
        }
        if let Some(message) = self.0.message {
            write!(f, ", handling `{message}`")?;
        }
        match &self.0.place {
            Some(place) => write!(f, ", at {place}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("kind", &self.0.kind)
            .field("effect", &self.0.effect)
            .field("detail", &self.0.detail)
            .field("fields", &self.0.fields)
            .field("message", &self.0.message)
            .field("place", &self.0.place)
            .field("source", &self.0.source)
            .finish()
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

/// The source of a fault that several callers got.
#[derive(Debug)]
struct SharedSource(std::sync::Arc<Fault>);

impl fmt::Display for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.source.as_ref().map_or(Ok(()), |source| source.fmt(f))
    }
}

impl Error for SharedSource {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()?.source()
    }
}

/// An error with its sources, in one line. Some errors say in their own words what their source says; it stands there once.
pub(crate) fn with_sources(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    for source in std::iter::successors(error.source(), |&error| error.source()) {
        let text = source.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_each_source_once() {
        let disk = std::io::Error::other("the disk is full");
        let told = Fault::unavailable("nothing was written: the disk is full").caused_by(disk);
        let outer = Fault::internal("it failed").caused_by(told);
        assert_eq!(with_sources(&outer), "internal: it failed: unavailable: nothing was written: the disk is full");
    }
}
