//! What every candidate does: the same message, the same dependencies, the same handlers.
//!
//! A candidate may declare its own message type with the same two fields, but its handler is
//! [`answer`], or has the body of [`answer_later`], so that only the way there differs.

use std::fmt::Debug;
use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::measure::Candidate;

/// Which of the two handlers a candidate calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// `fn(Ping, &Db)`
    Sync,
    /// `async fn(Ping, &Db, &dyn Orders)`, ready at its first poll
    Async,
}

impl Workload {
    /// A candidate for this workload; `call` dispatches `Ping::new(i)` and is tried once, so that
    /// no table shows how fast a bus finds nothing.
    ///
    /// A batch is one async function that awaits call after call, as an application's would: so no
    /// call pays for an executor, nor for being moved into one.
    pub fn candidate<E: Debug>(
        self,
        name: &str,
        call: impl AsyncFn(u64) -> Result<u64, E> + Send + Sync + 'static,
    ) -> Candidate {
        let expected = if self == Self::Sync { 41 } else { 42 };
        assert_eq!(block_on(call(40)).unwrap_or_else(|e| panic!("{name}: {e:?}")), expected, "{name}");
        Candidate::new(name, move |calls| {
            block_on(async {
                let start = Instant::now();
                for i in 0..calls {
                    let _ = black_box(call(i).await);
                }
                start.elapsed()
            })
        })
    }
}

/// The message: 32 bytes, no memory of its own.
#[derive(Debug)]
pub struct Ping {
    pub id: u64,
    pub name: String,
}

impl Ping {
    /// A message that the optimizer cannot look into.
    #[inline(always)]
    pub fn new(id: u64) -> Self {
        black_box(Self { id, name: String::new() })
    }
}

/// Declares messages with the fields of [`Ping`].
macro_rules! pings {
    ($($(#[$attribute:meta])* $name:ident),* $(,)?) => {$(
        $(#[$attribute])*
        pub struct $name {
            pub id: u64,
            pub name: String,
        }

        impl $name {
            #[inline(always)]
            fn new(id: u64) -> Self {
                ::std::hint::black_box(Self { id, name: String::new() })
            }
        }
    )*};
}
pub(crate) use pings;

/// The shared dependency.
pub struct Db(AtomicU64);

impl Db {
    pub const fn new() -> Self {
        Self(AtomicU64::new(1))
    }

    pub fn load(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The dependency behind a trait.
pub trait Orders: Send + Sync {
    fn open(&self) -> u64;
}

impl Orders for Db {
    fn open(&self) -> u64 {
        self.load()
    }
}

/// For the candidates that take their dependencies by reference.
pub static DB: Db = Db::new();

/// [`DB`] behind its trait; black-boxed with its vtable, so that the call through it stays one.
#[inline(always)]
pub fn orders() -> &'static dyn Orders {
    black_box(&DB as &dyn Orders)
}

/// The sync handler.
#[inline(never)]
pub fn answer(ping: Ping, db: &Db) -> Result<u64, String> {
    if !ping.name.is_empty() {
        return Err(ping.name);
    }
    Ok(ping.id + db.load())
}

/// The async handler. Only making its future is a call for certain: no attribute keeps a future's
/// `poll` from being inlined where it is awaited.
#[inline(never)]
pub async fn answer_later(ping: Ping, db: &Db, orders: &dyn Orders) -> Result<u64, String> {
    std::future::ready(()).await;
    settle(ping.id, ping.name, db, orders)
}

/// What the async handler does after its await, for the candidates that want its body elsewhere.
#[inline(always)]
pub fn settle(id: u64, name: String, db: &Db, orders: &dyn Orders) -> Result<u64, String> {
    if !name.is_empty() {
        return Err(name);
    }
    Ok(id + db.load() + orders.open())
}

/// The cheapest executor there is: it polls until the future is done and never sleeps.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
