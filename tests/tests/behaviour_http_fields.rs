//! Where in a request a message's fields stand, without a server: path, query string, headers and body, each in its place.

#![cfg(feature = "inventory")]

use cqrs_core::http::Body;
use cqrs_core::{command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::requests::{Sent, body, call, reply, unreadable};

#[command(output = Vec<Value>, http(put = "/t/{team}", headers(version = "If-Match", by = "X-By"), query(dry_run, tags)))]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeTeam {
    team: i16,
    version: Option<u64>,
    by: String,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    tags: Vec<String>,
    note: String,
    page: Option<u8>,
}

#[handler]
fn change_team(cmd: ChangeTeam) -> Vec<Value> {
    let ChangeTeam { team, version, by, dry_run, tags, note, page } = cmd;
    vec![json!(team), json!(version), json!(by), json!(dry_run), json!(tags), json!(note), json!(page)]
}

#[query(output = String, http(get = "/t/{team}", headers(agent = "User-Agent")))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetTeam {
    team: String,
    agent: Option<String>,
    #[serde(default)]
    page: u32,
}

#[handler]
fn get_team(query: GetTeam) -> String {
    format!("{} {:?} {}", query.team, query.agent, query.page)
}

/// A body that is no object.
#[command(output = Order, http(post = "/orders"))]
#[derive(Serialize, Deserialize, JsonSchema)]
enum Order {
    Tea { cups: u8 },
    Coffee,
}

#[handler]
fn order(cmd: Order) -> Order {
    cmd
}

#[command(output = u64, http(post = "/sums"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Sum(u64, u64);

#[handler]
fn sum(cmd: Sum) -> u64 {
    cmd.0 + cmd.1
}

/// Keywords, and names that serde gives.
#[query(output = String, http(get = "/{type}/{theName}", headers(r#match = "If-Match")))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Named {
    r#type: char,
    #[serde(rename = "theName")]
    name: String,
    r#match: Option<u8>,
    r#where: Option<u8>,
    #[serde(flatten)]
    more: More,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct More {
    word: Option<String>,
}

#[handler]
fn named(query: Named) -> String {
    let Named { r#type, name, r#match, r#where, more } = query;
    format!("{type} {name} {match:?} {where:?} {:?}", more.word, type = r#type, match = r#match, where = r#where)
}

/// Everything that `PUT` may bring, and as little as it has to.
const CHANGE: Sent<'_> = Sent { path: &["-7"], query: "", headers: &[("x-by", "ada")], body: r#"{"note":"Hi"}"# };

#[tokio::test]
async fn headers_fill_the_fields_they_name() {
    let least = call("ChangeTeam", CHANGE).await.unwrap();
    assert_eq!(least, reply(200, None, Some(json!([-7, null, "ada", false, [], "Hi", null]))));
    let sent = Sent { headers: &[("if-match", "3"), ("x-by", "eve"), ("x-other", "1")], ..CHANGE };
    let told = call("ChangeTeam", sent).await.unwrap();
    assert_eq!(told, reply(200, None, Some(json!([-7, 3, "eve", false, [], "Hi", null]))));
    let agent = Sent { path: &["core"], headers: &[("user-agent", "tests")], ..Sent::default() };
    assert_eq!(call("GetTeam", agent).await.unwrap().body, Body::Json(br#""core Some(\"tests\") 0""#.to_vec()));
}

#[tokio::test]
async fn query_fills_the_fields_it_names() {
    let sent = Sent { query: "dry_run=true&tags=a+b&page=9&tags=%26", body: r#"{"note":"Hi","page":3}"#, ..CHANGE };
    let told = call("ChangeTeam", sent).await.unwrap();
    assert_eq!(
        told,
        reply(200, None, Some(json!([-7, null, "ada", true, ["a b", "&"], "Hi", 3]))),
        "no more than those"
    );
}

/// Each field has one place, so that nobody says in another what a header should have said.
#[tokio::test]
async fn what_is_missing_unknown_twice_or_elsewhere_names_its_field() {
    let twice = "it is given more than once, and is no list";
    let (no_body, no_query) =
        ("it is given as a header, and not in the body", "it is given as a header, and not in the query string");
    for (sent, field, says) in [
        (Sent { body: "", ..CHANGE }, "note", "it is missing"),
        (Sent { headers: &[], ..CHANGE }, "X-By", "it is missing"),
        (Sent { path: &[], ..CHANGE }, "team", "it is missing"),
        (Sent { path: &["x"], ..CHANGE }, "team", "`x` is not a whole number from -32768 to 32767"),
        (Sent { headers: &[("x-by", "ada"), ("if-match", "v1")], ..CHANGE }, "If-Match", "`v1` is not a whole number"),
        (Sent { query: "dry_run=yes", ..CHANGE }, "dry_run", "`yes` is not `true` or `false`"),
        (Sent { query: "dry_run=true&dry_run=true", ..CHANGE }, "dry_run", twice),
        (Sent { body: r#"{"note":"Hi","note":"Ho"}"#, ..CHANGE }, "note", "it is given twice"),
        (Sent { body: r#"{"note":"Hi","team":8}"#, ..CHANGE }, "team", "it is given twice"),
        (Sent { body: r#"{"note":"Hi","color":8}"#, ..CHANGE }, "color", "unknown field `color`, expected one of"),
        (Sent { body: r#"{"note":"Hi","page":256}"#, ..CHANGE }, "page", "invalid value: integer `256`, expected u8"),
        (Sent { body: r#"{"note":"Hi","by":"eve"}"#, ..CHANGE }, "X-By", no_body),
        (Sent { body: r#"{"by":"eve","note":"Hi"}"#, headers: &[], ..CHANGE }, "X-By", no_body),
        (Sent { body: r#"{"note":"Hi","version":3}"#, ..CHANGE }, "If-Match", no_body),
        (
            Sent { body: r#"{"note":"Hi","dry_run":true}"#, ..CHANGE },
            "dry_run",
            "it is given in the query string, and not in the body",
        ),
        (Sent { body: "[]", ..CHANGE }, "", "expected an object with the fields of the message"),
        (Sent { body: "{", ..CHANGE }, "", "EOF while parsing an object"),
    ] {
        let (told, detail) = unreadable(call("ChangeTeam", sent).await);
        assert!(told == field && detail.contains(says), "`{told}`: {detail}, and not `{field}`: {says}");
    }
    let get = Sent { path: &["core"], ..Sent::default() };
    for (query, field, says) in [
        ("agent=tests", "User-Agent", no_query),
        ("team=other", "team", "it is given twice"),
        ("page=x", "page", "`x` is not a whole number of 32 bits, from 0"),
    ] {
        let (told, detail) = unreadable(call("GetTeam", Sent { query, ..get }).await);
        assert!(told == field && detail.contains(says), "`{told}`: {detail}, and not `{field}`: {says}");
    }
    let strange = Sent { query: "color=1&page=2", body: "no JSON", ..get };
    assert_eq!(call("GetTeam", strange).await.unwrap().body, Body::Json(br#""core None 2""#.to_vec()), "serde lets it");
}

#[tokio::test]
async fn a_message_that_is_no_object_is_all_of_the_body() {
    assert_eq!(
        call("Order", body(r#"{"Tea":{"cups":2}}"#)).await.unwrap().body,
        Body::Json(br#"{"Tea":{"cups":2}}"#.to_vec())
    );
    assert_eq!(call("Order", body(r#" "Coffee" "#)).await.unwrap(), reply(200, None, Some(json!("Coffee"))));
    assert_eq!(call("Sum", body("[1, 2]")).await.unwrap(), reply(200, None, Some(json!(3))));
    for (name, sent, field, says) in [
        ("Order", r#""Milk""#, "", "unknown variant `Milk`, expected `Tea` or `Coffee`"),
        ("Order", r#"{"Tea":{"cups":256}}"#, "Tea.cups", "invalid value: integer `256`, expected u8"),
        ("Order", "", "", "the body is missing"),
        ("Sum", "[1,-2]", "[1]", "invalid value: integer `-2`, expected u64"),
        ("Sum", "", "", "the body is missing"),
    ] {
        let (told, detail) = unreadable(call(name, body(sent)).await);
        assert!(told == field && detail.contains(says), "{sent}: `{told}`: {detail}");
    }
}

#[tokio::test]
async fn a_field_has_the_name_that_serde_gives_it() {
    let sent = Sent { path: &["a", "b"], query: "where=1&word=c", headers: &[("if-match", "2")], ..Sent::default() };
    let told = call("Named", sent).await.unwrap();
    assert_eq!(told, reply(200, None, Some(json!("a b Some(2) Some(1) Some(\"c\")"))));
}
