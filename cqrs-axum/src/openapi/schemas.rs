//! The schemas of a document: of what is taken, and of what is answered.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Where the schemas of a document stand.
const SCHEMAS: &str = "/components/schemas";
/// Where those of answers stand until it is known which of them have a name of their own.
const ANSWERED: &str = "/components/answered";

/// A type may be taken as one thing and answered as another: fields with defaults, or skipped on one way. Both ways have
/// their generator, and where they differ what is answered has another name.
pub(super) struct Schemas {
    taken: SchemaGenerator,
    answered: SchemaGenerator,
    problem: bool,
}

impl Default for Schemas {
    fn default() -> Self {
        let at = |place: &'static str| {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = place.into();
                settings.meta_schema = None;
            })
        };
        let mut taken = at(SCHEMAS).for_deserialize().into_generator();
        let mut answered = at(ANSWERED).for_serialize().into_generator();
        // The first of its name keeps it: a type of the application's that is called so has another one.
        for generator in [&mut taken, &mut answered] {
            generator.subschema_for::<Problem>();
        }
        Schemas { taken, answered, problem: false }
    }
}

impl Schemas {
    /// Of what a client sends.
    pub(super) fn taken(&mut self) -> &mut SchemaGenerator {
        &mut self.taken
    }

    /// Of what a client is answered.
    pub(super) fn answered(&mut self) -> &mut SchemaGenerator {
        &mut self.answered
    }

    /// The document mentions problems.
    pub(super) fn mentions_problem(&mut self) {
        self.problem = true;
    }

    /// Whether a message whose body is of this schema can be read from no body at all: none of its fields is required.
    pub(super) fn takes_nothing(&self, body: &Value) -> bool {
        if let Some(at) = body.get("$ref").and_then(Value::as_str) {
            let name = at.strip_prefix('#').and_then(|at| at.strip_prefix(SCHEMAS)?.strip_prefix('/'));
            return name
                .and_then(|name| self.taken.definitions().get(name))
                .is_some_and(|body| self.takes_nothing(body));
        }
        let is_object = body.get("type").is_some_and(|kind| kind == "object");
        // Alternatives are those of an enum, and one of them there has to be.
        is_object && ["required", "oneOf", "anyOf", "allOf"].iter().all(|name| body.get(name).is_none())
    }

    /// All that are referred to; `paths` refers to them by the names that they have now.
    pub(super) fn definitions(mut self, paths: &mut Map<String, Value>) -> Map<String, Value> {
        let mut definitions = self.taken.take_definitions(true);
        let answered = self.answered.take_definitions(true);
        let names = Names::of(&definitions, &answered);
        paths.values_mut().for_each(|path| names.say(path));
        for (name, mut schema) in answered {
            names.say(&mut schema);
            definitions.insert(names.of_answer(&name).to_owned(), schema);
        }
        definitions.values_mut().for_each(bound);
        if !self.problem {
            definitions.remove(PROBLEM);
        }
        definitions
    }
}

/// What the schemas of answers are called: those that differ from what is taken under the same name have another one.
struct Names(BTreeMap<String, String>);

impl Names {
    fn of(taken: &Map<String, Value>, answered: &Map<String, Value>) -> Self {
        let same = Names(BTreeMap::new());
        let differs = |name: &str, schema: &Value| {
            let mut schema = schema.clone();
            same.say(&mut schema);
            taken.get(name).is_some_and(|taken| *taken != schema)
        };
        let another = |name: &String| {
            let mut another = format!("{name}Answered");
            while taken.contains_key(&another) || answered.contains_key(&another) {
                another.push('_');
            }
            (name.clone(), another)
        };
        let differing = answered.iter().filter(|(name, schema)| differs(name, schema));
        let mut names = Names(differing.map(|(name, _)| another(name)).collect());
        // What refers to something that differs, differs.
        loop {
            let more: Vec<_> = answered
                .iter()
                .filter(|(name, schema)| {
                    taken.contains_key(*name) && !names.0.contains_key(*name) && names.are_in(schema)
                })
                .map(|(name, _)| another(name))
                .collect();
            if more.is_empty() {
                return names;
            }
            names.0.extend(more);
        }
    }

    fn of_answer<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).map_or(name, String::as_str)
    }

    fn are_in(&self, schema: &Value) -> bool {
        match schema {
            Value::Object(members) => members.iter().any(|(key, value)| match (key.as_str(), value) {
                ("$ref", Value::String(at)) => answered_at(at).is_some_and(|name| self.0.contains_key(name)),
                _ => self.are_in(value),
            }),
            Value::Array(items) => items.iter().any(|item| self.are_in(item)),
            _ => false,
        }
    }

    /// Has a schema refer to answers by their names.
    fn say(&self, schema: &mut Value) {
        match schema {
            Value::Object(members) => {
                for (key, value) in members {
                    match (key.as_str(), &mut *value) {
                        ("$ref", Value::String(at)) => {
                            if let Some(name) = answered_at(at) {
                                *at = format!("#{SCHEMAS}/{}", self.of_answer(name));
                            }
                        }
                        _ => self.say(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.say(item)),
            _ => {}
        }
    }
}

fn answered_at(reference: &str) -> Option<&str> {
    reference.strip_prefix('#')?.strip_prefix(ANSWERED)?.strip_prefix('/')
}

/// What the schema of problems is called.
const PROBLEM: &str = "Problem";

struct Problem;

impl JsonSchema for Problem {
    fn schema_name() -> Cow<'static, str> {
        PROBLEM.into()
    }

    fn schema_id() -> Cow<'static, str> {
        "cqrs_core::Problem".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::try_from(problem()).unwrap_or_default()
    }
}

/// As RFC 9457 has it, with the members that are ours.
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                "description": "What sort of problem; `about:blank` says no more than the status.",
            },
            "title": { "type": "string", "description": "The sort, in a few words." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "This occurrence, in words." },
            "instance": {
                "type": "string",
                "format": "uri-reference",
                "description": "This occurrence, as the log of the application calls it.",
            },
            "errors": {
                "type": "array",
                "description": "What is wrong with which field.",
                "items": {
                    "type": "object",
                    "required": ["field", "detail"],
                    "properties": {
                        "field": { "type": "string", "description": "Its path, such as `lines[2].quantity`." },
                        "detail": { "type": "string" },
                    },
                },
            },
        },
    })
}

/// Says of each whole number how large it may be, where only its format says so: a client that goes by `minimum` and
/// `maximum` knows then what is taken.
pub(super) fn tidy(mut schema: Value) -> Value {
    bound(&mut schema);
    schema
}

fn bound(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some((least, most)) = members.get("format").and_then(Value::as_str).and_then(bounds) {
                members.entry("minimum").or_insert(least);
                members.entry("maximum").or_insert(most);
            }
            members.values_mut().for_each(bound);
        }
        Value::Array(items) => items.iter_mut().for_each(bound),
        _ => {}
    }
}

fn bounds(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0.into(), u8::MAX.into()),
        "uint16" => (0.into(), u16::MAX.into()),
        "uint32" => (0.into(), u32::MAX.into()),
        "uint64" | "uint" => (0.into(), u64::MAX.into()),
        // A larger one would be read as infinite, and answered as `null`.
        "float" => (f32::MIN.into(), f32::MAX.into()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_differs_has_a_name_of_its_own() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        let user = |at: &str| json!({ "properties": { "name": { "$ref": format!("#{at}/Name") } } });
        let taken = object(json!({ "Name": { "type": "string" }, "User": user(SCHEMAS), "Id": true }));
        let answered = object(json!({ "Name": { "type": "null" }, "User": user(ANSWERED), "Id": true, "Other": true }));
        let names = Names::of(&taken, &answered);
        let called = ["Id", "Name", "Other", "User"].map(|name| names.of_answer(name));
        assert_eq!(called, ["Id", "NameAnswered", "Other", "UserAnswered"]);
        let mut said = user(ANSWERED);
        names.say(&mut said);
        assert_eq!(said["properties"]["name"]["$ref"], "#/components/schemas/NameAnswered");
    }

    #[test]
    fn a_body_may_be_left_out_where_it_has_nothing_that_is_required() {
        use schemars::JsonSchema;

        #[derive(JsonSchema)]
        #[allow(dead_code, reason = "it is described, and never made")]
        struct Optional {
            name: Option<String>,
        }
        #[derive(JsonSchema)]
        #[allow(dead_code, reason = "it is described, and never made")]
        struct Required {
            name: String,
        }
        #[derive(JsonSchema)]
        #[allow(dead_code, reason = "it is described, and never made")]
        enum OneOf {
            Name { name: Option<String> },
        }

        let mut schemas = Schemas::default();
        let optional = Value::from(schemas.taken().subschema_for::<Optional>());
        let required = Value::from(schemas.taken().subschema_for::<Required>());
        let one_of = Value::from(schemas.taken().subschema_for::<OneOf>());
        assert!(schemas.takes_nothing(&optional));
        assert!(!schemas.takes_nothing(&required) && !schemas.takes_nothing(&one_of));
        assert!(!schemas.takes_nothing(&json!({ "type": "array" })));
        assert!(!schemas.takes_nothing(&json!({ "$ref": "#/components/schemas/Nowhere" })));
    }

    #[test]
    fn numbers_say_how_large_they_may_be() {
        assert_eq!(tidy(json!({ "format": "float" }))["maximum"], json!(f32::MAX));
        let schema = json!({ "properties": { "n": { "type": "integer", "format": "uint8", "minimum": 3 } } });
        assert_eq!(
            tidy(schema)["properties"]["n"],
            json!({ "type": "integer", "format": "uint8", "minimum": 3, "maximum": 255 })
        );
    }
}
