//! How the writer's transactions end: the commit, the answers, and what becomes of a group that is lost.

use std::sync::Arc;

use cqrs_core::Fault;
use rusqlite::ErrorCode;

use crate::fail_points;
use crate::faults::{fault_of_shared, is_busy, lost_sight_of, lost_with_others};
use crate::guarded::Transaction;
use crate::writer::group::{Member, OnLoss, Step, WriterThread};
use crate::writer::job::Job;

/// How a commit ended.
enum Commit {
    Done,
    /// Nothing of it is there.
    Nothing(rusqlite::Error),
    /// The disk failed: a crash now may bring it back or not.
    Unknown(rusqlite::Error),
}

impl WriterThread<'_> {
    /// Commits the group and answers its members.
    pub(super) fn end(&mut self, members: Vec<Member>) {
        match self.commit() {
            Commit::Done => self.answer(members),
            Commit::Unknown(error) => self.unknown(members, error),
            // Alone, so that nobody else's fault is its own: a retry could not do more.
            Commit::Nothing(error) if members.len() == 1 => self.nothing(members, error),
            Commit::Nothing(error) => {
                tracing::warn!(path = %self.path.display(), %error, "a shared transaction was not committed");
                self.recover(members, Some(Arc::new(error)));
            }
        }
    }

    /// Goes on after a transaction that several writes shared was lost: each of them runs again alone, once.
    ///
    /// Unless it is not known to be lost. Then whatever runs again may be there twice.
    pub(super) fn recover(&mut self, members: Vec<Member>, error: Option<Arc<rusqlite::Error>>) {
        if self.conn.transaction() == Transaction::Unknown {
            return self.out_of_sight(members);
        }
        self.roll_back();
        let mut locked = None;
        for Member { mut job, on_loss, .. } in members {
            match on_loss {
                OnLoss::RunAgain => self.alone(job, &mut locked),
                OnLoss::TryAgain => {
                    job.refuse(lost_with_others(error.as_ref()));
                    self.counters.rolled_back(1);
                    job.answer();
                }
                OnLoss::Answer => {
                    self.counters.rolled_back(1);
                    job.answer();
                }
            }
        }
    }

    /// Runs a job in a transaction of its own, unless another connection was found to hold the lock.
    fn alone(&mut self, mut job: Box<dyn Job>, locked: &mut Option<Arc<rusqlite::Error>>) {
        let begun = match locked {
            Some(error) => Err(error.clone()),
            None => self.begin().map_err(Arc::new),
        };
        if let Err(error) = begun {
            job.refuse(self.begin_fault(&error));
            self.counters.rolled_back(1);
            job.answer();
            // The others do not wait as long again.
            *locked = is_busy(&error).then_some(error);
            return;
        }
        self.counters.run_again();
        let Step { member, lost } = self.job(job);
        let members: Vec<_> = member.into_iter().collect();
        match lost {
            true => {
                self.roll_back();
                self.counters.rolled_back(members.len());
                members.into_iter().for_each(|member| member.job.answer());
            }
            false => self.end(members),
        }
    }

    fn commit(&self) -> Commit {
        fail_points::hit("commit.before");
        let result = self.conn.execute("COMMIT");
        fail_points::hit("commit.after");
        let Err(error) = result else { return Commit::Done };
        self.roll_back();
        match is_nothing(&error) {
            true => Commit::Nothing(error),
            false => Commit::Unknown(error),
        }
    }

    fn answer(&mut self, members: Vec<Member>) {
        let done = members.iter().filter(|member| member.done).count();
        self.counters.rolled_back(members.len() - done);
        if done > 0 {
            self.counters.group(done);
            self.committed.send_modify(|commits| *commits += 1);
        }
        fail_points::hit("replies.before");
        members.into_iter().for_each(|member| member.job.answer());
        fail_points::hit("replies.after");
    }

    fn nothing(&mut self, members: Vec<Member>, error: rusqlite::Error) {
        let error = Arc::new(error);
        self.counters.rolled_back(members.len());
        for Member { mut job, .. } in members {
            job.refuse(fault_of_shared(&error, "the commit failed, and nothing happened"));
            job.answer();
        }
    }

    /// Also who was rejected is not told so: the rejection may rest on what nobody knows.
    fn unknown(&mut self, members: Vec<Member>, error: rusqlite::Error) {
        tracing::error!(path = %self.path.display(), %error, "the disk failed in a commit");
        let error = Arc::new(error);
        for Member { mut job, done, .. } in members {
            let what = "the disk failed in the commit";
            job.refuse(match done {
                true => Fault::outcome_unknown(format!("{what}, and nobody knows whether it is kept: {error}"))
                    .caused_by(fault_of_shared(&error, what)),
                false => fault_of_shared(&error, &format!("{what} of writes beside this one, nothing of it is kept")),
            });
            job.answer();
        }
    }

    /// Somebody has ended the transaction, and may have committed it.
    fn out_of_sight(&mut self, members: Vec<Member>) {
        tracing::error!(path = %self.path.display(), "a transaction of the writer was ended by somebody else");
        self.counters.rolled_back(members.len());
        for Member { mut job, .. } in members {
            job.refuse(lost_sight_of());
            job.answer();
        }
    }

    /// Writes the write-ahead log back once it is long. After the answers: nobody waits for it.
    pub(super) fn checkpoint(&mut self) {
        const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";
        const WRITE_BACK: &str = "PRAGMA wal_checkpoint(PASSIVE)";
        let pages = |sql| {
            let mut statement = self.conn.prepare_cached(sql)?;
            statement.query_row((), |row| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))
        };
        let left = |(log, written): (i64, i64)| log - written;
        // What a reader holds back is not tried again before as much has come again.
        match pages(LOOK).map(left) {
            Ok(now) if now < self.options.checkpoint_pages + self.pages_left => {
                self.pages_left = self.pages_left.min(now);
            }
            Ok(_) => match pages(WRITE_BACK).map(left) {
                Ok(now) => {
                    self.pages_left = now;
                    self.counters.checkpoint();
                }
                Err(error) => tracing::warn!(path = %self.path.display(), %error, "a checkpoint failed"),
            },
            Err(error) => tracing::warn!(path = %self.path.display(), %error, "a checkpoint could not be asked for"),
        }
    }
}

/// Whether a commit that failed with this error has certainly left nothing.
///
/// It has where it failed before its last frame was written to the write-ahead log: where a constraint was broken, a
/// lock was not got, or there was no room for that frame. After it, when the log is synced and indexed, the frames may
/// be on the disk, and come back after a crash.
fn is_nothing(error: &rusqlite::Error) -> bool {
    use ErrorCode::{ConstraintViolation, DatabaseBusy, DatabaseLocked, DiskFull, OperationInterrupted};
    matches!(
        error.sqlite_error_code(),
        Some(ConstraintViolation | DatabaseBusy | DatabaseLocked | DiskFull | OperationInterrupted)
    )
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::is_nothing;

    #[test]
    fn what_fails_after_the_last_frame_may_be_there() {
        let is_nothing = |code| is_nothing(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_BUSY, ffi::SQLITE_CONSTRAINT_FOREIGNKEY, ffi::SQLITE_INTERRUPT] {
            assert!(is_nothing(code), "{code}");
        }
        for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_SHMSIZE, ffi::SQLITE_NOMEM, ffi::SQLITE_CORRUPT] {
            assert!(!is_nothing(code), "{code}");
        }
    }
}
