//! Where a bus keeps what it has wired for a message: an index that is a message's for the life of the
//! process, and a table that grows without moving.

use std::any::Any;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// A message's index into every bus's [`Table`], taken when it is first dispatched: its bucket in the upper bits,
/// its place there in the lower ones. Worked out once and not at each call, which saves that ten instructions.
#[derive(Debug)]
pub(crate) struct Slot(AtomicU32);

static TAKEN: AtomicU32 = AtomicU32::new(0);

impl Slot {
    pub(crate) const fn new() -> Self {
        Slot(AtomicU32::new(0))
    }

    /// Never 0; the same for ever.
    #[inline]
    pub(crate) fn index(&self) -> u32 {
        match self.0.load(Ordering::Relaxed) {
            0 => self.take(),
            index => index,
        }
    }

    #[cold]
    fn take(&self) -> u32 {
        let index = packed(TAKEN.fetch_add(1, Ordering::Relaxed));
        match self.0.compare_exchange(0, index, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => index,
            // Another thread was first; this index stays unused.
            Err(index) => index,
        }
    }
}

/// What is wired for one message in one bus.
pub(crate) type Cell = OnceLock<Arc<dyn Any + Send + Sync>>;

/// Buckets of doubling size, each made when first needed: reading takes no lock, growing moves nothing.
#[derive(Debug, Default)]
pub(crate) struct Table([OnceLock<Box<[Cell]>>; BUCKETS]);

const BUCKETS: usize = 32; // As many as the upper bits can name, so that no bounds are checked.
const PLACE_BITS: u32 = 27;
const FIRST_BUCKET: u32 = 32;

/// The index of the n-th message. Bucket 0 is never named, so that no index is 0.
fn packed(n: u32) -> u32 {
    let counted = n.checked_add(FIRST_BUCKET).expect("there are fewer messages than a program has bytes");
    let bucket = counted.ilog2() - FIRST_BUCKET.ilog2();
    assert!(bucket < PLACE_BITS - FIRST_BUCKET.ilog2(), "there are fewer messages than a program has bytes");
    ((bucket + 1) << PLACE_BITS) | (counted - (FIRST_BUCKET << bucket))
}

impl Table {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn cell(&self, index: u32) -> &Cell {
        let (bucket, place) = (index >> PLACE_BITS, index & ((1 << PLACE_BITS) - 1));
        let cells = match self.0[bucket as usize].get() {
            Some(cells) => cells,
            None => self.grow(bucket),
        };
        &cells[place as usize]
    }

    #[cold]
    #[inline(never)]
    fn grow(&self, bucket: u32) -> &[Cell] {
        self.0[bucket as usize].get_or_init(|| (0..FIRST_BUCKET << (bucket - 1)).map(|_| Cell::new()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_stays_and_is_its_own() {
        let (first, second) = (Slot::new(), Slot::new());
        assert_eq!(first.index(), first.index());
        assert_ne!(first.index(), second.index());
    }

    #[test]
    fn cells_keep_apart_and_in_place_while_the_table_grows() {
        let table = Table::default();
        for n in 0..5_000_u32 {
            assert!(table.cell(packed(n)).set(Arc::new(n)).is_ok(), "cell {n} was taken");
        }
        for n in 0..5_000_u32 {
            assert_eq!(table.cell(packed(n)).get().and_then(|any| any.downcast_ref::<u32>()), Some(&n));
        }
    }

    #[test]
    fn sixty_four_threads_agree_on_an_index() {
        let slot = Slot::new();
        let seen = std::sync::Mutex::new(std::collections::HashSet::new());
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| seen.lock().unwrap().insert(slot.index()));
            }
        });
        assert_eq!(seen.into_inner().unwrap().len(), 1);
    }
}
