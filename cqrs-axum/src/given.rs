//! What a request's headers say about its call.

use std::time::Duration;

use axum::http::header::AsHeaderName;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use cqrs_core::{CorrelationId, Problem, TraceContext};

pub(crate) static CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static TIMEOUT: HeaderName = HeaderName::from_static("x-request-timeout-ms");
static TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest `Idempotency-Key`.
pub(crate) const LONGEST_KEY: usize = 255;
/// The longest `X-Correlation-Id`.
pub(crate) const LONGEST_CORRELATION_ID: usize = 128;
/// The longest time a request may ask for: an hour.
pub(crate) const LONGEST_TIMEOUT: u64 = 3_600_000;

/// What the headers say.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) key: Option<String>,
    /// As it came, to be sent back.
    pub(crate) correlation: Option<HeaderValue>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) trace: Option<TraceContext>,
}

impl Given {
    /// Reads them: what is as it should be, and a problem that names each header which is not.
    pub(crate) fn of(headers: &HeaderMap) -> (Self, Result<(), Problem>) {
        let (mut given, mut wrong) = (Given::default(), Vec::new());
        match only(headers, &IDEMPOTENCY_KEY).and_then(|key| key.map(key_of).transpose()) {
            Ok(key) => given.key = key,
            Err(Wrong) => wrong.push(("Idempotency-Key", "once, 1 to 255 visible characters, in quotes or not")),
        }
        match only(headers, &CORRELATION_ID).and_then(|id| id.map(correlation_of).transpose()) {
            Ok(id) => given.correlation = id,
            Err(Wrong) => wrong.push(("X-Correlation-Id", "once, 1 to 128 visible characters")),
        }
        match only(headers, &TIMEOUT).and_then(|timeout| timeout.map(timeout_of).transpose()) {
            Ok(timeout) => given.timeout = timeout,
            Err(Wrong) => wrong.push(("X-Request-Timeout-Ms", "once, a whole number from 1 to 3600000")),
        }
        given.trace = trace_of(headers);
        if wrong.is_empty() {
            return (given, Ok(()));
        }
        let problem = Problem::bad_request("a header is not what it should be");
        let named = wrong
            .into_iter()
            .fold(problem, |problem, (header, should)| problem.with_field(header, format!("it is given {should}")));
        (given, Err(named))
    }

    pub(crate) fn correlation_id(&self) -> Option<CorrelationId> {
        let text = self.correlation.as_ref()?.to_str().ok()?;
        Some(text.into())
    }
}

struct Wrong;

/// A header that comes once or not at all.
fn only(headers: &HeaderMap, name: impl AsHeaderName + Copy) -> Result<Option<&HeaderValue>, Wrong> {
    let Some(first) = headers.get(name) else { return Ok(None) };
    match headers.get_all(name).iter().nth(1) {
        Some(_) => Err(Wrong),
        None => Ok(Some(first)),
    }
}

/// What a field of a message is read from: each line of a header.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Vec<&'a str>, &'static str> {
    let lines = headers.get_all(name).iter().map(HeaderValue::to_str);
    lines.collect::<Result<_, _>>().map_err(|_| "it holds other characters than visible ones of ASCII")
}

/// As [the draft](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) has it, a string in
/// quotes; or bare, as most clients send it.
fn key_of(value: &HeaderValue) -> Result<String, Wrong> {
    let text = value.to_str().map_err(|_| Wrong)?.trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    // A quote without the other one is a key that was torn.
    match is_visible(bare, LONGEST_KEY) && !bare.contains('"') {
        true => Ok(bare.to_owned()),
        false => Err(Wrong),
    }
}

fn correlation_of(value: &HeaderValue) -> Result<HeaderValue, Wrong> {
    let text = value.to_str().map_err(|_| Wrong)?;
    if is_visible(text, LONGEST_CORRELATION_ID) { Ok(value.clone()) } else { Err(Wrong) }
}

fn is_visible(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn timeout_of(value: &HeaderValue) -> Result<Duration, Wrong> {
    let text = value.to_str().map_err(|_| Wrong)?;
    match text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse()) {
        Some(Ok(millis @ 1..=LONGEST_TIMEOUT)) => Ok(Duration::from_millis(millis)),
        _ => Err(Wrong),
    }
}

/// [W3C Trace Context](https://www.w3.org/TR/trace-context/#processing-model-for-working-with-trace-context): what
/// cannot be read counts as not given, and the rest of the request is no worse for it.
fn trace_of(headers: &HeaderMap) -> Option<TraceContext> {
    let parent = only(headers, &TRACE_PARENT).ok()??;
    let trace: TraceContext = parent.to_str().ok()?.parse().ok()?;
    let states: Vec<_> = headers.get_all("tracestate").iter().filter_map(|state| state.to_str().ok()).collect();
    match states.is_empty() {
        true => Some(trace),
        false => Some(trace.clone().with_state(states.join(",")).unwrap_or(trace)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(headers: &[(&'static str, &str)]) -> Result<Given, Vec<String>> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let (given, read) = Given::of(&map);
        let named = |problem: Problem| problem.errors.iter().map(|error| error.field.clone()).collect();
        read.map(|()| given).map_err(named)
    }

    #[test]
    fn what_is_given_is_read() {
        let given = given(&[
            ("idempotency-key", "\"k-1\""),
            ("x-correlation-id", "order-7"),
            ("x-request-timeout-ms", "1500"),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("tracestate", "a=1"),
            ("tracestate", "b=2"),
        ])
        .unwrap();
        assert_eq!((given.key.as_deref(), given.timeout), (Some("k-1"), Some(Duration::from_millis(1500))));
        assert_eq!(given.correlation_id().unwrap().to_string(), "order-7");
        assert_eq!(given.trace.unwrap().state(), Some("a=1,b=2"));
    }

    #[test]
    fn what_is_wrong_is_named_all_at_once() {
        let long = "x".repeat(256);
        for (name, values) in [
            ("idempotency-key", vec!["\"\"", "\"", "\"a", "a\"b", "a b", &long]),
            ("x-correlation-id", vec!["", "a b", &long]),
            ("x-request-timeout-ms", vec!["0", "-1", "+1", "1.5", "3600001", "99999999999999999999"]),
        ] {
            for value in values {
                assert_eq!(given(&[(name, value)]).unwrap_err().len(), 1, "{name}: {value}");
            }
            assert_eq!(given(&[(name, "1"), (name, "1")]).unwrap_err().len(), 1, "{name} twice");
        }
        let both = given(&[("idempotency-key", ""), ("x-request-timeout-ms", "soon")]).unwrap_err();
        assert_eq!(both, ["Idempotency-Key", "X-Request-Timeout-Ms"]);
    }

    #[test]
    fn a_trace_that_cannot_be_read_counts_as_none() {
        assert!(given(&[("traceparent", "00-zz-zz-01")]).unwrap().trace.is_none());
        assert!(given(&[("tracestate", "a=1")]).unwrap().trace.is_none());
    }
}
