//! The members of a body's object, and beside them what path, headers and query string say.

use std::fmt;

use serde::de::value::MapDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, Visitor};

use super::{Fields, Unreadable};
use crate::http::text::{Field, Texts};

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
        f.write_str("an object with the fields of the message")
    }

    fn visit_map<A: MapAccess<'de>>(self, body: A) -> Result<V::Value, A::Error> {
        let mut elsewhere = None;
        let chain = Chain { fields: self.fields, at: 0, body: Some(body), elsewhere: &mut elsewhere };
        self.visitor.visit_map(chain).map_err(|wrong| {
            *self.failed = Some(elsewhere.unwrap_or(wrong));
            de::Error::custom("told beside")
        })
    }
}

/// Parameters, and then the members of the body's object if there is one.
struct Chain<'a, 'f, A> {
    fields: Fields<'a>,
    at: usize,
    body: Option<A>,
    /// A member of the body that is no business of the body.
    elsewhere: &'f mut Option<Unreadable>,
}

/// Visits parameters alone.
pub(super) fn visit_texts<'a, V: Visitor<'a>>(fields: Fields<'a>, visitor: V) -> Result<V::Value, Unreadable> {
    visitor.visit_map(Chain::<NoBody> { fields, at: 0, body: None, elsewhere: &mut None })
}

/// There is no body.
type NoBody = MapDeserializer<'static, std::iter::Empty<(&'static str, &'static str)>, Unreadable>;

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Chain<'de, '_, A> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        let texts = self.fields.texts;
        // A name that comes more than once is one parameter with several values.
        while texts.get(self.at).is_some_and(|next| {
            self.fields.is_without(&next.name) || texts[..self.at].iter().any(|known| known.is_one_with(next))
        }) {
            self.at += 1;
        }
        if let Some(next) = texts.get(self.at) {
            return seed.deserialize(next.name.as_ref().into_deserializer()).map(Some);
        }
        let Some(body) = &mut self.body else { return Ok(None) };
        let mut seed = seed;
        loop {
            let key = OfBody { seed, fields: self.fields, elsewhere: self.elsewhere };
            match body.next_key_seed(key).map_err(<Unreadable as de::Error>::custom)? {
                None => return Ok(None),
                Some(Member::Read(key)) => return Ok(Some(key)),
                Some(Member::PassedOver(again)) => {
                    let IgnoredAny = body.next_value().map_err(<Unreadable as de::Error>::custom)?;
                    seed = again;
                }
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unreadable> {
        match (self.fields.texts.get(self.at), &mut self.body) {
            (Some(this), _) => {
                let same = self.fields.texts[self.at..].iter().filter(|other| other.is_one_with(this));
                self.at += 1;
                let field = self.fields.http.map_or(Field::Unknown, |http| Field::Named(http, &this.name));
                seed.deserialize(Texts::new(field, same.map(|text| &*text.value)))
            }
            (None, Some(body)) => body.next_value_seed(seed).map_err(de::Error::custom),
            (None, None) => Err(de::Error::custom("a value was read without its name")),
        }
    }
}

/// The name of a member of the body: of a field that does not come from elsewhere. Otherwise whoever sends the body says
/// what a header should have said, such as one that a proxy writes.
struct OfBody<'a, 'w, K> {
    seed: K,
    fields: Fields<'a>,
    elsewhere: &'w mut Option<Unreadable>,
}

/// A name that is read, or what reads the next one.
enum Member<T, K> {
    Read(T),
    PassedOver(K),
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for OfBody<'_, '_, K> {
    type Value = Member<K::Value, K>;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<Self::Value, D::Error> {
        match (self.fields.http, self.fields.without) {
            (None, []) => self.seed.deserialize(name).map(Member::Read),
            _ => name.deserialize_str(self),
        }
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for OfBody<'_, '_, K> {
    type Value = Member<K::Value, K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        if self.fields.is_without(name) {
            return Ok(Member::PassedOver(self.seed));
        }
        let wrong = self.fields.http.and_then(|http| {
            if http.headers.iter().any(|(field, _)| *field == name) {
                return Some("it is given as a header, and not in the body");
            }
            http.query.contains(&name).then_some("it is given in the query string, and not in the body")
        });
        match wrong {
            None => self.seed.deserialize(name.into_deserializer()).map(Member::Read),
            Some(wrong) => {
                *self.elsewhere = Some(Unreadable::field(name, wrong));
                Err(de::Error::custom(wrong))
            }
        }
    }
}
