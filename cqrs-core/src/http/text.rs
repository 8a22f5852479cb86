//! Text that stands for a value: in a path, a query string or a header.

use std::fmt;

use serde::de::value::SeqDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::declared::HttpInfo;
use super::fields::Unreadable;
use super::shape::Shape;

/// One parameter's values: one, or several where it came several times, which is how a list is written.
pub(super) struct Texts<'a, I> {
    first: Option<&'a str>,
    rest: I,
    field: Field<'a>,
    /// Whether one value may be a list: `1,2`.
    is_list: bool,
}

/// What is known of the field that a text is for.
#[derive(Clone, Copy)]
pub(super) enum Field<'a> {
    /// Its message and name, for whoever has to look.
    Named(&'a HttpInfo, &'a str),
    Shaped(&'static Shape),
    Unknown,
}

impl Field<'_> {
    fn shape(self) -> Option<&'static Shape> {
        match self {
            Field::Named(http, name) => http.known().field(name).map(|known| &known.shape),
            Field::Shaped(shape) => Some(shape),
            Field::Unknown => None,
        }
    }
}

impl<'a, I: Iterator<Item = &'a str>> Texts<'a, I> {
    pub(super) fn new(field: Field<'a>, mut values: I, is_list: bool) -> Self {
        Texts { first: values.next(), rest: values, field, is_list }
    }

    fn visit_list<V: Visitor<'a>>(self, item: Field<'a>, visitor: V) -> Result<V::Value, Unreadable> {
        let is_list = self.is_list;
        let values = self.first.into_iter().chain(self.rest).flat_map(move |value| Items::of(value, is_list));
        visitor.visit_seq(SeqDeserializer::new(values.map(|value| Text(value, item))))
    }

    /// The value, where there has to be one.
    fn one(mut self) -> Result<&'a str, Unreadable> {
        match (self.first, self.rest.next()) {
            (Some(value), None) => Ok(value),
            (Some(_), Some(_)) => Err(de::Error::custom("it is given more than once, and is no list")),
            (None, _) => Err(de::Error::custom("it has no value")),
        }
    }
}

/// What stands in the text has to be a number, or whatever is asked for: text by itself says nothing of it.
macro_rules! parsed {
    ($($deserialize:ident $visit:ident $type:ty: $what:literal,)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            let text = self.one()?;
            match text.parse::<$type>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(expected(text, $what)),
            }
        }
    )*};
}

/// Whether a number of 32 bits would be infinite.
#[allow(clippy::cast_possible_truncation, reason = "what becomes of it is what is asked")]
fn exceeds_single(number: f64) -> bool {
    (number as f32).is_infinite()
}

fn expected(text: &str, what: &str) -> Unreadable {
    de::Error::custom(format_args!("`{text}` is not {what}"))
}

impl<'de, I: Iterator<Item = &'de str>> Deserializer<'de> for Texts<'de, I> {
    type Error = Unreadable;

    /// Serde takes what there is, and looks at it later: it has to be there as what the field is.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let Some(shape) = self.field.shape().filter(|shape| !shape.text) else {
            return visitor.visit_borrowed_str(self.one()?);
        };
        if let Some(item) = &shape.item {
            return self.visit_list(Field::Shaped(item), visitor);
        }
        let text = self.one()?;
        if let (true, Ok(value)) = (shape.boolean, text.parse()) {
            return visitor.visit_bool(value);
        }
        if let (true, Ok(number)) = (shape.whole || shape.number, text.parse()) {
            return visitor.visit_u64(number);
        }
        if let (true, Ok(number)) = (shape.whole || shape.number, text.parse()) {
            return visitor.visit_i64(number);
        }
        let number = text.parse::<f64>().ok().filter(|_| shape.number);
        match number.filter(|number| number.is_finite() && !(shape.is_single() && exceeds_single(*number))) {
            Some(number) => visitor.visit_f64(number),
            None => Err(expected(text, shape.words())),
        }
    }

    parsed! {
        deserialize_bool visit_bool bool: "`true` or `false`",
        deserialize_i8 visit_i8 i8: "a whole number from -128 to 127",
        deserialize_i16 visit_i16 i16: "a whole number from -32768 to 32767",
        deserialize_i32 visit_i32 i32: "a whole number of 32 bits",
        deserialize_i64 visit_i64 i64: "a whole number of 64 bits",
        deserialize_i128 visit_i128 i128: "a whole number of 128 bits",
        deserialize_u8 visit_u8 u8: "a whole number from 0 to 255",
        deserialize_u16 visit_u16 u16: "a whole number from 0 to 65535",
        deserialize_u32 visit_u32 u32: "a whole number of 32 bits, from 0",
        deserialize_u64 visit_u64 u64: "a whole number of 64 bits, from 0",
        deserialize_u128 visit_u128 u128: "a whole number of 128 bits, from 0",
        deserialize_char visit_char char: "one character",
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let text = self.one()?;
        match text.parse::<f32>() {
            Ok(number) if number.is_finite() => visitor.visit_f32(number),
            _ => Err(expected(text, "a number of 32 bits")),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let text = self.one()?;
        // `inf` and `NaN` are numbers to Rust, and none in JSON.
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => visitor.visit_f64(number),
            _ => Err(expected(text, "a number")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.one()? {
            "" => visitor.visit_unit(),
            text => Err(expected(text, "empty")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.visit_list(Field::Unknown, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let _ = (name, variants);
        visitor.visit_enum(IntoDeserializer::<Unreadable>::into_deserializer(self.one()?))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_borrowed_str(self.one()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_str(visitor)
    }

    forward_to_deserialize_any! { bytes byte_buf map struct identifier }
}

/// One value of a list.
struct Text<'a>(&'a str, Field<'a>);

impl<'de> IntoDeserializer<'de, Unreadable> for Text<'de> {
    type Deserializer = Texts<'de, std::iter::Empty<&'de str>>;

    fn into_deserializer(self) -> Self::Deserializer {
        Texts { first: Some(self.0), rest: std::iter::empty(), field: self.1, is_list: false }
    }
}

/// The items of a list as a header has it ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-lists-rule-abnf-extension)):
/// with commas between them, of which those in quotes are none, and of several in a row one is meant.
enum Items<'a> {
    One(Option<&'a str>),
    Left(&'a str),
}

impl<'a> Items<'a> {
    fn of(value: &'a str, is_list: bool) -> Self {
        if is_list { Items::Left(value) } else { Items::One(Some(value)) }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let left = match self {
            Items::One(value) => return value.take(),
            Items::Left(left) => left,
        };
        while !left.is_empty() {
            let mut is_quoted = false;
            let comma = left.bytes().position(|byte| {
                is_quoted ^= byte == b'"';
                byte == b',' && !is_quoted
            });
            let (item, rest) = comma.map_or((*left, ""), |at| (&left[..at], &left[at + 1..]));
            *left = rest;
            let item = item.trim_matches([' ', '\t']);
            if !item.is_empty() {
                return Some(item);
            }
        }
        None
    }
}

impl<I> fmt::Debug for Texts<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Texts").field(&self.first).finish()
    }
}
