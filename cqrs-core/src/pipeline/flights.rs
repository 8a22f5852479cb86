//! Who is at work on what: of many who want one thing done, one does it and the others wait.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

/// What is under way, by key.
pub(crate) struct Flights<K>(Arc<Mutex<HashMap<K, Arc<Semaphore>>>>);

impl<K> Default for Flights<K> {
    fn default() -> Self {
        Flights(Arc::default())
    }
}

/// The place of one who asks.
pub(crate) enum Place<K: Hash + Eq> {
    /// The first, who does it; until this is dropped, whatever the reason.
    First(First<K>),
    /// Somebody else is at it.
    Behind(Behind),
}

/// Somebody is at work on a key until this is dropped.
pub(crate) struct First<K: Hash + Eq> {
    flights: Flights<K>,
    key: K,
    done: Arc<Semaphore>,
}

/// Waits for the first.
pub(crate) struct Behind(Arc<Semaphore>);

impl<K: Hash + Eq + Clone> Flights<K> {
    pub(crate) fn enter(&self, key: &K) -> Place<K> {
        let mut flights = lock(&self.0);
        if let Some(done) = flights.get(key) {
            return Place::Behind(Behind(done.clone()));
        }
        let done = Arc::new(Semaphore::new(0));
        flights.insert(key.clone(), done.clone());
        Place::First(First { flights: Flights(self.0.clone()), key: key.clone(), done })
    }
}

fn lock<K>(flights: &Mutex<HashMap<K, Arc<Semaphore>>>) -> MutexGuard<'_, HashMap<K, Arc<Semaphore>>> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Hash + Eq> Drop for First<K> {
    fn drop(&mut self) {
        lock(&self.flights.0).remove(&self.key);
        // Everybody who waits for a permit, now or later, learns that there will be none.
        self.done.close();
    }
}

impl Behind {
    /// Until the first has left.
    pub(crate) async fn wait(self) {
        // There are no permits: this ends when the semaphore is closed.
        let _closed = self.0.acquire().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_is_first_and_the_others_wait_until_it_leaves() {
        let flights = Flights::<u8>::default();
        let Place::First(first) = flights.enter(&7) else { panic!("nobody was there") };
        let Place::Behind(early) = flights.enter(&7) else { panic!("somebody is there") };
        let Place::Behind(late) = flights.enter(&7) else { panic!("somebody is there") };
        assert!(matches!(flights.enter(&8), Place::First(_)), "another key is free");
        let waiting = tokio::spawn(early.wait());
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap();
        late.wait().await; // who begins to wait afterwards does not wait at all
        assert!(matches!(flights.enter(&7), Place::First(_)));
    }

    #[test]
    fn a_panic_frees_the_key() {
        let flights = Flights::<u8>::default();
        let shared = Flights(flights.0.clone());
        let panicked = std::thread::spawn(move || {
            let _first = shared.enter(&1);
            panic!("on purpose");
        });
        panicked.join().unwrap_err();
        assert!(matches!(flights.enter(&1), Place::First(_)));
        drop(flights.enter(&1));
        assert!(lock(&flights.0).is_empty(), "what is done leaves nothing behind");
    }
}
