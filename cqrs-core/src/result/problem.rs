//! Errors as a client sees them: [`Problem`], RFC 9457.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

use crate::call::ids::MessageId;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::{Effect, Fault, FaultKind, with_sources};

/// A problem as [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) describes it, and an error type for handlers
/// that want no enum of their own.
///
/// Errors become one through [`IntoProblem`], which `#[derive(Problem)]` implements.
///
/// ```
/// use cqrs_core::Problem;
///
/// let problem = Problem::not_found("no order 7").with("order", 7);
/// assert_eq!(
///     serde_json::to_string(&problem).unwrap(),
///     r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"no order 7","order":7}"#,
/// );
/// ```
///
/// It is one pointer, so that a `Result` with it stays small; its [members](ProblemMembers) are read and written
/// as if they were its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problem(Box<ProblemMembers>);

/// The members of a [`Problem`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProblemMembers {
    /// What sort of problem, as a URI reference; `about:blank` says no more than the status does.
    #[serde(rename = "type", default = "about_blank")]
    pub kind: Cow<'static, str>,
    /// The sort in a few words, the same for every occurrence.
    pub title: Cow<'static, str>,
    /// The HTTP status code.
    pub status: u16,
    /// This occurrence, in words for a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// This occurrence, as a URI reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What is wrong with which field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Members of the application's own.
    #[serde(flatten)]
    pub extensions: BTreeMap<String, serde_json::Value>,
}

fn about_blank() -> Cow<'static, str> {
    Cow::Borrowed("about:blank")
}

/// What is wrong with one field of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The path of the field, such as `lines[2].quantity`; empty for the message as a whole.
    pub field: String,
    /// What is wrong with it, in words for a person.
    pub detail: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => f.write_str(&self.detail),
            field => write!(f, "{field}: {}", self.detail),
        }
    }
}

/// The names that RFC 9110 and RFC 6585 give to status codes.
fn title_of(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ if status < 500 => "Client Error",
        _ => "Error",
    }
}

impl Problem {
    /// A problem of this status, its title the status's name.
    #[must_use]
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Problem(Box::new(ProblemMembers {
            kind: about_blank(),
            title: Cow::Borrowed(title_of(status)),
            status,
            detail: detail.into(),
            instance: None,
            errors: Vec::new(),
            extensions: BTreeMap::new(),
        }))
    }

    /// Its members, to take apart.
    #[must_use]
    pub fn into_members(self) -> ProblemMembers {
        *self.0
    }

    /// Status 400.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Problem::new(400, detail)
    }

    /// Status 401.
    #[must_use]
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Problem::new(401, detail)
    }

    /// Status 403.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Problem::new(403, detail)
    }

    /// Status 404.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Problem::new(404, detail)
    }

    /// Status 409.
    #[must_use]
    pub fn conflict(detail: impl Into<String>) -> Self {
        Problem::new(409, detail)
    }

    /// Status 422.
    #[must_use]
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Problem::new(422, detail)
    }

    /// Status 500.
    #[must_use]
    pub fn internal(detail: impl Into<String>) -> Self {
        Problem::new(500, detail)
    }

    /// Status 503.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Problem::new(503, detail)
    }

    /// The same problem with this `type`.
    #[must_use]
    pub fn with_type(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.kind = uri.into();
        self
    }

    /// The same problem with this title.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.title = title.into();
        self
    }

    /// The same problem with this `instance`.
    #[must_use]
    pub fn with_instance(mut self, uri: impl Into<String>) -> Self {
        self.instance = Some(uri.into());
        self
    }

    /// The same problem with one more field error.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), detail: detail.into() });
        self
    }

    /// The same problem with a member of the application's own. The standard's own members (`type`, `title`,
    /// `status`, `detail`, `instance`, `errors`) are no extensions: such a name is prefixed with `x-`, so that
    /// the JSON never holds a member twice.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        let name = name.into();
        let name = match name.as_str() {
            "type" | "title" | "status" | "detail" | "instance" | "errors" => format!("x-{name}"),
            _ => name,
        };
        self.extensions.insert(name, value.into());
        self
    }
}

impl Deref for Problem {
    type Target = ProblemMembers;

    fn deref(&self) -> &ProblemMembers {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut ProblemMembers {
        &mut self.0
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.title)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        for error in &self.errors {
            write!(f, "; {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// An error that can be told to a client. `#[derive(Problem)]` implements it for an enum.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be told to a client as a problem",
    label = "no `IntoProblem`",
    note = "put `#[derive(Problem)]` on `{Self}`, or use `Problem` itself as the error",
    note = "needed because the message can be reached from outside (`wire`, `name` or `http`)"
)]
pub trait IntoProblem {
    /// The problem, with nothing in it that a client should not see.
    fn into_problem(self) -> Problem;

    /// Which problems there can be, for whoever describes them; nothing, where the type does not say, and it may be any.
    #[must_use]
    fn problems() -> Option<&'static [ProblemKind]> {
        None
    }
}

/// A problem that an error can be: what is known of it before it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ProblemKind {
    /// The HTTP status code.
    pub status: u16,
    /// The problem's `type`; `about:blank` says no more than the status does.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When it happens: a doc comment.
    pub description: &'static str,
}

impl IntoProblem for Problem {
    fn into_problem(self) -> Problem {
        self
    }
}

impl IntoProblem for std::convert::Infallible {
    fn into_problem(self) -> Problem {
        match self {}
    }

    fn problems() -> Option<&'static [ProblemKind]> {
        Some(&[])
    }
}

/// What the caller can mend is told in full. What broke inside is told as such; its details go to the log, here
/// and now, since nobody else sees them, under an id that is the problem's `instance`: whoever is told it can be helped by
/// whoever reads the log.
impl IntoProblem for &Fault {
    fn into_problem(self) -> Problem {
        let (status, open) = match self.kind() {
            FaultKind::Malformed => (400, true),
            FaultKind::Unauthenticated => (401, true),
            FaultKind::Forbidden => (403, true),
            FaultKind::NotFound => (404, true),
            FaultKind::Conflict | FaultKind::StillRunning => (409, true),
            FaultKind::Invalid | FaultKind::KeyReused => (422, true),
            FaultKind::Unavailable => (503, false),
            FaultKind::Timeout => (504, false),
            FaultKind::Wiring | FaultKind::Panic | FaultKind::OutcomeUnknown | FaultKind::Internal => (500, false),
        };
        let instance = (!open).then(|| format!("urn:uuid:{}", MessageId::new()));
        if let Some(instance) = &instance {
            let error = with_sources(self);
            tracing::error!(error = %error, %instance, "a client is told of a fault without its details");
        }
        let detail = match (open, self.kind()) {
            (true, _) => self.detail(),
            _ if self.effect() == Effect::Unknown => "it is not known whether this happened",
            (_, FaultKind::Unavailable) => "something that is needed does not answer now; nothing happened",
            (_, FaultKind::Timeout) => "it took too long and was rolled back; nothing happened",
            _ => "the application could not do this; its log says why",
        };
        let mut problem = Problem::new(status, detail);
        problem.instance = instance;
        if open {
            problem.errors = self.fields().to_vec();
        }
        problem
    }
}

impl IntoProblem for Fault {
    fn into_problem(self) -> Problem {
        (&self).into_problem()
    }

    /// None of its own: every call can end in a fault.
    fn problems() -> Option<&'static [ProblemKind]> {
        Some(&[])
    }
}

impl<E: IntoProblem> IntoProblem for DispatchError<E> {
    fn into_problem(self) -> Problem {
        match self {
            DispatchError::Rejected(error) => error.into_problem(),
            DispatchError::Fault(fault) => fault.into_problem(),
        }
    }
}
