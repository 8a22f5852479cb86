//! `#[provide]`.

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
/// A method; a generic function; `impl Trait` as what it returns; a parameter `&mut T`, or `&T` of something that is of one
/// call; a shared value that is not `Send + Sync`; `read_only` on what is made for each call:
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
