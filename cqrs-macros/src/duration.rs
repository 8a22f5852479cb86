//! Durations as people write them: `"500ms"`, `"1m 30s"`.

use std::time::Duration;

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::LitStr;
use syn::parse::ParseStream;

use crate::errors::Errors;

/// A duration, and where it stands.
pub(crate) struct Written {
    pub(crate) duration: Duration,
    pub(crate) place: Span,
}

/// Reads the value of `key`: longer than zero, and no longer than a clock can tell.
pub(crate) fn read(key: &str, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Written>> {
    if !input.peek(LitStr) {
        return Err(input.error(format!("`{key}` is a string with its units, {EXAMPLES}")));
    }
    let literal: LitStr = input.parse()?;
    let wrong = match humantime::parse_duration(&literal.value()) {
        Ok(Duration::ZERO) => format!("`{key}` is longer than zero: write it {EXAMPLES}"),
        Ok(duration) if u64::try_from(duration.as_nanos()).is_err() => {
            format!("`{key}` is too long for a clock: write it {EXAMPLES}")
        }
        Ok(duration) => return Ok(Some(Written { duration, place: literal.span() })),
        Err(_) => format!("this is no duration: write `{key}` {EXAMPLES}"),
    };
    errors.at(&literal, wrong);
    Ok(None)
}

const EXAMPLES: &str = "like \"500ms\", \"5s\" or \"1m 30s\"";

/// The duration as Rust.
pub(crate) fn tokens(duration: Duration, place: Span) -> TokenStream {
    let whole = |number: u128| Literal::u64_unsuffixed(u64::try_from(number).unwrap_or(u64::MAX));
    if duration.subsec_nanos().is_multiple_of(1_000_000) {
        let millis = whole(duration.as_millis());
        return quote_spanned!(place=> _cqrs::Duration::from_millis(#millis));
    }
    let nanos = whole(duration.as_nanos());
    quote_spanned!(place=> _cqrs::Duration::from_nanos(#nanos))
}

#[cfg(test)]
mod tests {
    use syn::parse::Parser;

    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        let mut errors = Errors::default();
        let read = (|input: ParseStream<'_>| read("ttl", input, &mut errors)).parse_str(text);
        match read.map_err(|error| error.to_string())? {
            Some(written) => Ok(tokens(written.duration, written.place).to_string().replace(' ', "")),
            None => Err(errors.into_tokens().to_string()),
        }
    }

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, expected) in [
            ("\"500ms\"", "_cqrs::Duration::from_millis(500)"),
            ("\"5s\"", "_cqrs::Duration::from_millis(5000)"),
            ("\"1m 30s\"", "_cqrs::Duration::from_millis(90000)"),
            ("\"1500us\"", "_cqrs::Duration::from_nanos(1500000)"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_told_how_one_is_written() {
        for text in ["5", "5s", "\"5\"", "\"\"", "\"soon\"", "\"0s\"", "\"0\"", "\"9000years\"", "true"] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("500ms") && error.contains("`ttl`"), "{text}: {error}");
        }
    }
}
