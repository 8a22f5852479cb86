//! `idempotent`: once for each key of a caller, whatever happens.

#![cfg(feature = "inventory")]

use std::sync::Arc;
use std::time::Duration;

use cqrs_core::{
    Bus, Context, Effect, Events, Fault, FaultKind, InMemoryLedger, InMemoryUnit, Ledger as Outcomes, OperationResult,
    Principal, command, event, handler,
};
use serde::{Deserialize, Serialize};
use tests::faults::fault;
use tests::ledger::{Failing, Ledger, LedgerUnit, Page};
use tests::polls::{Caller, dropped_at_every_poll};
use tests::quiet::expect_panics;
use tests::runs::Runs;
use tokio::sync::Semaphore;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Declined {
    why: String,
}

/// Writes a line of a store whose ledger is in the same transaction.
#[command(idempotent, output = u32, error = Declined)]
#[derive(Clone, Serialize, Deserialize)]
struct Pay {
    cents: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

const PAY: Pay = Pay { cents: 5, note: None };

#[handler]
async fn pay(cmd: Pay, runs: &Runs, page: &mut Page) -> Result<u32, Declined> {
    let run = runs.next();
    page.write(format!("paid {}", cmd.cents));
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    match cmd.cents {
        0 => Err(Declined { why: "nothing to pay".into() }),
        13 => panic!("thirteen"),
        _ => Ok(run),
    }
}

struct World {
    runs: Runs,
    store: Ledger,
    bus: Bus,
}

fn world() -> World {
    let (runs, store) = (Runs::default(), Ledger::default());
    World { bus: bus_of(&runs, &store), runs, store }
}

fn bus_of(runs: &Runs, store: &Ledger) -> Bus {
    Bus::builder()
        .provide(runs.clone())
        .provide(store.clone())
        .provide_dyn::<dyn Outcomes>(Arc::new(store.clone()))
        .build()
}

#[tokio::test]
async fn the_record_is_in_the_calls_own_commit() {
    let World { store, bus, runs } = world();
    assert_eq!(bus.execute(PAY).idempotency_key("k").await.unwrap(), 1);
    assert_eq!(store.commits(), [["paid 5", "outcome k"]]);
    assert_eq!(bus.execute(PAY).idempotency_key("k").await.unwrap(), 1);
    assert_eq!(runs.count(), 1);
    assert_eq!(store.commits().len(), 1, "a replay commits nothing");
}

#[tokio::test]
async fn a_rejection_is_an_outcome_and_leaves_its_record_alone() {
    let World { store, bus, runs } = world();
    let nothing = Pay { cents: 0, note: None };
    for _ in 0..2 {
        let answer = bus.execute(nothing.clone()).idempotency_key("k").await;
        assert_eq!(answer.unwrap_err().rejection(), Some(&Declined { why: "nothing to pay".into() }));
    }
    assert_eq!(runs.count(), 1);
    assert_eq!(store.commits(), [["outcome k"]], "what the handler wrote is rolled back");
}

#[tokio::test]
async fn a_fault_is_no_outcome() {
    expect_panics(&["thirteen"]);
    let World { store, bus, runs } = world();
    let bad = Pay { cents: 13, note: None };
    assert_eq!(fault(bus.execute(bad.clone()).idempotency_key("k").await).kind(), FaultKind::Panic);
    assert_eq!(fault(bus.execute(bad).idempotency_key("k").await).kind(), FaultKind::Panic, "the key is free again");
    store.fail(Failing::Conflict);
    assert_eq!(fault(bus.execute(PAY).idempotency_key("l").await).kind(), FaultKind::Conflict);
    store.mend();
    assert_eq!(bus.execute(PAY).idempotency_key("l").await.unwrap(), 4);
    assert_eq!(runs.count(), 4);
    assert_eq!(store.outcomes().len(), 1);
}

#[tokio::test]
async fn a_key_is_of_one_tenant_one_principal_and_one_message() {
    let World { bus, runs, .. } = world();
    let ada = || Principal::new("ada");
    bus.execute(PAY).idempotency_key("k").await.unwrap();
    bus.execute(PAY).idempotency_key("k").by(ada()).await.unwrap();
    bus.execute(PAY).idempotency_key("k").by(Principal::system("ada")).await.unwrap();
    bus.execute(PAY).idempotency_key("k").by(ada()).tenant("t").await.unwrap();
    bus.execute(Refund { cents: 5 }).idempotency_key("k").by(ada()).tenant("t").await.unwrap();
    assert_eq!(runs.count(), 5);
    bus.execute(PAY).idempotency_key("k").by(ada().with_scope("more")).tenant("t").await.unwrap();
    assert_eq!(runs.count(), 5, "the same caller, whatever it may do today");
}

#[command(idempotent)]
#[derive(Clone, Serialize, Deserialize)]
struct Refund {
    cents: u32,
}

/// Without a resource: the record has a unit of work of its own.
#[handler]
fn refund(_: Refund, runs: &Runs) {
    runs.next();
}

#[tokio::test]
async fn an_empty_key_is_refused() {
    let World { bus, runs, .. } = world();
    assert_eq!(fault(bus.execute(PAY).idempotency_key("").await).kind(), FaultKind::Malformed);
    assert_eq!(runs.count(), 0);
}

#[tokio::test]
async fn another_payload_under_a_key_is_refused_and_null_is_absent() {
    let World { bus, runs, .. } = world();
    bus.execute(PAY).idempotency_key("k").await.unwrap();
    let reused = fault(bus.execute(Pay { cents: 6, note: None }).idempotency_key("k").await);
    assert_eq!(reused.kind(), FaultKind::KeyReused);
    assert!(reused.to_string().contains("`k`") && reused.to_string().contains("`Pay`"), "{reused}");
    let noted = Pay { cents: 5, note: Some("hi".into()) };
    assert_eq!(fault(bus.execute(noted).idempotency_key("k").await).kind(), FaultKind::KeyReused);
    assert_eq!(runs.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_tasks_with_one_key_run_the_handler_once() {
    for _ in 0..20 {
        let World { bus, runs, store } = world();
        let calls: Vec<_> = (0..64)
            .map(|_| {
                let bus = bus.clone();
                tokio::spawn(async move { bus.execute(PAY).idempotency_key("k").await.unwrap() })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), 1);
        }
        assert_eq!(runs.count(), 1);
        assert_eq!(store.commits().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_processes_on_one_store_one_commits_and_the_other_answers_its_outcome() {
    for _ in 0..20 {
        let (runs, store) = (Runs::default(), Ledger::default());
        let calls: Vec<_> = (0..8)
            .map(|_| {
                // A bus of its own knows nothing of what runs in the others.
                let bus = bus_of(&runs, &store);
                tokio::spawn(async move { bus.execute(PAY).idempotency_key("k").await.unwrap() })
            })
            .collect();
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.unwrap());
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(store.commits().len(), 1, "whoever was second left nothing");
    }
}

#[tokio::test]
async fn who_does_not_want_to_wait_is_told_that_it_still_runs() {
    let World { bus, store, runs } = world();
    let held = Arc::new(Semaphore::new(0));
    store.hold(held.clone());
    let first = tokio::spawn({
        let bus = bus.clone();
        async move { bus.execute(PAY).idempotency_key("k").await }
    });
    while runs.count() == 0 {
        tokio::task::yield_now().await;
    }
    let refused = fault(bus.execute(PAY).idempotency_key("k").refuse_if_running().await);
    assert_eq!((refused.kind(), refused.effect()), (FaultKind::StillRunning, Effect::Nothing));
    assert!(refused.is_transient());
    held.add_permits(1);
    assert_eq!(first.await.unwrap().unwrap(), 1);
    assert_eq!(bus.execute(PAY).idempotency_key("k").refuse_if_running().await.unwrap(), 1);
}

#[tokio::test]
async fn who_does_not_want_to_wait_is_answered_what_was_done_also_while_others_ask_for_it() {
    let World { bus, runs, .. } = world();
    bus.execute(PAY).idempotency_key("k").await.unwrap();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.execute(PAY).idempotency_key("k").refuse_if_running().await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 1);
    }
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_found_in_the_ledger() {
    let World { bus, store, runs } = world();
    store.fail(Failing::AnswerLost);
    assert_eq!(
        bus.execute(PAY).idempotency_key("k").await.unwrap(),
        1,
        "the commit did arrive, and its record says so"
    );
    store.mend();
    assert_eq!(bus.execute(PAY).idempotency_key("k").await.unwrap(), 1);
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn an_outcome_that_is_none_any_more_is_a_fault_and_never_a_second_run() {
    let World { bus, store, runs } = world();
    bus.execute(PAY).idempotency_key("k").await.unwrap();
    for forged in [r#"{"Ok":"many"}"#, r#"{"Err":7}"#, "{}", "nonsense"] {
        store.forge_outcome("k", forged);
        let fault = fault(bus.execute(PAY).idempotency_key("k").await);
        assert_eq!(fault.kind(), FaultKind::Internal);
        assert!(fault.to_string().contains("`Pay`") && fault.to_string().contains("`k`"), "{fault}");
        assert!(std::error::Error::source(&fault).is_some(), "why it cannot be read: {fault:?}");
    }
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_key_behind() {
    let World { bus, runs, store } = world();
    let key = std::cell::Cell::new(0);
    dropped_at_every_poll(
        || {
            key.set(key.get() + 1);
            let (bus, key) = (bus.clone(), key.get().to_string());
            async move { bus.execute(PAY).idempotency_key(key).await.unwrap() }
        },
        async |caller, _| {
            // The same key again, after a caller that went away at any point: it waits for what still runs, or answers.
            let before = runs.count();
            let answer = bus.execute(PAY).idempotency_key(key.get().to_string()).await.unwrap();
            assert_eq!(usize::try_from(answer).unwrap(), key.get(), "the n-th key is the n-th run, {caller:?}");
            if let Caller::Answered(_) = caller {
                assert_eq!(runs.count(), before, "it had been done");
            }
        },
    )
    .await;
    let outcomes = store.outcomes().len();
    assert_eq!(outcomes, key.get(), "each key has one outcome");
    assert_eq!(runs.count(), u32::try_from(outcomes).unwrap(), "and its handler ran once");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_frees_the_key_for_the_next() {
    let World { bus, store, runs } = world();
    let held = Arc::new(Semaphore::new(0));
    store.hold(held.clone());
    let late = Stuck { seconds: 60 };
    let answer = bus.execute(late.clone()).idempotency_key("k").timeout(Duration::from_secs(1)).await;
    assert_eq!(fault(answer).kind(), FaultKind::Timeout);
    held.add_permits(8);
    bus.execute(Stuck { seconds: 0 }).idempotency_key("k").await.unwrap();
    assert_eq!(runs.count(), 2);
}

#[command(idempotent)]
#[derive(Clone, Serialize, Deserialize)]
struct Stuck {
    #[serde(skip)]
    seconds: u64,
}

#[handler]
async fn stuck(cmd: Stuck, runs: &Runs, _: &mut Page) {
    runs.next();
    tokio::time::sleep(Duration::from_secs(cmd.seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_while_somebody_else_is_at_it_is_a_timeout() {
    let World { bus, runs, .. } = world();
    let first = tokio::spawn({
        let bus = bus.clone();
        async move { bus.execute(Stuck { seconds: 60 }).idempotency_key("k").await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = tokio::time::Instant::now();
    let second = bus.execute(Stuck { seconds: 60 }).idempotency_key("k").timeout(Duration::from_secs(5)).await;
    assert_eq!(fault(second).kind(), FaultKind::Timeout);
    assert_eq!(begun.elapsed().as_secs(), 5);
    first.await.unwrap().unwrap();
    assert_eq!(runs.count(), 1);
}

// An output that says that it failed.

#[command(idempotent, output = OperationResult<u32>)]
#[derive(Clone, Serialize, Deserialize)]
struct Reserve {
    seats: u32,
}

#[handler]
async fn reserve(cmd: Reserve, runs: &Runs, page: &mut Page) -> OperationResult<u32> {
    runs.next();
    page.write("reserved");
    if cmd.seats > 9 { OperationResult::conflict("too many") } else { OperationResult::created(cmd.seats) }
}

#[tokio::test]
async fn an_output_that_says_it_failed_is_kept_and_nothing_else() {
    let World { bus, store, runs } = world();
    for _ in 0..2 {
        let result = bus.execute(Reserve { seats: 10 }).idempotency_key("k").await.unwrap();
        assert_eq!(result.status_code(), 409);
    }
    assert_eq!(runs.count(), 1);
    assert_eq!(store.commits(), [["outcome k"]]);
}

// The ledger in memory.

fn in_memory(runs: &Runs, ledger: &InMemoryLedger) -> Bus {
    Bus::builder().provide(runs.clone()).provide_dyn::<dyn Outcomes>(Arc::new(ledger.clone())).build()
}

#[tokio::test(start_paused = true)]
async fn a_ledger_in_memory_keeps_an_outcome_for_its_time_to_live() {
    let (runs, ledger) = (Runs::default(), InMemoryLedger::new(8, Duration::from_secs(60)));
    let bus = in_memory(&runs, &ledger);
    bus.execute(Refund { cents: 1 }).idempotency_key("k").await.unwrap();
    tokio::time::advance(Duration::from_secs(59)).await;
    bus.execute(Refund { cents: 1 }).idempotency_key("k").await.unwrap();
    assert_eq!((runs.count(), ledger.len()), (1, 1));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(ledger.is_empty());
    bus.execute(Refund { cents: 1 }).idempotency_key("k").await.unwrap();
    assert_eq!(runs.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_full_ledger_in_memory_says_so_and_forgets_nothing() {
    let (runs, ledger) = (Runs::default(), InMemoryLedger::new(2, Duration::from_secs(60)));
    let bus = in_memory(&runs, &ledger);
    for key in ["a", "b"] {
        bus.execute(Refund { cents: 1 }).idempotency_key(key).await.unwrap();
    }
    let full = fault(bus.execute(Refund { cents: 1 }).idempotency_key("c").await);
    assert_eq!((full.kind(), full.effect()), (FaultKind::Unavailable, Effect::Nothing));
    bus.execute(Refund { cents: 1 }).idempotency_key("a").await.unwrap();
    assert_eq!(runs.count(), 3, "a and b, and c for nothing");
    tokio::time::advance(Duration::from_secs(61)).await;
    bus.execute(Refund { cents: 1 }).idempotency_key("c").await.unwrap();
}

#[tokio::test]
async fn a_ledger_in_memory_keeps_an_outcome_for_ever_if_it_is_told_to() {
    let (runs, ledger) = (Runs::default(), InMemoryLedger::new(8, Duration::MAX));
    let bus = in_memory(&runs, &ledger);
    for _ in 0..2 {
        bus.execute(Refund { cents: 1 }).idempotency_key("k").await.unwrap();
    }
    assert_eq!((runs.count(), ledger.len()), (1, 1));
}

#[event(transient)]
#[derive(Clone)]
struct Sent;

#[handler]
async fn sent(_: Sent, gate: &Semaphore) {
    gate.acquire().await.unwrap().forget();
}

/// Its commit waits until there is room for its event.
#[command(idempotent, output = u32)]
#[derive(Clone, Serialize, Deserialize)]
struct Send;

#[handler]
async fn send(_: Send, runs: &Runs, committed: &Committed, unit: &mut InMemoryUnit, events: &mut Events) -> u32 {
    let committed = committed.clone();
    unit.on_commit(move || {
        committed.0.next();
    });
    events.raise(Sent);
    runs.next()
}

#[derive(Clone, Default)]
struct Committed(Runs);

#[tokio::test]
async fn of_two_buses_on_one_ledger_in_memory_one_commits() {
    let (runs, ledger) = (Runs::default(), InMemoryLedger::new(8, Duration::from_secs(60)));
    let (committed, gate) = (Committed::default(), Arc::new(Semaphore::new(0)));
    let mut calls = Vec::new();
    for _ in 0..2 {
        let bus = Bus::builder()
            .queue_capacity(1)
            .provide(runs.clone())
            .provide(committed.clone())
            .provide_dyn::<Semaphore>(gate.clone())
            .provide_dyn::<dyn Outcomes>(Arc::new(ledger.clone()))
            .build();
        bus.publish(Sent).await.unwrap(); // there is no more room
        calls.push(tokio::spawn(async move { bus.execute(Send).idempotency_key("k").await }));
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!((runs.count(), committed.0.count()), (2, 0), "neither knows of the other");
    gate.add_permits(8);
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => {}
            refused => assert_eq!(fault(refused).kind(), FaultKind::Conflict),
        }
    }
    assert_eq!((committed.0.count(), ledger.len()), (1, 1));
}

#[tokio::test]
async fn a_ledger_of_another_store_is_refused() {
    let (runs, store) = (Runs::default(), Ledger::default());
    let ledger = InMemoryLedger::new(8, Duration::from_secs(60));
    let bus = Bus::builder().provide(runs).provide(store.clone()).provide_dyn::<dyn Outcomes>(Arc::new(ledger)).build();
    let refused = fault(bus.execute(PAY).idempotency_key("k").await);
    assert_eq!(refused.kind(), FaultKind::Wiring);
    assert!(store.commits().is_empty());
}

#[tokio::test]
async fn what_is_raised_goes_to_the_buss_own_unit_and_a_ledger_of_another_store_is_refused_for_it() {
    let (runs, store) = (Runs::default(), Ledger::default());
    let builder = || {
        let builder = Bus::builder().unit::<LedgerUnit>().provide(runs.clone()).provide(store.clone());
        builder.provide(Committed::default()).provide_dyn::<Semaphore>(Arc::new(Semaphore::new(8)))
    };
    let ledger = InMemoryLedger::new(8, Duration::from_secs(60));
    let bus = builder().provide_dyn::<dyn Outcomes>(Arc::new(ledger.clone())).build();
    assert_eq!(fault(bus.execute(Tell).idempotency_key("k").await).kind(), FaultKind::Wiring);
    assert!(ledger.is_empty() && store.commits().is_empty());
    let bus = builder().provide_dyn::<dyn Outcomes>(Arc::new(store.clone())).build();
    bus.execute(Tell).idempotency_key("k").await.unwrap();
    assert_eq!(store.commits(), [["event Sent", "outcome k"]]);
}

#[command(idempotent)]
#[derive(Clone, Serialize, Deserialize)]
struct Tell;

#[handler]
async fn tell(_: Tell, events: &mut Events) {
    events.raise(Sent);
}

#[tokio::test]
async fn without_a_ledger_it_is_told_at_start_and_at_the_call() {
    let bus = Bus::builder().provide(Runs::default()).provide(Ledger::default()).build();
    assert!(
        bus.verify().to_string().contains("`idempotent` command keeps its outcomes in a ledger"),
        "{}",
        bus.verify()
    );
    assert_eq!(fault(bus.execute(PAY).await).kind(), FaultKind::Wiring);
}

#[tokio::test]
async fn a_ledger_that_is_provided_as_itself_is_told_to_be_another_type() {
    let ledger = InMemoryLedger::new(1, Duration::from_secs(1));
    let bus = Bus::builder().provide(Runs::default()).provide(Ledger::default()).provide(ledger).build();
    let report = bus.verify().to_string();
    assert!(report.contains("`InMemoryLedger` is provided, but that is another type than `dyn Ledger`"), "{report}");
}

// What is nested in an idempotent call has a commit of its own, and would happen again.

#[command(idempotent, error = Fault)]
#[derive(Clone, Serialize, Deserialize)]
struct Outer;

#[handler]
async fn outer(_: Outer, context: Context) -> Result<(), Fault> {
    assert_eq!(context.idempotency_key(), Some("k"));
    Bus::global().execute(Refund { cents: 1 }).await?;
    Ok(())
}

#[tokio::test]
async fn an_idempotent_call_executes_nothing_inside_of_it() {
    let World { bus, runs, .. } = world();
    let refused =
        fault(cqrs_core::testing::scope(bus.clone(), bus.execute(Outer).idempotency_key("k").into_future()).await);
    assert_eq!(refused.kind(), FaultKind::Wiring);
    assert_eq!(runs.count(), 0);
}
