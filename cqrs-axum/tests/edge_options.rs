//! The options of an edge, and what a router can be part of. (Limits of bodies are in `bodies.rs`, callers in
//! `callers.rs`.)

mod support;

use axum::http::HeaderValue;
use axum::http::header::SERVER;
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use cqrs_axum::Edge;
use cqrs_core::{Bus, MessageKind, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::Host;
use support::client::request;

#[query(output = u8, http(get = "/things"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetThings {}

#[handler]
fn get_things(_: GetThings) -> u8 {
    7
}

#[command(http(post = "/things"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AddThing {}

#[handler]
fn add_thing(_: AddThing) {}

#[command(http(delete = "/admin/things"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct DropThings {}

#[handler]
fn drop_things(_: DropThings) {}

/// A message without a route, which nothing reaches.
#[command(wire)]
#[derive(Serialize, Deserialize)]
struct Inside {}

#[handler]
fn inside(_: Inside) {}

/// By name: the order in the document is that of the program's `serde_json`.
fn operations(document: &Value) -> Vec<&str> {
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let mut names: Vec<_> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn title_version_and_description_are_the_documents() {
    let host = Host::edge(|edge| edge.title("Things", "2.1.0").description("All of them.\n\nAnd no more."));
    let document = host.get("/openapi.json").json(200);
    let info = json!({"title": "Things", "version": "2.1.0", "description": "All of them.\n\nAnd no more."});
    assert_eq!(document["info"], info);
    let plain = Host::plain().get("/openapi.json").json(200);
    assert_eq!(plain["info"], json!({"title": "API", "version": "0.0.0"}));
}

#[test]
fn the_document_of_an_edge_is_the_one_that_its_router_serves() {
    let edge = Edge::new(Bus::builder().build()).title("Things", "2.1.0");
    let document = edge.openapi();
    assert_eq!(Host::edge(|edge| edge.title("Things", "2.1.0")).get("/openapi.json").json(200), document);
    assert_eq!(operations(&document), ["AddThing", "DropThings", "GetThings"]);
}

#[test]
fn a_route_that_is_not_kept_is_neither_served_nor_described() {
    let host = Host::edge(|edge| edge.routes(|route| route.kind() == MessageKind::Query));
    assert_eq!(host.get("/things").json(200), 7);
    let refused = host.send(request("POST", "/things"));
    assert_eq!(
        (refused.problem(405)["detail"].as_str(), refused.header("allow")),
        (Some("`POST` is not for this path; it takes GET, HEAD"), Some("GET, HEAD"),)
    );
    host.send(request("DELETE", "/admin/things")).problem(404);
    assert_eq!(operations(&host.get("/openapi.json").json(200)), ["GetThings"]);

    let all = Host::plain();
    all.send(request("DELETE", "/admin/things")).nothing(204);
    let named = Host::edge(|edge| edge.routes(|route| !route.path().starts_with("/admin")));
    named.send(request("DELETE", "/admin/things")).problem(404);
    named.send(request("POST", "/things")).nothing(204);
}

#[test]
fn a_message_without_a_route_is_reached_by_no_name() {
    let host = Host::plain();
    for target in ["/Inside", "/inside", "/things/Inside"] {
        host.send(request("POST", target)).problem(404);
    }
    assert!(!operations(&host.get("/openapi.json").json(200)).contains(&"Inside"));
}

#[test]
fn without_docs_there_is_neither_document_nor_page() {
    let host = Host::edge(|edge| edge.docs(false));
    for target in ["/openapi.json", "/docs", "/docs/page.js"] {
        assert_eq!(host.get(target).detail(404), "there is no such path", "{target}");
    }
    assert_eq!((host.get("/livez").status, host.get("/things").status), (200, 200));
    assert_eq!(Host::edge(|edge| edge.docs(true)).get("/docs").status, 200);
}

#[test]
fn a_router_is_merged_with_another_and_layered_like_any() {
    let bus = Bus::builder().build();
    let other = axum::Router::new().route("/other", get(async || "other"));
    let tag = middleware::map_response(async |mut response: Response| {
        response.headers_mut().insert(SERVER, HeaderValue::from_static("layered"));
        response
    });
    let host = Host::of(&bus, cqrs_axum::router(bus.clone()).merge(other).layer(tag));
    assert_eq!(host.get("/other").text(), "other");
    for target in ["/things", "/livez", "/docs", "/nothing", "/other"] {
        assert_eq!(host.get(target).header("server"), Some("layered"), "{target}");
    }
    assert_eq!(host.get("/nothing").detail(404), "there is no such path");
}

/// Two edges in one program: what one shows, the other hides.
#[test]
fn two_edges_of_one_bus_are_two_apis() {
    let bus = Bus::builder().build();
    let of = |kind: MessageKind| Edge::new(bus.clone()).routes(move |route| route.kind() == kind).router();
    let router =
        axum::Router::new().nest("/commands", of(MessageKind::Command)).nest("/queries", of(MessageKind::Query));
    let host = Host::of(&bus, router);
    assert_eq!(host.get("/queries/things").json(200), 7);
    host.get("/commands/things").problem(405);
    host.send(request("POST", "/commands/things")).nothing(204);
    assert_eq!(operations(&host.get("/commands/openapi.json").json(200)), ["AddThing", "DropThings"]);
}
