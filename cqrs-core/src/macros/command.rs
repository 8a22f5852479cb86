//! `#[command]`.

/// Declares a command: a message that asks for a change, and has one handler.
///
/// It goes on a struct or an enum without type or lifetime parameters. The type stays as it is; the doc comment
/// becomes its description in the [catalog](crate::Bus::catalog).
///
/// ```
/// use cqrs_core::{Bus, command, handler};
///
/// /// Takes an order.
/// #[command(output = u64, error = SoldOut)]
/// struct PlaceOrder { quantity: u32 }
///
/// #[derive(Debug, PartialEq)]
/// struct SoldOut;
///
/// #[handler]
/// fn place_order(cmd: PlaceOrder) -> Result<u64, SoldOut> {
///     if cmd.quantity > 10 { Err(SoldOut) } else { Ok(7) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// assert_eq!(Bus::global().execute(PlaceOrder { quantity: 1 }).await.unwrap(), 7);
/// let refused = Bus::global().execute(PlaceOrder { quantity: 11 }).await.unwrap_err();
/// assert_eq!(refused.rejection(), Some(&SoldOut));
/// # }
/// ```
///
/// # Options
///
/// | option | says | without it |
/// | --- | --- | --- |
/// | `output = Type` | what a call answers | `()` |
/// | `error = Type` | how the handler may say no; it then returns `Result<Output, Error>` | it cannot, and returns the bare output |
/// | `wire` | it can be sent [by name, as JSON](crate::Bus::dispatch_json), and through an [`Outbox`](crate::Outbox) | nothing outside reaches it |
/// | `name = "orders.place"` | the same, under this name | the name is the type's |
/// | `contract` | its handler may be in any crate, and is found when a bus is verified | its handler is in the same crate, and is found by the compiler |
/// | `crate = ::path::to::cqrs_core` | where this crate is, for a macro of yours that expands to the attribute | `::cqrs_core` |
///
/// And what goes [around its handler](crate::pipeline), in the order of that page, however the options are written:
///
/// | option | says | without it |
/// | --- | --- | --- |
/// | `authorize = "orders:write"` | only a caller with this [scope](crate::Principal) may send it | anybody, unless the bus [denies by default](crate::Builder::deny_by_default) |
/// | `authorize = path::to::policy` | only whom this function lets: `fn(&Principal, &Message, &Dependency, ..)`, also `async`, to `bool`, `Result<(), E>` with the reason or `Result<bool, Fault>`; up to four dependencies, a trait object is taken as `&(dyn Trait + 'static)` | the same |
/// | `public` | anybody may, on purpose | the same |
/// | `idempotent` | under one [key](crate::Dispatch::idempotency_key) it is carried out once, and answers the same again; a [`Ledger`](crate::Ledger) keeps what, and has to be there | a key is handed on, and nothing more |
/// | `validate` | it is [validated](crate::Validate) before it is handled | its handler takes it as it is |
/// | `timeout = "5s"` | it is given up after that time, all tries together: `"500ms"`, `"1m 30s"` | it takes the time it takes, or its caller gives |
/// | `retry(3)`, `retry(3, on = conflict, backoff = "50ms")` | its unit of work is tried up to three times more on `conflict` or `unavailable`, first after the backoff, which is 50 ms and grows | it is tried once |
///
/// ```
/// use cqrs_core::{Bus, FaultKind, Invalid, Principal, Validate, command, handler};
///
/// #[command(authorize = may_cancel, validate, timeout = "5s", retry(3, on = conflict))]
/// #[derive(Clone)]
/// struct CancelOrder { order: u64, customer: &'static str }
///
/// fn may_cancel(who: &Principal, message: &CancelOrder) -> bool { who.id() == message.customer }
///
/// impl Validate for CancelOrder {
///     fn validate(&self) -> Result<(), Invalid> {
///         let mut invalid = Invalid::new();
///         if self.order == 0 {
///             invalid.field("order", "is none");
///         }
///         invalid.into_result()
///     }
/// }
///
/// #[handler]
/// async fn cancel_order(_: CancelOrder) {}
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let bus = Bus::global();
/// let cancel = |order, who| bus.execute(CancelOrder { order, customer: "ada" }).by(Principal::new(who)).into_future();
/// assert!(cancel(7, "ada").await.is_ok());
/// assert_eq!(cancel(7, "bob").await.unwrap_err().fault().unwrap().kind(), FaultKind::Forbidden);
/// assert_eq!(cancel(0, "ada").await.unwrap_err().fault().unwrap().kind(), FaultKind::Invalid);
/// # }
/// ```
///
/// # Which aggregate it is about
///
/// `#[aggregate_id]` on one field says which aggregate the command is about, and so which [stream](crate::StreamId) of
/// events. What sort of aggregate it is, is the field's type without its ending `Id`: `order` of `OrderId`,
/// `purchase_order` of `ids::PurchaseOrderId`. A field of another type says it: `#[aggregate_id("order")]`. The type is
/// `Display`, as text that only this aggregate has.
///
/// ```
/// use cqrs_core::{NamesAggregate, StreamId, command, handler};
///
/// #[command]
/// struct ConfirmOrder {
///     #[aggregate_id]
///     order: OrderId,
///     by: String,
/// }
///
/// struct OrderId(u64);
///
/// impl std::fmt::Display for OrderId {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
/// }
///
/// #[handler]
/// fn confirm_order(_: ConfirmOrder) {}
///
/// let command = ConfirmOrder { order: OrderId(7), by: "Ada".into() };
/// assert_eq!(StreamId::of(&command), StreamId::new("order", 7));
/// assert_eq!(command.aggregate_id().0, 7);
/// ```
///
/// # What it asks of the types
///
/// The command is `Send + Sync + 'static`, output and error are `Send + 'static`. With `wire` or `name` the command has
/// serde's `Serialize` and `Deserialize`, the output has `Serialize`, and the error is
/// [told as a problem](crate::IntoProblem). With `idempotent` command, output and error have both of serde's traits,
/// the error's `#[fault]` variant with `#[serde(skip)]`. With `retry` the command is `Clone`, with `validate` it is
/// [`Validate`](crate::Validate).
///
/// # What does not compile
///
/// A command on a function, a trait, a union, an empty enum or a generic type; an unknown option, which is told the
/// nearest; `authorize` beside `public`; a `cache`; `#[aggregate_id]` on two fields, or in an enum's variant; a `timeout`
/// where the handler is a `fn`, which nothing can interrupt; an output that is an [`Aggregate`](crate::Aggregate), or holds one:
///
/// ```compile_fail,E0277
/// use cqrs_core::{Aggregate, command};
///
/// struct Order { id: u64 }
/// impl Aggregate for Order { type Id = u64; }
///
/// #[command(output = Order)] // error[E0277]: a command's output cannot be an aggregate
/// struct PlaceOrder;
/// ```
pub use cqrs_macros::command;
