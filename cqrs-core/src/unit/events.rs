//! [`Events`]: the events that a call raises, delivered if and only if it commits.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::call::ambient;
use crate::call::context::Context;
use crate::call::ids::MessageId;
use crate::message::stream::StreamId;
use crate::message::{Event, MessageInfo};
use crate::result::fault::Fault;
use crate::unit::Scope;
use crate::unit::resource::{AnyUnit, Resource};

/// A buffer for the events of one call: taken as `&mut Events`, written in the commit of the call's unit of
/// work, delivered after it, in order.
///
/// A unit test makes one with [`Events::default`] and looks at what the handler raised:
///
/// ```
/// use cqrs_core::{Events, command, event, handler};
///
/// #[event(transient)]
/// #[derive(Clone, Debug, PartialEq)]
/// struct OrderPlaced { id: u32 }
///
/// #[command]
/// struct PlaceOrder { id: u32 }
///
/// #[handler]
/// fn place_order(cmd: PlaceOrder, events: &mut Events) {
///     events.raise(OrderPlaced { id: cmd.id });
/// }
///
/// let mut events = Events::default();
/// place_order(PlaceOrder { id: 7 }, &mut events);
/// assert_eq!(events.raised::<OrderPlaced>().collect::<Vec<_>>(), [&OrderPlaced { id: 7 }]);
/// ```
#[derive(Debug, Default)]
pub struct Events(Vec<Raised>);

impl Events {
    /// Records that this happened.
    pub fn raise<E: Event>(&mut self, event: E) {
        self.0.push(Raised::new(event));
    }

    /// The events of one type that were raised, in order.
    pub fn raised<E: Event>(&self) -> impl Iterator<Item = &E> {
        self.0.iter().filter_map(Raised::downcast::<E>)
    }

    /// How many events were raised, of any type.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was raised.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<C: Sync> Resource<C> for Events {
    type Unit = AnyUnit;

    async fn open(_: &mut Scope, _: &C) -> Result<Self, Fault> {
        Ok(Events::default())
    }

    async fn stage(self, scope: &mut Scope) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (call, stream) = (ambient::context(), scope.stream.clone());
        scope.records.events.extend(self.0.into_iter().map(|raised| raised.by(&call, stream.as_ref())));
        Ok(())
    }
}

/// One event that was raised.
#[derive(Clone)]
pub struct Raised {
    pub(crate) id: MessageId,
    pub(crate) info: &'static MessageInfo,
    pub(crate) event: Arc<dyn Any + Send + Sync>,
    /// The call that raised it, once it is staged.
    pub(crate) call: Option<Context>,
    /// What the message is about that this call handles.
    of_call: Option<StreamId>,
}

impl Raised {
    pub(crate) fn new<E: Event>(event: E) -> Self {
        Raised { id: MessageId::new(), info: E::info(), event: Arc::new(event), call: None, of_call: None }
    }

    /// One that a store has kept.
    pub(crate) fn kept(id: MessageId, info: &'static MessageInfo, event: Arc<dyn Any + Send + Sync>) -> Self {
        Raised { id, info, event, call: None, of_call: None }
    }

    /// The same, raised by this call, which is about this aggregate.
    pub(crate) fn by(mut self, call: &Context, stream: Option<&StreamId>) -> Self {
        self.call = Some(call.clone());
        self.of_call = stream.cloned();
        self
    }

    /// The stream it belongs to: that of its own `#[aggregate_id]`, or else that of its call's message; none, where
    /// neither has one.
    ///
    /// # Errors
    /// A fault, where the aggregate's id cannot be written as text.
    pub fn stream(&self) -> Result<Option<StreamId>, Fault> {
        match self.info.stream {
            Some(stream) => stream(&*self.event).map(Some),
            None => Ok(self.of_call.clone()),
        }
    }

    /// The event's id.
    #[must_use]
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.info.name
    }

    /// The event, if it is an `E`.
    #[must_use]
    pub fn downcast<E: Event>(&self) -> Option<&E> {
        self.event.downcast_ref()
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raised").field("id", &self.id).field("name", &self.info.name).finish_non_exhaustive()
    }
}
