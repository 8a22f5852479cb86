//! One test for each two elements of the pipeline whose order matters.

#![cfg(feature = "inventory")]

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::{
    Bus, Effect, Events, Fault, FaultKind, InMemoryLedger, Invalid, Ledger, On, Outcome, Principal, ReadOnly, Validate,
    command, event, handler, query,
};
use serde::{Deserialize, Serialize};
use tests::faults::kind;
use tests::polls::dropped_at_every_poll;

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);
impl ReadOnly for Log {}

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|other| *other == line).count()
    }
}

/// What a handler is told to do.
#[derive(Clone, Default)]
struct Script(Arc<Steps>);
impl ReadOnly for Script {}

#[derive(Default)]
struct Steps {
    conflicts: AtomicU32,
    doors_are_shut: AtomicBool,
}

struct World {
    log: Log,
    script: Script,
    bus: Bus,
}

fn world() -> World {
    let (log, script) = (Log::default(), Script::default());
    let seen = log.clone();
    let bus = Bus::builder()
        .provide(log.clone())
        .provide(script.clone())
        .provide_dyn::<dyn Ledger>(Arc::new(InMemoryLedger::new(100, Duration::from_secs(600))))
        .behavior(1, [On::message::<Do>(), On::message::<Look>()], move |_, next| {
            let seen = seen.clone();
            Box::pin(async move {
                seen.add("behavior in");
                let outcome = next.run().await;
                seen.add(format!("behavior out: {}", if outcome.is_success() { "ok" } else { "not ok" }));
                outcome
            })
        })
        .build();
    World { log, script, bus }
}

#[event(transient)]
#[derive(Clone)]
struct Done;

/// A command with everything.
#[command(
    output = u32,
    error = Fault,
    authorize = door,
    idempotent,
    validate,
    timeout = "10s",
    retry(3, on = conflict, backoff = "1s"),
)]
#[derive(Clone, Serialize, Deserialize)]
struct Do {
    valid: bool,
    seconds: u64,
}

async fn door(who: &Principal, _: &Do, log: &Log, script: &Script) -> Result<(), String> {
    log.add("authorize");
    match script.0.doors_are_shut.load(Ordering::SeqCst) {
        true => Err(format!("{} is late", who.id())),
        false => Ok(()),
    }
}

thread_local! {
    /// Whether `Do` is checked by the strict rules: a validation has no dependencies, and a test has its own thread.
    static STRICT: Cell<bool> = const { Cell::new(false) };
    /// How often `Do` was validated.
    static VALIDATIONS: Cell<u32> = const { Cell::new(0) };
}

impl Validate for Do {
    fn validate(&self) -> Result<(), Invalid> {
        VALIDATIONS.set(VALIDATIONS.get() + 1);
        let mut invalid = Invalid::new();
        if !self.valid || STRICT.get() {
            invalid.field("valid", "is not");
        }
        invalid.into_result()
    }
}

#[handler]
async fn do_it(cmd: Do, log: &Log, script: &Script, events: &mut Events) -> Result<u32, Fault> {
    log.add("handler");
    events.raise(Done);
    tokio::time::sleep(Duration::from_secs(cmd.seconds)).await;
    let conflicts = &script.0.conflicts;
    match conflicts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
        Ok(_) => Err(Fault::conflict("somebody else was first")),
        Err(_) => Ok(7),
    }
}

#[query(output = u32, authorize = door_for_looks, cache(ttl = "60s"), timeout = "10s")]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Look {
    seconds: u64,
}

fn door_for_looks(_: &Principal, _: &Look, log: &Log, script: &Script) -> bool {
    log.add("authorize");
    !script.0.doors_are_shut.load(Ordering::SeqCst)
}

#[handler]
async fn look(query: Look, log: &Log) -> u32 {
    log.add("handler");
    tokio::time::sleep(Duration::from_secs(query.seconds)).await;
    7
}

fn ada() -> Principal {
    Principal::new("ada")
}

const VALID: Do = Do { valid: true, seconds: 0 };
const LOOK: Look = Look { seconds: 0 };

#[tokio::test(start_paused = true)]
async fn all_of_it_in_order() {
    let World { log, bus, .. } = world();
    assert_eq!(bus.execute(VALID).by(ada()).await.unwrap(), 7);
    assert_eq!(log.lines(), ["authorize", "behavior in", "handler", "behavior out: ok"]);
}

#[tokio::test(start_paused = true)]
async fn authorize_before_cache() {
    let World { log, script, bus } = world();
    bus.query(LOOK).by(ada()).await.unwrap();
    bus.query(LOOK).by(ada()).await.unwrap();
    assert_eq!(log.count("handler"), 1, "the second is a hit");
    script.0.doors_are_shut.store(true, Ordering::SeqCst);
    assert_eq!(kind(bus.query(LOOK).by(ada()).await), FaultKind::Forbidden, "a hit is not for everybody");
    assert_eq!(log.count("authorize"), 3);
}

#[tokio::test(start_paused = true)]
async fn authorize_before_idempotency() {
    let World { log, script, bus } = world();
    bus.execute(VALID).by(ada()).idempotency_key("k").await.unwrap();
    script.0.doors_are_shut.store(true, Ordering::SeqCst);
    assert_eq!(kind(bus.execute(VALID).by(ada()).idempotency_key("k").await), FaultKind::Forbidden);
    assert_eq!(log.count("handler"), 1);
}

#[tokio::test(start_paused = true)]
async fn authorize_before_validate() {
    let World { script, bus, .. } = world();
    script.0.doors_are_shut.store(true, Ordering::SeqCst);
    let invalid = Do { valid: false, seconds: 0 };
    assert_eq!(kind(bus.execute(invalid.clone()).await), FaultKind::Unauthenticated);
    assert_eq!(kind(bus.execute(invalid).by(ada()).await), FaultKind::Forbidden);
}

#[tokio::test(start_paused = true)]
async fn cache_before_timeout_and_behaviors() {
    let World { log, bus, .. } = world();
    assert_eq!(kind(bus.query(Look { seconds: 11 }).by(ada()).await), FaultKind::Timeout, "a load has its time");
    bus.query(LOOK).by(ada()).await.unwrap();
    let before = log.count("behavior in");
    bus.query(LOOK).by(ada()).await.unwrap();
    assert_eq!(log.count("behavior in"), before, "no behavior sees a hit");
}

#[tokio::test(start_paused = true)]
async fn idempotency_before_validate() {
    let World { log, bus, .. } = world();
    bus.execute(VALID).by(ada()).idempotency_key("k").await.unwrap();
    STRICT.set(true);
    let again = bus.execute(VALID).by(ada()).idempotency_key("k").await;
    let another = bus.execute(VALID).by(ada()).idempotency_key("l").await;
    assert_eq!(again.unwrap(), 7, "what was done is answered again, whatever the rules are by now");
    assert_eq!(kind(another), FaultKind::Invalid);
    assert_eq!(log.count("handler"), 1);
}

#[tokio::test(start_paused = true)]
async fn idempotency_before_timeout() {
    let World { bus, .. } = world();
    let slow = Do { valid: true, seconds: 9 };
    let first = tokio::spawn({
        let (bus, slow) = (bus.clone(), slow.clone());
        async move { bus.execute(slow).by(ada()).idempotency_key("k").await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    // The second waits 8 of the first one's 9 seconds, and its own ten have not begun.
    assert_eq!(bus.execute(slow).by(ada()).idempotency_key("k").await.unwrap(), 7);
    assert_eq!(first.await.unwrap().unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn validate_before_behaviors_and_once_for_all_tries() {
    let World { log, script, bus } = world();
    assert_eq!(kind(bus.execute(Do { valid: false, seconds: 0 }).by(ada()).await), FaultKind::Invalid);
    assert_eq!(log.lines(), ["authorize"]);
    script.0.conflicts.store(2, Ordering::SeqCst);
    bus.execute(VALID).by(ada()).await.unwrap();
    assert_eq!(log.count("handler"), 3);
    assert_eq!(VALIDATIONS.get(), 2, "once for each call, and not for each try");
    assert_eq!(log.count("authorize"), 2);
}

#[tokio::test(start_paused = true)]
async fn timeout_before_retry() {
    let World { log, script, bus } = world();
    script.0.conflicts.store(99, Ordering::SeqCst);
    let begun = tokio::time::Instant::now();
    // Tries of 4 s each with pauses between them: the ten seconds are for all of them.
    let answer = bus.execute(Do { valid: true, seconds: 4 }).by(ada()).await;
    assert!(begun.elapsed() <= Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(matches!(kind(answer), FaultKind::Timeout | FaultKind::Conflict));
    assert_eq!(log.count("handler"), 2);
}

#[tokio::test(start_paused = true)]
async fn retry_before_behaviors() {
    let World { log, script, bus } = world();
    script.0.conflicts.store(1, Ordering::SeqCst);
    bus.execute(VALID).by(ada()).await.unwrap();
    let lines = log.lines();
    assert_eq!(
        lines[1..],
        ["behavior in", "handler", "behavior out: not ok", "behavior in", "handler", "behavior out: ok"],
        "a behavior is around each try"
    );
}

#[tokio::test(start_paused = true)]
async fn behaviors_before_the_unit_of_work() {
    // One that answers instead: nothing is opened, committed or recorded.
    let log = Log::default();
    let bus = Bus::builder()
        .provide(log.clone())
        .provide(Script::default())
        .provide_dyn::<dyn Ledger>(Arc::new(InMemoryLedger::new(100, Duration::from_secs(600))))
        .behavior(1, [On::message::<Do>()], |_, next| {
            drop(next);
            Box::pin(async { Outcome::output(1_u32) })
        })
        .build();
    assert_eq!(bus.execute(VALID).by(ada()).idempotency_key("k").await.unwrap(), 1);
    assert_eq!(log.count("handler"), 0);

    // One that sees what the commit came to: it is outside of it.
    let store = tests::ledger::Ledger::default();
    store.fail(tests::ledger::Failing::AnswerLost);
    let seen = Arc::new(Mutex::new(None));
    let bus = Bus::builder()
        .provide(store)
        .behavior(1, [On::message::<Jot>()], {
            let seen = seen.clone();
            move |_, next| {
                let seen = seen.clone();
                Box::pin(async move {
                    let outcome = next.run().await;
                    *seen.lock().unwrap() = outcome.as_fault().map(Fault::effect);
                    outcome
                })
            }
        })
        .build();
    bus.execute(Jot).await.unwrap_err();
    assert_eq!(*seen.lock().unwrap(), Some(Effect::Unknown));
}

#[command]
struct Jot;

#[handler]
async fn jot(_: Jot, page: &mut tests::ledger::Page) {
    page.write("a line");
}

#[tokio::test]
async fn a_caller_of_a_command_with_everything_may_go_away_at_any_poll() {
    let World { log, bus, .. } = world();
    let calls = Cell::new(0);
    let polls = dropped_at_every_poll(
        || {
            calls.set(calls.get() + 1);
            let (bus, key) = (bus.clone(), calls.get().to_string());
            async move { bus.execute(VALID).by(ada()).idempotency_key(key).await.unwrap() }
        },
        async |caller, answer| {
            let key = calls.get().to_string();
            assert_eq!(answer.unwrap_or(7), 7, "{caller:?}");
            assert_eq!(bus.execute(VALID).by(ada()).idempotency_key(key).await.unwrap(), 7, "{caller:?}");
        },
    )
    .await;
    assert!(polls > 1, "it waits at least once");
    let successes = log.count("behavior out: ok");
    assert_eq!(successes, calls.get(), "each key was carried out once, whoever went away");
}
