//! [`Clock`]: the time of the day, which a test can move.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::container::read_only::ReadOnly;

/// Tells the time of the day. Every bus has one, and a handler takes it as `&Clock`; a test gives the builder another.
///
/// What the bus itself asks for the time of the day (when a command of the outbox is due, when a lease or an outcome
/// expires, what the audit trail says) it asks this clock. Deadlines and pauses are times of the runtime, which tokio's
/// `start_paused` moves.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use cqrs_core::{Bus, Clock, command, handler};
///
/// #[command(output = u64)]
/// struct Age { born: SystemTime }
///
/// #[handler]
/// fn age(cmd: Age, clock: &Clock) -> u64 {
///     clock.now().duration_since(cmd.born).unwrap_or_default().as_secs()
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let clock = Clock::manual(SystemTime::UNIX_EPOCH);
/// let bus = Bus::builder().provide(clock.clone()).build();
/// clock.advance(Duration::from_secs(7));
/// assert_eq!(bus.execute(Age { born: SystemTime::UNIX_EPOCH }).await.unwrap(), 7);
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Clock(Kind);

#[derive(Clone, Default)]
enum Kind {
    #[default]
    System,
    Runtime(SystemTime, Instant),
    Manual(Arc<Mutex<SystemTime>>),
}

impl Clock {
    /// The machine's.
    #[must_use]
    pub fn system() -> Self {
        Clock(Kind::System)
    }

    /// One that begins at this time and goes on with the time of tokio's runtime: under a paused runtime it moves with
    /// that.
    #[must_use]
    pub fn of_runtime(now: SystemTime) -> Self {
        Clock(Kind::Runtime(now, Instant::now()))
    }

    /// One that stands still until somebody moves it; its clones move with it.
    #[must_use]
    pub fn manual(now: SystemTime) -> Self {
        Clock(Kind::Manual(Arc::new(Mutex::new(now))))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        match &self.0 {
            Kind::System => SystemTime::now(),
            Kind::Runtime(start, since) => start.checked_add(since.elapsed()).unwrap_or(*start),
            Kind::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a [manual](Clock::manual) clock to a time, later or earlier. Any other goes on as it does.
    pub fn set(&self, time: SystemTime) {
        if let Kind::Manual(now) = &self.0 {
            *now.lock().unwrap_or_else(PoisonError::into_inner) = time;
        }
    }

    /// Moves a [manual](Clock::manual) clock on.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().checked_add(by).unwrap_or_else(|| self.now()));
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.0 {
            Kind::System => "system",
            Kind::Runtime(..) => "runtime",
            Kind::Manual(_) => "manual",
        };
        f.debug_struct("Clock").field("kind", &kind).field("now", &self.now()).finish()
    }
}

/// To know the time changes nothing.
impl ReadOnly for Clock {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_goes_where_it_is_set_and_its_clones_with_it() {
        let clock = Clock::manual(SystemTime::UNIX_EPOCH);
        let other = clock.clone();
        clock.advance(Duration::from_secs(60));
        assert_eq!(other.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(60));
        other.set(SystemTime::UNIX_EPOCH);
        assert_eq!(clock.now(), SystemTime::UNIX_EPOCH);
    }

    #[tokio::test(start_paused = true)]
    async fn the_runtimes_clock_moves_with_the_runtime() {
        let clock = Clock::of_runtime(SystemTime::UNIX_EPOCH);
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(3_600));
    }

    #[test]
    fn the_systems_clock_is_not_to_be_moved() {
        let clock = Clock::system();
        clock.set(SystemTime::UNIX_EPOCH);
        assert!(clock.now() > SystemTime::UNIX_EPOCH);
    }
}
