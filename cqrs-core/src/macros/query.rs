//! `#[query]`.

/// Declares a query: a message that asks a question, and has one handler, which changes nothing.
///
/// The compiler holds its handler to that: it takes no `&mut`, and only what is [`ReadOnly`](crate::ReadOnly).
///
/// What is not there is best a `None` in the output. A query that only the infrastructure can fail says
/// `error = Fault`.
///
/// ```
/// use cqrs_core::{Bus, Fault, ReadOnly, handler, provide, query};
/// use std::sync::Arc;
///
/// trait Prices: ReadOnly + Send + Sync {
///     fn of(&self, sku: &str) -> Result<Option<u32>, Fault>;
/// }
///
/// struct Fixed;
/// impl ReadOnly for Fixed {}
/// impl Prices for Fixed {
///     fn of(&self, sku: &str) -> Result<Option<u32>, Fault> { Ok((sku == "tea").then_some(250)) }
/// }
///
/// #[provide]
/// fn prices() -> Arc<dyn Prices> { Arc::new(Fixed) }
///
/// /// The price of one article.
/// #[query(output = Option<u32>, error = Fault)]
/// struct PriceOf { sku: &'static str }
///
/// #[handler]
/// fn price_of(query: PriceOf, prices: &dyn Prices) -> Result<Option<u32>, Fault> {
///     prices.of(query.sku)
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// assert_eq!(Bus::global().query(PriceOf { sku: "tea" }).await.unwrap(), Some(250));
/// assert_eq!(Bus::global().query(PriceOf { sku: "ink" }).await.unwrap(), None);
/// # }
/// ```
///
/// # Options
///
/// Those of [`#[command]`](macro@crate::command): `output`, `error`, `wire`, `name`, `contract`, `crate`, and
/// [around its handler](crate::pipeline) `authorize`, `public`, `timeout` and `retry`. With the feature `cache` also:
///
/// | option | says | without it |
/// | --- | --- | --- |
/// | `cache(ttl = "30s")` | an answer is kept that long, and given to whoever asks the same | each time the handler answers |
/// | `cache(.., capacity = 100)` | no more answers than these are kept | 10,000 |
/// | `cache(.., shared)` | an answer is everybody's | it is for its tenant and principal alone |
/// | `cache(.., invalidated_by(OrderPlaced, ..))` | once one of these events was raised, no older answer is given | an answer is given until its time is up |
///
/// The query is then `Clone`, `Eq` and `Hash`, and its output is `Clone`.
///
#[cfg_attr(feature = "cache", doc = "```")]
#[cfg_attr(not(feature = "cache"), doc = "```compile_fail")]
/// use cqrs_core::{Bus, Events, command, event, handler, query};
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// #[event(transient)]
/// #[derive(Clone)]
/// struct OrderPlaced;
///
/// #[query(output = u32, cache(ttl = "30s", shared, invalidated_by(OrderPlaced)))]
/// #[derive(Clone, PartialEq, Eq, Hash)]
/// struct TimesAsked;
///
/// static ASKED: AtomicU32 = AtomicU32::new(0);
///
/// #[handler]
/// fn times_asked(_: TimesAsked) -> u32 { ASKED.fetch_add(1, Ordering::Relaxed) + 1 }
///
/// #[command]
/// struct PlaceOrder;
///
/// #[handler]
/// fn place_order(_: PlaceOrder, events: &mut Events) { events.raise(OrderPlaced); }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let bus = Bus::global();
/// assert_eq!((bus.query(TimesAsked).await.unwrap(), bus.query(TimesAsked).await.unwrap()), (1, 1));
/// bus.execute(PlaceOrder).await.unwrap();
/// assert_eq!(bus.query(TimesAsked).await.unwrap(), 2);
/// # }
/// ```
///
/// # Over HTTP
///
/// With the feature `http` a query has a route, as [a command](macro@crate::command#over-http) has one: `http(get = ..)`, and
/// then the fields that are not in the path or in headers are the query string, a list as one parameter that comes several
/// times; or `http(post = ..)`, for one that is too long for that and has a body.
///
#[cfg_attr(feature = "http", doc = "```")]
#[cfg_attr(not(feature = "http"), doc = "```compile_fail")]
/// use std::borrow::Cow;
///
/// use cqrs_core::http::{Body, Parts};
/// use cqrs_core::{Bus, handler, query};
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// /// The price of one article in these sizes, together.
/// #[query(output = Option<u32>, http(get = "/articles/{sku}/price", none = 404))]
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct PriceOf { sku: String, #[serde(default)] sizes: Vec<u32> }
///
/// #[handler]
/// fn price_of(query: PriceOf) -> Option<u32> { (query.sku == "tea").then(|| query.sizes.iter().sum()) }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let bus = Bus::global();
/// let route = bus.routes().into_iter().find(|route| route.name() == "PriceOf").unwrap();
/// let ask = async |sku: &str, query: &str| {
///     let path = [Cow::Borrowed(sku)];
///     route.call(&bus, &Parts { path: &path, query, headers: &|_| Ok(Vec::new()), body: b"" }).await
/// };
/// assert_eq!(ask("tea", "sizes=100&sizes=250").await.unwrap().body, Body::Json(b"350".to_vec()));
/// assert_eq!(ask("ink", "").await.unwrap_err().rejection().unwrap().status, 404);
/// # }
/// ```
///
/// # What does not compile
///
/// What does not for a command, except that a query may answer an aggregate; `idempotent` and `validate`: a query
/// changes nothing, and takes types that parse; and a handler that could write:
///
/// ```compile_fail,E0277
/// use cqrs_core::{Events, handler, query};
///
/// #[query(output = u32)]
/// struct PriceOf { sku: &'static str }
///
/// #[handler]
/// fn price_of(query: PriceOf, events: &mut Events) -> u32 { // error[E0277]: a query takes no `&mut`: it changes nothing
///     250
/// }
/// ```
pub use cqrs_macros::query;
