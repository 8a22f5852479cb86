//! [`OperationResult`]: success, or one of the usual failures, in one value.

use serde::{Deserialize, Serialize};

use crate::message::succeeds::Succeeds;
use crate::result::problem::{IntoProblem, Problem};

/// The result of an operation as Neuroglia's mediator has it: a status with a value or an error message.
///
/// As the `output` of a command it is an `Ok` that can say no: every status from 400 rolls back.
///
/// ```
/// use cqrs_core::OperationResult;
///
/// let placed = OperationResult::created(7);
/// assert!(placed.is_success());
/// assert_eq!((placed.status_code(), placed.value()), (201, Some(&7)));
///
/// let refused = OperationResult::<u32>::bad_request("an order has at least one line");
/// assert!(!refused.is_success());
/// assert_eq!((refused.status_code(), refused.error_message()), (400, Some("an order has at least one line")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "an operation that failed says so only here"]
pub struct OperationResult<T = ()> {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none", default = "none")]
    value: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    error: Option<String>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T> OperationResult<T> {
    /// The statuses that come without a value.
    #[cfg(feature = "http")]
    pub(crate) const STATUSES: [u16; 9] = [204, 400, 401, 403, 404, 409, 422, 500, 503];

    fn success(status: u16, value: Option<T>) -> Self {
        OperationResult { status, value, error: None }
    }

    fn failure(status: u16, error: impl Into<String>) -> Self {
        OperationResult { status, value: None, error: Some(error.into()) }
    }

    /// Status 200.
    pub fn ok(value: T) -> Self {
        Self::success(200, Some(value))
    }

    /// Status 201.
    pub fn created(value: T) -> Self {
        Self::success(201, Some(value))
    }

    /// Status 202: taken on, not done yet.
    pub fn accepted(value: T) -> Self {
        Self::success(202, Some(value))
    }

    /// Status 204: done, and nothing to say.
    pub fn no_content() -> Self {
        Self::success(204, None)
    }

    /// Status 400.
    pub fn bad_request(error: impl Into<String>) -> Self {
        Self::failure(400, error)
    }

    /// Status 401.
    pub fn unauthorized(error: impl Into<String>) -> Self {
        Self::failure(401, error)
    }

    /// Status 403.
    pub fn forbidden(error: impl Into<String>) -> Self {
        Self::failure(403, error)
    }

    /// Status 404.
    pub fn not_found(error: impl Into<String>) -> Self {
        Self::failure(404, error)
    }

    /// Status 409.
    pub fn conflict(error: impl Into<String>) -> Self {
        Self::failure(409, error)
    }

    /// Status 422.
    pub fn unprocessable(error: impl Into<String>) -> Self {
        Self::failure(422, error)
    }

    /// Status 500.
    pub fn internal_error(error: impl Into<String>) -> Self {
        Self::failure(500, error)
    }

    /// Status 503.
    pub fn unavailable(error: impl Into<String>) -> Self {
        Self::failure(503, error)
    }

    /// Whether the status is below 400.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status < 400
    }

    /// The HTTP status code.
    #[must_use]
    pub fn status_code(&self) -> u16 {
        self.status
    }

    /// What went wrong, for a failure.
    #[must_use]
    pub fn error_message(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// The value, for a success that has one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The value of a success (`None` for "no content"), or the failure as a [`Problem`].
    ///
    /// # Errors
    /// The failure, as a problem of the same status.
    pub fn into_result(self) -> Result<Option<T>, Problem> {
        if self.is_success() { Ok(self.value) } else { Err(Problem::new(self.status, self.error.unwrap_or_default())) }
    }
}

impl<T> Succeeds for OperationResult<T> {
    fn is_success(&self) -> bool {
        self.status < 400
    }
}

/// A handler of a message whose `error` is an `OperationResult` may fail with one.
impl<T> IntoProblem for OperationResult<T> {
    fn into_problem(self) -> Problem {
        let status = self.status;
        match self.into_result() {
            Ok(_) => Problem::new(status, "the operation succeeded, though it was returned as an error"),
            Err(problem) => problem,
        }
    }
}
