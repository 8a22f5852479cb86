//! `#[handler]`.

/// Makes a function the handler of its first parameter, a message; or every method of an impl block.
///
/// The function stays as it is, and a test calls it like any other.
///
/// # Parameters
///
/// | parameter | is | of a query |
/// | --- | --- | --- |
/// | the first, by value | the message | |
/// | `&T`, `&dyn Trait` | a dependency, one per bus, from a [provider](macro@crate::provide) or the [builder](crate::Builder::provide) | must be [`ReadOnly`](crate::ReadOnly) |
/// | `&mut T` | a [`Resource`](crate::Resource) of this call, such as [`Events`](crate::Events) | does not compile |
/// | `&mut dyn Trait` | made for this call by a [provider](macro@crate::provide) that returns `Box<dyn Trait>` | does not compile |
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
/// | option | says | without it |
/// | --- | --- | --- |
/// | `inline` | it runs in the unit of work that raises the event, and where it fails the command does | it runs after the commit |
/// | `name = "order-mail"` | what its subscription is called: what its checkpoint is kept under | the function's path, or the type's of an impl block |
/// | `from = start` | it begins with the oldest event that is kept | it begins with the next event after it is added |
/// | `crate = ::path::to::cqrs_core` | where this crate is, for a macro of yours that expands to the attribute | `::cqrs_core` |
///
/// The first three are for handlers of events. On an impl block they are for all of its methods, which have one
/// subscription together. A checkpoint lasts as long as the log: give a name to whoever has one, and the function may be
/// renamed and moved; two of one name are reported by [`Bus::verify`](crate::Bus::verify). The
/// [catalog](crate::Bus::catalog) lists what each handler has.
///
/// ```
/// use cqrs_core::{Bus, SubscriptionEntry, event, handler};
/// use serde::{Deserialize, Serialize};
///
/// #[event(name = "parcel.sent")]
/// #[derive(Clone, Serialize, Deserialize)]
/// struct ParcelSent { parcel: u64 }
///
/// #[handler(name = "parcel-mail", from = start)]
/// async fn mail(_: ParcelSent) {}
///
/// #[handler(inline)]
/// async fn count_out(_: ParcelSent) {}
///
/// let catalog = Bus::global().catalog();
/// let sent = catalog.messages.iter().find(|message| message.name == "parcel.sent").unwrap();
/// let [count_out, mail] = &sent.handlers[..] else { panic!("it has two handlers") };
/// assert_eq!(mail.subscription, Some(SubscriptionEntry::Durable { name: "parcel-mail", from_start: true }));
/// assert_eq!(count_out.subscription, Some(SubscriptionEntry::Inline));
/// ```
///
/// # What does not compile
///
/// `inline`, `name` or `from` on the handler of a command or a query; `inline` beside one of the other two; `from = start`
/// for an event that is `transient`. A message by reference; a `self` other than `&self`; a future that is not `Send`;
/// another return type than the message declares; `&Bus`; a resource as `&T`, something of the call as `&T`, a dependency in
/// an `Arc`; a [`CommandBus`](crate::CommandBus) in a query or beside a `&mut T`; resources of two units of work; the handler
/// of another crate's message that is no `contract`, where the library and the binary of one package are two crates; and a
/// second handler:
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
