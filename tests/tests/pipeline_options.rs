//! One test for each option of a message's pipeline and of a behavior, which fails when the option is ignored.
//! `.ci/flip` ignores each of them once, and asks for that.

#![cfg(feature = "inventory")]

use std::sync::Arc;
use std::time::Duration;

use cqrs_core::{
    Bus, Call, CommandBus, Deadline, Fault, FaultKind, InMemoryLedger, Invalid, Ledger, Next, Outcome, Principal,
    Validate, WiringProblemKind, behavior, command, event, handler, query,
};
use serde::{Deserialize, Serialize};
use tests::faults::kind;
use tests::runs::Runs;
use tokio::time::Instant;

fn bus(runs: &Runs) -> Bus {
    Bus::builder().provide(runs.clone()).build()
}

// authorize

#[command(authorize = "paper:write")]
struct Write;

#[handler]
fn write(_: Write) {}

#[tokio::test]
async fn authorize_with_a_scope_lets_in_who_has_it() {
    let bus = Bus::global();
    assert_eq!(kind(bus.execute(Write).await), FaultKind::Unauthenticated);
    assert_eq!(kind(bus.execute(Write).by(Principal::new("ada")).await), FaultKind::Forbidden);
    bus.execute(Write).by(Principal::new("ada").with_scope("paper:write")).await.unwrap();
}

#[command(authorize = is_the_owner)]
struct Tear {
    owner: &'static str,
}

fn is_the_owner(who: &Principal, cmd: &Tear) -> bool {
    who.id() == cmd.owner
}

#[handler]
fn tear(_: Tear) {}

#[tokio::test]
async fn authorize_with_a_policy_asks_it() {
    let bus = Bus::global();
    let cmd = || Tear { owner: "ada" };
    assert_eq!(kind(bus.execute(cmd()).await), FaultKind::Unauthenticated);
    assert_eq!(kind(bus.execute(cmd()).by(Principal::new("eve")).await), FaultKind::Forbidden);
    bus.execute(cmd()).by(Principal::new("ada")).await.unwrap();
}

// public

#[command(public)]
struct Read;

#[handler]
fn read(_: Read) {}

#[command]
struct Undecided;

#[handler]
fn undecided(_: Undecided) {}

#[tokio::test]
async fn public_is_what_a_bus_that_denies_by_default_lets_through() {
    let bus = Bus::builder().provide(Runs::default()).deny_by_default().build();
    bus.execute(Read).await.unwrap();
    let refused = bus.execute(Undecided).await.unwrap_err();
    assert_eq!(refused.fault().unwrap().kind(), FaultKind::Wiring);
    assert!(refused.to_string().contains("`authorize = \"a:scope\"`"), "{refused}");
    let undecided: Vec<_> =
        bus.verify().problems().iter().filter(|problem| problem.kind == WiringProblemKind::NoAuthorization).collect();
    assert!(undecided.iter().any(|problem| problem.text.contains("Undecided")), "{undecided:#?}");
    assert!(!undecided.iter().any(|problem| problem.text.contains("::Read`")), "{undecided:#?}");
    assert!(!Bus::global().verify().problems().iter().any(|p| p.kind == WiringProblemKind::NoAuthorization));
}

// validate

#[command(validate)]
struct Order {
    lines: Vec<u32>,
    note: &'static str,
}

impl Validate for Order {
    fn validate(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::new();
        for (n, quantity) in self.lines.iter().enumerate() {
            if *quantity == 0 {
                invalid.field(format!("lines[{n}].quantity"), "is not zero");
            }
        }
        if self.note.is_empty() {
            invalid.field("note", "says something");
        }
        invalid.into_result()
    }
}

#[handler]
fn order(_: Order, runs: &Runs) {
    runs.next();
}

#[tokio::test]
async fn validate_tells_every_field_that_is_wrong() {
    let runs = Runs::default();
    let refused = bus(&runs).execute(Order { lines: vec![1, 0], note: "" }).await.unwrap_err();
    let fault = refused.fault().unwrap();
    assert_eq!(fault.kind(), FaultKind::Invalid);
    let fields: Vec<_> = fault.fields().iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["lines[1].quantity", "note"]);
    assert_eq!(runs.count(), 0);
    bus(&runs).execute(Order { lines: vec![1], note: "x" }).await.unwrap();
    assert_eq!(runs.count(), 1);
}

// timeout

#[command(timeout = "5s")]
struct Wait {
    seconds: u64,
}

#[handler]
async fn wait(cmd: Wait) {
    tokio::time::sleep(Duration::from_secs(cmd.seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn timeout_ends_a_call_that_takes_longer() {
    let begun = Instant::now();
    Bus::global().execute(Wait { seconds: 4 }).await.unwrap();
    assert_eq!(kind(Bus::global().execute(Wait { seconds: 60 }).await), FaultKind::Timeout);
    assert_eq!(begun.elapsed().as_secs(), 4 + 5);
}

#[tokio::test(start_paused = true)]
async fn of_a_declared_timeout_and_the_callers_the_shorter_counts() {
    for (callers, expected) in [(2, 2), (9, 5)] {
        let begun = Instant::now();
        let answer = Bus::global().execute(Wait { seconds: 60 }).timeout(Duration::from_secs(callers)).await;
        assert_eq!(kind(answer), FaultKind::Timeout);
        assert_eq!(begun.elapsed().as_secs(), expected);
    }
}

#[command(timeout = "5s", output = (Duration, Duration))]
struct Look {
    seconds: u64,
}

#[handler]
async fn look(cmd: Look, mine: Deadline, bus: CommandBus) -> (Duration, Duration) {
    let left = mine.remaining();
    tokio::time::sleep(Duration::from_secs(cmd.seconds)).await;
    (left, bus.execute(Left).await.unwrap())
}

#[command(output = Duration)]
struct Left;

#[handler]
async fn left(_: Left, inherited: Deadline) -> Duration {
    inherited.remaining()
}

#[tokio::test(start_paused = true)]
async fn a_declared_timeout_is_the_handlers_deadline_and_that_of_calls_inside_of_it() {
    let seconds = Duration::from_secs;
    assert_eq!(Bus::global().execute(Look { seconds: 2 }).await.unwrap(), (seconds(5), seconds(3)));
    let sooner = Bus::global().execute(Look { seconds: 1 }).timeout(seconds(4)).await.unwrap();
    assert_eq!(sooner, (seconds(4), seconds(3)));
}

// retry

#[command(retry(2, on = conflict, backoff = "100ms"), error = Fault)]
#[derive(Clone)]
struct Try {
    fails: u32,
    with: FaultKind,
}

#[handler]
async fn try_it(cmd: Try, runs: &Runs) -> Result<(), Fault> {
    match runs.next() <= cmd.fails {
        true => Err(Fault::new(cmd.with, "not yet")),
        false => Ok(()),
    }
}

#[tokio::test(start_paused = true)]
async fn retry_tries_as_often_as_it_says() {
    let runs = Runs::default();
    bus(&runs).execute(Try { fails: 2, with: FaultKind::Conflict }).await.unwrap();
    assert_eq!(runs.count(), 3, "the first try and two more");
    let runs = Runs::default();
    assert_eq!(kind(bus(&runs).execute(Try { fails: 9, with: FaultKind::Conflict }).await), FaultKind::Conflict);
    assert_eq!(runs.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn retry_on_says_which_faults() {
    let runs = Runs::default();
    assert_eq!(kind(bus(&runs).execute(Try { fails: 1, with: FaultKind::Unavailable }).await), FaultKind::Unavailable);
    assert_eq!(runs.count(), 1, "`on = conflict` says nothing of what is unavailable");
}

#[tokio::test(start_paused = true)]
async fn retry_backoff_is_the_first_pause_which_doubles_and_has_jitter() {
    let mut pauses = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        bus(&Runs::default()).execute(Try { fails: 2, with: FaultKind::Conflict }).await.unwrap();
        pauses.push(begun.elapsed().as_millis());
    }
    // 100 and 200 ms, each up to twice as long.
    assert!(pauses.iter().all(|pause| (300..=602).contains(pause)), "{pauses:?}");
    assert!(pauses.iter().any(|pause| *pause != pauses[0]), "no two are alike: {pauses:?}");
}

// idempotent

#[command(idempotent, output = u32)]
#[derive(Clone, Serialize, Deserialize)]
struct Pay {
    cents: u32,
}

#[handler]
async fn pay(_: Pay, runs: &Runs) -> u32 {
    runs.next()
}

fn with_ledger(runs: &Runs) -> Bus {
    let ledger = InMemoryLedger::new(100, Duration::from_secs(60));
    Bus::builder().provide(runs.clone()).provide_dyn::<dyn Ledger>(Arc::new(ledger)).build()
}

#[tokio::test(start_paused = true)]
async fn idempotent_answers_the_same_key_the_same() {
    let runs = Runs::default();
    let bus = with_ledger(&runs);
    assert_eq!(bus.execute(Pay { cents: 5 }).idempotency_key("a").await.unwrap(), 1);
    assert_eq!(bus.execute(Pay { cents: 5 }).idempotency_key("a").await.unwrap(), 1);
    assert_eq!(bus.execute(Pay { cents: 5 }).idempotency_key("b").await.unwrap(), 2);
    assert_eq!(kind(bus.execute(Pay { cents: 6 }).idempotency_key("a").await), FaultKind::KeyReused);
    assert_eq!(bus.execute(Pay { cents: 5 }).await.unwrap(), 3, "without a key it is a call like any other");
}

// cache

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Restocked;

#[query(output = u32, cache(ttl = "30s", capacity = 8, invalidated_by(Restocked)))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Stock {
    sku: u32,
}

#[handler]
async fn stock(_: Stock, runs: &Runs) -> u32 {
    runs.next()
}

#[tokio::test(start_paused = true)]
async fn cache_ttl_is_how_long_an_answer_is_kept() {
    let bus = bus(&Runs::default());
    assert_eq!(bus.query(Stock { sku: 1 }).await.unwrap(), 1);
    tokio::time::advance(Duration::from_secs(29)).await;
    assert_eq!(bus.query(Stock { sku: 1 }).await.unwrap(), 1);
    assert_eq!(bus.query(Stock { sku: 2 }).await.unwrap(), 2);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(bus.query(Stock { sku: 1 }).await.unwrap(), 3);
    assert_eq!(bus.query(Stock { sku: 2 }).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn cache_capacity_is_how_many_answers_are_kept() {
    let runs = Runs::default();
    let bus = bus(&runs);
    for _ in 0..2 {
        for sku in 0..1_000 {
            bus.query(Stock { sku }).await.unwrap();
        }
    }
    assert!(runs.count() > 1_500, "of 1,000 answers 8 are kept, and {} of 2,000 were loaded", runs.count());
}

#[tokio::test(start_paused = true)]
async fn cache_is_invalidated_by_the_events_it_names() {
    let bus = bus(&Runs::default());
    assert_eq!(bus.query(Stock { sku: 1 }).await.unwrap(), 1);
    bus.publish(Restocked).await.unwrap();
    assert_eq!(bus.query(Stock { sku: 1 }).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn cache_keeps_tenants_and_principals_apart() {
    let bus = bus(&Runs::default());
    let ada = || Principal::new("ada");
    assert_eq!(bus.query(Stock { sku: 1 }).by(ada()).await.unwrap(), 1);
    assert_eq!(bus.query(Stock { sku: 1 }).by(ada()).await.unwrap(), 1);
    assert_eq!(bus.query(Stock { sku: 1 }).by(Principal::new("eve")).await.unwrap(), 2);
    assert_eq!(bus.query(Stock { sku: 1 }).by(ada().with_scope("all")).await.unwrap(), 3, "who may do more is another");
    assert_eq!(bus.query(Stock { sku: 1 }).by(ada()).tenant("t").await.unwrap(), 4);
    assert_eq!(bus.query(Stock { sku: 1 }).await.unwrap(), 5);
}

#[query(output = u32, cache(ttl = "30s", shared))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Weather;

#[handler]
async fn weather(_: Weather, runs: &Runs) -> u32 {
    runs.next()
}

#[tokio::test(start_paused = true)]
async fn cache_shared_is_one_answer_for_everybody() {
    let bus = bus(&Runs::default());
    assert_eq!(bus.query(Weather).by(Principal::new("ada")).await.unwrap(), 1);
    assert_eq!(bus.query(Weather).by(Principal::new("eve")).tenant("t").await.unwrap(), 1);
}

// behaviors

#[command(output = String)]
struct Say(String);

#[handler]
fn say(cmd: Say) -> String {
    cmd.0
}

#[query(output = String)]
struct Ask(String);

#[handler]
fn ask(query: Ask) -> String {
    query.0
}

async fn marked(next: Next<'_>, mark: &str) -> Outcome {
    let outcome = next.run().await;
    match outcome.as_output::<String>() {
        Some(said) => Outcome::output(format!("{mark}({said})")),
        None => outcome,
    }
}

#[behavior(order = 2, on(Say))]
async fn inner(_: &Call<'_>, next: Next<'_>) -> Outcome {
    marked(next, "inner").await
}

#[behavior(order = -1, on(Say))]
async fn outer(_: &Call<'_>, next: Next<'_>) -> Outcome {
    marked(next, "outer").await
}

#[tokio::test]
async fn a_behaviors_order_is_its_place_and_on_is_what_it_goes_around() {
    let bus = Bus::global();
    assert_eq!(bus.execute(Say("x".into())).await.unwrap(), "outer(inner(x))");
    assert_eq!(bus.query(Ask("x".into())).await.unwrap(), "x");
}
