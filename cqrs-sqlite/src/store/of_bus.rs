//! [`Sqlite`] as the store of a bus.

use std::sync::Arc;
use std::time::SystemTime;

use cqrs_core::store::{
    AuditEntry, AuditQuery, Changes, Checkpoint, Claim, DeadLetter, Position, QueuedCommand, Reading, Store,
    StoredEvent,
};
use cqrs_core::{__private as private, BoxError, BoxFuture, Fault, LedgerEntry, LedgerKey, MessageId};
use rusqlite::Connection;

use super::values::kept_since;
use super::{Ready, audit, events, outbox, outcomes, subscriptions};
use crate::faults::fault_of;
use crate::read_db::ReadDb;
use crate::sqlite::Sqlite;
use crate::unit::SqliteUnit;
use crate::writer::{Wait, Writing};

const _: () = {
    fn info() -> &'static private::StoreInfo {
        static INFO: private::StoreInfo = private::StoreInfo::of::<Sqlite>();
        &INFO
    }
    private::submit! { Store(info) }
};

/// What queries read with is there where the database is.
struct ReadDbOf;

impl private::Provider for ReadDbOf {
    type Provides = ReadDb;
    type Shared = (Arc<Sqlite>,);
    type Parts = ();
}

impl private::ProvidesShared for ReadDbOf {
    async fn provide((db,): Self::Shared) -> Result<Arc<ReadDb>, BoxError> {
        Ok(Arc::new(db.reads()))
    }
}

impl Sqlite {
    /// Asks the database something on a reader, at once.
    async fn ask<T: Send + 'static>(
        &self,
        what: &'static str,
        ask: impl Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.reads().ask(what, ask).await
    }

    /// Writes something of the framework's own, in the next group.
    async fn tell<T: Send + 'static>(
        &self,
        what: &'static str,
        tell: impl Fn(&Writing<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.writer().submit(Wait::default(), move |conn| tell(conn).map_err(|error| fault_of(error, what))).await
    }
}

impl Store for Sqlite {
    type Unit = SqliteUnit;

    fn provides() -> &'static [&'static private::ProviderInfo] {
        static READ_DB: private::ProviderInfo = private::ProviderInfo::shared::<ReadDbOf>(private::place!("ReadDb"));
        static PROVIDES: &[&private::ProviderInfo] = &[&READ_DB];
        PROVIDES
    }

    fn write(&self, changes: Changes) -> BoxFuture<'_, Result<(), Fault>> {
        let ready = Ready::new(changes, self.keeping());
        Box::pin(async move {
            let ready = ready?;
            self.writer().submit(Wait::default(), move |conn| super::write(conn, &ready)).await
        })
    }

    fn read(&self, reading: Reading) -> BoxFuture<'_, Result<Vec<StoredEvent>, Fault>> {
        Box::pin(self.ask("reading the event log", move |conn| events::read(conn, &reading)))
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<(Position, MessageId)>, Fault>> {
        Box::pin(self.ask("reading the end of the event log", events::head))
    }

    fn find<'a>(&'a self, key: &'a LedgerKey, now: SystemTime) -> BoxFuture<'a, Result<Option<LedgerEntry>, Fault>> {
        let (key, keeping) = (key.clone(), self.keeping());
        Box::pin(self.ask("looking up an outcome", move |conn| outcomes::find(conn, &key, now, keeping)))
    }

    fn due(&self, now: SystemTime, limit: usize) -> BoxFuture<'_, Result<Vec<QueuedCommand>, Fault>> {
        Box::pin(self.ask("reading the outbox", move |conn| outbox::due(conn, now, limit)))
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<SystemTime>, Fault>> {
        Box::pin(self.ask("reading the outbox", outbox::next_due))
    }

    fn parked_commands(&self) -> BoxFuture<'_, Result<Vec<QueuedCommand>, Fault>> {
        Box::pin(self.ask("reading the outbox", outbox::parked))
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Option<Checkpoint>, Fault>> {
        let claim = claim.clone();
        Box::pin(self.tell("claiming a subscription", move |conn| subscriptions::claim(conn, &claim)))
    }

    fn release<'a>(&'a self, subscription: &'a str, owner: MessageId) -> BoxFuture<'a, Result<(), Fault>> {
        let subscription = subscription.to_owned();
        Box::pin(self.tell("releasing a subscription", move |conn| subscriptions::release(conn, &subscription, owner)))
    }

    fn checkpoint<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<Option<Checkpoint>, Fault>> {
        let subscription = subscription.to_owned();
        Box::pin(self.ask("reading a checkpoint", move |conn| subscriptions::checkpoint(conn, &subscription)))
    }

    fn dead_letters<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<Vec<DeadLetter>, Fault>> {
        let subscription = subscription.to_owned();
        Box::pin(self.ask("reading dead letters", move |conn| subscriptions::dead_letters(conn, &subscription)))
    }

    fn audited(&self, query: AuditQuery) -> BoxFuture<'_, Result<Vec<AuditEntry>, Fault>> {
        Box::pin(self.ask("reading the audit trail", move |conn| audit::read(conn, &query)))
    }

    fn audits(&self) -> bool {
        self.keeping().audit.is_some()
    }

    fn purge(&self, now: SystemTime) -> BoxFuture<'_, Result<(), Fault>> {
        let keeping = self.keeping();
        Box::pin(self.tell("forgetting what was kept long enough", move |conn| {
            outcomes::purge(conn, now, keeping)?;
            match keeping.audit {
                Some(keep) => audit::purge(conn, kept_since(now, keep)),
                None => Ok(()),
            }
        }))
    }

    fn changed(&self, seen: u64) -> BoxFuture<'_, u64> {
        Box::pin(self.changes().after(seen))
    }

    fn describe(&self) -> String {
        format!("SQLite, {}", self.path().display())
    }
}
