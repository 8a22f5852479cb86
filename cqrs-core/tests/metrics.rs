//! Counts and durations of calls, through the facade `metrics`.

use std::collections::BTreeMap;
use std::time::Duration;

use cqrs_core::{Bus, command, handler};
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

#[command(error = String)]
struct Try {
    fails: bool,
}

#[handler]
async fn try_it(cmd: Try) -> Result<(), String> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    if cmd.fails { Err("no".into()) } else { Ok(()) }
}

/// What was measured under a name: by the call's outcome, how often, and how many seconds each time.
fn measured(snapshotter: &Snapshotter) -> BTreeMap<String, (u64, Vec<f64>)> {
    let mut measured = BTreeMap::<_, (u64, Vec<f64>)>::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels: BTreeMap<_, _> = key.key().labels().map(|label| (label.key(), label.value())).collect();
        assert_eq!((labels["message"], labels["kind"], labels["handler"]), ("Try", "command", "metrics::try_it"));
        let entry = measured.entry(labels["outcome"].to_owned()).or_default();
        match (key.kind(), key.key().name(), value) {
            (MetricKind::Counter, "cqrs_calls_total", DebugValue::Counter(count)) => entry.0 = count,
            (MetricKind::Histogram, "cqrs_call_duration_seconds", DebugValue::Histogram(seconds)) => {
                entry.1 = seconds.into_iter().map(f64::from).collect();
            }
            other => panic!("{other:?}"),
        }
    }
    measured
}

#[test]
fn each_call_is_counted_and_timed_by_its_outcome() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let bus = Bus::builder().build();
            bus.execute(Try { fails: false }).await.unwrap();
            bus.execute(Try { fails: false }).await.unwrap();
            bus.execute(Try { fails: true }).await.unwrap_err();
            drop(Box::pin(bus.execute(Try { fails: false }).into_future()));
        });
    });
    let measured = measured(&snapshotter);
    assert_eq!(measured.keys().collect::<Vec<_>>(), ["ok", "rejected"], "what was never polled was no call");
    assert_eq!(measured["ok"], (2, vec![2.0, 2.0]));
    assert_eq!(measured["rejected"], (1, vec![2.0]));
}
