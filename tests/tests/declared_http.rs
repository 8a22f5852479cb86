//! What `http(..)` declares: routes as an edge of a server asks for them, and as verification and catalog list them.

#![cfg(feature = "inventory")]

use std::sync::Arc;
use std::time::Duration;

use cqrs_core::http::{Body, Method, ParameterPlace, Parts, RouteAnswer};
use cqrs_core::{
    Bus, Fault, FaultKind, InMemoryLedger, Invalid, Ledger, MessageKind, OperationResult, Principal, Problem,
    ProblemKind, Validate, command, handler, provide, query,
};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::requests::route;

#[derive(Serialize, Deserialize, JsonSchema)]
struct User {
    id: u64,
}

/// Takes somebody on.
///
/// Whoever they are.
#[command(
    output = User,
    error = UserError,
    authorize = "users:write",
    idempotent,
    validate,
    http(post = "/teams/{team}/users", status = 201, location = "/users/{id}", headers(agent = "User-Agent"), query(dryRun))
)]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateUser {
    /// Where they work.
    team: String,
    agent: Option<String>,
    /// Whether to pretend.
    #[serde(default)]
    dry_run: bool,
    /// What they are called.
    full_name: String,
    skills: Option<Vec<Skill>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum Skill {
    Rust,
}

impl Validate for CreateUser {
    fn validate(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

#[derive(Debug, thiserror::Error, Problem, Serialize, Deserialize)]
#[problem(status = 409, type = "https://example.org/user")]
enum UserError {
    /// There is somebody of this name.
    #[error("taken")]
    Taken,
    /// The name is none.
    ///
    /// Or a bad one.
    #[error("`{0}` is no name")]
    #[problem(status = 422, type = "https://example.org/name")]
    Name(String),
    #[error("no")]
    Other,
    #[error(transparent)]
    #[fault]
    #[serde(skip)]
    Fault(Fault),
}

#[handler]
fn create_user(_: CreateUser) -> Result<User, UserError> {
    Ok(User { id: 7 })
}

/// The error is a struct, whose status is the usual one.
#[derive(Debug, thiserror::Error, Problem)]
#[error("no")]
struct No;

#[command(error = No, authorize = may_rename, http(put = "/users/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct RenameUser {
    id: u64,
    name: Option<String>,
}

fn may_rename(who: &Principal, message: &RenameUser) -> bool {
    who.id() == "ada" && message.id == 7
}

#[handler]
fn rename_user(_: RenameUser) -> Result<(), No> {
    Ok(())
}

#[command(output = OperationResult<User>, error = Problem, public, http(patch = "/users/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct PatchUser {
    id: u64,
}

#[handler]
fn patch_user(cmd: PatchUser) -> Result<OperationResult<User>, Problem> {
    Ok(OperationResult::ok(User { id: cmd.id }))
}

#[command(error = Fault, http(delete = "/users/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct DeleteUser {
    id: u64,
    force: Option<bool>,
}

#[handler]
fn delete_user(_: DeleteUser) -> Result<(), Fault> {
    Ok(())
}

#[query(output = Option<User>, http(get = "/users/{id}", none = 404), name = "users.get")]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetUser {
    id: u64,
}

#[handler]
fn get_user(_: GetUser) -> Option<User> {
    None
}

#[query(output = Option<User>, http(get = "/latest"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetLatest;

#[handler]
fn get_latest(_: GetLatest) -> Option<User> {
    None
}

#[query(output = Vec<User>, http(post = "/searches", status = 203))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Search {
    words: Vec<String>,
}

#[handler]
fn search(_: Search) -> Vec<User> {
    Vec::new()
}

/// Its handler may be in another crate.
#[query(output = u64, contract, http(get = "/counts"))]
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Count;

#[handler]
fn count(_: Count) -> u64 {
    7
}

#[provide]
fn ledger() -> Arc<dyn Ledger> {
    Arc::new(InMemoryLedger::new(10, Duration::from_secs(60)))
}

/// It is reached by nobody over HTTP.
#[command(wire)]
#[derive(Serialize, Deserialize)]
struct Inside;

#[handler]
fn inside(_: Inside) {}

#[test]
fn method_and_path_are_those_of_the_route() {
    let (command, query) = (MessageKind::Command, MessageKind::Query);
    for (name, method, path, kind, has_body) in [
        ("CreateUser", Method::Post, "/teams/{team}/users", command, true),
        ("RenameUser", Method::Put, "/users/{id}", command, true),
        ("PatchUser", Method::Patch, "/users/{id}", command, true),
        ("DeleteUser", Method::Delete, "/users/{id}", command, false),
        ("users.get", Method::Get, "/users/{id}", query, false),
        ("Search", Method::Post, "/searches", query, true),
    ] {
        let route = route(name);
        assert_eq!((route.method(), route.path(), route.kind(), route.has_body()), (method, path, kind, has_body));
        assert_eq!(route.to_string(), format!("{method} {path} ({name})"));
    }
    assert_eq!(Bus::global().routes().len(), 8, "`Inside` has none");
}

#[test]
fn a_route_says_what_an_edge_has_to_know_of_its_message() {
    let create = route("CreateUser");
    assert_eq!(create.description(), "Takes somebody on.\n\nWhoever they are.");
    assert!(create.place().path.ends_with("declared_http::CreateUser"), "{}", create.place());
    assert!(create.is_idempotent() && create.is_validated() && create.has_location());
    let rename = route("RenameUser");
    assert!(!rename.is_idempotent() && !rename.is_validated() && !rename.has_location());
    assert_eq!((create.scope(), rename.scope()), (Some("users:write"), None));
    let restricted = ["CreateUser", "RenameUser", "PatchUser", "users.get"].map(|name| route(name).is_restricted());
    assert_eq!(restricted, [true, true, false, false]);
}

/// What a message's `authorize` refuses whatever the message says.
#[tokio::test]
async fn who_is_refused_anyway_is_not_admitted() {
    let (ada, writer) = (Principal::new("ada"), Principal::new("eve").with_scope("users:write"));
    let (unknown, forbidden) = (Some(FaultKind::Unauthenticated), Some(FaultKind::Forbidden));
    for (name, who, refused) in [
        ("CreateUser", None, unknown),
        ("CreateUser", Some(&ada), forbidden),
        ("CreateUser", Some(&writer), None),
        ("RenameUser", None, unknown),
        ("RenameUser", Some(&ada), None),
        // The policy is asked by the call, which knows the message.
        ("RenameUser", Some(&writer), None),
        ("PatchUser", None, None),
        ("users.get", None, None),
    ] {
        assert_eq!(route(name).admits(who), refused.is_none(), "{name} {who:?}");
        if let Some(kind) = refused {
            let bus = Bus::builder().build();
            let call = route(name).refuse(&bus);
            let call = who.cloned().map_or_else(|| route(name).refuse(&bus), |who| call.by(who));
            assert_eq!(call.await.unwrap_err().fault().unwrap().kind(), kind, "{name} {who:?}");
        }
    }
}

#[test]
fn parameters_are_the_fields_that_are_in_no_body() {
    let (path, query, header) = (ParameterPlace::Path, ParameterPlace::Query, ParameterPlace::Header);
    let parameters = |name: &str| -> Vec<_> {
        let parameters = route(name).parameters(&mut SchemaGenerator::default()).into_iter();
        parameters
            .map(|told| (told.name, told.place, told.required, told.description.unwrap_or_default(), told.schema))
            .map(|(name, place, required, description, schema)| {
                (name, place, required, description, schema.get("type").cloned())
            })
            .collect()
    };
    let told = |name: &str, place, required, description: &str, schema: Value| {
        (name.to_owned(), place, required, description.to_owned(), Some(schema))
    };
    assert_eq!(
        parameters("CreateUser"),
        [
            told("team", path, true, "Where they work.", json!("string")),
            told("User-Agent", header, false, "", json!(["string", "null"])),
            told("dryRun", query, false, "Whether to pretend.", json!("boolean")),
        ]
    );
    assert_eq!(
        parameters("DeleteUser"),
        [told("id", path, true, "", json!("integer")), told("force", query, false, "", json!(["boolean", "null"])),]
    );
    assert_eq!(parameters("Search"), []);
}

#[test]
fn a_body_is_what_is_left_of_the_message() {
    let mut generator = SchemaGenerator::default();
    let create = route("CreateUser").body(&mut generator).unwrap();
    let names: Vec<_> = create.get("properties").unwrap().as_object().unwrap().keys().collect();
    assert_eq!(names, ["fullName", "skills"]);
    assert_eq!(create.get("required"), Some(&json!(["fullName"])));
    let rename = route("RenameUser").body(&mut generator).unwrap();
    assert_eq!((rename.pointer("/properties/id"), rename.get("required")), (None, None));
    let search = route("Search").body(&mut generator).unwrap();
    assert_eq!(search.get("$ref"), Some(&json!("#/$defs/Search")), "all of the message, which has a name");
    for name in ["PatchUser", "DeleteUser", "users.get", "GetLatest"] {
        assert_eq!(route(name).body(&mut generator), None, "{name}");
    }
    assert!(generator.definitions().contains_key("Skill"), "what it refers to is there");
}

#[test]
fn answers_are_what_an_output_can_be_told_with() {
    let mut generator = SchemaGenerator::default();
    let user = generator.subschema_for::<User>();
    let of = |status, schema: Option<&Value>| (status, schema.cloned());
    let (one, list) = (user.to_value(), generator.subschema_for::<Vec<User>>().to_value());
    let nullable = json!({"anyOf": [one, {"type": "null"}]});
    let mut answers = |name: &str| -> Vec<_> {
        let answers = route(name).answers(&mut generator).into_iter();
        answers.map(|RouteAnswer { status, schema }| (status, schema.map(|schema| schema.to_value()))).collect()
    };
    assert_eq!(answers("CreateUser"), [of(201, Some(&one))]);
    assert_eq!(answers("RenameUser"), [of(204, None)]);
    assert_eq!(answers("Search"), [of(203, Some(&list))]);
    assert_eq!(answers("users.get"), [of(200, Some(&one)), of(404, None)]);
    assert_eq!(answers("GetLatest"), [of(200, Some(&nullable))]);
    let mut of_operation = [200, 201, 202].map(|status| of(status, Some(&one))).to_vec();
    of_operation.extend([204, 400, 401, 403, 404, 409, 422, 500, 503].map(|status| of(status, None)));
    assert_eq!(answers("PatchUser"), of_operation);
}

/// `#[derive(Problem)]` says them: status, type and doc comment.
#[test]
fn problems_are_what_the_error_can_be() {
    let kind = |status, kind, description| ProblemKind { status, kind, description };
    let (user, name) = ("https://example.org/user", "https://example.org/name");
    let of_user: &[_] = &[
        kind(409, user, "There is somebody of this name."),
        kind(422, name, "The name is none.\n\nOr a bad one."),
        kind(409, user, ""),
    ];
    assert_eq!(route("CreateUser").problems(), Some(of_user), "a fault is no problem of its own");
    let of_a_struct: &[_] = &[kind(422, "about:blank", "The error is a struct, whose status is the usual one.")];
    assert_eq!(route("RenameUser").problems(), Some(of_a_struct));
    assert_eq!(route("PatchUser").problems(), None, "a `Problem` is any");
    assert_eq!(route("DeleteUser").problems(), Some(&[][..]), "a fault is none");
    assert_eq!(route("users.get").problems(), Some(&[][..]), "there is no error");
}

#[test]
fn the_catalog_lists_route_and_schema() {
    let catalog = Bus::global().catalog();
    let entry = |name: &str| catalog.messages.iter().find(|message| message.name == name).expect("it is declared");
    let create = entry("CreateUser");
    assert_eq!(create.route.as_deref(), Some("POST /teams/{team}/users"));
    let schema = create.schema.as_ref().unwrap();
    assert_eq!(schema["properties"]["fullName"]["description"], "What they are called.");
    assert_eq!(schema["required"], json!(["team", "fullName"]));
    assert_eq!(schema["$defs"]["Skill"]["enum"], json!(["Rust"]), "what it refers to stands in it");
    assert_eq!(entry("GetLatest").schema.as_ref().unwrap().get("$defs"), None);
    assert_eq!((&entry("Inside").route, &entry("Inside").schema), (&None, &None));
    assert!(catalog.to_string().contains("\n    route    GET /users/{id}\n"), "{catalog}");
    assert_eq!(
        json!(catalog)["messages"].as_array().unwrap().iter().filter(|told| told["route"] == "PUT /users/{id}").count(),
        1
    );
}

/// Names in a path are those on the wire; two messages of different methods have one path.
#[test]
fn routes_that_are_right_are_no_problem() {
    let bus = Bus::builder().build();
    let report = bus.verify();
    assert!(report.is_sound(), "{report}");
}

/// What a bus is given by hand it has a route for too, once.
#[tokio::test]
async fn a_message_that_is_registered_by_hand_has_its_route_once() {
    let bus = Bus::builder().register(async |_: Count| 42).build();
    let routes = bus.routes();
    let [count] = routes.iter().filter(|route| route.name() == "Count").collect::<Vec<_>>()[..] else {
        panic!("{routes:?}")
    };
    let parts = Parts { path: &[], query: "", headers: &|_| Ok(Vec::new()), body: b"" };
    let told = count.call(&bus, &parts).await.unwrap();
    assert_eq!(told.body, Body::Json(b"42".to_vec()), "and the handler that was given");
    assert_eq!(count.call(&Bus::global(), &parts).await.unwrap().body, Body::Json(b"7".to_vec()));
}
