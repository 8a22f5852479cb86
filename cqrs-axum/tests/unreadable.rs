//! Requests that are no message: what they are answered with, and that the connection is none the worse.

mod support;

use cqrs_core::{command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use support::client::{Request, get, post, request};
use support::{Host, expect_panics};

#[command(output = usize, http(post = "/orders"))]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PlaceOrder {
    customer: String,
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Line {
    quantity: u8,
    colour: Colour,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Blue,
}

#[handler]
fn place_order(cmd: PlaceOrder) -> usize {
    cmd.lines.len()
}

#[command(output = i16, http(put = "/orders/{id}", headers(version = "X-Version")))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct ChangeOrder {
    id: i16,
    version: u8,
    note: String,
}

#[handler]
fn change_order(cmd: ChangeOrder) -> i16 {
    cmd.id
}

#[query(output = u32, http(get = "/orders"))]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct ListOrders {
    page: u32,
    name: Option<String>,
}

#[handler]
fn list_orders(query: ListOrders) -> u32 {
    query.page
}

/// Reading it is code of the application, which may panic.
#[command(http(post = "/fragile"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Fragile {
    #[serde(deserialize_with = "fragile")]
    text: String,
}

fn fragile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    assert!(text != "raw egg", "the egg is broken");
    Ok(text)
}

#[handler]
fn take(_: Fragile) {}

#[command(http(post = "/aliased"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Aliased {
    count: u8,
    #[serde(alias = "colour")]
    color: String,
}

#[handler]
fn take_aliased(_: Aliased) {}

const GOOD: &str = r#"{"customer":"ada","lines":[{"quantity":1,"colour":"red"}]}"#;

#[test]
fn a_body_that_is_no_message_says_where_and_the_connection_goes_on() {
    let host = Host::plain();
    let mut connection = host.connect();
    for (body, field, says) in [
        (r#"{"customer":7,"lines":[]}"#, "customer", "invalid type: integer `7`, expected a string"),
        (r#"{"lines":[]}"#, "customer", "it is missing"),
        (r#"{"customer":null,"lines":[]}"#, "customer", "invalid type: null"),
        (r#"{"customer":"","lines":{}}"#, "lines", "invalid type: map, expected a sequence"),
        (
            r#"{"customer":"","lines":[{"quantity":1,"colour":"red"},{"quantity":256,"colour":"red"}]}"#,
            "lines[1].quantity",
            "expected u8",
        ),
        (r#"{"customer":"","lines":[{"quantity":-1,"colour":"red"}]}"#, "lines[0].quantity", "expected u8"),
        (r#"{"customer":"","lines":[{"quantity":1.5,"colour":"red"}]}"#, "lines[0].quantity", "expected u8"),
        (
            r#"{"customer":"","lines":[{"quantity":1,"colour":"green"}]}"#,
            "lines[0].colour",
            "unknown variant `green`, expected `red` or `blue`",
        ),
        (r#"{"customer":"","lines":[{"colour":"red"}]}"#, "lines[0]", "missing field `quantity`"),
        (r#"{"customer":"","lines":[],"total":1}"#, "total", "unknown field `total`, expected `customer` or `lines`"),
        (r#"{"customer":"","lines":[],"lines":[]}"#, "lines", "it is given twice"),
    ] {
        let answer = connection.send(&post("/orders", body));
        assert_eq!(answer.detail(400), "`PlaceOrder` cannot be read from this request", "{body}");
        let said = answer.field_error(400, field);
        assert!(said.contains(says), "{body}: {said}");
    }
    assert_eq!(connection.send(&post("/orders", GOOD)).json(200), 1);
}

#[test]
fn every_mistake_is_told_at_once() {
    let host = Host::plain();
    let mut connection = host.connect();
    for (sent, wrong) in [
        (post("/orders", "{}"), &["customer", "lines"][..]),
        (post("/orders", r#"{"customer":1,"lines":2,"total":3}"#), &["customer", "lines", "total"]),
        (post("/orders", r#"{"total":3,"lines":[{"quantity":256}]}"#), &["total", "lines[0].quantity", "customer"]),
        // Inside of one field, the first.
        (post("/orders", r#"{"customer":"","lines":[{"quantity":1},{"quantity":2}]}"#), &["lines[0]"]),
        // From wherever they come, by the names that a client knows.
        (request("PUT", "/orders/x").json("{}").header("X-Version", "v1"), &["id", "X-Version", "note"]),
        (request("PUT", "/orders/1").json(r#"{"note":1,"version":1}"#), &["note", "X-Version"]),
        (get("/orders?page=x&sort=name&name=a&name=b"), &["page", "sort", "name"]),
        // Of what cannot be read to its end, nothing is missing.
        (post("/orders", r#"{"customer":1,"#), &["customer"]),
        // What another name of a field could be is no field that is missing.
        (post("/aliased", r#"{"count":"1","colour":"red"}"#), &["count"]),
        (post("/aliased", r#"{"count":"1"}"#), &["count", "color"]),
    ] {
        let answer = connection.send(&sent);
        assert_eq!(answer.wrong_fields(400), wrong, "{answer:?}");
    }
    assert_eq!(connection.send(&post("/orders", GOOD)).json(200), 1);
}

/// Each mistake is one more reading of the body.
#[test]
fn of_a_large_body_and_of_many_mistakes_the_first_are_told() {
    let host = Host::plain();
    let many: Vec<_> = (0..100).map(|n| format!(r#""unknown{n}":0"#)).collect();
    let told = host.send(post("/orders", format!("{{{}}}", many.join(",")))).wrong_fields(400);
    assert_eq!(told, (0..16).map(|n| format!("unknown{n}")).collect::<Vec<_>>());
    let large = " ".repeat(256 * 1024);
    let told = host.send(post("/orders", format!(r#"{{"customer":1,"lines":2{large}}}"#))).wrong_fields(400);
    assert_eq!(told, ["customer"]);
}

#[test]
fn what_is_no_json_says_what_is_wrong_and_where() {
    let host = Host::plain();
    let mut connection = host.connect();
    for (body, says) in [
        (&b"{"[..], "EOF while parsing an object at line 1 column 1"),
        (b"hello", "expected value at line 1 column 1"),
        (b"{\"customer\":\"a\",}", "trailing comma"),
        (b"{\"customer\":\"a\",\"lines\":[]} x", "trailing characters at line 1"),
        (b"null", "invalid type: null"),
        (b"7", "invalid type: integer `7`"),
        (b"\"a\"", "invalid type: string \"a\""),
        (b"{\"customer\":\"\xff\",\"lines\":[]}", "invalid unicode code point"),
        (b"\xef\xbb\xbf{}", "expected value"),
    ] {
        let answer = connection.send(&post("/orders", body));
        let (problem, words) = (answer.problem(400), String::from_utf8_lossy(body).into_owned());
        assert!(problem.to_string().contains(&says.replace('"', "\\\"")), "{words}: {problem}");
        assert!(problem["detail"].as_str().unwrap().starts_with("`PlaceOrder` cannot be read"), "{words}: {problem}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [format!(r#"{{"customer":{deep}}}"#), format!(r#"{{"lines":{deep}}}"#), deep] {
        let problem = connection.send(&post("/orders", body)).problem(400);
        assert!(problem.to_string().len() < 500, "{problem}");
    }
    assert_eq!(connection.send(&post("/orders", GOOD)).json(200), 1);
}

#[test]
fn no_body_is_a_message_without_its_fields() {
    let host = Host::plain();
    for nothing in [request("POST", "/orders"), post("/orders", ""), post("/orders", " \r\n\t")] {
        assert_eq!(host.send(nothing).wrong_fields(400), ["customer", "lines"]);
    }
}

#[test]
fn a_body_of_another_type_or_none_is_415() {
    let host = Host::plain();
    let mut connection = host.connect();
    let typed = |content_type: &str| request("POST", "/orders").header("Content-Type", content_type).body(GOOD);
    for other in [
        typed("text/plain"),
        typed("application/x-www-form-urlencoded"),
        typed("application/jsonp"),
        typed("text/json"),
        typed("model/gltf+json"),
        typed("application/json+xml"),
        typed("json"),
        typed(""),
        typed("é"),
        typed("application/json, text/plain"),
        request("POST", "/orders").body(GOOD),
        request("POST", "/orders").chunks(&[GOOD.as_bytes()]),
    ] {
        let answer = connection.send(&other);
        assert_eq!(answer.problem(415)["title"], "Unsupported Media Type");
        assert!(answer.detail(415).contains("`Content-Type: application/json`"));
    }
    assert_eq!(connection.send(&post("/orders", GOOD)).json(200), 1);
    // Of what is not there nobody asks what it is.
    let empty = request("POST", "/orders").header("Content-Type", "text/plain").body("");
    assert_eq!(connection.send(&empty).status, 400);
}

/// A body that is coded is not told apart from a broken one by its bytes.
#[test]
fn a_body_with_a_coding_is_415_and_says_so() {
    let host = Host::plain();
    let coded = |coding: &str| post("/orders", GOOD).header("Content-Encoding", coding);
    for coding in ["gzip", "br", "gzip, identity"] {
        let answer = host.send(coded(coding));
        assert!(answer.detail(415).contains(coding), "{answer:?}");
    }
    assert_eq!(host.send(coded("identity")).json(200), 1);
}

#[test]
fn what_path_and_query_string_say_has_to_be_what_the_field_is() {
    let host = Host::plain();
    let mut connection = host.connect();
    let change = |target: &str| request("PUT", target).json(r#"{"note":""}"#).header("X-Version", "1");
    for (sent, field, says) in [
        (change("/orders/x"), "id", "`x` is not a whole number from -32768 to 32767"),
        (change("/orders/32768"), "id", "`32768` is not a whole number from -32768 to 32767"),
        (change("/orders/1%202"), "id", "`1 2` is not a whole number"),
        (get("/orders?page=-1"), "page", "`-1` is not a whole number of 32 bits, from 0"),
        (get("/orders?page="), "page", "`` is not a whole number"),
        (get("/orders?page"), "page", "`` is not a whole number"),
        (get("/orders?page=1&sort=name"), "sort", "unknown field `sort`, expected `page` or `name`"),
    ] {
        let said = connection.send(&sent).field_error(400, field);
        assert!(said.contains(says), "{said}");
    }
    assert_eq!(connection.send(&change("/orders/-7")).json(200), -7);
}

/// A client has never heard of the field; what it sent is a header.
#[test]
fn what_a_header_should_say_is_told_of_the_header() {
    let host = Host::plain();
    let change = request("PUT", "/orders/1").json(r#"{"note":""}"#);
    assert_eq!(host.send(change.clone()).field_error(400, "X-Version"), "it is missing");
    let said = host.send(change.header("x-version", "v1")).field_error(400, "X-Version");
    assert_eq!(said, "`v1` is not a whole number from 0 to 255");
}

#[test]
fn what_is_encoded_and_no_utf_8_is_400() {
    let host = Host::plain();
    let mut connection = host.connect();
    let said = connection.send(&request("PUT", "/orders/%ff").json("{}")).field_error(400, "id");
    assert_eq!(said, "it is not UTF-8");
    let not_utf_8 = "what is encoded in the query string is not UTF-8";
    assert_eq!(connection.send(&get("/orders?name=%c3%28")).field_error(400, "name"), not_utf_8);
    let in_a_name = connection.send(&get("/orders?n%ffme=a")).detail(400);
    assert!(in_a_name.contains(not_utf_8), "{in_a_name}");
    // Bytes that stand there as they are make no request at all.
    let mut bare = host.connect();
    bare.write(b"GET /orders?name=\xff HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(bare.read().status, 400);
}

#[test]
fn more_parameters_than_any_message_has_are_refused() {
    let host = Host::plain();
    let many = |n: usize| vec!["name=a"; n].join("&");
    assert!(host.get(&format!("/orders?{}", many(257))).detail(400).contains("more than 256 parameters"));
    assert!(host.get(&format!("/orders?{}", many(256))).field_error(400, "name").contains("more than once"));
}

#[test]
fn a_panic_in_an_applications_deserialize_is_a_fault_and_not_the_end() {
    expect_panics(&["the egg is broken"]);
    let host = Host::plain();
    let mut connection = host.connect();
    let egg = |egg: &str| -> Request { post("/fragile", format!(r#"{{"text":"{egg}"}}"#)) };
    let problem = connection.send(&egg("raw egg")).problem(500);
    assert!(problem["instance"].as_str().unwrap().starts_with("urn:uuid:"));
    assert!(!problem.to_string().contains("broken"), "{problem}");
    connection.send(&egg("hard")).nothing(204);
}
