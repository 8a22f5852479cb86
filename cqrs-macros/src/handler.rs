//! `#[handler]` on a function, or on an impl block whose methods are handlers.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, ImplItem, ItemImpl, ReceiverKind, ReturnType, Signature, Token, Type, Visibility};

use crate::errors::Errors;
use crate::expand::hidden;
use crate::function::{self, Function};
use crate::lifetimes::without_self;
use crate::options::{Macro, Options};
use crate::parameters::{self, Parameter, Takes};

/// A handler as the user wrote it.
struct Handler {
    /// How the function is named from beside the item: `place` or `OrderService::place`.
    path: TokenStream,
    /// The same, for people.
    name: String,
    is_async: bool,
    /// What the expansion calls the message.
    binding: Ident,
    message: Type,
    parameters: Vec<Parameter>,
    returns: Span,
    /// `#[cfg(..)]` of a method, which rustc has not looked at yet.
    conditions: Vec<Attribute>,
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(Macro::Handler, arguments, &mut errors);
    let handlers = match read(item.clone(), &mut errors) {
        Ok(handlers) => handlers,
        Err(error) => {
            errors.push(error);
            Vec::new()
        }
    };
    let code = handlers.iter().map(|handler| implement(handler, &options));
    let code = quote!(#(#code)*);
    let errors = errors.into_tokens();
    quote!(#item #errors #code)
}

fn read(item: TokenStream, errors: &mut Errors) -> syn::Result<Vec<Handler>> {
    let is_impl = |input: ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let is_impl = input.peek(Token![impl]) || (input.peek(Token![unsafe]) && input.peek2(Token![impl]));
        let is_fn = input.peek(Token![fn])
            || input.peek(Token![async])
            || input.peek(Token![const])
            || input.peek(Token![unsafe])
            || input.peek(Token![extern]);
        let next = input.cursor().span();
        input.parse::<TokenStream>()?;
        if !is_impl && !is_fn {
            return Err(syn::Error::new(next, "`#[handler]` goes on a function or on an impl block"));
        }
        Ok(is_impl)
    };
    if is_impl.parse2(item.clone())? {
        return Ok(methods(&syn::parse2(item)?, errors));
    }
    let Function { signature, .. } = syn::parse2(item)?;
    let ident = &signature.ident;
    Ok(one(quote!(#ident), ident.to_string(), None, &signature, Vec::new(), errors).into_iter().collect())
}

/// Every method of the block is a handler.
fn methods(block: &ItemImpl, errors: &mut Errors) -> Vec<Handler> {
    if let Some((path, _)) = &block.trait_ {
        errors.at(path, "handlers stand in a block of their own type's: remove the trait, or put `#[handler]` on a function that calls it");
        return Vec::new();
    }
    function::concrete("handler", &format_ident!("Self"), &block.generics, errors);
    if !block.generics.params.is_empty() {
        return Vec::new();
    }
    let this = &*block.self_ty;
    let mut handlers = Vec::new();
    for item in &block.items {
        let ImplItem::Fn(method) = item else {
            errors.at(item, "every item of a `#[handler] impl` is a handler: put this in another impl block");
            continue;
        };
        let ident = &method.sig.ident;
        let name = format!("{}::{ident}", quote!(#this).to_string().replace(' ', ""));
        let conditions = method.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect();
        handlers.extend(one(quote!(<#this>::#ident), name, Some(this), &method.sig, conditions, errors));
    }
    if block.items.is_empty() {
        errors.at(this, "a `#[handler] impl` has at least one method: every method is a handler");
    }
    handlers
}

fn one(
    path: TokenStream,
    name: String,
    this: Option<&Type>,
    signature: &Signature,
    conditions: Vec<Attribute>,
    errors: &mut Errors,
) -> Option<Handler> {
    function::check("handler", signature, errors);
    let mut inputs = signature.inputs.iter().peekable();
    let receiver = inputs.next_if(|input| matches!(input, FnArg::Receiver(_)));
    let message = inputs.next();
    let mut parameters = parameters::classify("handler", inputs, errors);
    if let (Some(FnArg::Receiver(receiver)), Some(this)) = (receiver, this) {
        match &receiver.kind {
            ReceiverKind::Reference(_, _, None) => {}
            _ => errors.at(
                receiver,
                "a method that handles takes `&self`: its type is a dependency, shared by many calls at once",
            ),
        }
        let binding = Ident::new("this", receiver.self_token.span);
        parameters.insert(0, Parameter { binding, takes: Takes::Shared(this.clone()) });
    }
    let message = message_type(signature, message, errors)?;
    for parameter in &mut parameters {
        if let (Some(this), Takes::Shared(ty) | Takes::Resource(ty) | Takes::Provided(ty) | Takes::Value(ty)) =
            (this, &mut parameter.takes)
            && let Ok(written_out) = syn::parse2(without_self(&*ty, this))
        {
            *ty = written_out;
        }
    }
    // A signature that is wrong in itself gets no impl: its errors are the ones above.
    if !signature.generics.params.iter().all(|parameter| matches!(parameter, syn::GenericParam::Lifetime(_))) {
        return None;
    }
    if parameters.len() + 1 != signature.inputs.len() {
        return None;
    }
    Some(Handler {
        path,
        name,
        is_async: signature.asyncness.is_some(),
        binding: binding_of(signature, receiver.is_some()),
        message,
        parameters,
        returns: match &signature.output {
            ReturnType::Default => signature.ident.span(),
            ReturnType::Type(_, ty) => ty.span(),
        },
        conditions,
    })
}

/// The first parameter's type, which is the message's.
fn message_type(signature: &Signature, first: Option<&FnArg>, errors: &mut Errors) -> Option<Type> {
    let Some(FnArg::Typed(first)) = first else {
        errors.at_span(
            signature.ident.span(),
            format!("a handler's first parameter is its message: `fn {}(message: .., ..)`", signature.ident),
        );
        return None;
    };
    match &*first.ty {
        Type::Reference(reference) => {
            let target = &reference.elem;
            errors.at(
                &first.ty,
                format!("a handler owns its message: take `{}` by value, as the first parameter", quote!(#target)),
            );
            None
        }
        Type::ImplTrait(_) => {
            errors.at(&first.ty, "a handler is concrete: name the message's type");
            None
        }
        ty => Some(ty.clone()),
    }
}

fn binding_of(signature: &Signature, has_receiver: bool) -> Ident {
    match signature.inputs.iter().nth(usize::from(has_receiver)) {
        Some(FnArg::Typed(first)) => match &*first.pat {
            syn::Pat::Ident(pattern) if pattern.subpat.is_none() => pattern.ident.clone(),
            _ => format_ident!("message"),
        },
        _ => format_ident!("message"),
    }
}

// Input:
//     #[handler]
//     async fn place(cmd: Place, clock: &Clock, context: Context, events: &mut Events) -> Result<..> { .. }
// Output:
//     async fn place(..) -> Result<..> { .. }
//     const _: () = {
//         use ::cqrs_core::__private as _cqrs;
//         pub struct __Handler;
//         impl _cqrs::Handler<Place> for __Handler {
//             type Shared = (Arc<Clock>,); type Given = (Context,); type Opened = (Events,);
//             fn call(..) -> impl Reply<Place> { _cqrs::Later(place(cmd, &**clock, context, events)) }
//         }
//         impl _cqrs::Handled<Place> for <Place as _cqrs::HandledIn<__Handler>>::Slot { .. }
//         _cqrs::submit! { Handler(..) }
//     };
fn implement(handler: &Handler, options: &Options) -> TokenStream {
    let Handler { path, name, is_async, binding, message, parameters, returns, conditions } = handler;
    let shared = parameters::shared(parameters);
    let given = parameters::given(parameters);
    let opened = parameters::opened(parameters);
    let (shared_types, given_types, opened_types) = (&shared.types, &given.types, &opened.types);
    let (shared_names, given_names, opened_names) = (&shared.names, &given.names, &opened.names);
    let arguments = parameters::arguments(parameters);
    let receiver_first = parameters.first().is_some_and(|first| first.binding == "this" && name.contains("::"));
    let arguments: Vec<TokenStream> = arguments.collect();
    let arguments = match (receiver_first, arguments.split_first()) {
        (true, Some((this, rest))) => quote!(#this, #binding #(, #rest)*),
        _ => quote!(#binding #(, #arguments)*),
    };
    let answer =
        if *is_async { quote!(_cqrs::Later(#path(#arguments))) } else { quote!(_cqrs::Now(move || #path(#arguments))) };
    let reply = quote_spanned!(*returns=> impl _cqrs::Reply<'x, #message>);
    let handled = quote_spanned! {message.span()=>
        #[automatically_derived]
        impl _cqrs::Handled<#message> for <#message as _cqrs::HandledIn<__Handler>>::Slot { type By = _cqrs::Here<__Handler>; }
    };
    let checks = checks(message, parameters);
    let code = hidden(
        options.alias(),
        quote! {
            pub struct __Handler;
            #[automatically_derived]
            impl _cqrs::Handler<#message> for __Handler {
                type Shared = #shared_types;
                type Given = #given_types;
                type Opened = #opened_types;
                fn info() -> &'static _cqrs::HandlerInfo {
                    static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<#message, __Handler>(_cqrs::place!(#name));
                    &INFO
                }
                fn call<'x>(
                    #shared_names: &'x Self::Shared,
                    #given_names: Self::Given,
                    #opened_names: &'x mut Self::Opened,
                    #binding: #message,
                ) -> #reply {
                    #answer
                }
            }
            #handled
            #checks
            _cqrs::submit! { Handler(<__Handler as _cqrs::Handler<#message>>::info) }
        },
    );
    quote!(#(#conditions)* #code)
}

/// What rustc is asked about the parameters, each at its own type.
fn checks(message: &Type, parameters: &[Parameter]) -> TokenStream {
    let first = quote_spanned! {message.span()=>
        _cqrs::check::the_first_parameter_is_a_message::<#message>();
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            { _cqrs::check::in_one_crate(<#message as _cqrs::Message>::HOME, _cqrs::module_path!()) }
        >();
    };
    let each = parameters.iter().map(|parameter| match &parameter.takes {
        Takes::Shared(ty) => {
            let bus = is_named_bus(ty).then(|| {
                quote_spanned!(ty.span()=> _cqrs::check::the_bus_is_no_dependency::<{ _cqrs::bus!(#ty) }>();)
            });
            let check = quote_spanned!(ty.span()=> _cqrs::check::a_reference_is_a_shared_dependency::<#message, #ty>(););
            match bus {
                Some(bus) => quote!(#bus),
                None => check,
            }
        }
        Takes::Resource(ty) => {
            quote_spanned!(ty.span()=> _cqrs::check::a_mutable_reference_is_a_resource::<#message, #ty>();)
        }
        Takes::Provided(ty) => {
            quote_spanned!(ty.span()=> _cqrs::check::a_mutable_reference_is_a_resource::<#message, _cqrs::Provided<#ty>>();)
        }
        Takes::Value(ty) => quote_spanned!(ty.span()=> _cqrs::check::a_value_is_read_off_the_call::<#message, #ty>();),
    });
    let resources: Vec<&Type> = parameters
        .iter()
        .filter_map(|parameter| match &parameter.takes {
            Takes::Resource(ty) => Some(ty),
            _ => None,
        })
        .collect();
    let pairs = resources.iter().enumerate().flat_map(|(index, second)| {
        resources[..index].iter().map(move |first| {
            quote_spanned!(second.span()=> _cqrs::check::a_call_has_one_unit_of_work::<#message, #first, #second>();)
        })
    });
    quote! {
        const _: fn() = || {
            #first
            #(#each)*
            #(#pairs)*
        };
    }
}

/// Whether a type is named like the bus; whether it is the bus, rustc says.
fn is_named_bus(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Bus"))
}
