//! What breaks inside: a client is told an id, and the log has the rest under it.

mod support;

use std::fmt;

use axum::http::request::Parts;
use cqrs_axum::{Authenticate, Caller};
use cqrs_core::{Bus, Fault, Problem, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use support::client::{Answer, get, post, request};
use support::log::Log;
use support::{Host, expect_panics};

#[derive(Debug)]
struct Source(&'static str);

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at db.internal:5432", self.0)
    }
}

impl std::error::Error for Source {}

#[query(output = u8, error = Fault, http(get = "/faults/{kind}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetFault {
    kind: String,
}

#[handler]
fn get_fault(query: GetFault) -> Result<u8, Fault> {
    let detail = format!("the secret of {}", query.kind);
    let (fault, source) = match &*query.kind {
        "internal" => (Fault::internal(detail), Source("source of internal")),
        "unavailable" => (Fault::unavailable(detail), Source("source of unavailable")),
        "unknown" => (Fault::outcome_unknown(detail), Source("source of unknown")),
        "wiring" => (Fault::wiring(detail), Source("source of wiring")),
        "timeout" => (Fault::timeout(None), Source("source of timeout")),
        _ => return Ok(0),
    };
    Err(fault.caused_by(source))
}

#[command(http(post = "/panics"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Panic {
    late: bool,
}

#[handler]
async fn panic(cmd: Panic) {
    if cmd.late {
        tokio::task::yield_now().await;
    }
    panic!("the secret of the panic");
}

/// What cannot be told: once because it says so, once because it panics.
#[derive(Debug, Deserialize, JsonSchema)]
struct Untold(bool);

impl Serialize for Untold {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        assert!(self.0, "the secret of the untold");
        Err(serde::ser::Error::custom("the secret of the unwritable"))
    }
}

#[command(output = Untold, http(post = "/untold"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Tell {
    says: bool,
}

#[handler]
fn tell(cmd: Tell) -> Untold {
    Untold(cmd.says)
}

#[query(output = u8, http(get = "/fine"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetFine {}

#[handler]
fn get_fine(_: GetFine) -> u8 {
    7
}

/// The answer shows nothing of what broke, and what broke is in the log under its id.
#[track_caller]
fn is_hidden(log: &Log, answer: &Answer, status: u16, secrets: &[&str]) -> Value {
    let problem = answer.problem(status);
    let told = format!("{problem} {:?}", answer.headers);
    for hidden in ["secret", "source", "db.internal", ".rs", "cqrs", "faults::", "Fault", "panick"] {
        assert!(!told.contains(hidden), "{hidden} is told: {told}");
    }
    let instance = problem["instance"].as_str().unwrap_or_else(|| panic!("no instance: {problem}"));
    let id = instance.strip_prefix("urn:uuid:").unwrap();
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "{instance}");
    let lines = log.lines(instance);
    let [line] = &lines[..] else { panic!("{instance} is not in one line of the log: {lines:?}") };
    assert!(line.contains("ERROR"), "{line}");
    for secret in secrets {
        assert!(line.contains(secret), "{secret} is not in {line}");
    }
    problem
}

#[test]
fn of_a_fault_a_client_is_told_an_id_and_the_log_the_rest() {
    let (host, log) = (Host::plain(), Log::of_process());
    let mut connection = host.connect();
    for (kind, status, detail) in [
        ("internal", 500, "the application could not do this; its log says why"),
        ("wiring", 500, "the application could not do this; its log says why"),
        ("unknown", 500, "it is not known whether this happened"),
        ("unavailable", 503, "something that is needed does not answer now; nothing happened"),
    ] {
        let answer = connection.send(&get(&format!("/faults/{kind}")));
        let (secret, source) = (format!("the secret of {kind}"), format!("source of {kind} at db.internal:5432"));
        let problem = is_hidden(&log, &answer, status, &[&secret, &source, "handling `GetFault`", "faults.rs:"]);
        assert_eq!(problem["detail"], detail);
        assert_eq!(answer.header("retry-after"), (status == 503).then_some("1"));
    }
    let timeout = connection.send(&get("/faults/timeout"));
    is_hidden(&log, &timeout, 504, &["source of timeout"]);
    assert_eq!(connection.send(&get("/fine")).json(200), 7, "the connection goes on");
}

#[test]
fn every_fault_has_an_id_of_its_own() {
    let host = Host::plain();
    let (first, second) = (host.get("/faults/internal").problem(500), host.get("/faults/internal").problem(500));
    assert_ne!(first["instance"], second["instance"]);
}

#[test]
fn a_panic_in_a_handler_is_500_and_neither_the_connections_end_nor_the_servers() {
    expect_panics(&["the secret of the panic"]);
    let (host, log) = (Host::plain(), Log::of_process());
    let mut connection = host.connect();
    for late in [false, true] {
        let answer = connection.send(&post("/panics", format!(r#"{{"late":{late}}}"#)));
        is_hidden(&log, &answer, 500, &["panic", "the secret of the panic", "faults.rs:"]);
    }
    assert_eq!(connection.send(&get("/fine")).json(200), 7);
}

/// It was done, and nobody knows what: that is not the same as not done.
#[test]
fn an_output_that_cannot_be_told_is_a_fault_whose_effect_is_unknown() {
    expect_panics(&["the secret of the untold"]);
    let (host, log) = (Host::plain(), Log::of_process());
    for (says, secret) in [(true, "the secret of the unwritable"), (false, "the secret of the untold")] {
        let answer = host.send(post("/untold", format!(r#"{{"says":{says}}}"#)));
        let problem = is_hidden(&log, &answer, 500, &[secret, "handling `Tell`"]);
        assert_eq!(problem["detail"], "it is not known whether this happened");
    }
}

/// Panics as it is asked, or while it waits for what it asks itself.
struct Broken;

impl Authenticate for Broken {
    fn authenticate(&self, request: &Parts) -> impl Future<Output = Result<Option<Caller>, Problem>> + Send {
        let at_once = request.headers.contains_key("x-at-once");
        assert!(!at_once, "the secret of asking");
        let late = request.headers.contains_key("x-late");
        async move {
            tokio::task::yield_now().await;
            assert!(!late, "the secret of waiting");
            Ok(None)
        }
    }
}

#[test]
fn a_panic_of_who_is_asked_for_the_caller_is_500_and_not_the_end() {
    expect_panics(&["the secret of asking", "the secret of waiting"]);
    let log = Log::of_process();
    let host = Host::edge(|edge| edge.authenticate(Broken));
    let mut connection = host.connect();
    for (header, secret) in [("X-At-Once", "the secret of asking"), ("X-Late", "the secret of waiting")] {
        let answer = connection.send(&get("/fine").header(header, "1"));
        is_hidden(&log, &answer, 500, &[secret]);
    }
    assert_eq!(connection.send(&get("/fine")).json(200), 7);
}

/// What is none of the edge's, such as a layer around it, panics for its own connection alone.
#[test]
fn a_panic_outside_of_the_edge_ends_its_connection_and_no_other() {
    expect_panics(&["the secret of a route beside it"]);
    let bus = Bus::builder().build();
    let beside = axum::Router::new().route("/beside", axum::routing::get(panics));
    let host = Host::of(&bus, cqrs_axum::router(bus.clone()).merge(beside));
    let mut other = host.connect();
    assert_eq!(other.send(&get("/fine")).json(200), 7);
    let mut panicking = host.connect();
    panicking.write(request("GET", "/beside").bytes());
    assert!(panicking.is_closed());
    assert_eq!(other.send(&get("/fine")).json(200), 7);
    assert_eq!(host.get("/fine").json(200), 7);
}

async fn panics() {
    panic!("the secret of a route beside it");
}
