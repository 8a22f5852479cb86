//! Events as a store keeps them: JSON of one version, and how an earlier version is read.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::check::{EarlierVersionOf, MadeFrom};
use crate::message::{Event, Json, MessageInfo, to_json};
use crate::result::fault::Fault;

/// An event without its type.
type AnyEvent = Arc<dyn Any + Send + Sync>;

/// How an event goes into a store and comes out again.
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

#[cfg(test)]
mod tests {
    use std::error::Error;

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::result::fault::FaultKind;
    use crate::{Message, event};

    /// It was `{"number": "7"}` once, and then `{"number": 7}`.
    #[event(name = "order.placed", version = 4, upcasts(OrderPlacedV2, OrderPlacedV3))]
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct OrderPlaced {
        number: u64,
        lines: u32,
    }

    #[derive(Deserialize)]
    struct OrderPlacedV2 {
        number: String,
    }

    #[derive(Deserialize)]
    struct OrderPlacedV3 {
        number: u64,
    }

    impl From<OrderPlacedV2> for OrderPlaced {
        fn from(earlier: OrderPlacedV2) -> Self {
            OrderPlacedV3 { number: earlier.number.parse().expect("a number") }.into()
        }
    }

    impl From<OrderPlacedV3> for OrderPlaced {
        fn from(earlier: OrderPlacedV3) -> Self {
            OrderPlaced { number: earlier.number, lines: 1 }
        }
    }

    #[event]
    #[derive(Clone)]
    struct Unwritable(bool);

    impl Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            assert!(self.0, "no words for it");
            Err(serde::ser::Error::custom("cannot be told"))
        }
    }

    impl<'de> Deserialize<'de> for Unwritable {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("no ears for it")
        }
    }

    fn stored<E: Message>() -> &'static Stored {
        E::info().stored.as_ref().expect("it is stored")
    }

    fn read(version: u32, json: &str) -> Result<OrderPlaced, Fault> {
        let event = (stored::<OrderPlaced>().decode)(version, json.as_bytes())?;
        Ok(event.downcast_ref::<OrderPlaced>().expect("the event").clone())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let event = OrderPlaced { number: 7, lines: 2 };
        let bytes = (stored::<OrderPlaced>().encode)(&event).unwrap();
        assert_eq!(bytes, br#"{"number":7,"lines":2}"#);
        assert_eq!(read(4, std::str::from_utf8(&bytes).unwrap()).unwrap(), event);
    }

    #[test]
    fn the_versions_before_are_each_read_as_its_own_type() {
        let event = OrderPlaced { number: 7, lines: 1 };
        assert_eq!(read(3, r#"{"number":7}"#).unwrap(), event);
        assert_eq!(read(2, r#"{"number":"7"}"#).unwrap(), event);
    }

    #[test]
    fn any_other_version_is_told_with_the_cure() {
        for (version, cure) in [
            (0, "versions count from 1"),
            (1, "add `upcasts(..)` with the types of all versions from this one on"),
            (5, "it was written by a newer program"),
            (u32::MAX, "it was written by a newer program"),
        ] {
            let fault = read(version, r#"{"number":7,"lines":2}"#).unwrap_err();
            assert_eq!(fault.kind(), FaultKind::Malformed);
            let begins = format!(
                "`order.placed` is stored in version {version}, and this program reads the versions 2 to 4 of it: "
            );
            assert!(fault.detail().starts_with(&begins) && fault.detail().contains(cure), "{fault}");
            assert_eq!(fault.message(), Some("order.placed"));
            assert!(fault.place().unwrap().path.ends_with("stored::tests::OrderPlaced"), "{fault}");
        }
        let fault = (stored::<Unwritable>().decode)(2, b"{}").unwrap_err();
        assert!(fault.detail().contains("and this program reads version 1 of it"), "{fault}");
    }

    #[test]
    fn what_cannot_be_read_says_of_which_version_and_keeps_the_source() {
        let fault = read(3, r#"{"lines":2}"#).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Malformed);
        assert!(fault.detail().starts_with("`order.placed` of version 3 cannot be read"), "{fault}");
        assert!(fault.source().unwrap().is::<serde_json::Error>());
        assert_eq!(read(4, "").unwrap_err().kind(), FaultKind::Malformed);
    }

    #[test]
    fn a_panic_of_the_users_code_is_a_fault() {
        let fault = read(2, r#"{"number":"seven"}"#).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Panic);
        assert!(fault.detail().starts_with("reading the event panicked: a number"), "{fault}");
        let fault = (stored::<Unwritable>().decode)(1, b"true").unwrap_err();
        assert_eq!(fault.detail(), "reading the event panicked: no ears for it");
        let fault = (stored::<Unwritable>().encode)(&Unwritable(false)).unwrap_err();
        assert_eq!(fault.detail(), "writing the event panicked: no words for it");
    }

    #[test]
    fn what_cannot_be_written_keeps_the_source_and_another_event_is_not_written() {
        let fault = (stored::<Unwritable>().encode)(&Unwritable(true)).unwrap_err();
        assert_eq!((fault.kind(), fault.detail()), (FaultKind::Internal, "`Unwritable` cannot be written as JSON"));
        assert_eq!(fault.source().unwrap().to_string(), "cannot be told");
        let fault = (stored::<OrderPlaced>().encode)(&Unwritable(true)).unwrap_err();
        assert_eq!((fault.kind(), fault.message()), (FaultKind::Internal, Some("order.placed")));
    }
}
