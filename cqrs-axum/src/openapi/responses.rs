//! What an operation can be answered with: every status, with its schema.

use std::collections::BTreeMap;

use cqrs_core::http::{Route, RouteAnswer};
use serde_json::{Value, json};

use super::schemas::Schemas;

/// The answers of a route, by status; `asked` is whether anybody asks who sends a request.
pub(super) fn of(route: &Route, asked: bool, schemas: &mut Schemas) -> Value {
    let mut found = Responses::default();
    for RouteAnswer { status, schema } in route.answers(schemas.answered()) {
        match (status, schema) {
            (404 | 410, _) => found.problem(status, "There is nothing here."),
            (400.., _) => found.problem(status, "The answer is that it was not done."),
            (_, schema) => found.success(status, route, schema.map(Value::from)),
        }
    }
    for kind in route.problems().unwrap_or_default() {
        found.problem(
            kind.status,
            if kind.description.is_empty() { "The message was refused." } else { kind.description },
        );
    }
    for (status, description) in faults(route) {
        found.problem(status, description);
    }
    if asked {
        found.problem(401, "The caller is not who they say they are.");
    }
    let mut responses = found.responses();
    if route.problems().is_none() {
        responses["default"] = problem("Any other problem that the application tells.");
    }
    schemas.mentions_problem();
    responses
}

/// What can happen to any call, or to one with what the message declares.
fn faults(route: &Route) -> Vec<(u16, &'static str)> {
    let mut faults = vec![
        (500, "Something broke; the log says what, under the problem's `instance`."),
        (503, "Something that is needed does not answer now; nothing happened."),
        (504, "It took too long and was rolled back."),
        (400, "What was sent is not what it should be."),
        (414, "Path and query string are too long."),
    ];
    if route.has_body() {
        faults.push((408, "The body took too long."));
        faults.push((413, "The body is too long."));
        faults.push((415, "The body is not `application/json`."));
    }
    if route.is_restricted() {
        faults.push((401, "It takes a caller who says who they are."));
        faults.push((403, "The caller may not do this."));
    }
    if route.is_validated() {
        faults.push((422, "The message breaks its own rules; `errors` says which."));
    }
    if route.kind() == cqrs_core::MessageKind::Command {
        faults.push((409, "Somebody else changed the same thing first."));
    }
    if route.is_idempotent() {
        faults.push((409, "A request with the same key is under way."));
        faults.push((422, "The key came with another payload before."));
    }
    faults
}

/// By status: a success, or what a problem is about.
#[derive(Default)]
struct Responses {
    successes: BTreeMap<u16, Value>,
    problems: BTreeMap<u16, Vec<&'static str>>,
}

impl Responses {
    fn success(&mut self, status: u16, route: &Route, schema: Option<Value>) {
        let description = match status {
            201 => "Made.",
            202 => "Taken on, and not done yet.",
            204 => "Done, and there is nothing to say.",
            _ => "Done.",
        };
        let mut response = json!({ "description": description, "headers": { "X-Correlation-Id": correlation() } });
        if let Some(schema) = schema {
            response["content"] = json!({ "application/json": { "schema": super::schemas::tidy(schema) } });
        }
        if route.has_location() && matches!(status, 201 | 202) {
            response["headers"]["Location"] = json!({
                "description": "Where to find what was made.",
                "schema": { "type": "string", "format": "uri-reference" },
            });
        }
        self.successes.insert(status, response);
    }

    fn problem(&mut self, status: u16, description: &'static str) {
        let known = self.problems.entry(status).or_default();
        if !known.contains(&description) {
            known.push(description);
        }
    }

    fn responses(self) -> Value {
        let problems = self.problems.into_iter().map(|(status, descriptions)| {
            let mut response = problem(&descriptions.join(" Or: "));
            if matches!(status, 409 | 503) {
                response["headers"]["Retry-After"] = json!({
                    "description": "Seconds until another try may help.",
                    "schema": { "type": "integer", "minimum": 0 },
                });
            }
            if status == 401 {
                response["headers"]["WWW-Authenticate"] =
                    json!({ "description": "How to say who one is.", "schema": { "type": "string" } });
            }
            (status, response)
        });
        let all: BTreeMap<u16, Value> = problems.chain(self.successes).collect();
        all.into_iter().map(|(status, response)| (status.to_string(), response)).collect()
    }
}

fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "headers": { "X-Correlation-Id": correlation() },
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn correlation() -> Value {
    json!({ "description": "What the request belonged to.", "schema": { "type": "string" } })
}
