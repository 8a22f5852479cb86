//! A message's fields, wherever in a request they stand: as one map for serde, without anything in between.

mod members;
mod mistakes;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use percent_encoding::percent_decode;
use serde::de::{self, Deserializer, Visitor};
use serde_path_to_error::Track;

use self::members::Beside;
use super::call::Parts;
use super::declared::HttpInfo;
use super::described::ParameterPlace;
use crate::message;

/// More parameters than that are no message.
const MOST_PARAMETERS: usize = 256;

/// Why a message cannot be read, and in which field it goes wrong.
#[derive(Debug)]
pub struct Unreadable {
    pub(super) field: Option<String>,
    pub(super) detail: String,
}

/// Reads a message from a request, or tells every mistake that can be told.
pub(super) fn read<C: message::Json>(http: &HttpInfo, parts: &Parts<'_>) -> Result<C, Vec<Unreadable>> {
    let body = http.method.has_body().then_some(parts.body).filter(|body| !body.trim_ascii().is_empty());
    let all_of_body = body.is_some() && http.is_all_body();
    let texts = if all_of_body { Vec::new() } else { texts(http, parts).map_err(|wrong| vec![wrong])? };
    let fields = Fields { texts: &texts, body, http: (!all_of_body).then_some(http), without: &[] };
    let read = match body {
        Some(body) if all_of_body => C::from_body(body),
        _ => C::from_fields(fields),
    };
    read.map_err(|first| mistakes::all(first, fields, http, C::mistake))
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
    erased_serde::deserialize(&mut <dyn erased_serde::Deserializer<'_>>::erase(tracked)).map_err(|error| {
        let mut wrong = wrong.take().unwrap_or_else(|| de::Error::custom(error));
        let path = track.path().to_string();
        // What a parameter says of itself is its name, and the path begins with that. A path of which only the end is known
        // is none.
        if path != "." && path != "?" {
            wrong.field = Some(path);
        }
        wrong
    })
}

impl HttpInfo {
    fn is_all_body(&self) -> bool {
        self.headers.is_empty() && self.query.is_empty() && !self.path.contains('{')
    }
}

/// One parameter of a request.
pub(crate) struct Parameter<'a> {
    pub(super) name: Cow<'a, str>,
    place: ParameterPlace,
    pub(super) value: Cow<'a, str>,
}

impl Parameter<'_> {
    fn is_one_with(&self, other: &Self) -> bool {
        self.place == other.place && self.name == other.name
    }
}

/// What path, headers and query string say.
fn texts<'a>(http: &HttpInfo, parts: &Parts<'a>) -> Result<Vec<Parameter<'a>>, Unreadable> {
    let mut texts = Vec::new();
    for (name, value) in http.path_names().zip(parts.path) {
        let (name, value) = (Cow::Borrowed(name), Cow::Borrowed(&**value));
        texts.push(Parameter { name, place: ParameterPlace::Path, value });
    }
    for &(field, header) in http.headers {
        let lower = header.to_ascii_lowercase();
        if let Some(value) = (parts.headers)(&lower).map_err(|wrong| Unreadable::field(header, wrong))? {
            let (name, value) = (Cow::Borrowed(field), Cow::Borrowed(value));
            texts.push(Parameter { name, place: ParameterPlace::Header, value });
        }
    }
    for pair in parts.query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name)?;
        // Beside a body it has a say where the message says so.
        if http.method.has_body() && !http.query.contains(&&*name) {
            continue;
        }
        if let Some((_, header)) = http.headers.iter().find(|(field, _)| *field == name) {
            return Err(Unreadable::field(header, "it is given as a header, and not in the query string"));
        }
        let value = decoded(value).map_err(|wrong| wrong.of(&name))?;
        texts.push(Parameter { name, place: ParameterPlace::Query, value });
        if texts.len() > MOST_PARAMETERS {
            return Err(de::Error::custom(format_args!("more than {MOST_PARAMETERS} parameters are no message")));
        }
    }
    Ok(texts)
}

/// A name or a value of a query string.
fn decoded(text: &str) -> Result<Cow<'_, str>, Unreadable> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    let spaced = text.replace('+', " ");
    match percent_decode(spaced.as_bytes()).decode_utf8() {
        Ok(decoded) => Ok(Cow::Owned(decoded.into_owned())),
        Err(_) => Err(de::Error::custom("what is encoded in the query string is not UTF-8")),
    }
}

/// The fields of one request.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    texts: &'a [Parameter<'a>],
    body: Option<&'a [u8]>,
    /// What does not come from the body, where not all of the message does.
    http: Option<&'a HttpInfo>,
    /// Fields that are passed over, since what is wrong with them is known.
    without: &'a [String],
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
        Fields { texts: &[], body: Some(body), http: None, without: &[] }
    }

    fn is_without(&self, name: &str) -> bool {
        self.without.iter().any(|known| known == name)
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
            Fields { texts: [], body: Some(_), .. } => self.alone(|json| json.deserialize_any(visitor)),
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

impl Unreadable {
    /// The same, of this field, unless it says of which already.
    fn of(mut self, field: &str) -> Self {
        self.field.get_or_insert_with(|| field.to_owned());
        self
    }

    fn field(field: &str, detail: impl Into<String>) -> Self {
        Unreadable { field: Some(field.to_owned()), detail: detail.into() }
    }

    fn missing(field: &str) -> Self {
        Unreadable::field(field, "it is missing")
    }

    /// The field of the message itself that it is in: `lines` of `lines[1].quantity`.
    fn field_of_message(&self) -> Option<&str> {
        self.field.as_deref()?.split(['.', '[']).next()
    }

    /// The same, in the client's words: a field that comes from a header is known to it as the header.
    fn in_words_of(mut self, http: &HttpInfo) -> Self {
        if let Some(path) = &mut self.field {
            let header = http.headers.iter().find_map(|&(field, header)| {
                let rest = path.strip_prefix(field)?;
                (rest.is_empty() || rest.starts_with(['.', '['])).then(|| format!("{header}{rest}"))
            });
            *path = header.unwrap_or_else(|| std::mem::take(path));
        }
        self
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Unreadable {}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        de::Error::custom(error)
    }
}

impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(detail: T) -> Self {
        Unreadable { field: None, detail: detail.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Unreadable::missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Unreadable::field(field, "it is given twice")
    }
}

#[cfg(test)]
mod tests;
