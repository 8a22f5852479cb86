//! The OpenAPI 3.1 document of a bus's routes.

mod parameters;
mod responses;
mod schemas;

use std::collections::BTreeMap;

use cqrs_core::MessageKind;
use cqrs_core::http::Route;
use serde_json::{Map, Value, json};

use crate::authenticate::Scheme;
use crate::edge::axum_path;
use schemas::Schemas;

/// What the document says of the application.
#[derive(Debug, Clone)]
pub(crate) struct Title {
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) description: String,
}

impl Default for Title {
    fn default() -> Self {
        Title { title: "API".to_owned(), version: "0.0.0".to_owned(), description: String::new() }
    }
}

/// What is described.
pub(crate) struct Described<'a> {
    pub(crate) routes: &'a [Route],
    pub(crate) title: &'a Title,
    pub(crate) scheme: Option<Scheme>,
}

/// The tags that operations are listed under.
const COMMANDS: &str = "Commands";
const QUERIES: &str = "Queries";

impl Described<'_> {
    pub(crate) fn document(&self) -> Value {
        let mut schemas = Schemas::default();
        let mut paths: Map<String, Value> = Map::new();
        // Paths that differ in names alone are one, which is called as the first of them.
        let mut called: BTreeMap<String, &str> = BTreeMap::new();
        for route in self.routes {
            let path = *called.entry(axum_path(route.path())).or_insert(route.path());
            let mut operation = self.operation(route, &mut schemas);
            parameters::rename(&mut operation["parameters"], route.path(), path);
            let operations = paths.entry(path).or_insert_with(|| json!({}));
            operations[route.method().as_str().to_lowercase()] = operation;
        }
        let Title { title, version, description } = self.title;
        let mut info = json!({ "title": title, "version": version });
        if !description.is_empty() {
            info["description"] = json!(description);
        }
        let mut components = json!({ "schemas": schemas.definitions(&mut paths) });
        if let Some((name, scheme)) = self.scheme.map(Scheme::described) {
            components["securitySchemes"] = json!({ name: scheme });
        }
        json!({
            "openapi": "3.1.0",
            "info": info,
            "servers": [{ "url": "/" }],
            "tags": [
                { "name": COMMANDS, "description": "What changes something." },
                { "name": QUERIES, "description": "What asks, and changes nothing." },
            ],
            "paths": paths,
            "components": components,
        })
    }

    fn operation(&self, route: &Route, schemas: &mut Schemas) -> Value {
        let tag = if route.kind() == MessageKind::Query { QUERIES } else { COMMANDS };
        let (summary, description) = words(route.description());
        let mut operation = json!({ "operationId": route.name(), "tags": [tag] });
        if !summary.is_empty() {
            operation["summary"] = json!(summary);
        }
        if !description.is_empty() {
            operation["description"] = json!(description);
        }
        operation["parameters"] = parameters::of(route, schemas);
        if let Some(schema) = route.body(schemas.taken()).map(Value::from) {
            let required = !schemas.takes_nothing(&schema);
            operation["requestBody"] = json!({
                "required": required,
                "content": { "application/json": { "schema": schemas::tidy(schema) } },
            });
        }
        operation["responses"] = responses::of(route, self.scheme.is_some(), schemas);
        if let (Some(scheme), true) = (self.scheme, route.is_restricted()) {
            let (name, _) = scheme.described();
            let scopes: Vec<&str> = route.scope().into_iter().collect();
            operation["security"] = json!([{ name: scopes }]);
        }
        operation
    }
}

/// A doc comment's first line, and the rest of it.
fn words(docs: &str) -> (String, String) {
    let (first, rest) = docs.split_once("\n\n").unwrap_or((docs, ""));
    (first.lines().map(str::trim).collect::<Vec<_>>().join(" "), rest.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use cqrs_core::{Bus, command, handler};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[command(http(post = "/sweeps"))]
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Sweep;

    #[command(http(patch = "/tasks/{name}", headers(version = "If-Match"), query(dry_run)))]
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct PatchTask {
        name: String,
        version: Option<u8>,
        dry_run: Option<bool>,
        title: Option<String>,
    }

    #[command(http(put = "/tasks/{name}"))]
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct PutTask {
        name: String,
        title: String,
    }

    #[handler]
    fn sweep(_: Sweep) {}
    #[handler]
    fn patch_task(_: PatchTask) {}
    #[handler]
    fn put_task(_: PutTask) {}

    fn operation(path: &str, method: &str) -> Value {
        crate::Edge::new(Bus::global()).openapi()["paths"][path][method].take()
    }

    #[test]
    fn a_message_without_fields_has_no_body_and_says_what_becomes_of_one() {
        let sweep = operation("/sweeps", "post");
        assert!(sweep.get("requestBody").is_none());
        for status in ["204", "400", "408", "413", "415"] {
            assert!(sweep["responses"].get(status).is_some(), "{status}");
        }
    }

    #[test]
    fn a_body_is_required_where_one_of_its_fields_is() {
        assert_eq!(operation("/tasks/{name}", "patch")["requestBody"]["required"], false);
        assert_eq!(operation("/tasks/{name}", "put")["requestBody"]["required"], true);
    }

    #[test]
    fn what_text_cannot_say_no_parameter_may_be() {
        let patch = operation("/tasks/{name}", "patch");
        let parameters = patch["parameters"].as_array().unwrap().iter();
        let own = parameters.map(|parameter| (parameter["name"].as_str().unwrap(), &parameter["schema"])).take(3);
        let byte = json!({ "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 });
        assert_eq!(
            own.collect::<Vec<_>>(),
            [
                ("name", &json!({ "type": "string", "minLength": 1 })),
                ("If-Match", &byte),
                ("dry_run", &json!({ "type": "boolean" }))
            ]
        );
    }

    #[test]
    fn the_first_paragraph_is_the_summary() {
        assert_eq!(words("Creates\na user.\n\nAnd more.\n"), ("Creates a user.".to_owned(), "And more.".to_owned()));
        assert_eq!(words(""), (String::new(), String::new()));
    }
}
