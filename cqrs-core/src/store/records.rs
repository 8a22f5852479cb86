//! [`Records`]: what a call's buffers hold when its unit of work commits.

use std::sync::Arc;
use std::time::SystemTime;

use crate::call::context::Context;
use crate::call::ids::MessageId;
use crate::pipeline::ledger::LedgerEntry;
use crate::result::fault::Fault;
use crate::store::audit::AuditEntry;
use crate::store::changes::{Advance, Changes, Expected, NewCommand, NewEvent};
use crate::unit::events::Raised;
use crate::unit::outbox::Sent;

/// What a call's buffers recorded, for the unit of work to write in its commit.
///
/// A store writes its [`changes`](Records::changes).
#[derive(Debug, Default)]
pub struct Records {
    pub(crate) events: Vec<Raised>,
    pub(crate) commands: Vec<Sent>,
    /// In a box, so that a call that leaves a store nothing else has no room for it: it is 500 instructions for each
    /// call with a resource.
    others: Option<Box<Others>>,
}

/// What else a store is told with a call.
#[derive(Debug, Default)]
pub(crate) struct Others {
    pub(crate) expected: Vec<Expected>,
    pub(crate) outcome: Option<LedgerEntry>,
    pub(crate) audit: Option<AuditEntry>,
    pub(crate) settled: Option<MessageId>,
    pub(crate) checkpoint: Option<Advance>,
    pub(crate) unparked: Vec<(Arc<str>, MessageId)>,
    /// When the commit began, by the clock of the bus.
    pub(crate) recorded_at: Option<SystemTime>,
}

impl Records {
    /// The events, in the order in which they were raised.
    #[must_use]
    pub fn events(&self) -> &[Raised] {
        &self.events
    }

    /// The commands of the outbox, in the order in which they were sent.
    #[must_use]
    pub fn commands(&self) -> &[Sent] {
        &self.commands
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.commands.is_empty()
            && self.others.as_ref().is_none_or(|others| others.is_empty())
    }

    /// What else there is.
    pub(crate) fn others(&mut self) -> &mut Others {
        self.others.get_or_insert_default()
    }

    /// The row of the audit trail, if there is one.
    pub(crate) fn audit(&self) -> Option<&AuditEntry> {
        self.others.as_ref()?.audit.as_ref()
    }

    /// The command of the outbox that the call settles.
    pub(crate) fn settled(&self) -> Option<MessageId> {
        self.others.as_ref()?.settled
    }

    /// When the commit began, by the clock of the bus.
    pub(crate) fn recorded_at(&self) -> Option<SystemTime> {
        self.others.as_ref()?.recorded_at
    }

    /// The same as data, for a store to write: events and commands as JSON. What is
    /// [transient](macro@crate::event) is left out.
    ///
    /// # Errors
    /// A fault, where an event or a command cannot be written as JSON, or an aggregate's id as text.
    pub fn changes(&self) -> Result<Changes, Fault> {
        let now = self.recorded_at().unwrap_or_else(SystemTime::now);
        let stored = self.events.iter().filter_map(|raised| Some((raised, raised.info.stored.as_ref()?)));
        let events = stored.map(|(raised, stored)| {
            Ok(NewEvent {
                id: raised.id,
                stream: raised.stream()?,
                name: raised.info.name.into(),
                schema_version: raised.info.version,
                payload: (stored.encode)(&*raised.event)?,
                call: known(&raised.call),
            })
        });
        let commands = self.commands.iter().map(|sent| {
            Ok(NewCommand {
                id: sent.id,
                name: sent.info.name.into(),
                payload: sent.to_json()?,
                key: sent.key.clone().unwrap_or_else(|| sent.id.to_string().into()),
                not_before: sent.not_before.unwrap_or(now),
                call: known(&sent.call),
            })
        });
        let mut changes = Changes {
            events: events.collect::<Result<_, Fault>>()?,
            commands: commands.collect::<Result<_, Fault>>()?,
            ..Changes::at(now)
        };
        if let Some(others) = &self.others {
            let Others { expected, outcome, audit, settled, checkpoint, unparked, recorded_at: _ } = &**others;
            changes.expected.clone_from(expected);
            changes.outcome.clone_from(outcome);
            changes.audit.extend(audit.clone());
            changes.settled = *settled;
            changes.checkpoint.clone_from(checkpoint);
            changes.unparked.clone_from(unparked);
        }
        Ok(changes)
    }
}

impl Others {
    fn is_empty(&self) -> bool {
        let Others { expected, outcome, audit, settled, checkpoint, unparked, recorded_at: _ } = self;
        expected.is_empty()
            && outcome.is_none()
            && audit.is_none()
            && settled.is_none()
            && checkpoint.is_none()
            && unparked.is_empty()
    }
}

/// What has come from a buffer knows its call.
fn known(call: &Option<Context>) -> Context {
    call.clone().unwrap_or_else(|| Context::of_call(None, None))
}
