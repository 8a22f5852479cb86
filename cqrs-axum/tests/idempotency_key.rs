//! `Idempotency-Key`: the same key is the same call, however often it is sent.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::request::Parts;
use cqrs_axum::{Authenticate, Caller, Edge};
use cqrs_core::{Bus, Context, InMemoryLedger, Ledger, Principal, Problem, command, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::Host;
use support::client::{Request, eventually, post};
use tokio::sync::Semaphore;

#[derive(Debug, Serialize, Deserialize, Problem)]
#[problem(status = 402, type = "/problems/declined")]
struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the card is declined")
    }
}

/// How often the handler ran, and whether it may go on.
#[derive(Clone)]
struct Till {
    runs: Arc<AtomicU64>,
    open: Arc<Semaphore>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Receipt {
    run: u64,
    cents: u32,
}

#[command(
    idempotent,
    output = Receipt,
    error = Declined,
    http(post = "/payments", status = 201, location = "/payments/{run}"),
)]
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Pay {
    cents: u32,
}

#[handler]
async fn pay(cmd: Pay, till: &Till) -> Result<Receipt, Declined> {
    let run = till.runs.fetch_add(1, Ordering::SeqCst) + 1;
    drop(till.open.acquire().await.unwrap());
    if cmd.cents == 13 { Err(Declined) } else { Ok(Receipt { run, cents: cmd.cents }) }
}

/// Takes a key, and does what it says with it: nothing.
#[command(output = Option<String>, http(post = "/plain"))]
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Plain {}

#[handler]
fn plain(_: Plain, till: &Till, context: Context) -> Option<String> {
    till.runs.fetch_add(1, Ordering::SeqCst);
    context.idempotency_key().map(str::to_owned)
}

/// `X-User: ada@tenant`.
struct Users;

impl Authenticate for Users {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Caller>, Problem> {
        let Some(user) = request.headers.get("x-user").and_then(|user| user.to_str().ok()) else { return Ok(None) };
        Ok(Some(match user.split_once('@') {
            Some((user, tenant)) => Caller::from(Principal::new(user)).with_tenant(tenant),
            None => Principal::new(user).into(),
        }))
    }
}

fn host() -> (Host, Till) {
    let till = Till { runs: Arc::default(), open: Arc::new(Semaphore::new(1)) };
    let ledger = InMemoryLedger::new(100, Duration::from_secs(3600));
    let bus = Bus::builder().provide(till.clone()).provide_dyn::<dyn Ledger>(Arc::new(ledger)).build();
    (Host::of(&bus, Edge::new(bus.clone()).authenticate(Users).router()), till)
}

fn payment(cents: u32, key: &str) -> Request {
    post("/payments", format!(r#"{{"cents":{cents}}}"#)).header("Idempotency-Key", key)
}

#[test]
fn the_same_key_again_is_the_same_answer_and_nothing_is_done_twice() {
    let (host, till) = host();
    let first = host.send(payment(5, "k-1"));
    assert_eq!((first.json(201), first.header("location")), (json!({"run": 1, "cents": 5}), Some("/payments/1")));
    let second = host.send(payment(5, "k-1"));
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    assert_eq!(second.header("location"), first.header("location"));
    assert_ne!(second.header("x-correlation-id"), first.header("x-correlation-id"), "it is another request");
    assert_eq!(till.runs.load(Ordering::SeqCst), 1);
    assert_eq!(host.send(payment(5, "k-2")).json(201)["run"], 2);
    assert_eq!(host.send(post("/payments", r#"{"cents":5}"#)).json(201)["run"], 3, "without a key it is done again");
}

#[test]
fn a_rejection_is_the_same_answer_too() {
    let (host, till) = host();
    let (first, second) = (host.send(payment(13, "k")), host.send(payment(13, "k")));
    assert_eq!(first.problem(402)["type"], "/problems/declined");
    assert_eq!(first.body, second.body);
    assert_eq!(till.runs.load(Ordering::SeqCst), 1);
}

#[test]
fn a_key_is_the_same_in_quotes_and_without() {
    let (host, till) = host();
    let first = host.send(payment(5, "8e03978e-40d5")).json(201);
    for key in ["\"8e03978e-40d5\"", " 8e03978e-40d5 ", "\t\"8e03978e-40d5\""] {
        assert_eq!(host.send(payment(5, key)).json(201), first, "{key}");
    }
    assert_eq!(till.runs.load(Ordering::SeqCst), 1);
    assert_eq!(host.send(post("/plain", "{}").header("idempotency-key", "\"k\"")).json(200), "k");
}

#[test]
fn the_same_key_with_another_payload_is_422() {
    let (host, till) = host();
    host.send(payment(5, "k")).json(201);
    let reused = host.send(payment(6, "k"));
    assert!(reused.detail(422).contains("the idempotency key `k` was used for another `Pay`"), "{reused:?}");
    assert_eq!(host.send(payment(5, "k")).json(201)["run"], 1);
    assert_eq!(till.runs.load(Ordering::SeqCst), 1);
}

#[test]
fn a_key_whose_call_is_under_way_is_409_with_when_to_try_again() {
    let (host, till) = host();
    let held = till.open.try_acquire().unwrap();
    let mut first = host.connect();
    first.write(payment(5, "k").bytes());
    eventually("the first call begins", || till.runs.load(Ordering::SeqCst) == 1);
    let second = host.send(payment(5, "k"));
    assert!(second.detail(409).contains("with the idempotency key `k` is still running"), "{second:?}");
    assert_eq!(second.header("retry-after"), Some("1"));
    drop(held);
    let answer = first.read();
    assert_eq!(answer.json(201)["run"], 1);
    assert_eq!(host.send(payment(5, "k")).body, answer.body);
    assert_eq!(till.runs.load(Ordering::SeqCst), 1);
}

#[test]
fn a_key_is_of_one_caller_and_one_tenant() {
    let (host, _) = host();
    let run = |user: &str| host.send(payment(5, "k").header("X-User", user)).json(201)["run"].clone();
    let nobody = host.send(payment(5, "k")).json(201)["run"].clone();
    let runs: Vec<Value> = ["ada", "ben", "ada@shop", "ada@bank"].map(run).into();
    assert_eq!((nobody, runs), (json!(1), vec![json!(2), json!(3), json!(4), json!(5)]));
    assert_eq!(run("ada"), 2);
    assert_eq!(run("ada@bank"), 5);
}

#[test]
fn a_command_that_is_not_idempotent_is_done_again_under_the_same_key() {
    let (host, till) = host();
    for runs in 1..=2 {
        assert_eq!(host.send(post("/plain", "{}").header("Idempotency-Key", "k")).json(200), "k");
        assert_eq!(till.runs.load(Ordering::SeqCst), runs);
    }
}

/// Who goes away before the answer finds it under its key.
#[test]
fn a_client_that_goes_away_finds_its_answer_under_the_key() {
    let (host, till) = host();
    let held = till.open.try_acquire().unwrap();
    let mut gone = host.connect();
    gone.write(payment(5, "k").bytes());
    eventually("the call begins", || till.runs.load(Ordering::SeqCst) == 1);
    drop(gone);
    drop(held);
    eventually("the call ends", || match host.send(payment(5, "k")) {
        answer if answer.status == 409 => false,
        answer => answer.json(201)["run"] == 1,
    });
    assert_eq!(till.runs.load(Ordering::SeqCst), 1);
}
