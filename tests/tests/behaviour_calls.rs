//! One call: its options, what it inherits, what it must not be nested in, and every way it can fail.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_core::{
    Bus, Call, CommandBus, Context, CorrelationId, Deadline, DispatchError, Effect, Events, Fault, FaultKind, FromCall,
    MessageId, OperationResult, Outbox, Principal, QueryBus, command, event, handler, query,
};
use serde::{Deserialize, Serialize};

// ---------------------------------------------------------------- options and context

#[query(output = Context)]
struct Look;

#[handler]
async fn look(_: Look, context: Context) -> Context {
    context
}

#[query(output = (Context, Context, Context))]
struct LookDeeper {
    through_global: bool,
}

/// Its own context, that of a nested query, and that of one after an await.
#[handler]
async fn look_deeper(query: LookDeeper, bus: QueryBus, own: Context) -> (Context, Context, Context) {
    if query.through_global {
        let first = Bus::global().query(Look).await.unwrap();
        tokio::task::yield_now().await;
        return (own, first, Bus::global().query(Look).await.unwrap());
    }
    let first = bus.query(Look).await.unwrap();
    (own, first, bus.query(Look).tenant("another").await.unwrap())
}

fn bus() -> Bus {
    Bus::builder().build()
}

#[tokio::test]
async fn every_option_is_in_the_context() {
    let cause = MessageId::new();
    let context = bus()
        .query(Look)
        .by(Principal::new("ada").with_scope("look"))
        .tenant("acme")
        .timeout(Duration::from_secs(60))
        .idempotency_key("k-1")
        .correlation("from-the-edge")
        .causation(cause)
        .metadata("colour", "blue")
        .await
        .unwrap();
    assert_eq!(context.principal().unwrap().id(), "ada");
    assert!(context.principal().unwrap().has_scope("look"));
    assert_eq!(context.tenant(), Some("acme"));
    let left = context.deadline().unwrap().remaining();
    assert!(left <= Duration::from_secs(60) && left > Duration::from_secs(50), "{left:?}");
    assert_eq!(context.idempotency_key(), Some("k-1"));
    assert_eq!(context.correlation_id(), &CorrelationId::from("from-the-edge"));
    assert_eq!(context.causation_id(), Some(cause));
    assert_eq!(context.metadata()["colour"], "blue");
}

#[tokio::test]
async fn without_options_a_call_begins_a_correlation_of_its_own() {
    let (first, second) = (bus().query(Look).await.unwrap(), bus().query(Look).await.unwrap());
    assert_eq!(first.correlation_id(), &CorrelationId::from(first.message_id()));
    assert_eq!(first.causation_id(), None);
    assert!(first.message_id() < second.message_id(), "ids sort by time");
}

#[tokio::test]
async fn a_context_crosses_a_process() {
    let context = bus()
        .query(Look)
        .by(Principal::new("ada").with_scope("look"))
        .tenant("acme")
        .timeout(Duration::from_secs(60))
        .idempotency_key("k")
        .metadata("colour", "blue")
        .await
        .unwrap();
    let there: Context = serde_json::from_str(&serde_json::to_string(&context).unwrap()).unwrap();
    assert_eq!(there.message_id(), context.message_id());
    assert_eq!(there.correlation_id(), context.correlation_id());
    assert_eq!(there.principal(), context.principal());
    assert_eq!(there.tenant(), context.tenant());
    assert_eq!(there.idempotency_key(), context.idempotency_key());
    assert_eq!(there.metadata(), context.metadata());
    let (left, right) = (context.deadline().unwrap().remaining(), there.deadline().unwrap().remaining());
    assert!(left.abs_diff(right) < Duration::from_secs(1), "{left:?} and {right:?}");
}

fn assert_nested(own: &Context, nested: &Context) {
    assert_eq!(nested.correlation_id(), own.correlation_id());
    assert_eq!(nested.causation_id(), Some(own.message_id()));
    assert_ne!(nested.message_id(), own.message_id());
    assert_eq!(nested.principal(), own.principal());
    assert_eq!(nested.deadline(), own.deadline());
    assert_eq!(nested.metadata(), own.metadata());
    assert_eq!(nested.idempotency_key(), None, "a key is for one call");
}

#[tokio::test]
async fn a_nested_query_inherits() {
    for through_global in [false, true] {
        let bus = bus();
        let call = bus
            .query(LookDeeper { through_global })
            .by(Principal::new("ada"))
            .tenant("acme")
            .timeout(Duration::from_secs(60))
            .idempotency_key("k")
            .metadata("colour", "blue");
        let (own, first, second) = call.await.unwrap();
        assert_nested(&own, &first);
        assert_nested(&own, &second);
        assert_eq!(first.tenant(), Some("acme"));
        assert_eq!(second.tenant(), Some(if through_global { "acme" } else { "another" }));
    }
}

#[query(output = (Context, Context))]
struct LookTwice;

/// Takes no context, so that the nested calls are the first to ask for one.
#[handler]
async fn look_twice(_: LookTwice) -> (Context, Context) {
    let first = Bus::global().query(Look).await.unwrap();
    tokio::task::yield_now().await;
    (first, Bus::global().query(Look).await.unwrap())
}

#[tokio::test]
async fn a_call_nobody_asked_about_has_one_id_all_the_same() {
    let (first, second) = bus().query(LookTwice).await.unwrap();
    assert_eq!(first.causation_id(), second.causation_id());
    assert!(first.causation_id().is_some());
    assert_eq!(first.correlation_id(), second.correlation_id());
    let after = bus().query(Look).await.unwrap();
    assert_eq!(after.causation_id(), None, "nothing is left on the thread");
}

#[query(output = Option<Principal>)]
struct Who;

#[handler]
fn who(_: Who, principal: Option<Principal>) -> Option<Principal> {
    principal
}

#[command(output = String)]
struct SignIn;

#[handler]
fn sign_in(_: SignIn, principal: Principal) -> String {
    principal.id().to_owned()
}

#[query(output = Option<Duration>)]
struct TimeLeft;

#[handler]
async fn time_left(_: TimeLeft, deadline: Option<Deadline>) -> Option<Duration> {
    deadline.map(|deadline| deadline.remaining())
}

#[query(output = bool)]
struct Urgent;

#[handler]
fn urgent(_: Urgent, deadline: Deadline) -> bool {
    deadline.remaining() < Duration::from_secs(10)
}

#[tokio::test]
async fn what_is_read_off_a_call() {
    let bus = bus();
    assert!(bus.query(Urgent).timeout(Duration::from_secs(9)).await.unwrap());
    assert!(bus.query(Urgent).await.unwrap_err().to_string().contains(".timeout(..)"));
    assert_eq!(bus.query(Who).await.unwrap(), None);
    assert_eq!(bus.query(Who).by(Principal::new("ada")).await.unwrap(), Some(Principal::new("ada")));
    assert_eq!(bus.execute(SignIn).by(Principal::new("ada")).await.unwrap(), "ada");
    let nobody = bus.execute(SignIn).await.unwrap_err();
    assert_eq!(nobody.fault().unwrap().kind(), FaultKind::Unauthenticated);
    assert_eq!(bus.query(TimeLeft).await.unwrap(), None);
    assert!(bus.query(TimeLeft).timeout(Duration::from_secs(9)).await.unwrap().unwrap() <= Duration::from_secs(9));
}

// ---------------------------------------------------------------- what must not be nested

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Done;

#[command(output = Context)]
struct Inner;

#[handler]
async fn inner(_: Inner, context: Context) -> Context {
    context
}

#[derive(Debug, Clone, Copy)]
enum How {
    Execute,
    ExecuteByValue,
    Publish,
}

#[query(output = (), error = Fault)]
struct SneakyQuery(How);

#[handler]
async fn sneaky_query(query: SneakyQuery) -> Result<(), Fault> {
    match query.0 {
        How::Publish => Bus::global().publish(Done).await,
        _ => Ok(Bus::global().execute(Inner).await.map(drop)?),
    }
}

/// The bus of the call, in a type of one's own: the compiler refuses the bus itself beside a resource.
struct BackDoor(CommandBus);

impl FromCall for BackDoor {
    fn from_call(call: &Call<'_>) -> Result<Self, Fault> {
        CommandBus::from_call(call).map(BackDoor)
    }
}

#[command(output = (), error = Fault)]
struct OpenCommand(How);

#[handler]
async fn open_command(cmd: OpenCommand, bus: BackDoor, _events: &mut Events) -> Result<(), Fault> {
    match cmd.0 {
        How::Publish => bus.0.publish(Done).await,
        How::Execute => Ok(Bus::global().execute(Inner).await.map(drop)?),
        How::ExecuteByValue => Ok(bus.0.execute(Inner).await.map(drop)?),
    }
}

#[command(output = (Context, Context), error = Fault)]
struct Outer;

/// Without a resource a command may execute what belongs to it.
#[handler]
async fn outer(_: Outer, bus: CommandBus, own: Context) -> Result<(Context, Context), Fault> {
    bus.publish(Done).await?;
    Ok((own, bus.execute(Inner).await?))
}

#[command(output = Context)]
struct AskingCommand;

/// A query may be asked while the unit of work is open.
#[handler]
async fn asking_command(_: AskingCommand, bus: QueryBus, _events: &mut Events) -> Context {
    Bus::global().query(Look).await.unwrap();
    bus.query(Look).await.unwrap()
}

#[tokio::test]
async fn a_query_changes_nothing_through_the_back_door() {
    for how in [How::Execute, How::Publish] {
        let fault = bus().query(SneakyQuery(how)).await.unwrap_err();
        let fault = fault.fault().unwrap();
        assert_eq!(fault.kind(), FaultKind::Wiring);
        let text = fault.to_string();
        assert!(text.contains("sneaky_query") && text.contains("a query changes nothing"), "{text}");
        assert!(!matches!(how, How::Execute) || text.contains("::inner"), "{text}");
    }
}

#[tokio::test]
async fn a_call_with_an_open_unit_executes_nothing() {
    for how in [How::Execute, How::ExecuteByValue, How::Publish] {
        let fault = bus().execute(OpenCommand(how)).await.unwrap_err();
        let text = fault.fault().unwrap().to_string();
        assert!(text.contains("open_command") && text.contains("unit of work is open"), "{text}");
        let cure = if matches!(how, How::Publish) { "&mut Events" } else { "&mut Outbox" };
        assert!(text.contains(cure), "{text}");
    }
    bus().execute(AskingCommand).await.unwrap();
}

#[tokio::test]
async fn a_command_without_a_resource_executes_and_inherits() {
    let (own, nested) = bus().execute(Outer).by(Principal::new("ada")).metadata("colour", "blue").await.unwrap();
    assert_nested(&own, &nested);
}

// ---------------------------------------------------------------- faults

#[command(output = u32, error = String)]
struct Fail(Way);

#[command(output = u32, error = String)]
struct FailInTask(Way);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Not,
    Reject,
    Panic,
    PanicWithPayload,
    Never,
}

async fn fail_so(way: Way) -> Result<u32, String> {
    match way {
        Way::Not => Ok(7),
        Way::Reject => Err("no".to_owned()),
        Way::Panic => panic!("boom {}", 1),
        Way::PanicWithPayload => std::panic::panic_any(7_u8),
        Way::Never => std::future::pending().await,
    }
}

#[handler]
async fn fail(cmd: Fail) -> Result<u32, String> {
    tokio::task::yield_now().await;
    fail_so(cmd.0).await
}

#[handler]
async fn fail_in_task(cmd: FailInTask, events: &mut Events) -> Result<u32, String> {
    events.raise(Done);
    tokio::task::yield_now().await;
    fail_so(cmd.0).await
}

#[command(output = u32)]
struct PanicNow;

#[handler]
fn panic_now(_: PanicNow) -> u32 {
    panic!("boom now")
}

/// Does not print the backtraces of panics that a test wants.
fn quiet() {
    tests::quiet::expect_panics(&["boom", "Box<dyn Any>"]);
}

#[tokio::test]
async fn a_rejection_is_the_handlers_own_word() {
    let bus = bus();
    for answer in [bus.execute(Fail(Way::Reject)).await, bus.execute(FailInTask(Way::Reject)).await] {
        assert!(matches!(answer, Err(DispatchError::Rejected(ref no)) if no == "no"));
    }
    assert_eq!(bus.execute(Fail(Way::Not)).await.unwrap(), 7);
    assert_eq!(bus.execute(FailInTask(Way::Not)).await.unwrap(), 7);
}

#[tokio::test]
async fn a_panic_is_a_fault_of_its_caller_and_nothing_more() {
    quiet();
    let bus = bus();
    let in_place = bus.execute(Fail(Way::Panic)).await.unwrap_err();
    let in_task = bus.execute(FailInTask(Way::Panic)).await.unwrap_err();
    let now = bus.execute(PanicNow).await.unwrap_err();
    for (fault, words, handler) in [
        (in_place.fault().unwrap(), "boom 1", "::fail"),
        (in_task.fault().unwrap(), "boom 1", "::fail_in_task"),
        (now.fault().unwrap(), "boom now", "::panic_now"),
    ] {
        assert_eq!((fault.kind(), fault.effect()), (FaultKind::Panic, Effect::Nothing));
        assert!(matches!(fault.message(), Some("Fail" | "FailInTask" | "PanicNow")), "{fault}");
        assert!(!fault.is_transient());
        let text = fault.to_string();
        assert!(text.contains(words) && text.contains(handler) && text.contains("behaviour_calls.rs:"), "{text}");
    }
    let odd = bus.execute(Fail(Way::PanicWithPayload)).await.unwrap_err();
    assert!(odd.to_string().contains("a payload that is no text"));
    assert_eq!(bus.execute(Fail(Way::Not)).await.unwrap(), 7, "the bus goes on");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_rolls_back() {
    let bus = bus();
    let in_place = bus.execute(Fail(Way::Never)).timeout(Duration::from_secs(5)).await.unwrap_err();
    let in_task = bus.execute(FailInTask(Way::Never)).timeout(Duration::from_secs(5)).await.unwrap_err();
    for error in [in_place, in_task] {
        let fault = error.fault().unwrap();
        assert_eq!((fault.kind(), fault.effect()), (FaultKind::Timeout, Effect::Nothing));
        assert!(fault.is_transient());
        assert!(fault.to_string().contains("behaviour_calls.rs:"), "{fault}");
    }
    let late = bus.query(Look).timeout(Duration::ZERO).await.unwrap_err();
    assert_eq!(late.fault().unwrap().kind(), FaultKind::Timeout, "no handler runs past its deadline");
    assert_eq!(bus.execute(Fail(Way::Not)).timeout(Duration::MAX).await.unwrap(), 7);
}

#[query(output = Option<Duration>, error = Fault)]
struct Patient;

#[handler]
async fn patient(_: Patient, bus: QueryBus) -> Result<Option<Duration>, Fault> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    Ok(bus.query(TimeLeft).timeout(Duration::from_secs(60)).await?)
}

#[tokio::test(start_paused = true)]
async fn a_nested_call_has_the_time_that_is_left() {
    let left = bus().query(Patient).timeout(Duration::from_secs(10)).await.unwrap();
    assert_eq!(left, Some(Duration::from_secs(7)));
}

#[test]
fn without_a_runtime_a_call_in_place_works_and_the_others_are_a_fault() {
    fn block_on<F: Future>(future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
        }
    }
    let bus = bus();
    assert_eq!(block_on(bus.query(Who).into_future()).unwrap(), None);
    for fault in [
        block_on(bus.execute(FailInTask(Way::Not)).into_future()).unwrap_err(),
        block_on(bus.execute(Fail(Way::Not)).timeout(Duration::from_secs(1)).into_future()).unwrap_err(),
    ] {
        let fault = fault.fault().unwrap();
        assert_eq!(fault.kind(), FaultKind::Wiring);
        assert!(fault.to_string().contains("tokio runtime"), "{fault}");
    }
    assert!(block_on(bus.publish(Done).into_future()).is_err());
}

#[tokio::test]
async fn the_halves_of_a_bus_are_the_bus() {
    let (commands, queries) = (bus().commands(), bus().queries());
    assert_eq!(commands.execute(FailInTask(Way::Not)).await.unwrap(), 7);
    commands.publish(Done).await.unwrap();
    let context = queries.query(Look).await.unwrap();
    assert_eq!(context.causation_id(), None, "outside of a call they carry none");
}

/// A resource that asks its scope.
struct Stamp(String);

impl<C: Sync> cqrs_core::Resource<C> for Stamp {
    type Unit = cqrs_core::AnyUnit;

    async fn open(scope: &mut cqrs_core::Scope, _: &C) -> Result<Self, Fault> {
        let ink = scope.dependency::<String>().await?;
        Ok(Stamp(format!("{ink} of {}", scope.context().tenant().unwrap_or("nobody"))))
    }

    async fn stage(self, _: &mut cqrs_core::Scope) -> Result<(), Fault> {
        Ok(())
    }
}

#[command(output = String)]
struct Seal;

#[handler]
fn seal(_: Seal, stamp: &mut Stamp) -> String {
    std::mem::take(&mut stamp.0)
}

#[tokio::test]
async fn a_resource_asks_its_scope_for_the_context_and_for_dependencies() {
    let bus = Bus::builder().provide("ink".to_owned()).build();
    assert_eq!(bus.execute(Seal).tenant("acme").await.unwrap(), "ink of acme");
    let dry = Bus::builder().build().execute(Seal).await.unwrap_err();
    assert_eq!(dry.fault().unwrap().kind(), FaultKind::Wiring);
}

#[tokio::test]
async fn a_future_that_is_polled_again_says_so() {
    let mut call = std::pin::pin!(bus_static().query(Who).into_future());
    call.as_mut().await.unwrap();
    let again = call.as_mut().await.unwrap_err();
    assert_eq!(again.fault().unwrap().kind(), FaultKind::Internal);
    let mut in_task = std::pin::pin!(bus_static().execute(FailInTask(Way::Not)).into_future());
    in_task.as_mut().await.unwrap();
    let again = in_task.as_mut().await.unwrap_err();
    assert_eq!(again.fault().unwrap().kind(), FaultKind::Internal, "and does not wait for ever");
}

fn bus_static() -> &'static Bus {
    static BUS: std::sync::LazyLock<Bus> = std::sync::LazyLock::new(bus);
    &BUS
}

// ---------------------------------------------------------------- rejections, faults, outcomes

#[derive(Debug, thiserror::Error, cqrs_core::Problem)]
enum PayError {
    #[error("the card was declined")]
    #[problem(status = 402, type = "https://example.org/declined", title = "Declined")]
    Declined,
    #[error(transparent)]
    #[fault]
    Fault(Fault),
}

#[command(output = u32, error = PayError)]
struct Pay(u32);

#[handler]
async fn pay(cmd: Pay, bus: QueryBus) -> Result<u32, PayError> {
    bus.query(Who).await?;
    match cmd.0 {
        0 => Err(PayError::Declined),
        1 => Err(Fault::unavailable("the bank sleeps").caused_by(std::io::Error::other("night")))?,
        n => Ok(n),
    }
}

#[query(output = u32, error = Fault)]
struct Balance;

#[handler]
async fn balance(_: Balance) -> Result<u32, Fault> {
    Err(Fault::conflict("read again"))
}

#[tokio::test]
async fn a_fault_inside_an_error_is_lifted_out() {
    let bus = bus();
    assert!(matches!(bus.execute(Pay(0)).await, Err(DispatchError::Rejected(PayError::Declined))));
    let error = bus.execute(Pay(1)).await.unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!(fault.kind(), FaultKind::Unavailable);
    assert_eq!(std::error::Error::source(fault).unwrap().to_string(), "night");
    assert!(fault.place().unwrap().path.ends_with("::pay"));
    let error = bus.query(Balance).await.unwrap_err();
    assert_eq!(error.fault().unwrap().kind(), FaultKind::Conflict, "`Fault` as the error is lifted whole");
}

#[command(output = OperationResult<u32>)]
struct Order(u32);

#[handler]
async fn order(cmd: Order, events: &mut Events, outbox: &mut Outbox) -> OperationResult<u32> {
    events.raise(Done);
    outbox.send(Count);
    match cmd.0 {
        0 => OperationResult::bad_request("an order has at least one line"),
        n => OperationResult::created(n),
    }
}

#[command(wire)]
#[derive(Serialize, Deserialize)]
struct Count;

#[derive(Default)]
struct Counted(AtomicUsize);

#[handler]
fn count(_: Count, counted: &Counted) {
    counted.0.fetch_add(1, Ordering::Relaxed);
}

#[handler]
fn count_done(_: Done, counted: &Counted) {
    counted.0.fetch_add(1, Ordering::Relaxed);
}

#[cfg(feature = "inventory")]
#[tokio::test]
async fn an_output_that_says_it_failed_leaves_nothing() {
    let counted = std::sync::Arc::new(Counted::default());
    let bus = Bus::builder().provide_dyn(counted.clone()).build();
    let refused = bus.execute(Order(0)).await.unwrap();
    assert_eq!((refused.status_code(), refused.is_success()), (400, false));
    bus.settled().await;
    assert_eq!(counted.0.load(Ordering::Relaxed), 0);
    assert_eq!(bus.execute(Order(3)).await.unwrap().value(), Some(&3));
    bus.settled().await;
    assert_eq!(counted.0.load(Ordering::Relaxed), 2, "one event, one command");
}
