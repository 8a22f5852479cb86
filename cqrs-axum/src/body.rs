//! The body of a request: JSON, no longer and no slower than the edge allows.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use cqrs_core::Problem;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
}

/// Reads a body to its end.
///
/// # Errors
/// The problem with it: 415, 413, 408, or 400 where it breaks off.
pub(crate) async fn read(headers: &HeaderMap, body: Body, limits: Limits) -> Result<Bytes, Problem> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limits.bytes)) {
        return Err(too_long(limits));
    }
    let bytes = match timeout(limits.time, Limited::new(body, limits.bytes).collect()).await {
        Ok(Ok(read)) => read.to_bytes(),
        Ok(Err(error)) => return Err(broken(&*error, limits)),
        Err(_) => return Err(too_slow(limits)),
    };
    // What is not there has no type; a message without fields is read from nothing.
    if bytes.is_empty() {
        return Ok(bytes);
    }
    if let Some(coding) = coding(headers) {
        return Err(unsupported(format!("the body is sent as it is, and not as `{coding}`")));
    }
    if !is_json(headers) {
        return Err(unsupported("the body is JSON: send it with `Content-Type: application/json`"));
    }
    Ok(bytes)
}

fn unsupported(detail: impl Into<String>) -> Problem {
    Problem::new(415, detail)
}

/// How it is coded, such as `gzip`. A layer that decodes bodies takes the header away with the coding.
fn coding(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let coding = String::from_utf8_lossy(headers.get(CONTENT_ENCODING)?.as_bytes());
    (!coding.eq_ignore_ascii_case("identity")).then_some(coding)
}

/// `application/json`, or a type that is written in JSON, such as `application/merge-patch+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.split_once('/').is_some_and(|(kind, format)| {
        let written_in = format.rsplit('+').next().unwrap_or_default();
        kind.eq_ignore_ascii_case("application") && written_in.eq_ignore_ascii_case("json")
    })
}

fn too_long(limits: Limits) -> Problem {
    Problem::new(413, format!("the body is longer than {} bytes", limits.bytes))
}

fn broken(error: &(dyn Error + 'static), limits: Limits) -> Problem {
    let mut sources = std::iter::successors(Some(error), |&error| error.source());
    match sources.any(|error| error.is::<LengthLimitError>()) {
        true => too_long(limits),
        false => Problem::bad_request("the body breaks off before its end"),
    }
}

fn too_slow(limits: Limits) -> Problem {
    Problem::new(408, format!("the body did not arrive within {:?}", limits.time))
}
