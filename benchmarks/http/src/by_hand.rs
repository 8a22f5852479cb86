//! The same routes as somebody would write them for axum: `State`, `Json`, `Path`, and an extractor of their own for
//! what the headers say. It answers as the generated ones do, or it would be measured doing less.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cqrs_core::{Bus, DispatchError, FaultKind, IntoProblem, MessageId, Principal, Problem, TraceContext};

use crate::things::{CreateThing, GetThing, Keys, ThingError};

/// The longest body: axum's own default, which costs no layer.
pub const BODY_LIMIT: usize = 2 * 1024 * 1024;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(30);

// A name that is a string would be parsed for each request.
static CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static TIMEOUT: HeaderName = HeaderName::from_static("x-request-timeout-ms");
static TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
static TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");

struct App {
    bus: Bus,
    keys: Keys,
}

/// The two routes.
pub fn router(bus: Bus) -> Router {
    routed(bus, Router::new().route("/things", post(create)))
}

/// The two routes, where a client may take for ever to send a body.
pub fn patient(bus: Bus) -> Router {
    routed(bus, Router::new().route("/things", post(create_patiently)))
}

fn routed(bus: Bus, router: Router<Arc<App>>) -> Router {
    router.route("/things/{id}", get(show)).with_state(Arc::new(App { bus, keys: Keys::new() }))
}

/// Makes a call with what the headers say about it.
macro_rules! call {
    ($call:expr, $given:ident) => {{
        let mut call = $call.message_id($given.id);
        if let Some(principal) = $given.principal {
            call = call.by(principal);
        }
        if let (true, Ok(correlation)) = ($given.correlates, $given.correlation.to_str()) {
            call = call.correlation(correlation);
        }
        if let Some(key) = $given.key {
            call = call.idempotency_key(key).refuse_if_running();
        }
        if let Some(timeout) = $given.timeout {
            call = call.timeout(timeout);
        }
        if let Some(trace) = $given.trace {
            call = call.trace_context(trace);
        }
        call
    }};
}

type Body = Result<Json<CreateThing>, JsonRejection>;

async fn create(State(app): State<Arc<App>>, given: Given, Timely(body): Timely<Body>) -> Response {
    created(&app, given, body.and_then(readable)).await
}

async fn create_patiently(State(app): State<Arc<App>>, given: Given, body: Body) -> Response {
    created(&app, given, readable(body)).await
}

async fn created(app: &App, given: Given, command: Result<CreateThing, Problem>) -> Response {
    let correlation = given.correlation.clone();
    let answer = match command {
        Ok(command) => match call!(app.bus.execute(command), given).await {
            Ok(thing) => {
                let location = [(LOCATION, format!("/things/{}", thing.id))];
                (StatusCode::CREATED, location, Json(thing)).into_response()
            }
            Err(error) => refusal(error),
        },
        Err(wrong) => problem(&wrong),
    };
    with_correlation(answer, correlation)
}

async fn show(State(app): State<Arc<App>>, given: Given, id: Result<Path<u64>, PathRejection>) -> Response {
    let correlation = given.correlation.clone();
    let answer = match id {
        Ok(Path(id)) => match call!(app.bus.query(GetThing { id }), given).await {
            Ok(thing) => Json(thing).into_response(),
            Err(error) => refusal(error),
        },
        Err(rejection) => problem(&Problem::bad_request(rejection.body_text())),
    };
    with_correlation(answer, correlation)
}

/// What the headers say.
struct Given {
    id: MessageId,
    /// To be sent back; of the caller's own, if `correlates`.
    correlation: HeaderValue,
    correlates: bool,
    principal: Option<Principal>,
    key: Option<String>,
    timeout: Option<Duration>,
    trace: Option<TraceContext>,
}

impl FromRequestParts<Arc<App>> for Given {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let id = MessageId::new();
        match Given::of(&parts.headers, id, &app.keys) {
            Ok(given) => Ok(given),
            Err(wrong) if wrong.status == 401 => Err(with_correlation(challenge(&wrong), text_of(id))),
            Err(wrong) => Err(with_correlation(problem(&wrong), text_of(id))),
        }
    }
}

impl Given {
    fn of(headers: &HeaderMap, id: MessageId, keys: &Keys) -> Result<Given, Problem> {
        let correlation = once(headers, &CORRELATION_ID, 128)?;
        let key = once(headers, &IDEMPOTENCY_KEY, 255)?;
        let timeout = once(headers, &TIMEOUT, 7)?;
        let trace = once(headers, &TRACE_PARENT, 255).ok().flatten();
        let state = headers.get(&TRACE_STATE).and_then(|state| state.to_str().ok());
        Ok(Given {
            id,
            correlates: correlation.is_some(),
            correlation: correlation.and_then(|id| id.parse().ok()).unwrap_or_else(|| text_of(id)),
            principal: keys.principal(headers)?,
            key: key.map(|key| key.trim_matches('"').to_owned()),
            timeout: match timeout.map(str::parse) {
                None => None,
                Some(Ok(millis @ 1..=3_600_000)) => Some(Duration::from_millis(millis)),
                Some(_) => return Err(wrong_header(&TIMEOUT)),
            },
            trace: match (trace.and_then(|trace| trace.parse::<TraceContext>().ok()), state) {
                (Some(trace), Some(state)) => Some(trace.clone().with_state(state).unwrap_or(trace)),
                (trace, _) => trace,
            },
        })
    }
}

/// A header that comes once or not at all, and can be seen.
fn once<'a>(headers: &'a HeaderMap, name: &HeaderName, longest: usize) -> Result<Option<&'a str>, Problem> {
    let Some(first) = headers.get(name) else { return Ok(None) };
    let text = first.to_str().ok().filter(|_| headers.get_all(name).iter().nth(1).is_none());
    let visible = text.filter(|text| (1..=longest).contains(&text.len()));
    match visible.filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic())) {
        Some(text) => Ok(Some(text)),
        None => Err(wrong_header(name)),
    }
}

fn wrong_header(name: &HeaderName) -> Problem {
    Problem::bad_request("a header is not what it should be").with_field(name.as_str(), "it is given once")
}

fn text_of(id: MessageId) -> HeaderValue {
    let mut text = [0; 36];
    id.as_uuid().hyphenated().encode_lower(&mut text);
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("-"))
}

/// What is read from a body that comes in time.
struct Timely<E>(Result<E, Problem>);

impl<E: FromRequest<Arc<App>>> FromRequest<Arc<App>> for Timely<E> {
    type Rejection = E::Rejection;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, E::Rejection> {
        match tokio::time::timeout(BODY_TIME, E::from_request(request, app)).await {
            Ok(read) => Ok(Timely(Ok(read?))),
            Err(_) => Ok(Timely(Err(Problem::new(408, "the body did not arrive in time")))),
        }
    }
}

fn readable(body: Body) -> Result<CreateThing, Problem> {
    match body {
        Ok(Json(command)) => Ok(command),
        Err(JsonRejection::JsonDataError(error)) => Err(Problem::bad_request(error.body_text())),
        Err(error) => Err(Problem::new(error.status().as_u16(), error.body_text())),
    }
}

fn refusal(error: DispatchError<ThingError>) -> Response {
    let fault = match error {
        DispatchError::Rejected(error) => return problem(&error.into_problem()),
        DispatchError::Fault(fault) => fault,
    };
    match fault.kind() {
        FaultKind::Unauthenticated => challenge(&fault.into_problem()),
        FaultKind::StillRunning | FaultKind::Unavailable => {
            let mut answer = problem(&fault.into_problem());
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            answer
        }
        _ => problem(&fault.into_problem()),
    }
}

fn challenge(unauthorized: &Problem) -> Response {
    let mut answer = problem(unauthorized);
    let scheme = HeaderValue::from_static("ApiKey header=\"X-Api-Key\"");
    answer.headers_mut().insert(WWW_AUTHENTICATE, scheme);
    answer
}

fn problem(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
    (status, headers, serde_json::to_vec(problem).unwrap_or_default()).into_response()
}

fn with_correlation(mut answer: Response, correlation: HeaderValue) -> Response {
    answer.headers_mut().insert(&CORRELATION_ID, correlation);
    answer
}
