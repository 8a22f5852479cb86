//! What every option around a handler looks like where it is right, alone and together.

use cqrs_core::{Call, Context, Fault, Invalid, Next, Outcome, Principal, Validate};
use cqrs_core::{behavior, command, event, handler, query};

pub mod rules {
    use cqrs_core::Principal;

    pub struct Owners;

    pub trait Shifts: Send + Sync {}

    pub fn may_ship(who: &Principal, message: &super::Ship) -> bool {
        who.id() == "ada" && message.order > 0
    }

    pub fn may_pack(_who: &Principal, _message: &super::Pack, _owners: &Owners) -> Result<(), String> {
        Err("not today".to_owned())
    }

    pub async fn may_count<T>(
        _who: &Principal,
        _message: &T,
        _owners: &Owners,
        _shifts: &(dyn Shifts + 'static),
    ) -> Result<bool, cqrs_core::Fault> {
        Ok(true)
    }
}

#[command(
    output = u64,
    error = SoldOut,
    authorize = "orders:write",
    idempotent,
    validate,
    timeout = "5s",
    retry(3, on = conflict | unavailable, backoff = "50ms"),
)]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Place {
    quantity: u32,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct SoldOut;

impl Validate for Place {
    fn validate(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::new();
        if self.quantity == 0 {
            invalid.field("quantity", "is zero");
        }
        invalid.into_result()
    }
}

#[handler]
async fn place(cmd: Place) -> Result<u64, SoldOut> {
    if cmd.quantity > 10 { Err(SoldOut) } else { Ok(1) }
}

#[command(authorize = rules::may_ship, timeout = "1m 30s", contract, crate = ::cqrs_core)]
pub struct Ship {
    order: u64,
}

#[command(error = Fault, authorize = rules::may_pack, idempotent, validate)]
#[derive(serde::Serialize, serde::Deserialize, garde::Validate)]
pub struct Pack {
    #[garde(range(min = 1))]
    order: u64,
}

#[handler]
fn pack(cmd: Pack) -> Result<(), Fault> {
    assert!(cmd.order > 0);
    Ok(())
}

#[command(public, retry(1,), wire)]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Open;

#[handler]
fn open(_: Open) {}

#[event(transient)]
#[derive(Clone)]
struct Placed;

mod shipping {
    #[cqrs_core::event]
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    pub struct Shipped;
}

#[query(
    output = Option<String>,
    error = Fault,
    authorize = rules::may_count::<Count>,
    cache(ttl = "30s", capacity = 10_000, shared, invalidated_by(Placed, shipping::Shipped)),
    timeout = "500ms",
    retry(100, backoff = "1ms", on = unavailable),
)]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Count;

#[handler]
async fn count(_: Count) -> Result<Option<String>, Fault> {
    Ok(None)
}

#[query(output = u64, public, cache(ttl = "1ms"), retry(2, on = unavailable | conflict))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Price;

#[handler]
fn price(_: Price) -> u64 {
    1
}

/// Everything.
#[behavior(order = -1)]
async fn everything(call: &Call<'_>, next: Next<'_>) -> Outcome {
    let _ = call.name();
    next.run().await
}

#[behavior(order = 10, on(commands | queries | events | Place | shipping::Shipped), crate = ::cqrs_core)]
async fn some<'a>(
    call: &'a Call<'a>,
    next: Next<'a>,
    context: Context,
    _owners: &rules::Owners,
    who: Option<Principal>,
    _shifts: &dyn rules::Shifts,
) -> Outcome {
    drop((call.kind(), context, who));
    match next.as_message::<Open>() {
        Some(Open) => Outcome::output(()),
        None => next.run().await,
    }
}

fn main() {
    let catalog = cqrs_core::Bus::builder().build().catalog();
    let elements = |name: &str| -> Vec<_> {
        let message = catalog.messages.iter().find(|message| message.name == name).expect("it is declared");
        message.pipeline.iter().map(|element| (element.element, element.place.line)).collect()
    };
    let place = line_of("struct Place {") - 9;
    let behaviors = [("behavior", line_of("async fn everything")), ("behavior", line_of("async fn some"))];
    let mut expected = vec![
        ("authorize", place + 2),
        ("idempotent", place + 3),
        ("validate", place + 4),
        ("timeout", place + 5),
        ("retry", place + 6),
    ];
    expected.extend(behaviors);
    assert_eq!(elements("Place"), expected);
    assert_eq!(elements("Placed"), behaviors);
}

/// The line of this file that begins with this.
fn line_of(text: &str) -> u32 {
    let before = include_str!("every_pipeline.rs").lines();
    before.take_while(|line| !line.starts_with(text)).count() as u32 + 1
}
