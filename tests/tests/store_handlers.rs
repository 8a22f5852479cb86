//! Handlers of events on a store: inline and durable, what fails, and what becomes of it.
#![cfg(feature = "inventory")]

mod store;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::{
    Bus, CommandBus, Context, Effect, EventMeta, Events, Fault, FaultKind, Health, InMemoryStore, Outbox, command,
    event, handler,
};
use serde::{Deserialize, Serialize};
use store::on_each;

/// What handlers have seen, by handler; and what is to go wrong.
#[derive(Clone, Default)]
struct World(Arc<Inner>);

#[derive(Default)]
struct Inner {
    seen: Mutex<HashMap<&'static str, Vec<u32>>>,
    poisoned: AtomicBool,
    away: AtomicU32,
    keys: Mutex<Vec<String>>,
}

impl World {
    fn note(&self, by: &'static str, number: u32) {
        self.0.seen.lock().unwrap().entry(by).or_default().push(number);
    }

    fn by(&self, handler: &str) -> Vec<u32> {
        self.0.seen.lock().unwrap().get(handler).cloned().unwrap_or_default()
    }
}

#[event(name = "parcel.sent")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ParcelSent {
    #[aggregate_id("parcel")]
    parcel: u32,
    number: u32,
}

#[command]
#[derive(Clone)]
struct Send {
    parcel: u32,
    number: u32,
}

#[handler]
fn send(cmd: Send, events: &mut Events) {
    events.raise(ParcelSent { parcel: cmd.parcel, number: cmd.number });
}

/// Says no to parcel 13 while the world is poisoned, panics at parcel 14, and is away as often as it is told.
#[handler(name = "tracker", from = start)]
async fn track(event: ParcelSent, world: &World) -> Result<(), Fault> {
    if event.parcel == 13 && world.0.poisoned.load(Ordering::SeqCst) {
        return Err(Fault::invalid("parcel 13 is not for us"));
    }
    assert!(event.parcel != 14 || !world.0.poisoned.load(Ordering::SeqCst), "parcel 14");
    let away = world.0.away.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |away| away.checked_sub(1));
    if away.is_ok() {
        return Err(Fault::unavailable("the tracker is away"));
    }
    world.note("tracker", event.number);
    Ok(())
}

async fn send_all(bus: &Bus, parcels: impl IntoIterator<Item = (u32, u32)>) {
    for (parcel, number) in parcels {
        bus.execute(Send { parcel, number }).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_poison_is_put_aside_with_what_comes_behind_it_and_the_rest_goes_on() {
    on_each(|builder| async {
        let world = World::default();
        world.0.poisoned.store(true, Ordering::SeqCst);
        let bus = builder.provide(world.clone()).delivery_attempts(3).build();
        let started = bus.start().await.unwrap();
        send_all(&bus, [(1, 1), (13, 2), (2, 3), (13, 4), (14, 5), (3, 6)]).await;
        bus.settled().await;
        assert_eq!(world.by("tracker"), [1, 3, 6]);
        let tracker = bus.subscription("tracker").unwrap();
        let letters = tracker.dead_letters().await.unwrap();
        let told: Vec<_> = letters.iter().map(|letter| (letter.attempts, letter.error.as_deref())).collect();
        assert_eq!((told[0].0, told[1], told[2].0), (3, (0, None), 3));
        assert!(told[0].1.unwrap().contains("parcel 13 is not for us"), "{told:?}");
        assert!(told[2].1.unwrap().contains("parcel 14"), "{told:?}");

        // One that still cannot be handled stays, and so does what waits behind it.
        tracker.replay(letters[0].event_id).await.unwrap();
        bus.settled().await;
        let again = tracker.dead_letters().await.unwrap();
        assert_eq!(again.iter().map(|letter| letter.attempts).collect::<Vec<_>>(), [4, 0, 3]);

        world.0.poisoned.store(false, Ordering::SeqCst);
        tracker.replay(letters[0].event_id).await.unwrap();
        bus.settled().await;
        assert_eq!(world.by("tracker"), [1, 3, 6, 2, 4]);
        tracker.skip(letters[2].event_id).await.unwrap();
        bus.settled().await;
        assert!(tracker.dead_letters().await.unwrap().is_empty());
        send_all(&bus, [(13, 7), (14, 8)]).await;
        bus.settled().await;
        assert_eq!(world.by("tracker"), [1, 3, 6, 2, 4, 7, 8]);
        assert_eq!(tracker.skip(letters[2].event_id).await.unwrap_err().kind(), FaultKind::NotFound);
        started.shutdown().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn replay_all_has_all_of_them_handled_again() {
    on_each(|builder| async {
        let world = World::default();
        world.0.poisoned.store(true, Ordering::SeqCst);
        let bus = builder.provide(world.clone()).delivery_attempts(1).build();
        let started = bus.start().await.unwrap();
        send_all(&bus, [(13, 1), (14, 2), (13, 3)]).await;
        bus.settled().await;
        assert!(world.by("tracker").is_empty());
        world.0.poisoned.store(false, Ordering::SeqCst);
        bus.subscription("tracker").unwrap().replay_all().await.unwrap();
        bus.settled().await;
        assert_eq!(world.by("tracker"), [1, 2, 3]);
        started.shutdown().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_possible_now_is_tried_until_it_is_and_is_no_dead_letter() {
    on_each(|builder| async {
        let world = World::default();
        world.0.away.store(40, Ordering::SeqCst);
        let bus = builder.provide(world.clone()).delivery_attempts(2).build();
        let started = bus.start().await.unwrap();
        send_all(&bus, [(1, 1), (2, 2)]).await;
        let tracker = bus.subscription("tracker").unwrap();
        loop {
            if let Health::Retrying { error } = tracker.status().await.unwrap().health {
                assert!(error.contains("the tracker is away"), "{error}");
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bus.settled().await;
        assert_eq!(world.by("tracker"), [1, 2]);
        let status = tracker.status().await.unwrap();
        assert_eq!((status.dead_letters, status.position.is_some()), (0, true));
        started.shutdown().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_mass_of_dead_letters_halts_the_subscription_until_some_are_cleared_away() {
    on_each(|builder| async {
        let world = World::default();
        world.0.poisoned.store(true, Ordering::SeqCst);
        let bus = builder.provide(world.clone()).delivery_attempts(1).dead_letter_limit(1).build();
        let started = bus.start().await.unwrap();
        send_all(&bus, [(13, 1), (14, 2), (1, 3)]).await;
        let tracker = bus.subscription("tracker").unwrap();
        loop {
            if let Health::Halted { reason } = tracker.status().await.unwrap().health {
                assert!(reason.contains("it has 1 dead letters"), "{reason}");
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(world.by("tracker").is_empty());
        let letter = tracker.dead_letters().await.unwrap().remove(0);
        tracker.skip(letter.event_id).await.unwrap();
        bus.settled().await;
        assert_eq!(world.by("tracker"), [3]);
        started.shutdown().await;
    })
    .await;
}

#[event]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Counted {
    number: u32,
    refuse: bool,
}

#[command(error = String)]
struct Count {
    number: u32,
    refuse: bool,
}

#[handler]
fn count(cmd: Count, events: &mut Events) -> Result<(), String> {
    events.raise(Counted { number: cmd.number, refuse: cmd.refuse });
    Ok(())
}

#[event]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Recounted {
    number: u32,
}

#[handler(inline)]
async fn recount(event: Counted, meta: EventMeta, context: Context, events: &mut Events) -> Result<(), String> {
    assert_eq!((meta.position(), meta.call().message_id()), (None, context.message_id()));
    events.raise(Recounted { number: event.number });
    if event.refuse { Err("it is enough".into()) } else { Ok(()) }
}

#[handler(inline)]
fn note_recounted(event: Recounted, world: &World) {
    world.note("recounted", event.number);
}

#[tokio::test]
async fn an_inline_handler_is_in_the_commands_unit_and_its_no_is_the_commands_fault() {
    on_each(|builder| async {
        let world = World::default();
        let bus = builder.provide(world.clone()).build();
        bus.execute(Count { number: 1, refuse: false }).await.unwrap();
        let names =
            |events: Vec<cqrs_core::StoredEvent>| events.into_iter().map(|event| event.name).collect::<Vec<_>>();
        assert_eq!(names(bus.log().read_all(None, 10).await.unwrap()), ["Counted", "Recounted"]);
        assert_eq!(world.by("recounted"), [1]);

        let error = bus.execute(Count { number: 2, refuse: true }).await.unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!((fault.kind(), fault.effect()), (FaultKind::Internal, Effect::Nothing));
        assert!(fault.to_string().contains("it is enough"), "{fault}");
        assert!(fault.place().unwrap().path.ends_with("recount"));
        assert_eq!(std::error::Error::source(fault).unwrap().to_string(), "it is enough");
        assert_eq!(bus.log().read_all(None, 10).await.unwrap().len(), 2);
        bus.publish(Counted { number: 3, refuse: true }).await.unwrap_err();
        assert_eq!(bus.log().read_all(None, 10).await.unwrap().len(), 2);
    })
    .await;
}

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Ping;

#[handler(inline)]
fn ping_again(_: Ping, events: &mut Events) {
    events.raise(Ping);
}

#[tokio::test]
async fn inline_handlers_that_raise_each_others_events_end_in_a_fault() {
    let bus = Bus::builder().store(InMemoryStore::default()).provide(World::default()).build();
    let fault = bus.publish(Ping).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Wiring);
    assert!(fault.to_string().contains("without end"), "{fault}");
}

#[command(idempotent)]
#[derive(Serialize, Deserialize)]
struct Stamp {
    number: u32,
}

#[handler]
fn stamp(cmd: Stamp, context: Context, world: &World) {
    world.0.keys.lock().unwrap().push(context.idempotency_key().unwrap_or_default().to_owned());
    world.note("stamped", cmd.number);
}

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Sealed {
    number: u32,
}

/// Executes a command, and fails after that once.
#[handler(name = "stamper", from = start)]
async fn stamp_it(event: Sealed, commands: CommandBus, world: &World) -> Result<(), Fault> {
    commands.execute(Stamp { number: event.number }).await.map_err(|error| Fault::internal("no").caused_by(error))?;
    commands
        .execute(Stamp { number: event.number + 1 })
        .await
        .map_err(|error| Fault::internal("no").caused_by(error))?;
    let away = world.0.away.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |away| away.checked_sub(1));
    if away.is_ok() { Err(Fault::unavailable("not now")) } else { Ok(()) }
}

#[tokio::test(start_paused = true)]
async fn what_a_durable_handler_executes_has_a_key_of_its_event_and_is_carried_out_once() {
    on_each(|builder| async {
        let world = World::default();
        world.0.away.store(3, Ordering::SeqCst);
        let bus = builder.provide(world.clone()).build();
        let started = bus.start().await.unwrap();
        bus.publish(Sealed { number: 1 }).await.unwrap();
        bus.settled().await;
        assert_eq!(world.by("stamped"), [1, 2]);
        let event = bus.log().read_all(None, 10).await.unwrap().remove(0);
        let expected = [format!("stamper/{}/Stamp/0", event.id), format!("stamper/{}/Stamp/1", event.id)];
        assert_eq!(*world.0.keys.lock().unwrap(), expected);
        started.shutdown().await;
    })
    .await;
}

#[command(wire)]
#[derive(Serialize, Deserialize)]
struct Flaky {
    number: u32,
}

#[handler]
async fn flaky(cmd: Flaky, world: &World) {
    let away = world.0.away.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |away| away.checked_sub(1));
    assert!(away.is_err(), "flaky is away");
    world.note("flaky", cmd.number);
}

#[command]
struct SendFlaky;

#[handler]
fn send_flaky(_: SendFlaky, outbox: &mut Outbox) {
    outbox.send(Flaky { number: 1 });
    outbox.send(Flaky { number: 2 });
}

#[tokio::test(start_paused = true)]
async fn a_command_that_faults_is_tried_again_before_what_was_sent_after_it() {
    on_each(|builder| async {
        let world = World::default();
        world.0.away.store(2, Ordering::SeqCst);
        let clock = cqrs_core::Clock::of_runtime(std::time::SystemTime::now());
        let bus = builder.provide(world.clone()).provide(clock).build();
        let started = bus.start().await.unwrap();
        bus.execute(SendFlaky).await.unwrap();
        bus.settled().await;
        assert_eq!(world.by("flaky"), [1, 2]);
        started.shutdown().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_command_that_faults_each_time_is_parked_until_somebody_retries_or_discards_it() {
    on_each(|builder| async {
        let world = World::default();
        world.0.away.store(u32::MAX, Ordering::SeqCst);
        let clock = cqrs_core::Clock::of_runtime(std::time::SystemTime::now());
        let bus = builder.provide(world.clone()).provide(clock).delivery_attempts(2).build();
        let started = bus.start().await.unwrap();
        bus.execute(SendFlaky).await.unwrap();
        bus.settled().await;
        assert_eq!(bus.outbox().health(), Health::Running);
        let parked = bus.outbox().parked().await.unwrap();
        assert_eq!(parked[0].attempts, 2);
        assert!(parked[0].error.as_deref().unwrap().contains("flaky is away"), "{:?}", parked[0].error);
        world.0.away.store(0, Ordering::SeqCst);
        bus.outbox().discard(parked[0].command.id).await.unwrap();
        bus.outbox().retry(parked[1].command.id).await.unwrap();
        bus.settled().await;
        assert_eq!(world.by("flaky"), [2]);
        assert!(bus.outbox().parked().await.unwrap().is_empty());
        assert_eq!(bus.outbox().retry(parked[0].command.id).await.unwrap_err().kind(), FaultKind::NotFound);
        started.shutdown().await;
    })
    .await;
}

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Slow;

#[handler(name = "slow", from = start)]
async fn slow(_: Slow, world: &World) {
    if world.0.away.swap(0, Ordering::SeqCst) > 0 {
        std::future::pending::<()>().await;
    }
    world.note("slow", 1);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_takes_too_long_is_tried_again() {
    on_each(|builder| async {
        let world = World::default();
        world.0.away.store(1, Ordering::SeqCst);
        let bus = builder.provide(world.clone()).delivery_timeout(Duration::from_secs(3)).build();
        let started = bus.start().await.unwrap();
        let begun = tokio::time::Instant::now();
        bus.publish(Slow).await.unwrap();
        bus.settled().await;
        assert_eq!(world.by("slow"), [1]);
        let took = begun.elapsed();
        assert!(took >= Duration::from_secs(3) && took < Duration::from_secs(20), "{took:?}");
        started.shutdown().await;
    })
    .await;
}
