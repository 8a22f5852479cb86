//! What every expansion has in common.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::attributes::Attributes;

/// Everything we add to an item, in a scope of its own with one alias to the runtime crate.
pub(crate) fn hidden(attributes: &Attributes, alias: TokenStream, code: TokenStream) -> TokenStream {
    // Code at the user's tokens looks like the user's, and it names everything whole.
    quote! {
        #[doc(hidden)]
        #[allow(unused_qualifications)]
        #attributes
        const _: () = {
            #alias
            #code
        };
    }
}

/// The tokens, all of them at one place: what rustc says of them, it says there.
pub(crate) fn at(place: Span, tokens: impl ToTokens) -> TokenStream {
    let place = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), at(place, group.stream())).into();
        }
        // The hygiene is the user's, as it was; only the place is another.
        token.set_span(token.span().located_at(place));
        token
    };
    tokens.to_token_stream().into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_elsewhere_reads_the_same() {
        let tokens = quote!(Vec<(A, [B; 2])>);
        assert_eq!(at(Span::call_site(), &tokens).to_string(), tokens.to_string());
    }
}
