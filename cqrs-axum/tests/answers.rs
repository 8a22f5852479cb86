//! What a message that succeeds is answered with: status, body and `Location`.

mod support;

use cqrs_axum::Edge;
use cqrs_core::{Bus, Fault, IntoProblem, OperationResult, Problem, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::Host;
use support::client::{get, post, request};

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Thing {
    id: String,
    parts: Vec<u8>,
}

#[command(output = Thing, http(post = "/things", status = 201, location = "/things/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct MakeThing {
    id: String,
}

#[handler]
fn make_thing(cmd: MakeThing) -> Thing {
    Thing { id: cmd.id, parts: vec![1, 2] }
}

/// The output itself is the address.
#[command(output = u64, http(post = "/numbers/{n}", status = 202, location = "/numbers/{}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct MakeNumber {
    n: u64,
}

#[handler]
fn make_number(cmd: MakeNumber) -> u64 {
    cmd.n
}

/// At the root of wherever it is.
#[command(output = u64, http(post = "/", status = 201, location = "/numbers/{}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct MakeAtRoot {}

#[handler]
fn make_at_root(_: MakeAtRoot) -> u64 {
    7
}

#[command(http(delete = "/things/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct DropThing {
    id: String,
}

#[handler]
fn drop_thing(_: DropThing) {}

#[command(http(post = "/sweeps", status = 202))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Sweep {}

#[handler]
fn sweep(_: Sweep) {}

#[query(output = Option<Thing>, http(get = "/things/{id}", none = 404))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetThing {
    id: String,
}

#[handler]
fn get_thing(query: GetThing) -> Option<Thing> {
    (query.id != "none").then(|| Thing { id: query.id, parts: vec![] })
}

#[query(output = Option<Thing>, error = Fault, http(get = "/maybe/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct MaybeThing {
    id: String,
}

#[handler]
fn maybe_thing(query: MaybeThing) -> Result<Option<Thing>, Fault> {
    Ok((query.id != "none").then(|| Thing { id: query.id, parts: vec![] }))
}

#[query(output = Option<u8>, http(get = "/gone", none = 410))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetGone {}

#[handler]
fn get_gone(_: GetGone) -> Option<u8> {
    None
}

#[query(output = Option<u8>, http(get = "/empty", none = 204))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetEmpty {}

#[handler]
fn get_empty(_: GetEmpty) -> Option<u8> {
    None
}

/// Neuroglia's twelve ways to answer.
#[command(output = OperationResult<Thing>, http(post = "/operations/{status}", location = "/things/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Operate {
    status: u16,
}

#[handler]
fn operate(cmd: Operate) -> OperationResult<Thing> {
    let thing = Thing { id: "a b".to_owned(), parts: vec![] };
    let words = format!("the answer is {}", cmd.status);
    match cmd.status {
        200 => OperationResult::ok(thing),
        201 => OperationResult::created(thing),
        202 => OperationResult::accepted(thing),
        204 => OperationResult::no_content(),
        400 => OperationResult::bad_request(words),
        401 => OperationResult::unauthorized(words),
        403 => OperationResult::forbidden(words),
        404 => OperationResult::not_found(words),
        409 => OperationResult::conflict(words),
        422 => OperationResult::unprocessable(words),
        500 => OperationResult::internal_error(words),
        _ => OperationResult::unavailable(words),
    }
}

/// Its error is what its success would be.
#[command(error = Problem, http(post = "/problems/{status}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct SayProblem {
    status: u16,
}

#[handler]
fn say_problem(cmd: SayProblem) -> Result<(), Problem> {
    Err(OperationResult::<()>::conflict("odd").into_problem()).map_err(|problem: Problem| match cmd.status {
        409 => problem,
        status => Problem::new(status, "odd"),
    })
}

#[test]
fn a_success_has_the_declared_status_or_200() {
    let host = Host::plain();
    let made = host.send(post("/things", r#"{"id":"a"}"#));
    assert_eq!(made.json(201), json!({"id": "a", "parts": [1, 2]}));
    assert_eq!(host.send(request("POST", "/numbers/18446744073709551615")).json(202), u64::MAX);
    assert_eq!(host.get("/things/a").json(200), json!({"id": "a", "parts": []}));
}

#[test]
fn an_output_of_nothing_is_204_or_the_declared_status_and_has_no_body() {
    let host = Host::plain();
    host.send(request("DELETE", "/things/a")).nothing(204);
    host.send(request("POST", "/sweeps")).nothing(202);
}

#[test]
fn location_is_where_the_thing_is_and_nowhere_where_nothing_was_made() {
    let host = Host::plain();
    let made = host.send(post("/things", r#"{"id":"a/ü?b"}"#));
    let location = made.header("location").unwrap();
    assert_eq!(location, "/things/a%2F%C3%BC%3Fb");
    assert_eq!(host.get(location).json(200)["id"], "a/ü?b", "it is where it says");
    assert_eq!(host.send(request("POST", "/numbers/7")).header("location"), Some("/numbers/7"));
    assert_eq!(host.send(request("POST", "/")).header("location"), Some("/numbers/7"));
    assert_eq!(host.get("/things/a").header("location"), None);
    assert_eq!(host.send(post("/things", "{}")).header("location"), None);
}

#[test]
fn none_is_what_is_declared_for_it_or_null() {
    let host = Host::plain();
    assert_eq!(host.get("/things/none").detail(404), "there is nothing here");
    assert_eq!(host.get("/gone").problem(410)["title"], "Gone");
    host.get("/empty").nothing(204);
    assert_eq!(host.get("/maybe/none").json(200), Value::Null);
    assert_eq!(host.get("/maybe/a").json(200)["id"], "a");
}

#[test]
fn every_operation_result_is_answered_with_its_own_status() {
    let host = Host::plain();
    for (status, location) in [(200, None), (201, Some("/things/a%20b")), (202, Some("/things/a%20b"))] {
        let answer = host.send(request("POST", &format!("/operations/{status}")));
        assert_eq!(answer.json(status), json!({"id": "a b", "parts": []}));
        assert_eq!(answer.header("location"), location, "{status}");
    }
    host.send(request("POST", "/operations/204")).nothing(204);
    for (status, title) in [
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (409, "Conflict"),
        (422, "Unprocessable Content"),
        (500, "Internal Server Error"),
        (503, "Service Unavailable"),
    ] {
        let answer = host.send(request("POST", &format!("/operations/{status}")));
        let problem = answer.problem(status);
        assert_eq!(problem["title"], title);
        assert_eq!(problem["detail"], format!("the answer is {status}"));
        assert_eq!((answer.header("location"), &problem["id"]), (None, &Value::Null));
    }
}

/// What an application returns as a problem is an error, whatever it says of itself.
#[test]
fn a_problem_whose_status_is_no_errors_is_answered_500() {
    let host = Host::plain();
    assert_eq!(host.send(request("POST", "/problems/409")).detail(409), "odd");
    assert_eq!(host.send(request("POST", "/problems/418")).detail(418), "odd");
    for status in [0, 100, 200, 302, 600, 999, 1000, 65535] {
        let problem = host.send(request("POST", &format!("/problems/{status}"))).problem(500);
        assert!(problem["instance"].as_str().unwrap().starts_with("urn:uuid:"), "{status}: {problem}");
        assert!(!problem.to_string().contains("odd"), "{status}: {problem}");
    }
}

#[test]
fn head_is_a_get_without_its_body() {
    let host = Host::plain();
    let mut connection = host.connect();
    for target in ["/things/a", "/things/none", "/maybe/none", "/openapi.json", "/docs", "/livez"] {
        let (got, head) = (connection.send(&get(target)), connection.send(&request("HEAD", target)));
        assert_eq!((head.status, head.text()), (got.status, ""), "{target}");
        for name in ["content-type", "content-length"] {
            assert_eq!(head.header(name), got.header(name), "{name} of {target}");
        }
    }
    assert_eq!(host.send(request("HEAD", "/sweeps")).header("allow"), Some("POST"));
}

/// What is nested says where it is from outside.
#[test]
fn a_nested_router_says_where_it_is() {
    let bus = Bus::builder().build();
    let inner = Edge::new(bus.clone()).router();
    let outer = axum::Router::new().nest("/api", inner.clone()).nest("/of/{tenant}", inner);
    let host = Host::of(&bus, outer);

    for (prefix, root) in [("/api", "/api"), ("/of/a%20b", "/of/a%20b")] {
        let made = host.send(post(&format!("{prefix}/things?a=1"), r#"{"id":"a"}"#));
        let location = made.header("location").unwrap();
        assert_eq!(location, format!("{prefix}/things/a"));
        assert_eq!(host.get(location).json(200)["id"], "a", "it is where it says");
        let at_root = host.send(request("POST", root));
        assert_eq!((at_root.status, at_root.header("location")), (201, Some(&*format!("{prefix}/numbers/7"))));
        let document = host.get(&format!("{prefix}/openapi.json")).json(200);
        assert_eq!(document["servers"], json!([{ "url": prefix }]));
        assert_eq!(host.get(&format!("{prefix}/nothing")).detail(404), "there is no such path");
        assert_eq!(host.get(&format!("{prefix}/livez")).status, 200);
    }
    assert_eq!(host.get("/things/a").status, 404);
    let document = Host::plain().get("/openapi.json").json(200);
    assert_eq!(document["servers"], json!([{ "url": "/" }]), "where it is not nested");
}

#[test]
fn a_request_may_name_the_host_in_its_target_and_be_of_http_1_0() {
    let host = Host::plain();
    let mut connection = host.connect();
    assert_eq!(connection.send(&get("http://example.org/things/a?x=1")).json(200)["id"], "a");
    connection.write("GET /things/b HTTP/1.0\r\n\r\n");
    assert_eq!(connection.read().json(200)["id"], "b");
    assert!(connection.is_closed());
}

/// Also of what has no route: the log of a proxy and that of the server are about the same request.
#[test]
fn every_answer_has_a_correlation_id() {
    let host = Host::plain();
    for (sent, status) in [(get("/nothing"), 404), (request("PATCH", "/openapi.json"), 405), (get("//nothing"), 404)] {
        let given = host.send(sent.clone().header("X-Correlation-Id", "mine"));
        assert_eq!((given.status, given.header("x-correlation-id")), (status, Some("mine")));
        let made = host.send(sent);
        assert_eq!((made.status, made.header("x-correlation-id").map(str::len)), (status, Some(36)));
    }
}
