//! [`AuditBuffer`]: rows of the audit trail that no unit of work writes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::bus::Bus;
use crate::result::fault::with_sources;
use crate::store::audit::AuditEntry;
use crate::store::changes::Changes;

/// Rows of the audit trail that no unit of work writes, since there was none: written together, about once a second.
#[derive(Default)]
pub(crate) struct AuditBuffer {
    rows: Mutex<Rows>,
    hurry: Notify,
}

#[derive(Default)]
struct Rows {
    waiting: Vec<AuditEntry>,
    /// Whether somebody will write them.
    expected: bool,
}

/// Whoever is going to write the rows that wait; where it goes down with its runtime, the next one is to.
struct Expected(Bus);

impl Drop for Expected {
    fn drop(&mut self) {
        self.0.audit_buffer().rows().expected = false;
    }
}

/// Rows that are being written; where that is given up or fails, they wait on.
struct Taken<'a>(&'a AuditBuffer, Vec<AuditEntry>);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let rows = std::mem::take(&mut self.1);
        if !rows.is_empty() {
            self.0.rows().waiting.splice(0..0, rows);
        }
    }
}

/// How long rows wait for others.
const GATHER: Duration = Duration::from_secs(1);

/// How many rows wait at most for a store that does not answer.
const MOST: usize = 10_000;

impl AuditBuffer {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a row, to be written before long.
    pub(crate) fn add(&self, bus: &Bus, row: AuditEntry) {
        let mut rows = self.rows();
        if rows.waiting.len() >= MOST {
            tracing::error!(command = %row.command, call = ?row.call.message_id(), outcome = %row.outcome,
                "the audit trail cannot be written and {MOST} rows wait already: this one is lost");
            return;
        }
        rows.waiting.push(row);
        if std::mem::replace(&mut rows.expected, true) {
            return;
        }
        drop(rows);
        let mut expected = Some(Expected(bus.clone()));
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            while let Some(Expected(bus)) = &expected {
                let bus = bus.clone();
                let waited = tokio::time::timeout(GATHER, bus.audit_buffer().hurry.notified()).await;
                drop((waited, expected.take()));
                if !bus.audit_buffer().write(&bus).await
                    && !std::mem::replace(&mut bus.audit_buffer().rows().expected, true)
                {
                    expected = Some(Expected(bus));
                }
            }
        });
    }

    /// Writes what waits. What the store refuses waits on.
    pub(crate) async fn flush(&self, bus: &Bus) {
        self.hurry.notify_waiters();
        self.write(bus).await;
    }

    /// `false`, where the store refuses.
    async fn write(&self, bus: &Bus) -> bool {
        let mut taken = Taken(self, std::mem::take(&mut self.rows().waiting));
        if taken.1.is_empty() {
            return true;
        }
        let written = match bus.store().await {
            Ok(Some(store)) => store.write(Changes { audit: taken.1.clone(), ..Changes::at(bus.now()) }).await,
            Ok(None) => Ok(()),
            Err(fault) => Err(fault),
        };
        match &written {
            Ok(()) => taken.1.clear(),
            Err(fault) => {
                let rows = taken.1.len();
                tracing::error!(rows, error = %with_sources(fault), "the audit trail cannot be written now");
            }
        }
        written.is_ok()
    }
}
