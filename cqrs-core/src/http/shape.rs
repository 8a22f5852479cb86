//! What the fields of a message are, as its schema says: for whoever has to know where serde does not say.
//!
//! Text in a query string is whatever its field is, and serde says what that is when it asks for the value. It does not
//! for a field inside of `#[serde(flatten)]` and for an untagged enum: it takes what there is first and looks at it later.

use std::sync::OnceLock;

use schemars::SchemaGenerator;
use serde_json::{Map, Value};

use super::declared::HttpInfo;
use super::schema::{self, DEEPEST, Property, listed};

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
    fields: Vec<KnownField>,
    /// Whether the message is an object, and nothing else.
    pub(super) is_object: bool,
}

#[derive(Debug)]
pub(super) struct KnownField {
    name: String,
    pub(super) shape: Shape,
    /// Which alternative of an enum is meant, it says.
    pub(super) is_tag: bool,
    /// Values that fit: one, or one for each alternative.
    pub(super) examples: Vec<Value>,
}

impl HttpInfo {
    /// From the message's schema, which is written once.
    pub(super) fn known(&self) -> &'static Known {
        self.known.0.get_or_init(|| {
            let mut generator = SchemaGenerator::default();
            let schema = Value::from((self.message.inline)(&mut generator));
            Known::of(&schema, &generator.take_definitions(true))
        })
    }
}

impl Known {
    fn of(schema: &Value, definitions: &Map<String, Value>) -> Self {
        let field = |Property { name, schema, is_tag, .. }: Property| KnownField {
            name,
            shape: Shape::of(&schema, definitions, 0),
            is_tag,
            examples: schema::examples(&schema, definitions),
        };
        Known {
            fields: schema::properties(schema, definitions, 0).into_iter().map(field).collect(),
            is_object: schema::is_object(schema, definitions, 0),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// What is known of a field, where the schema names it.
    pub(super) fn field(&self, name: &str) -> Option<&KnownField> {
        self.fields.iter().find(|known| known.name == name)
    }
}

/// What a value may be.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Or something that is no plain value, which text is the nearest to.
    pub(super) text: bool,
    pub(super) whole: bool,
    pub(super) number: bool,
    /// A number of more than 32 bits.
    double: bool,
    pub(super) boolean: bool,
    pub(super) item: Option<Box<Shape>>,
    object: bool,
    /// Any text.
    any_text: bool,
    /// These texts.
    texts: Vec<String>,
}

impl Shape {
    pub(super) fn of(schema: &Value, definitions: &Map<String, Value>, depth: u8) -> Self {
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
        if let Some(referred) = schema::referred(schema, definitions) {
            self.unite(Shape::of(referred, definitions, depth + 1));
        }
        for of_several in ["anyOf", "oneOf", "allOf"] {
            for schema in listed(schema, of_several) {
                if schema.get("type").and_then(Value::as_str) != Some("null") {
                    self.unite(Shape::of(schema, definitions, depth + 1));
                }
            }
        }
        let texts = schema.get("const").into_iter().chain(listed(schema, "enum")).filter_map(Value::as_str);
        self.texts.extend(texts.map(str::to_owned));
        let is_closed = schema.get("const").is_some() || schema.get("enum").is_some();
        let types = match schema.get("type") {
            Some(Value::Array(types)) => types.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        for name in types.iter().filter_map(Value::as_str) {
            match name {
                "integer" => self.whole = true,
                "number" => {
                    self.number = true;
                    self.double |= schema.get("format").is_none_or(|format| format != "float");
                }
                "boolean" => self.boolean = true,
                "array" => {
                    let items = schema.get("items").unwrap_or(&Value::Null);
                    self.item = Some(Box::new(Shape::of(items, definitions, depth + 1)));
                }
                "null" => {}
                "object" => (self.text, self.object) = (true, true),
                _ => (self.text, self.any_text) = (true, self.any_text || !is_closed),
            }
        }
    }

    fn unite(&mut self, other: Shape) {
        self.text |= other.text;
        self.whole |= other.whole;
        self.number |= other.number;
        self.double |= other.double;
        self.boolean |= other.boolean;
        self.object |= other.object;
        self.any_text |= other.any_text;
        self.texts.extend(other.texts);
        self.item = other.item.or(self.item.take());
    }

    /// Whether it is an object, or a list of objects, and nothing that text can be.
    pub(super) fn is_beyond_text(&self) -> bool {
        let is_plain = self.whole || self.number || self.boolean || self.any_text || !self.texts.is_empty();
        !is_plain && self.item.as_ref().map_or(self.object, |item| item.is_beyond_text())
    }

    /// A number of 32 bits: a larger one is read as infinite.
    pub(super) fn is_single(&self) -> bool {
        self.number && !self.double && !self.whole
    }

    /// Whether it is one of the texts that the schema lists.
    pub(super) fn lists(&self, value: &Value) -> bool {
        value.as_str().is_some_and(|text| self.texts.iter().any(|known| known == text))
    }

    /// Whether a value is surely none of it. Where little is known, none is.
    pub(super) fn is_surely_not(&self, value: &Value) -> bool {
        let is_known = self.whole || self.number || self.boolean || self.any_text || self.object;
        if !is_known && self.texts.is_empty() && self.item.is_none() {
            return false;
        }
        match value {
            // Whether it may be left out, is said elsewhere.
            Value::Null => false,
            Value::Bool(_) => !self.boolean,
            Value::Number(number) => !(self.number || self.whole && !number.is_f64()),
            Value::String(_) => !self.any_text && !self.lists(value),
            Value::Array(_) => self.item.is_none(),
            Value::Object(_) => !self.object,
        }
    }

    /// What a text that is none of it should have been.
    pub(super) fn words(&self) -> &'static str {
        match (self.boolean, self.number, self.whole) {
            (false, false, true) => "a whole number",
            (false, true, _) if self.is_single() => "a number of 32 bits",
            (false, true, _) => "a number",
            (true, false, false) => "`true` or `false`",
            _ => "a value that the field can have",
        }
    }
}
