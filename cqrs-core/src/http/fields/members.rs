//! The members of a body's object, and beside them what path, headers and query string say.

use std::cell::Cell;
use std::fmt;

use serde::de::value::MapDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, Unexpected, Visitor};

use super::{Fields, Instead, Unreadable};
use crate::http::described::ParameterPlace;
use crate::http::text::{Field, Texts};

const OBJECT: &str = "an object with the fields of the message";

/// What a list is told that serde would take for an object.
pub(super) fn no_object() -> Unreadable {
    de::Error::invalid_type(Unexpected::Seq, &OBJECT)
}

/// Reads an object of the body, and the parameters as if they stood in it.
pub(super) struct Beside<'a, 'f, V> {
    pub(super) fields: Fields<'a>,
    pub(super) visitor: V,
    /// What went wrong, where it was not the JSON itself: its own error has no field.
    pub(super) failed: &'f mut Option<Unreadable>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Beside<'de, '_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(OBJECT)
    }

    fn visit_map<A: MapAccess<'de>>(self, body: A) -> Result<V::Value, A::Error> {
        let mut elsewhere = None;
        let chain = Chain { fields: self.fields, at: 0, body: Some(body), instead: 0, elsewhere: &mut elsewhere };
        self.visitor.visit_map(chain).map_err(|wrong| {
            *self.failed = Some(elsewhere.unwrap_or(wrong));
            de::Error::custom("told beside")
        })
    }
}

/// Parameters, then the members of the body's object if there is one, and then what is read instead of others.
struct Chain<'a, 'f, A> {
    fields: Fields<'a>,
    at: usize,
    body: Option<A>,
    /// How many of those that are read instead have been.
    instead: usize,
    /// A member of the body that is no business of the body.
    elsewhere: &'f mut Option<Unreadable>,
}

/// Visits parameters alone.
pub(super) fn visit_texts<'a, V: Visitor<'a>>(fields: Fields<'a>, visitor: V) -> Result<V::Value, Unreadable> {
    visitor.visit_map(Chain::<NoBody> { fields, at: 0, body: None, instead: 0, elsewhere: &mut None })
}

/// There is no body.
type NoBody = MapDeserializer<'static, std::iter::Empty<(&'static str, &'static str)>, Unreadable>;

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Chain<'de, '_, A> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        let texts = self.fields.texts;
        // A name that comes more than once is one parameter with several values.
        while texts.get(self.at).is_some_and(|next| {
            self.fields.has_instead(&next.name) || texts[..self.at].iter().any(|known| known.is_one_with(next))
        }) {
            self.at += 1;
        }
        if let Some(next) = texts.get(self.at) {
            self.fields.note(&next.name);
            return seed.deserialize(next.name.as_ref().into_deserializer()).map(Some);
        }
        // The body takes it when there is a name to read.
        let seed = Cell::new(Some(seed));
        while let Some(body) = &mut self.body {
            let name = OfBody { seed: &seed, fields: self.fields, elsewhere: self.elsewhere };
            match body.next_key_seed(name).map_err(<Unreadable as de::Error>::custom)? {
                Some(Some(key)) => return Ok(Some(key)),
                Some(None) => {
                    let IgnoredAny = body.next_value().map_err(<Unreadable as de::Error>::custom)?;
                }
                None => self.body = None,
            }
        }
        let Some(seed) = seed.take() else { return Ok(None) };
        while let Some(next) = self.fields.instead.get(self.instead) {
            self.instead += 1;
            if next.value.is_some() {
                return seed.deserialize(next.name.as_str().into_deserializer()).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unreadable> {
        if let Some(this) = self.fields.texts.get(self.at) {
            let same = self.fields.texts[self.at..].iter().filter(|other| other.is_one_with(this));
            self.at += 1;
            let field = self.fields.http.map_or(Field::Unknown, |http| Field::Named(http, &this.name));
            // In a query string a list is a name that comes several times.
            let is_list = this.place != ParameterPlace::Query;
            return seed.deserialize(Texts::new(field, same.map(|text| &*text.value), is_list));
        }
        if let Some(body) = &mut self.body {
            return body.next_value_seed(seed).map_err(de::Error::custom);
        }
        match self.instead.checked_sub(1).and_then(|last| self.fields.instead.get(last)) {
            Some(Instead { value: Some(value), .. }) => seed.deserialize(*value).map_err(de::Error::custom),
            _ => Err(de::Error::custom("a value was read without its name")),
        }
    }
}

/// The name of a member of the body: of a field that does not come from elsewhere. Otherwise whoever sends the body says
/// what a header should have said, such as one that a proxy writes.
struct OfBody<'a, 's, 'w, K> {
    /// What reads the name, until one is read.
    seed: &'s Cell<Option<K>>,
    fields: Fields<'a>,
    elsewhere: &'w mut Option<Unreadable>,
}

impl<'de, K: DeserializeSeed<'de>> OfBody<'_, '_, '_, K> {
    /// A name; nothing, where its value is passed over.
    fn read<D: Deserializer<'de>>(self, name: D) -> Result<Option<K::Value>, D::Error> {
        self.seed.take().map(|seed| seed.deserialize(name)).transpose()
    }
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for OfBody<'_, '_, '_, K> {
    type Value = Option<K::Value>;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<Self::Value, D::Error> {
        match (self.fields.http, self.fields.instead) {
            (None, []) => self.read(name),
            _ => name.deserialize_str(self),
        }
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for OfBody<'_, '_, '_, K> {
    type Value = Option<K::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        if self.fields.has_instead(name) {
            return Ok(None);
        }
        let wrong = self.fields.http.and_then(|http| {
            if http.headers.iter().any(|(field, _)| *field == name) {
                return Some("it is given as a header, and not in the body");
            }
            http.query.contains(&name).then_some("it is given in the query string, and not in the body")
        });
        let Some(wrong) = wrong else {
            self.fields.note(name);
            return self.read(name.into_deserializer());
        };
        *self.elsewhere = Some(Unreadable::field(name, wrong));
        Err(de::Error::custom(wrong))
    }
}
