//! `#[command]`, `#[query]`, `#[event]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Generics, Item, Type};

use crate::aggregate_id::{self, AggregateIds};
use crate::attributes::Attributes;
use crate::documentation;
use crate::errors::Errors;
use crate::expand::{at, hidden};
use crate::options::{Macro, Options};

/// A message as the user declared it.
struct Message<'a> {
    of: Macro,
    ident: &'a Ident,
    generics: &'a Generics,
    attributes: &'a [Attribute],
    options: Options,
    aggregate_ids: AggregateIds,
}

pub(crate) fn expand(of: Macro, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(of, arguments, &mut errors);
    let parsed = match syn::parse2::<Item>(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            errors.push(error);
            let errors = errors.into_tokens();
            return quote!(#item #errors);
        }
    };
    let aggregate_ids = aggregate_id::read(of, &parsed, &mut errors);
    let derive = aggregate_ids.derive(&options);
    let message = check(of, options, aggregate_ids, &parsed, &mut errors);
    let code = match message {
        Some(message) if message.generics.params.is_empty() => implement(&message),
        Some(message) => stub(&message),
        None => TokenStream::new(),
    };
    let errors = errors.into_tokens();
    quote!(#derive #item #errors #code)
}

/// What can be a message: a struct or an enum that has a value, and no parameters.
fn check<'a>(
    of: Macro,
    mut options: Options,
    aggregate_ids: AggregateIds,
    item: &'a Item,
    errors: &mut Errors,
) -> Option<Message<'a>> {
    let name = of.name();
    let (ident, generics, attributes) = match item {
        Item::Struct(item) => (&item.ident, &item.generics, &item.attrs),
        Item::Enum(item) => {
            if item.variants.is_empty() {
                errors.at(
                    &item.ident,
                    format!("an empty enum has no value to send; give `{}` a variant, or make it a struct", item.ident),
                );
            }
            (&item.ident, &item.generics, &item.attrs)
        }
        other => {
            let (what, span) = described(other);
            errors.at_span(span, format!("`#[{name}]` goes on a struct or an enum, and this is {what}"));
            return None;
        }
    };
    if !generics.params.is_empty() {
        errors.at(
            &generics.params,
            format!("a message is concrete: remove the parameters of `{ident}`, and declare one message for each type it is used with"),
        );
    }
    if let Some(http) = &mut options.http {
        http.check_against(item, options.output.as_ref(), errors);
    }
    options.versions.check(ident, options.transient.as_ref(), errors);
    Some(Message { of, ident, generics, attributes, options, aggregate_ids })
}

/// What an item is, and where it says so.
fn described(item: &Item) -> (&'static str, Span) {
    match item {
        Item::Union(item) => ("a union", item.union_token.span()),
        Item::Fn(item) => ("a function; a function that handles a message has `#[handler]`", item.sig.ident.span()),
        Item::Trait(item) => ("a trait", item.ident.span()),
        Item::Impl(item) => {
            ("an impl block; one whose methods handle messages has `#[handler]`", item.impl_token.span())
        }
        Item::Type(item) => ("a type alias; put the attribute on the type itself", item.ident.span()),
        Item::Mod(item) => ("a module", item.ident.span()),
        other => ("something else", other.span()),
    }
}

/// `Command`, `Query` or `Event`.
fn kind(of: Macro) -> Ident {
    let name = match of {
        Macro::Query => "Query",
        Macro::Event => "Event",
        _ => "Command",
    };
    Ident::new(name, Span::call_site())
}

// Input:
//     #[command(output = Placed, error = Refused)]
//     pub struct Place { .. }
// Output:
//     pub struct Place { .. }
//     const _: () = {
//         use ::cqrs_core::__private as _cqrs;
//         impl _cqrs::Message for Place { type Output = Placed; .. }
//         impl _cqrs::Command for Place {}
//         impl<L> _cqrs::HandledIn<L> for Place { type Slot = Place; }
//         _cqrs::submit! { Message(..) }
//     };
fn implement(message: &Message<'_>) -> TokenStream {
    let Message { of, ident, options, .. } = message;
    let kind = kind(*of);
    let types = types(message);
    let info = info(message);
    let contract = options.contract.is_some();
    let (home, slot, by) = match (of, contract) {
        (Macro::Event, _) => (quote!(None), quote!(__Handler), quote!()),
        (_, true) => (
            quote!(None),
            quote!(__Handler),
            quote! {
                #[automatically_derived]
                impl _cqrs::Handled for #ident { type By = _cqrs::Linked; }
            },
        ),
        (_, false) => (quote!(Some(_cqrs::module_path!())), quote!(#ident), quote!()),
    };
    let registered = (*of == Macro::Event || contract).then(|| {
        quote! {
            #[automatically_derived]
            impl _cqrs::Registered for #ident {}
        }
    });
    let wire = wire_key(*of, options).map(|key| {
        // What serde lacks is said at the option.
        let ident = at(key.span(), ident);
        quote_spanned! {key.span()=>
            #[automatically_derived]
            impl _cqrs::Wire for #ident {}
        }
    });
    let routed = options.http.as_ref().and_then(|http| {
        let unit: Type = syn::parse_quote!(());
        http.implement(ident, options.output.as_ref().unwrap_or(&unit))
    });
    let names_aggregate = message.aggregate_ids.implement(ident);
    let checks = checks(message);
    hidden(
        &Attributes::of(message.attributes),
        options.alias(),
        quote! {
            #[automatically_derived]
            impl _cqrs::Message for #ident {
                type Kind = _cqrs::kind::#kind;
                #types
                type Crate = _cqrs::this_crate!();
                const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::#home;
                fn info() -> &'static _cqrs::MessageInfo {
                    static INFO: _cqrs::MessageInfo = #info;
                    &INFO
                }
            }
            #[automatically_derived]
            impl _cqrs::#kind for #ident {}
            #[automatically_derived]
            impl<__Handler> _cqrs::HandledIn<__Handler> for #ident { type Slot = #slot; }
            #by
            #registered
            #wire
            #routed
            #names_aggregate
            #checks
            _cqrs::submit! { Message(<#ident as _cqrs::Message>::info) }
        },
    )
}

/// The associated types, and how a handler's answer is told apart.
fn types(message: &Message<'_>) -> TokenStream {
    let options = &message.options;
    if message.of == Macro::Event {
        let transient = options.transient.as_ref().map(|_| {
            quote!(
                const TRANSIENT: _cqrs::bool = true;
            )
        });
        return quote! {
            type Output = ();
            type Error = _cqrs::BoxError;
            type Returns = _cqrs::EventReturned;
            type Routing = _cqrs::FanOut;
            type Pipeline = _cqrs::Direct;
            #transient
            fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> { __returned.sort() }
        };
    }
    let pipeline = options.pipeline.types();
    let routing = if options.contract.is_some() { quote!(ByRegistry) } else { quote!(Static) };
    let unit: Type = syn::parse_quote!(());
    let output = options.output.as_ref().unwrap_or(&unit);
    let (error, returns, sorted) = match &options.error {
        Some(error) => {
            (quote!(#error), quote!(_cqrs::Result<#output, #error>), quote!(_cqrs::sort!(#error, __returned)))
        }
        None => (quote!(_cqrs::Infallible), quote!(#output), quote!(_cqrs::Result::Ok(__returned))),
    };
    let is_success = options.output.as_ref().map(|output| {
        quote! {
            fn is_success(__output: &Self::Output) -> _cqrs::bool { _cqrs::succeeded!(#output, __output) }
        }
    });
    quote! {
        type Output = #output;
        type Error = #error;
        type Returns = #returns;
        type Routing = _cqrs::#routing;
        #pipeline
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> { #sorted }
        #is_success
    }
}

/// The declaration: name, place, description, and what the options add.
fn info(message: &Message<'_>) -> TokenStream {
    let Message { of, ident, attributes, options, .. } = message;
    let constructor = Ident::new(of.name(), Span::call_site());
    let path = ident.to_string();
    let name = options.name.as_ref().map_or_else(|| path.trim_start_matches("r#").to_owned(), |(_, name)| name.value());
    let documentation = documentation::of(attributes);
    let contract = options.contract.as_ref().map(|_| quote!(.contract()));
    let kept = match (of, &options.transient) {
        (_, Some(_)) => quote!(.transient()),
        (Macro::Event, None) => {
            let stored = quote_spanned!(ident.span()=> .an_event_is_stored_as_json::<#ident>());
            let versions = options.versions.info(ident);
            quote!(#stored #versions)
        }
        _ => quote!(),
    };
    let http = options.http.as_ref().and_then(|http| http.info(*of, ident));
    // What has a route has it with all that a message by name has, and what is missing for that is missing once.
    let wire = wire_key(*of, options).filter(|_| http.is_none()).map(|key| {
        let (constructor, ident) = (at(key.span(), &constructor), at(key.span(), ident));
        quote_spanned!(key.span()=> .wire(_cqrs::WireInfo::#constructor::<#ident>()))
    });
    let pipeline = options.pipeline.info(ident, options.error.is_some());
    let info = quote! {
        _cqrs::MessageInfo::#constructor::<#ident>(#name, _cqrs::place!(#path), #documentation)
            #contract #kept #wire #http #pipeline
    };
    message.aggregate_ids.info(ident, info)
}

/// The option that makes a message reachable by name. An event has its name for the log that keeps it; who may publish
/// it from outside is another question.
fn wire_key(of: Macro, options: &Options) -> Option<&Ident> {
    let named = options.name.as_ref().filter(|_| of != Macro::Event).map(|(key, _)| key);
    options.wire.as_ref().or(named).or(options.http.as_ref().map(|http| &http.key))
}

/// What rustc is asked about the declared types.
fn checks(message: &Message<'_>) -> TokenStream {
    let Message { of, options, .. } = message;
    match (of, &options.output) {
        (Macro::Command, Some(output)) => {
            let aggregate = quote_spanned! {output.span()=>
                _cqrs::check::a_commands_output_is_no_aggregate::<{ _cqrs::aggregate!(#output) }>()
            };
            quote!(const _: fn() = || #aggregate;)
        }
        _ => quote!(),
    }
}

/// For a message that is wrong in itself: enough of an impl that its uses are no errors of their own.
fn stub(message: &Message<'_>) -> TokenStream {
    let Message { of, ident, generics, options, .. } = message;
    let kind = kind(*of);
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let clone = (*of == Macro::Event).then(|| quote!(_cqrs::Clone+));
    let stored = quote!(Self: #clone _cqrs::Send + _cqrs::Sync + 'static);
    let bounds = match bounds {
        Some(bounds) => quote!(#bounds, #stored),
        None => quote!(where #stored),
    };
    let output = options.output.as_ref().map_or_else(|| quote!(()), |output| quote!(#output));
    let error = options.error.as_ref().map_or_else(|| quote!(_cqrs::Infallible), |error| quote!(#error));
    let returns = match options.error {
        Some(_) => quote!(_cqrs::Result<#output, #error>),
        None => quote!(#output),
    };
    hidden(
        &Attributes::of(message.attributes),
        options.alias(),
        quote! {
            impl #parameters _cqrs::Message for #ident #arguments #bounds {
                type Kind = _cqrs::kind::#kind;
                type Output = #output;
                type Error = #error;
                type Returns = #returns;
                type Routing = _cqrs::Static;
                type Pipeline = _cqrs::Direct;
                type Crate = _cqrs::this_crate!();
                const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::None;
                fn info() -> &'static _cqrs::MessageInfo { _cqrs::never() }
                fn sort(_: Self::Returns) -> _cqrs::Dispatched<Self> { _cqrs::never() }
            }
            impl #parameters _cqrs::#kind for #ident #arguments #bounds {}
            impl #parameters _cqrs::Handled for #ident #arguments #bounds { type By = _cqrs::Linked; }
        },
    )
}
