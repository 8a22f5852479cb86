//! `#[handler(inline)]`, `#[handler(name = "order-mail", from = start)]`: how a handler gets its events.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

use crate::errors::Errors;
use crate::expand::at;
use crate::list;
use crate::options::Options;

/// Reads what follows `from =`: whether it is `start`.
pub(crate) fn from(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<bool> {
    const WRITTEN: &str =
        "`from` is written `from = start`; a handler that does not say so begins with the next event after it is added";
    if !input.peek(syn::Ident::peek_any) {
        return Err(input.error(WRITTEN));
    }
    let word = input.call(Ident::parse_any)?;
    let is_start = word == "start";
    if !is_start {
        errors.at(&word, WRITTEN);
    }
    list::comma(input, "from")?;
    Ok(is_start)
}

/// What is right by itself and makes no sense together.
pub(crate) fn check(options: &Options, errors: &mut Errors) {
    if options.inline.is_none() {
        return;
    }
    let inline = "an inline handler runs in the command's unit of work and has no checkpoint";
    if let Some((key, _)) = &options.name {
        errors.at(key, format!("{inline}: remove `name`, which would name it, or remove `inline`"));
    }
    if let Some(key) = &options.from {
        errors.at(key, format!("{inline}: remove `from`, which says where it begins, or remove `inline`"));
    }
}

/// On the handler's declaration.
pub(crate) fn info(options: &Options) -> TokenStream {
    let inline = options.inline.as_ref().map(|_| quote!(.inline()));
    let named = options.name.as_ref().map(|(_, name)| quote!(.named(#name)));
    let from = options.from.as_ref().map(|_| quote!(.from_start()));
    quote!(#inline #named #from)
}

/// What rustc is asked about the message, at each of the options.
pub(crate) fn checks(options: &Options, message: &Type) -> TokenStream {
    let keys = [options.inline.as_ref(), options.name.as_ref().map(|(key, _)| key), options.from.as_ref()];
    let subscribes = keys.into_iter().flatten().map(|key| {
        let message = at(key.span(), message);
        quote_spanned! {key.span()=>
            _cqrs::check::only_a_handler_of_an_event_has_a_subscription::<#message>();
        }
    });
    let from_start = options.from.as_ref().map(|key| {
        let message = at(key.span(), message);
        quote_spanned! {key.span()=>
            _cqrs::check::a_handler_begins_at_the_start_of_what_is_kept::<
                { <#message as _cqrs::Message>::TRANSIENT }
            >();
        }
    });
    quote!(#(#subscribes)* #from_start)
}
