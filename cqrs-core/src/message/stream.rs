//! Which aggregate a message is about: [`StreamId`], and what `#[aggregate_id]` says about a type.

use std::any::Any;
use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::check::NamesOneAggregate;
use crate::message::{Message, MessageInfo};
use crate::result::fault::Fault;

/// The stream of events of one aggregate: its category and its id, such as `order-7`.
///
/// ```
/// use cqrs_core::StreamId;
///
/// let stream = StreamId::new("order", 7);
/// assert_eq!(stream.as_str(), "order-7");
/// assert_eq!(stream.category(), "order");
/// // As it comes back out of a store:
/// assert_eq!(StreamId::from("order-7"), stream);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// The stream of the aggregate `id` among those of a category. A category has no `-` in it: what stands before
    /// the first one is the category, and the id may have any.
    ///
    /// # Panics
    ///
    /// Where the id's `Display` reports an error, as with [`ToString::to_string`].
    #[must_use]
    pub fn new(category: &str, id: impl fmt::Display) -> Self {
        StreamId(format!("{category}-{id}").into())
    }

    /// The stream that a message is about.
    ///
    /// ```
    /// use cqrs_core::{StreamId, command};
    ///
    /// #[command]
    /// struct ConfirmOrder {
    ///     #[aggregate_id("order")]
    ///     order: u64,
    /// }
    /// # #[cqrs_core::handler] fn confirm(_: ConfirmOrder) {}
    ///
    /// assert_eq!(StreamId::of(&ConfirmOrder { order: 7 }).as_str(), "order-7");
    /// ```
    ///
    /// # Panics
    ///
    /// Where the id's `Display` reports an error, as with [`ToString::to_string`].
    #[must_use]
    pub fn of<C: NamesAggregate>(message: &C) -> Self {
        StreamId::new(C::CATEGORY, Written(message.aggregate_id()))
    }

    /// All of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What sort of aggregate it is: what stands before the first `-`, or all of it if there is none.
    #[must_use]
    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or(&*self.0, |(category, _)| category)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StreamId").field(&self.0).finish()
    }
}

impl From<&str> for StreamId {
    fn from(text: &str) -> Self {
        StreamId(text.into())
    }
}

impl From<String> for StreamId {
    fn from(text: String) -> Self {
        StreamId(text.into())
    }
}

impl From<StreamId> for String {
    fn from(stream: StreamId) -> Self {
        stream.as_str().to_owned()
    }
}

/// An id as text.
struct Written<'a, T>(&'a T);

impl<T: NamesOneAggregate> fmt::Display for Written<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_id(f)
    }
}

/// A message that says which aggregate it is about. `#[aggregate_id]` on a field implements it.
///
/// ```
/// use cqrs_core::{NamesAggregate, command};
///
/// #[command]
/// struct ConfirmOrder {
///     #[aggregate_id("order")]
///     order: u64,
/// }
/// # #[cqrs_core::handler] fn confirm(_: ConfirmOrder) {}
///
/// assert_eq!(ConfirmOrder::CATEGORY, "order");
/// assert_eq!(*ConfirmOrder { order: 7 }.aggregate_id(), 7);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which aggregate it is about",
    label = "no field of it has `#[aggregate_id]`",
    note = "put `#[aggregate_id]` on the field of `{Self}` that is the aggregate's id"
)]
pub trait NamesAggregate {
    /// What the aggregate is called by: any type that is `Display`.
    type Id: NamesOneAggregate;
    /// What sort of aggregate it is: the front of its [`StreamId`].
    const CATEGORY: &'static str;

    /// Which one.
    fn aggregate_id(&self) -> &Self::Id;
}

/// The stream that a message is about, without the message's type.
pub(crate) type StreamFn = fn(&(dyn Any + Send + Sync)) -> Result<StreamId, Fault>;

impl MessageInfo {
    /// The same, for a message that says which aggregate it is about.
    #[must_use]
    pub const fn in_stream<C: Message + NamesAggregate>(mut self) -> Self {
        self.category = Some(C::CATEGORY);
        self.stream = Some(stream_of::<C>);
        self
    }
}

/// What the id's `Display` does, an error and a panic too, is the call's fault.
fn stream_of<C: Message + NamesAggregate>(message: &(dyn Any + Send + Sync)) -> Result<StreamId, Fault> {
    let site = C::info().by_hand.site();
    let name = C::info().name;
    let Some(message) = message.downcast_ref::<C>() else {
        return Err(Fault::internal("a message is taken for another one").at(site));
    };
    let written = catch_unwind(AssertUnwindSafe(|| {
        let mut text = format!("{}-", C::CATEGORY);
        write!(text, "{}", Written(message.aggregate_id())).map(|()| text)
    }));
    match written {
        Ok(Ok(text)) => Ok(StreamId(text.into())),
        Ok(Err(error)) => {
            let text = format!("the `#[aggregate_id]` of `{name}` cannot be written as text");
            Err(Fault::internal(text).caused_by(error).at(site))
        }
        Err(payload) => Err(Fault::panic("writing the `#[aggregate_id]`", &*payload).at(site)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::fault::FaultKind;
    use crate::{command, event, handler};

    #[event(transient)]
    #[derive(Clone)]
    struct OrderPlaced((), #[aggregate_id] PurchaseOrderId);

    #[derive(Clone)]
    struct PurchaseOrderId(&'static str);

    impl fmt::Display for PurchaseOrderId {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self.0 {
                "panics" => panic!("no number"),
                "fails" => Err(fmt::Error),
                text => f.pad(text),
            }
        }
    }

    #[command]
    struct Nowhere;

    #[handler]
    fn nowhere(_: Nowhere) {}

    fn stream(id: &'static str) -> Result<StreamId, Fault> {
        let stream = OrderPlaced::info().stream.expect("it says so");
        stream(&OrderPlaced((), PurchaseOrderId(id)))
    }

    #[test]
    fn a_message_is_about_the_stream_of_its_field() {
        assert_eq!(stream("a-7").unwrap(), StreamId::new("purchase_order", "a-7"));
        assert_eq!(stream("a-7").unwrap(), StreamId::of(&OrderPlaced((), PurchaseOrderId("a-7"))));
        assert_eq!(OrderPlaced::info().category, Some("purchase_order"));
        assert!(Nowhere::info().stream.is_none() && Nowhere::info().category.is_none());
    }

    #[test]
    fn what_the_id_does_is_a_fault() {
        let fault = stream("panics").unwrap_err();
        assert_eq!(fault.detail(), "writing the `#[aggregate_id]` panicked: no number");
        assert_eq!((fault.kind(), fault.message()), (FaultKind::Panic, Some("OrderPlaced")));
        let fault = stream("fails").unwrap_err();
        assert_eq!(fault.detail(), "the `#[aggregate_id]` of `OrderPlaced` cannot be written as text");
        assert!(std::error::Error::source(&fault).unwrap().is::<fmt::Error>());
        let stream = OrderPlaced::info().stream.expect("it says so");
        assert_eq!(stream(&Nowhere).unwrap_err().kind(), FaultKind::Internal);
    }

    #[test]
    fn a_stream_comes_back_as_it_was_written() {
        let stream = StreamId::new("order", "a-7");
        assert_eq!((stream.as_str(), stream.category()), ("order-a-7", "order"));
        assert_eq!(format!("{stream} {stream:?}"), r#"order-a-7 StreamId("order-a-7")"#);
        let json = serde_json::to_string(&stream).unwrap();
        assert_eq!(json, r#""order-a-7""#);
        assert_eq!(serde_json::from_str::<StreamId>(&json).unwrap(), stream);
        assert_eq!(StreamId::from(String::from(stream.clone())), stream);
        assert_eq!(StreamId::from("order").category(), "order");
    }
}
