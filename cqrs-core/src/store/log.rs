//! The event log as it is read: [`StoredEvent`], and [`EventLog`] for the application.

use std::borrow::Cow;
use std::time::SystemTime;

use serde_json::Value;

use crate::bus::Bus;
use crate::call::context::Context;
use crate::call::ids::MessageId;
use crate::delivery::event_meta::EventMeta;
use crate::message::Event;
use crate::message::stream::StreamId;
use crate::result::fault::Fault;
use crate::store::position::Position;

/// One event of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Where it stands in the order of all events.
    pub position: Position,
    /// Its id.
    pub id: MessageId,
    /// The stream it belongs to, if it is about one aggregate.
    pub stream: Option<StreamId>,
    /// Its number in its stream, from 1.
    pub version: Option<u64>,
    /// Its stable name.
    pub name: Cow<'static, str>,
    /// The version of what `payload` looks like.
    pub schema_version: u32,
    /// The event as JSON.
    pub payload: Vec<u8>,
    /// The call that raised it: correlation, causation, actor, tenant.
    pub call: Context,
    /// When, by the clock of the bus that recorded it. Nothing is ordered by it.
    pub recorded_at: SystemTime,
}

impl StoredEvent {
    /// The event as an `E`, in today's form whatever it was stored as; nothing, if it is another event.
    ///
    /// # Errors
    /// A fault of kind [`Malformed`](crate::FaultKind::Malformed), where what is stored is no `E`.
    pub fn decode<E: Event>(&self) -> Result<Option<E>, Fault> {
        let info = E::info();
        if info.name != self.name {
            return Ok(None);
        }
        let Some(stored) = &info.stored else { return Ok(None) };
        let event = (stored.decode)(self.schema_version, &self.payload)?;
        Ok(event.downcast_ref::<E>().cloned())
    }

    /// The event as JSON, in the form in which it was stored.
    ///
    /// # Errors
    /// A fault of kind [`Malformed`](crate::FaultKind::Malformed), where what is stored is no JSON.
    pub fn json(&self) -> Result<Value, Fault> {
        serde_json::from_slice(&self.payload).map_err(|error| {
            Fault::malformed(format!("the event {} at position {} is no JSON", self.id, self.position)).caused_by(error)
        })
    }

    /// What a handler knows of it.
    #[must_use]
    pub fn meta(&self) -> EventMeta {
        EventMeta {
            event_id: self.id,
            name: self.name.clone().into(),
            raised_at: self.recorded_at,
            call: self.call.clone(),
            stream: self.stream.clone(),
            version: self.version,
            position: Some(self.position),
        }
    }
}

/// Which events of the log, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "pass it to `Store::read`"]
pub struct Reading {
    /// Behind this position; from the beginning without it.
    pub after: Option<Position>,
    /// At this position alone.
    pub at: Option<Position>,
    /// Of this stream, behind this version.
    pub stream: Option<(StreamId, u64)>,
    /// Of these names; of any, if there are none.
    pub names: Vec<Cow<'static, str>>,
    /// How many at most.
    pub limit: usize,
}

impl Reading {
    /// Of all events behind a position.
    pub fn after(position: Option<Position>, limit: usize) -> Self {
        Reading { after: position, limit, ..Reading::default() }
    }

    /// The one event at a position.
    pub fn at(position: Position) -> Self {
        Reading { at: Some(position), limit: 1, ..Reading::default() }
    }

    /// Of one stream, behind a version.
    pub fn stream(stream: StreamId, version: u64, limit: usize) -> Self {
        Reading { stream: Some((stream, version)), limit, ..Reading::default() }
    }

    /// The same, of these names alone.
    pub fn named(mut self, names: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }
}

/// The event log of a bus's store, to be read: [`Bus::log`].
///
/// ```
/// use cqrs_core::{Bus, InMemoryStore, StreamId, event};
/// use serde::{Deserialize, Serialize};
///
/// #[event(name = "order.placed")]
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// struct OrderPlaced { #[aggregate_id("order")] order: u64 }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), cqrs_core::Fault> {
/// let bus = Bus::builder().store(InMemoryStore::default()).build();
/// bus.publish(OrderPlaced { order: 7 }).await?;
///
/// let events = bus.log().read_stream(&StreamId::new("order", 7), 0, 100).await?;
/// assert_eq!(events[0].version, Some(1));
/// assert_eq!(events[0].decode::<OrderPlaced>()?, Some(OrderPlaced { order: 7 }));
/// assert_eq!(events[0].json()?, serde_json::json!({ "order": 7 }));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct EventLog(pub(crate) Bus);

impl EventLog {
    /// Up to `limit` events of one stream, in order, behind a version; 0 is before the first.
    ///
    /// # Errors
    /// A fault; of kind [`Wiring`](crate::FaultKind::Wiring), where the bus has no store.
    pub async fn read_stream(&self, stream: &StreamId, after: u64, limit: usize) -> Result<Vec<StoredEvent>, Fault> {
        self.0.need_store().await?.read(Reading::stream(stream.clone(), after, limit)).await
    }

    /// Up to `limit` events of all streams, in the order of their commits, behind a position; `None` is before the first.
    ///
    /// # Errors
    /// A fault; of kind [`Wiring`](crate::FaultKind::Wiring), where the bus has no store.
    pub async fn read_all(&self, after: Option<Position>, limit: usize) -> Result<Vec<StoredEvent>, Fault> {
        self.0.need_store().await?.read(Reading::after(after, limit)).await
    }
}
