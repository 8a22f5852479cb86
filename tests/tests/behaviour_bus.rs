//! The bus as a whole: global and isolated ones, names, start and shutdown, the catalog.
#![cfg(feature = "inventory")]

use std::sync::Arc;
use std::time::Duration;

use cqrs_core::{
    Bus, DispatchError, Events, Fault, FaultKind, Problem, command, event, handler, provide, query, testing,
};
use serde::{Deserialize, Serialize};

struct Shop(&'static str);

impl cqrs_core::ReadOnly for Shop {}

#[provide]
fn shop() -> Shop {
    Shop("the global shop")
}

/// Says which shop this is.
///
/// For people who are lost.
#[query(output = &'static str)]
struct WhichShop;

#[handler]
async fn which_shop(_: WhichShop, shop: &Shop) -> &'static str {
    tokio::task::yield_now().await;
    shop.0
}

#[command(output = &'static str)]
struct WhichShopInside;

/// In a task of its own, through the global bus.
#[handler]
async fn which_shop_inside(_: WhichShopInside, events: &mut Events) -> &'static str {
    events.raise(Wondered);
    Bus::global().query(WhichShop).await.unwrap()
}

#[event(transient)]
#[derive(Clone)]
struct Wondered;

#[handler]
async fn wondered(_: Wondered, sign: &Sign) {
    *sign.0.lock().unwrap() = Bus::global().query(WhichShop).await.unwrap();
}

#[derive(Clone, Default)]
struct Sign(Arc<std::sync::Mutex<&'static str>>);

#[provide]
fn sign() -> Sign {
    Sign::default()
}

// ---------------------------------------------------------------- global

#[test]
fn the_global_bus_works_from_several_runtimes_one_after_another_and_at_once() {
    let ask = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            assert_eq!(Bus::global().query(WhichShop).await.unwrap(), "the global shop");
            assert_eq!(Bus::global().execute(WhichShopInside).await.unwrap(), "the global shop");
        });
    };
    ask();
    ask();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(ask);
        }
    });
}

#[tokio::test]
async fn scopes_of_parallel_tests_do_not_meet() {
    let shops = ["north", "south"].map(|name| {
        let sign = Sign::default();
        let bus = Bus::builder().provide(Shop(name)).provide(sign.clone()).build();
        let visit = testing::scope(bus.clone(), async move {
            for _ in 0..10 {
                assert_eq!(Bus::global().query(WhichShop).await.unwrap(), name);
                assert_eq!(Bus::global().execute(WhichShopInside).await.unwrap(), name, "in a task of the framework's");
            }
            Bus::global().settled().await;
            assert_eq!(*sign.0.lock().unwrap(), name, "in a delivery of the framework's");
        });
        tokio::spawn(visit)
    });
    for shop in shops {
        shop.await.unwrap();
    }
    assert_eq!(Bus::global().query(WhichShop).await.unwrap(), "the global shop", "after the scopes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_of_one_message_run_in_parallel() {
    let bus = Bus::builder().provide(Meeting(tokio::sync::Barrier::new(8))).build();
    let guests: Vec<_> = (0..8)
        .map(|n| {
            let bus = bus.clone();
            // Each waits for all the others, in place or in a task of its own.
            tokio::spawn(async move {
                if n % 2 == 0 { bus.query(Meet).await.unwrap() } else { bus.execute(MeetInTask).await.unwrap() }
            })
        })
        .collect();
    for guest in guests {
        tokio::time::timeout(Duration::from_secs(60), guest).await.expect("they wait for each other").unwrap();
    }
}

struct Meeting(tokio::sync::Barrier);

impl cqrs_core::ReadOnly for Meeting {}

#[provide]
fn meeting() -> Meeting {
    Meeting(tokio::sync::Barrier::new(1))
}

#[query]
struct Meet;

#[handler]
async fn meet(_: Meet, meeting: &Meeting) {
    meeting.0.wait().await;
}

#[command]
struct MeetInTask;

#[handler]
async fn meet_in_task(_: MeetInTask, meeting: &Meeting, _events: &mut Events) {
    meeting.0.wait().await;
}

// ---------------------------------------------------------------- by name

#[derive(Debug, thiserror::Error, cqrs_core::Problem)]
enum CutError {
    #[error("{0} is too short to cut")]
    #[problem(status = 409)]
    TooShort(u32),
    #[error(transparent)]
    #[fault]
    Fault(Fault),
}

#[command(output = u32, error = CutError, name = "tailor.cut")]
#[derive(Serialize, Deserialize)]
struct Cut {
    length: u32,
    #[serde(default)]
    fault: bool,
}

#[handler]
async fn cut(cmd: Cut) -> Result<u32, CutError> {
    match cmd {
        Cut { fault: true, .. } => Err(Fault::internal("the secret of the scissors"))?,
        Cut { length: 0..2, .. } => Err(CutError::TooShort(cmd.length)),
        Cut { length, .. } => Ok(length / 2),
    }
}

#[query(output = u32, wire)]
#[derive(Serialize, Deserialize)]
struct Length;

#[handler]
fn length(_: Length, context: cqrs_core::Context) -> u32 {
    context.metadata().len().try_into().unwrap()
}

#[event(wire)]
#[derive(Clone, Serialize, Deserialize)]
struct Torn;

#[handler]
fn torn(_: Torn, sign: &Sign) {
    *sign.0.lock().unwrap() = "torn";
}

#[query(output = Unwritable, wire)]
#[derive(Serialize, Deserialize)]
struct Riddle;

struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("nobody knows"))
    }
}

#[handler]
fn riddle(_: Riddle) -> Unwritable {
    Unwritable
}

#[query(output = u32)]
struct Private;

#[handler]
fn private(_: Private) -> u32 {
    7
}

#[tokio::test]
async fn a_message_is_dispatched_by_name_from_json() {
    let sign = Sign::default();
    let bus = Bus::builder().provide(sign.clone()).build();
    assert_eq!(bus.dispatch_json("tailor.cut", br#"{"length": 8}"#).await.unwrap(), 4);
    assert_eq!(bus.dispatch_json("Length", b"null").metadata("a", "b").await.unwrap(), 1, "with options");
    assert_eq!(bus.dispatch_json("Torn", b"null").await.unwrap(), serde_json::Value::Null);
    bus.settled().await;
    assert_eq!(*sign.0.lock().unwrap(), "torn");
}

#[tokio::test]
async fn what_cannot_be_dispatched_by_name_says_why() {
    let bus = Bus::builder().build();
    let fault = |result: cqrs_core::WireResult| match result.unwrap_err() {
        DispatchError::Fault(fault) => fault,
        DispatchError::Rejected(problem) => panic!("{problem}"),
    };
    let unknown = fault(bus.dispatch_json("tailor.kut", b"{}").await);
    assert_eq!(unknown.kind(), FaultKind::NotFound);
    assert!(unknown.detail().contains("did you mean `tailor.cut`?"), "{unknown}");
    let far = fault(bus.dispatch_json("zzzzzzzzzz", b"{}").await);
    assert!(!far.detail().contains("did you mean"), "{far}");
    for name in ["Cut", "Private", "WhichShop"] {
        let hidden = fault(bus.dispatch_json(name, b"null").await);
        assert_eq!(hidden.kind(), FaultKind::NotFound, "only what is declared so is reachable from bytes");
    }
    for (payload, words) in [
        (&b"{"[..], "EOF"),
        (b"{}", "missing field `length`"),
        (br#"{"length": -1}"#, "invalid value"),
        (b"\xff", "line 1 column 1"),
        (b"{\"length\": 1} tail", "trailing characters"),
    ] {
        let malformed = fault(bus.dispatch_json("tailor.cut", payload).await);
        assert_eq!(malformed.kind(), FaultKind::Malformed);
        assert!(malformed.detail().contains(words) && malformed.detail().contains("`tailor.cut`"), "{malformed}");
    }
    match bus.dispatch_json("tailor.cut", br#"{"length": 1}"#).await.unwrap_err() {
        DispatchError::Rejected(problem) => {
            assert_eq!((problem.status, problem.detail.as_str()), (409, "1 is too short to cut"));
        }
        DispatchError::Fault(fault) => panic!("{fault}"),
    }
    let internal = fault(bus.dispatch_json("tailor.cut", br#"{"length": 9, "fault": true}"#).await);
    assert!(internal.detail().contains("secret"));
    let told: Problem = cqrs_core::IntoProblem::into_problem(internal);
    assert!(told.status == 500 && !told.detail.contains("secret"), "{told}");
    let unwritable = fault(bus.dispatch_json("Riddle", b"null").await);
    assert_eq!((unwritable.kind(), unwritable.effect()), (FaultKind::Internal, cqrs_core::Effect::Unknown));
}

// ---------------------------------------------------------------- start and shutdown

#[tokio::test]
async fn start_makes_what_is_shared_and_shutdown_waits_for_what_runs() {
    let sign = Sign::default();
    let bus = Bus::builder().provide(sign.clone()).build();
    let started = bus.start().await.unwrap();
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let doors = Bus::builder().provide(Door(tokio::sync::Mutex::new(Some(wait)))).provide(sign.clone()).build();
    let open = doors.start().await.unwrap();
    let caller = tokio::spawn({
        let doors = doors.clone();
        async move { doors.execute(Leave).await }
    });
    tokio::task::yield_now().await;
    let mut ending = std::pin::pin!(open.shutdown());
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(ending.as_mut().poll(cx).is_pending())).await);
    let refused = doors.query(WhichShop).await.unwrap_err();
    assert_eq!(refused.fault().unwrap().kind(), FaultKind::Unavailable);
    assert!(refused.fault().unwrap().is_transient());
    assert!(doors.publish(Wondered).await.is_err());
    assert!(doors.query(WhichShop).timeout(Duration::from_secs(1)).await.is_err());
    go.send(()).unwrap();
    ending.await;
    caller.await.unwrap().expect("the call under way ended well, and so did what it asked and raised");
    assert_eq!(*sign.0.lock().unwrap(), "the global shop");
    drop(started);
    let _again = doors.start().await.unwrap();
    doors.query(WhichShop).await.expect("started again");
}

struct Door(tokio::sync::Mutex<Option<tokio::sync::oneshot::Receiver<()>>>);

#[provide]
fn door() -> Door {
    Door(tokio::sync::Mutex::new(None))
}

#[command]
struct Leave;

#[handler]
async fn leave(_: Leave, door: &Door, bus: cqrs_core::QueryBus, events: &mut Events) {
    if let Some(wait) = door.0.lock().await.take() {
        wait.await.unwrap();
    }
    bus.query(WhichShop).await.expect("a nested call of one that is under way");
    events.raise(Wondered);
}

// ---------------------------------------------------------------- catalog

#[test]
fn the_catalog_lists_everything_in_order_with_docs_and_places() {
    let catalog = Bus::global().catalog();
    let paths: Vec<_> = catalog.messages.iter().map(|message| message.place.path).collect();
    assert!(paths.is_sorted(), "{paths:?}");
    assert!(catalog.providers.iter().map(|provider| provider.place.path).is_sorted());
    let find = |name| catalog.messages.iter().find(|message| message.name == name).unwrap();
    let shop = find("WhichShop");
    assert_eq!(shop.description, "Says which shop this is.\n\nFor people who are lost.");
    assert_eq!(shop.kind, cqrs_core::MessageKind::Query);
    assert!(shop.options.is_empty());
    assert!(shop.place.file.ends_with("behaviour_bus.rs") && shop.place.line > 20);
    assert_eq!(shop.handlers.len(), 1);
    assert_eq!(shop.handlers[0].place.path, "behaviour_bus::which_shop");
    assert_eq!(find("tailor.cut").options, ["wire"]);
    assert_eq!(find("Wondered").options, ["transient"]);
    let text = catalog.to_string();
    for words in [
        "command tailor.cut (wire)",
        "query WhichShop",
        "Says which shop this is.",
        "handled  `behaviour_bus::cut`",
        "provider of behaviour_bus::Shop (once)",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let json = serde_json::to_value(&catalog).unwrap();
    assert_eq!(json["messages"][0]["kind"], serde_json::to_value(catalog.messages[0].kind).unwrap());
    assert_eq!(Bus::builder().build().catalog(), catalog);
}

#[test]
fn everything_here_is_wired() {
    testing::assert_wired!();
    testing::assert_wired!(Bus::builder().provide(Shop("own")).build());
}
