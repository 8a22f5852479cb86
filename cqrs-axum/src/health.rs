//! Whether the process lives, and whether its bus takes calls.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use axum::routing::{MethodRouter, get};
use cqrs_core::{Bus, Fault};
use tokio::time::timeout;

use crate::answer;

/// A store that has not answered by then does not answer.
const LONGEST: Duration = Duration::from_secs(2);

/// `/livez` and `/readyz` alone: for a port of their own, or outside of where an [`Edge`](crate::Edge) is nested, which
/// has them too.
///
/// `/livez` answers 200 as long as the process answers. `/readyz` answers 200 while the bus takes calls, and 503 with a
/// problem before its shutdown has ended it, and while its store does not answer within two seconds; a
/// bus that is wired wrongly is a 500, which no waiting cures. See [`Bus::ready`](cqrs_core::Bus::ready).
pub fn health(bus: &Bus) -> Router {
    routes(bus).into_iter().fold(Router::new(), |router, (path, served)| router.route(path, served))
}

pub(crate) fn routes(bus: &Bus) -> [(&'static str, MethodRouter); 2] {
    let bus = bus.clone();
    let live = get(|| std::future::ready(fine("live")));
    let ready = get(move || async move {
        // Who asks does not wait for long, and asks again.
        let ready = timeout(LONGEST, bus.ready()).await;
        match ready.unwrap_or_else(|_| Err(Fault::unavailable(format!("no answer within {LONGEST:?}")))) {
            Ok(()) => fine("ready"),
            Err(fault) => answer::of_fault(&fault),
        }
    });
    [("/livez", live), ("/readyz", ready)]
}

fn fine(status: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{{\"status\":\"{status}\"}}")));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
