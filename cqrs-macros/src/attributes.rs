//! The attributes of an item that our code beside it needs too.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Meta};

/// `#[cfg(..)]` below our own attribute, which rustc has not looked at yet; and which lints have nothing to say of
/// the item, and so nothing of our code.
#[derive(Clone, Default)]
pub(crate) struct Attributes {
    conditions: Vec<Attribute>,
    allowed: Vec<TokenStream>,
}

impl Attributes {
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let mut found = Attributes::default();
        for attribute in attributes {
            match (&attribute.meta, attribute.path()) {
                (_, path) if path.is_ident("cfg") => found.conditions.push(attribute.clone()),
                (_, path) if path.is_ident("deprecated") => found.allowed.push(quote!(deprecated)),
                (Meta::List(lints), path) if path.is_ident("allow") || path.is_ident("expect") => {
                    found.allowed.push(lints.tokens.clone());
                }
                _ => {}
            }
        }
        found
    }

    /// Whether rustc may take the item away.
    pub(crate) fn is_conditional(&self) -> bool {
        !self.conditions.is_empty()
    }

    /// Those of a block and of an item in it.
    pub(crate) fn and(mut self, inner: Attributes) -> Self {
        self.conditions.extend(inner.conditions);
        self.allowed.extend(inner.allowed);
        self
    }
}

impl ToTokens for Attributes {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Attributes { conditions, allowed } = self;
        tokens.extend(quote!(#(#conditions)* #(#[allow(#allowed)])*));
    }
}
