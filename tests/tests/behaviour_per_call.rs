//! What a builder's closure makes for each call, out of something of the call.
#![cfg(feature = "inventory")]

use std::sync::{Arc, Mutex};

use cqrs_core::{
    Bus, Context, Fault, FaultKind, FromScope, InMemoryUnit, Opening, Principal, Records, Scope, UnitOfWork,
    WiringProblemKind, command, handler,
};

type Lines = Arc<Mutex<Vec<String>>>;

trait Notes: Send {
    fn add(&mut self, text: &str);
}

/// Adds a line when its call commits.
struct InUnit {
    unit: InMemoryUnit,
    lines: Lines,
    who: String,
}

impl Notes for InUnit {
    fn add(&mut self, text: &str) {
        let (lines, line) = (self.lines.clone(), format!("{}: {text}", self.who));
        self.unit.on_commit(move || lines.lock().unwrap().push(line));
    }
}

trait Ledger: Send {}

struct NoLedger;

impl Ledger for NoLedger {}

#[command(error = String)]
struct Note {
    text: &'static str,
    refuse: bool,
}

#[handler]
fn note(cmd: Note, notes: &mut dyn Notes) -> Result<(), String> {
    notes.add(cmd.text);
    if cmd.refuse { Err("no".into()) } else { Ok(()) }
}

#[command]
struct Book;

#[handler]
fn book(_: Book, notes: &mut dyn Notes, _: &mut dyn Ledger) {
    notes.add("booked");
}

fn in_unit(lines: &Lines) -> impl Fn(InMemoryUnit, Option<Principal>, Context) -> Box<dyn Notes> + use<> {
    let lines = lines.clone();
    move |unit, who, context| {
        let who = who.map_or("nobody".to_owned(), |who| who.id().to_owned());
        let who = format!("{who} of {}", context.tenant().unwrap_or("nowhere"));
        Box::new(InUnit { unit, lines: lines.clone(), who })
    }
}

#[tokio::test]
async fn what_a_closure_takes_is_of_the_call_and_what_it_writes_is_in_the_calls_unit() {
    let lines = Lines::default();
    let bus = Bus::builder().provide_call(in_unit(&lines)).provide_call(|| Box::new(NoLedger) as Box<dyn Ledger>);
    let bus = bus.build();
    let report = bus.verify().to_string();
    assert!(!report.contains("::note") && !report.contains("::book"), "{report}");
    let note = |text, refuse| bus.execute(Note { text, refuse });
    note("milk", false).by(Principal::new("ada")).tenant("London").await.unwrap();
    assert_eq!(note("bread", true).await.unwrap_err().rejection().unwrap(), "no");
    note("eggs", false).await.unwrap();
    bus.execute(Book).await.unwrap();
    assert_eq!(*lines.lock().unwrap(), ["ada of London: milk", "nobody of nowhere: eggs", "nobody of nowhere: booked"]);
}

#[tokio::test]
async fn a_part_that_is_not_to_be_had_is_the_callers_fault_and_the_closure_does_not_run() {
    let lines = Lines::default();
    let kept = lines.clone();
    let bus = Bus::builder().provide_call(move |unit: InMemoryUnit, who: Principal| {
        kept.lock().unwrap().push(format!("made for {}", who.id()));
        Box::new(InUnit { unit, lines: kept.clone(), who: who.id().to_owned() }) as Box<dyn Notes>
    });
    let bus = bus.build();
    let error = bus.execute(Note { text: "milk", refuse: false }).await.unwrap_err();
    assert_eq!(error.fault().unwrap().kind(), FaultKind::Unauthenticated);
    assert!(lines.lock().unwrap().is_empty());
    bus.execute(Note { text: "milk", refuse: false }).by(Principal::new("ada")).await.unwrap();
    assert_eq!(*lines.lock().unwrap(), ["made for ada", "ada: milk"]);
}

#[tokio::test]
async fn a_closure_that_panics_is_the_calls_fault() {
    tests::quiet::expect_panics(&["no notes today"]);
    let bus = Bus::builder().provide_call(|_: InMemoryUnit| -> Box<dyn Notes> { panic!("no notes today") }).build();
    let error = bus.execute(Note { text: "milk", refuse: false }).await.unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!(fault.kind(), FaultKind::Panic);
    assert!(fault.to_string().contains("no notes today"), "{fault}");
}

/// A unit of work of another store.
struct Elsewhere;

struct Far;

impl UnitOfWork for Elsewhere {
    type Store = Far;

    async fn open(_: &Arc<Far>) -> Result<Self, Fault> {
        Ok(Elsewhere)
    }

    async fn commit(self, _: &Records) -> Result<(), Fault> {
        Ok(())
    }
}

/// What is written elsewhere.
struct FarTx;

impl FromScope for FarTx {
    const OPENING: Opening = Opening::unit::<Elsewhere>();

    async fn from_scope(scope: &mut Scope) -> Result<Self, Fault> {
        scope.unit::<Elsewhere>().await.map(|_| FarTx)
    }
}

#[tokio::test]
async fn what_closures_open_is_verified_with_the_handler() {
    let far = |_: FarTx| Box::new(NoLedger) as Box<dyn Ledger>;
    let bus = Bus::builder().provide_call(in_unit(&Lines::default())).provide_call(far).build();
    let texts = |kind| {
        let problems = bus.verify().problems().iter();
        let problems = problems.filter(move |problem| problem.kind == kind && problem.text.contains("::book"));
        problems.map(|problem| problem.text.clone()).collect::<Vec<_>>()
    };
    let two = texts(WiringProblemKind::TwoUnits);
    assert_eq!(two.len(), 1, "{}", bus.verify());
    assert!(two[0].contains("InMemoryUnit") && two[0].contains("Elsewhere"), "{two:?}");
    let missing = texts(WiringProblemKind::MissingDependency);
    assert_eq!(missing.len(), 1, "{}", bus.verify());
    assert!(missing[0].contains("::Far"), "{missing:?}");
    let error = bus.execute(Book).await.unwrap_err();
    assert_eq!(error.fault().unwrap().kind(), FaultKind::Wiring);
}

/// Asks for the notes of the call, and so for what it is to make.
struct OfNotes;

impl FromScope for OfNotes {
    const OPENING: Opening = Opening::Provided(cqrs_core::__private::Need::of::<Box<dyn Notes>>());

    async fn from_scope(scope: &mut Scope) -> Result<Self, Fault> {
        scope.provided::<Box<dyn Notes>>().await.map(|_| OfNotes)
    }
}

struct Silent;

impl Notes for Silent {
    fn add(&mut self, _: &str) {}
}

#[tokio::test]
async fn a_closure_that_needs_what_it_makes_is_reported_where_it_was_given() {
    let line = line!() + 1;
    let bus = Bus::builder().provide_call(|_: OfNotes| Box::new(Silent) as Box<dyn Notes>);
    let bus = bus.provide_call(|| Box::new(NoLedger) as Box<dyn Ledger>).build();
    let report = bus.verify().to_string();
    let place = format!("`a closure of this bus's builder` (tests/tests/behaviour_per_call.rs:{line})");
    assert!(report.contains(&place) && report.contains("needs what it provides itself"), "{report}");
    let error = bus.execute(Note { text: "milk", refuse: false }).await.unwrap_err();
    assert_eq!(error.fault().unwrap().kind(), FaultKind::Wiring);
}

#[tokio::test]
async fn what_is_made_for_each_call_and_taken_as_shared_is_told_so() {
    trait Basket: Send + Sync {}
    struct Wicker;
    impl Basket for Wicker {}

    #[command]
    struct Carry;

    #[handler]
    fn carry(_: Carry, _: &dyn Basket) {}

    let bus = Bus::builder().provide_call(|| Box::new(Wicker) as Box<dyn Basket>).build();
    let error = bus.execute(Carry).await.unwrap_err();
    let fault = error.fault().unwrap();
    assert!(fault.to_string().contains("it is provided for each call, so take it as `&mut"), "{fault}");
}
