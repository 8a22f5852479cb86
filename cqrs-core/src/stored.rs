//! Events as a store keeps them: JSON of one version, and how an earlier version is read.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::check::{EarlierVersionOf, MadeFrom};
use crate::fault::Fault;
use crate::message::{Event, Json, MessageInfo, to_json};

/// An event without its type.
type AnyEvent = Arc<dyn Any + Send + Sync>;

/// How an event goes into a store and comes out again.
#[allow(dead_code, reason = "who keeps events calls it")]
pub(crate) struct Stored {
    /// The event as JSON of its current version.
    pub(crate) encode: fn(&(dyn Any + Send + Sync)) -> Result<Vec<u8>, Fault>,
    /// The event that JSON of this version says, the earlier ones that the event names included.
    pub(crate) decode: fn(u32, &[u8]) -> Result<AnyEvent, Fault>,
}

/// How the JSON of one version is read as the event.
pub type ReadFn = fn(&[u8]) -> serde_json::Result<AnyEvent>;

/// How version `V` of the event `E` is read.
#[must_use]
pub const fn earlier<E: Event + MadeFrom<V>, V: EarlierVersionOf<E>>() -> ReadFn {
    |bytes| Ok(Arc::new(E::made_from(V::from_json(bytes)?)))
}

impl MessageInfo {
    /// The same, for an event that a store keeps.
    #[must_use]
    pub const fn stored<E: Event + Json>(mut self) -> Self {
        self.to_json = Some(to_json::<E>);
        self.stored = Some(Stored { encode: encode::<E>, decode: decode::<E> });
        self
    }

    /// The same, for an event whose shape has changed: which version this one is, from 1.
    #[must_use]
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// The same, for an event that is read from the versions just before, oldest first.
    #[must_use]
    pub const fn upcasts(mut self, earlier: &'static [ReadFn]) -> Self {
        self.earlier = earlier;
        self
    }

    /// The earliest version that can be read.
    pub(crate) fn earliest(&self) -> u32 {
        let earlier = u32::try_from(self.earlier.len()).unwrap_or(u32::MAX);
        self.version.saturating_sub(earlier)
    }

    /// How a version is read, unless it cannot be.
    fn reader(&self, version: u32, current: ReadFn) -> Option<ReadFn> {
        if version == self.version {
            return Some(current);
        }
        let index = usize::try_from(version.checked_sub(self.earliest())?).ok()?;
        self.earlier.get(index).copied()
    }
}

fn encode<E: Event + Json>(event: &(dyn Any + Send + Sync)) -> Result<Vec<u8>, Fault> {
    let info = E::info();
    let site = info.by_hand.site();
    let Some(event) = event.downcast_ref::<E>() else {
        return Err(Fault::internal("an event is written as another one").at(site));
    };
    match catch_unwind(AssertUnwindSafe(|| event.to_json())) {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let text = format!("`{}` cannot be written as JSON", info.name);
            Err(Fault::internal(text).caused_by(error).at(site))
        }
        Err(payload) => Err(Fault::panic("writing the event", &*payload).at(site)),
    }
}

/// What the user's `Deserialize` and `From` do, a panic too, is the fault of whoever reads.
fn decode<E: Event + Json>(version: u32, bytes: &[u8]) -> Result<AnyEvent, Fault> {
    let info = E::info();
    let site = info.by_hand.site();
    let current: ReadFn = |bytes| Ok(Arc::new(E::from_json(bytes)?));
    let Some(read) = info.reader(version, current) else {
        return Err(Fault::malformed(unreadable(info, version)).at(site));
    };
    match catch_unwind(AssertUnwindSafe(|| read(bytes))) {
        Ok(Ok(event)) => Ok(event),
        Ok(Err(error)) => {
            let text = format!("`{}` of version {version} cannot be read from what is stored: {error}", info.name);
            Err(Fault::malformed(text).caused_by(error).at(site))
        }
        Err(payload) => Err(Fault::panic("reading the event", &*payload).at(site)),
    }
}

/// Why nobody reads this version, and what to do.
fn unreadable(info: &MessageInfo, version: u32) -> String {
    let MessageInfo { name, version: current, .. } = info;
    let known = match info.earliest() {
        earliest if earliest == *current => format!("version {current}"),
        earliest => format!("the versions {earliest} to {current}"),
    };
    let why = match version {
        0 => "versions count from 1, so this is not the event's",
        newer if newer > *current => "it was written by a newer program, and only one that is as new reads it",
        _ => "add `upcasts(..)` with the types of all versions from this one on to its `#[event]`",
    };
    format!("`{name}` is stored in version {version}, and this program reads {known} of it: {why}")
}
