//! Two messages on one route: a mistake that the compiler does not see.

mod support;
#[path = "support/unsound.rs"]
mod unsound;

use cqrs_core::{Bus, StartError, WiringProblemKind, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::client::{post, request};
use support::log::Log;

#[command(http(post = "/things/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct First {
    id: u8,
}

#[handler]
fn first(_: First) {}

#[command(http(post = "/things/{number}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Second {
    number: u8,
}

#[handler]
fn second(_: Second) {}

/// Another method on the same path is another route.
#[query(output = u8, http(get = "/things/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Third {
    id: u8,
}

#[handler]
fn third(query: Third) -> u8 {
    query.id
}

#[test]
fn a_route_that_two_messages_have_answers_500_and_the_others_work() {
    let log = Log::of_process();
    let host = unsound::host(cqrs_axum::router(Bus::builder().build()));
    let mut connection = host.connect();
    for _ in 0..2 {
        let problem = connection.send(&post("/things/1", "{}")).problem(500);
        let instance = problem["instance"].as_str().unwrap();
        assert!(!problem.to_string().contains("First"), "{problem}");
        let [line] = &log.lines(instance)[..] else { panic!("{instance} is not in the log") };
        assert!(
            line.contains("POST /things/{id} (First)") && line.contains("POST /things/{number} (Second)"),
            "{line}"
        );
    }
    assert_eq!(connection.send(&request("GET", "/things/7")).json(200), 7);
    let wrong = connection.send(&request("PUT", "/things/7"));
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, POST, HEAD")));
    // What is wired wrongly takes no calls: nobody should be sent here.
    connection.send(&request("GET", "/readyz")).problem(500);
    assert_eq!(connection.send(&request("GET", "/livez")).status, 200);
}

#[test]
fn the_report_names_both_messages_and_the_bus_does_not_start() {
    let bus = Bus::builder().build();
    let report = bus.verify();
    let [problem] = report.problems() else { panic!("{report}") };
    assert_eq!(problem.kind, WiringProblemKind::SameRoute);
    let text = report.to_string();
    for told in
        ["`/things/{id}`", "`/things/{number}`", "First", "Second", "same_route.rs:", "another path or another method"]
    {
        assert!(text.contains(told), "{told} is not in {text}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let refused = runtime.block_on(bus.start()).unwrap_err();
    assert!(matches!(refused, StartError::Wiring(_)), "{refused}");
}

/// Of two that cannot be told apart, the document has one.
#[test]
fn the_document_is_there_all_the_same() {
    let host = unsound::host(cqrs_axum::router(Bus::builder().build()));
    let document = host.get("/openapi.json").json(200);
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/things/{id}"], "one path, whatever its names are called");
}
