//! Nothing that is emitted warns, however strict the crate is.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    non_local_definitions,
    unused_qualifications,
    unused_results,
    unused_lifetimes,
    single_use_lifetimes,
    let_underscore_drop,
    trivial_casts,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic
)]

use std::sync::Arc;

use cqrs_core::{Bus, Call, CommandBus, Context, EventMeta, Events, Fault, InMemoryLedger, InMemoryUnit, Invalid};
use cqrs_core::{Ledger, Next, Outcome, Principal, Problem, QueryBus, ReadOnly, Validate};
use cqrs_core::{behavior, command, event, handler, provide, query};

/// It happened.
#[event(transient)]
#[derive(Debug, Clone)]
pub struct Placed {
    /// Which.
    pub order: u64,
}

/// It went away.
#[event(name = "orders.shipped", version = 2, upcasts(ShippedV1))]
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Shipped {
    /// Which.
    #[aggregate_id("order")]
    pub order: u64,
}

#[derive(serde::Deserialize)]
struct ShippedV1;

impl From<ShippedV1> for Shipped {
    fn from(_: ShippedV1) -> Self {
        Shipped { order: 0 }
    }
}

/// Why not.
#[derive(Debug, thiserror::Error, Problem)]
#[problem(status = 409)]
pub enum OrderError {
    /// Nothing in it.
    #[error("empty")]
    #[problem(title = "Empty order")]
    Empty,
    /// The store.
    #[error("{0}")]
    #[fault]
    Store(Fault),
}

/// Places.
#[command(output = u64, error = OrderError)]
#[derive(Debug)]
pub struct Place {
    /// Which.
    pub order: u64,
}

/// Moves.
#[command]
#[derive(Debug)]
pub struct Move {
    /// Which.
    #[aggregate_id("order")]
    #[cfg(any(unix, not(unix)))]
    pub order: u64,
}

/// Old.
#[command]
#[deprecated = "use `Place`"]
#[derive(Debug)]
pub struct OldPlace;

/// Ships.
#[command(contract, name = "shipping.ship")]
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Ship;

/// Counts.
#[query(output = Option<u64>)]
#[derive(Debug)]
pub struct Count;

/// Cancels.
#[command(
    authorize = may_cancel,
    idempotent,
    validate,
    timeout = "5s",
    retry(3, on = conflict, backoff = "20ms"),
)]
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Cancel {
    /// Which.
    pub order: u64,
}

impl Validate for Cancel {
    fn validate(&self) -> Result<(), Invalid> {
        Invalid::new().into_result()
    }
}

async fn may_cancel(who: &Principal, cancel: &Cancel, clock: &Clock) -> bool {
    tokio::task::yield_now().await;
    who.id() == "ada" && cancel.order == clock.0
}

/// What is told.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
pub struct Told {
    /// Which.
    pub order: u64,
}

/// Takes it over HTTP.
#[command(
    output = Told,
    error = OrderError,
    http(
        post = "/orders/{order}",
        status = 201,
        location = "/orders/{order}",
        headers(agent = "User-Agent"),
        query(page)
    ),
)]
#[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Tell {
    /// Which.
    pub order: u64,
    /// Who.
    pub agent: Option<String>,
    /// Where.
    pub page: Option<u32>,
}

/// Old, over HTTP.
#[query(output = Option<u64>, http(get = "/orders/{order}/old", none = 410))]
#[deprecated = "use `Price`"]
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct OldPrice {
    /// Which.
    pub order: u64,
}

// By hand, since the derive warns of what is deprecated.
#[allow(deprecated, reason = "it still works")]
impl schemars::JsonSchema for OldPrice {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OldPrice".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        <Tell as schemars::JsonSchema>::json_schema(generator)
    }
}

/// Prices.
#[query(output = u64, public, cache(ttl = "30s", capacity = 10, shared, invalidated_by(Placed)), timeout = "1s")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Price;

#[behavior(order = 10, on(commands | Price))]
async fn audit(call: &Call<'_>, next: Next<'_>, _who: Option<Principal>, clock: &Clock) -> Outcome {
    assert!(!call.name().is_empty() && clock.0 == 7);
    next.run().await
}

/// Private to this crate.
#[derive(Debug)]
struct Clock(u64);

trait Views: ReadOnly + Send + Sync {
    fn count(&self) -> u64;
}

trait Orders: Send {
    fn put(&mut self, order: u64);
}

impl ReadOnly for Clock {}

impl Views for Clock {
    fn count(&self) -> u64 {
        self.0
    }
}

impl Orders for Vec<u64> {
    fn put(&mut self, order: u64) {
        self.push(order);
    }
}

#[handler]
fn place(
    Place { order }: Place,
    clock: &Clock,
    _unused: &Clock,
    _context: Context,
    orders: &mut dyn Orders,
    events: &mut Events,
) -> Result<u64, OrderError> {
    if order == 0 {
        return Err(OrderError::Empty);
    }
    orders.put(order);
    events.raise(Placed { order });
    Ok(clock.0)
}

#[handler]
#[allow(deprecated, reason = "it still works")]
fn old_place(_: OldPlace) {}

#[handler]
fn tell(cmd: Tell) -> Result<Told, OrderError> {
    drop((cmd.agent, cmd.page));
    Ok(Told { order: cmd.order })
}

#[handler]
#[allow(deprecated, reason = "it still works")]
fn old_price(query: OldPrice) -> Option<u64> {
    Some(query.order)
}

#[handler]
#[deprecated = "somebody else ships"]
async fn ship(_: Ship, bus: CommandBus) {
    let placed = bus.execute(Place { order: 1 }).await;
    drop(placed);
}

#[handler]
fn move_order(cmd: Move) {
    assert_eq!(cmd.order, 7);
}

#[handler(name = "shipped", from = start)]
fn shipped(event: Shipped) {
    assert_eq!(event.order, 7);
}

#[handler(inline)]
fn stock(event: Shipped) {
    assert_eq!(event.order, 7);
}

#[handler]
async fn cancel(Cancel { order }: Cancel) {
    tokio::task::yield_now().await;
    drop(format!("{order}"));
}

#[handler]
async fn price(_: Price, clock: &Clock) -> u64 {
    tokio::task::yield_now().await;
    clock.0
}

#[handler]
async fn count(_: Count, views: &dyn Views, bus: QueryBus) -> Option<u64> {
    drop(bus);
    tokio::task::yield_now().await;
    Some(views.count())
}

/// Tells.
#[derive(Debug)]
pub struct Mailer;

#[handler]
impl Mailer {
    /// Tells of an order.
    ///
    /// # Errors
    /// None.
    pub async fn placed(&self, event: Placed, _meta: EventMeta) -> Result<(), Fault> {
        tokio::task::yield_now().await;
        match event {
            Placed { order: 0 } => Err(Fault::unavailable("no mail for order 0")),
            _ => Ok(()),
        }
    }
}

#[provide]
fn clock() -> Clock {
    Clock(7)
}

#[provide]
async fn views(clock: &Clock) -> Result<Arc<dyn Views>, Fault> {
    tokio::task::yield_now().await;
    Ok(Arc::new(Clock(clock.0)))
}

#[provide]
fn ledger() -> Arc<dyn Ledger> {
    Arc::new(InMemoryLedger::new(10, std::time::Duration::from_secs(60)))
}

#[provide]
fn mailer() -> Mailer {
    Mailer
}

#[provide]
fn orders(_unit: InMemoryUnit) -> Box<dyn Orders> {
    Box::new(Vec::new())
}

#[provide(per_call)]
fn buffer(_clock: &Clock) -> Buffer {
    Buffer
}

#[derive(Debug)]
struct Buffer;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let bus = Bus::global();
    let problems = bus.verify();
    assert!(problems.is_sound(), "{problems}");
    assert_eq!(bus.execute(Place { order: 1 }).await.unwrap(), 7);
    assert_eq!(bus.query(Count).await.unwrap(), Some(7));
    assert_eq!(bus.query(Price).await.unwrap(), 7);
    bus.execute(Cancel { order: 7 }).by(Principal::new("ada")).idempotency_key("1").await.unwrap();
}
