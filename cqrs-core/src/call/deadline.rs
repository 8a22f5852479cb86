//! When a call has to be done: [`Deadline`].

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// When a call has to be done. Across processes it is a time of the wall clock.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(timeout: Duration) -> Self {
        let now = Instant::now();
        // A timeout too long for the clock is none that anybody lives to see.
        const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);
        Deadline(now.checked_add(timeout).unwrap_or_else(|| now + FAR))
    }

    /// How long is left; zero when it has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub(crate) fn instant(&self) -> Instant {
        self.0
    }

    pub(crate) fn sooner(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(first), Some(second)) => Some(if second.0 < first.0 { second } else { first }),
            (one, other) => one.or(other),
        }
    }
}

impl PartialEq for Deadline {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Deadline {}

impl Serialize for Deadline {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at = now.saturating_add(self.remaining());
        u64::try_from(at.as_millis()).unwrap_or(u64::MAX).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Deadline {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let millis = u64::deserialize(deserializer)?;
        let left = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_millis(millis))
            .map_or(Duration::MAX, |at| at.duration_since(SystemTime::now()).unwrap_or_default());
        Ok(Deadline::after(left))
    }
}
