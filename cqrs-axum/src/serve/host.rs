//! What every request of HTTP/1.1 has to say, whoever it is for: which host it means.
//!
//! Two parties that understand it differently, such as a proxy and the server behind it, are what smuggled requests are
//! made of (RFC 9112, 3.2): so it is refused here and not guessed.

use axum::body::Body;
use axum::http::header::{CONNECTION, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Request, Response, Version};
use cqrs_core::Problem;

use crate::answer;

/// Whether a request names exactly one host. HTTP/1.0 knows of none, and need not.
pub(super) fn names_one<B>(request: &Request<B>) -> bool {
    let mut given = request.headers().get_all(HOST).iter();
    match (given.next(), given.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_host(host),
        (Some(_), Some(_)) => false,
    }
}

/// An authority without a user; an empty one is that of a target that has none.
fn is_host(host: &HeaderValue) -> bool {
    host.is_empty() || !host.as_bytes().contains(&b'@') && Authority::try_from(host.as_bytes()).is_ok()
}

/// The answer to one that does not. Nobody knows what else of the connection is to be believed.
pub(super) fn refused() -> Response<Body> {
    let mut response = answer::of_problem(&Problem::bad_request("a request has one header `Host`, which names a host"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
