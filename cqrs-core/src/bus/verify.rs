//! The verification of a bus: what the compiler cannot see.

use std::collections::BTreeMap;
use std::fmt;

use crate::bus::Bus;
use crate::container::missing;
use crate::container::provider::Role;
use crate::handler::need::{Need, Opening};
use crate::handler::registry;
use crate::handler::{HandlerInfo, Route};
use crate::message::{MessageInfo, MessageKind};
use crate::result::fault::Place;
use crate::unit::two_units;

/// What is wired wrongly in a bus: everything at once, each with its places and its cure.
///
/// `Display` is the report for a person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    problems: Vec<WiringProblem>,
}

/// One thing that is wired wrongly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[non_exhaustive]
pub struct WiringProblem {
    /// What sort of problem.
    pub kind: WiringProblemKind,
    /// What it is, where, and what to do.
    pub text: String,
}

/// What can be wired wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[non_exhaustive]
pub enum WiringProblemKind {
    /// A contract that nobody handles.
    NoHandler,
    /// A contract that is handled twice.
    SecondHandler,
    /// A dependency that nothing provides, for every call or for one.
    MissingDependency,
    /// A dependency that cannot be made: two providers, a circle, or something missing further down.
    BrokenDependency,
    /// Two messages of one name, where somebody is to find one by it.
    SameName,
    /// Two handlers of events whose checkpoints are kept under one name, or one that begins in two places.
    SameSubscription,
    /// A handler whose resources write in two units of work, or in another one than that of the bus's store, which
    /// writes for it too.
    TwoUnits,
    /// Two stores in one bus.
    TwoStores,
    /// A command or a query that does not say who may send it, in a bus that denies by default.
    NoAuthorization,
    /// Two messages with one route over HTTP.
    SameRoute,
    /// A route that names a field which its message does not have.
    WrongRoute,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// What is wrong, in an order that does not depend on the linker.
    #[must_use]
    pub fn problems(&self) -> &[WiringProblem] {
        &self.problems
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            0 => return f.write_str("everything is wired"),
            1 => f.write_str("one thing is wired wrongly:")?,
            n => write!(f, "{n} things are wired wrongly:")?,
        }
        self.problems.iter().enumerate().try_for_each(|(n, problem)| write!(f, "\n  {}. {}", n + 1, problem.text))
    }
}

impl std::error::Error for Report {}

pub(crate) fn verify(bus: &Bus) -> Report {
    let linked_in = registry::linked_in();
    let mut found = Found { bus, problems: Vec::new(), missing: BTreeMap::new(), broken: BTreeMap::new() };
    let known_by_hand = bus.names().values().flatten();
    for message in linked_in.messages.iter().chain(known_by_hand) {
        found.contract(message);
        found.around(message);
    }
    for behavior in bus.behaviors().iter() {
        behavior.needs.iter().for_each(|need| found.need(need, behavior.place.to_string()));
    }
    for handler in &linked_in.handlers {
        let stood_in = matches!(handler.route, Route::Contract(_)) && bus.stands_in((handler.message)());
        if !stood_in {
            found.handler(handler);
        }
    }
    for provider in &linked_in.providers {
        match provider.role {
            Role::Shared(_) => {
                if let Some(why) = bus.container().why_broken(&provider.provides) {
                    found.broken.entry(why.to_owned()).or_default();
                }
            }
            // The needs of a provider that stands nowhere are asked for where it is used.
            Role::PerCall(..) => {}
        }
    }
    if let Some(Opening::Unit { store, .. }) = bus.default_unit_opening() {
        found.need(&store, "the bus's unit of work".to_owned());
    }
    if let Some(store) = bus.bus_store() {
        for other in &store.others {
            let (first, second) = (store.info.store.name(), other.store.name());
            let text = format!(
                "a bus keeps its events in one store, and two are provided: `{first}` and `{second}`; remove the provider \
                 of one of them"
            );
            found.add(WiringProblemKind::TwoStores, text);
        }
    }
    found.names();
    found.subscriptions();
    #[cfg(feature = "http")]
    crate::http::verify_routes(bus).into_iter().for_each(|(kind, text)| found.add(kind, text));
    found.report()
}

struct Found<'a> {
    bus: &'a Bus,
    problems: Vec<WiringProblem>,
    /// By text, who needs it.
    missing: BTreeMap<String, Vec<String>>,
    broken: BTreeMap<String, Vec<String>>,
}

impl Found<'_> {
    fn add(&mut self, kind: WiringProblemKind, text: String) {
        self.problems.push(WiringProblem { kind, text });
    }

    fn contract(&mut self, message: &'static MessageInfo) {
        if !message.contract || self.bus.stands_in(message) {
            return;
        }
        let handlers = registry::linked_in().linked.get(&message.type_id);
        match handlers.map_or(0, Vec::len) {
            0 => self.add(WiringProblemKind::NoHandler, no_handler(message)),
            1 => {}
            _ => {
                let text = second_handler(message, handlers.into_iter().flatten());
                self.add(WiringProblemKind::SecondHandler, text);
            }
        }
    }

    /// What the elements of a message's pipeline need, and whether one is missing.
    fn around(&mut self, message: &'static MessageInfo) {
        for need in message.pipeline.needs().flatten() {
            self.need(need, message.place.to_string());
        }
        if self.bus.denies(message) {
            self.add(WiringProblemKind::NoAuthorization, undeclared(message));
        }
    }

    fn handler(&mut self, handler: &'static HandlerInfo) {
        for need in handler.needs {
            self.need(need, handler.place.to_string());
        }
        let mut unit: Option<Need> = None;
        for opening in handler.opens {
            self.opening(opening, &handler.place, &mut unit, &mut Vec::new());
        }
        // What the store writes for a call (events, commands, the row of a command in the audit trail) it writes in a unit
        // of its own.
        let (Some(unit), Some(Opening::Unit { unit: of_store, .. })) = (unit, self.bus.store_opening()) else { return };
        let buffers = handler.opens.iter().any(|opening| matches!(opening, Opening::Buffer(_)));
        if unit.key != of_store.key && (buffers || (handler.message)().kind == MessageKind::Command) {
            let text = format!("{}: {}", handler.place, two_units(&unit.name(), &of_store.name()));
            self.add(WiringProblemKind::TwoUnits, text);
        }
    }

    /// What one resource takes; `unit` is the unit of work of those before it.
    fn opening(&mut self, opening: &Opening, place: &Place, unit: &mut Option<Need>, way: &mut Vec<Need>) {
        match opening {
            Opening::Nothing | Opening::Buffer(_) => {}
            Opening::Unit { unit: this, store } => {
                self.need(store, place.to_string());
                match unit {
                    Some(first) if first.key != this.key => {
                        let text = format!("{place}: {}", two_units(&first.name(), &this.name()));
                        self.add(WiringProblemKind::TwoUnits, text);
                    }
                    _ => *unit = Some(*this),
                }
            }
            Opening::Provided(need) => {
                let Some(made) = self.bus.container().per_call(need) else {
                    self.missing.entry(missing::per_call(need)).or_default().push(place.to_string());
                    return;
                };
                if let Some(why) = made.why_broken() {
                    self.broken.entry(why.to_owned()).or_default().push(place.to_string());
                }
                let Some(maker) = made.place() else { return };
                for need in made.needs() {
                    self.need(need, maker.to_string());
                }
                if way.iter().any(|made| made.key == need.key) {
                    let text = format!("{maker}: the provider for each call needs what it provides itself");
                    self.broken.entry(text).or_default().push(place.to_string());
                    return;
                }
                way.push(*need);
                for opening in made.openings() {
                    self.opening(opening, place, unit, way);
                }
                way.pop();
            }
        }
    }

    fn need(&mut self, need: &Need, who: String) {
        let container = self.bus.container();
        if !container.has(need) {
            self.missing.entry(missing::shared(container, need)).or_default().push(who);
        } else if let Some(why) = container.why_broken(need) {
            self.broken.entry(why.to_owned()).or_default().push(who);
        }
    }

    fn names(&mut self) {
        let mut keyed: BTreeMap<&str, Vec<&MessageInfo>> = BTreeMap::new();
        for message in registry::linked_in().messages.iter().filter(|message| message.pipeline.idempotent().is_some()) {
            keyed.entry(message.name).or_default().push(message);
        }
        for (name, messages) in keyed.into_iter().filter(|(_, messages)| messages.len() > 1) {
            let places = listed(messages.iter().map(|message| message.place.to_string()));
            let text = format!(
                "two idempotent commands are named `{name}`, so that a caller's key for the one is a key for the other: \
                 {places}; give one of them another `name = \"..\"`"
            );
            self.add(WiringProblemKind::SameName, text);
        }
        let mut stored: BTreeMap<&str, Vec<&MessageInfo>> = BTreeMap::new();
        for message in registry::linked_in().messages.iter().filter(|message| message.stored.is_some()) {
            stored.entry(message.name).or_default().push(message);
        }
        stored.retain(|_, messages| messages.len() > 1);
        for (name, messages) in &stored {
            let places = listed(messages.iter().map(|message| message.place.to_string()));
            let text = format!(
                "two events are stored under the name `{name}`, so that what was the one is read as the other: \
                 {places}; give one of them another: `#[event(name = \"..\")]`, or declare it `transient`"
            );
            self.add(WiringProblemKind::SameName, text);
        }
        let mut same: Vec<_> = self.bus.names().iter().filter(|(_, messages)| messages.len() > 1).collect();
        same.sort_unstable_by_key(|(name, _)| **name);
        for (name, messages) in same {
            // Said already, if all of them are stored events.
            if stored.get(name).is_some_and(|stored| stored.len() == messages.len()) {
                continue;
            }
            let places = listed(messages.iter().map(|message| message.place.to_string()));
            let text = format!("two messages are named `{name}`: {places}; give one of them another `name = \"..\"`");
            self.add(WiringProblemKind::SameName, text);
        }
    }

    /// A checkpoint says how far one handler is, or one type's methods together.
    fn subscriptions(&mut self) {
        let mut named: BTreeMap<&str, Vec<&HandlerInfo>> = BTreeMap::new();
        let kept = |handler: &&&HandlerInfo| (handler.message)().stored.is_some() && !handler.subscription.inline;
        for handler in registry::linked_in().handlers.iter().filter(kept) {
            named.entry(handler.subscription.name).or_default().push(handler);
        }
        for (name, handlers) in named {
            let mut consumers: Vec<&HandlerInfo> = Vec::new();
            for handler in handlers {
                match consumers.iter().find(|known| known.method_of.is_some() && known.method_of == handler.method_of) {
                    None => consumers.push(handler),
                    Some(known) if known.subscription.from_start != handler.subscription.from_start => {
                        let text = format!(
                            "the methods of one type have one subscription, `{name}`, which begins in one place: {} \
                             and {}; write `#[handler(from = start)]` on both of their blocks, or on none",
                            known.place, handler.place
                        );
                        self.add(WiringProblemKind::SameSubscription, text);
                    }
                    Some(_) => {}
                }
            }
            if consumers.len() > 1 {
                let places = listed(consumers.iter().map(|handler| handler.place.to_string()));
                let text = format!(
                    "two handlers of events share the subscription `{name}`, so that each misses what the other has \
                     handled: {places}; give one of them another: `#[handler(name = \"..\")]`"
                );
                self.add(WiringProblemKind::SameSubscription, text);
            }
        }
    }

    fn report(mut self) -> Report {
        for (kind, found) in [
            (WiringProblemKind::MissingDependency, std::mem::take(&mut self.missing)),
            (WiringProblemKind::BrokenDependency, std::mem::take(&mut self.broken)),
        ] {
            for (what, mut who) in found {
                who.sort_unstable();
                who.dedup();
                let needed =
                    if who.is_empty() { String::new() } else { format!("; needed by {}", listed(who.into_iter())) };
                self.add(kind, format!("{what}{needed}"));
            }
        }
        self.problems.sort();
        self.problems.dedup();
        Report { problems: self.problems }
    }
}

pub(crate) fn no_handler(message: &MessageInfo) -> String {
    let unlinked = missing::UNLINKED;
    format!("no handler for the contract {}: write a `#[handler]` for it in any crate{unlinked}", message.place)
}

pub(crate) fn undeclared(message: &MessageInfo) -> String {
    format!(
        "nobody may send {}, since the bus denies by default and the {} does not say who may: declare it with \
         `authorize = \"a:scope\"`, with `authorize = a_policy`, or with `public`",
        message.place, message.kind
    )
}

pub(crate) fn second_handler<'a>(
    message: &MessageInfo,
    handlers: impl Iterator<Item = &'a &'static HandlerInfo>,
) -> String {
    let places = listed(handlers.map(|handler| handler.place.to_string()));
    format!(
        "the contract {} has more than one handler: {places}; keep one, or let a builder's `register` stand in for all",
        message.place
    )
}

fn listed(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
