//! The suite of stores on databases in files.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use cqrs_core::store::Changes;
use cqrs_core::testing::conformance::{self, Subject};
use cqrs_core::{LedgerEntry, LedgerKey, Store};
use cqrs_sqlite::{Options, Sqlite};

/// Databases in one directory, each opened with the same options.
struct Databases {
    directory: tempfile::TempDir,
    count: AtomicUsize,
    options: fn(PathBuf) -> Options,
}

const OUTCOMES: Duration = Duration::from_secs(60 * 60);
const AUDIT: Duration = Duration::from_secs(2 * 60 * 60);

impl Databases {
    fn with(options: fn(PathBuf) -> Options) -> Self {
        Databases { directory: tempfile::tempdir().unwrap(), count: AtomicUsize::new(0), options }
    }

    async fn open(&self, path: PathBuf) -> Sqlite {
        (self.options)(path).keep_outcomes(OUTCOMES).open().await.unwrap()
    }
}

impl Subject for Databases {
    type Store = Sqlite;

    async fn fresh(&self) -> Sqlite {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        self.open(self.directory.path().join(format!("{number}.db"))).await
    }

    async fn reopen(&self, store: Sqlite) -> Option<Sqlite> {
        let path = store.path().to_owned();
        drop(store);
        Some(self.open(path).await)
    }

    async fn beside(&self, store: &Sqlite) -> Option<Sqlite> {
        Some(self.open(store.path().to_owned()).await)
    }

    fn keeps_outcomes(&self) -> Duration {
        OUTCOMES
    }

    fn keeps_audit(&self) -> Duration {
        AUDIT
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_does_what_a_store_has_to() {
    let report = conformance::run(Databases::with(|path| Sqlite::options(path).keep_audit(AUDIT))).await;
    report.assert();
    assert_eq!(report.skipped(), Vec::<&str>::new());
}

#[tokio::test]
async fn it_does_so_on_one_thread_with_one_reader_and_without_groups() {
    let options = |path| Sqlite::options(path).keep_audit(AUDIT).readers(1).group(1);
    conformance::run(Databases::with(options)).await.assert();
}

#[tokio::test]
async fn it_does_so_without_an_audit_trail() {
    let report = conformance::run(Databases::with(|path| Sqlite::options(path).no_audit())).await;
    report.assert();
    assert!(report.skipped().iter().all(|name| name.starts_with("audit::")), "{report}");
}

#[tokio::test]
async fn what_is_kept_for_ever_is_kept_for_ever() {
    let directory = tempfile::tempdir().unwrap();
    let options = Sqlite::options(directory.path().join("kept.db")).keep_outcomes(Duration::MAX);
    let db = options.keep_audit(Duration::MAX).open().await.unwrap();
    let key = LedgerKey { tenant: None, principal: None, is_system: false, message: "m".into(), key: "k".into() };
    let entry = LedgerEntry { key: key.clone(), fingerprint: "7a".repeat(32).parse().unwrap(), outcome: "{}".into() };
    let then = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let mut changes = Changes::at(then);
    changes.outcome = Some(entry);
    db.write(changes).await.unwrap();
    let late = then + Duration::from_secs(1_000_000_000_000);
    db.purge(late).await.unwrap();
    assert!(db.find(&key, late).await.unwrap().is_some());
}
