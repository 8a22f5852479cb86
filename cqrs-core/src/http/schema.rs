//! What a message's JSON Schema says of its fields, wherever in the schema that stands.
//!
//! `#[serde(flatten)]` of a struct puts its properties beside the message's own, and that of an enum puts alternatives
//! there, each with properties.

use schemars::Schema;
use serde_json::{Map, Value, json};

/// A schema that refers to itself goes on for ever.
pub(super) const DEEPEST: u8 = 8;

/// A field, as the schema names it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) schema: Value,
    /// Whether it has to be there, whichever alternative is meant.
    pub(super) required: bool,
    /// Which alternative is meant, it says itself.
    pub(super) is_tag: bool,
}

/// What stands in `$ref`, of these definitions.
pub(super) fn referred<'a>(schema: &Value, definitions: &'a Map<String, Value>) -> Option<&'a Value> {
    let name = schema.get("$ref")?.as_str()?.rsplit('/').next()?;
    definitions.get(name)
}

/// The schemas under this keyword.
pub(super) fn listed<'a>(schema: &'a Value, keyword: &str) -> &'a [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// All fields that a schema names, in their order.
pub(super) fn properties(schema: &Value, definitions: &Map<String, Value>, depth: u8) -> Vec<Property> {
    if depth >= DEEPEST {
        return Vec::new();
    }
    let required: Vec<_> = required(schema).collect();
    let own = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let own = own.map(|(name, schema)| Property {
        name: name.clone(),
        schema: schema.clone(),
        required: false,
        is_tag: false,
    });
    let mut found: Vec<_> = own.collect();
    let inner = |schema: &Value| properties(schema, definitions, depth + 1);
    for part in referred(schema, definitions).into_iter().chain(listed(schema, "allOf")) {
        add_all(&mut found, inner(part));
    }
    for alternatives in [listed(schema, "oneOf"), listed(schema, "anyOf")] {
        add_all(&mut found, of_one(alternatives.iter().map(inner).collect()));
    }
    for field in &mut found {
        field.required |= required.contains(&field.name.as_str());
    }
    found
}

/// Fields that are there as well.
fn add_all(found: &mut Vec<Property>, more: Vec<Property>) {
    for field in more {
        match found.iter_mut().find(|known| known.name == field.name) {
            Some(known) => known.required |= field.required,
            None => found.push(field),
        }
    }
}

/// Fields of which those of one alternative are there.
fn of_one(alternatives: Vec<Vec<Property>>) -> Vec<Property> {
    let count = alternatives.len();
    let mut found: Vec<(Property, usize)> = Vec::new();
    for mut field in alternatives.into_iter().flatten() {
        let times = usize::from(field.required);
        field.is_tag |= field.schema.get("const").is_some();
        match found.iter_mut().find(|(known, _)| known.name == field.name) {
            Some((known, required)) => {
                known.schema = united(&known.schema, &field.schema);
                known.is_tag |= field.is_tag;
                *required += times;
            }
            None => found.push((field, times)),
        }
    }
    found.into_iter().map(|(field, required)| Property { required: required == count, ..field }).collect()
}

/// What is allowed by one of the two.
fn united(one: &Value, other: &Value) -> Value {
    if one == other {
        return one.clone();
    }
    let mut values = Vec::new();
    for schema in [one, other] {
        match (schema.get("const"), schema.get("enum").and_then(Value::as_array)) {
            (Some(value), _) => values.push(value.clone()),
            (None, Some(several)) => values.extend(several.iter().cloned()),
            (None, None) => {
                let mut choices = listed(one, "anyOf").to_vec();
                if choices.is_empty() {
                    choices.push(one.clone());
                }
                if !choices.contains(other) {
                    choices.push(other.clone());
                }
                return json!({ "anyOf": choices });
            }
        }
    }
    let mut merged = json!({ "enum": values });
    if let Some(kind) = one.get("type").filter(|kind| other.get("type") == Some(kind)) {
        merged["type"] = kind.clone();
    }
    merged
}

/// The fields that have to be there.
pub(super) fn required(schema: &Value) -> impl Iterator<Item = &str> {
    listed(schema, "required").iter().filter_map(Value::as_str)
}

/// Whether more may stand in the object than the fields that the schema names, as where a map is flattened.
pub(super) fn is_open(schema: &Value) -> bool {
    let open = |keyword| schema.get(keyword).is_some_and(|more| *more != Value::Bool(false));
    let has_patterns = schema.get("patternProperties").and_then(Value::as_object).is_some_and(|all| !all.is_empty());
    open("additionalProperties")
        || open("unevaluatedProperties")
        || has_patterns
        || ["oneOf", "anyOf", "allOf"].iter().any(|several| listed(schema, several).iter().any(is_open))
}

/// Whether it is an object, whichever alternative is meant.
pub(super) fn is_object(schema: &Value, definitions: &Map<String, Value>, depth: u8) -> bool {
    if depth >= DEEPEST {
        return false;
    }
    let inner = |schema: &Value| is_object(schema, definitions, depth + 1);
    schema.get("type").is_some_and(|kind| kind == "object")
        || referred(schema, definitions).is_some_and(inner)
        || listed(schema, "allOf").iter().any(inner)
        || [listed(schema, "oneOf"), listed(schema, "anyOf")].iter().any(|all| !all.is_empty() && all.iter().all(inner))
}

/// Whether a message is more than its name.
pub(super) fn takes_something(schema: &Value) -> bool {
    let has = |keyword| schema.get(keyword).and_then(Value::as_object).is_some_and(|all| !all.is_empty());
    let has_choices = ["oneOf", "anyOf", "allOf"].iter().any(|several| !listed(schema, several).is_empty());
    match schema.get("type").and_then(Value::as_str) {
        Some("null") => false,
        Some("object") => has("properties") || is_open(schema) || has_choices,
        _ => true,
    }
}

/// Takes fields out of an object, and out of each of its alternatives.
fn remove(schema: &mut Value, fields: &[&str]) {
    let Value::Object(members) = schema else { return };
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        // One by one would leave the others in any order, where a map has one.
        *properties =
            std::mem::take(properties).into_iter().filter(|(name, _)| !fields.contains(&name.as_str())).collect();
    }
    if let Some(Value::Array(required)) = members.get_mut("required") {
        required.retain(|name| name.as_str().is_none_or(|name| !fields.contains(&name)));
        if required.is_empty() {
            members.remove("required");
        }
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(Value::Array(schemas)) = members.get_mut(several) {
            schemas.iter_mut().for_each(|schema| remove(schema, fields));
        }
    }
}

/// The same, of a schema by itself.
pub(super) fn without(schema: Schema, fields: &[&str]) -> Schema {
    let mut schema = Value::from(schema);
    remove(&mut schema, fields);
    Schema::try_from(schema).unwrap_or_default()
}

/// Values that fit a field: one, or one for each of the alternatives that it has.
pub(super) fn examples(schema: &Value, definitions: &Map<String, Value>) -> Vec<Value> {
    let choices = listed(schema, "anyOf").iter().filter(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
    let several: Vec<_> = choices.map(|choice| example(choice, definitions, 0)).collect();
    if several.is_empty() { vec![example(schema, definitions, 0)] } else { several }
}

/// A value that fits, as far as a schema says what does.
fn example(schema: &Value, definitions: &Map<String, Value>, depth: u8) -> Value {
    let inner = |schema: &Value| example(schema, definitions, depth + 1);
    if depth >= DEEPEST {
        return Value::Null;
    }
    let known = ["const", "default"].iter().find_map(|keyword| schema.get(keyword));
    let first = ["examples", "enum"].iter().find_map(|keyword| listed(schema, keyword).first());
    if let Some(known) = known.or(first) {
        return known.clone();
    }
    let choice = ["oneOf", "anyOf", "allOf"].iter().find_map(|several| listed(schema, several).first());
    if let Some(other) = referred(schema, definitions).or(choice) {
        return inner(other);
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first(),
        one => one,
    };
    let number = |keyword| schema.get(keyword).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    match kind.and_then(Value::as_str) {
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(0.into()),
        Some("boolean") => false.into(),
        Some("string") => text(schema, number("minLength").unwrap_or(0)),
        Some("array") => {
            let first = listed(schema, "prefixItems").iter().map(inner);
            let rest = schema.get("items").map_or(Value::Null, inner);
            let count = number("minItems").unwrap_or(0).max(listed(schema, "prefixItems").len()).min(MOST_ITEMS);
            first.chain(std::iter::repeat(rest)).take(count).collect()
        }
        Some("object") => {
            let fields = properties(schema, definitions, depth).into_iter().filter(|field| field.required);
            fields.map(|field| (field.name, inner(&field.schema))).collect::<Map<_, _>>().into()
        }
        _ => Value::Null,
    }
}

/// A longer list is no example.
const MOST_ITEMS: usize = 64;

fn text(schema: &Value, length: usize) -> Value {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("uuid") => "00000000-0000-0000-0000-000000000000",
        Some("date-time") => "2000-01-01T00:00:00Z",
        Some("date") => "2000-01-01",
        Some("time") => "00:00:00Z",
        Some("partial-date-time") => "2000-01-01T00:00:00",
        Some("partial-time") => "00:00:00",
        Some("duration") => "PT0S",
        Some("ipv4" | "ip") => "127.0.0.1",
        Some("ipv6") => "::1",
        Some("uri" | "iri" | "uri-reference") => "http://localhost/",
        Some("email") => "a@localhost",
        _ => return "a".repeat(length.min(MOST_ITEMS)).into(),
    };
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(schema: &Value) -> Vec<(String, Value, bool)> {
        let found = properties(schema, &Map::new(), 0).into_iter();
        found.map(|field| (field.name, field.schema, field.required)).collect()
    }

    #[test]
    fn the_fields_of_alternatives_are_fields() {
        let schema = json!({
            "type": "object",
            "properties": { "id": { "type": "integer" } },
            "required": ["id"],
            "oneOf": [
                {
                    "properties": { "how": { "type": "string", "const": "card" }, "number": { "type": "integer" } },
                    "required": ["how", "number"],
                },
                { "properties": { "how": { "type": "string", "const": "cash" } }, "required": ["how"] },
            ],
        });
        let how = json!({ "type": "string", "enum": ["card", "cash"] });
        assert_eq!(
            fields(&schema),
            [
                ("id".to_owned(), json!({ "type": "integer" }), true),
                ("how".to_owned(), how, true),
                ("number".to_owned(), json!({ "type": "integer" }), false),
            ]
        );
        let twice = json!({ "allOf": [{ "oneOf": schema["oneOf"] }, { "properties": { "id": true } }] });
        assert_eq!(fields(&twice).len(), 3);
    }

    #[test]
    fn what_is_open_takes_something() {
        for (schema, open, takes) in [
            (json!({ "type": "object" }), false, false),
            (json!({ "type": "null" }), false, false),
            (json!({ "type": "object", "properties": {}, "additionalProperties": false }), false, false),
            (json!({ "type": "object", "additionalProperties": { "type": "string" } }), true, true),
            (json!({ "type": "object", "patternProperties": { "^a": true } }), true, true),
            (json!({ "type": "object", "oneOf": [{ "unevaluatedProperties": true }] }), true, true),
            (json!({ "type": "object", "oneOf": [{ "type": "object" }] }), false, true),
            (json!({ "type": "object", "properties": { "a": true } }), false, true),
            (json!({ "type": "array" }), false, true),
        ] {
            assert_eq!((is_open(&schema), takes_something(&schema)), (open, takes), "{schema}");
        }
    }

    #[test]
    fn an_example_fits() {
        let definitions = Map::from_iter([("Sort".to_owned(), json!({ "type": "string", "enum": ["name", "age"] }))]);
        for (schema, fits) in [
            (json!({ "type": ["integer", "null"], "minimum": 3 }), json!(3)),
            (json!({ "anyOf": [{ "$ref": "#/$defs/Sort" }, { "type": "null" }] }), json!("name")),
            (json!({ "type": "string", "minLength": 2 }), json!("aa")),
            (json!({ "type": "array", "items": { "type": "boolean" }, "minItems": 2 }), json!([false, false])),
            (
                json!({ "type": "object", "properties": { "a": { "type": "integer" }, "b": true }, "required": ["a"] }),
                json!({ "a": 0 }),
            ),
        ] {
            assert_eq!(examples(&schema, &definitions)[0], fits, "{schema}");
        }
    }
}
