//! Contracts in one crate, their handlers and providers in others, an application on top: everything is linked in,
//! since this program names it all.
#![cfg(feature = "inventory")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contracts::{Charge, Charged, Declined, Paid, Receipt, Refund};
use cqrs_core::{Bus, DispatchError, FaultKind, IntoProblem, WiringProblemKind};
use shop::{MadeOf, Order, OrderError};
use tokio::test;

cqrs_core::link!(unnamed, renamed, forbidding);

fn sound() -> Bus {
    let bus = Bus::builder().build();
    cqrs_core::testing::assert_wired!(&bus);
    bus
}

#[test]
async fn a_contract_reaches_its_handler_in_another_crate() {
    let bus = sound();
    assert_eq!(bus.execute(Charge { customer: 1, cents: 250 }).await.unwrap(), Receipt { number: 1 });
    assert_eq!(bus.query(Paid { customer: 1 }).await.unwrap(), 250);
    let refused = bus.execute(Charge { customer: 1, cents: 10_001 }).await.unwrap_err();
    assert_eq!(refused.rejection(), Some(&Declined { limit: 10_000 }));
    assert_eq!(bus.query(Paid { customer: 1 }).await.unwrap(), 250);
}

#[test]
async fn a_handler_executes_a_contract_of_another_crate() {
    let bus = sound();
    assert_eq!(bus.execute(Order { customer: 2, cents: 100 }).await.unwrap(), Receipt { number: 1 });
    let refused = bus.execute(Order { customer: 2, cents: 20_000 }).await.unwrap_err();
    assert!(matches!(refused, DispatchError::Rejected(OrderError::TooMuch(10_000))), "{refused:?}");
    assert_eq!(refused.into_problem().status, 402);
}

#[test]
async fn an_event_of_one_crate_is_handled_in_another() {
    let bus = sound();
    bus.execute(Charge { customer: 3, cents: 1 }).await.unwrap();
    bus.settled().await;
    // The shop's handler of `Charged` has noted a payment of its own.
    assert_eq!(bus.execute(Charge { customer: 3, cents: 1 }).await.unwrap(), Receipt { number: 3 });
}

#[test]
async fn an_event_is_handled_in_its_own_crate_and_in_one_that_depends_on_it() {
    let bus = sound();
    let paid = contracts::PAID.load(Ordering::SeqCst);
    bus.execute(Charge { customer: 4, cents: 7 }).await.unwrap();
    bus.settled().await;
    // Beside other tests; the shop's handler is shown by the number of the receipt.
    assert!(contracts::PAID.load(Ordering::SeqCst) >= paid + 7);
    assert_eq!(bus.execute(Charge { customer: 4, cents: 1 }).await.unwrap(), Receipt { number: 3 });
}

#[test]
async fn a_crate_that_is_only_linked_answers() {
    assert_eq!(sound().execute(Refund { customer: 5 }).await.unwrap(), 5);
}

#[test]
async fn the_global_bus_has_it_all() {
    assert_eq!(Bus::global().execute(Refund { customer: 6 }).await.unwrap(), 6);
    assert!(Bus::global().verify().is_sound(), "{}", Bus::global().verify());
}

#[test]
async fn a_message_is_reached_by_name_whatever_crate_it_is_in() {
    let bus = sound();
    let receipt = bus.dispatch_json("shop.order", br#"{"customer": 4, "cents": 5}"#).await.unwrap();
    assert_eq!(receipt, serde_json::json!({"number": 1}));
    let unknown = bus.dispatch_json("shop.ordre", b"{}").await.unwrap_err();
    let fault = unknown.fault().unwrap();
    assert_eq!(fault.kind(), FaultKind::NotFound);
    assert!(fault.detail().contains("did you mean `shop.order`?"), "{fault}");
}

#[test]
async fn a_closure_stands_in_for_a_contracts_handler() {
    let charged = Arc::new(AtomicU64::new(0));
    let sum = Arc::clone(&charged);
    let bus = Bus::builder()
        .register(move |cmd: Charge| {
            let number = sum.fetch_add(cmd.cents, Ordering::Relaxed) + cmd.cents;
            async move { if cmd.cents == 13 { Err(Declined { limit: 12 }) } else { Ok(Receipt { number }) } }
        })
        .build();
    cqrs_core::testing::assert_wired!(&bus);
    // Also below a handler that is linked in, and for the bus it was given to alone.
    assert_eq!(bus.execute(Order { customer: 9, cents: 20_000 }).await.unwrap(), Receipt { number: 20_000 });
    let refused = bus.execute(Order { customer: 9, cents: 13 }).await.unwrap_err();
    assert!(matches!(refused, DispatchError::Rejected(OrderError::TooMuch(12))), "{refused:?}");
    assert_eq!(charged.load(Ordering::Relaxed), 20_013);
    assert_eq!(sound().execute(Order { customer: 9, cents: 13 }).await.unwrap(), Receipt { number: 1 });
    assert_eq!(charged.load(Ordering::Relaxed), 20_013);
}

#[test]
async fn a_fault_below_another_crates_handler_stays_a_fault() {
    async fn broken(_: Charge) -> Result<Receipt, Declined> {
        panic!("out of order")
    }

    let bus = Bus::builder().register(broken).build();
    let error = bus.execute(Order { customer: 9, cents: 1 }).await.unwrap_err();
    let fault = error.fault().expect("a fault, lifted out of the rejection");
    assert_eq!(fault.kind(), FaultKind::Panic);
    assert!(fault.detail().contains("out of order"), "{fault}");
}

#[test]
async fn a_value_stands_in_for_another_crates_provider() {
    let settings = settings::Settings { limit: 1, made_of: "fake".to_owned() };
    let bus = Bus::builder().provide(settings).build();
    assert_eq!(bus.query(MadeOf).await.unwrap(), "fake/ledger/till to 1");
    let refused = bus.execute(Order { customer: 9, cents: 2 }).await.unwrap_err();
    assert!(matches!(refused, DispatchError::Rejected(OrderError::TooMuch(1))), "{refused:?}");
}

#[test]
async fn a_crate_with_the_core_under_another_name_works_like_any_other() {
    use renamed::{Greet, GreetError, Greetings};

    let bus = sound();
    let greeting = bus.execute(Greet { name: "Ada".to_owned() }).await.unwrap();
    assert_eq!(greeting, "hello Ada (1)");
    bus.settled().await;
    assert_eq!(bus.query(Greetings { name: "Ada".to_owned() }).await.unwrap(), 1);
    let refused = bus.execute(Greet { name: String::new() }).await.unwrap_err();
    assert!(matches!(refused, DispatchError::Rejected(GreetError::Nameless)), "{refused:?}");
    let told = bus.dispatch_json("renamed.greet", br#"{"name": ""}"#).await.unwrap_err();
    assert_eq!((told.rejection().unwrap().status, &*told.rejection().unwrap().title), (400, "No name"));
}

#[test]
async fn a_crate_whose_lints_allow_nothing_works_like_any_other() {
    use forbidding::{Add, AddElsewhere, Highest};

    let bus = sound();
    assert_eq!(bus.execute(Add { number: 7 }).await.unwrap(), 7);
    assert_eq!(bus.execute(AddElsewhere { number: 7 }).await.unwrap(), 8);
    assert_eq!(bus.query(Highest).await.unwrap(), 100);
    assert!(bus.execute(Add { number: 101 }).await.unwrap_err().rejection().is_some());
    let added = bus.publish(forbidding::Added { number: 1 }).await;
    assert!(added.is_ok(), "{added:?}");
    bus.settled().await;
}

#[test]
async fn a_stand_in_leaves_the_report_of_another_bus_alone() {
    let bus = Bus::builder().register(|_: Refund| async { 0 }).register(|_: Charged| async {}).build();
    assert!(bus.verify().problems().iter().all(|problem| problem.kind != WiringProblemKind::NoHandler));
    assert_eq!(bus.execute(Refund { customer: 6 }).await.unwrap(), 0);
    assert_eq!(sound().execute(Refund { customer: 6 }).await.unwrap(), 6);
}
