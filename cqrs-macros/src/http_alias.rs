//! A field that `http(..)` names comes from one place, and serde's `alias` would let it come from another one too: under
//! the other name from the body, where a header was meant that a proxy writes.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Field, Item, Lit, Meta, Token};

use crate::errors::Errors;

/// Tells of each alias of these fields.
pub(crate) fn check(named: &[(String, Span)], item: &Item, errors: &mut Errors) {
    let Item::Struct(item) = item else { return };
    for field in &item.fields {
        let options: Vec<Meta> = field.attrs.iter().flat_map(of_serde).collect();
        let Some((name, _)) = named.iter().find(|(name, _)| is_called(field, &options, name)) else { continue };
        for alias in options.iter().filter(|option| option.path().is_ident("alias")) {
            errors.at(
                alias,
                format!(
                    "`{name}` comes from the place that `http(..)` names, and under an alias it would come from \
                     elsewhere too: remove the alias"
                ),
            );
        }
    }
}

/// What serde is told, behind a condition too.
fn of_serde(attribute: &Attribute) -> Vec<Meta> {
    inside(&attribute.meta)
}

fn inside(meta: &Meta) -> Vec<Meta> {
    let Meta::List(list) = meta else { return Vec::new() };
    // What serde or rustc cannot read either, they say.
    let listed = || list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).into_iter().flatten();
    if list.path.is_ident("serde") {
        listed().collect()
    } else if list.path.is_ident("cfg_attr") {
        listed().skip(1).flat_map(|meta| inside(&meta)).collect()
    } else {
        Vec::new()
    }
}

/// Whether a field may be the one of this name: what it is renamed to, or its own name in any case.
fn is_called(field: &Field, options: &[Meta], name: &str) -> bool {
    let renamed: Vec<String> = options.iter().flat_map(renamed_to).collect();
    if !renamed.is_empty() {
        return renamed.iter().any(|renamed| renamed == name);
    }
    field.ident.as_ref().is_some_and(|ident| letters(&ident.unraw().to_string()) == letters(name))
}

/// `rename = "a"`, `rename(deserialize = "a")`.
fn renamed_to(option: &Meta) -> Vec<String> {
    match option {
        Meta::NameValue(pair) if pair.path.is_ident("rename") || pair.path.is_ident("deserialize") => match &pair.value
        {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => vec![text.value()],
            _ => Vec::new(),
        },
        Meta::List(list) if list.path.is_ident("rename") => {
            let listed = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            listed.into_iter().flatten().flat_map(|option| renamed_to(&option)).collect()
        }
        _ => Vec::new(),
    }
}

/// What `rename_all` leaves of a name, whatever it says.
fn letters(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases_of(named: &str, item: &str) -> Vec<String> {
        let mut errors = Errors::default();
        check(&[(named.to_owned(), Span::call_site())], &syn::parse_str(item).unwrap(), &mut errors);
        errors.texts().into_iter().filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn an_alias_of_a_named_field_is_a_mistake_however_it_is_written() {
        for (named, item) in [
            ("tenant", "struct M { #[serde(default, alias = \"org\")] tenant: u8 }"),
            (
                "dryRun",
                "#[serde(rename_all = \"camelCase\")] struct M { #[cfg_attr(all(), serde(alias = \"dry\"))] dry_run: u8 }",
            ),
            ("of", "struct M { #[serde(rename(deserialize = \"of\"), alias = \"from\")] team: u8 }"),
            ("of", "struct M { #[serde(rename = \"of\")] #[serde(alias = \"from\")] team: u8 }"),
            ("type", "struct M { #[serde(alias = \"kind\")] r#type: u8 }"),
        ] {
            let told = aliases_of(named, item);
            assert!(told.len() == 1 && told[0].contains(&format!("`{named}`")), "{item}: {told:?}");
        }
    }

    #[test]
    fn any_other_field_may_have_one() {
        for item in [
            "struct M { tenant: u8, #[serde(alias = \"org\")] name: u8 }",
            "struct M { #[serde(rename = \"whose\", alias = \"org\")] tenant: u8 }",
            "struct M { #[serde(rename(serialize = \"tenant\"), default)] tenant: u8 }",
            "enum M { A }",
        ] {
            assert_eq!(aliases_of("tenant", item), [""; 0], "{item}");
        }
    }
}
