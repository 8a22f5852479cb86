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
