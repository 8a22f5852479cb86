//! For the tests of an application.
//!
//! Handlers are called directly, with fakes for what they take. A slice of the application is a bus of its own:
//! `Bus::builder().provide(fake).build()`. Code that says `Bus::global()` is tested inside [`scope`].
//!
//! With the feature `testing` there is `testing::conformance` too, for whoever writes a store.

#[cfg(feature = "testing")]
pub mod conformance;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::bus::Bus;
use crate::call::ambient;

pub use crate::bus::recording::{RecordedCall, Recording};

/// Runs a future in which [`Bus::global`] is `bus`. Tests may do so in parallel. The scope reaches into the
/// calls of the bus, whatever task they run in, and not into tasks that somebody else spawns.
///
/// ```
/// use cqrs_core::{Bus, command, handler, testing};
///
/// #[command(output = String)]
/// struct Greet;
///
/// #[handler]
/// fn greet(_: Greet, name: &String) -> String { format!("hello {name}") }
///
/// async fn application() -> String { Bus::global().execute(Greet).await.unwrap() }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let bus = Bus::builder().provide("Ada".to_owned()).build();
/// assert_eq!(testing::scope(bus, application()).await, "hello Ada");
/// # }
/// ```
pub fn scope<F: Future>(bus: Bus, future: F) -> Scope<F> {
    Scope { bus, future: Box::pin(future) }
}

/// The future of [`scope`].
#[must_use = "futures do nothing unless polled"]
pub struct Scope<F> {
    bus: Bus,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _inside = ambient::with_global(Some(self.bus.clone()));
        self.future.as_mut().poll(cx)
    }
}

/// Panics with the whole report unless everything that is linked in is wired. A test binary sees the crates it
/// names, and no others.
///
/// ```standalone_crate
/// // in your tests: #[test] fn wired() { .. }
/// cqrs_core::testing::assert_wired!();
/// ```
///
/// Dependencies that only a builder gives are missing on [`Bus::global`]; check the bus they are given to:
///
/// ```standalone_crate
/// # use cqrs_core::Bus;
/// cqrs_core::testing::assert_wired!(Bus::builder().provide(7_u32).build());
/// ```
#[doc(inline)]
pub use crate::__assert_wired as assert_wired;

#[doc(hidden)]
#[macro_export]
macro_rules! __assert_wired {
    () => {
        $crate::testing::assert_wired!($crate::Bus::global())
    };
    ($bus:expr) => {{
        let bus = $bus;
        let report = bus.verify();
        ::core::assert!(report.is_sound(), "{report}");
    }};
}
