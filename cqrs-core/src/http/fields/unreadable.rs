//! Why a message cannot be read, in words for whoever has sent it.

use std::fmt;

use serde::de;
use serde_path_to_error::{Path, Segment};

use crate::http::declared::HttpInfo;

/// More of a text that a client has sent is not said back to it.
const LONGEST: usize = 200;
/// So much of that is its end, which says what would have been right.
const END: usize = 80;

/// Why a message cannot be read, and in which field it goes wrong.
#[derive(Debug)]
pub struct Unreadable {
    /// The path to it, such as `lines[1].quantity`.
    pub(in crate::http) field: Option<String>,
    /// How much of the path is the field of the message itself: its name may have dots and brackets too.
    first: usize,
    mistake: Mistake,
    pub(in crate::http) detail: String,
}

/// What sort of mistake it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mistake {
    Missing,
    Twice,
    Other,
}

impl Unreadable {
    pub(super) fn field(field: &str, detail: impl Into<String>) -> Self {
        let (field, first) = (Some(field.to_owned()), field.len());
        Unreadable { field, first, mistake: Mistake::Other, detail: detail.into() }
    }

    /// The same, of this field, unless it says of which already.
    pub(super) fn of(self, field: &str) -> Self {
        match self.field {
            Some(_) => self,
            None => Unreadable::field(field, self.detail),
        }
    }

    /// The same, of what is found at the end of a path.
    pub(super) fn at(mut self, path: &Path) -> Self {
        // What a parameter says of itself is its name, and the path begins with that. A path of which only the end is known
        // is none.
        if path.iter().any(|segment| !matches!(segment, Segment::Unknown)) {
            self.first = match path.iter().next() {
                Some(Segment::Map { key }) => key.len(),
                Some(Segment::Enum { variant }) => variant.len(),
                _ => 0,
            };
            self.field = Some(path.to_string());
        }
        self
    }

    /// The field of the message itself that it is in: `lines` of `lines[1].quantity`.
    pub(super) fn name(&self) -> Option<&str> {
        self.field.as_deref()?.get(..self.first).filter(|name| !name.is_empty())
    }

    pub(super) fn is(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    /// The name that no field has, where that is what is wrong. Of an error that comes back from behind a trait object there
    /// is its text alone.
    pub(super) fn unknown_name(&self) -> Option<&str> {
        self.name_after("unknown field `")
    }

    /// The name of a field that is missing, in the same way: here, or somewhere inside.
    pub(super) fn missing_name(&self) -> Option<&str> {
        self.name_after("missing field `")
    }

    fn name_after(&self, start: &str) -> Option<&str> {
        Some(self.detail.strip_prefix(start)?.split_once('`')?.0)
    }

    pub(super) fn missing(field: &str) -> Self {
        Unreadable { mistake: Mistake::Missing, ..Unreadable::field(field, "it is missing") }
    }

    /// The same, in the client's words: a field that comes from a header is known to it as the header. What is long is
    /// shortened, since all of it is what the client has sent.
    pub(super) fn in_words_of(mut self, http: &HttpInfo) -> Self {
        let header = http.headers.iter().find(|(field, _)| Some(*field) == self.name());
        if let (Some((_, header)), Some(path)) = (header, &self.field) {
            self.field = Some(format!("{header}{}", path.get(self.first..).unwrap_or_default()));
            self.first = header.len();
        }
        self.field = self.field.map(shortened);
        self.detail = shortened(self.detail);
        self
    }
}

/// A text without its middle, where it is long.
fn shortened(mut text: String) -> String {
    if text.len() > LONGEST {
        let (start, end) = (text.floor_char_boundary(LONGEST - END), text.ceil_char_boundary(text.len() - END));
        text.replace_range(start..end, "..");
    }
    text
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
        Unreadable { field: None, first: 0, mistake: Mistake::Other, detail: detail.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Unreadable::missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Unreadable { mistake: Mistake::Twice, ..Unreadable::field(field, "it is given twice") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_without_its_middle() {
        let long = format!("`{}` is not a number", "ü".repeat(1_000));
        let short = shortened(long);
        assert!(short.len() <= LONGEST + 4 && short.starts_with("`ü"), "{short}");
        assert!(short.contains("ü..ü") && short.ends_with("` is not a number"), "{short}");
        let fits = "a".repeat(LONGEST);
        assert_eq!(shortened(fits.clone()), fits);
    }
}
