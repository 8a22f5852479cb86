//! Making a shared dependency: once, whoever waits for it and whoever of them goes away.
//!
//! The provider runs in a task of its own, outside of any call: it belongs to the bus and not to the call that
//! happens to need it first, which may be dropped, or never be polled again, while others wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::bus::Bus;
use crate::call::ambient;
use crate::container::provider::ProviderInfo;
use crate::future::BoxFuture;
use crate::future::CatchPanic;
use crate::result::fault::Fault;

/// One attempt after another, until one has made it.
#[derive(Default)]
pub(crate) struct Making(Mutex<Option<Arc<Attempt>>>);

struct Attempt {
    /// Closed when the attempt is over.
    over: Semaphore,
    /// How it failed, for the first who asks; the others try again.
    fault: Mutex<Option<Fault>>,
}

impl Making {
    /// Waits until the dependency is there, and sees to it that somebody makes it.
    pub(crate) async fn ready(
        &self,
        bus: &Bus,
        provider: &'static ProviderInfo,
        is_there: impl Fn() -> bool,
    ) -> Result<(), Fault> {
        while !is_there() {
            if ambient::is_being_made(provider) {
                return Err(Fault::wiring(format!(
                    "the provider of `{}` calls something that needs it, so neither can be first; let it take less",
                    provider.provides.name()
                ))
                .at(provider.place));
            }
            let (attempt, work) = self.attempt(bus, provider);
            match (work, Handle::try_current()) {
                (Some(work), Ok(runtime)) => drop(runtime.spawn(work)),
                // Without a runtime the caller makes it itself.
                (Some(work), Err(_)) => work.await,
                (None, _) => {}
            }
            // It never has a permit: this waits until it is closed.
            drop(attempt.over.acquire().await);
            if let Some(fault) = lock(&attempt.fault).take() {
                return Err(fault);
            }
        }
        Ok(())
    }

    /// The attempt that is under way; or a new one, with its work.
    fn attempt(&self, bus: &Bus, provider: &'static ProviderInfo) -> (Arc<Attempt>, Option<BoxFuture<'static, ()>>) {
        let mut current = lock(&self.0);
        if let Some(attempt) = &*current {
            return (attempt.clone(), None);
        }
        let attempt = Arc::new(Attempt { over: Semaphore::new(0), fault: Mutex::default() });
        *current = Some(attempt.clone());
        // Made before the task: a runtime that is shut down drops tasks it never polled.
        let over = Over { bus: bus.clone(), provider, attempt: attempt.clone() };
        let work = Box::pin(async move {
            let container = over.bus.container();
            let made = CatchPanic::new(container.make_shared(&over.bus, provider)).await;
            let made = made.unwrap_or_else(|payload| Err(Fault::panic("the provider", &*payload).at(provider.place)));
            *lock(&over.attempt.fault) = made.err();
        });
        (attempt, Some(ambient::making(provider, work)))
    }
}

/// Ends an attempt, also one that is dropped with its runtime.
struct Over {
    bus: Bus,
    provider: &'static ProviderInfo,
    attempt: Arc<Attempt>,
}

impl Drop for Over {
    fn drop(&mut self) {
        if let Some(making) = self.bus.container().making(self.provider) {
            *lock(&making.0) = None;
        }
        self.attempt.over.close();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
