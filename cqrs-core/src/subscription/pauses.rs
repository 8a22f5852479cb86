//! How long to wait before trying again.

use std::time::Duration;

/// The first pause, and the longest.
const FIRST: Duration = Duration::from_millis(50);
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// Pauses that double, up to half a minute. They are not spread by chance: one process at a time has a subscription, so
/// nobody else waits for the same moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pauses(Duration);

impl Pauses {
    pub(super) fn new() -> Self {
        Pauses(FIRST)
    }

    /// The next one.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST);
        pause
    }

    /// The one after so many vain attempts.
    pub(super) fn after(attempts: u32) -> Duration {
        FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_double_up_to_the_longest_and_say_the_same_both_ways() {
        let mut pauses = Pauses::new();
        for attempts in 1..100 {
            assert_eq!(pauses.next(), Pauses::after(attempts));
        }
        assert_eq!(pauses.next(), LONGEST);
    }
}
