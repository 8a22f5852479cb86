//! One request: from its head and body to a call, and back.

use std::borrow::Cow;
use std::convert::Infallible;
use std::mem;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{OriginalUri, Request};
use axum::http::header::{CONNECTION, WWW_AUTHENTICATE};
use axum::http::request::Parts as Head;
use axum::http::{HeaderValue, Response, StatusCode};
use cqrs_core::http::{Parts, Route, RouteDispatch, RouteResult};
use cqrs_core::{Bus, MessageId, Problem};
use percent_encoding::percent_decode;

use crate::answer;
use crate::authenticate::{Authenticator, Caller, Challenge};
use crate::body::{self, Limits};
use crate::given::{self, CORRELATION_ID, Given};

/// What all routes of an edge have in common.
pub(crate) struct Shared {
    pub(crate) bus: Bus,
    pub(crate) authenticator: Option<Box<dyn Authenticator>>,
    pub(crate) limits: Limits,
}

/// A path and query string longer than that are no route's.
pub(crate) const LONGEST_URI: usize = 8 * 1024;

/// Answers one request of a route.
///
/// axum puts the future into a box for each request, so that it is worth keeping small: what an `async fn` takes by
/// value, its future has room for twice.
pub(crate) fn answer(route: Route, shared: Arc<Shared>, request: Request) -> impl Future<Output = Answered> + Send {
    let (head, mut body) = request.into_parts();
    async move {
        let id = MessageId::new();
        let (mut given, read) = Given::of(&head.headers);
        let correlation = given.correlation.clone().unwrap_or_else(|| id_of(id));
        let answered = match read {
            Ok(()) => call(route, &shared, &head, &mut body, &mut given, id).await,
            Err(problem) => Err(problem),
        };
        let mut response = answered.unwrap_or_else(|problem| answer::of_problem(&problem));
        match response.status() {
            StatusCode::UNAUTHORIZED => challenge(&shared, &mut response, Challenge::Unsaid),
            // The rest of the body is not read, and nothing can come after it.
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response.headers_mut().insert(&CORRELATION_ID, correlation);
        Ok(response)
    }
}

/// Whatever goes wrong is an answer too.
type Answered = Result<Response<Body>, Infallible>;

async fn call(
    route: Route,
    shared: &Shared,
    head: &Head,
    body: &mut Body,
    given: &mut Given,
    id: MessageId,
) -> Result<Response<Body>, Problem> {
    if let Some(problem) = too_long(head) {
        return Err(problem);
    }
    let caller = match &shared.authenticator {
        Some(authenticator) => match authenticator.ask(head).await {
            Ok(caller) => caller,
            Err(problem) => {
                let mut response = answer::of_problem(&problem);
                if problem.status == 401 {
                    challenge(shared, &mut response, Challenge::Unbelieved);
                }
                return Ok(response);
            }
        },
        None => None,
    };
    if !route.admits(caller.as_ref().map(|caller| &caller.principal)) {
        let refused = as_given(route.refuse(&shared.bus), Origin { id, caller, given: mem::take(given) });
        let mut response = answer::of_result(refused.await, prefix(head));
        if let (StatusCode::FORBIDDEN, Some(scope)) = (response.status(), route.scope()) {
            challenge(shared, &mut response, Challenge::Without(scope));
        }
        return Ok(response);
    }
    let path = segments(route.path(), head.uri.path())?;
    let body = match route.has_body() {
        true => body::read(&head.headers, mem::take(body), shared.limits).await?,
        false => axum::body::Bytes::new(),
    };
    let origin = Origin { id, caller, given: mem::take(given) };
    let result = begin(route, &shared.bus, (head, &path, &body), origin).await;
    Ok(answer::of_result(result, prefix(head)))
}

/// What a call knows of where it comes from.
struct Origin {
    id: MessageId,
    caller: Option<Caller>,
    given: Given,
}

/// Reads the message and begins its call, which holds nothing of the request.
fn begin(
    route: Route,
    bus: &Bus,
    (head, path, body): (&Head, &[Cow<'_, str>], &[u8]),
    origin: Origin,
) -> impl Future<Output = RouteResult> + Send + use<> {
    let header = |name: &str| given::text(&head.headers, name);
    let parts = Parts { path, query: head.uri.query().unwrap_or_default(), headers: &header, body };
    as_given(route.call(bus, &parts), origin).into_future()
}

/// The call with the options that the request gives it.
fn as_given<'a>(call: RouteDispatch<'a>, Origin { id, caller, given }: Origin) -> RouteDispatch<'a> {
    let mut call = call.message_id(id);
    if let Some(correlation) = given.correlation_id() {
        call = call.correlation(correlation);
    }
    if let Some(Caller { principal, tenant }) = caller {
        call = call.by(principal);
        if let Some(tenant) = tenant {
            call = call.tenant(tenant);
        }
    }
    if let Some(key) = given.key {
        call = call.idempotency_key(key).refuse_if_running();
    }
    if let Some(timeout) = given.timeout {
        call = call.timeout(timeout);
    }
    if let Some(trace) = given.trace {
        call = call.trace_context(trace);
    }
    call
}

fn id_of(id: MessageId) -> HeaderValue {
    let uuid = id.as_uuid();
    let mut text = [0; 36];
    uuid.hyphenated().encode_lower(&mut text);
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("-"))
}

pub(crate) fn too_long(head: &Head) -> Option<Problem> {
    let length = head.uri.path().len() + head.uri.query().map_or(0, str::len);
    (length > LONGEST_URI)
        .then(|| Problem::new(414, format!("path and query string are longer than {LONGEST_URI} bytes")))
}

fn challenge(shared: &Shared, response: &mut Response<Body>, why: Challenge<'_>) {
    let Some(authenticator) = &shared.authenticator else { return };
    let challenge = authenticator.scheme().challenge(why);
    if let Some(challenge) = challenge.and_then(|challenge| HeaderValue::try_from(challenge).ok()) {
        response.headers_mut().entry(WWW_AUTHENTICATE).or_insert(challenge);
    }
}

/// The answer to a request of no route, under the id that all answers have.
pub(crate) fn of_no_route(head: &Head, mut response: Response<Body>) -> Response<Body> {
    let (given, _) = Given::of(&head.headers);
    response.headers_mut().insert(&CORRELATION_ID, given.correlation.unwrap_or_else(|| id_of(MessageId::new())));
    response
}

/// Whether a path has a segment without anything in it, which no route has.
pub(crate) fn has_empty_segment(path: &str) -> bool {
    path.len() > 1 && path.split('/').skip(1).any(str::is_empty)
}

/// There is nothing there.
pub(crate) fn no_such_path() -> Problem {
    Problem::not_found("there is no such path")
}

/// What stands where the template has names, decoded. The router has matched the path, so that both have as many segments.
fn segments<'a>(template: &str, path: &'a str) -> Result<Vec<Cow<'a, str>>, Problem> {
    // As bytes, since segments are too short for a search that begins anew for each of them.
    let is_slash = |byte: &u8| *byte == b'/';
    let pairs = template.as_bytes().split(is_slash).zip(path.as_bytes().split(is_slash));
    let named = pairs.filter(|(segment, _)| segment.starts_with(b"{"));
    named
        .map(|(name, given)| {
            if given.is_empty() {
                return Err(no_such_path());
            }
            percent_decode(given).decode_utf8().map_err(|_| {
                let name = String::from_utf8_lossy(name);
                let name = name.trim_matches(['{', '}']);
                Problem::bad_request("what is encoded in the path is not UTF-8").with_field(name, "it is not UTF-8")
            })
        })
        .collect()
}

/// Where this router is nested in another one: what was cut off the path on the way here.
pub(crate) fn prefix(head: &Head) -> &str {
    let original = head.extensions.get::<OriginalUri>().map_or("", |original| original.path());
    match head.uri.path() {
        // All of it was cut off, and no slash was left to stand for the root.
        "/" => original.trim_end_matches('/'),
        path => original.strip_suffix(path).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_path_are_decoded() {
        let decoded = segments("/users/{id}/name/{name}", "/users/7/name/a%20b%2Fc").unwrap();
        assert_eq!(decoded, ["7", "a b/c"]);
        assert!(segments("/users", "/users").unwrap().is_empty());
        assert_eq!(segments("/users/{id}/name", "/users//name").unwrap_err().status, 404);
        assert!(has_empty_segment("/users//name") && has_empty_segment("/users/"));
        assert!(!has_empty_segment("/users/7") && !has_empty_segment("/"));
        let problem = segments("/users/{id}", "/users/%ff").unwrap_err();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (400, "id"));
    }
}
