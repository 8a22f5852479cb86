//! All that is wrong with a request, and not only what is found first.
//!
//! Serde stops at the first mistake. What else there is, is found by reading again, with another value for each field that
//! is known to be wrong: one that fits as far as the message's schema says. So what is told is what serde says, and where a
//! value that nobody has sent may be the reason, it is not told. Inside of one field the first mistake is told.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use super::unfit;
use super::unreadable::Mistake;
use super::{Fields, Instead, Unreadable};
use crate::http::declared::HttpInfo;
use crate::http::shape::Known;

/// A client that makes more is told these first.
const MOST_MISTAKES: usize = 16;

/// How often a request is read again.
const MOST_READINGS: usize = 48;

/// How much of a body is read again, all readings together: of a large body fewer mistakes are told.
const MOST_REREAD: usize = 256 * 1024;

/// A field, and a value that is read instead of its own.
pub(super) type Other<'a> = (&'a str, &'static Value);

/// Tells the first mistake of the fields that it is given.
type Next = fn(Fields<'_>) -> Option<Unreadable>;

/// What cannot be read in the request itself, the first mistake of the message where it was looked for, and what else there
/// is, in the client's words.
#[cold]
pub(super) fn all(
    given: Vec<Unreadable>,
    first: Option<Unreadable>,
    fields: Fields<'_>,
    http: &HttpInfo,
    next: Next,
) -> Vec<Unreadable> {
    let readings = (MOST_REREAD / fields.body.map_or(1, |body| body.len().max(1))).min(MOST_READINGS);
    let known = http.known();
    let fields = Fields { strange: None, ..fields };
    let mut search = Search { fields, known, next, readings, told: Vec::new(), instead: Vec::new(), is_sure: true };
    for wrong in given {
        match wrong.name() {
            // One parameter may be wrong in several ways.
            Some(name) if search.is_told(name) => {}
            Some(_) => drop(search.tell(wrong, None)),
            None => search.told.push(wrong),
        }
    }
    let first = first.or_else(|| search.read());
    search.run(first);
    search.told.into_iter().take(MOST_MISTAKES).map(|wrong| wrong.in_words_of(http)).collect()
}

/// What is found, and how.
pub(super) struct Search<'a> {
    pub(super) fields: Fields<'a>,
    pub(super) known: &'static Known,
    next: Next,
    /// How many are left.
    readings: usize,
    told: Vec<Unreadable>,
    instead: Vec<Instead>,
    /// Nothing that was passed over may be another name of a field, so that what is missing is.
    is_sure: bool,
}

impl Search<'_> {
    fn run(&mut self, mut found: Option<Unreadable>) {
        while let Some(wrong) = found.take().filter(|_| self.told.len() < MOST_MISTAKES) {
            let goes_on = match wrong.name() {
                // Another value does not fit either, as far as one can be known.
                Some(name) if self.is_told(name) => self.pass_over(name),
                // What was passed over may be another name of it.
                Some(_) if wrong.is(Mistake::Missing) && !self.is_sure => false,
                Some(_) => self.tell(wrong, None),
                None => self.tell_unfit(wrong),
            };
            if goes_on {
                found = self.read();
            }
        }
    }

    /// Of what is wrong as a whole, the fields that are the reason.
    fn tell_unfit(&mut self, whole: Unreadable) -> bool {
        let named = match whole.unknown_name() {
            // Where fields are flattened, the path is lost.
            Some(name) if !self.has_made_up() => {
                vec![(Unreadable::field(name, whole.detail.clone()), None)]
            }
            Some(_) => Vec::new(),
            None => unfit::named(self, &whole),
        };
        let is_new = |wrong: &Unreadable| wrong.name().is_some_and(|name| !self.is_told(name));
        let named: Vec<_> = named.into_iter().filter(|(wrong, _)| is_new(wrong)).collect();
        if named.is_empty() {
            if self.told.is_empty() {
                self.told.push(whole);
            }
            return false;
        }
        named.into_iter().fold(true, |goes_on, (wrong, value)| self.tell(wrong, value) && goes_on)
    }

    /// Tells a mistake, reads this value of its field instead from now on, and says whether it can be known what else is
    /// wrong.
    fn tell(&mut self, wrong: Unreadable, value: Option<&'static Value>) -> bool {
        let Some(name) = wrong.name().map(str::to_owned) else { return false };
        let is_unknown = wrong.unknown_name() == Some(&name);
        let known = self.known.field(&name).filter(|_| !is_unknown);
        self.is_sure &= is_unknown || known.is_some();
        self.told.push(wrong);
        let value = value.or_else(|| known?.examples.first());
        self.instead.push(Instead { name, value });
        // Which other fields there are, it would have said.
        known.is_none_or(|known| !known.is_tag)
    }

    /// Leaves a field out which is read no better with another value; says whether that is new.
    fn pass_over(&mut self, name: &str) -> bool {
        self.is_sure = false;
        let instead = self.instead.iter_mut().find(|instead| instead.name == name);
        instead.is_some_and(|instead| instead.value.take().is_some())
    }

    pub(super) fn is_told(&self, name: &str) -> bool {
        self.told.iter().any(|wrong| wrong.name() == Some(name))
    }

    /// Whether values are read that nobody has sent.
    fn has_made_up(&self) -> bool {
        self.instead.iter().any(|instead| instead.value.is_some())
    }

    /// The next mistake, where there is one and it is not too much to look for it.
    fn read(&mut self) -> Option<Unreadable> {
        self.read_with(&[]).flatten()
    }

    /// The same, with other values for these fields too; nothing, where no reading is left.
    pub(super) fn read_with(&mut self, others: &[Other<'_>]) -> Option<Option<Unreadable>> {
        self.readings = self.readings.checked_sub(1)?;
        let given = self.instead.len();
        for &(name, value) in others {
            self.instead.push(Instead { name: name.to_owned(), value: Some(value) });
        }
        let fields = Fields { instead: &self.instead, ..self.fields };
        // A type of the application's may not be prepared for a value that nobody has sent.
        let read = catch_unwind(AssertUnwindSafe(|| (self.next)(fields)));
        self.instead.truncate(given);
        read.ok()
    }
}
