//! `/openapi.json`: what the schemas are called, where types are alike, or one type is two things.

mod support;

use std::sync::LazyLock;

use cqrs_core::{command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::Host;

/// Taken as one thing, and answered as another: who takes it need not say its number.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Line {
    #[serde(skip_deserializing)]
    number: u8,
    text: String,
}

/// Differs, since what is in it does.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Page {
    lines: Vec<Line>,
}

/// The same both ways.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Heading {
    text: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Title {
    text: String,
}

/// Refers to itself.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Chapter {
    heading: Heading,
    parts: Vec<Chapter>,
}

/// Is called as what [`Line`] would be called where it is answered.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct LineAnswered {
    yes: bool,
}

/// A sum to be solved, and no error.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Problem {
    sum: String,
}

mod other {
    use super::{Deserialize, JsonSchema, Serialize};

    /// Another one of the same name.
    #[derive(Clone, Serialize, Deserialize, JsonSchema)]
    pub(super) struct Title {
        pub(super) words: Vec<String>,
    }
}

#[command(output = Page, http(post = "/pages"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AddPage {
    page: Page,
}

#[handler]
fn add_page(cmd: AddPage) -> Page {
    cmd.page
}

#[command(output = Chapter, http(put = "/chapters"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct PutChapter {
    chapter: Chapter,
}

#[handler]
fn put_chapter(cmd: PutChapter) -> Chapter {
    cmd.chapter
}

#[query(output = other::Title, http(get = "/title"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetTitle {}

#[handler]
fn get_title(_: GetTitle) -> other::Title {
    other::Title { words: vec![] }
}

#[command(output = Title, http(put = "/titles"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct PutTitles {
    one: Title,
    other: other::Title,
}

#[handler]
fn put_titles(cmd: PutTitles) -> Title {
    cmd.one
}

#[command(output = Problem, http(post = "/problems"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AddProblem {
    problem: Problem,
    answered: LineAnswered,
}

#[handler]
fn add_problem(cmd: AddProblem) -> Problem {
    cmd.problem
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| Host::plain().get("/openapi.json").json(200));

#[track_caller]
fn at(schema: &'static Value) -> (&'static str, &'static Value) {
    let at = schema["$ref"].as_str().unwrap_or_else(|| panic!("{schema} refers to nothing"));
    let name = at.strip_prefix("#/components/schemas/").unwrap();
    (name, &DOCUMENT["components"]["schemas"][name])
}

fn body(method: &str, path: &str) -> &'static Value {
    let schema = &DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
    if schema.get("$ref").is_some() { at(schema).1 } else { schema }
}

fn answer(method: &str, path: &str) -> &'static Value {
    &DOCUMENT["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
}

fn fields(schema: &Value) -> Vec<&str> {
    schema["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn what_is_taken_and_answered_differently_has_two_names() {
    let (taken, of_page) = at(&body("post", "/pages")["properties"]["page"]);
    let (answered, of_answer) = at(answer("post", "/pages"));
    assert_eq!((taken, answered), ("Page", "PageAnswered"));
    let line = |page: &'static Value| at(&page["properties"]["lines"]["items"]);
    let ((taken, of_line), (answered, of_answer)) = (line(of_page), line(of_answer));
    assert_eq!(taken, "Line");
    assert_ne!(answered, "Line");
    assert_eq!((fields(of_line), fields(of_answer)), (vec!["text"], vec!["number", "text"]));
}

#[test]
fn what_is_the_same_both_ways_has_one_name_and_may_refer_to_itself() {
    let (taken, of_chapter) = at(&body("put", "/chapters")["properties"]["chapter"]);
    let (answered, _) = at(answer("put", "/chapters"));
    assert_eq!((taken, answered), ("Chapter", "Chapter"));
    assert_eq!(at(&of_chapter["properties"]["parts"]["items"]).0, "Chapter");
}

#[test]
fn two_types_of_one_name_are_two_schemas() {
    let put = body("put", "/titles");
    let ((one, of_one), (other, of_other)) = (at(&put["properties"]["one"]), at(&put["properties"]["other"]));
    assert_ne!(one, other);
    assert_eq!((fields(of_one), fields(of_other)), (vec!["text"], vec!["words"]));
    // Answered in another order than taken.
    assert_eq!(fields(at(answer("get", "/title")).1), ["words"]);
    assert_eq!(fields(at(answer("put", "/titles")).1), ["text"]);
}

#[test]
fn a_name_that_an_answer_would_have_may_be_a_types_own() {
    let add = body("post", "/problems");
    assert_eq!(fields(at(&add["properties"]["answered"]).1), ["yes"]);
    let (_, page) = at(answer("post", "/pages"));
    assert_eq!(fields(at(&page["properties"]["lines"]["items"]).1), ["number", "text"]);
}

#[test]
fn a_type_of_the_applications_that_is_called_problem_is_its_own() {
    let add = body("post", "/problems");
    assert_eq!(fields(at(&add["properties"]["problem"]).1), ["sum"]);
    assert_eq!(fields(at(answer("post", "/problems")).1), ["sum"]);
    let refused = &DOCUMENT["paths"]["/problems"]["post"]["responses"]["400"];
    let (_, problem) = at(&refused["content"]["application/problem+json"]["schema"]);
    assert_eq!(problem["required"], json!(["type", "title", "status"]));
}
