//! `/openapi.json`: what each operation takes and answers.

mod support;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::http::request::Parts;
use cqrs_axum::{Authenticate, Caller, Scheme};
use cqrs_core::{
    Fault, InMemoryLedger, Invalid, Ledger, OperationResult, Page, PageSize, Problem, Validate, command, handler,
    provide, query,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::Host;

/// A thing that is sold.
///
/// And kept.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Thing {
    /// Counted from 0.
    id: u16,
    /// What it is called.
    name: String,
}

/// Makes a thing.
///
/// It is there at once.
#[command(
    authorize = "things:write",
    idempotent,
    validate,
    output = Thing,
    error = NoThing,
    http(post = "/shops/{shop}/things", status = 201, location = "/things/{id}", headers(colour = "X-Colour"), query(dry)),
)]
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MakeThing {
    /// Where it is sold.
    shop: i64,
    /// What it looks like.
    colour: Option<String>,
    /// Whether nothing is to happen.
    #[serde(default)]
    dry: bool,
    /// What it will be called.
    name: String,
    #[serde(default)]
    weight: u8,
    parts: Vec<Thing>,
}

#[derive(Debug, Serialize, Deserialize, Problem)]
enum NoThing {
    /// All of them are sold.
    #[problem(status = 409, type = "/problems/sold-out")]
    SoldOut,
    #[problem(status = 404)]
    NoShop,
    /// There is no such colour.
    #[problem(status = 422)]
    NoColour,
}

impl std::fmt::Display for NoThing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no")
    }
}

impl Validate for MakeThing {
    fn validate(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

#[provide]
fn ledger() -> Arc<dyn Ledger> {
    Arc::new(InMemoryLedger::new(10, Duration::from_secs(60)))
}

#[handler]
fn make_thing(_: MakeThing) -> Result<Thing, NoThing> {
    Err(NoThing::NoShop)
}

/// Lists things.
#[query(public, output = Vec<Thing>, error = Fault, http(get = "/things"))]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[derive(Default)]
struct ListThings {
    page: Page,
    page_size: PageSize<50, 10>,
    names: Vec<String>,
    most: Option<u8>,
}

#[handler]
fn list_things(_: ListThings) -> Result<Vec<Thing>, Fault> {
    Ok(Vec::new())
}

#[query(authorize = "things:read", output = Option<Thing>, error = Problem, name = "things.get", http(get = "/things/{thing_id}", none = 404))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetThing {
    thing_id: u16,
}

#[handler]
fn get_thing(_: GetThing) -> Result<Option<Thing>, Problem> {
    Ok(None)
}

#[query(output = Option<u64>, http(get = "/largest"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetLargest {}

#[handler]
fn get_largest(_: GetLargest) -> Option<u64> {
    None
}

#[command(http(put = "/things/{thing_id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct PutThing {
    thing_id: u16,
    thing: Thing,
}

#[handler]
fn put_thing(_: PutThing) {}

/// The same path, where the segment is called otherwise.
#[command(http(delete = "/things/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct DropThing {
    id: u16,
}

#[handler]
fn drop_thing(_: DropThing) {}

#[command(output = OperationResult<Thing>, http(post = "/operations", location = "/things/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Operate {}

#[handler]
fn operate(_: Operate) -> OperationResult<Thing> {
    OperationResult::no_content()
}

struct Nobody;

impl Authenticate for Nobody {
    async fn authenticate(&self, _: &Parts) -> Result<Option<Caller>, Problem> {
        Ok(None)
    }

    fn scheme(&self) -> Scheme {
        Scheme::Bearer { format: "JWT" }
    }
}

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| Host::edge(|edge| edge.authenticate(Nobody)).get("/openapi.json").json(200));

fn operation(method: &str, path: &str) -> &'static Value {
    let operation = &DOCUMENT["paths"][path][method];
    let paths = DOCUMENT["paths"].as_object().unwrap();
    assert!(operation.is_object(), "{method} {path} is not in {:?}", paths.keys());
    operation
}

fn parameter<'a>(operation: &'a Value, name: &str) -> &'a Value {
    let parameters = operation["parameters"].as_array().unwrap();
    let mut named = parameters.iter().filter(|parameter| parameter["name"] == name);
    let found = named.next().unwrap_or_else(|| panic!("no {name} in {parameters:#?}"));
    assert_eq!(named.next(), None);
    found
}

/// What a reference refers to, or the schema itself.
fn resolved(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(at) => DOCUMENT.pointer(at.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("{at} is nowhere")),
        None => schema,
    }
}

fn statuses(operation: &Value) -> Vec<&str> {
    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_operation_is_named_tagged_and_described() {
    let make = operation("post", "/shops/{shop}/things");
    assert_eq!((&make["operationId"], &make["tags"]), (&json!("MakeThing"), &json!(["Commands"])));
    assert_eq!((&make["summary"], &make["description"]), (&json!("Makes a thing."), &json!("It is there at once.")));
    let list = operation("get", "/things");
    assert_eq!((&list["operationId"], &list["tags"]), (&json!("ListThings"), &json!(["Queries"])));
    assert_eq!(operation("get", "/things/{id}")["operationId"], "things.get");
    let bare = operation("put", "/things/{id}");
    assert_eq!((bare.get("summary"), bare.get("description")), (None, None));
    let tags: Vec<_> = DOCUMENT["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!((tags, &DOCUMENT["openapi"]), (vec!["Commands", "Queries"], &json!("3.1.0")));
    let all = DOCUMENT["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let mut ids: Vec<_> = all.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let every = ["DropThing", "GetLargest", "ListThings", "MakeThing", "Operate", "PutThing", "things.get"];
    assert_eq!(ids, every);
}

#[test]
fn parameters_are_what_does_not_come_from_the_body() {
    let make = operation("post", "/shops/{shop}/things");
    for (name, place, required, kind, description) in [
        ("shop", "path", true, "integer", "Where it is sold."),
        ("X-Colour", "header", false, "string", "What it looks like."),
        ("dry", "query", false, "boolean", "Whether nothing is to happen."),
    ] {
        let found = parameter(make, name);
        assert_eq!((&found["in"], &found["required"]), (&json!(place), &json!(required)), "{found}");
        assert_eq!((&found["schema"]["type"], &found["description"]), (&json!(kind), &json!(description)), "{found}");
    }
    for (name, place) in
        [("Idempotency-Key", "header"), ("X-Correlation-Id", "header"), ("X-Request-Timeout-Ms", "header")]
    {
        let found = parameter(make, name);
        assert_eq!(
            (&found["in"], found.get("required").is_some_and(|required| required == true)),
            (&json!(place), false)
        );
        assert!(found["description"].is_string() && found["schema"]["type"].is_string(), "{found}");
    }
    assert_eq!(make["parameters"].as_array().unwrap().len(), 6);
    let list = operation("get", "/things");
    let names: Vec<_> =
        list["parameters"].as_array().unwrap().iter().map(|each| each["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    assert!(!names.contains(&"Idempotency-Key"), "a query takes none");
    assert_eq!(list.get("requestBody"), None);
    let listed = parameter(list, "names");
    assert_eq!((&listed["in"], &listed["schema"]["type"]), (&json!("query"), &json!("array")));
}

#[test]
fn a_body_is_what_is_left_of_the_message() {
    let body = &operation("post", "/shops/{shop}/things")["requestBody"];
    assert_eq!(body["required"], true);
    let schema = resolved(&body["content"]["application/json"]["schema"]);
    let mut fields: Vec<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable(); // their order is that of the program's `serde_json`
    assert_eq!(fields, ["name", "parts", "weight"], "without path, header and query string");
    assert_eq!(schema["required"], json!(["name", "parts"]));
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["name"]["description"], "What it will be called.");
    let thing = resolved(&schema["properties"]["parts"]["items"]);
    assert_eq!(thing["properties"]["id"]["description"], "Counted from 0.");
    assert!(thing["description"].as_str().unwrap().starts_with("A thing that is sold."));
    for (method, path) in [("post", "/operations"), ("delete", "/things/{id}")] {
        assert_eq!(operation(method, path).get("requestBody"), None, "{method} {path}: there is nothing to say");
    }
}

#[test]
fn whole_numbers_and_pages_have_bounds() {
    let list = operation("get", "/things");
    let bounds = |schema: &Value| (schema["minimum"].clone(), schema["maximum"].clone(), schema["default"].clone());
    assert_eq!(bounds(&parameter(list, "page")["schema"]), (json!(1), json!(u32::MAX), json!(1)));
    assert_eq!(bounds(&parameter(list, "page_size")["schema"]), (json!(1), json!(50), json!(10)));
    assert_eq!(bounds(&parameter(list, "most")["schema"]), (json!(0), json!(255), Value::Null));
    let make = operation("post", "/shops/{shop}/things");
    assert_eq!(bounds(&parameter(make, "shop")["schema"]), (json!(i64::MIN), json!(i64::MAX), Value::Null));
    let body = resolved(&make["requestBody"]["content"]["application/json"]["schema"]);
    assert_eq!(bounds(&body["properties"]["weight"]), (json!(0), json!(255), json!(0)));
    let thing =
        resolved(&operation("get", "/things")["responses"]["200"]["content"]["application/json"]["schema"]["items"]);
    assert_eq!(bounds(&thing["properties"]["id"]), (json!(0), json!(u16::MAX), Value::Null));
}

#[test]
fn a_success_has_its_status_its_schema_and_its_headers() {
    let answer = |method: &str, path: &str, status: &str| &operation(method, path)["responses"][status];
    let made = answer("post", "/shops/{shop}/things", "201");
    let schema = &made["content"]["application/json"]["schema"];
    assert_eq!(resolved(schema)["properties"]["name"]["description"], "What it is called.");
    assert!(made["headers"]["Location"].is_object() && made["headers"]["X-Correlation-Id"].is_object(), "{made}");
    let listed = answer("get", "/things", "200");
    assert_eq!(listed["content"]["application/json"]["schema"]["type"], "array");
    assert_eq!(listed["headers"].get("Location"), None);
    let done = answer("put", "/things/{id}", "204");
    assert!(done["description"].is_string() && done.get("content").is_none(), "{done}");
    let maybe = &answer("get", "/largest", "200")["content"]["application/json"]["schema"];
    assert_eq!(maybe["anyOf"][1], json!({"type": "null"}), "none is null: {maybe}");
    let found = &answer("get", "/things/{id}", "200")["content"]["application/json"]["schema"];
    assert!(found.get("anyOf").is_none() && found["$ref"].is_string(), "none is 404: {found}");
    for (status, has_body) in [("200", true), ("201", true), ("202", true), ("204", false)] {
        let answer = answer("post", "/operations", status);
        assert_eq!((answer.is_object(), answer.get("content").is_some()), (true, has_body), "{status}");
        assert_eq!(answer["headers"].get("Location").is_some(), ["201", "202"].contains(&status), "{status}");
    }
}

#[test]
fn a_problem_is_described_by_what_can_happen() {
    let make = operation("post", "/shops/{shop}/things");
    let every = ["201", "400", "401", "403", "404", "408", "409", "413", "414", "415", "422", "500", "503", "504"];
    assert_eq!(statuses(make), every);
    for status in &every[1..] {
        let content = &make["responses"][status]["content"];
        assert_eq!(content["application/problem+json"]["schema"], json!({"$ref": "#/components/schemas/Problem"}));
    }
    for (status, says) in [
        ("409", "All of them are sold. Or: "),
        ("409", "A request with the same key is under way."),
        ("422", "There is no such colour. Or: "),
        ("422", "The key came with another payload before."),
        ("422", "The message breaks its own rules"),
        ("404", "The message was refused."),
    ] {
        let told = make["responses"][status]["description"].as_str().unwrap();
        assert!(told.contains(says), "{status}: {told}");
    }
    assert!(make["responses"]["409"]["headers"]["Retry-After"].is_object());
    assert!(make["responses"]["401"]["headers"]["WWW-Authenticate"].is_object());
    let problem = &DOCUMENT["components"]["schemas"]["Problem"];
    assert_eq!(problem["required"], json!(["type", "title", "status"]));
    for member in ["type", "title", "status", "detail", "instance", "errors"] {
        assert!(problem["properties"][member].is_object(), "{member}");
    }
}

/// An error that may be any problem is `default`; one that says which it can be is those.
#[test]
fn default_is_there_only_where_the_error_is_no_more_than_a_problem() {
    assert!(statuses(operation("get", "/things/{id}")).contains(&"default"));
    for (method, path) in
        [("post", "/shops/{shop}/things"), ("get", "/things"), ("get", "/largest"), ("put", "/things/{id}")]
    {
        assert!(!statuses(operation(method, path)).contains(&"default"), "{method} {path}");
    }
}

#[test]
fn security_is_asked_for_where_the_message_asks_for_it() {
    let schemes = &DOCUMENT["components"]["securitySchemes"];
    assert_eq!(*schemes, json!({"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}));
    let make = operation("post", "/shops/{shop}/things");
    assert_eq!(make["security"], json!([{"bearer": ["things:write"]}]));
    let list = operation("get", "/things");
    assert_eq!(list.get("security"), None);
    let wrong = "The caller is not who they say they are.";
    assert_eq!(list["responses"]["401"]["description"], wrong, "who says nothing is let in, and who lies is not");
    let told = make["responses"]["401"]["description"].as_str().unwrap();
    assert_eq!(told, format!("It takes a caller who says who they are. Or: {wrong}"));
    let plain = Host::plain().get("/openapi.json").json(200);
    assert_eq!(plain["components"].get("securitySchemes"), None, "nobody is asked who they are");
    assert_eq!(plain["paths"]["/shops/{shop}/things"]["post"].get("security"), None);
    assert_eq!(plain["paths"]["/things"]["get"]["responses"].get("401"), None);
}

/// Two templates that match the same paths are one path item, and its names are those of the first.
#[test]
fn a_path_whose_segment_has_two_names_is_one_path() {
    let paths: Vec<_> = DOCUMENT["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(paths.iter().filter(|path| path.starts_with("/things/{")).count(), 1, "{paths:?}");
    for method in ["get", "put", "delete"] {
        let named = parameter(operation(method, "/things/{id}"), "id");
        assert_eq!(named["in"], "path", "{method}");
    }
}

/// Every reference leads somewhere, and nothing stands there that nobody refers to.
#[test]
fn references_and_schemas_are_the_same_set() {
    fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| collect(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&DOCUMENT, &mut found);
    found.sort_unstable();
    found.dedup();
    let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap();
    let all: Vec<_> = schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    let mut all: Vec<_> = all.iter().map(String::as_str).collect();
    all.sort_unstable();
    assert_eq!(found, all);
}
