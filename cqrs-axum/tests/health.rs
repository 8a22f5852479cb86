//! `/livez` and `/readyz`: whether the process lives, and whether requests should be sent here.

#[path = "support/store.rs"]
mod store;
mod support;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cqrs_axum::health;
use cqrs_core::{Bus, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{ANSWERS, FAILS, Flaky, HANGS};
use support::Host;
use support::client::request;

#[query(output = u8, http(get = "/things"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetThings {}

#[handler]
fn get_things(_: GetThings) -> u8 {
    7
}

#[test]
fn a_bus_that_takes_calls_is_live_and_ready() {
    let bus = Bus::builder().build();
    for host in [Host::plain(), Host::of(&bus, health(&bus))] {
        for (path, says) in [("/livez", "live"), ("/readyz", "ready")] {
            let answer = host.get(path);
            assert_eq!(answer.json(200)["status"], says);
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        }
    }
}

#[test]
fn health_alone_is_nothing_else() {
    let bus = Bus::builder().build();
    let host = Host::of(&bus, health(&bus));
    for path in ["/things", "/docs", "/openapi.json"] {
        assert_eq!(host.get(path).status, 404, "{path}");
    }
    assert_eq!(host.send(request("POST", "/livez")).status, 405);
}

#[test]
fn a_bus_whose_shutdown_has_begun_is_live_and_not_ready() {
    let bus = Bus::builder().build();
    let (served, beside) =
        (Host::of(&bus, cqrs_axum::router(bus.clone())), Host::of(&bus, cqrs_axum::router(bus.clone())));
    assert_eq!(beside.get("/readyz").status, 200);
    assert_eq!(served.ended(), cqrs_axum::Ended::Orderly);
    let answer = beside.get("/readyz");
    assert_eq!(answer.detail(503), "something that is needed does not answer now; nothing happened");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(beside.get("/livez").json(200)["status"], "live");
    assert_eq!(beside.get("/things").problem(503)["title"], "Service Unavailable");
}

#[test]
fn a_bus_whose_store_does_not_answer_is_not_ready_until_it_does() {
    let store = Flaky::default();
    let now = store.now.clone();
    let bus = Bus::builder().store(store).build();
    let host = Host::of(&bus, cqrs_axum::router(bus.clone()));
    assert_eq!(host.get("/readyz").status, 200);
    now.store(FAILS, Ordering::SeqCst);
    let answer = host.get("/readyz");
    answer.problem(503);
    assert!(!answer.text().contains("db.internal"), "{}", answer.text());
    assert_eq!(host.get("/livez").status, 200, "what another one lacks is not mended by a new start");
    now.store(HANGS, Ordering::SeqCst);
    let began = Instant::now();
    host.get("/readyz").problem(503);
    assert!(began.elapsed() < Duration::from_secs(10));
    now.store(ANSWERS, Ordering::SeqCst);
    assert_eq!(host.get("/readyz").status, 200);
}
