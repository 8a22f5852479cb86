//! The floor of a cached answer: what was loaded before it is neither kept nor served.
//!
//! In memory it counts how often the events that a query names have been handed on. Where a store keeps the read model,
//! its position takes this place: an answer then says which position it was read at.

#![cfg_attr(not(feature = "cache"), allow(dead_code, reason = "nobody asks for a floor, and raising one is nothing"))]

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::message::MessageInfo;

/// How often each event that some cached query names has been handed on in this bus.
#[derive(Default)]
pub(crate) struct Floors {
    /// Whether there are any: most buses cache nothing, and their events pay for one load.
    any: AtomicBool,
    by_event: RwLock<HashMap<TypeId, Arc<AtomicU64>>>,
}

/// The floor that an answer was loaded on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Floor(u64);

/// What raises one query's floor.
pub(crate) struct RaisedBy(Vec<Arc<AtomicU64>>);

impl Floors {
    /// The floor that these events raise.
    pub(crate) fn raised_by(&self, events: &[fn() -> &'static MessageInfo]) -> RaisedBy {
        let mut floors = self.by_event.write().unwrap_or_else(PoisonError::into_inner);
        self.any.store(true, Ordering::SeqCst);
        RaisedBy(events.iter().map(|event| floors.entry(event().type_id).or_default().clone()).collect())
    }

    /// The event has happened: what was loaded before is old.
    pub(crate) fn raise(&self, event: &MessageInfo) {
        if !self.any.load(Ordering::SeqCst) {
            return;
        }
        let floors = self.by_event.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = floors.get(&event.type_id) {
            count.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl RaisedBy {
    pub(crate) fn floor(&self) -> Floor {
        Floor(self.0.iter().map(|count| count.load(Ordering::SeqCst)).sum())
    }
}
