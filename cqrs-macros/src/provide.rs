//! `#[provide]` on a function.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, PathArguments, ReturnType, Type};

use crate::attributes::Attributes;
use crate::errors::Errors;
use crate::expand::hidden;
use crate::function::{self, Function};
use crate::options::{Macro, Options};
use crate::parameters::{self, Parameter, Takes};

/// A provider as the user wrote it.
struct Provider {
    function: Function,
    parameters: Vec<Parameter>,
    /// The value, without `Result`.
    value: Type,
    fallible: bool,
    per_call: bool,
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(Macro::Provide, arguments, &mut errors);
    let provider = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => read(function, &options, &mut errors),
        Err(error) => {
            errors.at_span(error.span(), "`#[provide]` goes on a function that returns what it provides");
            None
        }
    };
    let code = match provider {
        Some(provider) if errors.is_empty() => implement(&provider, &options),
        _ => TokenStream::new(),
    };
    let errors = errors.into_tokens();
    quote!(#item #errors #code)
}

fn read(function: Function, options: &Options, errors: &mut Errors) -> Option<Provider> {
    let signature = &function.signature;
    function::check("provider", signature, errors);
    let mut parameters = parameters::classify("provider", signature.inputs.iter(), errors);
    function::unlike(&signature.ident, parameters.iter_mut().map(|parameter| &mut parameter.binding));
    if let Some(receiver @ FnArg::Receiver(_)) = signature.inputs.first() {
        errors.at(receiver, "a provider is a free function");
    }
    for input in &signature.inputs {
        if let FnArg::Typed(input) = input
            && let Type::Reference(reference) = &*input.ty
            && reference.mutability.is_some()
        {
            errors.at(
                &input.ty,
                "a provider takes dependencies as `&T`, and by value what belongs to the call, which makes it a provider \
                 for each call",
            );
        }
    }
    let ReturnType::Type(_, returned) = &signature.output else {
        errors.at(&signature.ident, format!("a provider returns what it provides: `fn {}(..) -> T`", signature.ident));
        return None;
    };
    let (value, fallible) = match argument_of(returned, "Result") {
        Some(value) => (value.clone(), true),
        None => ((**returned).clone(), false),
    };
    if let Type::ImplTrait(_) = value {
        errors.at(&value, "a dependency has a name: return the type, or `Arc<dyn Trait>`");
        return None;
    }
    if let Type::Reference(reference) = &value {
        let target = &reference.elem;
        errors.at(
            &value,
            format!(
                "a provider gives away what it makes: return `{0}`, or `Arc<{0}>`; handlers take it as `&{0}`",
                quote!(#target)
            ),
        );
        return None;
    }
    let by_value = parameters.iter().any(|parameter| matches!(parameter.takes, Takes::Value(_)));
    let per_call = by_value || options.per_call.is_some();
    if let (Some(key), true) = (&options.read_only, per_call) {
        errors.at(
            key,
            "what is made for each call is taken as `&mut`, which no query does: `read_only` says nothing here",
        );
    }
    Some(Provider { parameters, value, fallible, per_call, function })
}

/// `T` of `Name<T, ..>`, by the last segment of the path: what an alias hides is not seen.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

// Input:
//     #[provide]
//     async fn mailer(config: &Config) -> Result<Arc<dyn Mailer>, MailError> { .. }
// Output:
//     async fn mailer(..) -> .. { .. }
//     const _: () = {
//         use ::cqrs_core::__private as _cqrs;
//         struct __Provider;
//         impl _cqrs::Provider for __Provider { type Provides = dyn Mailer; type Shared = (Arc<Config>,); .. }
//         impl _cqrs::ProvidesShared for __Provider { async fn provide(..) -> .. { .. } }
//         _cqrs::submit! { Provider(..) }
//     };
fn implement(provider: &Provider, options: &Options) -> TokenStream {
    let Provider { function, parameters, value, fallible, per_call } = provider;
    let ident = &function.signature.ident;
    let name = ident.unraw().to_string();
    let shared = parameters::shared(parameters);
    let parts = parameters::given(parameters);
    let [shared_types, parts_types] = [shared.types, parts.types].map(|types| types.unwrap_or_else(|| quote!(())));
    let (shared_names, parts_names) = (&shared.names, &parts.names);
    let arguments = parameters::arguments(parameters);
    let awaited = function.signature.asyncness.map(|_| quote!(.await));
    let asked = fallible.then(|| quote_spanned!(function.signature.output.span()=> ?));
    let call = quote!(#ident(#(#arguments),*) #awaited #asked);
    let target = if *per_call { None } else { argument_of(value, "Arc") };
    let boxed = if *per_call { None } else { argument_of(value, "Box") };
    let provides = target.or(boxed).unwrap_or(value);
    let (role, register, returned) = if *per_call {
        (quote!(ProvidesPerCall), quote!(per_call), quote!(#call))
    } else {
        let made = match (target, boxed) {
            (Some(_), _) => call,
            (_, Some(_)) => quote!(_cqrs::Arc::from(#call)),
            _ => quote!(_cqrs::Arc::new(#call)),
        };
        (quote!(ProvidesShared), quote!(shared), made)
    };
    let (parts_parameter, provided) = if *per_call {
        (quote!(#parts_names: Self::Parts,), quote!(Self::Provides))
    } else {
        (quote!(), quote!(_cqrs::Arc<Self::Provides>))
    };
    // At the type, like everything that is wrong with it.
    let info = quote_spanned!(provides.span()=> _cqrs::ProviderInfo::#register::<__Provider>);
    let grant = options.read_only.as_ref().map(|_| {
        let grant: TokenStream = quote_spanned!(provides.span()=> impl _cqrs::ReadOnly for #provides {});
        quote!(#[automatically_derived] #grant)
    });
    // A trait object is opened as `Provided<dyn Trait>`, a type of ours; any other type is a resource itself.
    let resource = (*per_call && argument_of(value, "Box").is_none()).then(|| {
        let header =
            quote_spanned!(value.span()=> impl<__Message: _cqrs::Message> _cqrs::Resource<__Message> for #value);
        quote! {
            #[automatically_derived]
            #header {
                type Unit = _cqrs::AnyUnit;
                const OPENING: _cqrs::Opening = _cqrs::Opening::Provided(_cqrs::Need::of::<#value>());
                async fn open(__scope: &mut _cqrs::Scope, _: &__Message) -> _cqrs::Result<Self, _cqrs::Fault> {
                    __scope.provided::<#value>().await
                }
                async fn stage(self, _: &mut _cqrs::Scope) -> _cqrs::Result<(), _cqrs::Fault> { _cqrs::Result::Ok(()) }
            }
        }
    });
    let checks: Vec<TokenStream> = parameters.iter().filter_map(check).collect();
    let checks = (!checks.is_empty()).then(|| quote!(const _: fn() = || { #(#checks)* };));
    hidden(
        &Attributes::of(&function.attributes),
        options.alias(),
        quote! {
            struct __Provider;
            #[automatically_derived]
            impl _cqrs::Provider for __Provider {
                type Provides = #provides;
                type Shared = #shared_types;
                type Parts = #parts_types;
            }
            #[automatically_derived]
            impl _cqrs::#role for __Provider {
                async fn provide(__shared: Self::Shared, #parts_parameter) -> _cqrs::Result<#provided, _cqrs::BoxError> {
                    let #shared_names = &__shared;
                    _cqrs::Result::Ok(#returned)
                }
            }
            #grant
            #resource
            #checks
            const _: () = {
                fn info() -> &'static _cqrs::ProviderInfo {
                    static INFO: _cqrs::ProviderInfo = #info(_cqrs::place!(#name));
                    &INFO
                }
                _cqrs::submit! { Provider(info) }
            };
        },
    )
}

/// What rustc is asked about a parameter, at its type.
fn check(parameter: &Parameter) -> Option<TokenStream> {
    match &parameter.takes {
        Takes::Shared(Type::TraitObject(_)) => None,
        Takes::Shared(ty) => Some(quote_spanned!(ty.span()=> _cqrs::check::dependency::<#ty>().may_be_taken();)),
        _ => None,
    }
}
