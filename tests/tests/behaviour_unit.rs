//! The unit of work: one a call, committed once after the handler's success, or nothing.
#![cfg(feature = "inventory")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_core::{
    Bus, DispatchError, Effect, Events, Fault, FaultKind, InMemoryUnit, Outbox, WiringProblemKind, command, event,
    handler, provide,
};
use serde::{Deserialize, Serialize};
use tests::ledger::{Failing, Ledger, LedgerUnit, Lines, Page};
use tests::polls::{Caller, dropped_at_every_poll};
use tokio::sync::Semaphore;

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Booked;

#[command(wire)]
#[derive(Serialize, Deserialize)]
struct Remind;

#[derive(Default)]
struct Seen(AtomicUsize);

impl Seen {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[handler]
fn booked(_: Booked, seen: &Seen) {
    seen.0.fetch_add(1, Ordering::SeqCst);
}

#[handler]
fn remind(_: Remind, seen: &Seen) {
    seen.0.fetch_add(1, Ordering::SeqCst);
}

/// A repository of the user's, made for each call, that writes in the call's unit.
trait Rooms: Send {
    fn book(&mut self, room: u32);
}

struct LedgerRooms(Lines);

impl Rooms for LedgerRooms {
    fn book(&mut self, room: u32) {
        self.0.write(format!("room {room}"));
    }
}

#[provide]
async fn rooms(lines: Lines) -> Box<dyn Rooms> {
    Box::new(LedgerRooms(lines))
}

/// The same by its own type.
struct Keys(Lines);

#[provide]
fn keys(lines: Lines) -> Keys {
    Keys(lines)
}

#[command(output = u32, error = String)]
struct Book {
    room: u32,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Well,
    Reject,
    Panic,
}

#[handler]
async fn book(
    cmd: Book,
    page: &mut Page,
    rooms: &mut dyn Rooms,
    keys: &mut Keys,
    events: &mut Events,
    outbox: &mut Outbox,
) -> Result<u32, String> {
    page.write("a guest");
    tokio::task::yield_now().await;
    rooms.book(cmd.room);
    keys.0.write("a key");
    events.raise(Booked);
    outbox.send(Remind);
    tokio::task::yield_now().await;
    match cmd.end {
        End::Well => Ok(cmd.room),
        End::Reject => Err("full".to_owned()),
        End::Panic => panic!("the bell broke"),
    }
}

/// A `fn` handler has a unit of work like any other.
#[command]
struct BookNow;

#[handler]
fn book_now(_: BookNow, page: &mut Page) {
    page.write("now");
}

#[command]
struct Idle;

#[handler]
fn idle(_: Idle, _events: &mut Events) {}

/// Names no unit of work.
#[command]
struct Announce;

#[handler]
fn announce(_: Announce, events: &mut Events) {
    events.raise(Booked);
}

/// Through a trait object the compiler does not see whose unit it is.
#[command]
struct Mixed;

#[handler]
fn mixed(_: Mixed, _unit: &mut InMemoryUnit, _rooms: &mut dyn Rooms) {}

struct App {
    bus: Bus,
    ledger: Ledger,
    seen: Arc<Seen>,
}

fn app() -> App {
    let (ledger, seen) = (Ledger::default(), Arc::new(Seen::default()));
    let bus = Bus::builder()
        .provide(ledger.clone())
        .provide_dyn(seen.clone())
        .provide(Notes::default())
        .unit::<LedgerUnit>()
        .build();
    App { bus, ledger, seen }
}

const WHOLE: [&str; 5] = ["room 7", "a key", "a guest", "event Booked", "command Remind"];

#[tokio::test]
async fn everything_a_call_wrote_is_one_commit() {
    let app = app();
    assert_eq!(app.bus.execute(Book { room: 7, end: End::Well }).await.unwrap(), 7);
    assert_eq!(app.ledger.commits(), [WHOLE]);
    assert_eq!(app.ledger.opened(), 1);
    app.bus.settled().await;
    assert_eq!(app.seen.count(), 2, "the event and the command follow");
    app.bus.execute(BookNow).await.unwrap();
    assert_eq!(app.ledger.commits()[1], ["now"]);
}

#[tokio::test]
async fn a_buffer_alone_is_committed_by_the_bus_s_unit() {
    let app = app();
    app.bus.execute(Announce).await.unwrap();
    app.bus.publish(Booked).await.unwrap();
    assert_eq!(app.ledger.commits(), [["event Booked"], ["event Booked"]]);
    app.bus.execute(Idle).await.unwrap();
    assert_eq!(app.ledger.opened(), 2, "who recorded nothing opens nothing");
}

#[tokio::test]
async fn a_rejection_and_a_panic_leave_nothing() {
    tests::quiet::expect_panics(&["the bell broke", "the pen broke"]);
    let app = app();
    let rejected = app.bus.execute(Book { room: 7, end: End::Reject }).await;
    assert!(matches!(rejected, Err(DispatchError::Rejected(ref why)) if why == "full"));
    let panicked = app.bus.execute(Book { room: 7, end: End::Panic }).await.unwrap_err();
    assert_eq!(panicked.fault().unwrap().effect(), Effect::Nothing);
    app.bus.settled().await;
    assert!(app.ledger.commits().is_empty());
    assert_eq!(app.seen.count(), 0);
}

#[tokio::test]
async fn wherever_the_unit_fails_nothing_is_delivered_and_the_fault_says_what_happened() {
    tests::quiet::expect_panics(&["the bell broke", "the pen broke"]);
    for (failing, kind, effect, words, source, left) in [
        (Failing::Open, FaultKind::Unavailable, Effect::Nothing, "closed", Some("door"), false),
        (Failing::Write, FaultKind::Internal, Effect::Nothing, "full", Some("ink"), false),
        (Failing::Conflict, FaultKind::Conflict, Effect::Nothing, "first", None, false),
        (Failing::AnswerLost, FaultKind::OutcomeUnknown, Effect::Unknown, "broke during", None, true),
        (Failing::CommitPanics, FaultKind::Panic, Effect::Unknown, "the pen broke", None, false),
    ] {
        let app = app();
        app.ledger.fail(failing);
        let error = app.bus.execute(Book { room: 7, end: End::Well }).await.unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!((fault.kind(), fault.effect()), (kind, effect), "{failing:?}");
        assert!(fault.detail().contains(words), "{failing:?}: {fault}");
        assert!(fault.place().unwrap().path.ends_with("::book"), "{failing:?}: {fault}");
        let found = std::error::Error::source(fault).map(ToString::to_string);
        assert_eq!(found.as_deref(), source, "{failing:?}");
        app.bus.settled().await;
        assert_eq!(app.ledger.commits().len(), usize::from(left), "{failing:?}");
        assert_eq!(app.seen.count(), 0, "{failing:?}");
        let published = app.bus.publish(Booked).await;
        assert_eq!(published.is_err(), failing != Failing::Write, "{failing:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_before_the_commit_rolls_back() {
    let app = app();
    let late = app.bus.execute(Slow).timeout(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(late.fault().unwrap().kind(), FaultKind::Timeout);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(app.ledger.commits().is_empty());
}

#[command]
struct Slow;

#[handler]
async fn slow(_: Slow, page: &mut Page) {
    page.write("slow");
    tokio::time::sleep(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_during_the_commit_is_no_timeout() {
    let app = app();
    let held = Arc::new(Semaphore::new(0));
    app.ledger.hold(held.clone());
    let release = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        held.add_permits(1);
    };
    let call = app.bus.execute(BookNow).timeout(Duration::from_secs(1));
    let (answer, ()) = tokio::join!(call.into_future(), release);
    answer.unwrap();
    assert_eq!(app.ledger.commits(), [["now"]]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_does_not_answer_within_the_grace_is_an_unknown_outcome() {
    let (ledger, held) = (Ledger::default(), Arc::new(Semaphore::new(0)));
    ledger.hold(held);
    let bus = Bus::builder().provide(ledger).commit_grace(Duration::from_secs(5)).build();
    let start = tokio::time::Instant::now();
    let error = bus.execute(BookNow).timeout(Duration::from_secs(1)).await.unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!((fault.kind(), fault.effect()), (FaultKind::OutcomeUnknown, Effect::Unknown));
    assert_eq!(start.elapsed().as_secs(), 6, "the timeout and then the grace");
}

#[tokio::test]
async fn a_caller_that_goes_away_tears_nothing_in_half() {
    let app = app();
    let mut answered = 0;
    let mut before = 0;
    let polls = dropped_at_every_poll(
        || app.bus.execute(Book { room: 7, end: End::Well }).into_future(),
        async |caller, answer| {
            // What was begun ends, whoever waits for it, and what follows from it follows.
            before += 1;
            while app.seen.count() < 2 * before {
                tokio::task::yield_now().await;
            }
            app.bus.settled().await;
            assert_eq!(app.ledger.commits(), vec![WHOLE; before], "{caller:?}");
            assert_eq!(app.seen.count(), 2 * before, "{caller:?}");
            if let Caller::Answered(_) = caller {
                assert_eq!(answer.unwrap().unwrap(), 7);
                answered += 1;
            }
        },
    )
    .await;
    assert!(polls > 1, "the call is not done at its first poll");
    assert_eq!(answered, 1);
}

#[tokio::test]
async fn two_units_behind_trait_objects_are_found_by_the_verification_and_at_dispatch() {
    let app = app();
    let problems: Vec<_> =
        app.bus.verify().problems().iter().map(|problem| (problem.kind, problem.text.clone())).collect();
    let [(WiringProblemKind::TwoUnits, text)] = &problems[..] else { panic!("{problems:?}") };
    assert!(text.contains("::mixed") && text.contains("InMemoryUnit") && text.contains("LedgerUnit"), "{text}");
    let error = app.bus.execute(Mixed).await.unwrap_err();
    assert_eq!(error.fault().unwrap().kind(), FaultKind::Wiring);
    assert!(error.to_string().contains("two"), "{error}");
}

#[tokio::test]
async fn a_unit_without_its_store_is_reported() {
    let bus = Bus::builder().provide(Seen::default()).unit::<LedgerUnit>().build();
    let text = bus.verify().to_string();
    assert!(text.contains("Ledger`") && text.contains("::book") && text.contains("the bus's unit of work"), "{text}");
    let error = bus.execute(BookNow).await.unwrap_err();
    assert_eq!(error.fault().unwrap().kind(), FaultKind::Wiring);
}

#[tokio::test]
async fn a_fault_of_a_stage_is_the_callers() {
    let app = app();
    app.ledger.fail(Failing::Write);
    let fault: Fault = app.bus.execute(BookNow).await.unwrap_err().into();
    assert_eq!(fault.kind(), FaultKind::Internal);
}

// ---------------------------------------------------------------- in memory

#[derive(Clone, Default)]
struct Notes(Arc<std::sync::Mutex<Vec<u32>>>);

#[command(error = String)]
struct Note(u32);

#[handler]
async fn note(cmd: Note, notes: &Notes, unit: &mut InMemoryUnit) -> Result<(), String> {
    let kept = notes.0.clone();
    unit.on_commit(move || kept.lock().unwrap().push(cmd.0));
    tokio::task::yield_now().await;
    if cmd.0 == 0 { Err("zero".to_owned()) } else { Ok(()) }
}

#[tokio::test]
async fn what_is_deferred_in_memory_is_done_at_the_commit_and_only_then() {
    let notes = Notes::default();
    let bus = Bus::builder().provide(notes.clone()).build();
    bus.execute(Note(0)).await.unwrap_err();
    assert!(notes.0.lock().unwrap().is_empty());
    bus.execute(Note(1)).await.unwrap();
    bus.execute(Note(2)).await.unwrap();
    assert_eq!(*notes.0.lock().unwrap(), [1, 2]);
}

#[tokio::test]
async fn a_unit_test_commits_by_hand() {
    let (notes, mut unit) = (Notes::default(), InMemoryUnit::default());
    note(Note(3), &notes, &mut unit).await.unwrap();
    assert!(notes.0.lock().unwrap().is_empty());
    unit.commit_now();
    assert_eq!(*notes.0.lock().unwrap(), [3]);
}
