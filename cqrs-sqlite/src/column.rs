//! What one column of a row holds, as serde reads it.

use rusqlite::types::ValueRef;
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

use crate::rows::RowError;

/// A column's value.
///
/// Integers, reals, text, blobs and NULL are what they are. A `bool` is 0 or 1, an enum without fields the text of its
/// name, an id of 16 bytes its text or its blob. What has a shape of its own, such as a list or a struct, is JSON.
#[derive(Clone, Copy)]
pub(crate) struct Column<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: ValueRef<'a>,
}

impl Column<'_> {
    pub(crate) fn is_null(self) -> bool {
        matches!(self.value, ValueRef::Null)
    }

    /// Reads it; an error names the column.
    pub(crate) fn read<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, RowError> {
        seed.deserialize(Inner(self)).map_err(|error| RowError::of_column(self.name, error))
    }

    fn held(self) -> String {
        match self.value {
            ValueRef::Null => "NULL".to_owned(),
            ValueRef::Integer(integer) => format!("the integer {integer}"),
            ValueRef::Real(real) => format!("the real {real}"),
            ValueRef::Text(text) => format!("the text {}", shortened(&String::from_utf8_lossy(text))),
            ValueRef::Blob(blob) => format!("a blob of {} bytes", blob.len()),
        }
    }
}

/// Enough of a text to know it by.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}..", &text[..end]),
        None => format!("{text:?}"),
    }
}

macro_rules! named {
    ($($method:ident)*) => { $(
        pub(crate) fn $method<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
            self.named(de::Deserializer::$method(Inner(self), visitor))
        }
    )* };
}

impl Column<'_> {
    named! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32
        deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_seq deserialize_identifier
    }

    pub(crate) fn deserialize_enum<'de, V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        self.named(de::Deserializer::deserialize_enum(Inner(self), name, variants, visitor))
    }

    fn named<T>(self, result: Result<T, RowError>) -> Result<T, RowError> {
        result.map_err(|error| RowError::of_column(self.name, error))
    }
}

/// JSON in a column's text. Read as a stream, since it does not live as long as what is made of it.
type Json<'a> = serde_json::Deserializer<serde_json::de::IoRead<&'a [u8]>>;

/// The deserializer of a column, whose errors do not name it yet.
struct Inner<'a>(Column<'a>);

impl Inner<'_> {
    fn unlike(&self, asked: &str) -> RowError {
        let cure = if self.0.is_null() { "; an `Option` takes NULL" } else { "" };
        de::Error::custom(format_args!("it holds {}, and {asked} was asked for{cure}", self.0.held()))
    }

    fn integer<'de, V: Visitor<'de>>(self, asked: &str, visitor: V) -> Result<V::Value, RowError> {
        match self.0.value {
            // The visitor says what does not fit into the type.
            ValueRef::Integer(integer) => visitor.visit_i64(integer),
            _ => Err(self.unlike(asked)),
        }
    }

    fn real<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        match self.0.value {
            ValueRef::Real(real) => visitor.visit_f64(real),
            ValueRef::Integer(integer) => visitor.visit_i64(integer),
            _ => Err(self.unlike("a real")),
        }
    }

    fn text(&self, asked: &str) -> Result<&str, RowError> {
        match self.0.value {
            ValueRef::Text(text) => std::str::from_utf8(text).map_err(|_| self.unlike("text of UTF-8")),
            _ => Err(self.unlike(asked)),
        }
    }

    fn json<T>(&self, asked: &str, read: impl FnOnce(&mut Json<'_>) -> serde_json::Result<T>) -> Result<T, RowError> {
        let text = self.text(asked)?;
        let mut json = Json::from_reader(text.as_bytes());
        let value = read(&mut json).and_then(|value| json.end().map(|()| value));
        value.map_err(|error| {
            de::Error::custom(format_args!("it holds {}, which is not the JSON of {asked}: {error}", self.0.held()))
        })
    }
}

macro_rules! integers {
    ($($method:ident $asked:literal)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
            self.integer($asked, visitor)
        }
    )* };
}

impl<'de> de::Deserializer<'de> for Inner<'_> {
    type Error = RowError;

    integers! {
        deserialize_i8 "an `i8`" deserialize_i16 "an `i16`" deserialize_i32 "an `i32`" deserialize_i64 "an `i64`"
        deserialize_i128 "an `i128`" deserialize_u8 "a `u8`" deserialize_u16 "a `u16`" deserialize_u32 "a `u32`"
        deserialize_u64 "a `u64`" deserialize_u128 "a `u128`"
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        match self.0.value {
            ValueRef::Null => visitor.visit_unit(),
            ValueRef::Integer(integer) => visitor.visit_i64(integer),
            ValueRef::Real(real) => visitor.visit_f64(real),
            ValueRef::Text(_) => visitor.visit_str(self.text("text")?),
            ValueRef::Blob(blob) => visitor.visit_bytes(blob),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        match self.0.value {
            ValueRef::Integer(integer @ (0 | 1)) => visitor.visit_bool(integer == 1),
            _ => Err(self.unlike("a `bool`, 0 or 1,")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        self.real(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        self.real(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_str(self.text("a `char`")?)
    }

    /// Ids ask for this, and take 16 bytes for their text.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        match self.0.value {
            ValueRef::Blob(blob) => visitor.visit_bytes(blob),
            _ => visitor.visit_str(self.text("text")?),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_str(self.text("text")?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        match self.0.value {
            ValueRef::Blob(blob) => visitor.visit_bytes(blob),
            _ => Err(self.unlike("a blob")),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        match self.0.is_null() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        match self.0.is_null() {
            true => visitor.visit_unit(),
            false => Err(self.unlike("nothing")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, RowError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_newtype_struct(self)
    }

    /// The bytes of a blob, such as `Vec<u8>` asks for; or a list in JSON.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        match self.0.value {
            ValueRef::Blob(blob) => {
                let mut bytes = de::value::SeqDeserializer::new(blob.iter().copied());
                let value = visitor.visit_seq(&mut bytes)?;
                bytes.end().map(|()| value)
            }
            _ => self.json("a list", |json| de::Deserializer::deserialize_seq(json, visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, RowError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        self.json("an object", |json| de::Deserializer::deserialize_map(json, visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        self.deserialize_map(visitor)
    }

    /// The name of a variant, or JSON where it has fields.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        let text = self.text("the name of a variant")?;
        if text.starts_with('{') {
            return self.json("a variant", |json| de::Deserializer::deserialize_enum(json, name, variants, visitor));
        }
        visitor.visit_enum(IntoDeserializer::<RowError>::into_deserializer(text))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_unit()
    }
}
