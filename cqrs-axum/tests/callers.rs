//! Who sends a request, and what is refused to whom.

mod support;
#[path = "support/unsound.rs"]
mod unsound;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::request::Parts;
use cqrs_axum::{Authenticate, Caller, Edge, Scheme};
use cqrs_core::{AuditOutcome, AuditQuery, Bus, Context, InMemoryStore, Principal, Problem, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::Host;
use support::client::{Request, eventually, get, post, request};
use support::log::Log;

#[query(public, output = Value, http(get = "/public"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AskPublic {}

#[handler]
fn ask_public(_: AskPublic, context: Context) -> Value {
    let who = context.principal();
    json!({ "who": who.map(Principal::id), "tenant": context.tenant(), "system": who.map(Principal::is_system) })
}

#[query(authorize = "things:read", output = Value, http(get = "/things"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct ReadThings {}

#[handler]
fn read_things(_: ReadThings, context: Context) -> Value {
    ask_public(AskPublic {}, context)
}

#[command(authorize = "things:write", http(post = "/things"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct WriteThing {
    text: String,
}

#[handler]
fn write_thing(_: WriteThing) {}

/// Whoever the thing belongs to.
#[command(authorize = is_owner, http(put = "/things/{owner}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct OwnThing {
    owner: String,
}

fn is_owner(who: &Principal, cmd: &OwnThing) -> Result<(), String> {
    if who.id() == cmd.owner { Ok(()) } else { Err("the secret reason".to_owned()) }
}

#[handler]
fn own_thing(_: OwnThing) {}

/// Says nothing of who may send it.
#[command(http(post = "/undecided"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Undecided {}

#[handler]
fn undecided(_: Undecided) {}

/// `Bearer <who>[:<scope>][@<tenant>]`.
struct Tokens(Scheme);

impl Authenticate for Tokens {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Caller>, Problem> {
        tokio::task::yield_now().await;
        let Some(given) = request.headers.get("authorization") else { return Ok(None) };
        let Some(token) = given.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")) else {
            return Err(Problem::unauthorized("a token is a bearer's"));
        };
        if token == "banned" {
            return Err(Problem::forbidden("this one may not do anything"));
        }
        let (token, tenant) = token.split_once('@').map_or((token, None), |(token, tenant)| (token, Some(tenant)));
        let (who, scope) = token.split_once('/').unwrap_or((token, ""));
        let caller = Caller::from(Principal::new(who).with_scope(scope));
        Ok(Some(tenant.into_iter().fold(caller, Caller::with_tenant)))
    }

    fn scheme(&self) -> Scheme {
        self.0
    }
}

fn host() -> Host {
    Host::edge(|edge| edge.authenticate(Tokens(Scheme::Bearer { format: "" })))
}

trait By {
    fn by(self, token: &str) -> Self;
}

impl By for Request {
    fn by(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }
}

#[test]
fn who_sends_a_request_and_for_whom_reaches_the_handler() {
    let host = host();
    let seen = |request: Request| host.send(request).json(200);
    let nobody = json!({"who": null, "tenant": null, "system": null});
    assert_eq!(seen(get("/public")), nobody);
    assert_eq!(seen(get("/public").by("ada")), json!({"who": "ada", "tenant": null, "system": false}));
    let for_shop = seen(get("/things").by("ada/things:read@shop"));
    assert_eq!(for_shop, json!({"who": "ada", "tenant": "shop", "system": false}));
    // Nobody says who it is where nobody is asked.
    assert_eq!(Host::plain().send(get("/public").by("ada")).json(200), nobody);
}

#[test]
fn who_may_is_let_in_and_who_may_not_is_told_no_more_than_that() {
    let host = host();
    let mut connection = host.connect();
    let mut send = |request: Request| connection.send(&request);
    let thing = || post("/things", r#"{"text":"a"}"#);
    send(thing().by("ada/things:write")).nothing(204);
    for (other, scope) in [
        (thing().by("ada"), "things:write"),
        (thing().by("ada/things:read"), "things:write"),
        (get("/things").by("ada/things:write"), "things:read"),
    ] {
        let answer = send(other);
        assert_eq!(answer.detail(403), "this caller may not do this");
        let told = format!(r#"Bearer realm="api", error="insufficient_scope", scope="{scope}""#);
        assert_eq!(answer.header("www-authenticate"), Some(&*told));
    }
    send(request("PUT", "/things/ada").by("ada")).nothing(204);
    let denied = send(request("PUT", "/things/ben").by("ada"));
    assert_eq!(denied.detail(403), "this caller may not do this");
    assert_eq!(denied.header("www-authenticate"), None, "no scope would help");
    assert!(!denied.text().contains("secret"));
    assert_eq!(send(get("/public").by("banned")).detail(403), "this one may not do anything");
}

#[test]
fn who_does_not_say_who_it_is_is_401_and_told_how_to() {
    for (scheme, challenge, unbelieved) in [
        (Scheme::Bearer { format: "JWT" }, r#"Bearer realm="api""#, r#"Bearer realm="api", error="invalid_token""#),
        (Scheme::Basic, r#"Basic realm="api""#, r#"Basic realm="api""#),
        (Scheme::ApiKey { header: "X-Api-Key" }, r#"ApiKey header="X-Api-Key""#, r#"ApiKey header="X-Api-Key""#),
    ] {
        let host = Host::edge(|edge| edge.authenticate(Tokens(scheme)));
        for anonymous in [get("/things"), post("/things", r#"{"text":"a"}"#), request("PUT", "/things/ada")] {
            let answer = host.send(anonymous);
            assert_eq!(answer.detail(401), "this takes a caller who says who they are");
            assert_eq!(answer.header("www-authenticate"), Some(challenge));
        }
        let wrong = host.send(get("/public").header("Authorization", "Basic YTpi"));
        assert_eq!(
            (wrong.detail(401).as_str(), wrong.header("www-authenticate")),
            ("a token is a bearer's", Some(unbelieved))
        );
        let forbidden = host.send(get("/things").by("ada"));
        let is_told = forbidden.header("www-authenticate").is_some();
        assert_eq!((forbidden.status, is_told), (403, matches!(scheme, Scheme::Bearer { .. })));
    }
}

#[test]
fn without_an_authenticator_whatever_declares_authorize_is_401() {
    let host = Host::plain();
    for anonymous in [get("/things"), get("/things").by("ada/things:read"), request("PUT", "/things/ada")] {
        let answer = host.send(anonymous);
        answer.problem(401);
        assert_eq!(answer.header("www-authenticate"), None, "there is no way to say so");
    }
    assert_eq!(host.get("/public").status, 200);
}

/// Nothing of a stranger's body is waited for, or read.
#[test]
fn who_is_refused_is_told_before_the_body_comes() {
    let host = host();
    for (token, status) in [(None, 401), (Some("ada"), 403), (Some("banned"), 403)] {
        let began = Instant::now();
        let mut connection = host.connect();
        let head = request("POST", "/things").header("Content-Type", "application/json");
        let head = token.into_iter().fold(head.header("Content-Length", "1000000"), Request::by);
        connection.write(head.bytes());
        connection.read().problem(status);
        assert!(connection.is_closed(), "nobody would know where the next request begins");
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    // Nor is it asked for.
    let mut polite = host.connect();
    polite.write(post("/things", r#"{"text":"a"}"#).head_that_asks());
    polite.read().problem(401);
    // Whatever it is: that it is no message, strangers are not told.
    assert_eq!(host.send(post("/things", "{")).status, 401);
    assert_eq!(host.send(request("POST", "/things").body("{")).status, 401);
}

#[test]
fn a_message_that_does_not_say_who_may_send_it_is_refused_where_that_is_the_rule() {
    let open = host();
    open.send(request("POST", "/undecided")).nothing(204);

    let bus = Bus::builder().deny_by_default().build();
    let edge = cqrs_axum::Edge::new(bus.clone()).authenticate(Tokens(Scheme::Basic));
    // The bus does not even start with such a message, and whoever serves it all the same serves none of it.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let refused = runtime.block_on(bus.start()).unwrap_err().to_string();
    assert!(refused.contains("Undecided"), "{refused}");
    let host = unsound::host(edge.router());
    for undecided in [request("POST", "/undecided"), request("POST", "/undecided").by("ada/things:write")] {
        host.send(undecided).problem(500);
    }
    assert_eq!(host.get("/public").status, 200);
    assert_eq!(host.send(get("/things").by("ada/things:read")).status, 200);
}

#[test]
fn an_authenticator_may_be_one_that_others_have_too() {
    let tokens = Arc::new(Tokens(Scheme::Basic));
    let host = Host::edge(|edge| edge.authenticate(tokens.clone()));
    let who = host.send(get("/public").header("Authorization", "Bearer ada@acme")).json(200);
    assert_eq!((&who["who"], &who["tenant"]), (&json!("ada"), &json!("acme")));
    let refused = host.get("/things");
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Basic realm=\"api\"")));
}

/// As the test of an authenticator sees it.
#[test]
fn a_caller_says_who_it_is() {
    let caller = Caller::from(Principal::new("ada").with_scopes(["things:read", "things:write"])).with_tenant("acme");
    assert_eq!((caller.principal().id(), caller.tenant()), ("ada", Some("acme")));
    assert!(caller.principal().has_scope("things:read") && caller.principal().has_scope("things:write"));
    assert_eq!(Caller::from(Principal::new("ada")).tenant(), None);
}

/// Although nothing of its message was read. Strangers leave no row: any number of them would fill the disk.
#[test]
fn who_is_refused_is_in_the_log_and_in_the_audit_trail() {
    let (log, bus) = (Log::of_process(), Bus::builder().store(InMemoryStore::default()).build());
    let router = Edge::new(bus.clone()).authenticate(Tokens(Scheme::Basic)).router();
    let host = Host::of(&bus, router);
    let write = post("/things", r#"{"text":"a"}"#);
    let refused = write.clone().header("X-Correlation-Id", "the-one-refused");
    host.send(refused.header("Authorization", "Bearer ada/things:read")).problem(403);
    host.send(write.header("X-Correlation-Id", "the-stranger")).problem(401);
    let told = log.lines("correlation_id=the-one-refused");
    let [line] = &told[..] else { panic!("{told:?}") };
    for part in ["call{WriteThing ", "is refused to a caller", "`things:write` is missing"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let audit = || runtime.block_on(bus.audit(AuditQuery::default())).unwrap();
    // Rows that belong to no transaction are written together, about a second later.
    eventually("a row in the audit trail", || !audit().is_empty());
    let rows = audit();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((&*row.command, row.call.correlation_id().to_string()), ("WriteThing", "the-one-refused".to_owned()));
    assert_eq!(row.call.principal().map(Principal::id), Some("ada"));
    assert!(matches!(&row.outcome, AuditOutcome::Faulted(why) if why.contains("`things:write` is missing")), "{row:?}");
}
