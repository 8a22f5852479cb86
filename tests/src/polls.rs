//! A caller that goes away, at every point where it can.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

/// How a call ended that was polled `n` times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// It was dropped after that many polls.
    GoneAfter(usize),
    /// It got its answer at that poll.
    Answered(usize),
}

/// Polls a call once, drops it and lets `check` look at what is left; then with a new one twice, and so on, until
/// one is polled often enough to answer. Between two polls everything else that is ready runs.
///
/// Returns how many polls the whole call took.
///
/// # Panics
/// When a call has not answered after 1,000 polls.
pub async fn dropped_at_every_poll<F, A>(
    mut call: impl FnMut() -> F,
    mut check: impl AsyncFnMut(Caller, Option<A>),
) -> usize
where
    F: Future<Output = A>,
{
    for polls in 1..=1_000 {
        match polled(call(), polls).await {
            None => check(Caller::GoneAfter(polls), None).await,
            Some(answer) => {
                check(Caller::Answered(polls), Some(answer)).await;
                return polls;
            }
        }
    }
    panic!("a call did not answer within 1,000 polls");
}

/// The same for a call that waits for threads: it is polled when it is woken, and dropped instead of waiting once more.
///
/// How often a call waits is for its threads to say, so it is done a few times over. Returns how many calls were dropped.
///
/// # Panics
/// When a call has not answered after 1,000 polls.
pub async fn dropped_at_every_wait<F, A>(
    mut call: impl FnMut() -> F,
    mut check: impl AsyncFnMut(Caller, Option<A>),
) -> usize
where
    F: Future<Output = A>,
{
    let mut dropped = 0;
    for _ in 0..5 {
        let mut polls = 1;
        while polls < 1_000 {
            match polled_when_woken(call(), polls).await {
                None => check(Caller::GoneAfter(polls), None).await,
                Some(answer) => {
                    check(Caller::Answered(polls), Some(answer)).await;
                    break;
                }
            }
            (dropped, polls) = (dropped + 1, polls + 1);
        }
        assert!(polls < 1_000, "a call did not answer within 1,000 polls");
    }
    dropped
}

/// Polls a future as often as it is woken, at most `polls` times, then drops it.
async fn polled_when_woken<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    let answer = std::future::poll_fn(|cx| {
        if let Poll::Ready(answer) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(answer));
        }
        left -= 1;
        if left == 0 { Poll::Ready(None) } else { Poll::Pending }
    });
    answer.await
}

/// Polls a future at most `polls` times, then drops it.
async fn polled<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let answer = std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending => Poll::Ready(None),
        });
        if let Some(answer) = answer.await {
            return Some(answer);
        }
        tokio::task::yield_now().await;
    }
    None
}
