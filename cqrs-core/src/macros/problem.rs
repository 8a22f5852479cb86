//! `#[derive(Problem)]`.

/// Says what a client is told of an error: implements [`IntoProblem`](crate::IntoProblem) for an enum or a struct.
///
/// The problem's `detail` is the error's `Display`. Its status, type and title are what `#[problem(..)]` says, on the
/// variant or else on the whole.
///
/// ```
/// use cqrs_core::{Fault, IntoProblem, Problem};
///
/// #[derive(Debug, thiserror::Error, Problem)]
/// #[problem(type = "https://example.org/problems/order")]
/// enum OrderError {
///     #[error("`{0}` is sold out")]
///     #[problem(status = 409, title = "Sold Out")]
///     SoldOut(&'static str),
///     #[error("an order has at least one line")] // 422
///     Empty,
///     #[error(transparent)]
///     #[fault]
///     Store(Fault),
/// }
///
/// let problem = OrderError::SoldOut("tea").into_problem();
/// assert_eq!((problem.status, &*problem.title, &*problem.detail), (409, "Sold Out", "`tea` is sold out"));
/// assert_eq!(OrderError::Empty.into_problem().status, 422);
///
/// // `?` puts a fault, and the failure of a nested call that cannot be rejected, into the `#[fault]` variant ..
/// fn store() -> Result<u32, OrderError> { Err(Fault::unavailable("no answer"))? }
/// // .. and the bus takes it out again: the caller gets a fault, and no rejection.
/// assert!(matches!(store(), Err(OrderError::Store(_))));
/// ```
///
/// What there can be is [listed](crate::IntoProblem::problems), each with its status, its type and its doc comment: an
/// OpenAPI document says it of every route that can end in the error.
///
/// ```
/// use cqrs_core::{IntoProblem, Problem, ProblemKind};
///
/// #[derive(Debug, thiserror::Error, Problem)]
/// #[error("`{0}` is sold out")]
/// #[problem(status = 409)]
/// /// There is nothing left of it.
/// struct SoldOut(&'static str);
///
/// let kind = ProblemKind { status: 409, kind: "about:blank", description: "There is nothing left of it." };
/// assert_eq!(SoldOut::problems(), Some(&[kind][..]));
/// ```
///
/// # Options of `#[problem(..)]`
///
/// | option | says | without it |
/// | --- | --- | --- |
/// | `status = 409` | the HTTP status, from 400 to 599 | 422 |
/// | `type = "https://.."` | what sort of problem, as a URI reference | `about:blank` |
/// | `title = ".."` | the sort in a few words | the status's name |
/// | `crate = ::path::to::cqrs_core` | where this crate is; on the whole | `::cqrs_core` |
///
/// # `#[fault]`
///
/// One variant may hold a [`Fault`](crate::Fault), and nothing else. The derive writes `From<Fault>` for it, unless
/// it says `#[from]` itself, and `From<DispatchError<_>>` for calls that cannot be rejected. Where the error has serde's
/// traits, for an `idempotent` command, this variant says `#[serde(skip)]`: a fault is never kept.
///
/// # What does not compile
///
/// A union, a generic type, an error without `Display`, a second `#[fault]`, an unknown option, and a status that
/// is none of an error:
///
/// ```compile_fail
/// use cqrs_core::Problem;
///
/// #[derive(Debug, thiserror::Error, Problem)]
/// enum OrderError {
///     #[error("fine")]
///     #[problem(status = 200)] // error: the status of an error is from 400 to 599
///     Fine,
/// }
/// ```
pub use cqrs_macros::Problem;
