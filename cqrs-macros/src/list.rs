//! Lists between parentheses: keys, commas, and what is said of those that are wrong.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Token, token};

use crate::errors::Errors;

/// What may stand in a list: its name, and the forms it is written in.
pub(crate) type Form = (&'static str, &'static [&'static str]);

/// The keys of one list.
pub(crate) struct Keys {
    /// What takes them, as people write it: `#[command]`, `retry`.
    of: String,
    known: Vec<Form>,
    seen: Vec<String>,
}

impl Keys {
    pub(crate) fn of(of: impl Into<String>, known: impl IntoIterator<Item = Form>) -> Self {
        Keys { of: of.into(), known: known.into_iter().collect(), seen: Vec::new() }
    }

    /// The next key, whatever it is.
    pub(crate) fn next(&self, input: ParseStream<'_>) -> syn::Result<Ident> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("expected an option of `{}`: {}", self.of, self.listed())));
        }
        input.call(Ident::parse_any)
    }

    /// Which key that is, and the `=` behind it if it takes a value. A misspelt one counts as what was meant, so that
    /// its absence is no second error.
    pub(crate) fn known(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<Option<&'static str>> {
        let text = key.unraw().to_string();
        let found = match self.known.iter().find(|(name, _)| *name == text) {
            Some(found) => *found,
            None => {
                errors.at(key, self.unknown(&text));
                match self.nearest(&text) {
                    Some(meant) if !self.has(meant.0) => meant,
                    _ => return Ok(None),
                }
            }
        };
        if self.seen.contains(&text) {
            return Err(syn::Error::new(key.span(), format!("`{text}` is given twice")));
        }
        self.seen.push(text);
        let (name, forms) = found;
        let shape = Shape::of_input(input);
        if !forms.iter().any(|form| Shape::of_form(name, form) == shape) {
            return Err(syn::Error::new(key.span(), format!("`{name}` is written {}", either(forms))));
        }
        if shape == Shape::Value {
            input.parse::<Token![=]>()?;
        }
        Ok(Some(name))
    }

    /// Whether it was given, well or badly.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.seen.iter().any(|seen| seen == name || self.meant(seen) == Some(name))
    }

    /// What a misspelt key stands for.
    fn meant(&self, seen: &str) -> Option<&'static str> {
        match self.known.iter().any(|(name, _)| *name == seen) {
            true => None,
            false => self.nearest(seen).map(|(name, _)| name),
        }
    }

    fn nearest(&self, key: &str) -> Option<Form> {
        nearest(key, self.known.iter().map(|(name, _)| *name))
            .and_then(|name| self.known.iter().find(|(known, _)| *known == name).copied())
    }

    fn unknown(&self, key: &str) -> String {
        let outer = INSIDE.iter().find(|(inner, _)| *inner == key).map(|(_, outer)| *outer);
        if let Some(outer) = outer.filter(|outer| self.known.iter().any(|(name, _)| name == outer)) {
            return format!("`{key}` is written inside of `{outer}(..)`");
        }
        match self.nearest(key) {
            Some((name, _)) => format!("unknown option `{key}` of `{}`; did you mean `{name}`?", self.of),
            None => format!("unknown option `{key}` of `{}`; it takes {}", self.of, self.listed()),
        }
    }

    fn listed(&self) -> String {
        self.known.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }
}

/// What is written inside of another option, and of which.
const INSIDE: &[(&str, &str)] = &[
    ("ttl", "cache"),
    ("capacity", "cache"),
    ("shared", "cache"),
    ("invalidated_by", "cache"),
    ("backoff", "retry"),
    ("get", "http"),
    ("post", "http"),
    ("put", "http"),
    ("patch", "http"),
    ("delete", "http"),
    ("status", "http"),
    ("location", "http"),
    ("none", "http"),
    ("headers", "http"),
];

/// How a key goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Flag,
    Value,
    List,
}

impl Shape {
    fn of_form(name: &str, form: &str) -> Self {
        match form[name.len()..].trim_start().chars().next() {
            Some('=') => Shape::Value,
            Some('(') => Shape::List,
            _ => Shape::Flag,
        }
    }

    fn of_input(input: ParseStream<'_>) -> Self {
        if input.peek(Token![=]) {
            Shape::Value
        } else if input.peek(token::Paren) {
            Shape::List
        } else {
            Shape::Flag
        }
    }
}

/// The one of `known` that a misspelt word is.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(name, word);
    known.filter(|name| distance(name) <= 2.min(name.len() / 2)).min_by_key(|name| distance(name))
}

/// Reads one thing after another, with commas between; what cannot be read is an error, and the next is read anyway.
pub(crate) fn each(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut one: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) -> syn::Result<()> {
    while !input.is_empty() {
        if let Err(error) = one(input, errors) {
            errors.push(error);
        }
        skip_to_comma(input)?;
    }
    Ok(())
}

/// Behind a value that was read stands a comma, or nothing.
pub(crate) fn comma(input: ParseStream<'_>, after: &str) -> syn::Result<()> {
    match input.is_empty() || input.peek(Token![,]) {
        true => Ok(()),
        false => Err(input.error(format!("expected `,` after `{after}`"))),
    }
}

/// Where a list is wrong: at its next token, or at its key if there is none.
pub(crate) fn place(key: &Ident, list: ParseStream<'_>) -> Span {
    if list.is_empty() { key.span() } else { list.span() }
}

pub(crate) fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    let mut depth = 0_usize;
    while !input.is_empty() {
        if depth == 0 && input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            return Ok(());
        }
        if input.peek(Token![<]) {
            depth += 1;
        } else if input.peek(Token![>]) {
            depth = depth.saturating_sub(1);
        }
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// `a`, `a` or `b`.
fn either(forms: &[&str]) -> String {
    forms.iter().map(|form| format!("`{form}`")).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use syn::parse::Parser;

    use super::*;

    const FORMS: &[Form] = &[("shared", &["shared"]), ("ttl", &["ttl = \"30s\""]), ("capacity", &["capacity = 1"])];

    /// What was read, and what is wrong.
    fn read(text: &str) -> (Vec<&'static str>, String) {
        let (mut errors, mut found) = (Errors::default(), Vec::new());
        let mut keys = Keys::of("cache", FORMS.iter().copied());
        let parser = |input: ParseStream<'_>| {
            each(input, &mut errors, |input, errors| {
                let key = keys.next(input)?;
                let Some(name) = keys.known(&key, input, errors)? else { return Ok(()) };
                if name != "shared" {
                    input.parse::<syn::Lit>()?;
                }
                found.push(name);
                comma(input, name)
            })
        };
        parser.parse_str(text).unwrap();
        (found, errors.into_tokens().to_string())
    }

    #[test]
    fn keys_are_read_in_their_form() {
        assert_eq!(read("ttl = \"1s\", shared,"), (vec!["ttl", "shared"], String::new()));
        assert!(read("ttl").1.contains("`ttl` is written `ttl = \\\"30s\\\"`"));
        assert!(read("ttl(1)").1.contains("`ttl` is written"));
        assert!(read("shared = true").1.contains("`shared` is written `shared`"));
        assert!(read("shared, shared").1.contains("`shared` is given twice"));
        assert!(read("shared ttl = 1").1.contains("expected `,` after `shared`"));
        assert!(read("= 1").1.contains("expected an option of `cache`: `shared`, `ttl`, `capacity`"));
    }

    #[test]
    fn a_misspelt_key_is_told_the_nearest_and_taken_for_it() {
        let (found, errors) = read("capcity = 1, ttl = \"1s\"");
        assert_eq!(found, ["capacity", "ttl"]);
        assert!(errors.contains("unknown option `capcity` of `cache`; did you mean `capacity`?"), "{errors}");
        let (found, errors) = read("lifetime = 1, shared");
        assert_eq!(found, ["shared"]);
        assert!(errors.contains("it takes `shared`, `ttl`, `capacity`"), "{errors}");
    }

    #[test]
    fn a_key_of_another_list_is_told_where_it_belongs() {
        let of_query = Keys::of("#[query]", [("cache", &["cache(..)"][..])]);
        assert_eq!(of_query.unknown("ttl"), "`ttl` is written inside of `cache(..)`");
        assert_eq!(of_query.unknown("backoff"), "unknown option `backoff` of `#[query]`; it takes `cache`");
    }

    #[test]
    fn of_two_like_it_the_nearest_is_meant() {
        assert_eq!(nearest("crat", ["cache", "crate"].into_iter()), Some("crate"));
        assert_eq!(nearest("cahce", ["crate", "cache"].into_iter()), Some("cache"));
        assert_eq!(nearest("x", ["on"].into_iter()), None);
    }
}
