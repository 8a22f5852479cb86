//! `cache`: one load for many who ask, and never an answer from before the change that one has seen.

#![cfg(feature = "inventory")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_core::{
    Bus, DispatchError, Events, Fault, FaultKind, InMemoryUnit, Principal, QueryBus, ReadOnly, command, event, handler,
    query,
};
use serde::{Deserialize, Serialize};
use tests::polls::dropped_at_every_poll;
use tests::quiet::expect_panics;
use tokio::sync::Semaphore;

/// A number that commands set and queries read, and what is known of who read it.
#[derive(Clone, Default)]
struct Shelf(Arc<Inner>);
impl ReadOnly for Shelf {}

struct Inner {
    number: AtomicU32,
    loads: AtomicUsize,
    running: AtomicUsize,
    /// A load that has read waits here before it answers.
    gate: Semaphore,
    /// What a load does instead of answering, this often.
    fails: AtomicUsize,
}

impl Default for Inner {
    fn default() -> Self {
        Inner {
            number: AtomicU32::new(0),
            loads: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
            fails: AtomicUsize::new(0),
        }
    }
}

impl Shelf {
    fn closed() -> Self {
        let shelf = Shelf::default();
        shelf.0.gate.forget_permits(Semaphore::MAX_PERMITS);
        shelf
    }

    fn loads(&self) -> usize {
        self.0.loads.load(Ordering::SeqCst)
    }

    fn number(&self) -> u32 {
        self.0.number.load(Ordering::SeqCst)
    }

    async fn read(&self) -> u32 {
        let read = self.number();
        self.0.loads.fetch_add(1, Ordering::SeqCst);
        self.0.running.fetch_add(1, Ordering::SeqCst);
        self.0.gate.acquire().await.unwrap().forget();
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        read
    }

    fn fails(&self) -> bool {
        self.0.fails.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    async fn somebody_reads(&self) {
        while self.0.running.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    }
}

fn bus(shelf: &Shelf) -> Bus {
    Bus::builder().provide(shelf.clone()).build()
}

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Changed;

#[command]
struct Set(u32);

#[handler]
async fn set(cmd: Set, shelf: &Shelf, unit: &mut InMemoryUnit, events: &mut Events) {
    let shelf = shelf.clone();
    unit.on_commit(move || shelf.0.number.store(cmd.0, Ordering::SeqCst));
    events.raise(Changed);
}

#[query(output = u32, cache(ttl = "1h", invalidated_by(Changed)))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Get;

#[handler]
async fn get(_: Get, shelf: &Shelf) -> u32 {
    shelf.read().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stampede_on_a_cold_cache_runs_the_handler_once() {
    for _ in 0..20 {
        let shelf = Shelf::closed();
        let bus = bus(&shelf);
        let calls: Vec<_> = (0..64)
            .map(|_| {
                let bus = bus.clone();
                tokio::spawn(async move { bus.query(Get).await.unwrap() })
            })
            .collect();
        shelf.somebody_reads().await;
        shelf.0.gate.add_permits(1_000);
        for call in calls {
            assert_eq!(call.await.unwrap(), 0);
        }
        assert_eq!(shelf.loads(), 1);
    }
}

#[tokio::test]
async fn an_invalidation_that_races_a_load_lets_nothing_old_be_served() {
    let shelf = Shelf::closed();
    let bus = bus(&shelf);
    let racing = tokio::spawn({
        let bus = bus.clone();
        async move { bus.query(Get).await.unwrap() }
    });
    shelf.somebody_reads().await; // it has read 0, and not answered
    bus.execute(Set(1)).await.unwrap();
    shelf.0.gate.add_permits(1_000);
    assert_eq!(bus.query(Get).await.unwrap(), 1, "asked after the command had returned");
    assert_eq!(racing.await.unwrap(), 1, "and what was loaded before is served to nobody");
    assert_eq!(bus.query(Get).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_ever_sees_less_than_what_was_committed_when_it_asked() {
    let shelf = Shelf::default();
    let bus = bus(&shelf);
    let writer = tokio::spawn({
        let bus = bus.clone();
        async move {
            for number in 1..=300 {
                bus.execute(Set(number)).await.unwrap();
                assert!(bus.query(Get).await.unwrap() >= number, "who wrote it reads it");
            }
        }
    });
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let (bus, shelf) = (bus.clone(), shelf.clone());
            tokio::spawn(async move {
                let mut last = 0;
                while last < 300 {
                    // What a command had returned with when the query began.
                    let committed = last;
                    let read = bus.query(Get).await.unwrap();
                    assert!(read >= committed, "{read} after {committed}");
                    assert!(read <= shelf.number());
                    last = read;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    writer.await.unwrap();
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn a_query_is_answered_however_often_its_floor_is_raised() {
    let shelf = Shelf::closed();
    let bus = bus(&shelf);
    let query = tokio::spawn({
        let bus = bus.clone();
        async move { bus.query(Get).await.unwrap() }
    });
    for number in 1..=10 {
        shelf.somebody_reads().await;
        bus.execute(Set(number)).await.unwrap();
        shelf.0.gate.add_permits(1);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        if query.is_finished() {
            break;
        }
    }
    assert!(query.is_finished(), "after {} loads", shelf.loads());
    assert_eq!(shelf.loads(), 4, "three that came too late, and one that is served to its caller alone");
    query.await.unwrap();
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_the_load_to_the_next() {
    let shelf = Shelf::closed();
    let bus = bus(&shelf);
    let mut leader = Box::pin(bus.query(Get).into_future());
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(leader.as_mut().poll(cx).is_pending())).await);
    let mut followers: Vec<_> = (0..3)
        .map(|_| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.query(Get).await.unwrap() })
        })
        .collect();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(shelf.loads(), 1);
    drop(leader);
    shelf.0.gate.add_permits(1_000);
    for follower in followers.drain(..) {
        assert_eq!(follower.await.unwrap(), 0);
    }
    assert_eq!(shelf.loads(), 2, "one of those who waited loads it for all of them");
}

#[tokio::test]
async fn a_caller_may_go_away_at_any_poll() {
    let shelf = Shelf::default();
    let bus = bus(&shelf);
    let asked = std::cell::Cell::new(0);
    dropped_at_every_poll(
        || {
            asked.set(asked.get() + 1);
            let (bus, number) = (bus.clone(), asked.get());
            async move { bus.query(Slow { number }).await.unwrap() }
        },
        async |_, _| {
            let number = asked.get();
            assert_eq!(bus.query(Slow { number }).await.unwrap(), number, "the entry is not wedged");
            assert_eq!(bus.query(Slow { number }).await.unwrap(), number);
        },
    )
    .await;
}

#[query(output = u32, cache(ttl = "1h"))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Slow {
    number: u32,
}

#[handler]
async fn slow(query: Slow) -> u32 {
    for _ in 0..5 {
        tokio::task::yield_now().await;
    }
    query.number
}

// What is no answer is not kept.

#[derive(Debug, PartialEq, Clone)]
struct No;

#[query(output = u32, error = No, cache(ttl = "1h"))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Maybe;

#[handler]
async fn maybe(_: Maybe, shelf: &Shelf) -> Result<u32, No> {
    shelf.read().await;
    if shelf.fails() { Err(No) } else { Ok(7) }
}

#[tokio::test]
async fn a_rejection_is_not_kept_and_is_of_the_one_who_got_it() {
    let shelf = Shelf::default();
    shelf.0.fails.store(1, Ordering::SeqCst);
    let bus = bus(&shelf);
    assert_eq!(bus.query(Maybe).await.unwrap_err().rejection(), Some(&No));
    assert_eq!(bus.query(Maybe).await.unwrap(), 7);
    assert_eq!(shelf.loads(), 2);
}

#[query(output = u32, error = Fault, cache(ttl = "1h"))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Broken;

#[handler]
async fn broken(_: Broken, shelf: &Shelf) -> Result<u32, Fault> {
    shelf.read().await;
    match shelf.fails() {
        true => Err(Fault::unavailable("the shelf is locked").caused_by(std::io::Error::other("no key"))),
        false => Ok(7),
    }
}

#[tokio::test]
async fn a_fault_is_not_kept_and_is_told_to_all_who_waited_for_it() {
    let shelf = Shelf::closed();
    shelf.0.fails.store(1, Ordering::SeqCst);
    let bus = bus(&shelf);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.query(Broken).await.unwrap_err() })
        })
        .collect();
    shelf.somebody_reads().await;
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    shelf.0.gate.add_permits(1_000);
    for call in calls {
        let error = call.await.unwrap();
        let fault = error.fault().unwrap();
        assert_eq!((fault.kind(), fault.detail()), (FaultKind::Unavailable, "the shelf is locked"));
        assert!(fault.place().is_some());
        assert_eq!(std::error::Error::source(fault).unwrap().to_string(), "no key");
    }
    assert_eq!(shelf.loads(), 1, "one load for all of them");
    assert_eq!(bus.query(Broken).await.unwrap(), 7);
}

#[query(output = u32, cache(ttl = "1h"))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Panics;

#[handler]
async fn panics(_: Panics, shelf: &Shelf) -> u32 {
    shelf.read().await;
    assert!(!shelf.fails(), "the shelf fell over");
    7
}

#[tokio::test]
async fn a_panic_frees_the_entry() {
    expect_panics(&["the shelf fell over"]);
    let shelf = Shelf::default();
    shelf.0.fails.store(1, Ordering::SeqCst);
    let bus = bus(&shelf);
    assert!(matches!(bus.query(Panics).await, Err(DispatchError::Fault(fault)) if fault.kind() == FaultKind::Panic));
    assert_eq!(bus.query(Panics).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_load_and_frees_the_entry() {
    let shelf = Shelf::closed();
    let bus = bus(&shelf);
    let late = bus.query(Get).timeout(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(late.fault().unwrap().kind(), FaultKind::Timeout);
    shelf.0.gate.add_permits(1_000);
    assert_eq!(bus.query(Get).await.unwrap(), 0);
}

// A read model that an event's handler keeps: the answer is old until the handler has run, and no longer.

#[derive(Clone, Default)]
struct Model(Arc<AtomicU32>);
impl ReadOnly for Model {}

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Counted {
    number: u32,
}

#[handler]
async fn count(event: Counted, model: &Model) {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    model.0.store(event.number, Ordering::SeqCst);
}

#[query(output = u32, cache(ttl = "1h", invalidated_by(Counted)))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct GetCount;

#[handler]
async fn get_count(_: GetCount, model: &Model) -> u32 {
    model.0.load(Ordering::SeqCst)
}

#[tokio::test]
async fn what_a_handler_of_the_event_writes_is_read_when_it_has_run() {
    let bus = Bus::builder().provide(Shelf::default()).provide(Model::default()).build();
    assert_eq!(bus.query(GetCount).await.unwrap(), 0);
    bus.publish(Counted { number: 5 }).await.unwrap();
    assert_eq!(bus.query(GetCount).await.unwrap(), 0, "loaded again, and the handler has not run");
    bus.settled().await;
    assert_eq!(bus.query(GetCount).await.unwrap(), 5);
}

#[tokio::test]
async fn two_buses_keep_their_own_answers() {
    let (first, second) = (Shelf::default(), Shelf::default());
    second.0.number.store(9, Ordering::SeqCst);
    assert_eq!(bus(&first).query(Get).await.unwrap(), 0);
    assert_eq!(bus(&second).query(Get).await.unwrap(), 9);
}

// What a load came to because of who asked for it, and what they may.

#[query(output = u32, error = Fault, cache(ttl = "1h", shared))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Digest;

#[handler]
async fn digest(_: Digest, bus: QueryBus) -> Result<u32, Fault> {
    Ok(bus.query(Detail).await?)
}

#[query(output = u32, authorize = "detail:read")]
struct Detail;

#[handler]
async fn detail(_: Detail, shelf: &Shelf) -> u32 {
    shelf.read().await
}

#[query(output = u32, error = Fault, cache(ttl = "1h", shared))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Visit;

/// Is refused after a while, and not at once.
#[handler]
async fn visit(_: Visit, bus: QueryBus) -> Result<u32, Fault> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(bus.query(Detail).await?)
}

fn ada() -> Principal {
    Principal::new("ada").with_scope("detail:read")
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_not_told_the_deadline_of_the_one_who_loads() {
    let shelf = Shelf::closed();
    let bus = bus(&shelf);
    let hurried = tokio::spawn({
        let bus = bus.clone();
        async move { bus.query(Digest).by(ada()).timeout(Duration::from_secs(1)).await.unwrap_err() }
    });
    shelf.somebody_reads().await;
    let patient = tokio::spawn(async move { bus.query(Digest).by(ada()).await });
    assert_eq!(hurried.await.unwrap().fault().unwrap().kind(), FaultKind::Timeout);
    shelf.0.gate.add_permits(1_000);
    assert_eq!(patient.await.unwrap().unwrap(), 0);
    assert_eq!(shelf.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_not_told_what_the_one_who_loads_may_not() {
    let shelf = Shelf::default();
    let bus = bus(&shelf);
    let eve = tokio::spawn({
        let bus = bus.clone();
        async move { bus.query(Visit).by(Principal::new("eve")).await.unwrap_err() }
    });
    tokio::task::yield_now().await;
    assert_eq!(bus.query(Visit).by(ada()).await.unwrap(), 0);
    assert_eq!(eve.await.unwrap().fault().unwrap().kind(), FaultKind::Forbidden);
}

#[query(output = u32, cache(ttl = "1h"), timeout = "2s")]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Timed;

#[handler]
async fn timed(_: Timed, shelf: &Shelf) -> u32 {
    shelf.read().await
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_somebody_elses_load_longer_than_the_declared_timeout() {
    let shelf = Shelf::closed();
    let bus = bus(&shelf);
    let begun = tokio::time::Instant::now();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.query(Timed).await.unwrap_err() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().fault().unwrap().kind(), FaultKind::Timeout);
    }
    assert_eq!((begun.elapsed().as_secs(), shelf.loads()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_not_polled_again_holds_nobody_longer_than_the_declared_timeout() {
    let shelf = Shelf::closed();
    let bus = bus(&shelf);
    let mut left_lying = Box::pin(bus.query(Timed).into_future());
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(left_lying.as_mut().poll(cx).is_pending())).await);
    let begun = tokio::time::Instant::now();
    let waits = tokio::time::timeout(Duration::from_secs(3_600), bus.query(Timed).into_future()).await;
    assert_eq!(waits.expect("an answer").unwrap_err().fault().unwrap().kind(), FaultKind::Timeout);
    assert_eq!(begun.elapsed().as_secs(), 2);
}

// A load that asks for what it loads.

#[query(output = u32, error = Fault, cache(ttl = "1h"))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Sum {
    up_to: u32,
    also_itself: bool,
}

#[handler]
async fn sum(query: Sum, bus: QueryBus) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    match query.up_to {
        0 if query.also_itself => Ok(bus.query(Sum { up_to: 2, ..query }).await?),
        0 => Ok(0),
        // Through a query that is not cached, and on the global way.
        up_to => Ok(up_to + bus.query(Through(Sum { up_to: up_to - 1, ..query })).await?),
    }
}

#[query(output = u32, error = Fault)]
struct Through(Sum);

#[handler]
async fn through(query: Through, bus: QueryBus) -> Result<u32, Fault> {
    Ok(bus.query(query.0).await?)
}

#[tokio::test]
async fn a_load_that_would_wait_for_itself_is_a_fault() {
    let bus = bus(&Shelf::default());
    assert_eq!(
        bus.query(Sum { up_to: 4, also_itself: false }).await.unwrap(),
        10,
        "another one of the same query is fine"
    );
    let error = bus.query(Sum { up_to: 2, also_itself: true }).await.unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!(fault.kind(), FaultKind::Wiring);
    assert!(fault.to_string().contains("asked for by what loads it") && fault.to_string().contains("`Sum`"), "{fault}");
    assert_eq!(bus.query(Sum { up_to: 2, also_itself: false }).await.unwrap(), 3);
}
