//! What the fields of a message are, as its schema says: for whoever has to know where serde does not say.
//!
//! Text in a query string is whatever its field is, and serde says what that is when it asks for the value. It does not
//! for a field inside of `#[serde(flatten)]` and for an untagged enum: it takes what there is first and looks at it later.

use std::sync::OnceLock;

use schemars::SchemaGenerator;
use serde_json::{Map, Value};

use super::declared::HttpInfo;
use super::described;

/// What is known of a message's fields, once somebody has asked.
#[derive(Debug)]
pub struct KnownFields(OnceLock<Known>);

impl KnownFields {
    /// Nobody has asked yet.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "it is made in statics, where there is no default")]
    pub const fn new() -> Self {
        KnownFields(OnceLock::new())
    }
}

#[derive(Debug)]
pub(super) struct Known {
    fields: Vec<(String, Shape)>,
    /// The fields that have to be there.
    pub(super) required: Vec<String>,
}

impl HttpInfo {
    /// From the message's schema, which is written once.
    pub(super) fn known(&self) -> &'static Known {
        self.known.0.get_or_init(|| {
            let mut generator = SchemaGenerator::default();
            let schema = (self.message.inline)(&mut generator);
            let definitions = generator.take_definitions(true);
            let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let fields = fields.map(|(name, schema)| (name.clone(), Shape::of(schema, &definitions, 0)));
            Known { fields: fields.collect(), required: described::required(&schema) }
        })
    }
}

impl Known {
    pub(super) fn has(&self, name: &str) -> bool {
        self.shape(name).is_some()
    }

    /// What a field is, where the schema names it.
    pub(super) fn shape(&self, name: &str) -> Option<&Shape> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, shape)| shape)
    }
}

/// What a value may be.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Or something that is no plain value, which text is the nearest to.
    pub(super) text: bool,
    pub(super) whole: bool,
    pub(super) number: bool,
    pub(super) boolean: bool,
    pub(super) item: Option<Box<Shape>>,
}

/// A schema that refers to itself goes on for ever.
const DEEPEST: u8 = 8;

impl Shape {
    fn of(schema: &Value, definitions: &Map<String, Value>, depth: u8) -> Self {
        let mut shape = Shape::default();
        if depth < DEEPEST {
            shape.add(schema, definitions, depth);
        }
        if !(shape.whole || shape.number || shape.boolean || shape.item.is_some()) {
            shape.text = true;
        }
        shape
    }

    /// What this schema allows, in addition.
    fn add(&mut self, schema: &Value, definitions: &Map<String, Value>, depth: u8) {
        let referred = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        if let Some(referred) = referred.and_then(|name| definitions.get(name)) {
            self.unite(Shape::of(referred, definitions, depth + 1));
        }
        for of_several in ["anyOf", "oneOf", "allOf"] {
            for schema in schema.get(of_several).and_then(Value::as_array).into_iter().flatten() {
                if schema.get("type").and_then(Value::as_str) != Some("null") {
                    self.unite(Shape::of(schema, definitions, depth + 1));
                }
            }
        }
        let types = match schema.get("type") {
            Some(Value::Array(types)) => types.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for name in types.into_iter().filter_map(Value::as_str) {
            match name {
                "integer" => self.whole = true,
                "number" => self.number = true,
                "boolean" => self.boolean = true,
                "array" => {
                    let items = schema.get("items").unwrap_or(&Value::Null);
                    self.item = Some(Box::new(Shape::of(items, definitions, depth + 1)));
                }
                "null" => {}
                _ => self.text = true,
            }
        }
    }

    fn unite(&mut self, other: Shape) {
        self.text |= other.text;
        self.whole |= other.whole;
        self.number |= other.number;
        self.boolean |= other.boolean;
        self.item = other.item.or(self.item.take());
    }

    /// What a text that is none of it should have been.
    pub(super) fn words(&self) -> &'static str {
        match (self.boolean, self.number, self.whole) {
            (false, false, true) => "a whole number",
            (false, true, _) => "a number",
            (true, false, false) => "`true` or `false`",
            _ => "a value that the field can have",
        }
    }
}
