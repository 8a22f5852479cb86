//! The requests, and the candidates that answer them.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use cqrs_axum::Edge;
use http_body_util::BodyExt as _;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::measure::Candidate;
use crate::things::{KEY, Keys, bus};
use crate::{alloc, by_hand};

/// The candidates' names.
pub const GENERATED: &str = "**generated**";
pub const BY_HAND: &str = "by hand";
const PATIENT: &str = "by hand, no deadline for the body";

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    Create,
    CreateWithHeaders,
    Get,
    GetUnknown,
}

/// All of them.
pub const WORKLOADS: [Workload; 4] =
    [Workload::Create, Workload::Get, Workload::CreateWithHeaders, Workload::GetUnknown];

impl Workload {
    /// What the command line calls it.
    pub fn key(self) -> &'static str {
        match self {
            Workload::Create => "create",
            Workload::CreateWithHeaders => "create-with-headers",
            Workload::Get => "get",
            Workload::GetUnknown => "get-unknown",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Workload::Create => "`POST /things`, 201",
            Workload::CreateWithHeaders => "`POST /things`, with all that a header can say, 201",
            Workload::Get => "`GET /things/{id}`, 200",
            Workload::GetUnknown => "`GET /things/{id}`, 404",
        }
    }

    fn status(self) -> u16 {
        match self {
            Workload::Create | Workload::CreateWithHeaders => 201,
            Workload::Get => 200,
            Workload::GetUnknown => 404,
        }
    }

    fn request(self) -> Request<Body> {
        let path = match self {
            Workload::Create | Workload::CreateWithHeaders => "/things",
            Workload::Get => "/things/417",
            Workload::GetUnknown => "/things/4711000",
        };
        let mut request = Request::builder().uri(path);
        for (name, value) in
            [("host", "localhost:8080"), ("user-agent", "load/1.0"), ("accept", "*/*"), ("x-api-key", KEY)]
        {
            request = request.header(name, value);
        }
        if self == Workload::CreateWithHeaders {
            for (name, value) in [
                ("x-correlation-id", "order-4711"),
                ("idempotency-key", "\"8e03978e-40d5-43e8-bc93-6894a57f9324\""),
                ("x-request-timeout-ms", "2000"),
                ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ] {
                request = request.header(name, value);
            }
        }
        let request = match self {
            Workload::Get | Workload::GetUnknown => request.body(Body::empty()),
            Workload::Create | Workload::CreateWithHeaders => {
                let json = r#"{"name":"punched cards","note":"leave them with the porter, please","quantity":18}"#;
                let request = request.method("POST").header("content-type", "application/json");
                request.header("content-length", json.len()).body(Body::from(json))
            }
        };
        request.expect("it is a request")
    }

    /// By hand first, then generated; on one bus.
    pub fn candidates(self) -> Vec<Candidate> {
        let runtime = runtime();
        let bus = bus();
        let mut routers = vec![(BY_HAND, by_hand::router(bus.clone())), (GENERATED, generated(bus.clone()))];
        if matches!(self, Workload::Create | Workload::CreateWithHeaders) {
            routers.push((PATIENT, by_hand::patient(bus)));
        }
        let candidate = |(name, router): (&str, Router)| {
            let runtime = runtime.clone();
            let status = runtime.block_on(answer(&router, self.request())).status();
            assert_eq!(status.as_u16(), self.status(), "{name}");
            Candidate::new(name, move |calls| self.batch(&runtime, &router, calls))
        };
        routers.into_iter().map(candidate).collect()
    }

    /// Makes so many requests, and says how long their answers took. They are built a few at a time, and without being
    /// counted or timed, so that they are in the cache as they would be from a socket.
    fn batch(self, runtime: &Runtime, router: &Router, calls: u64) -> Duration {
        let (mut left, mut took) = (calls, Duration::ZERO);
        while left > 0 {
            let some = left.min(64);
            let requests = alloc::uncounted(|| (0..some).map(|_| self.request()).collect());
            let start = Instant::now();
            serve(runtime, router, requests);
            took += start.elapsed();
            left -= some;
        }
        took
    }
}

/// What is measured. Callgrind finds it by its name.
#[inline(never)]
pub fn serve(runtime: &Runtime, router: &Router, requests: Vec<Request<Body>>) {
    let all = async {
        for request in requests {
            black_box(answer(router, request).await);
        }
    };
    runtime.block_on(tokio::task::unconstrained(all));
}

/// As hyper does it: a clone of the service for each request, and the body to its end.
async fn answer(router: &Router, request: Request<Body>) -> Response<()> {
    let Ok(answer) = router.clone().oneshot(request).await;
    let (head, mut body) = answer.into_parts();
    while let Some(frame) = body.frame().await {
        black_box(frame.expect("a body is whole"));
    }
    Response::from_parts(head, ())
}

fn generated(bus: cqrs_core::Bus) -> Router {
    Edge::new(bus).authenticate(Keys::new()).body_limit(by_hand::BODY_LIMIT).router()
}

fn runtime() -> Arc<Runtime> {
    Arc::new(tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a tokio runtime starts"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Status and headers, but for the values that are new in each answer.
    fn told(answer: &Response<()>) -> (u16, Vec<String>) {
        let mut headers: Vec<_> = answer
            .headers()
            .iter()
            .map(|(name, value)| match name.as_str() {
                "x-correlation-id" | "location" | "content-length" => name.to_string(),
                name => format!("{name}: {value:?}"),
            })
            .collect();
        headers.sort();
        (answer.status().as_u16(), headers)
    }

    #[test]
    fn both_answer_alike() {
        let (runtime, bus) = (runtime(), bus());
        let (by_hand, generated) = (by_hand::router(bus.clone()), generated(bus));
        let alike = |workload: Workload, change: &dyn Fn(&mut Request<Body>), status: u16| {
            let [by_hand, generated] = [&by_hand, &generated].map(|router| {
                let mut request = workload.request();
                change(&mut request);
                runtime.block_on(async { told(&answer(router, request).await) })
            });
            assert_eq!(by_hand, generated);
            assert_eq!(generated.0, status);
        };
        for workload in WORKLOADS {
            alike(workload, &|_| {}, workload.status());
        }
        for (workload, header, value, status) in [
            (Workload::Get, "x-correlation-id", "a b", 400),
            (Workload::Get, "x-correlation-id", "order-4711", 200),
            (Workload::Get, "x-request-timeout-ms", "soon", 400),
            (Workload::Get, "traceparent", "nothing", 200),
            (Workload::Get, "x-api-key", "stolen", 401),
            (Workload::Create, "content-type", "text/plain", 415),
        ] {
            alike(
                workload,
                &|request| _ = request.headers_mut().insert(header, HeaderValue::from_static(value)),
                status,
            );
        }
        for workload in [Workload::Create, Workload::Get] {
            alike(workload, &|request| _ = request.headers_mut().remove("x-api-key"), 401);
        }
        let long = "x".repeat(by_hand::BODY_LIMIT + 1);
        for (body, status) in [("{", 400), ("{}", 400), (r#"{"name":"","note":"","quantity":1}"#, 400), (&long, 413)] {
            let change = |request: &mut Request<Body>| {
                request.headers_mut().remove("content-length");
                *request.body_mut() = Body::from(body.to_owned());
            };
            alike(Workload::Create, &change, status);
        }
    }
}
