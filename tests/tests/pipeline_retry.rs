//! `retry`: the whole unit of work again, and only where that cannot do anything twice.

#![cfg(feature = "inventory")]

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cqrs_core::{
    BoxFuture, Bus, CommandBus, Effect, Fault, FaultKind, Ledger as Outcomes, LedgerEntry, LedgerKey, On, Records,
    Resource, Scope, UnitOfWork, command, handler,
};
use serde::{Deserialize, Serialize};
use tests::ledger::{Failing, Ledger, Page};
use tests::runs::Runs;

fn bus(runs: &Runs, store: &Ledger) -> Bus {
    Bus::builder()
        .provide(runs.clone())
        .provide(store.clone())
        .provide_dyn::<dyn Outcomes>(Arc::new(store.clone()))
        .build()
}

#[command(retry(3), output = u32, error = String)]
#[derive(Clone)]
struct Note {
    mends_at: u32,
}

/// Fails in the commit until the store is mended, from inside of the handler's n-th run.
#[handler]
async fn note(cmd: Note, runs: &Runs, store: &Ledger, page: &mut Page) -> Result<u32, String> {
    let run = runs.next();
    page.write(format!("run {run}"));
    if run == cmd.mends_at {
        store.mend();
    }
    if cmd.mends_at == 0 { Err("no".into()) } else { Ok(run) }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_in_the_commit_is_tried_with_a_unit_of_its_own() {
    let (runs, store) = (Runs::default(), Ledger::default());
    store.fail(Failing::Conflict);
    assert_eq!(bus(&runs, &store).execute(Note { mends_at: 3 }).await.unwrap(), 3);
    assert_eq!(store.commits(), [["run 3"]], "what the tries before wrote is gone with them");
    assert_eq!(store.opened(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_not_tried_without_a_key() {
    let (runs, store) = (Runs::default(), Ledger::default());
    store.fail(Failing::AnswerLost);
    let error = bus(&runs, &store).execute(Note { mends_at: 9 }).await.unwrap_err();
    assert_eq!(error.fault().unwrap().effect(), Effect::Unknown);
    assert_eq!((runs.count(), store.commits().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_an_answer_and_not_tried() {
    let (runs, store) = (Runs::default(), Ledger::default());
    let error = bus(&runs, &store).execute(Note { mends_at: 0 }).await.unwrap_err();
    assert_eq!(error.rejection().map(String::as_str), Some("no"));
    assert_eq!(runs.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_tried_past_the_deadline() {
    let (runs, store) = (Runs::default(), Ledger::default());
    store.fail(Failing::Conflict);
    let begun = tokio::time::Instant::now();
    // The first pause is 50 ms or more.
    let answer = bus(&runs, &store).execute(Note { mends_at: 9 }).timeout(Duration::from_millis(40)).await;
    assert_eq!(answer.unwrap_err().fault().unwrap().kind(), FaultKind::Conflict, "the fault itself, and no timeout");
    assert_eq!(begun.elapsed(), Duration::ZERO, "no pause that ends behind the deadline is begun");
    assert_eq!(runs.count(), 1);
}

#[command(retry(2, on = unavailable), error = Fault)]
#[derive(Clone)]
struct Both;

#[handler]
async fn both(_: Both, bus: CommandBus, runs: &Runs) -> Result<(), Fault> {
    bus.execute(First).await?;
    runs.next();
    Err(Fault::unavailable("the second half does not answer"))
}

#[command]
struct First;

#[handler]
async fn first(_: First, runs: &Runs) {
    runs.next();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_let_another_command_through_is_not_tried() {
    let (runs, store) = (Runs::default(), Ledger::default());
    let error = bus(&runs, &store).execute(Both).await.unwrap_err();
    assert_eq!(error.fault().unwrap().effect(), Effect::Unknown);
    assert_eq!(runs.count(), 2, "one run of each");
}

#[command(idempotent, retry(3, on = unavailable | conflict), output = u32)]
#[derive(Clone, Serialize, Deserialize)]
struct Keyed;

#[handler]
async fn keyed(_: Keyed, runs: &Runs, store: &Ledger, page: &mut Page) -> u32 {
    let run = runs.next();
    if run == 3 {
        store.mend();
    }
    page.write(format!("run {run}"));
    run
}

#[tokio::test(start_paused = true)]
async fn with_a_key_what_may_have_happened_is_tried_and_happens_once() {
    for failing in [Failing::AnswerUnavailable, Failing::Conflict] {
        let (runs, store) = (Runs::default(), Ledger::default());
        store.fail(failing);
        let answer = bus(&runs, &store).execute(Keyed).idempotency_key("k").await.unwrap();
        assert_eq!(store.commits().len(), 1, "{failing:?}");
        assert_eq!(store.commits()[0], [format!("run {answer}"), "outcome k".to_owned()]);
    }
}

#[command(retry(2))]
#[derive(Clone)]
struct InPlace;

#[handler]
async fn in_place(_: InPlace, runs: &Runs) {
    runs.next();
}

#[tokio::test(start_paused = true)]
async fn what_was_carried_out_is_not_tried_because_a_behavior_fails_afterwards() {
    let (runs, store) = (Runs::default(), Ledger::default());
    let on = [On::message::<InPlace>(), On::message::<Note>()];
    let audited = Bus::builder().provide(runs.clone()).provide(store.clone()).behavior(1, on, |_, next| {
        Box::pin(async {
            next.run().await;
            Fault::conflict("the audit was written by somebody else").into()
        })
    });
    let bus = audited.build();
    let in_place = bus.execute(InPlace).await.unwrap_err();
    assert_eq!((runs.count(), in_place.fault().unwrap().effect()), (1, Effect::Unknown));
    let with_unit = bus.execute(Note { mends_at: 9 }).await.unwrap_err();
    assert_eq!((runs.count(), with_unit.fault().unwrap().effect()), (2, Effect::Unknown));
    assert_eq!(store.commits().len(), 1);
}

/// A ledger that can be read once.
struct ReadOnce(Ledger, AtomicU32);

impl Outcomes for ReadOnce {
    fn find<'a>(&'a self, key: &'a LedgerKey) -> BoxFuture<'a, Result<Option<LedgerEntry>, Fault>> {
        Box::pin(async move {
            match self.1.fetch_add(1, Ordering::SeqCst) {
                0 => self.0.find(key).await,
                _ => Err(Fault::unavailable("the ledger does not answer")),
            }
        })
    }

    fn stage<'a>(&'a self, scope: &'a mut Scope, entry: LedgerEntry) -> BoxFuture<'a, Result<(), Fault>> {
        self.0.stage(scope, entry)
    }
}

#[tokio::test(start_paused = true)]
async fn what_one_try_left_unknown_is_unknown_where_the_ledger_cannot_tell() {
    let (runs, store) = (Runs::default(), Ledger::default());
    store.fail(Failing::AnswerUnavailable);
    let ledger = ReadOnce(store.clone(), AtomicU32::new(0));
    let builder = Bus::builder().provide(runs.clone()).provide(store.clone());
    let bus = builder.provide_dyn::<dyn Outcomes>(Arc::new(ledger)).build();
    let error = bus.execute(Keyed).idempotency_key("k").await.unwrap_err();
    assert_eq!(error.fault().unwrap().effect(), Effect::Unknown, "{error}");
    assert_eq!(store.commits().len(), 1, "it did happen");
}

#[command(idempotent, retry(2, on = unavailable), error = Fault)]
#[derive(Clone, Serialize, Deserialize)]
struct LostThenSlow;

#[handler]
async fn lost_then_slow(_: LostThenSlow, runs: &Runs) -> Result<(), Fault> {
    if runs.next() > 1 {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    Err(Fault::unavailable("the answer is lost").with_unknown_effect())
}

#[tokio::test(start_paused = true)]
async fn what_one_try_left_unknown_is_unknown_where_the_next_has_no_time() {
    let (runs, store) = (Runs::default(), Ledger::default());
    let bus = bus(&runs, &store);
    let answer = bus.execute(LostThenSlow).idempotency_key("k").timeout(Duration::from_secs(5)).await;
    let error = answer.unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!((runs.count(), fault.kind(), fault.effect()), (2, FaultKind::Timeout, Effect::Unknown));
}

// A unit of work whose commit begins before the call has ever waited.

struct Halves(Runs);

impl UnitOfWork for Halves {
    type Store = Runs;

    async fn open(runs: &Arc<Runs>) -> Result<Self, Fault> {
        Ok(Halves(Runs::clone(runs)))
    }

    async fn commit(self, _: &Records) -> Result<(), Fault> {
        self.0.next();
        tokio::task::yield_now().await;
        self.0.next();
        Ok(())
    }
}

struct Pen;

impl<C: Sync> Resource<C> for Pen {
    type Unit = Halves;

    async fn open(scope: &mut Scope, _: &C) -> Result<Self, Fault> {
        scope.unit::<Halves>().await.map(|_| Pen)
    }

    async fn stage(self, _: &mut Scope) -> Result<(), Fault> {
        Ok(())
    }
}

#[command(retry(1), timeout = "5s")]
#[derive(Clone)]
struct Sign;

#[handler]
async fn sign(_: Sign, _: &mut Pen) {}

#[test]
fn a_commit_that_has_begun_is_waited_for_where_there_is_no_timer() {
    tests::quiet::expect_panics(&["timers are disabled"]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let runs = Runs::default();
    let bus = bus(&runs, &Ledger::default());
    runtime.block_on(bus.execute(Sign).into_future()).unwrap();
    assert_eq!(runs.count(), 2, "both halves");
}
