//! What a route takes and answers, as JSON Schema.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::declared::HttpInfo;
use super::schema::{self, Property};

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
    let inline = Value::from((http.message.inline)(generator));
    let fields = schema::properties(&inline, generator.definitions(), 0);
    let mut sorted = Sorted { parameters: Vec::new(), body: None, unknown: Vec::new() };
    let mut taken = Vec::new();
    let paths = http.path_names().map(|name| (name, name, ParameterPlace::Path));
    let headers = http.headers.iter().map(|&(field, header)| (field, header, ParameterPlace::Header));
    let queries = http.query.iter().map(|&name| (name, name, ParameterPlace::Query));
    for (name, called, place) in paths.chain(headers).chain(queries) {
        match fields.iter().find(|field| field.name == name) {
            Some(field) => sorted.parameters.push(parameter(called, place, field)),
            None => sorted.unknown.push(name.to_owned()),
        }
        taken.push(name);
    }
    let count = fields.len();
    let left: Vec<_> = fields.iter().filter(|field| !taken.contains(&field.name.as_str())).collect();
    if !http.method.has_body() {
        sorted.parameters.extend(left.into_iter().map(|field| parameter(&field.name, ParameterPlace::Query, field)));
    } else if left.len() == count {
        sorted.body = schema::takes_something(&inline).then(|| (http.message.referred)(generator));
    } else if !left.is_empty() || schema::is_open(&inline) {
        sorted.body = Some(schema::without(Schema::try_from(inline).unwrap_or_default(), &taken));
    }
    sorted
}

fn parameter(name: &str, place: ParameterPlace, field: &Property) -> RouteParameter {
    let mut schema = Schema::try_from(field.schema.clone()).unwrap_or_default();
    let description = schema.remove("description").and_then(|text| text.as_str().map(str::to_owned));
    let required = field.required || place == ParameterPlace::Path;
    RouteParameter { name: name.to_owned(), place, required, description, schema }
}
