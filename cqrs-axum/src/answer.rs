//! Answers: replies and problems as HTTP.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use cqrs_core::http::{Body as Said, Reply, RouteResult};
use cqrs_core::{DispatchError, Fault, FaultKind, IntoProblem, Problem};

/// What a call came to; `prefix` is where the router is nested.
pub(crate) fn of_result(result: RouteResult, prefix: &str) -> Response<Body> {
    match result {
        Ok(reply) => of_reply(reply, prefix),
        Err(DispatchError::Rejected(problem)) => of_problem(&problem),
        Err(DispatchError::Fault(fault)) => of_fault(&fault),
    }
}

fn of_reply(Reply { status, location, body }: Reply, prefix: &str) -> Response<Body> {
    let Ok(status) = StatusCode::from_u16(status) else {
        return of_fault(&Fault::internal(format!("{status} is no HTTP status")).with_unknown_effect());
    };
    let mut response = match body {
        Said::Empty => Response::new(Body::empty()),
        Said::Json(json) => {
            let mut response = Response::new(Body::from(json));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
    };
    *response.status_mut() = status;
    if let Some(location) = location.and_then(|path| HeaderValue::try_from(format!("{prefix}{path}")).ok()) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// A fault as the problem that a client may see.
pub(crate) fn of_fault(fault: &Fault) -> Response<Body> {
    let mut response = of_problem(&fault.into_problem());
    // In a second the other call may have ended, or what is needed be there again.
    if matches!(fault.kind(), FaultKind::StillRunning | FaultKind::Unavailable) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// A problem. One whose status is none of an error is the application's mistake, and no success.
pub(crate) fn of_problem(problem: &Problem) -> Response<Body> {
    let status = match StatusCode::from_u16(problem.status) {
        Ok(status) if status.is_client_error() || status.is_server_error() => status,
        _ => {
            let text = format!("a problem has the status {}, which is none of an error: {problem}", problem.status);
            return of_fault(&Fault::internal(text));
        }
    };
    let json = match serde_json::to_vec(problem) {
        Ok(json) => json,
        Err(error) => {
            tracing::error!(%error, %problem, "a problem cannot be written as JSON");
            br#"{"type":"about:blank","title":"Internal Server Error","status":500}"#.to_vec()
        }
    };
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
