//! The HTTP edge of `cqrs-core`: every message of a bus that declares `http(..)` is a route of an axum
//! [`Router`](axum::Router).
//!
//! ```
//! use axum::body::Body;
//! use axum::http::Request;
//! use cqrs_core::{Bus, Problem, command, handler};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use tower::ServiceExt as _;
//!
//! /// Greets somebody.
//! #[command(output = String, error = Nameless, http(post = "/greetings", status = 201))]
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! struct Greet { name: String }
//!
//! /// Nobody is to be greeted.
//! #[derive(Debug, Problem)]
//! #[problem(status = 400)]
//! struct Nameless;
//! # impl std::fmt::Display for Nameless {
//! #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("a greeting has a name") }
//! # }
//!
//! #[handler]
//! fn greet(cmd: Greet) -> Result<String, Nameless> {
//!     if cmd.name.is_empty() { Err(Nameless) } else { Ok(format!("hello {}", cmd.name)) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let router = cqrs_axum::router(Bus::global());
//! let request = Request::post("/greetings")
//!     .header("content-type", "application/json")
//!     .body(Body::from(r#"{"name":"Ada"}"#))
//!     .unwrap();
//! assert_eq!(router.oneshot(request).await.unwrap().status(), 201);
//! # }
//! ```
//!
//! # What a request is, and what it is answered with
//!
//! Names in the path, the headers that `http(..)` lists, and the query string (of `get` and `delete`) or the JSON body (of
//! the others) are the message's fields, whether they stand in it or in what it flattens. What serde says of the message is
//! what is accepted: a type with `#[serde(deny_unknown_fields)]` refuses what it does not know. A number in a JSON body that
//! is too large for an `f32` is read as infinite, and answered as `null`; say `f64`.
//!
//! | the message | is answered with |
//! | --- | --- |
//! | succeeds | the declared status, or 200; 204 where the output is `()` |
//! | answers `None` | the status of `none = ..`, or `null` |
//! | answers an `OperationResult` | its status |
//! | is rejected | the problem that its error becomes: `#[derive(Problem)]` |
//! | cannot be read | 400, with what is wrong in which fields; 415 if the body is no JSON by its content type, 413 if it is too long, 408 if it is too slow |
//! | is invalid, or comes with a key of another payload | 422 |
//! | is refused to the caller | 401 or 403 |
//! | is in conflict, or its key is of a call under way | 409 |
//! | faults | 500, 503 or 504 |
//!
//! Every error is `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)). Of a fault a client
//! is told no more than an id, which the log has together with what happened.
//!
//! # Headers
//!
//! | header | is |
//! | --- | --- |
//! | `Idempotency-Key` | the caller's key for an `idempotent` command: 1 to 255 visible characters, in quotes or not |
//! | `X-Correlation-Id` | what the call belongs to: 1 to 128 visible characters; comes back, made if it was not given |
//! | `traceparent`, `tracestate` | the caller's place in a distributed trace, by W3C; what cannot be read counts as not given |
//! | `X-Request-Timeout-Ms` | how long the call may take, in milliseconds; the message's own `timeout` may be shorter |
//! | `Retry-After` | on 503, and on 409 where the same call is under way: seconds until another try may help |
//! | `WWW-Authenticate` | on 401, how to say who one is; on 403, the scope that a token is without |
//!
//! # Features
//!
//! `prometheus`, off by default: `metrics()`, a recorder for what the bus counts, and `/metrics`.

mod answer;
mod authenticate;
mod body;
mod docs;
mod edge;
mod given;
mod health;
#[cfg(feature = "prometheus")]
mod metrics;
mod openapi;
mod request;
mod serve;

pub use authenticate::{Authenticate, Caller, Scheme};
pub use edge::Edge;
pub use health::health;
#[cfg(feature = "prometheus")]
pub use metrics::{MetricsError, metrics};
pub use serve::{Ended, Server, shutdown_signal};

/// Every message of the bus that declares `http(..)`, beside `/openapi.json`, `/docs`, `/livez` and `/readyz`; an
/// [`Edge`] has options.
///
/// What is wired wrongly is in [`Bus::verify`](cqrs_core::Bus::verify), and [`start`](cqrs_core::Bus::start) returns it;
/// a route that two messages have answers 500.
pub fn router(bus: cqrs_core::Bus) -> axum::Router {
    Edge::new(bus).router()
}
