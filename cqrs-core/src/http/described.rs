//! What a route takes and answers, as JSON Schema.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use super::declared::HttpInfo;

/// What can be described in an OpenAPI document: a type that derives `schemars::JsonSchema`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be described in OpenAPI: it is not `JsonSchema`",
    label = "this needs `schemars::JsonSchema`",
    note = "add `#[derive(schemars::JsonSchema)]` to `{Self}`; what a message with `http(..)` takes and answers stands in the document of the server"
)]
pub trait Described {
    #[doc(hidden)]
    fn schema(generator: &mut SchemaGenerator) -> Schema;
    #[doc(hidden)]
    fn inline_schema(generator: &mut SchemaGenerator) -> Schema;
}

// `JsonSchema` is no supertrait, so that a type without it is one error and not two.
#[diagnostic::do_not_recommend]
impl<T: JsonSchema> Described for T {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }

    fn inline_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// What a message is, as a schema of its own or as one that others refer to.
#[derive(Clone, Copy)]
pub(super) struct MessageSchema {
    pub(super) inline: fn(&mut SchemaGenerator) -> Schema,
    pub(super) referred: fn(&mut SchemaGenerator) -> Schema,
}

/// Where a field of a message comes from, apart from the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterPlace {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
}

/// A field of a message that does not come from the body.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteParameter {
    /// As a client names it.
    pub name: String,
    /// Where it is given.
    pub place: ParameterPlace,
    /// Whether it has to be.
    pub required: bool,
    /// What it is for: the field's doc comment.
    pub description: Option<String>,
    /// What it may be.
    pub schema: Schema,
}

/// One way that a call can come to its end without a problem, or with one that the output itself says.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteAnswer {
    /// The status.
    pub status: u16,
    /// What the body is; nothing, where there is none, or a problem.
    pub schema: Option<Schema>,
}

/// A message's fields, sorted by where they come from.
pub(super) struct Sorted {
    pub(super) parameters: Vec<RouteParameter>,
    /// What is left for the body.
    pub(super) body: Option<Schema>,
    /// Parameters that name no field.
    pub(super) unknown: Vec<String>,
}

/// Sorts the fields of a message.
pub(super) fn sort(http: &HttpInfo, generator: &mut SchemaGenerator) -> Sorted {
    let mut inline = (http.message.inline)(generator);
    let mut sorted = Sorted { parameters: Vec::new(), body: None, unknown: Vec::new() };
    let required = required(&inline);
    let is_required = |name: &str| required.iter().any(|known| known == name);
    let fields = inline.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut taken = Vec::new();
    let paths = http.path_names().map(|name| (name, name, ParameterPlace::Path));
    let headers = http.headers.iter().map(|&(field, header)| (field, header, ParameterPlace::Header));
    let queries = http.query.iter().map(|&name| (name, name, ParameterPlace::Query));
    for (field, name, place) in paths.chain(headers).chain(queries) {
        match fields.get(field) {
            Some(schema) => sorted.parameters.push(parameter(name, place, is_required(field), schema.clone())),
            None => sorted.unknown.push(field.to_owned()),
        }
        taken.push(field);
    }
    // Taking them out one by one would leave the others in any order, where a map has one.
    let count = fields.len();
    let left: Map<_, _> = fields.into_iter().filter(|(name, _)| !taken.contains(&name.as_str())).collect();
    if !http.method.has_body() {
        sorted.parameters.extend(
            left.into_iter().map(|(name, schema)| parameter(&name, ParameterPlace::Query, is_required(&name), schema)),
        );
    } else if left.len() == count {
        sorted.body = takes_something(&inline).then(|| (http.message.referred)(generator));
    } else if !left.is_empty() {
        keep(&mut inline, left);
        sorted.body = Some(inline);
    }
    sorted
}

/// Whether a message is more than its name.
fn takes_something(schema: &Schema) -> bool {
    let is_empty_object = schema.get("type").and_then(Value::as_str) == Some("object")
        && schema.get("properties").and_then(Value::as_object).is_none_or(Map::is_empty);
    schema.get("type").and_then(Value::as_str) != Some("null") && !is_empty_object
}

/// The fields that have to be there.
pub(super) fn required(schema: &Schema) -> Vec<String> {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The object with these of its fields alone.
fn keep(schema: &mut Schema, left: Map<String, Value>) {
    let required: Vec<_> = required(schema).into_iter().filter(|name| left.contains_key(name)).collect();
    schema.remove("required");
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema.insert("properties".to_owned(), left.into());
}

fn parameter(name: &str, place: ParameterPlace, required: bool, schema: Value) -> RouteParameter {
    let mut schema = Schema::try_from(schema).unwrap_or_default();
    let description = schema.remove("description").and_then(|text| text.as_str().map(str::to_owned));
    let required = required || place == ParameterPlace::Path;
    RouteParameter { name: name.to_owned(), place, required, description, schema }
}
