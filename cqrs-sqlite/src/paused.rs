//! Waiting for a thread while tokio's clock is paused.
//!
//! Under a paused clock (`#[tokio::test(start_paused = true)]`) tokio jumps to the next timer as soon as no task has
//! anything to do. A task that waits for the writer's thread has nothing to do, so every timeout around it would fire
//! at once. Tokio does not jump while a blocking task runs: here is one that runs for as long as it is waited.

use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

/// Whether tokio's clock stands still. Asked without `test-util`, which an application does not have.
pub(crate) fn is_paused() -> bool {
    let before = tokio::time::Instant::now();
    let real = Instant::now();
    while Instant::now() <= real {
        std::hint::spin_loop();
    }
    tokio::time::Instant::now() == before
}

/// Waits for what another thread does; a clock that is paused stays where it is meanwhile.
pub(crate) async fn hold<T>(wait: impl Future<Output = T>) -> T {
    let _held = is_paused().then(|| Held::begin(None));
    wait.await
}

/// Waits for what another thread does, at most this long; by the real clock if tokio's is paused.
pub(crate) async fn within<T>(limit: Duration, wait: impl Future<Output = T>) -> Option<T> {
    if !is_paused() {
        return tokio::time::timeout(limit, wait).await.ok();
    }
    let (mut held, mut wait) = (Held::begin(Some(limit)), pin!(wait));
    std::future::poll_fn(|cx| {
        if let Poll::Ready(value) = wait.as_mut().poll(cx) {
            return Poll::Ready(Some(value));
        }
        pin!(&mut held.task).poll(cx).map(|_| None)
    })
    .await
}

/// A blocking task that ends when this is dropped, or after its limit.
struct Held {
    task: JoinHandle<()>,
    /// Whose end the task waits for.
    _end: mpsc::Sender<()>,
}

impl Held {
    fn begin(limit: Option<Duration>) -> Held {
        let (end, ended) = mpsc::channel();
        let task = tokio::task::spawn_blocking(move || {
            // Nothing is ever sent: both return when the sender is gone, and one of them after the limit.
            let _: Option<()> = match limit {
                Some(limit) => ended.recv_timeout(limit).ok(),
                None => ended.recv().ok(),
            };
        });
        Held { task, _end: end }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::{Instant, timeout};

    use super::{hold, is_paused, within};

    /// An answer that a thread of its own gives after 50 ms of real time.
    fn slow_answer() -> oneshot::Receiver<u8> {
        let (sender, receiver) = oneshot::channel();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            sender.send(7)
        });
        receiver
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_is_seen() {
        assert!(is_paused());
        tokio::time::resume();
        assert!(!is_paused());
    }

    #[tokio::test]
    async fn a_clock_that_runs_is_seen() {
        assert!(!is_paused());
        tokio::time::pause();
        assert!(is_paused());
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_does_not_fire_while_a_thread_works() {
        // Without holding the clock, tokio jumps to the timeout.
        assert!(timeout(Duration::from_millis(1), slow_answer()).await.is_err());
        assert_eq!(timeout(Duration::from_millis(1), hold(slow_answer())).await, Ok(Ok(7)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_is_of_real_time_where_the_clock_is_paused() {
        let (virtual_start, real_start) = (Instant::now(), std::time::Instant::now());
        assert_eq!(within(Duration::from_secs(60), slow_answer()).await, Some(Ok(7)));
        assert_eq!(within(Duration::from_millis(30), std::future::pending::<()>()).await, None);
        assert!(real_start.elapsed() >= Duration::from_millis(80));
        assert_eq!(virtual_start, Instant::now());
    }

    #[tokio::test]
    async fn a_limit_holds_where_the_clock_runs() {
        assert_eq!(within(Duration::from_millis(10), std::future::pending::<()>()).await, None);
        assert_eq!(within(Duration::from_secs(60), slow_answer()).await, Some(Ok(7)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_goes_on_when_nobody_waits_any_more() {
        drop(timeout(Duration::ZERO, hold(std::future::pending::<()>())).await);
        timeout(Duration::from_secs(3600), std::future::pending::<()>()).await.unwrap_err();
    }
}
