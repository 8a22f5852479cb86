//! The container: who provides what, when, and what is said where nobody does.
#![cfg(feature = "inventory")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cqrs_core::{Bus, Events, Fault, FaultKind, StartError, WiringProblemKind, command, handler, provide, query};

// ---------------------------------------------------------------- order, once, overrides

/// What the providers of one bus did: given to each bus by its builder.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn push(&self, line: &'static str) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

struct Config;

#[provide]
fn config(log: &Log) -> Config {
    log.push("config");
    Config
}

struct Pool;

#[provide]
async fn pool(_config: &Config, log: &Log) -> Pool {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    log.push("pool");
    Pool
}

trait Mailer: Send + Sync {
    fn name(&self) -> &'static str;
}

struct Smtp;

impl Mailer for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }
}

#[provide]
async fn mailer(_pool: &Pool, log: &Log) -> Result<Arc<dyn Mailer>, std::io::Error> {
    log.push("mailer");
    Ok(Arc::new(Smtp))
}

#[command(output = &'static str)]
struct Mail;

#[handler]
async fn mail(_: Mail, mailer: &dyn Mailer, _pool: &Pool) -> &'static str {
    mailer.name()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_first_calls_makes_each_dependency_once_in_order() {
    let log = Log::default();
    let bus = Bus::builder().provide(log.clone()).build();
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.execute(Mail).await.unwrap() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "smtp");
    }
    assert_eq!(log.lines(), ["config", "pool", "mailer"]);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_wedge_a_dependency() {
    let polls = std::cell::Cell::new(0);
    tests::polls::dropped_at_every_poll(
        || async {
            // A bus of its own, whose pool is being made when the first caller goes.
            let bus = Bus::builder().provide(Log::default()).build();
            {
                let mut first = std::pin::pin!(bus.execute(Mail).into_future());
                for _ in 0..polls.get() {
                    let _ = std::future::poll_fn(|cx| std::task::Poll::Ready(first.as_mut().poll(cx).is_ready())).await;
                }
            }
            polls.set(polls.get() + 1);
            bus.execute(Mail).await.unwrap()
        },
        async |_, _| {},
    )
    .await;
    assert!(polls.get() > 5);
}

struct Fake;

impl Mailer for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }
}

#[tokio::test]
async fn a_value_in_the_builder_wins_over_the_provider() {
    let log = Log::default();
    let bus = Bus::builder().provide(log.clone()).provide_dyn::<dyn Mailer>(Arc::new(Fake)).provide(Pool).build();
    assert_eq!(bus.execute(Mail).await.unwrap(), "fake");
    assert!(log.lines().is_empty(), "no provider ran");
}

// ---------------------------------------------------------------- failures

struct Flaky(usize);

static TRIES: AtomicUsize = AtomicUsize::new(0);

#[provide]
async fn flaky() -> Result<Flaky, std::io::Error> {
    match TRIES.fetch_add(1, Ordering::SeqCst) {
        0 => Err(std::io::Error::other("not yet")),
        1 => panic!("worse"),
        n => Ok(Flaky(n)),
    }
}

#[query(output = usize)]
struct Tried;

#[handler]
fn tried(_: Tried, flaky: &FlakyView) -> usize {
    flaky.0.0
}

struct FlakyView(Arc<Flaky>);
impl cqrs_core::ReadOnly for FlakyView {}

#[provide]
fn flaky_view(flaky: &Flaky) -> FlakyView {
    FlakyView(Arc::new(Flaky(flaky.0)))
}

#[tokio::test]
async fn a_provider_that_fails_is_tried_again_at_the_next_call() {
    tests::quiet::expect_panics(&["worse"]);
    let bus = Bus::builder().build();
    let first: Fault = bus.query(Tried).await.unwrap_err().into();
    assert_eq!((first.kind(), first.is_transient()), (FaultKind::Unavailable, true));
    assert!(first.to_string().contains("not yet") && first.place().unwrap().path.ends_with("::flaky"), "{first}");
    assert_eq!(std::error::Error::source(&first).unwrap().to_string(), "not yet");
    let second: Fault = bus.query(Tried).await.unwrap_err().into();
    assert_eq!(second.kind(), FaultKind::Panic);
    assert!(second.to_string().contains("worse"), "{second}");
    assert_eq!(bus.query(Tried).await.unwrap(), 2);
    assert_eq!(bus.query(Tried).await.unwrap(), 2, "and then it is kept");
}

#[derive(Debug)]
struct Egg;
struct Hen;
struct Chick;

#[provide]
fn egg(_: &Hen) -> Egg {
    Egg
}

#[provide]
fn hen(_: &Egg) -> Hen {
    Hen
}

#[provide]
fn chick(_: &Egg) -> Chick {
    Chick
}

#[command]
struct Hatch;

#[handler]
fn hatch(_: Hatch, _: &Chick) {}

trait Missing: Send + Sync {}

#[command]
struct Search;

#[handler]
fn search(_: Search, _: &dyn Missing, _: &Nowhere) {}

struct Nowhere;

/// Provided as the wrong type.
trait Near: Send + Sync {}

impl Near for Smtp {}

#[provide]
fn near() -> Arc<dyn Near + Send> {
    Arc::new(Smtp)
}

#[command]
struct Approach;

#[handler]
fn approach(_: Approach, _: &dyn Near) {}

/// Provided twice.
struct Twin;

#[provide]
fn first_twin() -> Twin {
    Twin
}

#[provide]
fn second_twin() -> Twin {
    Twin
}

#[command]
struct Greet;

#[handler]
fn greet(_: Greet, _: &Twin) {}

/// Provided for each call, taken as shared.
trait Basket: Send + Sync {}

struct Wicker;

impl Basket for Wicker {}

#[provide(per_call)]
fn basket() -> Box<dyn Basket> {
    Box::new(Wicker)
}

#[command]
struct Carry;

#[handler]
fn carry(_: Carry, _: &dyn Basket) {}

#[command]
struct Lose;

#[handler]
fn lose(_: Lose, _: &mut dyn Lost, _events: &mut Events) {}

trait Lost: Send {}

#[command]
struct Wrap;

/// One `&` is enough.
#[handler]
#[allow(clippy::borrowed_box, reason = "that is the mistake")]
fn wrap(_: Wrap, _: &Arc<dyn Clock>, _: &Box<dyn Missing>) {}

async fn fault<C: cqrs_core::Command + cqrs_core::Handled>(bus: &Bus, command: C) -> Fault
where
    C::Error: std::fmt::Debug,
    C::Output: std::fmt::Debug,
{
    match bus.execute(command).await.unwrap_err() {
        cqrs_core::DispatchError::Fault(fault) => fault,
        cqrs_core::DispatchError::Rejected(error) => panic!("rejected: {error:?}"),
    }
}

#[tokio::test]
async fn what_cannot_be_made_is_reported_before_anything_runs_and_is_a_fault_if_dispatched_anyway() {
    let bus = Bus::builder().provide(Log::default()).build();
    let report = bus.verify();
    assert!(!report.is_sound());
    let text = report.to_string();
    let of = |kind| {
        report.problems().iter().filter(move |problem| problem.kind == kind).map(|problem| problem.text.as_str())
    };

    let circle: Vec<_> =
        of(WiringProblemKind::BrokenDependency).filter(|text| text.contains("need each other")).collect();
    assert_eq!(circle.len(), 1, "one circle is one problem, wherever it is entered: {text}");
    assert!(
        circle[0].contains("::egg") && circle[0].contains("::hen") && circle[0].contains("behaviour_container.rs:")
    );
    assert!(circle[0].contains("::hatch"), "who needs it: {}", circle[0]);
    let hatched = fault(&bus, Hatch).await;
    assert!(hatched.to_string().contains("need each other") && hatched.kind() == FaultKind::Wiring, "{hatched}");

    let twins: Vec<_> = of(WiringProblemKind::BrokenDependency).filter(|text| text.contains("two providers")).collect();
    assert_eq!(twins.len(), 1, "{text}");
    assert!(twins[0].contains("first_twin") && twins[0].contains("second_twin") && twins[0].contains("::greet"));
    assert!(fault(&bus, Greet).await.to_string().contains("two providers"));

    let missing: Vec<_> = of(WiringProblemKind::MissingDependency).collect();
    for (name, hint, who) in [
        ("dyn behaviour_container::Missing", "Arc<dyn behaviour_container::Missing>", "::search"),
        ("&behaviour_container::Nowhere", "#[provide]", "::search"),
        (
            "&dyn behaviour_container::Near",
            "`dyn behaviour_container::Near + core::marker::Send` is provided, but that is another type",
            "::approach",
        ),
        ("&dyn behaviour_container::Basket", "take it as `&mut", "::carry"),
        ("Box<dyn behaviour_container::Lost>", "provide_call", "::lose"),
        (
            "`&Arc<dyn behaviour_container::Clock>`: take it as `&dyn behaviour_container::Clock`",
            ", which is provided",
            "::wrap",
        ),
        (
            "`&Box<dyn behaviour_container::Missing>`: take it as `&dyn behaviour_container::Missing`, and write",
            "-> Box<dyn behaviour_container::Missing>",
            "::wrap",
        ),
    ] {
        assert!(
            missing.iter().any(|text| text.contains(name) && text.contains(hint) && text.contains(who)),
            "{name}: {text}"
        );
    }
    assert_eq!(missing.len(), 7, "{text}");
    for fault in
        [fault(&bus, Search).await, fault(&bus, Approach).await, fault(&bus, Carry).await, fault(&bus, Lose).await]
    {
        assert_eq!(fault.kind(), FaultKind::Wiring);
        let handler = fault.place().unwrap();
        assert!(
            handler.path.ends_with(&fault.message().unwrap().to_lowercase()),
            "the handler and its message: {fault}"
        );
        assert!(fault.to_string().contains("behaviour_container.rs:"), "{fault}");
    }
    assert_eq!(bus.execute(Mail).await.unwrap(), "smtp", "sound calls go through");

    match bus.start().await {
        Err(StartError::Wiring(reported)) => assert_eq!(&reported, report),
        other => panic!("{other:?}"),
    }
    assert_eq!(bus.verify().to_string(), Bus::builder().provide(Log::default()).build().verify().to_string());
}

#[tokio::test]
async fn a_builder_mends_what_is_missing() {
    struct Here;
    impl Missing for Here {}
    impl Near for Here {}
    impl Basket for Here {}
    impl Lost for Here {}
    let bus = Bus::builder()
        .provide(Log::default())
        .provide_dyn::<dyn Missing>(Arc::new(Here))
        .provide(Nowhere)
        .provide_dyn::<dyn Near>(Arc::new(Here))
        .provide(Twin)
        .provide_dyn::<dyn Basket>(Arc::new(Here))
        .provide(Hen)
        .provide(Arc::new(Noon) as Arc<dyn Clock>)
        .provide(Box::new(Here) as Box<dyn Missing>)
        .provide_call(|| -> Box<dyn Lost> { Box::new(Here) })
        .build();
    assert!(bus.verify().is_sound(), "{}", bus.verify());
    bus.execute(Search).await.unwrap();
    bus.execute(Approach).await.unwrap();
    bus.execute(Greet).await.unwrap();
    bus.execute(Carry).await.unwrap();
    bus.execute(Hatch).await.unwrap();
    bus.execute(Lose).await.unwrap();
    bus.execute(Wrap).await.unwrap();
}

// ---------------------------------------------------------------- per call

struct Ticket(usize);

static TICKETS: AtomicUsize = AtomicUsize::new(0);

#[provide(per_call)]
async fn ticket() -> Ticket {
    Ticket(TICKETS.fetch_add(1, Ordering::SeqCst))
}

#[command(output = usize)]
struct Take;

#[handler]
fn take(_: Take, ticket: &mut Ticket) -> usize {
    ticket.0
}

#[tokio::test]
async fn a_provider_for_each_call_runs_for_each_call() {
    let bus = Bus::builder().build();
    let (first, second) = (bus.execute(Take).await.unwrap(), bus.execute(Take).await.unwrap());
    assert_ne!(first, second);
    let faked = Bus::builder().provide_call(|| Ticket(99)).build();
    assert_eq!(faked.execute(Take).await.unwrap(), 99);
}

/// Made from a `Box`, shared.
trait Clock: Send + Sync {
    fn now(&self) -> u32;
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> u32 {
        12
    }
}

#[provide]
fn clock() -> Box<dyn Clock> {
    Box::new(Noon)
}

#[command(output = u32)]
struct Now;

#[handler]
fn now(_: Now, clock: &dyn Clock) -> u32 {
    clock.now()
}

#[tokio::test]
async fn a_box_without_anything_of_the_call_is_shared() {
    assert_eq!(Bus::builder().build().execute(Now).await.unwrap(), 12);
}
