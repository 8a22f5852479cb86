//! What an event knows of itself: [`EventMeta`].

use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::call::context::Context;
use crate::call::ids::MessageId;
use crate::message::stream::StreamId;
use crate::store::position::Position;
use crate::unit::events::Raised;

/// What an event knows of itself: taken by its handlers as a parameter by value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventMeta {
    pub(crate) event_id: MessageId,
    pub(crate) name: Arc<str>,
    pub(crate) raised_at: SystemTime,
    pub(crate) call: Context,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stream: Option<StreamId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<Position>,
}

impl EventMeta {
    /// Of an event that no store has kept yet.
    pub(crate) fn of(raised: &Raised, raised_at: SystemTime, call: &Context) -> Self {
        EventMeta {
            event_id: raised.id,
            name: raised.info.name.into(),
            raised_at,
            call: raised.call.clone().unwrap_or_else(|| call.clone()),
            stream: raised.stream().ok().flatten(),
            version: None,
            position: None,
        }
    }

    /// The event's id, the same for every handler and every delivery of it.
    #[must_use]
    pub fn event_id(&self) -> MessageId {
        self.event_id
    }

    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When its call committed it, by the wall clock.
    #[must_use]
    pub fn raised_at(&self) -> SystemTime {
        self.raised_at
    }

    /// The stream it belongs to, if it is about one aggregate.
    #[must_use]
    pub fn stream(&self) -> Option<&StreamId> {
        self.stream.as_ref()
    }

    /// Its number in its stream, from 1, where a store has counted it. An inline handler runs before
    /// that.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.version
    }

    /// Where it stands in the log of the store, if it does by now. An inline handler runs before that.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// The call that raised it: who caused it, for whom, as part of what.
    #[must_use]
    pub fn call(&self) -> &Context {
        &self.call
    }
}
