//! Requests without a server.

use std::borrow::Cow;

use cqrs_core::http::{Body, Parts, Reply, Route, RouteDispatch, RouteResult};
use cqrs_core::{Bus, DispatchError, Effect, FaultKind};
use serde_json::Value;

use crate::faults::fault;

/// What of a request matters.
#[derive(Debug, Default, Clone, Copy)]
pub struct Sent<'a> {
    /// What stands where the route's path has names.
    pub path: &'a [&'a str],
    /// The query string.
    pub query: &'a str,
    /// Headers, their names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a str,
}

/// A request that is all body.
#[must_use]
pub fn body(body: &str) -> Sent<'_> {
    Sent { body, ..Sent::default() }
}

/// The route of the message of this name.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn route(name: &str) -> Route {
    let is_it = |route: &Route| route.name() == name;
    Bus::global().routes().into_iter().find(is_it).unwrap_or_else(|| panic!("`{name}` has no route"))
}

/// Sends a request to the message of this name.
pub async fn call(name: &str, sent: Sent<'_>) -> RouteResult {
    call_with(name, sent, |call| call).await
}

/// The same, with options.
pub async fn call_with(
    name: &str,
    sent: Sent<'_>,
    options: impl for<'a> FnOnce(RouteDispatch<'a>) -> RouteDispatch<'a>,
) -> RouteResult {
    let path: Vec<_> = sent.path.iter().map(|segment| Cow::Borrowed(*segment)).collect();
    let header =
        |name: &str| Ok(sent.headers.iter().filter(|(known, _)| *known == name).map(|(_, value)| *value).collect());
    let parts = Parts { path: &path, query: sent.query, headers: &header, body: sent.body.as_bytes() };
    options(route(name).call(&Bus::global(), &parts)).await
}

/// An answer.
#[must_use]
pub fn reply(status: u16, location: Option<&str>, body: Option<Value>) -> Reply {
    let body = body.map_or(Body::Empty, |body| Body::Json(body.to_string().into_bytes()));
    Reply { status, location: location.map(str::to_owned), body }
}

/// What the application said no with: the status and the detail.
///
/// # Panics
/// When it did not.
#[must_use]
#[track_caller]
pub fn problem(result: RouteResult) -> (u16, String) {
    match result {
        Err(DispatchError::Rejected(problem)) => (problem.status, problem.detail.to_string()),
        other => panic!("{other:?}"),
    }
}

/// Of a request that is no message: which field is wrong, if that is known, and what is wrong.
///
/// # Panics
/// When it is one, or wrong in several.
#[must_use]
#[track_caller]
pub fn unreadable(result: RouteResult) -> (String, String) {
    let fault = fault(result);
    assert_eq!((fault.kind(), fault.effect()), (FaultKind::Malformed, Effect::Nothing), "{fault}");
    match fault.fields() {
        [] => (String::new(), fault.detail().to_owned()),
        [one] => (one.field.clone(), one.detail.clone()),
        several => panic!("{several:?}"),
    }
}
