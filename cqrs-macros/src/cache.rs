//! `cache(ttl = "30s", capacity = 10_000, shared, invalidated_by(OrderPlaced))`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::ParseStream;
use syn::{LitInt, Path, parenthesized};

use crate::duration::{self, Written};
use crate::errors::Errors;
use crate::expand::at;
use crate::list::{self, Form, Keys};

/// The option as it was declared.
pub(crate) struct Cache {
    pub(crate) key: Ident,
    ttl: Written,
    capacity: u64,
    shared: bool,
    invalidated_by: Vec<Path>,
}

/// What may stand in it.
pub(crate) const FORMS: &[Form] = &[
    ("ttl", &["ttl = \"30s\""]),
    ("capacity", &["capacity = 10_000"]),
    ("shared", &["shared"]),
    ("invalidated_by", &["invalidated_by(OrderPlaced, ..)"]),
];

/// Without `capacity`.
const CAPACITY: u64 = 10_000;

/// Reads what follows `cache`; nothing, if it does not say how long.
pub(crate) fn read(key: Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Cache>> {
    let list;
    parenthesized!(list in input);
    let mut keys = Keys::of("cache", FORMS.iter().copied());
    let (mut ttl, mut capacity, mut shared, mut invalidated_by) = (None, CAPACITY, false, Vec::new());
    list::each(&list, errors, |list, errors| {
        let key = keys.next(list)?;
        let Some(name) = keys.known(&key, list, errors)? else { return Ok(()) };
        match name {
            "ttl" => ttl = duration::read(name, list, errors)?,
            "capacity" => capacity = answers(list, errors)?.unwrap_or(CAPACITY),
            "shared" => shared = true,
            _ => invalidated_by = events(&key, list, errors)?,
        }
        list::comma(list, name)
    })?;
    if !keys.has("ttl") {
        errors.at(&key, "a cache says how long it keeps an answer: `cache(ttl = \"30s\", ..)`");
    }
    Ok(ttl.map(|ttl| Cache { key, ttl, capacity, shared, invalidated_by }))
}

/// How many answers.
fn answers(list: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<u64>> {
    if !list.peek(LitInt) {
        return Err(list.error("`capacity` is how many answers are kept: `capacity = 10_000`"));
    }
    let number: LitInt = list.parse()?;
    match number.base10_parse() {
        Ok(capacity @ 1_u64..) if number.suffix().is_empty() => return Ok(Some(capacity)),
        Ok(0) => errors.at(&number, "a cache keeps at least one answer: `capacity = 10_000`"),
        _ => errors.at(&number, "`capacity` is how many answers are kept: `capacity = 10_000`"),
    }
    Ok(None)
}

/// `(OrderPlaced, orders::OrderShipped)`.
fn events(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Path>> {
    let list;
    parenthesized!(list in input);
    if list.is_empty() {
        errors.at(key, "`invalidated_by` names events: `invalidated_by(OrderPlaced)`, or else remove it");
    }
    let mut events: Vec<Path> = Vec::new();
    list::each(&list, errors, |list, errors| {
        let place = list.span();
        let event: Path =
            list.parse().map_err(|_| syn::Error::new(place, "an event is named: `invalidated_by(OrderPlaced)`"))?;
        let text = shown(&event);
        if events.iter().any(|known| shown(known) == text) {
            errors.at(&event, format!("`{text}` is given twice"));
        } else {
            events.push(event);
        }
        list::comma(list, &text)
    })?;
    Ok(events)
}

fn shown(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}

impl Cache {
    /// `_cqrs::cached!(CountOrders, .., 10_000, false, [OrderPlaced])`, at the option; an event stays where it is.
    pub(crate) fn tokens(&self, query: &Ident) -> TokenStream {
        let Cache { key, ttl, capacity, shared, invalidated_by } = self;
        let place = key.span();
        let query = at(place, query);
        let ttl = duration::tokens(ttl.duration, place);
        let capacity = Literal::u64_unsuffixed(*capacity);
        let events = quote!(#(#invalidated_by),*);
        quote_spanned!(place=> _cqrs::cached!(#query, #ttl, #capacity, #shared, [#events]))
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use syn::parse::Parser;

    use super::*;

    fn parse(text: &str) -> (Option<Cache>, String) {
        let mut errors = Errors::default();
        let key = Ident::new("cache", Span::call_site());
        let read = (|input: ParseStream<'_>| read(key, input, &mut errors)).parse_str(text).unwrap();
        (read, errors.into_tokens().to_string())
    }

    #[test]
    fn the_time_to_live_alone_is_enough() {
        let (cache, errors) = parse("(ttl = \"30s\")");
        let cache = cache.unwrap();
        assert_eq!((cache.capacity, cache.shared, cache.invalidated_by.len(), errors.as_str()), (10_000, false, 0, ""));
        assert_eq!(cache.ttl.duration.as_secs(), 30);
    }

    #[test]
    fn everything_is_read() {
        let (cache, errors) = parse("(invalidated_by(A, b::C<D>,), shared, capacity = 1_0, ttl = \"1ms\",)");
        let cache = cache.unwrap();
        assert_eq!((cache.capacity, cache.shared, errors.as_str()), (10, true, ""));
        assert_eq!(cache.invalidated_by.iter().map(shown).collect::<Vec<_>>(), ["A", "b::C<D>"]);
    }

    /// One error each, which says what to write.
    #[test]
    fn a_mistake_is_one_error() {
        for (text, says) in [
            ("()", "`cache(ttl = "),
            ("(shared)", "`cache(ttl = "),
            ("(tll = \"30s\")", "did you mean `ttl`"),
            ("(ttl = 30)", "a string with its units"),
            ("(ttl = \"0s\")", "longer than zero"),
            ("(ttl = \"30s\", ttl = \"30s\")", "`ttl` is given twice"),
            ("(ttl = \"30s\" shared)", "expected `,` after `ttl`"),
            ("(ttl = \"30s\", shared = true)", "`shared` is written `shared`"),
            ("(ttl = \"30s\", capacity = 0)", "at least one answer"),
            ("(ttl = \"30s\", capacity = -1)", "how many answers"),
            ("(ttl = \"30s\", capacity = \"1\")", "how many answers"),
            ("(ttl = \"30s\", capacity = 1k)", "how many answers"),
            ("(ttl = \"30s\", capacity)", "`capacity` is written"),
            ("(ttl = \"30s\", invalidated_by())", "names events"),
            ("(ttl = \"30s\", invalidated_by)", "`invalidated_by` is written"),
            ("(ttl = \"30s\", invalidated_by = A)", "`invalidated_by` is written"),
            ("(ttl = \"30s\", invalidated_by(\"A\"))", "an event is named"),
            ("(ttl = \"30s\", invalidated_by(A B))", "expected `,` after `A`"),
            ("(ttl = \"30s\", invalidated_by(A, a::B, A))", "`A` is given twice"),
            ("(ttl = \"30s\", per_user)", "it takes `ttl`, `capacity`, `shared`, `invalidated_by`"),
        ] {
            let (_, errors) = parse(text);
            assert!(errors.contains(says), "{text}: {errors}");
            assert_eq!(errors.matches("compile_error").count(), 1, "{text}: {errors}");
        }
    }
}
