//! `#[behavior]`.

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
/// | `&T`, `&dyn Trait` | a dependency, as a [handler](macro@crate::handler) takes it |
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
