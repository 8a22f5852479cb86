//! `authorize`: every shape of a policy, and what a caller is told.

#![cfg(feature = "inventory")]

use std::sync::Arc;

use cqrs_core::{
    Bus, Effect, Fault, FaultKind, IntoProblem, Outbox, Principal, ReadOnly, command, event, handler, query,
};
use serde::{Deserialize, Serialize};
use tests::faults::fault;

trait Owners: Send + Sync + ReadOnly {
    fn owner(&self, of: u32) -> Option<&'static str>;
}

struct Fixed;
impl ReadOnly for Fixed {}

impl Owners for Fixed {
    fn owner(&self, of: u32) -> Option<&'static str> {
        match of {
            1 => Some("ada"),
            2 => Some("eve"),
            _ => None,
        }
    }
}

struct Closed(bool);
impl ReadOnly for Closed {}

fn bus() -> Bus {
    Bus::builder().provide_dyn::<dyn Owners>(Arc::new(Fixed)).provide(Closed(false)).build()
}

mod policies {
    use super::*;

    pub(super) async fn owns(
        who: &Principal,
        cmd: &Drop_,
        owners: &(dyn Owners + 'static),
        closed: &Closed,
    ) -> Result<bool, Fault> {
        tokio::task::yield_now().await;
        match (closed.0, owners.owner(cmd.of)) {
            (true, _) => Err(Fault::unavailable("the register is closed")),
            (false, owner) => Ok(owner == Some(who.id())),
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{0} is not on the list")]
    pub(super) struct NotOnTheList(String);

    pub(super) fn on_the_list(who: &Principal, _: &Enter) -> Result<(), NotOnTheList> {
        if who.id() == "ada" { Ok(()) } else { Err(NotOnTheList(who.id().to_owned())) }
    }
}

#[command(authorize = policies::owns)]
struct Drop_ {
    of: u32,
}

#[handler]
fn drop_it(_: Drop_) {}

#[query(output = u32, authorize = crate::policies::on_the_list)]
struct Enter;

#[handler]
fn enter(_: Enter) -> u32 {
    7
}

#[tokio::test]
async fn a_policy_may_wait_and_ask_dependencies() {
    let bus = bus();
    bus.execute(Drop_ { of: 1 }).by(Principal::new("ada")).await.unwrap();
    assert_eq!(fault(bus.execute(Drop_ { of: 2 }).by(Principal::new("ada")).await).kind(), FaultKind::Forbidden);
    assert_eq!(fault(bus.execute(Drop_ { of: 1 }).await).kind(), FaultKind::Unauthenticated);
}

#[tokio::test]
async fn a_policy_that_cannot_tell_is_a_fault_and_no_refusal() {
    let bus = Bus::builder().provide_dyn::<dyn Owners>(Arc::new(Fixed)).provide(Closed(true)).build();
    let fault = fault(bus.execute(Drop_ { of: 1 }).by(Principal::new("ada")).await);
    assert_eq!((fault.kind(), fault.detail()), (FaultKind::Unavailable, "the register is closed"));
    assert!(fault.place().is_some());
}

#[tokio::test]
async fn a_reason_is_for_the_log_and_not_for_the_caller() {
    let fault = fault(bus().query(Enter).by(Principal::new("eve")).await);
    assert_eq!(fault.kind(), FaultKind::Forbidden);
    assert_eq!(std::error::Error::source(&fault).unwrap().to_string(), "eve is not on the list");
    let problem = fault.into_problem();
    assert_eq!(problem.status, 403);
    assert!(!serde_json::to_string(&problem).unwrap().contains("list"), "{problem}");
    assert_eq!(bus().query(Enter).by(Principal::new("ada")).await.unwrap(), 7);
}

#[tokio::test]
async fn what_a_policy_needs_is_verified() {
    let report = Bus::builder().build().verify().to_string();
    assert!(report.contains("dyn pipeline_access::Owners") && report.contains("pipeline_access::Drop_"), "{report}");
}

#[tokio::test]
async fn the_application_itself_may_do_everything() {
    let bus = bus();
    bus.execute(Drop_ { of: 2 }).by(Principal::system("cleaner")).await.unwrap();
    bus.execute(Sweep).by(Principal::system("cleaner")).await.unwrap();
    assert_eq!(fault(bus.execute(Sweep).by(Principal::new("cleaner")).await).kind(), FaultKind::Forbidden);
}

#[command(wire, authorize = "floor:sweep")]
#[derive(Serialize, Deserialize)]
struct Sweep;

#[handler]
fn sweep(_: Sweep, swept: &Swept) {
    swept.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
}

#[derive(Default)]
struct Swept(std::sync::atomic::AtomicU32);

#[cqrs_core::provide]
fn swept() -> Swept {
    Swept::default()
}

#[command]
struct Close;

#[handler]
fn close(_: Close, outbox: &mut Outbox) {
    outbox.send(Sweep);
}

#[tokio::test]
async fn what_an_outbox_sends_is_the_applications_own() {
    let swept = Arc::new(Swept::default());
    let bus = Bus::builder().provide_dyn::<Swept>(swept.clone()).build();
    bus.execute(Close).by(Principal::new("ada")).await.unwrap();
    bus.settled().await;
    assert_eq!(swept.0.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[event(wire)]
#[derive(Clone, Serialize, Deserialize)]
struct Swept_ {}

#[tokio::test]
async fn a_bus_that_denies_by_default_takes_events_by_name_from_the_application_alone() {
    let open = bus();
    open.dispatch_json("Swept_", b"{}").await.unwrap();
    let closed = Bus::builder().deny_by_default().build();
    for who in [None, Some(Principal::new("ada"))] {
        let call = closed.dispatch_json("Swept_", b"{}");
        let answer = match who {
            Some(who) => call.by(who).await,
            None => call.await,
        };
        assert_eq!(fault(answer).kind(), FaultKind::Forbidden);
    }
    closed.dispatch_json("Swept_", b"{}").by(Principal::system("feed")).await.unwrap();
    closed.publish(Swept_ {}).await.unwrap();
}

#[tokio::test]
async fn a_call_inside_of_another_is_asked_for_on_behalf_of_the_same_caller() {
    let bus = bus();
    assert_eq!(fault(bus.execute(Twice).by(Principal::new("ada")).await).kind(), FaultKind::Forbidden);
    bus.execute(Twice).by(Principal::new("ada").with_scope("floor:sweep")).await.unwrap();
}

#[command(error = Fault)]
struct Twice;

#[handler]
async fn twice(_: Twice, bus: cqrs_core::CommandBus) -> Result<(), Fault> {
    bus.execute(Sweep).await?;
    Ok(())
}

// A policy may execute what belongs to its answer, where the call has no unit of work.

async fn notes_and_refuses(_: &Principal, _: &Noted) -> Result<bool, Fault> {
    Bus::global().execute(NoteDown).await?;
    Ok(false)
}

#[command(authorize = notes_and_refuses)]
struct Noted;

#[handler]
fn noted(_: Noted) {}

#[command]
struct NoteDown;

#[handler]
fn note_down(_: NoteDown) {}

#[tokio::test]
async fn a_policy_that_has_executed_something_does_not_say_that_nothing_happened() {
    let answer =
        cqrs_core::testing::scope(bus(), async { Bus::global().execute(Noted).by(Principal::new("ada")).await });
    let refused = fault(answer.await);
    assert_eq!((refused.kind(), refused.effect()), (FaultKind::Forbidden, Effect::Unknown));
}

fn faints(_: &Principal, _: &AskThePorter) -> bool {
    panic!("the porter fainted")
}

#[command(authorize = faints)]
struct AskThePorter;

#[handler]
fn ask_the_porter(_: AskThePorter) {}

#[tokio::test]
async fn a_policy_that_panics_is_the_one_that_is_named() {
    tests::quiet::expect_panics(&["the porter fainted"]);
    let fault = fault(bus().execute(AskThePorter).by(Principal::new("ada")).await);
    assert_eq!((fault.kind(), fault.detail()), (FaultKind::Panic, "the policy panicked: the porter fainted"));
}
