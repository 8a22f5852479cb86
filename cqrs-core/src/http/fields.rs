//! A message's fields, wherever in a request they stand: as one map for serde, without anything in between.

mod elsewhere;
mod given;
mod members;
mod mistakes;
mod unfit;
mod unreadable;

use std::cell::Cell;

use serde::de::{self, Deserializer, Visitor};
use serde_json::Value;
use serde_path_to_error::Track;

use self::given::Parameter;
use self::members::Beside;
pub use self::unreadable::Unreadable;
use super::call::Parts;
use super::declared::HttpInfo;
use crate::message;

/// Reads a message from a request, or tells every mistake that can be told.
pub(super) fn read<C: message::Json>(http: &HttpInfo, parts: &Parts<'_>) -> Result<C, Vec<Unreadable>> {
    let body = http.method.has_body().then_some(parts.body).filter(|body| !body.trim_ascii().is_empty());
    let all_of_body = body.is_some() && http.is_all_body();
    let mut wrong = Vec::new();
    let texts = match all_of_body {
        true => Vec::new(),
        false => given::texts(http, parts, &mut wrong).map_err(|too_many| vec![too_many])?,
    };
    let strange = Cell::new(false);
    let of = (!all_of_body).then_some(http);
    let fields = Fields { texts: &texts, body, http: of, instead: &[], strange: Some(&strange) };
    let mut first = None;
    if wrong.is_empty() {
        let read = match body {
            Some(body) if all_of_body && is_no_object(body, http) => Err(members::no_object()),
            Some(body) if all_of_body => C::from_body(body),
            _ => C::from_fields(fields),
        };
        match read {
            Ok(message) if strange.get() => return not_from_elsewhere(message, fields, http),
            Ok(message) => return Ok(message),
            Err(mistake) => first = Some(mistake),
        }
    }
    Err(mistakes::all(wrong, first, fields, http, C::mistake))
}

/// The message, unless a field is given otherwise than it has to be.
#[cold]
fn not_from_elsewhere<C: message::Json>(message: C, fields: Fields<'_>, http: &HttpInfo) -> Result<C, Vec<Unreadable>> {
    let read_as = message.to_value().ok();
    let read = |fields: Fields<'_>| C::from_fields(fields).map(|message| message.to_value().ok());
    match elsewhere::mistake(fields, read_as.as_ref(), http, read) {
        None => Ok(message),
        Some(mistake) => Err(vec![mistake]),
    }
}

/// Whether it is a list that serde would take for an object, its fields in their order, which no document says.
fn is_no_object(body: &[u8], http: &HttpInfo) -> bool {
    body.trim_ascii_start().starts_with(b"[") && http.known().is_object
}

/// From a body alone.
pub(crate) fn from_body<C: de::DeserializeOwned>(body: &[u8]) -> Result<C, Unreadable> {
    // Serde takes a list for a struct, its fields in their order, which no document says.
    if body.trim_ascii_start().starts_with(b"[") {
        return from_fields(Fields::of_body(body));
    }
    match serde_json::from_slice(body) {
        Ok(message) => Ok(message),
        Err(_) => with_path(Fields::of_body(body)),
    }
}

/// What is wrong with these fields.
pub(crate) fn mistake<C: de::DeserializeOwned>(fields: Fields<'_>) -> Option<Unreadable> {
    with_path::<C>(fields).err()
}

/// From wherever the fields are.
pub(crate) fn from_fields<C: de::DeserializeOwned>(fields: Fields<'_>) -> Result<C, Unreadable> {
    let told = Told { fields, wrong: &Cell::default() };
    // Behind a trait object: the code that reads a type is compiled anew for each deserializer, and there are six here.
    erased_serde::deserialize(&mut <dyn erased_serde::Deserializer<'_>>::erase(told)).or_else(|_| with_path(fields))
}

/// The same once more, to say where it goes wrong: to know that all along would cost every request an allocation for
/// each field.
#[cold]
fn with_path<C: de::DeserializeOwned>(fields: Fields<'_>) -> Result<C, Unreadable> {
    let (wrong, mut track) = (Cell::default(), Track::new());
    let tracked = serde_path_to_error::Deserializer::new(Told { fields, wrong: &wrong }, &mut track);
    erased_serde::deserialize(&mut <dyn erased_serde::Deserializer<'_>>::erase(tracked))
        .map_err(|error| wrong.take().unwrap_or_else(|| de::Error::custom(error)).at(&track.path()))
}

impl HttpInfo {
    fn is_all_body(&self) -> bool {
        self.headers.is_empty() && self.query.is_empty() && !self.path.contains('{')
    }
}

/// The fields of one request.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    texts: &'a [Parameter<'a>],
    body: Option<&'a [u8]>,
    /// What does not come from the body, where not all of the message does.
    http: Option<&'a HttpInfo>,
    /// Fields that are not read as they are given.
    instead: &'a [Instead],
    /// Where it is told that a name was given which the message's schema does not know.
    strange: Option<&'a Cell<bool>>,
}

/// A field that is not read as it is given, since what is wrong with it is known: to find what else is wrong, another value
/// is read instead, or nothing.
struct Instead {
    name: String,
    value: Option<&'static Value>,
}

/// Fields that keep what went wrong: of an error that comes back from behind a trait object there is its text alone, and
/// no field that is missing.
#[derive(Clone, Copy)]
struct Told<'a, 'w> {
    fields: Fields<'a>,
    wrong: &'w Cell<Option<Unreadable>>,
}

impl<'de> Told<'de, '_> {
    fn keep<T>(self, read: Result<T, Unreadable>) -> Result<T, Unreadable> {
        read.map_err(|wrong| {
            let text = de::Error::custom(&wrong);
            self.wrong.set(Some(wrong));
            text
        })
    }

    /// Reads all of the body, as JSON alone does.
    fn alone<T>(self, read: impl FnOnce(&mut Json<'de>) -> serde_json::Result<T>) -> Result<T, Unreadable> {
        let read = match self.fields.body {
            Some(body) => {
                let mut json = Json::from_slice(body);
                read(&mut json).and_then(|value| json.end().map(|()| value)).map_err(Unreadable::from)
            }
            None => Err(de::Error::custom("the body is missing")),
        };
        self.keep(read)
    }
}

type Json<'a> = serde_json::Deserializer<serde_json::de::SliceRead<'a>>;

/// What a message that is no object is read with: all of the body is the message.
macro_rules! alone {
    ($($deserialize:ident($($argument:ident: $type:ty),*),)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Unreadable> {
            match self.fields.texts {
                [] => self.alone(|json| json.$deserialize($($argument,)* visitor)),
                _ => self.deserialize_map(visitor),
            }
        }
    )*};
}

impl<'a> Fields<'a> {
    fn of_body(body: &'a [u8]) -> Self {
        Fields { texts: &[], body: Some(body), http: None, instead: &[], strange: None }
    }

    /// Another name of a field would let the client say what comes from elsewhere: see `elsewhere`.
    fn note(&self, name: &str) {
        if let (Some(strange), Some(http)) = (self.strange, self.http)
            && !(http.headers.is_empty() && http.query.is_empty())
            && !http.known().has(name)
        {
            strange.set(true);
        }
    }

    fn has_instead(&self, name: &str) -> bool {
        self.instead.iter().any(|known| known.name == name)
    }

    fn visit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let Some(body) = self.body else {
            return members::visit_texts(self, visitor);
        };
        let (mut json, mut failed) = (Json::from_slice(body), None);
        let beside = Beside { fields: self, visitor, failed: &mut failed };
        let read = json.deserialize_map(beside).and_then(|value| json.end().map(|()| value));
        match failed {
            Some(wrong) => Err(wrong),
            None => Ok(read?),
        }
    }
}

impl<'de> Deserializer<'de> for Told<'de, '_> {
    type Error = Unreadable;

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    /// A message without fields is read from nothing, and from an empty object.
    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        if let Some(body) = self.fields.body {
            let Empty {} = self.keep(from_body(body))?;
        }
        visitor.visit_unit()
    }

    /// What an enum with a tag asks for, which is all of the body, and nothing else.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.fields {
            Fields { texts: [], body: Some(_), instead: [], .. } => self.alone(|json| json.deserialize_any(visitor)),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.keep(self.fields.visit(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_map(visitor)
    }

    alone! {
        deserialize_bool(), deserialize_i8(), deserialize_i16(), deserialize_i32(), deserialize_i64(),
        deserialize_i128(), deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(),
        deserialize_u128(), deserialize_f32(), deserialize_f64(), deserialize_char(), deserialize_str(),
        deserialize_string(), deserialize_bytes(), deserialize_byte_buf(), deserialize_unit(), deserialize_seq(),
        deserialize_tuple(length: usize), deserialize_tuple_struct(name: &'static str, length: usize),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
        deserialize_identifier(), deserialize_ignored_any(),
    }
}

/// `{}`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[cfg(test)]
mod tests;
