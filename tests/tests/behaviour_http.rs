//! What a request comes to, without a server: its answer, whatever the output is.

#![cfg(feature = "inventory")]

use std::time::Duration;

use cqrs_core::http::{Body, Parts, RouteResult};
use cqrs_core::{Bus, Context, Effect, Fault, FaultKind, OperationResult, Principal, Problem};
use cqrs_core::{command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use tests::faults::fault;
use tests::quiet::expect_panics;
use tests::requests::{Sent, body, call, call_with, problem, reply, route};

#[derive(Serialize, Deserialize, JsonSchema)]
struct Made {
    number: u64,
    r#type: String,
}

#[command(output = Made, error = Refused, http(post = "/makes", status = 201, location = "/of/{type}/{number}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Make {
    r#type: String,
}

#[derive(Debug, thiserror::Error, Problem)]
enum Refused {
    #[error("`{0}` is not made here")]
    #[problem(status = 409)]
    Type(String),
    #[error(transparent)]
    #[fault]
    Store(Fault),
}

#[handler]
fn make(cmd: Make) -> Result<Made, Refused> {
    match &*cmd.r#type {
        "coffee" => Err(Refused::Type(cmd.r#type)),
        "water" => Err(Refused::Store(Fault::unavailable("the tap is closed"))),
        _ => Ok(Made { number: 7, r#type: cmd.r#type }),
    }
}

#[command(http(post = "/sweeps"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Sweep;

#[handler]
fn sweep(_: Sweep) {}

/// Taken on; whoever wants to know more asks there.
#[command(http(delete = "/rooms/{room}", status = 202, location = "/jobs"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Clear {
    room: u64,
}

#[handler]
async fn clear(cmd: Clear) {
    assert_eq!(cmd.room, 7);
}

/// Queries that find `n`, unless it is 0.
macro_rules! finds {
    ($($name:ident $handler:ident $path:literal $(, $option:ident = $status:literal)*;)*) => {$(
        #[query(output = Option<u64>, http(get = $path $(, $option = $status)*))]
        #[derive(Serialize, Deserialize, JsonSchema)]
        struct $name {
            n: u64,
        }

        #[handler]
        fn $handler(query: $name) -> Option<u64> {
            (query.n > 0).then_some(query.n)
        }
    )*};
}

finds! {
    Find find "/found/{n}", none = 404;
    FindGone find_gone "/gone/{n}", none = 410;
    FindSilent find_silent "/silent/{n}", none = 204, status = 203;
    FindNull find_null "/null/{n}";
}

/// It says itself how it went.
#[command(output = OperationResult<Made>, http(post = "/operations", location = "/operations/{number}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Operate {
    status: u16,
}

#[handler]
fn operate(cmd: Operate) -> OperationResult<Made> {
    let made = Made { number: 7, r#type: "tea".to_owned() };
    match cmd.status {
        200 => OperationResult::ok(made),
        201 => OperationResult::created(made),
        202 => OperationResult::accepted(made),
        204 => OperationResult::no_content(),
        400 => OperationResult::bad_request("400"),
        401 => OperationResult::unauthorized("401"),
        403 => OperationResult::forbidden("403"),
        404 => OperationResult::not_found("404"),
        409 => OperationResult::conflict("409"),
        422 => OperationResult::unprocessable("422"),
        503 => OperationResult::unavailable("503"),
        other => OperationResult::internal_error(other.to_string()),
    }
}

#[query(output = Vec<u32>, http(get = "/list"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct List {
    page: u32,
}

#[handler]
async fn list(query: List) -> Vec<u32> {
    vec![query.page]
}

#[command(output = Vec<Option<String>>, http(post = "/seen"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct See;

#[handler]
fn see(_: See, context: Context) -> Vec<Option<String>> {
    let is_in_time = context.deadline().is_some_and(|deadline| deadline.remaining() < Duration::from_secs(5));
    [
        context.principal().map(Principal::id),
        context.tenant(),
        context.idempotency_key(),
        Some(&*context.correlation_id().to_string()),
        context.metadata().get("from").map(String::as_str),
        is_in_time.then_some("in time"),
    ]
    .map(|seen| seen.map(str::to_owned))
    .to_vec()
}

#[command(http(post = "/slow"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Slow;

#[handler]
async fn slow(_: Slow) {
    tokio::time::sleep(Duration::from_secs(3600)).await;
}

/// Reading it, writing its answer and writing its address is code of the application.
#[command(output = Broken, http(post = "/fragile", status = 201, location = "/fragile/{egg}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Fragile {
    #[serde(deserialize_with = "raw")]
    egg: String,
}

fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let egg = String::deserialize(deserializer)?;
    assert!(egg != "in", "broken on its way in");
    Ok(egg)
}

#[derive(Serialize, JsonSchema)]
struct Broken {
    #[serde(serialize_with = "cooked")]
    #[schemars(with = "String")]
    egg: Egg,
}

struct Egg(String);

fn cooked<S: Serializer>(egg: &Egg, serializer: S) -> Result<S::Ok, S::Error> {
    assert!(egg.0 != "out", "broken on its way out");
    match &*egg.0 {
        "cold" => Err(serde::ser::Error::custom("it is cold")),
        egg => serializer.serialize_str(egg),
    }
}

impl std::fmt::Display for Egg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        assert!(self.0 != "at", "broken at its address");
        f.write_str(&self.0)
    }
}

#[handler]
fn fragile(cmd: Fragile) -> Broken {
    Broken { egg: Egg(cmd.egg) }
}

#[tokio::test]
async fn status_is_that_of_a_success() {
    assert_eq!(call("Make", body(r#"{"type":"tea"}"#)).await.unwrap().status, 201);
    assert_eq!(call("Sweep", body("")).await.unwrap(), reply(204, None, None), "nothing is told with 204");
    assert_eq!(call("Sweep", body("{}")).await.unwrap(), reply(204, None, None));
    let cleared = call("Clear", Sent { path: &["7"], ..Sent::default() }).await.unwrap();
    assert_eq!(cleared, reply(202, Some("/jobs"), None), "an address may be the same for all");
    let listed = call("List", Sent { query: "page=3", ..Sent::default() }).await.unwrap();
    assert_eq!(listed, reply(200, None, Some(json!([3]))), "a value is told with 200");
}

#[tokio::test]
async fn location_says_where_to_find_what_was_made() {
    for (made, segment) in [
        ("tea", "tea"),
        ("a/../b", "a%2F..%2Fb"),
        ("50% off?#", "50%25%20off%3F%23"),
        ("Grüner Tee", "Gr%C3%BCner%20Tee"),
        ("a-b.c_d~e", "a-b.c_d~e"),
    ] {
        let told = call("Make", body(&json!({"type": made}).to_string())).await.unwrap();
        let location = format!("/of/{segment}/7");
        assert_eq!(told, reply(201, Some(&location), Some(json!({"number": 7, "type": made}))));
    }
    // An address with one of these leads elsewhere.
    for made in ["", ".", ".."] {
        let told = call("Make", body(&json!({"type": made}).to_string())).await.unwrap();
        assert_eq!(told, reply(201, None, Some(json!({"number": 7, "type": made}))));
    }
}

#[tokio::test]
async fn none_is_what_nothing_is_answered_with() {
    async fn find(name: &str, n: &str) -> RouteResult {
        call(name, Sent { path: &[n], ..Sent::default() }).await
    }

    for name in ["Find", "FindGone", "FindNull"] {
        assert_eq!(find(name, "7").await.unwrap(), reply(200, None, Some(json!(7))), "{name}");
    }
    assert_eq!(find("FindSilent", "7").await.unwrap(), reply(203, None, Some(json!(7))));
    assert_eq!(problem(find("Find", "0").await).0, 404);
    assert_eq!(problem(find("FindGone", "0").await).0, 410);
    assert_eq!(find("FindSilent", "0").await.unwrap(), reply(204, None, None));
    assert_eq!(find("FindNull", "0").await.unwrap(), reply(200, None, Some(Value::Null)));
}

#[tokio::test]
async fn an_operation_result_says_itself_how_it_went() {
    async fn operate(status: u16) -> RouteResult {
        call("Operate", body(&json!({"status": status}).to_string())).await
    }

    let made = || Some(json!({"number": 7, "type": "tea"}));
    assert_eq!(operate(200).await.unwrap(), reply(200, None, made()), "it was there before");
    for status in [201, 202] {
        assert_eq!(operate(status).await.unwrap(), reply(status, Some("/operations/7"), made()));
    }
    assert_eq!(operate(204).await.unwrap(), reply(204, None, None));
    for status in [400, 401, 403, 404, 409, 422, 500, 503] {
        assert_eq!(problem(operate(status).await), (status, status.to_string()));
    }
}

#[tokio::test]
async fn a_rejection_is_its_problem_and_a_fault_is_one() {
    let refused = call("Make", body(r#"{"type":"coffee"}"#)).await;
    assert_eq!(problem(refused), (409, "`coffee` is not made here".to_owned()));
    assert_eq!(fault(call("Make", body(r#"{"type":"water"}"#)).await).kind(), FaultKind::Unavailable);
}

#[tokio::test]
async fn the_options_of_a_call_are_its_context() {
    let told = call_with("See", body(""), |call| {
        call.by(Principal::new("ada"))
            .tenant("north")
            .idempotency_key("k-1")
            .correlation("0af7651916cd43dd8448eb211c80319c")
            .metadata("from", "afar")
            .timeout(Duration::from_secs(5))
    });
    let expected = json!(["ada", "north", "k-1", "0af7651916cd43dd8448eb211c80319c", "afar", "in time"]);
    assert_eq!(told.await.unwrap(), reply(200, None, Some(expected)));
    let bare = call("See", body("")).await.unwrap().body;
    let Body::Json(bare) = bare else { panic!("{bare:?}") };
    let bare: Value = serde_json::from_slice(&bare).unwrap();
    assert_eq!((&bare[0], &bare[1], &bare[2], &bare[5]), (&Value::Null, &Value::Null, &Value::Null, &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_longer_than_it_has_is_given_up() {
    let slow = call_with("Slow", body(""), |call| call.timeout(Duration::from_millis(20))).await;
    assert_eq!(fault(slow).kind(), FaultKind::Timeout);
}

/// Nothing of the request is held while it is waited for.
#[tokio::test]
async fn a_call_outlives_the_request_it_was_read_from() {
    let call = {
        let parts = Parts { path: &[], query: &String::from("page=3"), headers: &|_| Ok(Vec::new()), body: b"" };
        route("List").call(&Bus::global(), &parts).into_future()
    };
    let told = tokio::spawn(call).await.unwrap().unwrap();
    assert_eq!(told, reply(200, None, Some(json!([3]))));
}

#[tokio::test]
async fn what_breaks_in_the_applications_serde_is_a_fault() {
    expect_panics(&["broken on its way in", "broken on its way out", "broken at its address"]);
    let egg = async |egg: &str| call("Fragile", body(&json!({"egg": egg}).to_string())).await;
    assert_eq!(egg("hard").await.unwrap(), reply(201, Some("/fragile/hard"), Some(json!({"egg": "hard"}))));
    for (way, kind, effect, says) in [
        ("in", FaultKind::Panic, Effect::Nothing, "broken on its way in"),
        ("out", FaultKind::Panic, Effect::Unknown, "broken on its way out"),
        ("at", FaultKind::Panic, Effect::Unknown, "broken at its address"),
        (
            "cold",
            FaultKind::Internal,
            Effect::Unknown,
            "`Fragile` was handled, but its output cannot be written as JSON",
        ),
    ] {
        let fault = fault(egg(way).await);
        assert_eq!((fault.kind(), fault.effect()), (kind, effect), "{fault}");
        assert!(fault.to_string().contains(says), "{fault}");
    }
}

/// What has a route has a name too.
#[tokio::test]
async fn a_message_with_a_route_is_reached_by_name() {
    let bus = Bus::global();
    let made = bus.dispatch_json("Make", br#"{"type":"tea"}"#).await.unwrap();
    assert_eq!(made, json!({"number": 7, "type": "tea"}));
    let refused = bus.dispatch_json("Make", br#"{"type":"coffee"}"#).await.unwrap_err();
    assert_eq!(refused.rejection().unwrap().status, 409);
    assert_eq!(bus.dispatch_json("FindNull", br#"{"n":0}"#).await.unwrap(), Value::Null);
    assert_eq!(bus.dispatch_json("Operate", br#"{"status":204}"#).await.unwrap()["status"], 204);
    assert_eq!(bus.dispatch_json("Sweep", b"null").await.unwrap(), Value::Null);
    let cold = bus.dispatch_json("Fragile", br#"{"egg":"cold"}"#).await.unwrap_err();
    assert_eq!(cold.fault().unwrap().kind(), FaultKind::Internal);
}
