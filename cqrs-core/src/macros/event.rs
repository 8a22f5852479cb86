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
