//! Where a test can end the process: [`FAIL_POINTS`].
//!
//! With the feature `fail-points` and `CQRS_SQLITE_ABORT_AT="<point>"` or `"<point>:<n>"` in the environment, the
//! process aborts at the first, or the n-th, time that it comes to that point. Without the feature nothing of it is
//! compiled.

/// Every point, in the order in which a write comes by.
#[cfg(feature = "fail-points")]
pub const FAIL_POINTS: &[&str] = &[
    "begin.before",
    "begin.after",
    "job.before",
    "checkpoint.before",
    "checkpoint.after",
    "settled.after",
    "outcome.after",
    "event.before",
    "event.after",
    "command.before",
    "command.after",
    "dead_letter.before",
    "dead_letter.after",
    "audit.after",
    "job.after",
    "release.before",
    "release.after",
    "commit.before",
    "commit.after",
    "replies.before",
    "replies.after",
];

/// Ends the process here, if it was told to.
#[cfg(feature = "fail-points")]
pub(crate) fn hit(point: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    static HITS: AtomicU64 = AtomicU64::new(0);

    debug_assert!(FAIL_POINTS.contains(&point), "`{point}` is not in the table of fail points");
    let armed = ARMED.get_or_init(|| {
        let text = std::env::var("CQRS_SQLITE_ABORT_AT").ok()?;
        let armed = Armed::parse(&text);
        if armed.is_none() {
            // A test that names no point would pass for the wrong reason.
            eprintln!("`CQRS_SQLITE_ABORT_AT` is `{text}`, which is none of {FAIL_POINTS:?}");
            std::process::exit(2);
        }
        armed
    });
    if armed.as_ref().is_some_and(|armed| armed.point == point && HITS.fetch_add(1, Ordering::SeqCst) + 1 == armed.hit)
    {
        std::process::abort();
    }
}

#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub(crate) fn hit(_: &str) {}

/// Which point, and which time it is passed.
#[cfg(feature = "fail-points")]
#[derive(Debug, PartialEq)]
struct Armed {
    point: String,
    hit: u64,
}

#[cfg(feature = "fail-points")]
impl Armed {
    fn parse(text: &str) -> Option<Armed> {
        let (point, hit) = match text.split_once(':') {
            Some((point, hit)) => (point, hit.parse().ok()?),
            None => (text, 1),
        };
        FAIL_POINTS.contains(&point).then(|| Armed { point: point.to_owned(), hit })
    }
}

#[cfg(all(test, feature = "fail-points"))]
mod tests {
    use super::{Armed, FAIL_POINTS};

    #[test]
    fn a_point_is_named_with_or_without_its_hit() {
        let armed = |point: &str, hit| Some(Armed { point: point.to_owned(), hit });
        assert_eq!(Armed::parse("commit.before"), armed("commit.before", 1));
        assert_eq!(Armed::parse("commit.before:3"), armed("commit.before", 3));
        assert_eq!(Armed::parse("commit.before:x"), None);
        assert_eq!(Armed::parse("commit.befor"), None);
    }

    #[test]
    fn no_point_is_in_the_table_twice() {
        let mut points = FAIL_POINTS.to_vec();
        points.sort_unstable();
        points.dedup();
        assert_eq!(points.len(), FAIL_POINTS.len());
    }
}
