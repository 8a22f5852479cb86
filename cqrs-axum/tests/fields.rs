//! Where in a request a message's fields stand: path, query string, headers and body, with every method.

mod support;

use cqrs_core::{command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::client::{get, post, request};
use support::{Host, echo};

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Name,
    Age,
}

#[query(output = FindUsers, http(get = "/teams/{team}/users"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct FindUsers {
    team: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    ids: Vec<u8>,
    sort: Option<Sort>,
    #[serde(default)]
    exact: bool,
    ratio: Option<f64>,
}

/// What several queries have in common, and a value that may be one thing or another: serde takes both as they come, and
/// looks at them later.
#[query(output = ListTasks, http(get = "/teams/{team}/tasks", headers(limit = "X-Limit")))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct ListTasks {
    title: Option<String>,
    #[serde(flatten)]
    within: Within,
    assigned: Option<Assigned>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Within {
    team: u64,
    limit: Option<u8>,
    #[serde(default)]
    offset: i32,
    ratio: Option<f32>,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    ids: Vec<Id>,
    code: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct Id(u16);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Assigned {
    To(u64),
    At(bool),
}

#[command(output = CreateTask, http(post = "/teams/{team}/tasks", headers(version = "If-Match"), query(dry_run)))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct CreateTask {
    team: u64,
    version: Option<String>,
    #[serde(default)]
    dry_run: bool,
    title: String,
    #[serde(default)]
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Line {
    quantity: u8,
}

#[command(output = PutTask, http(put = "/tasks/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct PutTask {
    id: u64,
    title: String,
}

#[command(output = PatchTask, http(patch = "/tasks/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct PatchTask {
    id: u64,
    title: Option<String>,
}

#[command(output = DeleteTask, http(delete = "/tasks/{id}", headers(reason = "X-Reason")))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct DeleteTask {
    id: u64,
    reason: Option<String>,
    #[serde(default)]
    force: bool,
}

/// A query with a body: a search that is too long for a query string.
#[query(output = Search, http(post = "/searches"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Search {
    words: Vec<String>,
}

/// Two names in one path, beside a fixed segment.
#[query(output = GetFile, http(get = "/drives/{drive}/files/{file_name}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
struct GetFile {
    drive: char,
    #[serde(rename = "file_name")]
    file: String,
}

#[command(output = String, http(post = "/sweeps"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Sweep;

#[handler]
fn sweep(_: Sweep) -> String {
    "swept".to_owned()
}

echo! {
    find_users FindUsers,
    list_tasks ListTasks,
    create_task CreateTask,
    put_task PutTask,
    patch_task PatchTask,
    delete_task DeleteTask,
    search Search,
    get_file GetFile,
}

#[test]
fn get_reads_path_and_query_string() {
    let host = Host::plain();
    let all = host.get("/teams/core/users?tags=a&ids=1&sort=age&tags=b&exact=true&ids=255&ratio=0.5&unknown=1");
    assert_eq!(
        all.json(200),
        json!({"team": "core", "tags": ["a", "b"], "ids": [1, 255], "sort": "age", "exact": true, "ratio": 0.5})
    );
    let least = json!({"team": "core", "tags": [], "ids": [], "sort": null, "exact": false, "ratio": null});
    for target in ["/teams/core/users", "/teams/core/users?", "/teams/core/users?&&"] {
        assert_eq!(host.get(target).json(200), least, "{target}");
    }
    let once = host.get("/teams/core/users?tags=one").json(200);
    assert_eq!(once["tags"], json!(["one"]), "a list of one");
}

#[test]
fn post_reads_path_header_query_string_and_body() {
    let host = Host::plain();
    let task = post("/teams/7/tasks?dry_run=true&title=ignored", r#"{"title":"Write","lines":[{"quantity":3}]}"#);
    assert_eq!(
        host.send(task.header("If-Match", "\"v1\"")).json(200),
        json!({"team": 7, "version": "\"v1\"", "dry_run": true, "title": "Write", "lines": [{"quantity": 3}]})
    );
    let least = host.send(post("/teams/7/tasks", r#"{"title":"Write"}"#)).json(200);
    assert_eq!(least, json!({"team": 7, "version": null, "dry_run": false, "title": "Write", "lines": []}));
}

#[test]
fn put_patch_and_delete_have_their_own_messages_on_one_path() {
    let host = Host::plain();
    let put = host.send(request("PUT", "/tasks/1").json(r#"{"title":"Put"}"#));
    assert_eq!(put.json(200), json!({"id": 1, "title": "Put"}));
    let patched = host.send(request("PATCH", "/tasks/2").json(r#"{"title":null}"#));
    assert_eq!(patched.json(200), json!({"id": 2, "title": null}));
    let without = host.send(request("PATCH", "/tasks/2"));
    assert_eq!(without.json(200), json!({"id": 2, "title": null}), "all that is left has a default: no body is one");
    let deleted = host.send(request("DELETE", "/tasks/3?force=true").header("X-Reason", "old"));
    assert_eq!(deleted.json(200), json!({"id": 3, "reason": "old", "force": true}));
}

#[test]
fn a_query_may_have_a_body() {
    let found = Host::plain().send(post("/searches", r#"{"words":["a","b"]}"#));
    assert_eq!(found.json(200), json!({"words": ["a", "b"]}));
}

#[test]
fn a_message_without_fields_is_read_from_nothing_and_from_an_empty_object() {
    let host = Host::plain();
    for sweep in [request("POST", "/sweeps"), request("POST", "/sweeps").body(""), post("/sweeps", " {} ")] {
        assert_eq!(host.send(sweep).json(200), "swept");
    }
    assert!(host.send(post("/sweeps", r#"{"a":1}"#)).field_error(400, "a").contains("unknown field"));
}

#[test]
fn what_is_encoded_in_a_path_is_decoded_after_it_was_taken_apart() {
    let host = Host::plain();
    for (target, drive, file) in [
        ("/drives/c/files/a%20b", "c", "a b"),
        ("/drives/c/files/a%2Fb%3F%23%25", "c", "a/b?#%"),
        ("/drives/%C3%A9/files/%E2%82%AC.txt", "é", "€.txt"),
        // In a path that is a plus.
        ("/drives/c/files/1+1", "c", "1+1"),
        ("/drives/c/files/a;b=c,d", "c", "a;b=c,d"),
    ] {
        let found = host.get(target).json(200);
        assert_eq!((&found["drive"], &found["file_name"]), (&json!(drive), &json!(file)), "{target}");
    }
}

#[test]
fn what_is_encoded_in_a_query_string_is_decoded_and_a_plus_is_a_space() {
    let host = Host::plain();
    for (query, tags) in [
        ("tags=a+b", json!(["a b"])),
        ("tags=a%20b", json!(["a b"])),
        ("tags=1%2B1", json!(["1+1"])),
        ("tags=a%26tags%3Db", json!(["a&tags=b"])),
        ("t%61gs=a", json!(["a"])),
        ("tags=%E2%82%AC", json!(["€"])),
        ("tags=a=b", json!(["a=b"])),
        ("tags=&tags", json!(["", ""])),
        ("tags=100%", json!(["100%"])),
    ] {
        let found = host.get(&format!("/teams/core/users?{query}")).json(200);
        assert_eq!(found["tags"], tags, "{query}");
    }
}

#[test]
fn a_body_of_every_type_of_json_is_read() {
    let host = Host::plain();
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "Application/JSON",
        "application/merge-patch+json",
        "application/vnd.tasks.v1+json; profile=x",
    ] {
        let task = request("PUT", "/tasks/1").header("Content-Type", content_type).body(r#"{"title":"Put"}"#);
        assert_eq!(host.send(task).json(200)["title"], "Put", "{content_type}");
    }
}

#[test]
fn a_body_in_chunks_is_read() {
    let chunked = request("PUT", "/tasks/1").header("Content-Type", "application/json");
    let answer = Host::plain().send(chunked.chunks(&[b"{\"title\":", b"\"in ", b"pieces\"}"]));
    assert_eq!(answer.json(200), json!({"id": 1, "title": "in pieces"}));
}

#[test]
fn a_body_of_a_get_is_none_of_the_message() {
    let host = Host::plain();
    let mut connection = host.connect();
    let strange = get("/teams/core/users").json(r#"{"team":"other","tags":["x"]}"#);
    assert_eq!(connection.send(&strange).json(200)["team"], "core");
    assert_eq!(connection.send(&get("/teams/next/users")).json(200)["team"], "next");
}

/// What comes twice and is one thing is no thing at all: which of the two was meant, nobody knows.
#[test]
fn what_comes_twice_and_is_no_list_is_refused() {
    let host = Host::plain();
    let twice = "it is given more than once, and is no list";
    assert_eq!(host.get("/teams/core/users?sort=name&sort=age").field_error(400, "sort"), twice);
    let dry = post("/teams/7/tasks?dry_run=true&dry_run=false", r#"{"title":"Write"}"#);
    assert_eq!(host.send(dry).field_error(400, "dry_run"), twice);
    let in_path_and_body = request("PUT", "/tasks/1").json(r#"{"id":2,"title":"Put"}"#);
    assert_eq!(host.send(in_path_and_body).field_error(400, "id"), "it is given twice");
    let in_body = request("PUT", "/tasks/1").json(r#"{"title":"Put","title":"Twice"}"#);
    assert_eq!(host.send(in_body).field_error(400, "title"), "it is given twice");
    let versions = post("/teams/7/tasks", r#"{"title":"Write"}"#).header("If-Match", "1").header("If-Match", "2");
    assert_eq!(host.send(versions).field_error(400, "If-Match"), twice);
}

/// A header that is there and cannot be read is not the same as none.
#[test]
fn a_header_that_is_no_text_is_refused() {
    let host = Host::plain();
    let task = request("DELETE", "/tasks/3").header("X-Reason", "é");
    let said = host.send(task).field_error(400, "X-Reason");
    assert_eq!(said, "it holds other characters than visible ones of ASCII");
    let not_ours = request("DELETE", "/tasks/3").header("X-Other", "é");
    assert_eq!(host.send(not_ours).json(200)["reason"], Value::Null);
}

#[test]
fn what_is_flattened_is_read_as_what_its_schema_says() {
    let host = Host::plain();
    let all = host.send(
        get("/teams/7/tasks?title=8&offset=-9&ratio=1.5&done=true&ids=1&ids=2&code=10&assigned=11")
            .header("X-Limit", "12"),
    );
    assert_eq!(
        all.json(200),
        json!({
            "team": 7, "title": "8", "offset": -9, "ratio": 1.5, "done": true, "ids": [1, 2], "code": "10",
            "assigned": 11, "limit": 12,
        })
    );
    let least = host.get("/teams/7/tasks?assigned=true&ids=1&ratio=2").json(200);
    assert_eq!(
        least,
        json!({
            "team": 7, "title": null, "offset": 0, "ratio": 2.0, "done": false, "ids": [1], "code": null,
            "assigned": true, "limit": null,
        })
    );
    for (target, says) in [
        ("/teams/x/tasks", "team: `x` is not a whole number"),
        ("/teams/7/tasks?offset=1.5", "offset: `1.5` is not a whole number"),
        ("/teams/7/tasks?ratio=NaN", "ratio: `NaN` is not a number of 32 bits"),
        ("/teams/7/tasks?done=yes", "done: `yes` is not `true` or `false`"),
        ("/teams/7/tasks?ids=1&ids=a", "ids[1]: `a` is not a whole number"),
        ("/teams/7/tasks?assigned=ada", "assigned: `ada` is not a value that the field can have"),
        ("/teams/7/tasks?offset=1&offset=2", "offset: it is given more than once, and is no list"),
    ] {
        let (field, detail) = says.split_once(": ").unwrap();
        assert_eq!(host.get(target).field_error(400, field), detail, "{target}");
    }
}
