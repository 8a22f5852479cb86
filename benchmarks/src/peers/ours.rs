//! The framework itself: `#[command]`, `#[handler]`, an isolated bus that is given the two dependencies.
//! Rows for a handler that the compiler knows, and for a contract's, which the registry finds; and the calls
//! that open a resource, which run in a task of their own.

use std::hint::black_box;
use std::sync::Arc;

use cqrs_core::{Bus, Events, InMemoryUnit, command, event, handler};
use tokio::runtime::Runtime;

use crate::measure::Candidate;
use crate::tasks::candidate;
use crate::workload::{Db, Orders, Workload, pings, settle};

type Answer = Result<u64, String>;

pings! {
    #[command(output = u64, error = String)] PingNow,
    #[command(output = u64, error = String)] PingLater,
    #[command(output = u64, error = String, contract)] PingContract,
    #[command(output = u64, error = String)] PingEvents,
    #[command(output = u64, error = String)] PingRaised,
    #[command(output = u64, error = String)] PingUnit,
}

#[event(transient)]
#[derive(Clone)]
pub struct Pinged;

#[handler]
#[inline(never)]
fn ping_now(ping: PingNow, db: &Db) -> Answer {
    if !ping.name.is_empty() {
        return Err(ping.name);
    }
    Ok(ping.id + db.load())
}

#[handler]
#[inline(never)]
async fn ping_later(ping: PingLater, db: &Db, orders: &dyn Orders) -> Answer {
    std::future::ready(()).await;
    settle(ping.id, ping.name, db, orders)
}

#[handler]
#[inline(never)]
async fn ping_contract(ping: PingContract, db: &Db, orders: &dyn Orders) -> Answer {
    std::future::ready(()).await;
    settle(ping.id, ping.name, db, orders)
}

#[handler]
async fn ping_events(ping: PingEvents, db: &Db, orders: &dyn Orders, _events: &mut Events) -> Answer {
    settle(ping.id, ping.name, db, orders)
}

#[handler]
async fn ping_raised(ping: PingRaised, db: &Db, orders: &dyn Orders, events: &mut Events) -> Answer {
    events.raise(Pinged);
    settle(ping.id, ping.name, db, orders)
}

#[handler]
async fn ping_unit(ping: PingUnit, db: &Db, orders: &dyn Orders, _unit: &mut InMemoryUnit) -> Answer {
    settle(ping.id, ping.name, db, orders)
}

fn bus() -> Bus {
    let db = Arc::new(Db::new());
    Bus::builder().provide_dyn::<Db>(db.clone()).provide_dyn::<dyn Orders>(db).build()
}

/// `bus.execute(..)` to a handler without a resource.
pub fn rows(workload: Workload) -> Vec<Candidate> {
    let bus = Arc::new(bus());
    let contract = bus.clone();
    match workload {
        Workload::Sync => {
            vec![workload.candidate("**`execute`**", async move |i| black_box(&*bus).execute(PingNow::new(i)).await)]
        }
        Workload::Async => vec![
            workload.candidate("**`execute`**", async move |i| black_box(&*bus).execute(PingLater::new(i)).await),
            workload.candidate("**`execute`**, a contract", async move |i| {
                black_box(&*contract).execute(PingContract::new(i)).await
            }),
        ],
    }
}

/// `bus.execute(..)` to a handler with a resource; made with [`tasks::candidate`](crate::tasks::candidate).
pub fn tasks(runtime: &Arc<Runtime>, callers: u64) -> Vec<Candidate> {
    macro_rules! row {
        ($name:literal, $message:ident) => {{
            let bus = bus();
            candidate($name, runtime.clone(), callers, move |i| {
                let bus = bus.clone();
                async move { bus.execute($message::new(i)).await.expect("a ping is answered") }
            })
        }};
    }
    vec![
        row!("**`execute`**, no resource, in place", PingLater),
        row!("**`execute`**, `&mut Events`", PingEvents),
        row!("**`execute`**, `&mut InMemoryUnit`, committed", PingUnit),
        row!("**`execute`**, `&mut Events`, one raised", PingRaised),
    ]
}
