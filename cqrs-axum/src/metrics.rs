//! What the bus has counted, in the form of Prometheus.

use std::thread;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// Why there are no metrics.
pub type MetricsError = BuildError;

/// Upper bounds of the histogram of durations, in seconds.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Counts from now on, and shows it at `/metrics`: merge it into a router, or serve it on a port of its own, which no
/// stranger reaches.
///
/// What is counted is what the feature `metrics` of `cqrs-core` counts: each call with its duration, by message and by
/// what came of it.
///
/// # Errors
/// A [`MetricsError`] where the process has a recorder already.
pub fn metrics() -> Result<Router, MetricsError> {
    let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder()?;
    tidy_up(recorder.clone());
    let text = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok(Router::new().route("/metrics", get(move || std::future::ready((text, recorder.render())))))
}

/// Each duration is kept by itself until somebody adds it up: whoever reads does so, and where nobody reads for long, this
/// thread does, as long as the process runs.
fn tidy_up(recorder: PrometheusHandle) {
    let tidy = move || {
        loop {
            thread::sleep(Duration::from_secs(5));
            recorder.run_upkeep();
        }
    };
    if let Err(error) = thread::Builder::new().name("metrics".to_owned()).spawn(tidy) {
        tracing::error!(%error, "there is no thread to add up what is counted: it takes more and more room until it is read");
    }
}
