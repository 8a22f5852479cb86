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
/// # Over HTTP
///
/// With the feature `http` a command has a route, which an edge such as `cqrs-axum` serves; `cqrs_core::http` is what
/// an edge is made of. Nothing else of an application is reached over HTTP.
///
/// | option | says | without it |
/// | --- | --- | --- |
/// | `http(post = "/users")`, or `put`, `patch`, `delete` | these requests are the command. A name in the path, `"/users/{user_id}"`, is a field; the others are the body, which is JSON, and with `delete` the query string | no request reaches it |
/// | `http(.., status = 201)` | the status of a success | 200, or 204 where the output is `()`; an [`OperationResult`](crate::OperationResult) has its own |
/// | `http(.., location = "/users/{id}")` | where to find what was made, in an answer of status 201 or 202: `{id}` is a field of the output, `{0}` its first, `{}` all of it | it says nothing of that |
/// | `http(.., none = 404)` | what `None` is answered with: 404, 410, or 204 | 200, and `null` |
/// | `http(.., headers(version = "If-Match"))` | the field comes from this header, and from nowhere else | it comes from the body |
/// | `http(.., query(dry_run))` | the field comes from the query string, though there is a body | the same |
///
/// Fields are named as they are on the wire, with what serde renames. A message that does not parse is told with the
/// field that is wrong, an error as its [`Problem`](macro@crate::Problem). With `http` a command is reached by its name too,
/// as with `wire`.
///
#[cfg_attr(feature = "http", doc = "```")]
#[cfg_attr(not(feature = "http"), doc = "```compile_fail")]
/// use std::borrow::Cow;
///
/// use cqrs_core::http::{Body, Parts};
/// use cqrs_core::{Bus, command, handler};
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, JsonSchema)]
/// struct User { id: u64, name: String }
///
/// /// Takes somebody on.
/// #[command(
///     output = User,
///     http(post = "/teams/{team}/users", status = 201, location = "/users/{id}", headers(agent = "User-Agent")),
/// )]
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct CreateUser { team: u64, agent: Option<String>, name: String }
///
/// #[handler]
/// fn create_user(cmd: CreateUser) -> User { User { id: cmd.team * 100, name: cmd.name } }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let bus = Bus::global();
/// let route = bus.routes().into_iter().find(|route| route.name() == "CreateUser").unwrap();
/// assert_eq!(route.to_string(), "POST /teams/{team}/users (CreateUser)");
/// let parts = Parts { path: &[Cow::Borrowed("7")], query: "", headers: &|_| Ok(Vec::new()), body: br#"{"name":"Ada"}"# };
/// let reply = route.call(&bus, &parts).await.unwrap();
/// assert_eq!((reply.status, reply.location.as_deref()), (201, Some("/users/700")));
/// assert_eq!(reply.body, Body::Json(br#"{"id":700,"name":"Ada"}"#.to_vec()));
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
/// [told as a problem](crate::IntoProblem). With `http` the same, and command and output have `schemars::JsonSchema`, for
/// the OpenAPI document; fields that `location` names are `Display`. With `idempotent` command, output and error have both
/// of serde's traits, the error's `#[fault]` variant with `#[serde(skip)]`. With `retry` the command is `Clone`, with
/// `validate` it is [`Validate`](crate::Validate).
///
/// # What does not compile
///
/// A command on a function, a trait, a union, an empty enum or a generic type; an unknown option, which is told the
/// nearest; `authorize` beside `public`; a `cache`; `http(get = ..)`, and a route whose names are no fields;
/// `#[aggregate_id]` on two fields, or in an enum's variant; a `timeout` where the handler is a `fn`, which nothing can
/// interrupt; an output that is an [`Aggregate`](crate::Aggregate), or holds one:
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
