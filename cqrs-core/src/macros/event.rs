//! `#[event]`.

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
/// | `name = "order.placed"` | what it is called in a log that keeps it | the name is the type's |
/// | `version = 2` | which version of its shape this is, from 1 | it is version 1 |
/// | `upcasts(OrderPlacedV1)` | the types of the versions just before, oldest first | only this version can be read |
/// | `transient` | no store keeps it, so it needs no serde | it has serde's `Serialize` and `Deserialize` |
/// | `wire` | it can be published [by name, as JSON](crate::Bus::dispatch_json) | nothing outside publishes it |
/// | `crate = ::path::to::cqrs_core` | where this crate is | `::cqrs_core` |
///
/// A name lasts as long as the log: give one to every event that is stored, and the type may be renamed and moved. It
/// lets nobody publish the event, which is what `wire` is for.
///
/// # When its shape changes
///
/// What is stored stays as it was written. An event whose shape changes in a way that serde cannot read over, such as a
/// field that is new and has no `#[serde(default)]`, gets the next `version`, and the shape it had becomes a type of its
/// own: an ordinary struct with `Deserialize` and a `From` into the event.
///
/// ```
/// use cqrs_core::event;
/// use serde::{Deserialize, Serialize};
///
/// #[event(name = "order.placed", version = 3, upcasts(OrderPlacedV1, OrderPlacedV2))]
/// #[derive(Clone, Serialize, Deserialize)]
/// struct OrderPlaced { lines: u32, currency: String }
///
/// #[derive(Deserialize)]
/// struct OrderPlacedV1;
///
/// #[derive(Deserialize)]
/// struct OrderPlacedV2 { lines: u32 }
///
/// impl From<OrderPlacedV2> for OrderPlaced {
///     fn from(earlier: OrderPlacedV2) -> Self {
///         OrderPlaced { lines: earlier.lines, currency: "EUR".to_owned() }
///     }
/// }
///
/// impl From<OrderPlacedV1> for OrderPlaced {
///     fn from(_: OrderPlacedV1) -> Self { OrderPlacedV2 { lines: 1 }.into() }
/// }
/// ```
///
/// Each version has its own `From` into the event, and nothing chains them; it may go through the next one, as here. The
/// last type is the version just before. Those at the beginning may be left out, once a log has none of them: what is
/// read and is none of the versions is a fault that says so.
///
/// # Which aggregate it is about
///
/// `#[aggregate_id]` on a field says which one's [stream](crate::StreamId) it belongs to, as on a
/// [`#[command]`](macro@crate::command).
///
/// # What does not compile
///
/// `version` or `upcasts` beside `transient`; more types in `upcasts` than there were versions, and one that is not
/// `Deserialize` or has no `From`; an event that is not `Clone`, and one without serde that does not say `transient`:
///
/// ```compile_fail,E0277
/// use cqrs_core::event;
///
/// #[event]
/// #[derive(Clone)]
/// struct OrderPlaced { lines: u32 } // error[E0277]: the event `OrderPlaced` cannot be stored: ..
/// ```
pub use cqrs_macros::event;
