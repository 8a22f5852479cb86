//! A caller that goes away after n polls, for every n, from every sort of call.
#![cfg(feature = "inventory")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_core::{Bus, Events, QueryBus, command, event, handler, provide, query};
use serde::{Deserialize, Serialize};
use tests::polls::{Caller, dropped_at_every_poll};

/// What began and what ended, as the handlers of one bus count it.
#[derive(Default)]
struct Counts {
    began: AtomicUsize,
    ended: AtomicUsize,
    delivered: AtomicUsize,
}

impl cqrs_core::ReadOnly for Counts {}

impl Counts {
    async fn pass(&self) {
        self.began.fetch_add(1, Ordering::SeqCst);
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    fn get(&self) -> [usize; 3] {
        [&self.began, &self.ended, &self.delivered].map(|count| count.load(Ordering::SeqCst))
    }
}

/// Needs a few polls itself, so that the first call of a bus can be dropped while it is made.
struct Slowly;

impl cqrs_core::ReadOnly for Slowly {}

#[provide]
async fn slowly() -> Slowly {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    Slowly
}

#[provide]
fn counts() -> Counts {
    Counts::default()
}

#[query(wire)]
#[derive(Serialize, Deserialize)]
struct InPlace;

#[handler]
async fn in_place(_: InPlace, counts: &Counts, _: &Slowly) {
    counts.pass().await;
}

#[query]
struct Nested;

#[handler]
async fn nested(_: Nested, bus: QueryBus) {
    bus.query(InPlace).await.unwrap();
    Bus::global().query(InPlace).await.unwrap();
}

#[command(contract)]
struct Agreed;

#[handler]
async fn agreed(_: Agreed, counts: &Counts, _: &Slowly) {
    counts.pass().await;
}

#[event(transient)]
#[derive(Clone)]
struct Happened;

#[handler]
async fn happened(_: Happened, counts: &Counts, _: &Slowly) {
    tokio::task::yield_now().await;
    counts.delivered.fetch_add(1, Ordering::SeqCst);
}

#[command]
struct InTask;

#[handler]
async fn in_task(_: InTask, counts: &Counts, _: &Slowly, events: &mut Events) {
    events.raise(Happened);
    counts.pass().await;
}

fn app() -> (Bus, Arc<Counts>) {
    let counts = Arc::new(Counts::default());
    (Bus::builder().provide_dyn(counts.clone()).build(), counts)
}

/// Lets everything that is ready run.
async fn rest() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Runs a call through the harness: first with a cold bus each time, then with a warm one.
async fn run<F>(call: impl Fn(Bus) -> F, mut check: impl FnMut(Caller, [usize; 3]))
where
    F: Future,
{
    for warm in [false, true] {
        let current = std::cell::RefCell::new(app());
        let polls = dropped_at_every_poll(
            || {
                let (bus, counts) = app();
                *current.borrow_mut() = (bus.clone(), counts);
                let call = &call;
                async move {
                    if warm {
                        bus.start().await.map(drop).unwrap();
                    }
                    call(bus).await;
                }
            },
            async |caller, _| {
                let (bus, counts) = current.borrow().clone();
                rest().await;
                bus.settled().await;
                check(caller, counts.get());
                // Nothing is wedged: the next call works.
                bus.query(InPlace).await.unwrap();
                bus.execute(InTask).await.unwrap();
                bus.settled().await;
            },
        )
        .await;
        assert!(polls > 3, "{polls} polls");
    }
}

#[tokio::test]
async fn a_query_in_place_ends_where_it_is() {
    run(
        |bus| async move { bus.query(InPlace).await.unwrap() },
        |caller, [began, ended, _]| match caller {
            Caller::Answered(_) => assert_eq!([began, ended], [1, 1]),
            Caller::GoneAfter(_) => assert!(began <= 1 && ended == 0, "{caller:?}"),
        },
    )
    .await;
}

#[tokio::test]
async fn a_contract_in_place_ends_where_it_is() {
    run(
        |bus| async move { bus.execute(Agreed).await.unwrap() },
        |caller, [began, ended, _]| match caller {
            Caller::Answered(_) => assert_eq!([began, ended], [1, 1]),
            Caller::GoneAfter(_) => assert!(began <= 1 && ended == 0, "{caller:?}"),
        },
    )
    .await;
}

#[tokio::test]
async fn nested_queries_end_with_the_outer_one() {
    run(
        |bus| async move { cqrs_core::testing::scope(bus.clone(), bus.query(Nested).into_future()).await.unwrap() },
        |caller, [began, ended, _]| match caller {
            Caller::Answered(_) => assert_eq!([began, ended], [2, 2]),
            Caller::GoneAfter(_) => assert!(began <= 2 && ended <= 1, "{caller:?}: {began} {ended}"),
        },
    )
    .await;
}

#[tokio::test]
async fn a_call_with_a_resource_runs_to_its_end_once_it_has_begun() {
    run(
        |bus| async move { bus.execute(InTask).await.unwrap() },
        |caller, [began, ended, delivered]| {
            assert_eq!([ended, delivered], [began, began], "{caller:?}");
            assert!(matches!(caller, Caller::GoneAfter(_)) || began == 1);
        },
    )
    .await;
}

#[tokio::test]
async fn a_call_by_name_is_like_the_call() {
    run(
        |bus| async move { bus.dispatch_json("InPlace", b"null").await.unwrap() },
        |caller, [began, ended, _]| match caller {
            Caller::Answered(_) => assert_eq!([began, ended], [1, 1]),
            Caller::GoneAfter(_) => assert!(began <= 1 && ended == 0, "{caller:?}"),
        },
    )
    .await;
}

#[tokio::test]
async fn a_publication_is_whole_or_nothing() {
    let (bus, counts) = app();
    let mut published = 0;
    dropped_at_every_poll(
        || bus.publish(Happened).into_future(),
        async |caller, _| {
            rest().await;
            bus.settled().await;
            let [_, _, delivered] = counts.get();
            assert!(delivered - published <= 1, "{caller:?}");
            assert!(matches!(caller, Caller::GoneAfter(_)) || delivered == published + 1);
            published = delivered;
        },
    )
    .await;
}
