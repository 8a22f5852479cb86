//! What a bus does with its store, and what it answers out of it.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use crate::bus::Bus;
use crate::call::ids::MessageId;
use crate::clock::Clock;
use crate::handler::need::Opening;
use crate::message::{MessageInfo, MessageKind};
use crate::pipeline::ledger::{LedgerEntry, LedgerKey};
use crate::result::fault::Fault;
use crate::store::Store;
use crate::store::audit::{AuditEntry, AuditOutcome, AuditQuery};
use crate::store::info::StoreInfo;
use crate::store::log::EventLog;

/// The store of one bus, made when it is first needed.
pub(crate) struct BusStore {
    pub(crate) info: &'static StoreInfo,
    /// Others that are provided too, for a report.
    pub(crate) others: Vec<&'static StoreInfo>,
    made: OnceLock<Arc<dyn Store>>,
}

impl BusStore {
    /// The first of those that are provided.
    pub(crate) fn of(provided: Vec<&'static StoreInfo>) -> Option<Self> {
        let mut provided = provided.into_iter();
        let info = provided.next()?;
        let others = provided.filter(|other| other.store.key != info.store.key).collect();
        Some(BusStore { info, others, made: OnceLock::new() })
    }
}

impl Bus {
    /// The event log, to be read.
    #[must_use]
    pub fn log(&self) -> EventLog {
        EventLog(self.clone())
    }

    /// Rows of the audit trail: who ran which command, when, and what came of it; the latest first.
    ///
    /// What was carried out or said no to is there when its call has answered; what was refused before that, or could not
    /// be carried through, about a second later.
    ///
    /// # Errors
    /// A fault; of kind [`Wiring`](crate::FaultKind::Wiring), where the bus has no store.
    pub async fn audit(&self, query: AuditQuery) -> Result<Vec<AuditEntry>, Fault> {
        self.need_store().await?.audited(query).await
    }

    /// What came of the command with this id, for a caller who got no answer. The caller has chosen the id, with
    /// [`message_id`](crate::Dispatch::message_id). `None` says that nothing is known: it was never committed, or is
    /// under way, or its row of the audit trail is no longer kept.
    ///
    /// # Errors
    /// A fault; of kind [`Wiring`](crate::FaultKind::Wiring), where the bus has no store.
    pub async fn command_status(&self, id: MessageId) -> Result<Option<AuditOutcome>, Fault> {
        let rows = self.audit(AuditQuery::default().command_id(id)).await?;
        // A command may have been tried more than once; what it came to in the end is what counts.
        let ended = rows.iter().find(|row| !matches!(row.outcome, AuditOutcome::Faulted(_)));
        Ok(ended.or(rows.first()).map(|row| row.outcome.clone()))
    }

    /// What came of the idempotent command with this key, for a caller who got no answer and does not want to send it
    /// again. `None` says that nothing is known: it was never committed, or is under way, or is no longer kept.
    ///
    /// # Errors
    /// A fault; of kind [`Wiring`](crate::FaultKind::Wiring), where the bus has no store.
    pub async fn command_outcome(&self, key: &LedgerKey) -> Result<Option<LedgerEntry>, Fault> {
        self.need_store().await?.find(key, self.now()).await
    }

    pub(crate) fn has_store(&self) -> bool {
        self.bus_store().is_some()
    }

    /// What the units of the store are opened with.
    pub(crate) fn store_opening(&self) -> Option<Opening> {
        Some(self.bus_store()?.info.opening)
    }

    /// The store, made now if it is not yet.
    pub(crate) async fn store(&self) -> Result<Option<&Arc<dyn Store>>, Fault> {
        let Some(store) = self.bus_store() else { return Ok(None) };
        if let Some(made) = store.made.get() {
            return Ok(Some(made));
        }
        self.container().prepare(self, std::slice::from_ref(&store.info.store)).await?;
        let made = (store.info.get)(self.container())?;
        Ok(Some(store.made.get_or_init(|| made)))
    }

    pub(crate) async fn need_store(&self) -> Result<&Arc<dyn Store>, Fault> {
        self.store().await?.ok_or_else(|| {
            Fault::wiring(
                "this bus has no store, so it keeps no events, outcomes or audit trail: provide one, such as \
                 `cqrs_sqlite::Sqlite`, or `InMemoryStore` in a test",
            )
        })
    }

    /// Whether calls of a message are written into an audit trail.
    pub(crate) fn audited(&self, message: &MessageInfo) -> bool {
        message.kind == MessageKind::Command
            && self.bus_store().and_then(|store| store.made.get()).is_some_and(|store| store.audits())
    }

    /// The time of the day, by the bus's clock.
    pub(crate) fn now(&self) -> SystemTime {
        self.container().ready::<Clock>().map_or_else(|_| SystemTime::now(), |clock| clock.now())
    }
}
