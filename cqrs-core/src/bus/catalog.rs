//! The catalog: everything a bus knows, for a person or a program.

use std::fmt;

use crate::bus::Bus;
use crate::container::provider::Role;
use crate::handler::HandlerInfo;
use crate::handler::registry;
use crate::message::{MessageInfo, MessageKind};
use crate::pipeline::element::{PipelineElement, elements};
use crate::result::fault::Place;

/// Every message, handler and provider of a bus, in an order that does not depend on the linker. `Display` is
/// for a person, `Serialize` for a program.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Catalog {
    /// The messages, by path.
    pub messages: Vec<MessageEntry>,
    /// The providers, by path.
    pub providers: Vec<ProviderEntry>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct MessageEntry {
    /// Its name: the type's, or what `name = ".."` says.
    pub name: &'static str,
    /// Which of the three it is.
    pub kind: MessageKind,
    /// The doc comment.
    pub description: &'static str,
    /// What it was declared with: `contract`, `wire`, `transient`.
    pub options: Vec<&'static str>,
    /// Where it stands.
    pub place: Place,
    /// Which version of an event a store is given; nothing of a message that none keeps.
    pub version: Option<u32>,
    /// The earlier versions of it that can be read.
    pub upcasts: Vec<u32>,
    /// What sort of aggregate it is about, where it says so: the category of its [`StreamId`](crate::StreamId).
    pub category: Option<&'static str>,
    /// Its route over HTTP, such as `POST /users`.
    pub route: Option<String>,
    /// What it is as JSON Schema, where it has a route.
    pub schema: Option<serde_json::Value>,
    /// What is around its handler in this bus, outermost first.
    pub pipeline: Vec<PipelineElement>,
    /// Its handlers, as they are linked in.
    pub handlers: Vec<HandlerEntry>,
    /// Whether this bus has a handler of its own for it, which stands in for those of a contract and is one more
    /// for an event.
    pub registered: bool,
}

/// One handler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[non_exhaustive]
pub struct HandlerEntry {
    /// Where it stands.
    pub place: Place,
    /// How it gets what it handles, if that is an event.
    pub subscription: Option<SubscriptionEntry>,
}

/// How a handler gets its events. `Display` is for a person, such as `durable "order-mail" from start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SubscriptionEntry {
    /// In the unit of work that raises the event: what it says no to is not done.
    Inline,
    /// After the commit, from memory: the event is transient.
    Transient,
    /// After the commit, from a checkpoint of its own.
    Durable {
        /// What the checkpoint is kept under: the handler's path, or what `name = ".."` says.
        name: &'static str,
        /// Whether it begins with the oldest event that is kept, and not with the next one.
        from_start: bool,
    },
}

impl SubscriptionEntry {
    fn of(message: &MessageInfo, handler: &HandlerInfo) -> Option<Self> {
        let subscription = &handler.subscription;
        match message.kind {
            MessageKind::Command | MessageKind::Query => None,
            MessageKind::Event if subscription.inline => Some(SubscriptionEntry::Inline),
            MessageKind::Event if message.transient => Some(SubscriptionEntry::Transient),
            MessageKind::Event => {
                Some(SubscriptionEntry::Durable { name: subscription.name, from_start: subscription.from_start })
            }
        }
    }
}

impl fmt::Display for SubscriptionEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SubscriptionEntry::Inline => f.write_str("inline"),
            SubscriptionEntry::Transient => f.write_str("transient"),
            SubscriptionEntry::Durable { name, from_start } => {
                let from_start = if *from_start { " from start" } else { "" };
                write!(f, "durable \"{name}\"{from_start}")
            }
        }
    }
}

/// One provider.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ProviderEntry {
    /// The type it provides.
    pub provides: String,
    /// Whether it runs for each call.
    pub per_call: bool,
    /// Where it stands.
    pub place: Place,
}

pub(crate) fn of(bus: &Bus) -> Catalog {
    let linked_in = registry::linked_in();
    let known_by_hand = bus.names().values().flatten().copied();
    let mut messages: Vec<&'static MessageInfo> = linked_in.messages.iter().copied().chain(known_by_hand).collect();
    messages.sort_by_key(|message| message.place);
    messages.dedup_by(|first, second| std::ptr::eq(*first, *second));
    let mut handlers = std::collections::HashMap::<_, Vec<HandlerEntry>>::new();
    for handler in &linked_in.handlers {
        let message = (handler.message)();
        let subscription = SubscriptionEntry::of(message, handler);
        handlers.entry(message.type_id).or_default().push(HandlerEntry { place: handler.place, subscription });
    }
    Catalog {
        messages: messages
            .into_iter()
            .map(|message| MessageEntry {
                name: message.name,
                kind: message.kind,
                description: message.docs,
                options: options(message),
                place: message.place,
                version: message.stored.is_some().then_some(message.version),
                upcasts: (message.earliest()..message.version).collect(),
                category: message.category,
                route: route(message),
                schema: schema(message),
                pipeline: elements(message, bus.behaviors()),
                handlers: handlers.remove(&message.type_id).unwrap_or_default(),
                registered: bus.registered(message),
            })
            .collect(),
        providers: linked_in
            .providers
            .iter()
            .map(|provider| ProviderEntry {
                provides: provider.provides.name(),
                per_call: matches!(provider.role, Role::PerCall(..)),
                place: provider.place,
            })
            .collect(),
    }
}

fn options(message: &MessageInfo) -> Vec<&'static str> {
    [("contract", message.contract), ("transient", message.transient), ("wire", message.wire.is_some())]
        .into_iter()
        .filter_map(|(option, declared)| declared.then_some(option))
        .collect()
}

#[cfg(feature = "http")]
fn route(message: &MessageInfo) -> Option<String> {
    Some(message.http.as_ref()?.to_string())
}

#[cfg(feature = "http")]
fn schema(message: &MessageInfo) -> Option<serde_json::Value> {
    Some(message.http.as_ref()?.schema())
}

#[cfg(not(feature = "http"))]
fn route(_: &MessageInfo) -> Option<String> {
    None
}

#[cfg(not(feature = "http"))]
fn schema(_: &MessageInfo) -> Option<serde_json::Value> {
    None
}

/// What to say to somebody who asks for a name that is none.
pub(crate) fn unknown_name(bus: &Bus, name: &str) -> String {
    let nearest = bus
        .names()
        .keys()
        .map(|known| (strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase()), *known))
        .filter(|(distance, known)| *distance <= 2.max(known.len() / 3))
        .min();
    match nearest {
        Some((_, known)) => format!("no message is named `{name}`; did you mean `{known}`?"),
        None => format!("no message is named `{name}`"),
    }
}

impl fmt::Display for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for message in &self.messages {
            write!(f, "{} {}", message.kind, message.name)?;
            if !message.options.is_empty() {
                write!(f, " ({})", message.options.join(", "))?;
            }
            writeln!(f)?;
            for line in message.description.lines() {
                match line.trim() {
                    "" => writeln!(f)?,
                    line => writeln!(f, "    {line}")?,
                }
            }
            writeln!(f, "    declared {}", message.place)?;
            match (message.version, message.upcasts.as_slice()) {
                (None | Some(1), _) => {}
                (Some(version), []) => writeln!(f, "    version  {version}")?,
                (Some(version), [first]) => writeln!(f, "    version  {version}, and reads {first}")?,
                (Some(version), [first, .., last]) => {
                    writeln!(f, "    version  {version}, and reads {first} to {last}")?;
                }
            }
            if let Some(route) = &message.route {
                writeln!(f, "    route    {route}")?;
            }
            if let Some(category) = message.category {
                writeln!(f, "    stream   {category}-..")?;
            }
            for PipelineElement { element, detail, place } in &message.pipeline {
                let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
                match place.path == message.place.path {
                    true => writeln!(f, "    through  {element}{detail} ({}:{})", place.file, place.line)?,
                    false => writeln!(f, "    through  {element}{detail} {place}")?,
                }
            }
            for HandlerEntry { place, subscription } in &message.handlers {
                match subscription {
                    Some(subscription) => writeln!(f, "    handled  {place}, {subscription}")?,
                    None => writeln!(f, "    handled  {place}")?,
                }
            }
            if message.registered {
                writeln!(f, "    handled  by a closure in this bus's builder")?;
            }
        }
        for provider in &self.providers {
            let when = if provider.per_call { "for each call" } else { "once" };
            writeln!(f, "provider of {} ({when})\n    declared {}", provider.provides, provider.place)?;
        }
        Ok(())
    }
}
