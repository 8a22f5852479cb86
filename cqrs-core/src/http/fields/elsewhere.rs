//! A field that comes from a header, or from the query string beside a body, comes from nowhere else: neither under its own
//! name, which `members` sees to, nor under another one that serde takes for it. Otherwise whoever sends the body says what
//! a header should have said, such as one that a proxy writes.
//!
//! The attribute refuses `#[serde(alias = ..)]` of such a field, and does not see that of a field in what is flattened. No
//! schema has it either, so that it is tried: with a name that the schema does not know, and without it.

use serde_json::Value;

use super::unreadable::Mistake;
use super::{Fields, Instead, Unreadable, unfit};
use crate::http::declared::HttpInfo;

/// Of more names it is not tried which one it is.
const MOST_NAMES: usize = 16;

/// What a message is read as.
type Read = fn(Fields<'_>) -> Result<Option<Value>, Unreadable>;

/// The mistake in a message that was read as this, where such a field was given otherwise.
#[cold]
pub(super) fn mistake(fields: Fields<'_>, read_as: Option<&Value>, http: &HttpInfo, read: Read) -> Option<Unreadable> {
    let headers = http.headers.iter().map(|&(field, _)| (field, "it is given as a header, and by no other name"));
    let queries = http.query.iter().map(|&field| (field, "it is given in the query string, and by no other name"));
    let is_given = |field: &str| fields.texts.iter().any(|text| text.name == field);
    let absent: Vec<_> = headers.chain(queries).filter(|(field, _)| !is_given(field)).collect();
    if absent.is_empty() {
        return None;
    }
    let tried = Tried { fields: Fields { strange: None, ..fields }, read_as, read, names: strange(fields, http) };
    let found = absent.into_iter().find(|(field, _)| tried.is_given_otherwise(field));
    found.map(|(field, detail)| Unreadable::field(field, detail).in_words_of(http))
}

/// The names that the schema does not know.
fn strange(fields: Fields<'_>, http: &HttpInfo) -> Vec<String> {
    let mut names: Vec<_> = unfit::given(fields).into_iter().map(|(name, ..)| name).collect();
    names.retain(|name| !http.known().has(name));
    names.dedup();
    names
}

struct Tried<'a> {
    fields: Fields<'a>,
    read_as: Option<&'a Value>,
    read: Read,
    names: Vec<String>,
}

impl Tried<'_> {
    fn is_given_otherwise(&self, field: &str) -> bool {
        self.is_given_twice(field)
            || self.is_of(field, &self.names)
                && (self.names.len() > MOST_NAMES
                    || self.names.iter().any(|name| self.is_of(field, std::slice::from_ref(name))))
    }

    /// Serde says that it is given twice, once it is given by its own name too. What it is then, serde does not look at.
    fn is_given_twice(&self, field: &str) -> bool {
        let instead = [Instead { name: field.to_owned(), value: Some(&Value::Null) }];
        let read = (self.read)(Fields { instead: &instead, ..self.fields });
        read.is_err_and(|wrong| wrong.is(Mistake::Twice) && wrong.name() == Some(field))
    }

    /// Whether without these names it is missing, or another one: what may be left out as a whole hides that it is given
    /// twice. Where without all of them something else is missing, they are to be tried one by one; of one that only makes
    /// the message wrong as a whole, nobody knows.
    fn is_of(&self, field: &str, names: &[String]) -> bool {
        let instead: Vec<_> = names.iter().map(|name| Instead { name: name.clone(), value: None }).collect();
        let of = |value: Option<&Value>| value.and_then(|value| value.get(field)).cloned();
        match (self.read)(Fields { instead: &instead, ..self.fields }) {
            Ok(without) => of(without.as_ref()) != of(self.read_as),
            Err(_) if names.len() > 1 => true,
            Err(wrong) => wrong.name().or(wrong.missing_name()).is_none_or(|missing| missing == field),
        }
    }
}
