//! The fields that are the reason for a mistake which says of none: what is flattened, and what belongs to an enum with a
//! tag, serde takes as it comes and looks at it later, when nobody knows any more where it came from.

use std::collections::BTreeMap;

use serde_json::Value;

use super::mistakes::{Other, Search};
use super::unreadable::Mistake;
use super::{Fields, Unreadable};

/// More fields are not tried one by one.
const MOST_TRIED: usize = 24;

/// A field whose value may be the reason.
struct Suspect {
    name: String,
    /// Its schema knows no such value.
    is_unfit: bool,
    /// Other values.
    others: &'static [Value],
}

impl Suspect {
    /// With each of its other values.
    fn others(&self) -> impl Iterator<Item = Other<'_>> {
        self.others.iter().map(|other| (&*self.name, other))
    }
}

/// A mistake in a field, and a value that the field can have, where that is known.
type Named = (Unreadable, Option<&'static Value>);

/// Names the fields that are the reason for a mistake: with other values it is none, and with their own it is.
pub(super) fn named(search: &mut Search<'_>, whole: &Unreadable) -> Vec<Named> {
    if let Some(name) = whole.missing_name() {
        return missing(search, name);
    }
    let suspects = suspects(search);
    let unfit = suspects.iter().filter(|suspect| suspect.is_unfit).filter_map(|suspect| suspect.others().next());
    let alone = suspects.iter().flat_map(Suspect::others).take(MOST_TRIED).map(|other| vec![other]);
    let all = suspects.iter().filter_map(|suspect| suspect.others().next());
    for others in [unfit.collect()].into_iter().chain(alone).chain([all.collect()]).filter(|others| !others.is_empty())
    {
        match search.read_with(&others) {
            Some(read) if is_cured(search, read.as_ref(), &others) => return reasons(search, whole, others),
            Some(_) => {}
            None => break,
        }
    }
    Vec::new()
}

/// A field that is missing. It may be so further inside of another one, where this one may be left out.
fn missing(search: &mut Search<'_>, name: &str) -> Vec<Named> {
    let Some(value) = search.known.field(name).and_then(|known| known.examples.first()) else { return Vec::new() };
    let others = [(name, value)];
    match search.read_with(&others) {
        Some(read) if is_cured(search, read.as_ref(), &others) => vec![(Unreadable::missing(name), None)],
        _ => Vec::new(),
    }
}

/// Which of these it is, each with what serde says of its value.
fn reasons(search: &mut Search<'_>, whole: &Unreadable, mut others: Vec<Other<'_>>) -> Vec<Named> {
    if let [(name, value)] = *others {
        return vec![(Unreadable::field(name, &*whole.detail), Some(value))];
    }
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(&(name, value)) = others.get(at) {
        let left: Vec<_> = others.iter().copied().filter(|(other, _)| *other != name).collect();
        match search.read_with(&left) {
            Some(read) if is_cured(search, read.as_ref(), &left) => {
                others.remove(at);
            }
            Some(Some(wrong)) if wrong.name().is_none() => {
                found.push((Unreadable::field(name, wrong.detail), Some(value)));
                at += 1;
            }
            Some(_) => at += 1,
            None => return Vec::new(),
        }
    }
    found
}

/// Whether with other values for these fields the mistake is none: what is found now is none of theirs.
fn is_cured(search: &Search<'_>, read: Option<&Unreadable>, others: &[Other<'_>]) -> bool {
    let is_one = |name| others.iter().any(|(other, _)| *other == name) || search.is_told(name);
    !others.is_empty()
        && read.is_none_or(|wrong| !wrong.is(Mistake::Twice) && wrong.name().is_some_and(|name| !is_one(name)))
}

/// The fields that are given, and of which the schema says what they may be. The one that says which alternative is meant
/// is none, where it is one of those.
fn suspects(search: &Search<'_>) -> Vec<Suspect> {
    let mut found: Vec<Suspect> = Vec::new();
    for (name, value, is_text) in given(search.fields) {
        let Some(known) = search.known.field(&name) else { continue };
        let is_choice = known.shape.lists(&value);
        if is_choice || search.is_told(&name) || found.iter().any(|suspect| suspect.name == name) {
            continue;
        }
        // A text was read as what its field is.
        let is_unfit = (!is_text || known.shape.text) && known.shape.is_surely_not(&value);
        found.push(Suspect { name, is_unfit, others: &known.examples });
    }
    found
}

/// What is given, and whether as text.
pub(super) fn given(fields: Fields<'_>) -> Vec<(String, Value, bool)> {
    let texts = fields.texts.iter().map(|text| (text.name.to_string(), Value::from(&*text.value), true));
    let members: Option<BTreeMap<String, Value>> = fields.body.and_then(|body| serde_json::from_slice(body).ok());
    let members = members.into_iter().flatten().map(|(name, value)| (name, value, false));
    texts.chain(members).collect()
}
