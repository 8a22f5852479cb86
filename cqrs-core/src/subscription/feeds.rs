//! Which handlers of a subscription get which events.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::bus::Bus;
use crate::container::PerCall;
use crate::delivery::job::EventHandler;
use crate::handler::need::Opening;
use crate::result::fault::Fault;
use crate::store::log::StoredEvent;
use crate::unit::events::Raised;

/// The handlers of a subscription, by the names of their events.
pub(super) struct Feeds(BTreeMap<&'static str, Arc<Feed>>);

/// The handlers of one event.
pub(super) struct Feed {
    pub(super) handlers: Vec<Arc<EventHandler>>,
    /// Whether the last of them writes in the store's transaction alone, so that the checkpoint is moved there.
    pub(super) moves_the_checkpoint: bool,
    /// Whether they can be called inside of a unit of work with others: they write in the store's transaction alone, take
    /// nothing through which they could miss what the event before has written there, and nothing is around them that
    /// would see each of their calls by itself.
    pub(super) shares_a_unit: bool,
}

impl Feeds {
    pub(super) fn new(bus: &Bus, handlers: &[Arc<EventHandler>]) -> Self {
        let mut by_name: BTreeMap<&'static str, Vec<Arc<EventHandler>>> = BTreeMap::new();
        for handler in handlers {
            by_name.entry((handler.info.message)().name).or_default().push(handler.clone());
        }
        let feed = |(name, handlers): (&'static str, Vec<Arc<EventHandler>>)| {
            let moves_the_checkpoint = handlers.last().is_some_and(|handler| writes_in_the_store(bus, handler));
            let shares_a_unit = handlers.iter().all(|handler| {
                let event = (handler.info.message)();
                writes_in_the_store(bus, handler)
                    && sees_its_transaction_alone(bus, handler)
                    && bus.behaviors().around(event).next().is_none()
            });
            (name, Arc::new(Feed { handlers, moves_the_checkpoint, shares_a_unit }))
        };
        Feeds(by_name.into_iter().map(feed).collect())
    }

    /// The names of the events.
    pub(super) fn names(&self) -> Vec<Cow<'static, str>> {
        self.0.keys().copied().map(Cow::Borrowed).collect()
    }

    /// The handlers of an event.
    pub(super) fn of(&self, event: &StoredEvent) -> Result<&Arc<Feed>, Fault> {
        let feed = self.0.get(&*event.name);
        feed.ok_or_else(|| {
            Fault::internal(format!("the event `{}` was read for a subscription without it", event.name))
        })
    }
}

impl Feed {
    /// An event as its handlers take it.
    pub(super) fn decode(&self, event: &StoredEvent) -> Result<Raised, Fault> {
        let handler = self.handlers.first().ok_or_else(|| Fault::internal("an event is read for no handler"))?.info;
        let info = (handler.message)();
        let stored = info.stored.as_ref().ok_or_else(|| Fault::internal("a transient event is in a log"))?;
        if event.schema_version > info.version {
            // No fault of the event's: it waits for a process that can read it.
            let (name, found, known) = (info.name, event.schema_version, info.version);
            let text = format!(
                "the event `{name}` {} is of version {found}, and this program knows it up to version {known}: it was \
                 written by a newer program, which will handle it when this one has ended",
                event.id
            );
            return Err(Fault::unavailable(text).at(handler.site()));
        }
        let decoded =
            (stored.decode)(event.schema_version, &event.payload).map_err(|fault| fault.at(handler.site()))?;
        Ok(Raised::kept(event.id, info, decoded))
    }
}

/// Whether all that a handler writes is in a unit of work of the bus's store.
fn writes_in_the_store(bus: &Bus, handler: &EventHandler) -> bool {
    let Some(Opening::Unit { unit: ours, .. }) = bus.store_opening() else { return false };
    let opens = handler.info.opens;
    let mut units = HashSet::new();
    opens.iter().for_each(|opening| units_of(bus, opening, &mut units, 0));
    !opens.is_empty() && units.iter().all(|unit| *unit == ours.key)
}

/// Whether a handler, and what makes its resources, takes nothing but the event, what belongs to its call, and the
/// transaction.
fn sees_its_transaction_alone(bus: &Bus, handler: &EventHandler) -> bool {
    !handler.info.reads && handler.info.opens.iter().all(|opening| is_the_transaction(bus, opening, 0))
}

fn is_the_transaction(bus: &Bus, opening: &Opening, depth: usize) -> bool {
    match opening {
        Opening::Buffer(_) | Opening::Unit { .. } => true,
        Opening::Nothing => false,
        Opening::Provided(need) => bus.container().per_call(need).is_some_and(|made| {
            let takes_nothing_else = match made {
                PerCall::Provider(provider) => provider.needs.is_empty(),
                PerCall::Closure(closure) => !closure.captures,
                PerCall::Broken(_) => false,
            };
            takes_nothing_else
                && depth < DEEPEST
                && made.openings().iter().all(|opening| is_the_transaction(bus, opening, depth + 1))
        }),
    }
}

/// A chain of providers that is deeper is a circle, and cannot be opened.
const DEEPEST: usize = 64;

/// The units that opening this opens, through whatever is made for the call.
fn units_of(bus: &Bus, opening: &Opening, units: &mut HashSet<std::any::TypeId>, depth: usize) {
    match opening {
        Opening::Nothing | Opening::Buffer(_) => {}
        Opening::Unit { unit, .. } => drop(units.insert(unit.key)),
        Opening::Provided(_) if depth > DEEPEST => {}
        Opening::Provided(need) => {
            let openings = bus.container().per_call(need).map_or(&[][..], |made| made.openings());
            openings.iter().for_each(|opening| units_of(bus, opening, units, depth + 1));
        }
    }
}
