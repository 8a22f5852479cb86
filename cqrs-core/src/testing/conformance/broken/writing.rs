//! What a broken store writes, and when.

use std::time::{Duration, SystemTime};

use super::{BrokenStore, Flaw};
use crate::result::fault::{Fault, FaultKind};
use crate::store::changes::{Changes, NewCommand, QueuedCommand};

/// How long a slow transaction takes.
const SLOW: Duration = Duration::from_millis(3);

/// As many bytes as a column has, in many databases.
const COLUMN: usize = 65_535;

/// What is added to a key that would be there twice.
const AGAIN: char = '\u{1f}';

impl BrokenStore {
    pub(super) async fn write_wrongly(&self, mut changes: Changes) -> Result<(), Fault> {
        let Some(flaw) = self.0.flaw else { return self.0.inner.write(changes).await };
        match flaw {
            Flaw::NumbersBeforeTheCommit => {
                self.number(&changes.events);
                // The longer it is, the later it commits.
                if changes.events.len() > 1 {
                    tokio::time::sleep(SLOW).await;
                }
            }
            Flaw::CountsVersionsBeforeTheCommit => {
                self.count(&changes.events).await?;
                tokio::task::yield_now().await;
            }
            Flaw::MixesWrites if changes.events.len() > 1 => {
                let last = changes.events.split_off(changes.events.len() - 1);
                self.0.inner.write(changes).await?;
                tokio::time::sleep(SLOW).await;
                return self.0.inner.write(Changes { events: last, ..Changes::at(SystemTime::now()) }).await;
            }
            Flaw::IgnoresWhatIsExpected => changes.expected.clear(),
            Flaw::IgnoresTheFence | Flaw::IgnoresWhereTheCheckpointIs => {
                if let Some(step) = &mut changes.checkpoint
                    && let Some(kept) = self.0.inner.checkpoint(&step.subscription).await?
                {
                    match flaw {
                        Flaw::IgnoresTheFence => step.fence = kept.fence,
                        _ => step.from = kept.position(),
                    }
                }
            }
            Flaw::MovesTheCheckpointAfterwards => {
                let (checkpoint, now) = (changes.checkpoint.take(), changes.now);
                self.0.inner.write(changes).await?;
                return self.0.inner.write(Changes { checkpoint, ..Changes::at(now) }).await;
            }
            Flaw::MovesTheCheckpointBefore => {
                let checkpoint = changes.checkpoint.take();
                self.0.inner.write(Changes { checkpoint, ..Changes::at(changes.now) }).await?;
            }
            Flaw::RecordsOutcomesAfterwards => {
                let (outcome, now) = (changes.outcome.take(), changes.now);
                self.0.inner.write(changes).await?;
                return self.0.inner.write(Changes { outcome, ..Changes::at(now) }).await;
            }
            Flaw::TakesAnEmptyTenantForNone => {
                if let Some(entry) = &mut changes.outcome {
                    entry.key.tenant = entry.key.tenant.take().filter(|tenant| !tenant.is_empty());
                }
            }
            Flaw::AuditsBeforeTheCommit => {
                let audit = std::mem::take(&mut changes.audit);
                self.0.inner.write(Changes { audit, ..Changes::at(changes.now) }).await?;
            }
            Flaw::SendsTwiceUnderOneKey => {
                for NewCommand { key, id, .. } in &mut changes.commands {
                    *key = format!("{key}{AGAIN}{id}").into();
                }
            }
            Flaw::SettlesTwice => {
                let again = Changes { settled: None, ..changes.clone() };
                return match self.0.inner.write(changes).await {
                    Err(fault) if fault.kind() == FaultKind::Conflict => self.0.inner.write(again).await,
                    written => written,
                };
            }
            Flaw::AnswersBeforeTheCommit => {
                let inner = self.0.inner.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(SLOW).await;
                    drop(inner.write(changes).await);
                });
                return Ok(());
            }
            Flaw::CutsPayloads => {
                let payloads = changes.events.iter_mut().map(|event| &mut event.payload);
                payloads.for_each(|payload| payload.truncate(COLUMN));
            }
            Flaw::PanicsBefore1970 => {
                let since = changes.now.duration_since(SystemTime::UNIX_EPOCH);
                assert!(since.is_ok(), "a time before 1970");
            }
            _ => {}
        }
        self.0.inner.write(changes).await
    }

    /// A key as it was sent.
    pub(super) fn hide_what_was_added(&self, queued: &mut QueuedCommand) {
        if let Some((key, _)) = queued.command.key.split_once(AGAIN) {
            queued.command.key = key.into();
        }
    }
}
