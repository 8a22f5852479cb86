//! `version = 2, upcasts(OrderPlacedV1)`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{LitInt, Path, parenthesized};

use crate::errors::Errors;
use crate::expand::at;
use crate::list;

/// Which version of an event it is, and which types the ones before were.
#[derive(Default)]
pub(crate) struct Versions {
    pub(crate) version: Option<Version>,
    pub(crate) upcasts: Option<Upcasts>,
}

/// `version = 2`; without a number, if what is there is none.
pub(crate) struct Version {
    key: Ident,
    number: Option<u32>,
}

/// `upcasts(OrderPlacedV1)`.
pub(crate) struct Upcasts {
    key: Ident,
    earlier: Vec<Path>,
}

/// Reads what follows `version =`.
pub(crate) fn version(key: Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Version> {
    const WRITTEN: &str = "a version is a whole number from 1: `version = 2`";
    if !input.peek(LitInt) {
        return Err(input.error(WRITTEN));
    }
    let number: LitInt = input.parse()?;
    let read = match number.base10_parse() {
        Ok(version @ 1_u32..) if number.suffix().is_empty() => Some(version),
        _ => {
            errors.at(&number, WRITTEN);
            None
        }
    };
    Ok(Version { key, number: read })
}

/// Reads what follows `upcasts`.
pub(crate) fn upcasts(key: Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Upcasts> {
    let list;
    parenthesized!(list in input);
    if list.is_empty() {
        errors.at(&key, "`upcasts` names the types of earlier versions: `upcasts(OrderPlacedV1)`, or else remove it");
    }
    let mut earlier = Vec::new();
    list::each(&list, errors, |list, _| {
        let place = list.span();
        let text = "an earlier version is named by its type: `upcasts(OrderPlacedV1)`";
        let version = list.parse::<Path>().map_err(|_| syn::Error::new(place, text))?;
        earlier.push(version);
        list::comma(list, "the type of an earlier version")
    })?;
    Ok(Upcasts { key, earlier })
}

impl Versions {
    /// What is right by itself and makes no sense together.
    pub(crate) fn check(&self, event: &Ident, transient: Option<&Ident>, errors: &mut Errors) {
        if transient.is_some() {
            let version = self.version.as_ref().map(|version| &version.key);
            for key in version.into_iter().chain(self.upcasts.as_ref().map(|upcasts| &upcasts.key)) {
                errors.at(
                    key,
                    format!(
                        "a `transient` event is never stored, so that no earlier version is ever read: remove `{key}`"
                    ),
                );
            }
            return;
        }
        let Some(Upcasts { key, earlier }) = &self.upcasts else { return };
        for version in earlier.iter().filter(|version| version.is_ident(event)) {
            errors.at(
                version,
                format!(
                    "`{event}` is the event as it is now: keep the shape it had as a type of another name, such as \
                     `{event}V1`"
                ),
            );
        }
        let number = match &self.version {
            Some(Version { number: Some(number), .. }) => *number,
            // That it is no number is said already.
            Some(Version { number: None, .. }) => return,
            None => {
                let next = earlier.len() + 1;
                errors.at(
                    key,
                    format!(
                        "`upcasts` names the versions before this one, which says which one it is: `version = {next}`"
                    ),
                );
                return;
            }
        };
        let before = number as usize - 1;
        if let Some(surplus) = earlier.get(before) {
            let (types, there) = match (earlier.len(), before) {
                (1, 0) => ("one type".to_owned(), "none".to_owned()),
                (types, 0) => (format!("{types} types"), "none".to_owned()),
                (types, before) => (format!("{types} types"), format!("only {before}")),
            };
            errors.at(
                surplus,
                format!(
                    "`upcasts` names {types}, and before version {number} there is {there}: write \
                     `version = {}`, or remove what was none",
                    earlier.len() + 1
                ),
            );
        }
    }

    /// On the event's declaration; what an earlier version lacks is said at its type.
    pub(crate) fn info(&self, event: &Ident) -> TokenStream {
        let number = self.version.as_ref().and_then(|version| version.number).map(|number| {
            let number = Literal::u32_unsuffixed(number);
            quote!(.version(#number))
        });
        let upcasts = self.upcasts.as_ref().map(|Upcasts { earlier, .. }| {
            let earlier = earlier.iter().map(|earlier| {
                let place = earlier.span();
                let (event, earlier) = (at(place, event), at(place, earlier));
                quote_spanned!(place=> _cqrs::earlier::<#event, #earlier>())
            });
            quote!(.upcasts(&[#(#earlier),*]))
        });
        quote!(#number #upcasts)
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use syn::parse::Parser;

    use super::*;

    /// The options as they are checked: the number, the earlier types, and what is wrong.
    fn read(number: &str, earlier: &str) -> (Option<u32>, usize, String) {
        let (mut errors, mut versions) = (Errors::default(), Versions::default());
        let key = |name| Ident::new(name, Span::call_site());
        if !number.is_empty() {
            let read = |input: ParseStream<'_>| version(key("version"), input, &mut errors);
            let read = read.parse_str(number);
            versions.version = read.map_err(|error| errors.push(error)).ok();
        }
        if !earlier.is_empty() {
            let read = |input: ParseStream<'_>| upcasts(key("upcasts"), input, &mut errors);
            versions.upcasts = Some(read.parse_str(earlier).unwrap());
        }
        versions.check(&key("Placed"), None, &mut errors);
        let number = versions.version.and_then(|version| version.number);
        let earlier = versions.upcasts.map_or(0, |upcasts| upcasts.earlier.len());
        (number, earlier, errors.into_tokens().to_string())
    }

    #[test]
    fn the_versions_just_before_may_be_all_or_some() {
        assert_eq!(read("1", ""), (Some(1), 0, String::new()));
        assert_eq!(read("3", "(A, b::B,)"), (Some(3), 2, String::new()));
        assert_eq!(read("3", "(B)"), (Some(3), 1, String::new()));
        assert_eq!(read("4294967295", "(old::Placed, Old<u8>)"), (Some(u32::MAX), 2, String::new()));
    }

    /// One error each, which says what to write.
    #[test]
    fn a_mistake_is_one_error() {
        for (number, earlier, says) in [
            ("0", "", "a whole number from 1"),
            ("0", "(A)", "a whole number from 1"),
            ("4294967296", "", "a whole number from 1"),
            ("2u32", "", "a whole number from 1"),
            ("\"2\"", "", "a whole number from 1"),
            ("-1", "", "a whole number from 1"),
            ("2", "()", "or else remove it"),
            ("2", "(3)", "named by its type"),
            ("3", "(A B)", "expected `,` after"),
            ("2", "(Placed)", "as a type of another name, such as `PlacedV1`"),
            ("", "(A, B)", "which says which one it is: `version = 3`"),
            ("1", "(A)", "names one type, and before version 1 there is none: write `version = 2`"),
            ("2", "(A, B)", "names 2 types, and before version 2 there is only 1: write `version = 3`"),
            ("2", "(A, B, C)", "names 3 types, and before version 2 there is only 1: write `version = 4`"),
        ] {
            let (.., errors) = read(number, earlier);
            assert!(errors.contains(says), "{number} {earlier}: {errors}");
            assert_eq!(errors.matches("compile_error").count(), 1, "{number} {earlier}: {errors}");
        }
    }
}
