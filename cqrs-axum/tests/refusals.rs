//! What the application says no with: rejections, and messages that break their own rules.

mod support;

use std::sync::{Arc, Mutex};

use cqrs_core::{Bus, Fault, InMemoryUnit, Invalid, Problem, Validate, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::Host;
use support::client::{post, request};

#[derive(Debug, Problem)]
enum Refused {
    /// Nothing is left.
    #[problem(status = 409, type = "https://shop.example/problems/sold-out", title = "Sold out")]
    SoldOut { left: u32 },
    /// It is too much.
    #[problem(status = 422)]
    TooMuch,
    /// Nobody may know why.
    #[problem(status = 451)]
    Secret,
    #[fault]
    Fault(Fault),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::SoldOut { left } => write!(f, "there are {left} left"),
            Refused::TooMuch => f.write_str("too much"),
            Refused::Secret => f.write_str("it is forbidden by \"law\"\n"),
            Refused::Fault(fault) => fault.fmt(f),
        }
    }
}

#[derive(Clone, Default)]
struct Sold(Arc<Mutex<Vec<u32>>>);

#[command(output = u32, error = Refused, http(post = "/sales", status = 201))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Sell {
    pieces: u32,
}

#[handler]
fn sell(cmd: Sell, sold: &Sold, unit: &mut InMemoryUnit) -> Result<u32, Refused> {
    let sold = sold.clone();
    unit.on_commit(move || sold.0.lock().unwrap().push(cmd.pieces));
    match cmd.pieces {
        0 => Err(Refused::Fault(Fault::conflict("somebody else was first"))),
        1..=9 => Ok(cmd.pieces),
        10 => Err(Refused::SoldOut { left: 9 }),
        11 => Err(Refused::TooMuch),
        _ => Err(Refused::Secret),
    }
}

/// Its error is a problem that is made where it happens.
#[query(output = u8, error = Problem, http(get = "/prices/{piece}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetPrice {
    piece: String,
}

#[handler]
fn get_price(query: GetPrice) -> Result<u8, Problem> {
    Err(Problem::not_found(format!("no {}", query.piece))
        .with_type("/problems/no-price")
        .with_title("No price")
        .with_instance("/prices/log/7")
        .with_field("piece", "is not sold")
        .with_field("", "nothing is")
        .with("piece", query.piece)
        .with("status", "gone"))
}

#[command(validate, error = Fault, http(post = "/orders/{customer}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct PlaceOrder {
    customer: String,
    quantities: Vec<u32>,
}

impl Validate for PlaceOrder {
    fn validate(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::new();
        if self.customer.len() < 3 {
            invalid.field("customer", "is too short");
        }
        for (n, _) in self.quantities.iter().enumerate().filter(|(_, quantity)| **quantity == 0) {
            invalid.field(format!("quantities[{n}]"), "must be at least 1");
        }
        if self.quantities.is_empty() {
            invalid.field("", "an order has a line");
        }
        invalid.into_result()
    }
}

#[handler]
fn place_order(cmd: PlaceOrder) -> Result<(), Fault> {
    assert!(cmd.validate().is_ok(), "a message that breaks its rules reaches nobody");
    Ok(())
}

fn host() -> (Host, Sold) {
    let sold = Sold::default();
    let bus = Bus::builder().provide(sold.clone()).build();
    (Host::of(&bus, cqrs_axum::router(bus.clone())), sold)
}

fn sale(pieces: u32) -> support::client::Request {
    post("/sales", format!(r#"{{"pieces":{pieces}}}"#))
}

#[test]
fn a_rejection_has_the_status_type_and_title_that_its_variant_declares() {
    let (host, sold) = host();
    let mut connection = host.connect();
    assert_eq!(
        connection.send(&sale(10)).problem(409),
        json!({
            "type": "https://shop.example/problems/sold-out",
            "title": "Sold out",
            "status": 409,
            "detail": "there are 9 left",
        })
    );
    let too_much = connection.send(&sale(11)).problem(422);
    assert_eq!(
        too_much,
        json!({"type": "about:blank", "title": "Unprocessable Content", "status": 422, "detail": "too much"})
    );
    assert_eq!(connection.send(&sale(12)).detail(451), "it is forbidden by \"law\"\n");
    assert_eq!(connection.send(&sale(3)).json(201), 3);
    assert_eq!(*sold.0.lock().unwrap(), [3], "of what was refused nothing is left");
}

#[test]
fn a_rejection_has_no_retry_after_and_a_fault_in_its_place_is_a_fault() {
    let (host, _) = host();
    assert_eq!(host.send(sale(10)).header("retry-after"), None);
    let lifted = host.send(sale(0));
    assert_eq!(lifted.detail(409), "somebody else was first");
    assert_eq!(lifted.header("retry-after"), None, "it can be tried again at once");
}

#[test]
fn a_problem_of_the_applications_own_is_told_as_it_is() {
    let (host, _) = host();
    assert_eq!(
        host.get("/prices/t%C3%A9").problem(404),
        json!({
            "type": "/problems/no-price",
            "title": "No price",
            "status": 404,
            "detail": "no té",
            "instance": "/prices/log/7",
            "errors": [{"field": "piece", "detail": "is not sold"}, {"field": "", "detail": "nothing is"}],
            "piece": "té",
            "x-status": "gone",
        })
    );
}

#[test]
fn a_message_that_breaks_its_rules_is_422_with_every_field_at_once() {
    let (host, _) = host();
    let problem = host.send(post("/orders/ab", r#"{"quantities":[0,1,0]}"#)).problem(422);
    assert_eq!(problem["detail"], "the message breaks its own rules");
    let errors = ["customer", "quantities[0]", "quantities[2]"].map(|field| {
        json!({"field": field, "detail": if field == "customer" { "is too short" } else { "must be at least 1" }})
    });
    assert_eq!(problem["errors"], json!(errors));
    assert_eq!(problem.get("instance"), None::<&Value>, "there is nothing in the log to look for");
    let whole = host.send(post("/orders/ada", r#"{"quantities":[]}"#)).field_error(422, "");
    assert_eq!(whole, "an order has a line");
    host.send(post("/orders/ada", r#"{"quantities":[1]}"#)).nothing(204);
    // What cannot be read has no rules to break.
    host.send(request("POST", "/orders/a").json(r#"{"quantities":[-1]}"#)).problem(400);
}
