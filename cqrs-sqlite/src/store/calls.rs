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

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use cqrs_core::store::{AuditEntry, AuditOutcome, Changes};
    use cqrs_core::{Context, MessageId};

    use super::Calls;
    use crate::store::Keeping;

    #[test]
    fn each_call_has_its_own_json_in_whatever_order_they_come() {
        let ids = [(); 3].map(|()| MessageId::new());
        let call = |id: MessageId| -> Context {
            serde_json::from_str(&format!(r#"{{"message_id":"{id}","correlation_id":"tea"}}"#)).unwrap()
        };
        let row = |n: usize| AuditEntry {
            command: "Pay".into(),
            call: call(ids[n]),
            outcome: AuditOutcome::Succeeded,
            started_at: SystemTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            events: None,
        };
        let mut changes = Changes::at(SystemTime::UNIX_EPOCH);
        changes.audit = [2, 0, 1, 0, 2].map(row).into();
        let keeping = Keeping { outcomes: Duration::ZERO, audit: Some(Duration::ZERO) };

        let calls = Calls::of(&changes, keeping).unwrap();
        for id in ids {
            let json = calls.json(&call(id)).unwrap();
            assert_eq!(serde_json::from_str::<Context>(json).unwrap(), call(id));
        }
        assert_eq!(calls.0.len(), 3);
        assert!(calls.json(&call(MessageId::new())).is_err());
        let unaudited = Calls::of(&changes, Keeping { audit: None, ..keeping }).unwrap();
        assert!(unaudited.0.is_empty());
    }
}
