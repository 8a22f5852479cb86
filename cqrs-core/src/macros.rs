//! The attributes, with their documentation: here and not where they are made, so that the examples run.

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
/// nearest; `authorize` beside `public`; a `cache`; a `timeout` where the handler is a `fn`, which nothing can
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
/// Those of [`#[command]`](macro@command): `output`, `error`, `wire`, `name`, `contract`, `crate`, and
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

/// Declares an event: a message that tells what happened, to any number of handlers, none included.
///
/// A handler [raises](crate::Events::raise) it, and it is delivered if and only if the call commits; or it is
/// [published](crate::Bus::publish). Each handler gets a clone. It returns nothing, or a `Result<(), E>` with any
/// error.
///
/// ```
/// use cqrs_core::{Bus, event, handler};
/// use serde::{Deserialize, Serialize};
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// #[event]
/// #[derive(Clone, Serialize, Deserialize)]
/// struct OrderPlaced { lines: u32 }
///
/// static LINES: AtomicU32 = AtomicU32::new(0);
///
/// #[handler]
/// fn count(event: OrderPlaced) { LINES.fetch_add(event.lines, Ordering::Relaxed); }
///
/// #[handler]
/// async fn count_again(event: OrderPlaced) -> Result<(), std::io::Error> {
///     LINES.fetch_add(event.lines, Ordering::Relaxed);
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// Bus::global().publish(OrderPlaced { lines: 21 }).await.unwrap();
/// Bus::global().settled().await;
/// assert_eq!(LINES.load(Ordering::Relaxed), 42);
/// # }
/// ```
///
/// # Options
///
/// | option | says | without it |
/// | --- | --- | --- |
/// | `transient` | no store keeps it, so it needs no serde | it has serde's `Serialize` and `Deserialize` |
/// | `wire` | it can be published [by name, as JSON](crate::Bus::dispatch_json) | nothing outside publishes it |
/// | `name = "orders.placed"` | the same, under this name | the name is the type's |
/// | `crate = ::path::to::cqrs_core` | where this crate is | `::cqrs_core` |
///
/// # What does not compile
///
/// An event that is not `Clone`, and one without serde that does not say `transient`:
///
/// ```compile_fail,E0277
/// use cqrs_core::event;
///
/// #[event]
/// #[derive(Clone)]
/// struct OrderPlaced { lines: u32 } // error[E0277]: the event `OrderPlaced` cannot be stored: ..
/// ```
pub use cqrs_macros::event;

/// Makes a function the handler of its first parameter, a message; or every method of an impl block.
///
/// The function stays as it is, and a test calls it like any other.
///
/// # Parameters
///
/// | parameter | is | of a query |
/// | --- | --- | --- |
/// | the first, by value | the message | |
/// | `&T`, `&dyn Trait` | a dependency, one per bus, from a [provider](macro@provide) or the [builder](crate::Builder::provide) | must be [`ReadOnly`](crate::ReadOnly) |
/// | `&mut T` | a [`Resource`](crate::Resource) of this call, such as [`Events`](crate::Events) | does not compile |
/// | `&mut dyn Trait` | made for this call by a [provider](macro@provide) that returns `Box<dyn Trait>` | does not compile |
/// | `T` by value | read off the call: [`FromCall`](crate::FromCall), such as [`Context`](crate::Context) or [`QueryBus`](crate::QueryBus) | must be [`ReadOnly`](crate::ReadOnly) |
///
/// In any order after the message, and up to twelve of each sort. A `fn` or an `async fn`, without type parameters;
/// the future is `Send`. It returns what the message declares.
///
/// ```
/// use cqrs_core::{Bus, Context, Events, command, event, handler, provide};
///
/// #[event(transient)]
/// #[derive(Clone, Debug, PartialEq)]
/// struct Greeted { greeting: String }
///
/// #[command(output = String)]
/// struct Greet { name: String }
///
/// struct Language { hello: &'static str }
///
/// #[provide]
/// fn language() -> Language { Language { hello: "hello" } }
///
/// #[handler]
/// async fn greet(cmd: Greet, language: &Language, context: Context, events: &mut Events) -> String {
///     let greeting = format!("{} {} of {}", language.hello, cmd.name, context.tenant().unwrap_or("nowhere"));
///     events.raise(Greeted { greeting: greeting.clone() });
///     greeting
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let greeted = Bus::global().execute(Greet { name: "Ada".into() }).tenant("London").await.unwrap();
/// assert_eq!(greeted, "hello Ada of London");
/// # }
/// ```
///
/// # Impl blocks
///
/// Every method is a handler, and takes `&self`, which is a dependency like any other. Helpers go into another impl
/// block.
///
/// ```
/// use cqrs_core::{Bus, ReadOnly, command, handler, query};
///
/// #[command]
/// struct Open;
///
/// #[query(output = bool)]
/// struct IsOpen;
///
/// struct Door(std::sync::atomic::AtomicBool);
/// impl ReadOnly for Door {} // since a query's method takes it
///
/// #[handler]
/// impl Door {
///     async fn open(&self, _: Open) { self.0.store(true, std::sync::atomic::Ordering::Relaxed); }
///     fn is_open(&self, _: IsOpen) -> bool { self.0.load(std::sync::atomic::Ordering::Relaxed) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let bus = Bus::builder().provide(Door(false.into())).build();
/// bus.execute(Open).await.unwrap();
/// assert!(bus.query(IsOpen).await.unwrap());
/// # }
/// ```
///
/// # Options
///
/// `crate = ::path::to::cqrs_core`, for a macro of yours that expands to the attribute.
///
/// # What does not compile
///
/// A message by reference; a `self` other than `&self`; a future that is not `Send`; another return type than the
/// message declares; `&Bus`; resources of two units of work; the handler of another crate's message that is no
/// `contract`, where the library and the binary of one package are two crates; and a second handler:
///
/// ```compile_fail,E0119
/// use cqrs_core::{command, handler};
///
/// #[command]
/// struct Open;
///
/// #[handler]
/// fn open(_: Open) {}
///
/// #[handler]
/// fn open_again(_: Open) {} // error[E0119]: conflicting implementations of trait `Handled` for type `Open`
/// ```
pub use cqrs_macros::handler;

/// Makes a function the provider of what it returns, which handlers and other providers take.
///
/// | it returns | it is taken as | made |
/// | --- | --- | --- |
/// | `T` | `&T` | once per bus |
/// | `Arc<T>`, `Arc<dyn Trait>`, `Box<dyn Trait>` | `&T`, `&dyn Trait` | once per bus |
/// | `T`, with a parameter by value or `per_call` | `&mut T` | for each call |
/// | `Box<dyn Trait>`, with a parameter by value or `per_call` | `&mut dyn Trait` | for each call |
///
/// Any of them may be in a `Result` whose error goes into a `Box<dyn Error + Send + Sync>`, and the function may be
/// async. What a provider takes as `&T` is made before it. What is made once is made at
/// [`start`](crate::Bus::start), or when first needed; an error is the caller's [`Fault`](crate::Fault), and the
/// provider is tried again at the next call. What is given to the [builder](crate::Builder::provide) wins over
/// providers.
///
/// ```
/// use cqrs_core::{Bus, command, handler, provide};
/// use std::num::ParseIntError;
/// use std::sync::Arc;
///
/// trait Clock: Send + Sync { fn hour(&self) -> u32; }
///
/// struct Stopped(u32);
/// impl Clock for Stopped { fn hour(&self) -> u32 { self.0 } }
///
/// struct Settings { hour: String }
///
/// #[provide]
/// fn settings() -> Settings { Settings { hour: "7".into() } }
///
/// #[provide]
/// async fn clock(settings: &Settings) -> Result<Arc<dyn Clock>, ParseIntError> {
///     Ok(Arc::new(Stopped(settings.hour.parse()?)))
/// }
///
/// #[command(output = &'static str)]
/// struct Greet;
///
/// #[handler]
/// fn greet(_: Greet, clock: &dyn Clock) -> &'static str {
///     if clock.hour() < 12 { "good morning" } else { "good day" }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// assert_eq!(Bus::global().execute(Greet).await.unwrap(), "good morning");
///
/// let bus = Bus::builder().provide_dyn::<dyn Clock>(Arc::new(Stopped(15))).build();
/// assert_eq!(bus.execute(Greet).await.unwrap(), "good day");
/// # }
/// ```
///
/// # For each call
///
/// A parameter by value is something of the call: anything that [`FromCall`](crate::FromCall) reads, or a part of
/// the unit of work that implements [`FromScope`](crate::FromScope). What is written through it is in the call's
/// transaction.
///
/// ```
/// use cqrs_core::{Bus, InMemoryUnit, command, handler, provide};
///
/// trait Log: Send { fn line(&mut self, text: &'static str); }
///
/// struct Lines(InMemoryUnit);
/// impl Log for Lines {
///     fn line(&mut self, text: &'static str) { self.0.on_commit(move || println!("{text}")); }
/// }
///
/// #[provide]
/// fn log(unit: InMemoryUnit) -> Box<dyn Log> { Box::new(Lines(unit)) }
///
/// #[command]
/// struct Note(&'static str);
///
/// #[handler]
/// fn note(cmd: Note, log: &mut dyn Log) { log.line(cmd.0); } // printed if and only if the call commits
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// Bus::global().execute(Note("milk")).await.unwrap();
/// # }
/// ```
///
/// # Options
///
/// | option | says |
/// | --- | --- |
/// | `read_only` | queries may take it: grants [`ReadOnly`](crate::ReadOnly) to a type or trait of this crate |
/// | `per_call` | it runs for each call, though it takes nothing of the call |
/// | `crate = ::path::to::cqrs_core` | where this crate is |
///
/// # What does not compile
///
/// A method; a generic function; `impl Trait` as what it returns; a parameter `&mut T`; a shared value that is not
/// `Send + Sync`; `read_only` on what is made for each call:
///
/// ```compile_fail
/// use cqrs_core::provide;
///
/// struct Cart;
///
/// #[provide(read_only, per_call)] // error: what is made for each call is taken as `&mut`, which no query does
/// fn cart() -> Cart { Cart }
/// ```
pub use cqrs_macros::provide;

/// Says what a client is told of an error: implements [`IntoProblem`](crate::IntoProblem) for an enum or a struct.
///
/// The problem's `detail` is the error's `Display`. Its status, type and title are what `#[problem(..)]` says, on the
/// variant or else on the whole.
///
/// ```
/// use cqrs_core::{Fault, IntoProblem, Problem};
///
/// #[derive(Debug, thiserror::Error, Problem)]
/// #[problem(type = "https://example.org/problems/order")]
/// enum OrderError {
///     #[error("`{0}` is sold out")]
///     #[problem(status = 409, title = "Sold Out")]
///     SoldOut(&'static str),
///     #[error("an order has at least one line")] // 422
///     Empty,
///     #[error(transparent)]
///     #[fault]
///     Store(Fault),
/// }
///
/// let problem = OrderError::SoldOut("tea").into_problem();
/// assert_eq!((problem.status, &*problem.title, &*problem.detail), (409, "Sold Out", "`tea` is sold out"));
/// assert_eq!(OrderError::Empty.into_problem().status, 422);
///
/// // `?` puts a fault, and the failure of a nested call that cannot be rejected, into the `#[fault]` variant ..
/// fn store() -> Result<u32, OrderError> { Err(Fault::unavailable("no answer"))? }
/// // .. and the bus takes it out again: the caller gets a fault, and no rejection.
/// assert!(matches!(store(), Err(OrderError::Store(_))));
/// ```
///
/// # Options of `#[problem(..)]`
///
/// | option | says | without it |
/// | --- | --- | --- |
/// | `status = 409` | the HTTP status, from 400 to 599 | 422 |
/// | `type = "https://.."` | what sort of problem, as a URI reference | `about:blank` |
/// | `title = ".."` | the sort in a few words | the status's name |
/// | `crate = ::path::to::cqrs_core` | where this crate is; on the whole | `::cqrs_core` |
///
/// # `#[fault]`
///
/// One variant may hold a [`Fault`](crate::Fault), and nothing else. The derive writes `From<Fault>` for it, unless
/// it says `#[from]` itself, and `From<DispatchError<_>>` for calls that cannot be rejected. Where the error has serde's
/// traits, for an `idempotent` command, this variant says `#[serde(skip)]`: a fault is never kept.
///
/// # What does not compile
///
/// A union, a generic type, an error without `Display`, a second `#[fault]`, an unknown option, and a status that
/// is none of an error:
///
/// ```compile_fail
/// use cqrs_core::Problem;
///
/// #[derive(Debug, thiserror::Error, Problem)]
/// enum OrderError {
///     #[error("fine")]
///     #[problem(status = 200)] // error: the status of an error is from 400 to 599
///     Fine,
/// }
/// ```
pub use cqrs_macros::Problem;

/// Puts an `async fn` around handlers: of commands, queries, events, or of messages that it names.
///
/// It sees the call before its handler and what the call came to after it, and may answer instead. It is the innermost
/// element of the [pipeline](crate::pipeline): each try goes through it, and the unit of work is inside of it. A call
/// that ends further out does not come to it: one that is refused, one that breaks its own rules, a kept answer, the
/// outcome of an idempotency key.
///
/// # Parameters
///
/// | parameter | is |
/// | --- | --- |
/// | the first, `call: &Call<'_>` | the [call](crate::Call): the message's name, its context, where its handler is |
/// | the second, `next: Next<'_>` | the [rest of it](crate::Next), with the message; `next.run().await` |
/// | `&T`, `&dyn Trait` | a dependency, as a [handler](macro@handler) takes it |
/// | `T` by value | read off the call: [`FromCall`](crate::FromCall), such as `Option<Principal>` |
///
/// It returns an [`Outcome`](crate::Outcome): that of `next`, or one of its own, `Outcome::output(..)`,
/// `Outcome::rejection(..)`, or a fault: `Fault::unavailable("too many calls").into()`.
///
/// ```
/// use cqrs_core::{Bus, Call, Next, Outcome, behavior, command, handler, provide};
/// use std::sync::Mutex;
///
/// #[derive(Default)]
/// struct AuditLog(Mutex<Vec<String>>);
///
/// #[provide]
/// fn audit_log() -> AuditLog { AuditLog::default() }
///
/// #[behavior(order = 10, on(commands))]
/// async fn audit(call: &Call<'_>, next: Next<'_>, log: &AuditLog) -> Outcome {
///     let outcome = next.run().await;
///     let line = format!("{}: {}", call.name(), if outcome.is_success() { "done" } else { "failed" });
///     log.0.lock().unwrap().push(line);
///     outcome
/// }
///
/// #[command]
/// struct OpenDoor;
///
/// #[handler]
/// fn open_door(_: OpenDoor) {}
///
/// #[command(output = String)]
/// struct ReadAuditLog;
///
/// #[handler]
/// fn read_audit_log(_: ReadAuditLog, log: &AuditLog) -> String { log.0.lock().unwrap().join(", ") }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// Bus::global().execute(OpenDoor).await.unwrap();
/// assert_eq!(Bus::global().execute(ReadAuditLog).await.unwrap(), "OpenDoor: done");
/// # }
/// ```
///
/// # Options
///
/// | option | says | without it |
/// | --- | --- | --- |
/// | `order = 10` | where it stands among the others, the lowest outermost | it does not compile |
/// | `on(commands \| PlaceOrder)` | what it goes around: `commands`, `queries`, `events`, and messages by their paths | all of them |
/// | `crate = ::path::to::cqrs_core` | where this crate is | `::cqrs_core` |
///
/// # What does not compile
///
/// A method; a `fn`; a generic function; one that returns no `Outcome`; a parameter `&mut T`, since a behavior has no
/// unit of work of its own; `on` with what is no message; and one without its order:
///
/// ```compile_fail
/// use cqrs_core::{Call, Next, Outcome, behavior};
///
/// #[behavior(on(commands))] // error: a behavior says where it stands among the others: `#[behavior(order = 10)]`
/// async fn audit(call: &Call<'_>, next: Next<'_>) -> Outcome {
///     next.run().await
/// }
/// ```
pub use cqrs_macros::behavior;
