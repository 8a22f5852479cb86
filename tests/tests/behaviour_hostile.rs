//! Code of the user's that panics, hangs or calls back where nobody expects it: a fault for its call, and nothing
//! for anybody else.
#![cfg(feature = "inventory")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::{
    Bus, Call, CarriesFault, CommandBus, DispatchError, Effect, Events, Fault, FaultKind, FromCall, FromScope,
    IntoProblem, Opening, Outbox, Principal, QueryBus, ReadOnly, Scope, command, event, handler, provide, query,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

/// What the handlers of one bus saw.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<&'static str>>>);

impl Seen {
    fn push(&self, line: &'static str) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

/// What a test opens when it wants something to go on.
struct Gate(Semaphore);

impl ReadOnly for Gate {}

impl Gate {
    async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

fn app() -> (Bus, Seen, Arc<Gate>) {
    tests::quiet::expect_panics(&["a trap"]);
    let (seen, gate) = (Seen::default(), Arc::new(Gate(Semaphore::new(0))));
    (Bus::builder().provide(seen.clone()).provide_dyn(gate.clone()).build(), seen, gate)
}

// ---------------------------------------------------------------- panics around the handler

struct Trap;

impl FromCall for Trap {
    fn from_call(_: &Call<'_>) -> Result<Self, Fault> {
        panic!("a trap")
    }
}

#[command(wire)]
#[derive(Serialize, Deserialize)]
struct StepIn;

#[handler]
fn step_in(_: StepIn, _: Trap) {}

#[derive(Debug)]
struct TrapError;

impl CarriesFault for TrapError {
    fn lift(self) -> Result<Self, Fault> {
        panic!("a trap")
    }
}

#[command(error = TrapError)]
struct FailIn;

#[handler]
async fn fail_in(_: FailIn) -> Result<(), TrapError> {
    Err(TrapError)
}

/// Traps whoever reads it.
struct Unreadable;

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("a trap")
    }
}

/// Traps whoever writes it.
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("a trap")
    }
}

#[command(wire)]
#[derive(Deserialize)]
struct Read(#[allow(dead_code, reason = "it is never read")] Unreadable);

impl Serialize for Read {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

#[handler]
fn read(_: Read) {}

#[command(output = Unwritable, wire)]
#[derive(Serialize, Deserialize)]
struct Write;

#[handler]
fn write(_: Write, seen: &Seen) -> Unwritable {
    seen.push("written");
    Unwritable
}

#[tokio::test]
async fn a_panic_around_the_handler_is_its_calls_fault() {
    let (bus, seen, _) = app();
    let around = bus.execute(StepIn).await.unwrap_err();
    assert_eq!(around.fault().unwrap().kind(), FaultKind::Panic);
    let after = bus.execute(FailIn).await.unwrap_err();
    assert_eq!(after.fault().unwrap().kind(), FaultKind::Panic);
    let reading = bus.dispatch_json("Read", b"1").await.unwrap_err();
    assert_eq!(
        (reading.fault().unwrap().kind(), reading.fault().unwrap().effect()),
        (FaultKind::Panic, Effect::Nothing)
    );
    assert_eq!(reading.fault().unwrap().message(), Some("Read"));
    let writing = bus.dispatch_json("Write", b"null").await.unwrap_err();
    assert_eq!(
        (writing.fault().unwrap().kind(), writing.fault().unwrap().effect()),
        (FaultKind::Panic, Effect::Unknown)
    );
    assert_eq!(seen.lines(), ["written"]);
}

// ---------------------------------------------------------------- panics in deliveries

#[event(transient)]
struct Sprung {
    clones: bool,
    drops: bool,
}

impl Clone for Sprung {
    fn clone(&self) -> Self {
        assert!(self.clones, "a trap");
        Sprung { clones: true, drops: false }
    }
}

impl Drop for Sprung {
    fn drop(&mut self) {
        assert!(!self.drops || std::thread::panicking(), "a trap");
    }
}

#[handler]
fn sprung(_: Sprung, seen: &Seen) {
    seen.push("sprung");
}

#[command]
struct Send;

#[handler]
fn send(_: Send, outbox: &mut Outbox) {
    outbox.send(Write);
    outbox.send(StepIn);
    outbox.send(Write);
}

#[tokio::test]
async fn a_delivery_that_panics_is_given_up_once_and_stops_nothing() {
    let (bus, seen, _) = app();
    for (clones, drops) in [(false, false), (true, true), (true, false)] {
        bus.publish(Sprung { clones, drops }).await.unwrap();
    }
    bus.settled().await;
    assert_eq!(seen.lines(), ["sprung", "sprung"]);
    bus.execute(Send).await.unwrap();
    bus.settled().await;
    assert_eq!(seen.lines(), ["sprung", "sprung", "written", "written"], "each once, and the last one too");
}

#[tokio::test]
async fn a_stand_in_for_a_handler_may_panic_too() {
    tests::quiet::expect_panics(&["a trap"]);
    let bus = Bus::builder()
        .provide(Seen::default())
        .register(|_: Agreed| -> std::future::Ready<u32> { panic!("a trap") })
        .build();
    let error = bus.execute(Agreed).await.unwrap_err();
    assert_eq!(error.fault().unwrap().kind(), FaultKind::Panic);
}

#[command(output = u32, contract)]
struct Agreed;

#[handler]
fn agreed(_: Agreed) -> u32 {
    7
}

// ---------------------------------------------------------------- providers

struct Slow;

static SLOW: AtomicUsize = AtomicUsize::new(0);

#[provide]
async fn slow(gate: &Gate) -> Slow {
    SLOW.fetch_add(1, Ordering::SeqCst);
    gate.pass().await;
    Slow
}

#[command]
struct UseSlow;

#[handler]
fn use_slow(_: UseSlow, _: &Slow) {}

#[tokio::test(start_paused = true)]
async fn a_first_caller_that_waits_or_goes_holds_nobody_up() {
    let (bus, _, gate) = app();
    let late = bus.execute(UseSlow).timeout(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(late.fault().unwrap().kind(), FaultKind::Timeout, "making it is part of the call's time");
    // A first caller that nobody polls any more.
    let mut first = std::pin::pin!(bus.execute(UseSlow).into_future());
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(first.as_mut().poll(cx).is_pending())).await);
    gate.0.add_permits(1);
    bus.execute(UseSlow).timeout(Duration::from_secs(1)).await.unwrap();
    first.await.unwrap();
    assert_eq!(SLOW.load(Ordering::SeqCst), 1, "it was made once, whoever went away");
}

struct Ouroboros;

impl ReadOnly for Ouroboros {}

#[provide]
async fn ouroboros() -> Result<Ouroboros, DispatchError<std::convert::Infallible>> {
    Bus::global().query(Bite).await?;
    Ok(Ouroboros)
}

#[query]
struct Bite;

#[handler]
fn bite(_: Bite, _: &Ouroboros) {}

#[tokio::test]
async fn a_provider_that_waits_for_itself_is_a_fault() {
    let (bus, ..) = app();
    let bitten = cqrs_core::testing::scope(bus.clone(), bus.query(Bite).into_future()).await.unwrap_err();
    assert_eq!(bitten.fault().unwrap().kind(), FaultKind::Wiring, "{bitten}");
    assert!(bitten.to_string().contains("neither can be first"), "{bitten}");
}

/// Made for a call by a provider that takes what makes it.
struct Egg;

struct Hen;

impl FromScope for Hen {
    const OPENING: Opening = Opening::Nothing;

    async fn from_scope(scope: &mut Scope) -> Result<Self, Fault> {
        scope.provided::<Egg>().await?;
        Ok(Hen)
    }
}

#[provide]
fn egg(_: Hen) -> Egg {
    Egg
}

#[command]
struct Hatch;

#[handler]
fn hatch(_: Hatch, _: &mut Egg) {}

/// Panics for each call.
struct Cracked;

#[provide(per_call)]
fn cracked() -> Cracked {
    panic!("a trap")
}

#[command]
struct Fry;

#[handler]
fn fry(_: Fry, _: &mut Cracked) {}

#[tokio::test]
async fn providers_for_each_call_that_need_themselves_or_panic_are_faults() {
    let (bus, ..) = app();
    let hatched = bus.execute(Hatch).await.unwrap_err();
    assert_eq!(hatched.fault().unwrap().kind(), FaultKind::Wiring, "{hatched}");
    let fried = bus.execute(Fry).await.unwrap_err();
    assert!(fried.to_string().contains("the provider panicked") && fried.to_string().contains("::cracked"), "{fried}");
}

// ---------------------------------------------------------------- what happened all the same

#[event(transient)]
#[derive(Clone)]
struct Paid;

#[handler]
fn paid(_: Paid, seen: &Seen) {
    seen.push("paid");
}

#[command]
struct Pay;

#[handler]
fn pay(_: Pay, events: &mut Events) {
    events.raise(Paid);
}

#[derive(Clone, Copy)]
enum Then {
    Panics,
    Hangs,
    Faults,
}

#[command(error = Fault)]
struct PayAndThen(Then);

#[handler]
async fn pay_and_then(cmd: PayAndThen, bus: CommandBus) -> Result<(), Fault> {
    bus.execute(Pay).await?;
    match cmd.0 {
        Then::Panics => panic!("a trap"),
        Then::Hangs => std::future::pending().await,
        Then::Faults => Err(Fault::unavailable("later")),
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_let_others_change_something_does_not_say_that_nothing_happened() {
    let (bus, seen, _) = app();
    for then in [Then::Panics, Then::Hangs, Then::Faults] {
        let error = bus.execute(PayAndThen(then)).timeout(Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(error.fault().unwrap().effect(), Effect::Unknown, "{error}");
    }
    bus.settled().await;
    assert_eq!(seen.lines(), ["paid"; 3]);
    let told = Fault::unavailable("x").with_unknown_effect().into_problem();
    assert!(told.detail.contains("not known"), "{told}");
}

// ---------------------------------------------------------------- shutdown, faults in errors, forged actors

#[command]
struct Linger;

#[handler]
async fn linger(_: Linger, gate: &Gate, bus: CommandBus) {
    gate.pass().await;
    bus.execute(Pay).await.expect("part of a call under way");
}

#[tokio::test]
async fn a_shutdown_waits_for_calls_in_place_too() {
    let (seen, gate) = (Seen::default(), Arc::new(Gate(Semaphore::new(0))));
    let bus = Bus::builder().provide(seen.clone()).provide_dyn(gate.clone()).provide(Ouroboros).provide(Slow).build();
    let started = bus.start().await.unwrap_or_else(|error| panic!("{error}"));
    let call = tokio::spawn({
        let bus = bus.clone();
        async move { bus.execute(Linger).await }
    });
    tokio::task::yield_now().await;
    let mut ending = std::pin::pin!(started.shutdown());
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(ending.as_mut().poll(cx).is_pending())).await);
    gate.0.add_permits(1);
    ending.await;
    assert_eq!(seen.lines(), ["paid"], "and for what follows from them");
    call.await.unwrap().unwrap();
}

#[event(transient)]
#[derive(Clone)]
struct Asked;

#[query(output = (), error = std::io::Error)]
struct Flaky;

static FLAKY: AtomicUsize = AtomicUsize::new(0);

#[handler]
async fn flaky(_: Flaky, calm: Calm) -> Result<(), std::io::Error> {
    let Calm = calm;
    Ok(())
}

/// Is not there at first.
struct Calm;

impl ReadOnly for Calm {}

impl FromCall for Calm {
    fn from_call(_: &Call<'_>) -> Result<Self, Fault> {
        match FLAKY.fetch_add(1, Ordering::SeqCst) {
            0 => Err(Fault::unavailable("not yet")),
            _ => Ok(Calm),
        }
    }
}

#[handler]
async fn asked(_: Asked, bus: QueryBus, seen: &Seen) -> Result<(), DispatchError<std::io::Error>> {
    bus.query(Flaky).await?;
    seen.push("asked");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_fault_inside_an_event_handlers_error_is_found_and_tried_again() {
    let (bus, seen, _) = app();
    bus.publish(Asked).await.unwrap();
    bus.settled().await;
    assert_eq!(seen.lines(), ["asked"]);
}

#[event(transient)]
#[derive(Clone)]
struct Signed;

#[handler]
fn signed(_: Signed, context: cqrs_core::Context, seen: &Seen) {
    seen.push(if context.metadata()["actor"] == "mallory" { "mallory" } else { "forged" });
}

#[tokio::test]
async fn nobody_signs_for_somebody_else() {
    let (bus, seen, _) = app();
    bus.publish(Signed).by(Principal::new("mallory")).metadata("actor", "ada").await.unwrap();
    bus.settled().await;
    assert_eq!(seen.lines(), ["mallory"]);
}

#[test]
fn a_runtime_that_ends_while_another_waits_for_its_deliveries_leaves_them_to_it() {
    let (bus, seen, gate) = app();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    first.block_on(async {
        bus.execute(HoldUp).await.unwrap();
        tokio::task::yield_now().await;
    });
    std::thread::scope(|scope| {
        scope.spawn(|| {
            gate.0.add_permits(1);
            runtime().block_on(bus.settled());
        });
        drop(first);
    });
    assert_eq!(seen.lines(), ["held"]);
}

#[event(transient)]
#[derive(Clone)]
struct Held;

#[command]
struct HoldUp;

#[handler]
fn hold_up(_: HoldUp, events: &mut Events) {
    events.raise(Held);
}

#[handler]
async fn held(_: Held, gate: &Gate, seen: &Seen) {
    gate.pass().await;
    seen.push("held");
}
