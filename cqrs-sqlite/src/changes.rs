//! [`Changes`]: waiting for the next commit, of this process or another.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::guarded::Guarded;

/// Fires after a commit. A clone waits for itself.
///
/// Commits of this process are told at once; those of another process are looked for at an interval, while somebody
/// waits. It may fire although nothing is new, and fires once for many commits.
#[derive(Clone)]
pub(crate) struct Changes {
    here: watch::Receiver<u64>,
    elsewhere: watch::Receiver<u64>,
    poll: Arc<Poll>,
}

/// The connection that asks whether others have committed: at most once in an interval, however many wait.
struct Poll {
    interval: Duration,
    changed: watch::Sender<u64>,
    last: Mutex<Last>,
}

struct Last {
    conn: Guarded,
    version: i64,
    asked: Instant,
}

impl Changes {
    /// Of the writer's commits, and of those that a connection of its own sees.
    pub(crate) fn new(here: watch::Receiver<u64>, conn: Guarded, interval: Duration) -> rusqlite::Result<Changes> {
        let (changed, elsewhere) = watch::channel(0);
        let version = data_version(&conn)?;
        let last = Mutex::new(Last { conn, version, asked: Instant::now() });
        Ok(Changes { here, elsewhere, poll: Arc::new(Poll { interval, changed, last }) })
    }

    /// How many commits were told of so far.
    fn count(&self) -> u64 {
        self.here.borrow().wrapping_add(*self.elsewhere.borrow())
    }

    /// Waits until another number of commits was told of than this one, and says how many.
    pub(crate) async fn after(mut self, seen: u64) -> u64 {
        // Marked before they are counted, so that one in between is waited for in vain by nobody.
        self.here.borrow_and_update();
        self.elsewhere.borrow_and_update();
        let count = self.count();
        if count != seen {
            return count;
        }
        self.changed().await;
        self.count()
    }

    /// Waits for a commit that this has not told of yet.
    pub(crate) async fn changed(&mut self) {
        let interval = self.poll.interval.max(Duration::from_millis(1));
        loop {
            self.poll.ask();
            let mut here = pin!(or_never(&mut self.here));
            let mut elsewhere = pin!(or_never(&mut self.elsewhere));
            let either = std::future::poll_fn(|cx| match here.as_mut().poll(cx) {
                std::task::Poll::Ready(()) => std::task::Poll::Ready(()),
                std::task::Poll::Pending => elsewhere.as_mut().poll(cx),
            });
            if tokio::time::timeout(interval, either).await.is_ok() {
                return;
            }
        }
    }
}

/// The next change; none once the writer has ended.
async fn or_never(receiver: &mut watch::Receiver<u64>) {
    if receiver.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Poll {
    fn ask(&self) {
        // Somebody else is asking.
        let Ok(mut last) = self.last.try_lock() else { return };
        if last.asked.elapsed() < self.interval {
            return;
        }
        last.asked = Instant::now();
        match data_version(&last.conn) {
            Ok(version) if version != last.version => {
                last.version = version;
                self.changed.send_modify(|changes| *changes += 1);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "other processes' commits could not be asked for"),
        }
    }
}

fn data_version(conn: &Guarded) -> rusqlite::Result<i64> {
    conn.own().prepare_cached("PRAGMA data_version")?.query_row((), |row| row.get(0))
}
