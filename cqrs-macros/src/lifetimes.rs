//! Lifetimes and `Self` in the tokens of a type.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;

/// A lifetime in a type that is not `'static`, if there is one.
pub(crate) fn borrowed(ty: &Type) -> Option<Ident> {
    fn find(tokens: TokenStream) -> Option<Ident> {
        let mut after_tick = false;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) => after_tick = punct.as_char() == '\'',
                TokenTree::Ident(ident) if after_tick && ident != "static" => return Some(ident),
                TokenTree::Group(group) => {
                    if let Some(found) = find(group.stream()) {
                        return Some(found);
                    }
                }
                _ => after_tick = false,
            }
        }
        None
    }
    find(ty.to_token_stream())
}

/// The tokens with `Self` written out.
pub(crate) fn without_self(tokens: impl ToTokens, this: &Type) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => this.to_token_stream(),
        TokenTree::Group(group) => {
            let mut replaced = Group::new(group.delimiter(), without_self(group.stream(), this));
            replaced.set_span(group.span());
            TokenTree::Group(replaced).into()
        }
        other => other.into(),
    };
    tokens.to_token_stream().into_iter().flat_map(replace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        borrowed(&syn::parse_str(text).unwrap()).map(|lifetime| lifetime.to_string())
    }

    #[test]
    fn a_lifetime_is_found_wherever_it_stands() {
        assert_eq!(found("Clock<'_>").as_deref(), Some("_"));
        assert_eq!(found("Vec<(u8, &'a str)>").as_deref(), Some("a"));
        assert_eq!(found("[Box<dyn Read + 'b>; 2]").as_deref(), Some("b"));
        assert_eq!(found("&'static str"), None);
        assert_eq!(found("Vec<u8>"), None);
    }

    #[test]
    fn self_is_written_out_wherever_it_stands() {
        let this = syn::parse_str("Orders").unwrap();
        let written = without_self(syn::parse_str::<Type>("(Self, Vec<[Self; 2]>)").unwrap(), &this);
        let wanted: Type = syn::parse_str("(Orders, Vec<[Orders; 2]>)").unwrap();
        assert_eq!(written.to_string(), wanted.to_token_stream().to_string());
    }
}
