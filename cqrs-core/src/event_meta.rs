//! What an event knows of itself: [`EventMeta`].

use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::ids::MessageId;

/// What an event knows of itself: taken by its handlers as a parameter by value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventMeta {
    pub(crate) event_id: MessageId,
    pub(crate) name: Arc<str>,
    pub(crate) raised_at: SystemTime,
    pub(crate) call: Context,
}

impl EventMeta {
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

    /// The call that raised it: who caused it, for whom, as part of what.
    #[must_use]
    pub fn call(&self) -> &Context {
        &self.call
    }
}
