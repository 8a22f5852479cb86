//! What is told of a request that is wrong: each mistake, none that is none, and no more of it than helps.

mod support;

use cqrs_core::{command, handler, query};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::json;
use support::Host;
use support::client::{get, post, request};

#[command(http(post = "/aliased"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Aliased {
    count: u8,
    #[serde(alias = "colour")]
    color: u8,
    name: String,
}

#[handler]
fn take_aliased(_: Aliased) {}

/// What calls itself required and may be left out.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Perhaps(Option<u8>);

impl JsonSchema for Perhaps {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Perhaps".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "integer" })
    }
}

/// Text that is more than text.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
struct Address(String);

impl TryFrom<String> for Address {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('@') { Ok(Address(text)) } else { Err("an address has an `@`") }
    }
}

#[command(http(post = "/contacts"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AddContact {
    address: Address,
    #[serde(default)]
    other: Option<Perhaps>,
    perhaps: Perhaps,
    age: u8,
    name: String,
}

#[handler]
fn add_contact(_: AddContact) {}

#[query(output = u32, http(get = "/pages"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct ListPages {
    #[serde(rename = "page[number]")]
    number: u32,
    #[serde(rename = "filter.name")]
    name: Option<u8>,
    #[serde(rename = "page[size]")]
    size: u32,
}

#[handler]
fn list_pages(query: ListPages) -> u32 {
    query.number + query.size
}

#[command(output = ChangeTags, http(put = "/tags/{of}", headers(tags = "X-Tags", version = "X-Version"), query(dry_run)))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct ChangeTags {
    of: Vec<u8>,
    #[serde(default)]
    tags: Vec<String>,
    version: Option<u8>,
    #[serde(default)]
    dry_run: bool,
    note: String,
}

#[handler]
fn change_tags(message: ChangeTags) -> ChangeTags {
    message
}

#[command(output = String, http(post = "/plain"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Plain {
    name: String,
}

#[handler]
fn plain(message: Plain) -> String {
    message.name
}

#[test]
fn what_was_given_under_another_name_is_not_missing() {
    let host = Host::plain();
    for (body, wrong) in [
        (r#"{"count":1,"colour":"red","name":""}"#, &["colour"][..]),
        (r#"{"count":"1","colour":"red","name":1}"#, &["count", "colour", "name"]),
        (r#"{"count":"1","colour":2}"#, &["count", "name"]),
        (r#"{"colour":"red","count":"1"}"#, &["colour", "count"]),
        (r#"{"count":"1"}"#, &["count", "color", "name"]),
    ] {
        assert_eq!(host.send(post("/aliased", body)).wrong_fields(400), wrong, "{body}");
    }
}

#[test]
fn what_serde_does_not_miss_is_not_missing() {
    let host = Host::plain();
    for (body, wrong) in [
        (r#"{}"#, &["address", "age", "name"][..]),
        (r#"{"address":1,"age":"x"}"#, &["address", "age"]),
        (r#"{"address":"a@b","age":"x"}"#, &["age", "name"]),
        (r#"{"address":"nowhere","age":"x","name":1}"#, &["address", "age", "name"]),
    ] {
        let answer = host.send(post("/contacts", body));
        let told = answer.wrong_fields(400);
        assert!(!told.contains(&"perhaps".to_owned()), "{body}: {told:?}");
        // Of what cannot be made up no more is known, and told.
        assert!(told.iter().all(|name| wrong.contains(&&**name)) && !told.is_empty(), "{body}: {told:?}");
    }
    let answer = host.send(post("/contacts", r#"{"address":"nowhere","age":"x","name":1}"#));
    assert_eq!(answer.wrong_fields(400), ["address", "age", "name"]);
    host.send(post("/contacts", r#"{"address":"a@b","age":1,"name":""}"#)).nothing(204);
}

#[test]
fn a_name_may_have_dots_and_brackets() {
    let host = Host::plain();
    for (query, wrong) in [
        ("page[number]=x&page[size]=y&filter.name=z", &["page[number]", "page[size]", "filter.name"][..]),
        ("filter.name=z", &["filter.name", "page[number]", "page[size]"]),
        ("page%5Bnumber%5D=1&page%5Bsize%5D=y", &["page[size]"]),
    ] {
        assert_eq!(host.get(&format!("/pages?{query}")).wrong_fields(400), wrong, "{query}");
    }
}

#[test]
fn a_parameter_that_cannot_be_read_is_one_mistake_among_others() {
    let host = Host::plain();
    let change = request("PUT", "/tags/1").json("{}").header("X-Version", "1").header("X-Version", "2");
    assert_eq!(host.send(change).wrong_fields(400), ["X-Version", "note"]);
    let change = request("PUT", "/tags/x?dry_run=%ff").json("{}").header("X-Version", "é").header("X-Tags", "é");
    assert_eq!(host.send(change).wrong_fields(400), ["X-Tags", "X-Version", "dry_run", "of[0]", "note"]);
    assert_eq!(
        host.get("/pages?filter.name=%ff&page[number]=x").wrong_fields(400),
        ["filter.name", "page[number]", "page[size]"]
    );
}

#[test]
fn a_query_string_that_nobody_asks_for_may_be_anything() {
    let host = Host::plain();
    assert_eq!(host.send(post("/plain?%ff=1&a=%ff", r#"{"name":"a"}"#)).json(200), "a");
    let change = request("PUT", "/tags/1?%ff=1&a=%ff").json(r#"{"note":""}"#);
    assert_eq!(host.send(change).json(200)["of"], json!([1]));
}

#[test]
fn a_list_in_a_header_or_a_path_has_commas_or_several_lines() {
    let host = Host::plain();
    let change = || request("PUT", "/tags/1,2").json(r#"{"note":""}"#);
    for (lines, tags) in [
        (&["a,b"][..], json!(["a", "b"])),
        (&["a", "b"], json!(["a", "b"])),
        (&["a , b", "c"], json!(["a", "b", "c"])),
        (&[", a,,b ,"], json!(["a", "b"])),
        (&[r#""a,b", W/"c""#], json!([r#""a,b""#, r#"W/"c""#])),
        (&[""], json!([])),
        (&[], json!([])),
    ] {
        let sent = lines.iter().fold(change(), |request, line| request.header("X-Tags", line));
        let read = host.send(sent).json(200);
        assert_eq!((&read["tags"], &read["of"]), (&tags, &json!([1, 2])), "{lines:?}");
    }
    let said = host.send(request("PUT", "/tags/1,x").json(r#"{"note":""}"#)).field_error(400, "of[1]");
    assert_eq!(said, "`x` is not a whole number from 0 to 255");
}

#[test]
fn what_is_long_is_not_said_back() {
    let host = Host::plain();
    let long = "é".repeat(100_000);
    for (sent, start) in [
        (post("/aliased", format!(r#"{{"count":"{long}"}}"#)), "count"),
        (get(&format!("/pages?page[number]={}", "x".repeat(7_000))), "page[number]"),
        (post("/contacts", format!(r#"{{"age":{{"{long}":1}}}}"#)), "age"),
    ] {
        let answer = host.send(sent);
        let told = answer.wrong_fields(400);
        assert!(told[0].starts_with(start), "{told:?}");
        let problem = answer.problem(400).to_string();
        assert!(problem.len() < 2_000, "{}", problem.len());
        assert!(problem.contains("expected") || problem.contains("is not a whole number"), "{problem}");
    }
}
