//! The end of a server: what is under way is answered, and nobody waits for ever.

#[path = "support/store.rs"]
mod store;
mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime};

use cqrs_axum::Ended;
use cqrs_core::store::{Claim, Start};
use cqrs_core::{Bus, Events, MessageId, Store as _, command, event, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Flaky;
use support::Host;
use support::client::{LIMIT, eventually, get, post, request};
use tokio::sync::Semaphore;

/// What the handlers of a test wait for, and what they have done.
#[derive(Clone)]
struct World {
    begun: Arc<AtomicU32>,
    /// One permit for each that may go on.
    gate: Arc<Semaphore>,
    told: Arc<AtomicU32>,
    /// For a handler that blocks its thread.
    blocked: Arc<(Mutex<bool>, Condvar)>,
}

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Added;

#[command(output = u32, http(post = "/things"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AddThing {}

#[handler]
async fn add_thing(_: AddThing, world: &World, events: &mut Events) -> u32 {
    let begun = world.begun.fetch_add(1, Ordering::SeqCst) + 1;
    world.gate.acquire().await.unwrap().forget();
    events.raise(Added);
    begun
}

#[handler(name = "tell")]
async fn tell(_: Added, world: &World) {
    tokio::time::sleep(Duration::from_millis(50)).await;
    world.told.fetch_add(1, Ordering::SeqCst);
}

/// A handler that is no `async fn` and takes its time all the same.
#[command(http(post = "/blocking"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Block {}

#[handler]
fn block(_: Block, world: &World) {
    world.begun.fetch_add(1, Ordering::SeqCst);
    let (released, changed) = &*world.blocked;
    drop(changed.wait_while(released.lock().unwrap(), |released| !*released).unwrap());
}

fn world(permits: usize) -> (Bus, World) {
    let world = World {
        begun: Arc::default(),
        gate: Arc::new(Semaphore::new(permits)),
        told: Arc::default(),
        blocked: Arc::default(),
    };
    (Bus::builder().provide(world.clone()).build(), world)
}

fn host(bus: &Bus, grace: Duration) -> Host {
    Host::with(bus, cqrs_axum::router(bus.clone()), |server| server.grace(grace))
}

#[test]
fn what_is_under_way_is_answered_and_what_follows_from_it_is_done() {
    let (bus, world) = world(0);
    let mut host = host(&bus, LIMIT);
    let mut under_way = host.connect();
    under_way.write(post("/things", "{}").bytes());
    eventually("the call begins", || world.begun.load(Ordering::SeqCst) == 1);
    host.stop();
    eventually("nobody else is let in", || host.refuses_connections());
    world.gate.add_permits(1);
    let answer = under_way.read();
    assert_eq!((answer.json(200), answer.header("connection")), (1.into(), Some("close")));
    assert!(under_way.is_closed(), "the client is told that there is no next request");
    assert_eq!(host.ended(), Ended::Orderly);
    assert_eq!(world.told.load(Ordering::SeqCst), 1, "the event is delivered");
}

#[test]
fn connections_without_a_request_are_closed_at_once() {
    let (bus, _) = world(1);
    let host = host(&bus, Duration::from_secs(600));
    let (mut fresh, mut idle, mut torn) = (host.connect(), host.connect(), host.connect());
    assert_eq!(idle.send(&post("/things", "{}")).json(200), 1);
    let mut torn_again = host.connect();
    assert_eq!(torn_again.send(&get("/livez")).status, 200);
    // The beginning of a head is no request.
    torn.write("POST /things HT");
    torn_again.write("POST /things HTTP/1.1\r\nContent-Le");
    std::thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    assert_eq!(host.ended(), Ended::Orderly);
    assert!(began.elapsed() < LIMIT);
    for connection in [&mut fresh, &mut idle, &mut torn, &mut torn_again] {
        assert!(connection.is_closed());
    }
}

#[test]
fn a_request_whose_body_still_comes_is_under_way() {
    let (bus, _) = world(1);
    let mut host = host(&bus, LIMIT);
    let mut slow = host.connect();
    slow.write(post("/things", "{}").head_that_asks());
    assert_eq!(slow.read().status, 100);
    host.stop();
    eventually("nobody else is let in", || host.refuses_connections());
    slow.write("{}");
    assert_eq!(slow.read().json(200), 1);
    assert_eq!(host.ended(), Ended::Orderly);
}

#[test]
fn what_takes_longer_than_the_grace_is_cut_off() {
    let (bus, world) = world(0);
    let host = host(&bus, Duration::from_millis(200));
    let mut under_way = host.connect();
    under_way.write(post("/things", "{}").bytes());
    eventually("the call begins", || world.begun.load(Ordering::SeqCst) == 1);
    let began = Instant::now();
    assert_eq!(host.ended(), Ended::CutOff);
    assert!((Duration::from_millis(200)..LIMIT).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert!(under_way.is_closed());
}

/// A thread that is blocked cannot be taken from its handler; the end does not wait for it.
#[test]
fn a_handler_that_blocks_its_thread_holds_up_nobodys_end() {
    let (bus, world) = world(0);
    let host = host(&bus, Duration::from_millis(200));
    let mut under_way = host.connect();
    under_way.write(request("POST", "/blocking").bytes());
    eventually("the call begins", || world.begun.load(Ordering::SeqCst) == 1);
    let began = Instant::now();
    assert_eq!(host.ended(), Ended::CutOff);
    assert!(began.elapsed() < LIMIT);
    *world.blocked.0.lock().unwrap() = true;
    world.blocked.1.notify_all();
}

/// One client that does not end does not take the end of the bus from all others: whoever goes on with its store need not
/// wait for a lease to be over.
#[test]
fn the_bus_is_shut_down_in_order_although_a_client_was_cut_off() {
    let store = Flaky::default();
    let (_, world) = world(1);
    let bus = Bus::builder().provide(world).store(store.clone()).build();
    let host = host(&bus, Duration::from_secs(2));
    let mut never_ends = host.connect();
    never_ends.write(post("/things", "{}").head_that_asks());
    assert_eq!(never_ends.read().status, 100);
    assert!(!may_be_claimed(&store), "the bus runs it");
    assert_eq!(host.ended(), Ended::CutOff);
    assert!(never_ends.is_closed());
    assert!(may_be_claimed(&store));
}

/// Whether another one gets the subscription at once.
fn may_be_claimed(store: &Flaky) -> bool {
    let claim = Claim {
        subscription: "tell".into(),
        owner: MessageId::new(),
        now: SystemTime::now(),
        lease: Duration::from_secs(60),
        start: Start::Now,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(store.claim(&claim)).unwrap().is_some()
}

#[test]
fn a_time_without_an_end_is_one() {
    let (bus, _) = world(1);
    let router = cqrs_axum::Edge::new(bus.clone()).body_timeout(Duration::MAX).router();
    let host = Host::with(&bus, router, |server| server.grace(Duration::MAX).header_timeout(Duration::MAX));
    let mut connection = host.connect();
    assert_eq!(connection.send(&post("/things", "{}")).json(200), 1);
    assert_eq!(host.ended(), Ended::Orderly);
}

/// Whoever has its answer, and goes on sending what nobody wants, is not waited for.
#[test]
fn a_client_that_was_refused_and_goes_on_does_not_hold_up_the_end() {
    let (bus, _) = world(0);
    let host = host(&bus, Duration::from_secs(1));
    let mut refused = host.connect();
    refused.write(request("POST", "/nothing").header("Content-Length", "50000000").bytes());
    refused.write([b' '; 1000]);
    refused.read().problem(404);
    assert_eq!(host.ended(), Ended::Orderly);
}
