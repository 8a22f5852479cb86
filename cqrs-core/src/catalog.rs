//! The catalog: everything a bus knows, for a person or a program.

use std::fmt;

use crate::bus::Bus;
use crate::fault::Place;
use crate::message::{MessageInfo, MessageKind};
use crate::pipeline::element::{PipelineElement, elements};
use crate::provider::Role;
use crate::registry;

/// Every message, handler and provider of a bus, in an order that does not depend on the linker. `Display` is
/// for a person, `Serialize` for a program.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Catalog {
    /// The messages, by path.
    pub messages: Vec<MessageEntry>,
    /// The providers, by path.
    pub providers: Vec<ProviderEntry>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
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
    /// What is around its handler in this bus, outermost first.
    pub pipeline: Vec<PipelineElement>,
    /// Its handlers, as they are linked in.
    pub handlers: Vec<Place>,
    /// Whether this bus has a handler of its own for it, which stands in for those of a contract and is one more
    /// for an event.
    pub registered: bool,
}

/// One provider.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
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
    let mut handlers = std::collections::HashMap::<_, Vec<Place>>::new();
    for handler in &linked_in.handlers {
        handlers.entry((handler.message)().type_id).or_default().push(handler.place);
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
                writeln!(f, "    {}", line.trim())?;
            }
            writeln!(f, "    declared {}", message.place)?;
            for PipelineElement { element, detail, place } in &message.pipeline {
                let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
                match place.path == message.place.path {
                    true => writeln!(f, "    through  {element}{detail} ({}:{})", place.file, place.line)?,
                    false => writeln!(f, "    through  {element}{detail} {place}")?,
                }
            }
            for handler in &message.handlers {
                writeln!(f, "    handled  {handler}")?;
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
