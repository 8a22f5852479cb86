//! What is declared around a handler, beside the same call without it. The caller says who they are in every row but
//! the first, so that what differs is the element alone.

use std::hint::black_box;
use std::sync::Arc;

use cqrs_core::{Bus, Invalid, On, Principal, Validate, command, handler, query};

use crate::measure::Candidate;
use crate::workload::{Db, Orders, Workload, pings, settle};

type Answer = Result<u64, String>;

/// Declares messages with the fields of [`Ping`](crate::workload::Ping), each with its handler.
macro_rules! handled_pings {
    ($($(#[$attribute:meta])* $name:ident by $handler:ident),* $(,)?) => {
        pings! { $($(#[$attribute])* #[derive(Clone, PartialEq, Eq, Hash)] $name),* }
        $(
            #[handler]
            #[inline(never)]
            async fn $handler(ping: $name, db: &Db, orders: &dyn Orders) -> Answer {
                std::future::ready(()).await;
                settle(ping.id, ping.name, db, orders)
            }
        )*
    };
}

handled_pings! {
    #[command(output = u64, error = String)] Plain by plain,
    #[command(output = u64, error = String, authorize = "pings:send")] Authorized by authorized,
    #[command(output = u64, error = String, validate)] Validated by validated,
    #[command(output = u64, error = String, timeout = "5s")] Timed by timed,
    #[command(output = u64, error = String, authorize = "pings:send", validate, timeout = "5s")] Checked by checked,
    #[command(output = u64, error = String, retry(3))] Retried by retried,
    #[command(output = u64, error = String)] Surrounded by surrounded,
    #[query(output = u64, error = String, cache(ttl = "1h", shared))] Cached by cached,
}

macro_rules! rules {
    ($($name:ident),*) => {$(
        impl Validate for $name {
            fn validate(&self) -> Result<(), Invalid> {
                let mut invalid = Invalid::new();
                if !self.name.is_empty() {
                    invalid.field("name", "is empty");
                }
                invalid.into_result()
            }
        }
    )*};
}
rules!(Validated, Checked);

// What a query takes, it may.
impl cqrs_core::ReadOnly for Db {}
impl cqrs_core::ReadOnly for dyn Orders {}

/// The rows: the first is what the direct way costs, the second the baseline of the others.
pub fn candidates() -> Vec<Candidate> {
    let db = Arc::new(Db::new());
    let bus = Bus::builder()
        .provide_dyn::<Db>(db.clone())
        .provide_dyn::<dyn Orders>(db)
        .behavior(1, [On::message::<Surrounded>()], |_, next| Box::pin(async move { next.run().await }))
        .build();
    let who = Principal::new("ada").with_scope("pings:send");
    macro_rules! row {
        ($name:literal, $message:ident) => {{
            let (bus, who) = (bus.clone(), who.clone());
            Workload::Async
                .candidate($name, async move |i| black_box(&bus).execute($message::new(i)).by(who.clone()).await)
        }};
    }
    let (plain, hit) = (bus.clone(), bus.clone());
    vec![
        Workload::Async.candidate("nothing declared", async move |i| black_box(&plain).execute(Plain::new(i)).await),
        row!("nothing declared, by a principal", Plain),
        row!("`authorize`", Authorized),
        row!("`validate`", Validated),
        row!("`timeout`", Timed),
        row!("`authorize`, `validate`, `timeout`", Checked),
        row!("`retry`", Retried),
        row!("a behavior", Surrounded),
        Workload::Async.candidate("`cache`, a hit", async move |_| black_box(&hit).query(Cached::new(40)).await),
    ]
}
