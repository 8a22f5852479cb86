//! `retry(3, on = conflict | unavailable, backoff = "50ms")`.

use std::time::Duration;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{LitInt, Token, parenthesized};

use crate::duration::{self, Written};
use crate::errors::Errors;
use crate::expand::at;
use crate::list::{self, Form, Keys};

/// The option as it was declared.
pub(crate) struct Retry {
    pub(crate) key: Ident,
    times: u32,
    on: Vec<&'static str>,
    backoff: Option<Written>,
}

/// What may follow the number.
pub(crate) const FORMS: &[Form] = &[("on", &["on = conflict | unavailable"]), ("backoff", &["backoff = \"50ms\""])];

/// The faults that another try can help against, as they are written and as variants.
pub(crate) const KINDS: &[(&str, &str)] = &[("conflict", "Conflict"), ("unavailable", "Unavailable")];

/// Without `backoff`.
const BACKOFF: Duration = Duration::from_millis(50);

/// More than this is no answer any more.
const MOST: u32 = 100;

/// Reads what follows `retry`; nothing, if it does not say how often.
pub(crate) fn read(key: Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Retry>> {
    let list;
    parenthesized!(list in input);
    let times = times(&key, &list, errors)?;
    let (mut on, mut backoff) = (Vec::new(), None);
    let mut keys = Keys::of("retry", FORMS.iter().copied());
    list::each(&list, errors, |list, errors| {
        let key = keys.next(list)?;
        let Some(name) = keys.known(&key, list, errors)? else { return Ok(()) };
        match name {
            "on" => on = kinds(list, errors)?,
            _ => backoff = duration::read(name, list, errors)?,
        }
        list::comma(list, name)
    })?;
    if on.is_empty() {
        on.extend(KINDS.iter().map(|(_, variant)| *variant));
    }
    Ok(times.map(|times| Retry { key, times, on, backoff }))
}

/// The number in front, with the comma behind it.
fn times(key: &Ident, list: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<u32>> {
    if !list.peek(LitInt) {
        errors.at_span(list::place(key, list), "`retry` begins with how many more tries there are: `retry(3, ..)`");
        if !list.peek(Ident::peek_any) {
            list::skip_to_comma(list)?;
        }
        return Ok(None);
    }
    let number: LitInt = list.parse()?;
    let times = match number.base10_parse() {
        Ok(times @ 1..=MOST) if number.suffix().is_empty() => Some(times),
        Ok(0) => {
            errors
                .at(&number, "`retry(0)` tries nothing again: write how many more tries there are, or remove `retry`");
            None
        }
        _ => {
            errors.at(&number, format!("`retry` tries again from 1 to {MOST} times: `retry(3, ..)`"));
            None
        }
    };
    if let Err(error) = list::comma(list, &number.to_string()) {
        errors.push(error);
    }
    list::skip_to_comma(list)?;
    Ok(times)
}

/// `conflict | unavailable`.
fn kinds(list: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<&'static str>> {
    let mut kinds = Vec::new();
    loop {
        if !list.peek(Ident::peek_any) {
            return Err(list.error("expected the faults to try again on: `on = conflict | unavailable`"));
        }
        let word = list.call(Ident::parse_any)?;
        let text = word.unraw().to_string();
        match KINDS.iter().find(|(kind, _)| *kind == text) {
            Some((_, variant)) if kinds.contains(variant) => errors.at(&word, format!("`{text}` is given twice")),
            Some((_, variant)) => kinds.push(*variant),
            None => errors.at(&word, refused(&text)),
        }
        if !list.peek(Token![|]) {
            return Ok(kinds);
        }
        list.parse::<Token![|]>()?;
    }
}

/// Why there is no second try on it.
fn refused(kind: &str) -> String {
    let why = match kind {
        "rejection" | "rejected" | "error" | "malformed" | "invalid" | "unauthenticated" | "forbidden"
        | "not_found" | "key_reused" => "it is an answer, and would be the same again",
        "timeout" => "it means that the time is up, which is the time of all tries together",
        "still_running" => "the call that is still running is waited for anyway",
        "outcome_unknown" => "what may have happened is not done twice; the command may be sent again under its key",
        "panic" | "wiring" | "internal" => "it does not go away by itself",
        _ => {
            return match list::nearest(kind, KINDS.iter().map(|(name, _)| *name)) {
                Some(name) => format!("unknown fault `{kind}` in `on`; did you mean `{name}`?"),
                None => format!("unknown fault `{kind}` in `on`; another try helps on `conflict` and `unavailable`"),
            };
        }
    };
    format!("`{kind}` is not tried again: {why}; another try helps on `conflict` and `unavailable`")
}

impl Retry {
    /// The first pause.
    fn backoff(&self) -> Duration {
        self.backoff.as_ref().map_or(BACKOFF, |written| written.duration)
    }

    /// Somebody who waits that long has no time left for another try.
    pub(crate) fn check_against(&self, timeout: &Written, errors: &mut Errors) {
        if self.backoff() < timeout.duration {
            return;
        }
        let place = self.backoff.as_ref().map_or(self.key.span(), |written| written.place);
        let pause = humantime::format_duration(self.backoff());
        let timeout = humantime::format_duration(timeout.duration);
        errors.at_span(
            place,
            format!("no try follows a pause of {pause} within the `timeout` of {timeout}: write a shorter `backoff`"),
        );
    }

    /// `_cqrs::Retry::of::<Place>(3, &[_cqrs::FaultKind::Conflict], ..)`, at the option.
    pub(crate) fn tokens(&self, message: &Ident) -> TokenStream {
        let place = self.key.span();
        let message = at(place, message);
        let times = Literal::u32_unsuffixed(self.times);
        let on = self.on.iter().map(|variant| Ident::new(variant, Span::call_site()));
        let backoff = duration::tokens(self.backoff(), place);
        quote_spanned!(place=> _cqrs::Retry::of::<#message>(#times, &[#(_cqrs::FaultKind::#on),*], #backoff))
    }
}

#[cfg(test)]
mod tests {
    use syn::parse::Parser;

    use super::*;

    fn parse(text: &str) -> (Option<Retry>, String) {
        let mut errors = Errors::default();
        let key = Ident::new("retry", Span::call_site());
        let read = (|input: ParseStream<'_>| read(key, input, &mut errors)).parse_str(text).unwrap();
        (read, errors.into_tokens().to_string())
    }

    #[test]
    fn the_number_alone_is_enough() {
        let (retry, errors) = parse("(3)");
        let retry = retry.unwrap();
        assert_eq!((retry.times, retry.backoff(), errors.as_str()), (3, BACKOFF, ""));
        assert_eq!(retry.on, ["Conflict", "Unavailable"]);
    }

    #[test]
    fn everything_is_read() {
        let (retry, errors) = parse("(100, backoff = \"1s\", on = unavailable | conflict,)");
        let retry = retry.unwrap();
        assert_eq!((retry.times, retry.backoff(), errors.as_str()), (100, Duration::from_secs(1), ""));
        assert_eq!(retry.on, ["Unavailable", "Conflict"]);
    }

    /// One error each, which says what to write.
    #[test]
    fn a_mistake_is_one_error() {
        for (text, says) in [
            ("()", "begins with how many more tries"),
            ("(on = conflict)", "begins with how many more tries"),
            ("(\"3\", on = conflict)", "begins with how many more tries"),
            ("(-1)", "from 1 to 100 times"),
            ("(0)", "tries nothing again"),
            ("(101)", "from 1 to 100 times"),
            ("(3s)", "from 1 to 100 times"),
            ("(3 on = conflict)", "expected `,` after `3`"),
            ("(3, on = conflict | conflict)", "`conflict` is given twice"),
            ("(3, on = timeout)", "the time is up"),
            ("(3, on = rejection)", "it is an answer"),
            ("(3, on = panic)", "does not go away"),
            ("(3, on = Conflict)", "did you mean `conflict`"),
            ("(3, on = weather)", "helps on `conflict` and `unavailable`"),
            ("(3, on =)", "expected the faults"),
            ("(3, on = conflict |)", "expected the faults"),
            ("(3, on = conflict unavailable)", "expected `,` after `on`"),
            ("(3, on)", "`on` is written"),
            ("(3, backof = \"1s\")", "did you mean `backoff`"),
            ("(3, backoff = \"0s\")", "longer than zero"),
            ("(3, backoff = 50)", "a string with its units"),
            ("(3, backoff = \"1s\", backoff = \"2s\")", "given twice"),
            ("(3, 4)", "expected an option of `retry`: `on`, `backoff`"),
        ] {
            let (_, errors) = parse(text);
            assert!(errors.contains(says), "{text}: {errors}");
            assert_eq!(errors.matches("compile_error").count(), 1, "{text}: {errors}");
        }
    }
}
