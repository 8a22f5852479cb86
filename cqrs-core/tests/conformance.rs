//! The suite of stores on the stores of this crate: on the one that works, and on each that does not.

use cqrs_core::testing::conformance::{self, Broken, Flaw, Subject, Verdict};
use cqrs_core::{Bus, InMemoryStore, Store};
use tokio::task::JoinSet;

struct InMemory;

impl Subject for InMemory {
    type Store = InMemoryStore;

    async fn fresh(&self) -> InMemoryStore {
        InMemoryStore::default()
    }

    async fn beside(&self, store: &InMemoryStore) -> Option<InMemoryStore> {
        Some(store.clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_memory_does_what_a_store_has_to() {
    let report = conformance::run(InMemory).await;
    report.assert();
    let reopened: Vec<_> = conformance::names().filter(|name| name.starts_with("reopened::")).collect();
    assert_eq!(report.skipped(), reopened, "nothing of it outlives the process, and that is all");
}

#[tokio::test]
async fn it_does_so_on_one_thread() {
    conformance::run(InMemory).await.assert();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_around_a_broken_store_does_no_harm_itself() {
    let report = conformance::run(Broken::by_nothing()).await;
    report.assert();
    assert_eq!(report.skipped(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_flaw_of_a_store_is_found_by_its_check() {
    let mut tasks = JoinSet::new();
    for &(flaw, check) in Flaw::ALL {
        tasks.spawn(async move { (flaw, check, conformance::check(Broken::by(flaw), check).await) });
    }
    let mut missed = Vec::new();
    while let Some(ran) = tasks.join_next().await {
        let (flaw, check, verdict) = ran.unwrap();
        if !matches!(verdict, Some(Verdict::Failed(_))) {
            missed.push(format!("{flaw:?} is not found by `{check}`: {verdict:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!(conformance::check(InMemory, "no such check").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flaw_is_found_by_every_check_that_it_concerns_and_by_no_other() {
    let failed = |flaw| async move { conformance::run(Broken::by(flaw)).await.failed() };
    assert_eq!(
        failed(Flaw::IgnoresWhatIsExpected).await,
        [
            "streams::of_writers_that_expect_the_same_one_wins",
            "streams::a_wrong_expectation_leaves_nothing",
            "calls::a_wrong_version_is_a_conflict_of_the_call",
        ]
    );
    assert_eq!(failed(Flaw::IgnoresTheFence).await, ["checkpoints::a_step_under_an_old_fence_leaves_nothing"]);
    for torn in [Flaw::MovesTheCheckpointBefore, Flaw::MovesTheCheckpointAfterwards] {
        let failed = failed(torn).await;
        assert!(failed.contains(&"follow::what_a_handler_writes_and_its_checkpoint_are_one"), "{failed:?}");
    }
}

#[tokio::test]
async fn a_report_lists_every_check_and_says_why_one_failed() {
    let report = conformance::run(Broken::by(Flaw::PanicsBefore1970)).await;
    let names: Vec<_> = report.checked().iter().map(|checked| checked.name).collect();
    assert_eq!(names, conformance::names().collect::<Vec<_>>());
    let text = report.to_string();
    assert!(names.iter().all(|name| text.contains(name)), "{text}");
    assert_eq!(report.failed(), ["values::times_before_1970_are_kept"]);
    assert!(
        text.contains("FAILED   values::times_before_1970_are_kept: the check panicked: a time before 1970"),
        "{text}"
    );
    let panic = std::panic::catch_unwind(|| report.assert()).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>(), Some(&text));
}

#[tokio::test]
async fn a_store_without_an_audit_trail_is_not_asked_for_one() {
    struct Unaudited;
    impl Subject for Unaudited {
        type Store = InMemoryStore;
        async fn fresh(&self) -> InMemoryStore {
            InMemoryStore::new(self.keeps_outcomes(), None)
        }
        fn keeps_outcomes(&self) -> std::time::Duration {
            std::time::Duration::from_secs(60)
        }
    }
    assert!(!Unaudited.fresh().await.audits());
    let report = conformance::run(Unaudited).await;
    report.assert();
    let audit: Vec<_> = conformance::names().filter(|name| name.starts_with("audit::")).collect();
    assert!(audit.iter().all(|name| report.skipped().contains(name)), "{report}");
    assert!(report.skipped().contains(&"changed::a_write_of_another_process_wakes_who_waits"), "{report}");
}

#[test]
fn nothing_of_the_suite_is_in_a_bus() {
    let bus = Bus::builder().build();
    assert_eq!(bus.catalog().messages, []);
    assert!(bus.verify().is_sound());
}
