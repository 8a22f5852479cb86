//! Events in a store: what is kept of them, and how they come to their handlers.
#![cfg(feature = "inventory")]

mod store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::{
    AuditOutcome, AuditQuery, Bus, EventMeta, Events, FaultKind, Health, Outbox, StreamId, command, event, handler,
};
use serde::{Deserialize, Serialize};
use store::on_each;

/// What handlers have seen, by handler.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<HashMap<&'static str, Vec<u32>>>>);

impl Seen {
    fn note(&self, by: &'static str, number: u32) {
        self.0.lock().unwrap().entry(by).or_default().push(number);
    }

    fn by(&self, handler: &str) -> Vec<u32> {
        self.0.lock().unwrap().get(handler).cloned().unwrap_or_default()
    }
}

#[event(name = "order.placed", version = 2, upcasts(OrderPlacedV1))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OrderPlaced {
    #[aggregate_id("order")]
    order: u32,
    lines: u32,
}

#[derive(Deserialize)]
struct OrderPlacedV1 {
    order: u32,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(OrderPlacedV1 { order }: OrderPlacedV1) -> Self {
        OrderPlaced { order, lines: 0 }
    }
}

#[event(name = "order.noted")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted {
    number: u32,
}

#[command(error = String)]
struct Place {
    order: u32,
    refuse: bool,
}

#[handler]
async fn place(cmd: Place, events: &mut Events) -> Result<(), String> {
    events.raise(OrderPlaced { order: cmd.order, lines: 1 });
    if cmd.refuse { Err("no".into()) } else { Ok(()) }
}

#[command]
struct Note {
    #[aggregate_id("notebook")]
    book: u32,
    number: u32,
}

#[handler]
fn note(cmd: Note, events: &mut Events) {
    events.raise(Noted { number: cmd.number });
}

#[handler(name = "order-mail")]
async fn mail(event: OrderPlaced, meta: EventMeta, seen: &Seen) {
    assert_eq!(meta.stream(), Some(&StreamId::new("order", event.order)));
    assert!(meta.version().is_some() && meta.position().is_some());
    seen.note("mail", event.order);
}

#[handler(name = "order-history", from = start)]
async fn history(event: OrderPlaced, seen: &Seen) {
    seen.note("history", event.order);
}

#[tokio::test]
async fn an_event_is_in_the_log_with_all_that_is_known_of_it() {
    on_each(|builder| async {
        let bus = builder.provide(Seen::default()).build();
        for order in [7, 8, 7] {
            bus.execute(Place { order, refuse: false })
                .by(cqrs_core::Principal::new("ada"))
                .tenant("London")
                .correlation("tea")
                .await
                .unwrap();
        }
        let order = bus.log().read_stream(&StreamId::new("order", 7), 0, 10).await.unwrap();
        assert_eq!(order.iter().map(|event| event.version).collect::<Vec<_>>(), [Some(1), Some(2)]);
        let first = &order[0];
        assert_eq!((&*first.name, first.schema_version), ("order.placed", 2));
        assert_eq!(first.decode::<OrderPlaced>().unwrap(), Some(OrderPlaced { order: 7, lines: 1 }));
        assert_eq!(first.decode::<Noted>().unwrap(), None);
        assert_eq!(first.call.principal().unwrap().id(), "ada");
        assert_eq!((first.call.tenant(), &*first.call.correlation_id().to_string()), (Some("London"), "tea"));
        let all = bus.log().read_all(None, 10).await.unwrap();
        assert_eq!(all.len(), 3);
        assert!(all.is_sorted_by_key(|event| event.position));
        let rest = bus.log().read_all(Some(all[0].position), 10).await.unwrap();
        assert_eq!(rest, all[1..]);
        assert_eq!(bus.log().read_stream(&StreamId::new("order", 7), 1, 10).await.unwrap(), order[1..]);
        assert_eq!(bus.log().read_all(None, 2).await.unwrap(), all[..2]);
    })
    .await;
}

#[tokio::test]
async fn a_rejection_leaves_its_row_in_the_audit_trail_and_nothing_else() {
    on_each(|builder| async {
        let bus = builder.provide(Seen::default()).build();
        bus.execute(Place { order: 7, refuse: true }).await.unwrap_err();
        assert!(bus.log().read_all(None, 10).await.unwrap().is_empty());
        let rows = bus.audit(AuditQuery::default()).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((&*rows[0].command, &rows[0].outcome), ("Place", &AuditOutcome::Rejected));
    })
    .await;
}

#[tokio::test]
async fn an_event_without_an_aggregate_is_in_the_stream_of_its_call() {
    on_each(|builder| async {
        let bus = builder.provide(Seen::default()).build();
        bus.execute(Note { book: 3, number: 1 }).await.unwrap();
        bus.publish(Noted { number: 2 }).tenant("London").correlation("tea").await.unwrap();
        let all = bus.log().read_all(None, 10).await.unwrap();
        assert_eq!(all[0].stream, Some(StreamId::new("notebook", 3)));
        assert_eq!((&all[1].stream, all[1].version), (&None, None));
        let call = &all[1].call;
        assert_eq!((call.tenant(), &*call.correlation_id().to_string()), (Some("London"), "tea"));
    })
    .await;
}

#[tokio::test]
async fn a_durable_handler_starts_now_or_at_the_beginning_as_it_says() {
    on_each(|builder| async {
        let seen = Seen::default();
        let bus = builder.provide(seen.clone()).build();
        bus.execute(Place { order: 1, refuse: false }).await.unwrap();
        let started = bus.start().await.unwrap();
        bus.settled().await;
        bus.execute(Place { order: 2, refuse: false }).await.unwrap();
        bus.execute(Place { order: 3, refuse: false }).await.unwrap();
        bus.settled().await;
        assert_eq!(seen.by("mail"), [2, 3]);
        assert_eq!(seen.by("history"), [1, 2, 3]);
        assert_eq!(bus.subscription("order-mail").unwrap().status().await.unwrap().health, Health::Running);
        started.shutdown().await;
        assert_eq!(bus.subscription("order-mail").unwrap().status().await.unwrap().health, Health::Stopped);
    })
    .await;
}

#[tokio::test]
async fn a_bus_that_ends_goes_on_where_it_was() {
    on_each(|builder| async {
        let seen = Seen::default();
        let bus = builder.provide(seen.clone()).build();
        let started = bus.start().await.unwrap();
        bus.settled().await;
        bus.execute(Place { order: 1, refuse: false }).await.unwrap();
        bus.settled().await;
        started.shutdown().await;
        // Nobody delivers meanwhile, as nobody may call; the next start does.
        let started = bus.start().await.unwrap();
        bus.execute(Place { order: 2, refuse: false }).await.unwrap();
        bus.settled().await;
        assert_eq!(seen.by("mail"), [1, 2]);
        started.shutdown().await;
    })
    .await;
}

#[command(wire)]
#[derive(Serialize, Deserialize)]
struct Ship {
    order: u32,
}

#[handler]
fn ship(cmd: Ship, seen: &Seen, events: &mut Events) {
    seen.note("ship", cmd.order);
    events.raise(Noted { number: cmd.order });
}

#[command]
struct Pay {
    order: u32,
}

#[handler]
fn pay(cmd: Pay, outbox: &mut Outbox) {
    outbox.send(Ship { order: cmd.order });
    outbox.send(Ship { order: cmd.order + 1 });
}

#[tokio::test]
async fn a_command_of_the_outbox_is_carried_out_once_and_leaves_it() {
    on_each(|builder| async {
        let seen = Seen::default();
        let bus = builder.provide(seen.clone()).build();
        let started = bus.start().await.unwrap();
        bus.execute(Pay { order: 1 }).by(cqrs_core::Principal::new("ada")).await.unwrap();
        bus.settled().await;
        assert_eq!(seen.by("ship"), [1, 2]);
        let rows = bus.audit(AuditQuery::default().command("Ship")).await.unwrap();
        assert_eq!(rows.len(), 2);
        let who = rows[0].call.principal().unwrap();
        assert!(who.is_system() && who.id() == "outbox");
        assert_eq!(rows[0].call.metadata()["actor"], "ada");
        started.shutdown().await;
    })
    .await;
}

#[tokio::test]
async fn a_bus_without_a_store_says_so_when_it_is_asked_for_what_a_store_keeps() {
    let bus = Bus::builder().provide(Seen::default()).build();
    let fault = bus.log().read_all(None, 1).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Wiring);
    assert!(fault.to_string().contains("this bus has no store"), "{fault}");
    tokio::time::sleep(Duration::ZERO).await;
}
