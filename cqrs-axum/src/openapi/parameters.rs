//! What stands beside a body: path, query string and headers.

use cqrs_core::http::{ParameterPlace, Route, RouteParameter};
use serde_json::{Map, Value, json};

use super::schemas::{Schemas, tidy};
use crate::given::{LONGEST_CORRELATION_ID, LONGEST_KEY, LONGEST_TIMEOUT};

/// The parameters of a route: those of its message, and those of every call.
pub(super) fn of(route: &Route, schemas: &mut Schemas) -> Value {
    let mut parameters: Vec<Value> = route.parameters(schemas.taken()).into_iter().map(parameter).collect();
    if route.is_idempotent() {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same key again gives the same answer, and nothing is done twice.",
            // The quotes around it are none of its characters.
            "schema": visible("^[!#-~]+$", LONGEST_KEY),
        }));
    }
    parameters.push(json!({
        "name": "X-Correlation-Id",
        "in": "header",
        "description": "What the request belongs to; comes back, made if it was not given.",
        "schema": visible("^[!-~]+$", LONGEST_CORRELATION_ID),
    }));
    parameters.push(json!({
        "name": "X-Request-Timeout-Ms",
        "in": "header",
        "description": "How long the answer may take, in milliseconds.",
        "schema": { "type": "integer", "minimum": 1, "maximum": LONGEST_TIMEOUT },
    }));
    parameters.into()
}

/// Has the parameters of a path be called as they are in another one, which differs in names alone.
pub(super) fn rename(parameters: &mut Value, path: &str, other: &str) {
    let names = || path.split('/').zip(other.split('/')).filter(|(name, _)| name.starts_with('{'));
    for parameter in parameters.as_array_mut().into_iter().flatten().filter(|parameter| parameter["in"] == "path") {
        let called = names().find(|(name, _)| parameter["name"] == name.trim_matches(['{', '}']));
        if let Some((_, other)) = called {
            parameter["name"] = json!(other.trim_matches(['{', '}']));
        }
    }
}

/// A header of so many visible characters.
fn visible(which: &str, longest: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": longest, "pattern": which })
}

fn parameter(RouteParameter { name, place, required, description, schema }: RouteParameter) -> Value {
    let mut schema = tidy(schema.into());
    without_null(&mut schema);
    if let (ParameterPlace::Path, Value::Object(members)) = (place, &mut schema)
        && members.get("type").is_some_and(|kind| kind == "string")
    {
        // No segment is empty.
        members.entry("minLength").or_insert(1.into());
    }
    let place = match place {
        ParameterPlace::Path => "path",
        ParameterPlace::Query => "query",
        ParameterPlace::Header => "header",
    };
    let mut parameter = json!({ "name": name, "in": place, "required": required, "schema": schema });
    if let Some(description) = description {
        parameter["description"] = json!(description);
    }
    parameter
}

/// Text has no way to say `null`: what may be none is left out.
fn without_null(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    if members.get("default").is_some_and(Value::is_null) {
        members.remove("default");
    }
    if let Some(Value::Array(values)) = members.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(kind @ Value::Array(_)) = members.get_mut("type") {
        let kinds: Vec<Value> = kind.as_array().into_iter().flatten().filter(|kind| *kind != "null").cloned().collect();
        *kind = only(kinds);
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(Value::Array(choices)) = members.remove(choice) {
            choices_without_null(members, choice, choices);
        }
    }
    if let Some(items) = members.get_mut("items") {
        without_null(items);
    }
}

fn choices_without_null(members: &mut Map<String, Value>, choice: &str, mut choices: Vec<Value>) {
    choices.retain(|choice| choice["type"] != "null");
    match only(choices) {
        Value::Object(only) => {
            for (name, value) in only {
                members.entry(name).or_insert(value);
            }
        }
        choices => {
            members.insert(choice.to_owned(), choices);
        }
    }
}

/// The one there is, or all of them.
fn only(mut values: Vec<Value>) -> Value {
    match values.pop() {
        Some(only) if values.is_empty() => only,
        last => {
            values.extend(last);
            values.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(mut schema: Value) -> Value {
        without_null(&mut schema);
        schema
    }

    #[test]
    fn a_parameter_is_never_null() {
        let name = json!({ "$ref": "#/components/schemas/Name" });
        for (schema, text) in [
            (json!({ "type": ["integer", "null"], "default": null }), json!({ "type": "integer" })),
            (json!({ "anyOf": [name, { "type": "null" }] }), name.clone()),
            (
                json!({ "type": ["string", "null"], "enum": ["a", "b", null], "default": "a" }),
                json!({ "type": "string", "enum": ["a", "b"], "default": "a" }),
            ),
            (
                json!({ "oneOf": [name, { "type": "null" }, { "type": "integer" }] }),
                json!({ "oneOf": [name, { "type": "integer" }] }),
            ),
            (
                json!({ "type": ["array", "null"], "items": { "type": ["boolean", "null"] } }),
                json!({ "type": "array", "items": { "type": "boolean" } }),
            ),
            (json!({ "type": "string", "maxLength": 3 }), json!({ "type": "string", "maxLength": 3 })),
        ] {
            assert_eq!(of_text(schema), text);
        }
    }

    #[test]
    fn names_of_a_path_may_change_places() {
        let of = |names: [&str; 2]| json!(names.map(|name| json!({ "name": name, "in": "path" })));
        let mut parameters = of(["a", "b"]);
        rename(&mut parameters, "/{a}/x/{b}", "/{b}/x/{a}");
        assert_eq!(parameters, of(["b", "a"]));
    }

    #[test]
    fn a_segment_of_the_path_is_not_empty() {
        let at = |place, schema| {
            let schema = schemars::Schema::try_from(schema).unwrap();
            parameter(RouteParameter { name: "name".to_owned(), place, required: true, description: None, schema })
        };
        assert_eq!(at(ParameterPlace::Path, json!({ "type": "string" }))["schema"]["minLength"], 1);
        assert_eq!(at(ParameterPlace::Path, json!({ "type": "string", "minLength": 2 }))["schema"]["minLength"], 2);
        assert_eq!(at(ParameterPlace::Path, json!({ "type": "integer" }))["schema"], json!({ "type": "integer" }));
        assert_eq!(at(ParameterPlace::Query, json!({ "type": "string" }))["schema"], json!({ "type": "string" }));
    }
}
