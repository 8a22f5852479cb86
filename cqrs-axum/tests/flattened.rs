//! What a message flattens: where it may come from, what the document says of it, and what is told where it is wrong.

mod support;

use std::collections::BTreeMap;

use cqrs_core::{command, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::client::{Request, post};
use support::{Host, echo};

/// A header that a proxy writes, as something flattened has it: with another name, which the macro does not see.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Whose {
    #[serde(default, alias = "org")]
    tenant: Option<String>,
    #[serde(default, alias = "dry")]
    dry_run: bool,
}

#[command(output = PlaceOrder, http(post = "/orders", headers(tenant = "X-Tenant"), query(dry_run)))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct PlaceOrder {
    #[serde(flatten)]
    whose: Whose,
    #[serde(alias = "text")]
    note: String,
}

#[query(output = ListOrders, http(get = "/orders", headers(tenant = "X-Tenant")))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct ListOrders {
    #[serde(flatten)]
    whose: Whose,
    page: Option<u8>,
}

/// What may be left out as a whole: of that, serde does not say that something is given twice.
#[command(output = CancelOrder, http(post = "/cancellations", headers(tenant = "X-Tenant")))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct CancelOrder {
    #[serde(flatten)]
    whose: Option<WhoseForSure>,
    #[serde(alias = "text")]
    note: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct WhoseForSure {
    #[serde(alias = "org")]
    tenant: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "how", rename_all = "lowercase")]
enum How {
    Card { number: u64 },
    Cash,
}

#[command(output = Pay, http(post = "/orders/{order}/payment"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Pay {
    order: u64,
    #[serde(flatten)]
    how: How,
}

#[query(output = Price, http(get = "/price"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Price {
    amount: u64,
    #[serde(flatten)]
    how: How,
}

#[command(output = Label, http(put = "/labels/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Label {
    id: u64,
    #[serde(flatten)]
    labels: BTreeMap<String, String>,
}

#[command(output = Labels, http(post = "/labels"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Labels(BTreeMap<String, u8>);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Genre {
    Novel,
    Poetry,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Filter {
    genre: Option<Genre>,
    lent: Option<bool>,
    year: Option<u16>,
    ratio: Option<f32>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Paging {
    order: Option<Genre>,
    size: u8,
}

#[query(output = FindBooks, http(get = "/books"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct FindBooks {
    title: Option<String>,
    shelf: Option<u8>,
    #[serde(flatten)]
    filter: Filter,
    #[serde(flatten)]
    paging: Paging,
}

#[query(output = SearchBooks, http(post = "/books/searches"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct SearchBooks {
    title: String,
    #[serde(flatten)]
    filter: Filter,
    #[serde(flatten)]
    paging: Paging,
}

#[command(output = Change, http(post = "/changes"))]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Change {
    One { a: u8, b: Option<bool> },
    Two { a: String },
}

#[command(output = Strict, http(post = "/strict"))]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Strict {
    name: String,
    #[serde(flatten)]
    paging: Paging,
}

echo! {
    place_order PlaceOrder,
    list_orders ListOrders,
    cancel_order CancelOrder,
    pay Pay,
    price Price,
    label Label,
    labels Labels,
    find_books FindBooks,
    search_books SearchBooks,
    change Change,
    strict Strict,
}

#[test]
fn what_a_header_says_no_body_says_under_another_name() {
    let host = Host::plain();
    for evil in [post("/orders", r#"{"note":"","org":"evil"}"#), post("/orders", r#"{"org":"evil","note":""}"#)] {
        let said = host.send(evil.clone()).field_error(400, "X-Tenant");
        assert_eq!(said, "it is given as a header, and by no other name");
        assert_eq!(host.send(evil.header("X-Tenant", "mine")).wrong_fields(400), ["X-Tenant"]);
    }
    let evil = host.get("/orders?org=evil");
    assert_eq!(evil.field_error(400, "X-Tenant"), "it is given as a header, and by no other name");
    for evil in [r#"{"note":"","org":"evil"}"#, r#"{"a":1,"text":"","org":"evil"}"#] {
        let evil = post("/cancellations", evil);
        assert_eq!(host.send(evil).field_error(400, "X-Tenant"), "it is given as a header, and by no other name");
    }
    let ours = post("/cancellations", r#"{"a":1,"text":"Hi"}"#);
    assert_eq!(host.send(ours.clone()).json(200), json!({ "note": "Hi" }));
    assert_eq!(host.send(ours.header("X-Tenant", "mine")).json(200), json!({ "tenant": "mine", "note": "Hi" }));
    let dry = host.send(post("/orders", r#"{"note":"","dry":true}"#));
    assert_eq!(dry.field_error(400, "dry_run"), "it is given in the query string, and by no other name");
    // What is no name of such a field is as it was: an alias of another one, and what nobody asks for.
    let ours = post("/orders?dry_run=true", r#"{"text":"Hi","other":1}"#).header("X-Tenant", "mine");
    assert_eq!(host.send(ours).json(200), json!({ "tenant": "mine", "dry_run": true, "note": "Hi" }));
    let without = post("/orders", r#"{"text":"Hi","other":1}"#);
    assert_eq!(host.send(without).json(200), json!({ "tenant": null, "dry_run": false, "note": "Hi" }));
    assert_eq!(host.get("/orders?other=1&page=2").json(200)["page"], 2);
}

fn operation(method: &str, path: &str) -> Value {
    Host::plain().get("/openapi.json").json(200)["paths"][path][method].take()
}

#[test]
fn what_is_left_for_the_body_is_in_the_document() {
    let body = |method, path| {
        let mut body = operation(method, path)["requestBody"].take();
        (body["required"].take(), body["content"]["application/json"]["schema"].take())
    };
    let (required, pay) = body("post", "/orders/{order}/payment");
    assert_eq!((required, pay["oneOf"].as_array().map(Vec::len)), (json!(true), Some(2)), "{pay}");
    assert_eq!(pay["properties"]["order"], Value::Null, "{pay}");
    let (required, label) = body("put", "/labels/{id}");
    assert_eq!((required, &label["additionalProperties"]), (json!(false), &json!({ "type": "string" })));
    assert_eq!(label["required"], Value::Null);
    let (_, labels) = body("post", "/labels");
    assert_ne!(labels, Value::Null);
    let host = Host::plain();
    let paid = host.send(post("/orders/7/payment", r#"{"how":"card","number":5}"#));
    assert_eq!(paid.json(200), json!({ "order": 7, "how": "card", "number": 5 }));
    let labelled = Request::json(support::client::request("PUT", "/labels/7"), r#"{"a":"b"}"#);
    assert_eq!(host.send(labelled).json(200), json!({ "id": 7, "a": "b" }));
}

#[test]
fn what_an_enum_in_a_query_string_takes_is_in_the_document_and_is_read() {
    let price = operation("get", "/price");
    let parameters = price["parameters"].as_array().unwrap().iter();
    let known: Vec<_> = parameters
        .map(|parameter| (parameter["name"].as_str().unwrap(), parameter["required"] == true))
        .filter(|(name, _)| !name.starts_with("X-"))
        .collect();
    assert_eq!(known, [("amount", true), ("how", true), ("number", false)]);
    assert_eq!(price["parameters"][1]["schema"]["enum"], json!(["card", "cash"]));
    let host = Host::plain();
    for (query, read) in [
        ("amount=1&how=card&number=5", json!({ "amount": 1, "how": "card", "number": 5 })),
        ("how=cash&amount=1", json!({ "amount": 1, "how": "cash" })),
    ] {
        assert_eq!(host.get(&format!("/price?{query}")).json(200), read);
    }
    for (query, wrong) in [
        ("amount=1&how=card&number=x", &["number"][..]),
        ("amount=x&how=card&number=x", &["amount", "number"]),
        ("amount=x&how=card", &["amount", "number"]),
        ("amount=1&how=card", &["number"]),
        ("amount=1", &["how"]),
        ("amount=1&how=cheque", &["how"]),
    ] {
        assert_eq!(host.get(&format!("/price?{query}")).wrong_fields(400), wrong, "{query}");
    }
}

#[test]
fn mistakes_in_what_is_flattened_are_named() {
    let host = Host::plain();
    for (query, wrong) in [
        ("size=1&genre=opera", &["genre"][..]),
        ("size=1&genre=opera&lent=maybe", &["lent", "genre"]),
        ("size=1&genre=opera&order=opera", &["genre", "order"]),
        ("genre=opera&title=a", &["genre", "size"]),
        ("genre=opera&shelf=x&order=opus", &["shelf", "genre", "order", "size"]),
        ("size=1&year=70000", &["year"]),
        ("size=256&year=70000&title=a", &["size", "year"]),
        ("size=1&ratio=1e39", &["ratio"]),
    ] {
        let answer = host.get(&format!("/books?{query}"));
        assert_eq!(answer.wrong_fields(400), wrong, "{query}: {answer:?}");
    }
    let said = host.get("/books?size=1&genre=opera&title=a").field_error(400, "genre");
    assert_eq!(said, "unknown variant `opera`, expected `novel` or `poetry`");
    for (body, wrong) in [
        (r#"{"title":"","size":1,"genre":"opera"}"#, &["genre"][..]),
        (r#"{"title":"","size":"1","lent":1,"genre":"novel"}"#, &["lent", "size"]),
        (r#"{"title":1,"size":"1","lent":true}"#, &["title", "size"]),
        (r#"{"size":"1"}"#, &["title", "size"]),
        (r#"{"title":"","genre":7}"#, &["genre", "size"]),
    ] {
        let answer = host.send(post("/books/searches", body));
        let mut told = answer.wrong_fields(400);
        told.sort_by_key(|name| wrong.iter().position(|known| known == name));
        assert_eq!(told, wrong, "{body}: {answer:?}");
    }
    assert_eq!(host.get("/books?size=1&genre=novel&lent=true").json(200)["genre"], "novel");
}

#[test]
fn mistakes_in_an_enum_with_a_tag_are_named() {
    let host = Host::plain();
    for (body, wrong) in [
        (r#"{"kind":"one","a":"x"}"#, &["a"][..]),
        (r#"{"kind":"one","a":"x","b":1}"#, &["a", "b"]),
        (r#"{"kind":"one"}"#, &["a"]),
        (r#"{"kind":"two","a":1}"#, &["a"]),
        (r#"{"kind":"three","a":1}"#, &["kind"]),
        (r#"{"a":1}"#, &["kind"]),
    ] {
        let answer = host.send(post("/changes", body));
        assert_eq!(answer.wrong_fields(400), wrong, "{body}: {answer:?}");
    }
    assert_eq!(host.send(post("/changes", r#"{"kind":"two","a":"1"}"#)).json(200)["a"], "1");
}

/// Serde takes a list for an object with a tag, the tag first.
#[test]
fn a_list_is_no_object_with_a_tag() {
    let host = Host::plain();
    for list in [r#"["one",1,null]"#, r#" ["two","a"]"#] {
        let detail = host.send(post("/changes", list)).detail(400);
        assert!(detail.contains("expected an object with the fields of the message"), "{detail}");
    }
}

#[test]
fn a_name_that_no_field_has_is_named_beside_what_is_flattened() {
    let host = Host::plain();
    let answer = host.send(post("/strict", r#"{"name":"","size":1,"other":1}"#));
    assert_eq!(answer.wrong_fields(400), ["other"], "{answer:?}");
}
