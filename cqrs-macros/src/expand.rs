//! What every expansion has in common.

use proc_macro2::TokenStream;
use quote::quote;

/// Everything we add to an item, in a scope of its own with one alias to the runtime crate.
pub(crate) fn hidden(alias: TokenStream, code: TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        const _: () = {
            #alias
            #code
        };
    }
}
