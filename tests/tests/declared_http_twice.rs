//! Two messages on one route, and routes that name what serde calls otherwise.

#![cfg(feature = "inventory")]

use cqrs_core::{Bus, WiringProblemKind, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[query(output = u64, http(get = "/users/{id}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetUser {
    id: u64,
}

#[handler]
fn get_user(query: GetUser) -> u64 {
    query.id
}

mod by_name {
    use super::*;

    /// What a segment is called tells no requests apart.
    #[query(output = usize, http(get = "/users/{name}"))]
    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(crate) struct FindUser {
        name: String,
    }

    #[handler]
    fn find_user(query: FindUser) -> usize {
        query.name.len()
    }
}

/// Another method, and so another route.
#[command(http(delete = "/users/{name}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct DeleteUser {
    name: String,
}

#[handler]
fn delete_user(cmd: DeleteUser) {
    drop(cmd.name);
}

/// A segment that is fixed comes before one that is not.
#[query(output = u64, http(get = "/users/me"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetMe;

#[handler]
fn get_me(_: GetMe) -> u64 {
    7
}

/// All of its names are those of Rust, and none is on the wire.
#[command(http(put = "/teams/{team_id}", headers(if_match = "If-Match"), query(dry_run)))]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RenameTeam {
    team_id: u64,
    if_match: Option<String>,
    dry_run: bool,
    new_name: String,
}

#[handler]
fn rename_team(cmd: RenameTeam) {
    drop((cmd.team_id, cmd.if_match, cmd.dry_run, cmd.new_name));
}

/// Serde does not read it at all.
#[query(output = u64, http(get = "/rooms/{room}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetRoom {
    #[serde(skip)]
    room: u64,
    #[serde(rename = "story")]
    floor: u64,
}

#[handler]
fn get_room(query: GetRoom) -> u64 {
    query.room + query.floor
}

/// Text says none of these; the last is a value or another one, and so it may.
#[query(output = usize, http(get = "/desks", headers(within = "X-Within")))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct FindDesks {
    within: Option<Within>,
    #[serde(default)]
    lines: Vec<Within>,
    #[serde(default)]
    sizes: Vec<u8>,
    either: Option<Either>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Within {
    from: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Either {
    One(u8),
    Other(Within),
}

#[handler]
fn find_desks(query: FindDesks) -> usize {
    let (lines, either) = (query.lines.len() + query.sizes.len(), query.either.is_some());
    lines + usize::from(either) + usize::from(query.within.is_some_and(|within| within.from > 0))
}

#[test]
fn each_is_reported_once_with_its_places_and_the_cure() {
    let bus = Bus::builder().build();
    let report = bus.verify();
    let told: Vec<_> = report.problems().iter().map(|problem| (problem.kind, problem.text.as_str())).collect();
    let (same, wrong) = (WiringProblemKind::SameRoute, WiringProblemKind::WrongRoute);
    let count = |kind| told.iter().filter(|(known, _)| *known == kind).count();
    assert_eq!((count(same), count(wrong), told.len()), (1, 6, 7), "{report}");
    let find = |words: &str| {
        let found: Vec<_> = told.iter().filter(|(_, text)| text.contains(words)).collect();
        assert_eq!(found.len(), 1, "`{words}` in {report}");
        found[0].1
    };
    let users = find("two messages have the route GET /users/");
    for words in [
        "`/users/{id}` `declared_http_twice::GetUser` (tests/tests/declared_http_twice.rs:",
        "`/users/{name}` `declared_http_twice::by_name::FindUser` (tests/tests/declared_http_twice.rs:",
        "give one of them another path or another method",
    ] {
        assert!(users.contains(words), "`{words}` in {users}");
    }
    for (field, route, message) in [
        ("team_id", "PUT /teams/{team_id}", "RenameTeam"),
        ("if_match", "PUT /teams/{team_id}", "RenameTeam"),
        ("dry_run", "PUT /teams/{team_id}", "RenameTeam"),
        ("room", "GET /rooms/{room}", "GetRoom"),
    ] {
        let text = find(&format!("`{field}` of the route {route} is no field of `{message}`"));
        for words in [
            &*format!("`declared_http_twice::{message}` (tests/tests/declared_http_twice.rs:"),
            "name a field as it is on the wire, with what serde renames",
        ] {
            assert!(text.contains(words), "`{words}` in {text}");
        }
    }
}

#[test]
fn an_object_that_text_cannot_be_is_reported_with_its_place_and_the_cure() {
    let bus = Bus::builder().build();
    let report = bus.verify();
    for (field, from, cure) in [
        (
            "lines",
            "the query string",
            "say `#[serde(flatten)]`, so that its fields are parameters, or use a method with a",
        ),
        ("X-Within", "a header", "name a field that is a plain value"),
    ] {
        let start = format!("`{field}` of the route GET /desks is an object, and comes from {from}");
        let told: Vec<_> = report.problems().iter().filter(|problem| problem.text.starts_with(&start)).collect();
        assert_eq!(told.len(), 1, "{report}");
        for words in ["`FindDesks`", "tests/tests/declared_http_twice.rs:", cure] {
            assert!(told[0].text.contains(words), "`{words}` in {}", told[0].text);
        }
    }
}

/// A program with one of them does not start.
#[tokio::test]
async fn a_bus_with_one_of_them_does_not_start() {
    let refused = Bus::builder().build().start().await.unwrap_err();
    assert!(refused.to_string().contains("two messages have the route"), "{refused}");
}
