//! What is counted, as Prometheus reads it. One test, for a process has one recorder.

mod support;

use cqrs_core::{Bus, command, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::Host;
use support::client::post;

#[command(error = cqrs_core::Problem, http(post = "/counted"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Count {
    refuse: bool,
}

#[handler]
fn count(cmd: Count) -> Result<(), cqrs_core::Problem> {
    if cmd.refuse { Err(cqrs_core::Problem::conflict("no")) } else { Ok(()) }
}

/// What the threads of this process are called.
#[cfg(target_os = "linux")]
fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // One that ends meanwhile has no name.
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).collect()
}

/// Where nobody looks, what is counted takes no more room from hour to hour: a thread sees to it.
#[test]
fn calls_are_counted_by_message_and_outcome_and_shown_at_metrics() {
    let bus = Bus::builder().build();
    let metrics = cqrs_axum::metrics().unwrap();
    assert!(cqrs_axum::metrics().is_err(), "a process counts for one");
    let host = Host::of(&bus, cqrs_axum::router(bus.clone()).merge(metrics));

    for refuse in [false, false, true] {
        let answer = host.send(post("/counted", format!(r#"{{"refuse":{refuse}}}"#)));
        assert_eq!(answer.status, if refuse { 409 } else { 204 });
    }
    let shown = host.get("/metrics");
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    for (outcome, calls) in [("ok", 2), ("rejected", 1)] {
        let labels = format!(r#"{{message="Count",kind="command",handler="metrics::count",outcome="{outcome}""#);
        for told in [
            format!("cqrs_calls_total{labels}}} {calls}"),
            format!(r#"cqrs_call_duration_seconds_bucket{labels},le="10"}} {calls}"#),
            format!("cqrs_call_duration_seconds_count{labels}}} {calls}"),
        ] {
            assert!(shown.text().lines().any(|line| line == told), "{told} is not in:\n{}", shown.text());
        }
    }
    #[cfg(target_os = "linux")]
    assert!(threads().contains(&"metrics".to_owned()), "{:?}", threads());
}
