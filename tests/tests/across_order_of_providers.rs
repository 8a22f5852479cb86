//! Providers in three crates, each on the one below: made in dependency order, each once for a bus. The counter is
//! the process's, so that this test is alone in its program.
#![cfg(feature = "inventory")]

use cqrs_core::Bus;
use shop::MadeOf;

cqrs_core::link!(unnamed);

#[tokio::test]
async fn providers_of_three_crates_run_in_dependency_order_and_once() {
    let bus = Bus::builder().build();
    assert_eq!(settings::made(), 0, "nothing is made before it is needed");
    assert_eq!(bus.query(MadeOf).await.unwrap(), "settings/ledger/till to 10000");
    assert_eq!(settings::made(), 1);
    bus.execute(shop::Order { customer: 1, cents: 1 }).await.unwrap();
    assert_eq!(settings::made(), 1, "shared by the three crates");

    let another = Bus::builder().build();
    let started = another.start().await.expect("everything is wired");
    assert_eq!(settings::made(), 2, "made at the start of another bus");
    assert_eq!(started.bus().query(MadeOf).await.unwrap(), "settings/ledger/till to 10000");
    assert_eq!(settings::made(), 2);
}
