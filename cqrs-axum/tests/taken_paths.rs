//! Messages on the paths that an edge has for itself: the application's own win.

mod support;

use cqrs_core::{command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::Host;
use support::client::request;
use support::log::Log;

#[query(output = String, http(get = "/livez"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AmIAlive {}

#[handler]
fn am_i_alive(_: AmIAlive) -> String {
    "and kicking".to_owned()
}

#[command(http(post = "/docs"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AddDocument {}

#[handler]
fn add_document(_: AddDocument) {}

/// What takes any path takes none that is there.
#[query(output = String, http(get = "/{name}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetNamed {
    name: String,
}

#[handler]
fn get_named(query: GetNamed) -> String {
    query.name
}

#[test]
fn a_message_on_the_path_of_a_built_in_is_there_and_the_built_in_is_not() {
    let log = Log::of_process();
    let host = Host::plain();
    assert_eq!(host.get("/livez").json(200), "and kicking");
    let taken = host.get("/docs");
    assert_eq!((taken.problem(405)["status"].as_u64(), taken.header("allow")), (Some(405), Some("POST")));
    host.send(request("POST", "/docs")).nothing(204);
    for path in ["/livez", "/docs"] {
        let warned = log.lines(&format!("a message has the route `{path}`"));
        assert!(!warned.is_empty() && warned.iter().all(|line| line.contains("WARN")), "{path}: {warned:?}");
    }
    assert!(log.lines("a message has the route `/readyz`").is_empty());
}

#[test]
fn a_name_in_a_path_leaves_the_built_ins_where_they_are() {
    let host = Host::plain();
    assert_eq!(host.get("/anything").json(200), "anything");
    assert_eq!(host.get("/readyz").json(200)["status"], "ready");
    assert_eq!(host.get("/openapi.json").json(200)["openapi"], "3.1.0");
    assert_eq!(host.get("/docs/page.js").status, 200);
}
