//! User types may have any name, those of the expansion too.

#![allow(dead_code, non_camel_case_types, non_upper_case_globals)]

mod types {
    use cqrs_core::{Events, behavior, command, event, handler, provide, query};

    pub struct Duration;
    pub struct Retry;
    pub struct FaultKind;
    pub struct PolicyInfo;
    pub struct Cache;
    pub struct On;
    pub struct Outcome;
    pub struct Behavior;
    pub struct Rejected;
    pub struct Never;
    pub struct Result;
    pub struct Box(pub u8);
    pub struct Option;
    pub struct Vec;
    pub struct String;
    pub struct Arc;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub struct Infallible;
    pub struct Here;
    pub struct Static;
    pub struct MessageInfo;
    pub struct Unit;
    pub struct R;
    pub struct L;
    pub struct C;
    pub struct H;
    pub struct T;
    pub struct Self_;
    pub struct str;
    pub struct bool;
    pub struct u16;
    pub struct usize;
    pub trait Send {}
    pub trait Sync {}
    pub trait Sized {}
    pub trait From {}
    pub trait Into {}
    pub trait Fn {}
    pub trait Iterator {}
    pub trait Clone {}
    pub trait Future {}
    pub trait Drop {}
    pub trait Default {}
    pub trait ToString {}
    pub mod core {}
    pub mod std {}
    pub mod alloc {}
    pub mod cqrs_core_ {}
    pub mod __private {}
    pub mod check {}
    pub mod kind {}
    pub mod inventory {}

    #[command(output = Option, error = Result)]
    pub struct Message {
        pub text: String,
    }

    #[handler]
    async fn call(message: Message, shared: &Arc, events: &mut Events) -> ::core::result::Result<Option, Result> {
        drop((message, shared, events.len()));
        ::core::result::Result::Ok(Option)
    }

    #[query(output = R)]
    pub struct Handler;

    #[handler]
    fn info(_: Handler) -> R {
        R
    }

    #[query]
    pub struct Handled;

    #[handler]
    async fn handled(_: Handled) {}

    #[command(output = Box, contract)]
    pub struct Command;

    #[handler]
    fn command_(_: Command) -> Box {
        Box(1)
    }

    #[command]
    pub struct Query;

    #[handler]
    impl Vec {
        async fn query(&self, _: Query, arc: &Arc) {
            let _ = arc;
        }
    }

    #[event(transient)]
    #[derive(::core::clone::Clone)]
    pub struct Event;

    #[handler]
    async fn on(_: Event) {}

    #[command(output = u64, authorize = ask, validate, timeout = "5s", retry(3))]
    #[derive(::core::clone::Clone)]
    pub struct Place;

    impl cqrs_core::Validate for Place {
        fn validate(&self) -> ::core::result::Result<(), cqrs_core::Invalid> {
            ::core::result::Result::Ok(())
        }
    }

    pub fn ask(_: &cqrs_core::Principal, _: &Place) -> ::core::primitive::bool {
        true
    }

    #[handler]
    async fn place(_: Place) -> u64 {
        1
    }

    #[query(output = u64, authorize = "a", cache(ttl = "5s", shared, invalidated_by(Event)))]
    #[derive(::core::clone::Clone, PartialEq, Eq, Hash)]
    pub struct Price;

    #[handler]
    fn price(_: Price) -> u64 {
        1
    }

    #[behavior(order = 10, on(commands | Price))]
    async fn around(call: &cqrs_core::Call<'_>, next: cqrs_core::Next<'_>, arc: &Arc) -> cqrs_core::Outcome {
        let _ = (call.name(), arc);
        next.run().await
    }

    #[provide]
    fn provide_() -> Arc {
        Arc
    }

    #[provide]
    fn info_(_: &Arc) -> Some {
        Some
    }

    #[provide(read_only)]
    async fn shared() -> Vec {
        Vec
    }

    #[provide(per_call)]
    fn scope() -> Ok {
        Ok
    }
}

/// A parameter named like its function, and the names of our own variables.
mod values {
    use cqrs_core::{Call, CommandBus, Context, Events, Next, Outcome, behavior, command, handler, provide, query};

    pub struct Clock;
    pub struct Inner;

    #[command]
    pub struct Place;

    #[handler]
    async fn place(place: Place, clock: &Clock) {
        drop((place, clock));
    }

    #[query(output = u8)]
    pub struct Message;

    #[handler]
    fn message(message: Message) -> u8 {
        drop(message);
        1
    }

    #[behavior(order = 1)]
    async fn next(next: &Call<'_>, call: Next<'_>, __call: &Clock, audit: &Inner) -> Outcome {
        let _ = (next.name(), __call, audit);
        call.run().await
    }

    #[behavior(order = 2)]
    async fn audit(_: &Call<'_>, next: Next<'_>, audit: &Inner) -> Outcome {
        let _ = audit;
        next.run().await
    }

    #[command]
    pub struct Point {
        pub x: u8,
    }

    #[handler]
    fn destructured(Point { x }: Point, message: &Clock, _: &Inner, argument_0: Context, Unit: Unit) {
        drop((x, message, argument_0));
    }

    impl cqrs_core::FromCall for Unit {
        fn from_call(_: &cqrs_core::Call<'_>) -> Result<Self, cqrs_core::Fault> {
            Ok(Unit)
        }
    }
    pub struct Unit;

    #[command]
    pub struct Move(u8);

    #[handler]
    impl Clock {
        async fn run(&self, this: Move, bus: CommandBus) {
            drop((this.0, bus));
        }
    }

    #[provide]
    fn clock(clock: &Inner) -> Clock {
        let _ = clock;
        Clock
    }

    #[provide]
    fn inner() -> Inner {
        Inner
    }

    #[command]
    pub struct Log;

    #[handler]
    fn log(_: Log, mut events: &mut Events) {
        let _ = &mut events;
    }
}

/// Constants named like our own variables.
mod constants {
    use cqrs_core::{Call, Fault, Next, Outcome, Principal, Problem, behavior, command, handler, provide, query};

    pub const question: u8 = 0;
    pub const call: u8 = 0;
    pub const next: u8 = 0;
    pub const scope: u8 = 0;
    pub const returned: u8 = 0;
    pub const output: u8 = 0;
    pub const detail: u8 = 0;
    pub const fault: u8 = 0;
    pub const error: u8 = 0;
    pub const message: u8 = 0;
    pub const this: u8 = 0;
    pub const info: u8 = 0;
    pub const INFO: u8 = 0;
    pub static shared: u8 = 0;
    pub static opened: u8 = 0;

    #[derive(Debug, thiserror::Error, Problem)]
    pub enum OrderError {
        #[error("empty")]
        #[problem(status = 409, type = "https://example.org/empty", title = "Empty")]
        Empty,
        #[error("unavailable")]
        #[fault]
        Store(Fault),
    }

    #[command(output = Option<u8>, error = OrderError)]
    pub struct Place;

    #[command(authorize = may_ship, idempotent, retry(3))]
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    pub struct Ship;

    fn may_ship(_: &Principal, _: &Ship, _: &Orders) -> bool {
        true
    }

    #[handler]
    async fn ship(_: Ship) {}

    #[behavior(order = 1)]
    async fn audit(_: &Call<'_>, rest: Next<'_>, _: &Orders, _: Option<Principal>) -> Outcome {
        rest.run().await
    }

    pub struct Orders;

    #[handler]
    impl Orders {
        async fn place(&self, _: Place) -> Result<Option<u8>, OrderError> {
            Ok(None)
        }
    }

    #[query]
    pub struct Count;

    #[handler]
    fn count(_: Count) {}

    pub struct Basket;

    #[provide(per_call)]
    fn basket() -> Basket {
        Basket
    }
}

fn main() {}
