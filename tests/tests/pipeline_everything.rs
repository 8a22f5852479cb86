//! A behavior without `on` is around every handler, and one with it around those of the kind that it names.

#![cfg(feature = "inventory")]

use std::sync::{Arc, Mutex};

use cqrs_core::{Bus, Call, Events, Next, Outcome, ReadOnly, behavior, command, event, handler, query};

/// What went through which behavior.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);
impl ReadOnly for Log {}

impl Log {
    fn add(&self, behavior: &str, call: &Call<'_>) {
        self.0.lock().unwrap().push(format!("{behavior}: {}", call.name()));
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[behavior(order = 1)]
async fn everything(call: &Call<'_>, next: Next<'_>, log: &Log) -> Outcome {
    log.add("everything", call);
    next.run().await
}

#[behavior(order = 2, on(commands))]
async fn commands(call: &Call<'_>, next: Next<'_>, log: &Log) -> Outcome {
    log.add("commands", call);
    next.run().await
}

#[behavior(order = 2, on(queries))]
async fn queries(call: &Call<'_>, next: Next<'_>, log: &Log) -> Outcome {
    log.add("queries", call);
    next.run().await
}

#[behavior(order = 2, on(events))]
async fn events(call: &Call<'_>, next: Next<'_>, log: &Log) -> Outcome {
    log.add("events", call);
    next.run().await
}

#[command]
struct Change;

#[handler]
fn change(_: Change, events: &mut Events) {
    events.raise(Changed);
}

#[query]
struct Ask;

#[handler]
fn ask(_: Ask) {}

#[event(transient)]
#[derive(Clone)]
struct Changed;

#[handler]
async fn changed(_: Changed) {}

#[tokio::test]
async fn each_kind_has_its_own_and_those_of_everything() {
    let log = Log::default();
    let bus = Bus::builder().provide(log.clone()).build();
    bus.query(Ask).await.unwrap();
    assert_eq!(log.take(), ["everything: Ask", "queries: Ask"]);
    bus.execute(Change).await.unwrap();
    bus.settled().await;
    assert_eq!(log.take(), ["everything: Change", "commands: Change", "everything: Changed", "events: Changed"]);
}
