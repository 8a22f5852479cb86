//! All that is wrong with a request, and not only what is found first.
//!
//! Serde stops at the first mistake. What comes after it is found by reading again without the field that is known to be
//! wrong: a derived `Deserialize` reads every field that is there before it asks for those that are not. What is missing
//! beside the first is known from the message's schema. Inside of one field the first mistake is told.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;

use super::{Fields, Unreadable};
use crate::http::declared::HttpInfo;

/// A client that makes more is told these first.
const MOST_MISTAKES: usize = 16;

/// How much of a body is read again, all readings together: of a large body fewer mistakes are told.
const MOST_REREAD: usize = 256 * 1024;

/// The first mistake, and what else there is, in the client's words. `next` tells the first one of the fields it is given.
#[cold]
pub(super) fn all(
    first: Unreadable,
    fields: Fields<'_>,
    http: &HttpInfo,
    next: fn(Fields<'_>) -> Option<Unreadable>,
) -> Vec<Unreadable> {
    let readings = MOST_REREAD / fields.body.map_or(1, |body| body.len().max(1));
    let (mut mistakes, mut without) = (vec![first], Vec::new());
    while mistakes.len() <= readings.min(MOST_MISTAKES - 1) {
        let Some(field) = mistakes.last().and_then(Unreadable::field_of_message) else { break };
        without.push(field.to_owned());
        match next(Fields { without: &without, ..fields }) {
            Some(wrong) if is_new(&wrong, &mistakes) => mistakes.push(wrong),
            // What was passed over is missing now, or all that is left is wrong as a whole.
            _ => break,
        }
    }
    let room = MOST_MISTAKES - mistakes.len();
    if mistakes[0].field.is_some() {
        let missing = missing(fields, http, &mistakes);
        mistakes.extend(missing.into_iter().take(room));
    }
    mistakes.into_iter().map(|wrong| wrong.in_words_of(http)).collect()
}

fn is_new(wrong: &Unreadable, mistakes: &[Unreadable]) -> bool {
    wrong.field_of_message().is_some_and(|field| !is_told(field, mistakes))
}

fn is_told(field: &str, mistakes: &[Unreadable]) -> bool {
    mistakes.iter().any(|mistake| mistake.field_of_message() == Some(field))
}

/// Fields that have to be there and are not, apart from those of which a mistake is told.
fn missing(fields: Fields<'_>, http: &HttpInfo, mistakes: &[Unreadable]) -> Vec<Unreadable> {
    let known = http.known();
    let body: BTreeMap<Cow<'_, str>, IgnoredAny> = match fields.body.map(serde_json::from_slice) {
        None => BTreeMap::new(),
        Some(Ok(body)) => body,
        Some(Err(_)) => return Vec::new(),
    };
    let given: BTreeSet<&str> =
        fields.texts.iter().map(|text| &*text.name).chain(body.keys().map(|name| &**name)).collect();
    // A name that the schema does not know may be another one of a field that it requires.
    if given.iter().any(|&name| !known.has(name) && !is_told(name, mistakes)) {
        return Vec::new();
    }
    let missing = known.required.iter().filter(|name| !given.contains(&***name) && !is_told(name, mistakes));
    missing.map(|name| Unreadable::missing(name)).collect()
}
