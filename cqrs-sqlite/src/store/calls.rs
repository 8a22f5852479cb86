//! The contexts of calls, as JSON.

use cqrs_core::store::Changes;
use cqrs_core::{Context, Fault, MessageId};

use super::Keeping;

/// The calls that changes tell of, by their ids in order: each is written as JSON once, however many rows hold it, and
/// before the writer is there, for which others wait.
pub(super) struct Calls(Vec<(MessageId, String)>);

impl Calls {
    /// Those of whatever is to be written.
    pub(super) fn of(changes: &Changes, keeping: Keeping) -> Result<Calls, Fault> {
        let events = changes.events.iter().map(|event| &event.call);
        let commands = changes.commands.iter().map(|command| &command.call);
        let audit = if keeping.audit.is_some() { &*changes.audit } else { &[] };
        let mut calls = Calls(Vec::new());
        for call in events.chain(commands).chain(audit.iter().map(|row| &row.call)) {
            if let Err(place) = calls.find(call) {
                calls.0.insert(place, (call.message_id(), as_json(call)?));
            }
        }
        Ok(calls)
    }

    /// A call of the changes, as JSON.
    pub(super) fn json(&self, call: &Context) -> Result<&str, Fault> {
        match self.find(call) {
            Ok(place) => Ok(&self.0[place].1),
            Err(_) => Err(Fault::internal(format!("the call {} is not one of the changes", call.message_id()))),
        }
    }

    fn find(&self, call: &Context) -> Result<usize, usize> {
        self.0.binary_search_by_key(&call.message_id(), |(id, _)| *id)
    }
}

fn as_json(call: &Context) -> Result<String, Fault> {
    serde_json::to_string(call).map_err(|error| {
        Fault::internal(format!("the context of the call {} cannot be written as JSON", call.message_id()))
            .caused_by(error)
    })
}
