//! The headers that every route knows, apart from `Idempotency-Key`, which has a file of its own.

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cqrs_core::{Bus, Context, InMemoryUnit, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::Host;
use support::client::{Request, get, post, request};

/// What a handler sees of the request.
#[query(output = Value, http(get = "/context"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetContext {}

#[handler]
fn get_context(_: GetContext, context: Context) -> Value {
    let trace = context.trace_context();
    json!({
        "message": context.message_id().to_string(),
        "correlation": context.correlation_id().to_string(),
        "causation": context.causation_id().map(|id| id.to_string()),
        "key": context.idempotency_key(),
        "trace": trace.trace_id().to_string(),
        "sampled": trace.is_sampled(),
        "state": trace.state(),
        "deadline": context.deadline().is_some(),
    })
}

#[command(output = Value, http(post = "/context"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct TellContext {}

#[handler]
async fn tell_context(_: TellContext, context: Context) -> Value {
    get_context(GetContext {}, context)
}

/// What calls have written, and how many have begun to.
#[derive(Clone, Default)]
struct Notes(Arc<(Mutex<Vec<u64>>, AtomicU32)>);

impl Notes {
    fn written(&self) -> Vec<u64> {
        self.0.0.lock().unwrap().clone()
    }
}

async fn note(unit: &InMemoryUnit, notes: &Notes, millis: u64) {
    let written = notes.clone();
    unit.on_commit(move || written.0.0.lock().unwrap().push(millis));
    notes.0.1.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

#[command(http(post = "/notes"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Note {
    millis: u64,
}

#[handler]
async fn take_note(cmd: Note, unit: &mut InMemoryUnit, notes: &Notes) {
    note(unit, notes, cmd.millis).await;
}

#[command(timeout = "50ms", http(post = "/hasty-notes"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct HastyNote {
    millis: u64,
}

#[handler]
async fn take_hasty_note(cmd: HastyNote, unit: &mut InMemoryUnit, notes: &Notes) {
    note(unit, notes, cmd.millis).await;
}

fn host() -> (Host, Notes) {
    let notes = Notes::default();
    let bus = Bus::builder().provide(notes.clone()).build();
    (Host::of(&bus, cqrs_axum::router(bus.clone())), notes)
}

fn ask(headers: &[(&str, &str)]) -> Request {
    headers.iter().fold(get("/context"), |request, (name, value)| request.header(name, value))
}

#[test]
fn a_correlation_id_reaches_the_handler_and_comes_back() {
    let (host, _) = host();
    let given = host.send(ask(&[("X-Correlation-Id", "order-7/a")]));
    assert_eq!(given.header("x-correlation-id"), Some("order-7/a"));
    let seen = given.json(200);
    assert_eq!((&seen["correlation"], &seen["causation"]), (&json!("order-7/a"), &Value::Null));
    assert_ne!(seen["message"], "order-7/a");
    let longest = "x".repeat(128);
    assert_eq!(host.send(ask(&[("x-correlation-id", &longest)])).json(200)["correlation"], longest);
}

#[test]
fn a_correlation_id_is_made_of_the_calls_own_id_where_none_is_given() {
    let (host, _) = host();
    for request in [get("/context"), request("POST", "/context")] {
        let (first, second) = (host.send(request.clone()), host.send(request));
        let made = first.header("x-correlation-id").unwrap();
        let seen = first.json(200);
        assert_eq!((&seen["correlation"], &seen["message"]), (&json!(made), &json!(made)));
        assert_ne!(second.header("x-correlation-id"), Some(made));
    }
}

#[test]
fn every_answer_of_a_route_says_what_it_belongs_to() {
    let (host, _) = host();
    let correlated = |request: Request| request.header("X-Correlation-Id", "it");
    for (request, status) in [
        (post("/notes", "{"), 400),
        (request("POST", "/notes").body("{}"), 415),
        (post("/notes", r#"{"millis":0}"#), 204),
        (get(&format!("/context?{}", "a".repeat(9000))), 414),
        (ask(&[("Idempotency-Key", "a b")]), 400),
    ] {
        let (given, made) = (host.send(correlated(request.clone())), host.send(request));
        assert_eq!((given.status, given.header("x-correlation-id")), (status, Some("it")));
        assert_eq!(made.header("x-correlation-id").map(str::len), Some(36), "{status}");
    }
}

#[test]
fn a_header_that_is_not_what_it_should_be_is_400_and_named() {
    let (host, _) = host();
    let long = "x".repeat(256);
    for (name, wrong, should) in [
        ("Idempotency-Key", ["", "a b", "\"a", "\"\"", &long], "it is given once, 1 to 255 visible characters"),
        ("X-Correlation-Id", ["", "a b", "é", &long[..129], &long], "it is given once, 1 to 128 visible characters"),
        (
            "X-Request-Timeout-Ms",
            ["", "0", "soon", "1.5", "3600001"],
            "it is given once, a whole number from 1 to 3600000",
        ),
    ] {
        for value in wrong {
            let answer = host.send(ask(&[(name, value)]));
            assert_eq!(answer.detail(400), "a header is not what it should be");
            let said = answer.field_error(400, name);
            assert!(said.starts_with(should), "{value}: {said}");
        }
        assert!(host.send(ask(&[(name, "1"), (name, "1")])).field_error(400, name).starts_with(should));
    }
    let all = host.send(ask(&[("Idempotency-Key", ""), ("X-Correlation-Id", ""), ("X-Request-Timeout-Ms", "")]));
    assert_eq!(all.problem(400)["errors"].as_array().unwrap().len(), 3, "at once");
}

#[test]
fn a_trace_goes_on_in_the_handler() {
    let (host, _) = host();
    let parent = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let traced = host.send(ask(&[parent, ("tracestate", "a=1"), ("Tracestate", "b=2")])).json(200);
    assert_eq!(traced["trace"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!((&traced["sampled"], &traced["state"]), (&json!(true), &json!("a=1,b=2")));
    let alone = host.send(ask(&[parent])).json(200);
    assert_eq!((&alone["trace"], &alone["state"]), (&traced["trace"], &Value::Null));

    // What cannot be read counts as not given.
    for wrong in ["", "00-zz-zz-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
        let fresh = host.send(ask(&[("traceparent", wrong), ("tracestate", "a=1")])).json(200);
        assert_ne!(fresh["trace"], traced["trace"], "{wrong}");
        assert_eq!((&fresh["sampled"], &fresh["state"]), (&json!(false), &Value::Null), "{wrong}");
    }
    let twice = host.send(ask(&[parent, parent])).json(200);
    assert_ne!(twice["trace"], traced["trace"]);
    let stateless = host.send(ask(&[parent, ("tracestate", &"x".repeat(513))])).json(200);
    assert_eq!((&stateless["trace"], &stateless["state"]), (&traced["trace"], &Value::Null));
}

#[test]
fn a_request_that_takes_longer_than_it_may_is_504_and_rolled_back() {
    let (host, notes) = host();
    assert_eq!(host.get("/context").json(200)["deadline"], false);
    assert_eq!(host.send(ask(&[("X-Request-Timeout-Ms", "3600000")])).json(200)["deadline"], true);

    let began = Instant::now();
    let slow = post("/notes", r#"{"millis":60000}"#).header("X-Request-Timeout-Ms", "1000");
    let answer = host.send(slow);
    assert_eq!(answer.problem(504)["title"], "Gateway Timeout");
    assert_eq!(answer.detail(504), "it took too long and was rolled back; nothing happened");
    assert!(began.elapsed() < Duration::from_secs(10));
    host.send(post("/notes", r#"{"millis":1}"#).header("X-Request-Timeout-Ms", "60000")).nothing(204);
    assert_eq!((notes.written(), notes.0.1.load(Ordering::SeqCst)), (vec![1], 2), "of the first one nothing is left");
}

#[test]
fn of_two_timeouts_the_shorter_one_counts() {
    let (host, notes) = host();
    for (target, given) in [("/hasty-notes", "3600000"), ("/notes", "50")] {
        let began = Instant::now();
        let slow = post(target, r#"{"millis":60000}"#).header("X-Request-Timeout-Ms", given);
        host.send(slow).problem(504);
        assert!(began.elapsed() < Duration::from_secs(10), "{target}");
    }
    let began = Instant::now();
    host.send(post("/hasty-notes", r#"{"millis":60000}"#).header("X-Request-Timeout-Ms", "1")).problem(504);
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(notes.written().is_empty());
}
