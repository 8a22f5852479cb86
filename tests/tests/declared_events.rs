//! What is declared of stored events, of their handlers and of what a message is about: as the catalog lists it.
#![cfg(feature = "inventory")]

use cqrs_core::{Bus, FaultKind, HandlerEntry, MessageEntry, NamesAggregate, StreamId, SubscriptionEntry, testing};
use cqrs_core::{command, event, handler};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct OrderId(u64);

impl std::fmt::Display for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[command]
struct ConfirmOrder {
    #[aggregate_id]
    order: OrderId,
}

#[handler]
fn confirm(_: ConfirmOrder) {}

#[command]
struct SendParcel((), #[aggregate_id("shop.parcel")] u64);

#[handler]
fn send(_: SendParcel) {}

#[event(name = "order.confirmed", version = 4, upcasts(OrderConfirmedV2, OrderConfirmedV3))]
#[derive(Clone, Serialize, Deserialize)]
struct OrderConfirmed {
    #[aggregate_id]
    order: OrderId,
}

#[derive(Deserialize)]
struct OrderConfirmedV2(u64);

#[derive(Deserialize)]
struct OrderConfirmedV3(OrderId);

impl From<OrderConfirmedV2> for OrderConfirmed {
    fn from(OrderConfirmedV2(order): OrderConfirmedV2) -> Self {
        OrderConfirmedV3(OrderId(order)).into()
    }
}

impl From<OrderConfirmedV3> for OrderConfirmed {
    fn from(OrderConfirmedV3(order): OrderConfirmedV3) -> Self {
        OrderConfirmed { order }
    }
}

#[event(name = "order.cancelled", version = 2)]
#[derive(Clone, Serialize, Deserialize)]
struct OrderCancelled;

#[event(name = "order.paid", version = 2, upcasts(OrderPaidV1))]
#[derive(Clone, Serialize, Deserialize)]
struct OrderPaid;

#[derive(Deserialize)]
struct OrderPaidV1;

impl From<OrderPaidV1> for OrderPaid {
    fn from(_: OrderPaidV1) -> Self {
        OrderPaid
    }
}

#[event(wire, name = "order.looked_at", transient)]
#[derive(Clone, Serialize, Deserialize)]
struct LookedAt;

#[handler(inline)]
fn stock(_: OrderConfirmed) {}

#[handler(name = "order-mail", from = start)]
async fn mail(_: OrderConfirmed) {}

#[handler]
fn count(_: OrderConfirmed) {}

#[handler]
fn count_looks(_: LookedAt) {}

struct Report;

#[cqrs_core::provide]
fn report() -> Report {
    Report
}

#[handler(name = "report", from = start)]
impl Report {
    fn confirmed(&self, _: OrderConfirmed) {}

    fn cancelled(&self, _: OrderCancelled) {}
}

#[handler(name = "report", from = start)]
impl Report {
    fn paid(&self, _: OrderPaid) {}
}

fn entry(name: &str) -> MessageEntry {
    let catalog = Bus::global().catalog();
    catalog.messages.into_iter().find(|message| message.name == name).unwrap_or_else(|| panic!("no `{name}`"))
}

fn subscription(message: &str, handler: &str) -> Option<SubscriptionEntry> {
    let path = format!("declared_events::{handler}");
    let of = |entry: &HandlerEntry| (entry.place.path == path).then_some(entry.subscription);
    entry(message).handlers.iter().find_map(of).unwrap_or_else(|| panic!("no `{path}`"))
}

#[test]
fn version_is_what_a_store_is_given() {
    assert_eq!(entry("order.confirmed").version, Some(4));
    assert_eq!(entry("order.cancelled").version, Some(2));
    assert_eq!(entry("order.looked_at").version, None, "no store keeps it");
    assert_eq!(entry("ConfirmOrder").version, None, "a command is not kept");
}

#[test]
fn upcasts_are_the_versions_just_before() {
    assert_eq!(entry("order.confirmed").upcasts, [2, 3]);
    assert_eq!(entry("order.paid").upcasts, [1]);
    assert_eq!(entry("order.cancelled").upcasts, [0; 0]);
}

#[test]
fn aggregate_id_is_what_a_message_is_about() {
    assert_eq!(*ConfirmOrder { order: OrderId(7) }.aggregate_id(), OrderId(7));
    assert_eq!(StreamId::of(&ConfirmOrder { order: OrderId(7) }), StreamId::new("order", 7));
    assert_eq!(StreamId::of(&SendParcel((), 8)).as_str(), "shop.parcel-8");
    assert_eq!(StreamId::of(&OrderConfirmed { order: OrderId(7) }).as_str(), "order-7");
}

#[test]
fn the_category_of_an_aggregate_is_listed() {
    assert_eq!(entry("ConfirmOrder").category, Some("order"));
    assert_eq!(entry("SendParcel").category, Some("shop.parcel"));
    assert_eq!(entry("order.confirmed").category, Some("order"));
    assert_eq!(entry("order.cancelled").category, None);
}

#[test]
fn inline_is_in_the_unit_of_work() {
    assert_eq!(subscription("order.confirmed", "stock"), Some(SubscriptionEntry::Inline));
}

#[test]
fn name_and_from_are_of_the_checkpoint() {
    let durable = |name, from_start| Some(SubscriptionEntry::Durable { name, from_start });
    assert_eq!(subscription("order.confirmed", "mail"), durable("order-mail", true));
    assert_eq!(subscription("order.confirmed", "count"), durable("declared_events::count", false));
    assert_eq!(subscription("order.confirmed", "Report::confirmed"), durable("report", true));
    assert_eq!(subscription("order.cancelled", "Report::cancelled"), durable("report", true));
    assert_eq!(subscription("order.paid", "Report::paid"), durable("report", true));
    assert_eq!(subscription("order.looked_at", "count_looks"), Some(SubscriptionEntry::Transient));
    assert_eq!(subscription("ConfirmOrder", "confirm"), None, "a command's handler has none");
}

#[test]
fn a_person_reads_it_too() {
    let text = Bus::global().catalog().to_string();
    let of = |message: &str| {
        let after = &text[text.find(&format!("{message}\n")).unwrap_or_else(|| panic!("no {message}: {text}"))..];
        let lines: Vec<_> = after.lines().skip(1).take_while(|line| line.starts_with(' ')).collect();
        lines.join("\n") + "\n"
    };
    let confirmed = of("event order.confirmed");
    for words in [
        "    version  4, and reads 2 to 3\n",
        "    stream   order-..\n",
        "    handled  `declared_events::stock` (tests/tests/declared_events.rs:",
        "), inline\n",
        "), durable \"order-mail\" from start\n",
        "), durable \"declared_events::count\"\n",
    ] {
        assert!(confirmed.contains(words), "{words}: {confirmed}");
    }
    assert!(of("event order.paid").contains("    version  2, and reads 1\n"));
    assert!(of("event order.cancelled").contains("    version  2\n"));
    assert!(of("event order.looked_at (transient, wire)").ends_with("), transient\n"));
    let handled = of("command ConfirmOrder");
    assert!(handled.lines().last().unwrap().ends_with(')'), "{handled}");
}

#[test]
fn a_program_reads_it_too() {
    let json = serde_json::to_value(entry("order.confirmed")).unwrap();
    assert_eq!((&json["version"], &json["category"]), (&4.into(), &"order".into()));
    assert_eq!(json["upcasts"], serde_json::json!([2, 3]));
    let subscriptions: Vec<_> =
        json["handlers"].as_array().unwrap().iter().map(|handler| handler["subscription"].to_string()).collect();
    for expected in [r#""inline""#, r#"{"durable":{"name":"order-mail","from_start":true}}"#] {
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert!(subscriptions.contains(&expected.to_string()), "{subscriptions:?}");
    }
}

/// What an event is called in a log gives nobody outside the right to say that it happened.
#[tokio::test]
async fn the_name_of_an_event_publishes_nothing() {
    let bus = Bus::builder().build();
    let error = bus.dispatch_json("order.paid", b"null").await.unwrap_err();
    assert_eq!(error.fault().unwrap().kind(), FaultKind::NotFound);
    bus.dispatch_json("order.looked_at", b"null").await.expect("it is declared with `wire`");
}

/// Two blocks of one type have one subscription, and so have its methods.
#[test]
fn everything_here_is_wired() {
    testing::assert_wired!();
}
