//! `#[handler]` on a function, or on an impl block whose methods are handlers.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, ImplItem, ItemImpl, ReceiverKind, ReturnType, Signature, Token, Type, Visibility};

use crate::attributes::Attributes;
use crate::errors::Errors;
use crate::expand::{at, hidden};
use crate::function::{self, Function};
use crate::lifetimes::{borrowed, without_self};
use crate::options::{Macro, Options};
use crate::parameters::{self, Parameter, Takes};
use crate::subscription;

/// A handler as the user wrote it.
struct Handler {
    /// How the function is named from beside the item: `place` or `OrderService::place`.
    path: TokenStream,
    /// The same, for people.
    name: String,
    /// Where the function is named.
    named: Span,
    /// The type it is a method of, for people.
    method_of: Option<String>,
    is_async: bool,
    /// What the expansion calls the message.
    binding: Ident,
    message: Type,
    parameters: Vec<Parameter>,
    /// Whether the first of them is `&self`.
    has_receiver: bool,
    returns: Span,
    /// `#[cfg(..)]` of the function or its block, which rustc has not looked at yet, and `#[deprecated]`.
    attributes: Attributes,
    /// Whether there is an error in it: then it gets a stub, which is enough for whoever sends the message.
    broken: bool,
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(Macro::Handler, arguments, &mut errors);
    subscription::check(&options, &mut errors);
    let handlers = match read(item.clone(), &mut errors) {
        Ok(handlers) => handlers,
        Err(error) => {
            errors.push(error);
            Vec::new()
        }
    };
    let code = handlers.iter().map(|handler| match handler.broken {
        true => stub(handler, &options),
        false => implement(handler, &options),
    });
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
    let Function { attributes, signature } = syn::parse2(item)?;
    let ident = &signature.ident;
    let name = ident.unraw().to_string();
    Ok(one(quote!(#ident), name, None, &signature, Attributes::of(&attributes), errors).into_iter().collect())
}

/// Every method of the block is a handler.
fn methods(block: &ItemImpl, errors: &mut Errors) -> Vec<Handler> {
    if let Some((path, _)) = &block.trait_ {
        errors.at(
            path,
            "`#[handler]` goes on a type's own impl block: move the methods there, or put `#[handler]` on a function \
             that calls them",
        );
        return Vec::new();
    }
    let this = &*block.self_ty;
    if !block.generics.params.is_empty() {
        errors.at(
            &block.generics.params,
            format!("a handler is concrete: remove the parameters of the impl, and name one `{}`", shown(this)),
        );
        return Vec::new();
    }
    let of_block = Attributes::of(&block.attrs);
    let mut handlers = Vec::new();
    for item in &block.items {
        let ImplItem::Fn(method) = item else {
            errors.at(item, "every item of a `#[handler] impl` is a handler: put this in another impl block");
            continue;
        };
        let ident = &method.sig.ident;
        let name = format!("{}::{}", shown(this), ident.unraw());
        let attributes = of_block.clone().and(Attributes::of(&method.attrs));
        handlers.extend(one(quote!(<#this>::#ident), name, Some(this), &method.sig, attributes, errors));
    }
    if block.items.is_empty() {
        errors.at(this, "a `#[handler] impl` has at least one method: every method is a handler");
    }
    handlers
}

/// A type as a person writes it.
fn shown(ty: &Type) -> String {
    quote!(#ty).to_string().replace(' ', "")
}

fn one(
    path: TokenStream,
    name: String,
    this: Option<&Type>,
    signature: &Signature,
    attributes: Attributes,
    errors: &mut Errors,
) -> Option<Handler> {
    let before = errors.count();
    function::check("handler", signature, errors);
    let mut inputs = signature.inputs.iter().peekable();
    let receiver = inputs.next_if(|input| matches!(input, FnArg::Receiver(_)));
    let message = inputs.next();
    let mut parameters = parameters::classify("handler", inputs, errors);
    let receiver = match (receiver, this) {
        (Some(FnArg::Receiver(receiver)), Some(this)) => {
            if !matches!(&receiver.kind, ReceiverKind::Reference(_, _, None)) {
                errors.at(receiver, "a handler takes `&self`: its type is a dependency, shared by many calls at once");
            }
            let binding = Ident::new("__self", receiver.self_token.span);
            Some(Parameter { binding, takes: Takes::Shared(this.clone()) })
        }
        (Some(receiver), None) => {
            errors.at(receiver, "a method is no handler by itself: put `#[handler]` on its impl block");
            return None;
        }
        _ => None,
    };
    let has_receiver = receiver.is_some();
    parameters.splice(0..0, receiver);
    let message = message_type(signature, message, this, errors)?;
    for parameter in &mut parameters {
        if let (Some(this), Takes::Shared(ty) | Takes::Resource(ty) | Takes::Provided(ty) | Takes::Value(ty)) =
            (this, &mut parameter.takes)
            && let Ok(written_out) = syn::parse2(without_self(&*ty, this))
        {
            *ty = written_out;
        }
    }
    let message = match this {
        Some(this) => syn::parse2(without_self(&message, this)).unwrap_or(message),
        None => message,
    };
    let mut binding = message_binding(signature, has_receiver);
    if this.is_none() {
        let bindings = parameters.iter_mut().map(|parameter| &mut parameter.binding);
        function::unlike(&signature.ident, bindings.chain([&mut binding]));
    }
    Some(Handler {
        path,
        name,
        named: signature.ident.span(),
        method_of: this.map(shown),
        is_async: signature.asyncness.is_some(),
        binding,
        message,
        parameters,
        has_receiver,
        returns: match &signature.output {
            ReturnType::Default => signature.ident.span(),
            ReturnType::Type(_, ty) => ty.span(),
        },
        attributes,
        broken: errors.count() != before,
    })
}

/// The first parameter's type, which is the message's.
fn message_type(
    signature: &Signature,
    first: Option<&FnArg>,
    this: Option<&Type>,
    errors: &mut Errors,
) -> Option<Type> {
    // Whoever put a helper among the handlers did not mean a handler at all.
    let helper = this.map_or("", |_| "; a method that is no handler goes in another impl block");
    let Some(FnArg::Typed(first)) = first else {
        let receiver = if signature.inputs.is_empty() { "" } else { "&self, " };
        errors.at_span(
            signature.ident.span(),
            format!(
                "a handler's first parameter is its message: `fn {}({receiver}message: .., ..)`{helper}",
                signature.ident
            ),
        );
        return None;
    };
    match &*first.ty {
        Type::Reference(reference) => {
            let target = &reference.elem;
            errors.at(
                &first.ty,
                format!(
                    "a handler owns its message: take `{}` by value, as the first parameter{helper}",
                    quote!(#target)
                ),
            );
            None
        }
        Type::ImplTrait(_) => {
            errors.at(&first.ty, "a handler is concrete: name the message's type");
            None
        }
        ty if borrowed(ty).is_some() => {
            errors.at(ty, "a message owns what it carries: remove the lifetime here and where the message is declared");
            None
        }
        ty => Some(ty.clone()),
    }
}

/// What the expansion calls the message: the user's name where it has one.
fn message_binding(signature: &Signature, has_receiver: bool) -> Ident {
    match signature.inputs.iter().nth(usize::from(has_receiver)) {
        Some(FnArg::Typed(first)) => parameters::binding(&first.pat, "__message"),
        _ => format_ident!("__message"),
    }
}

// Input:
//     #[handler]
//     async fn place(cmd: Place, clock: &Clock, context: Context, events: &mut Events) -> Result<..> { .. }
// Output:
//     async fn place(..) -> Result<..> { .. }
//     const _: () = {
//         use ::cqrs_core::__private as _cqrs;
//         struct __Handler;
//         impl _cqrs::Handler<Place> for __Handler {
//             type Shared = (Arc<Clock>,); type Given = (Context,); type Opened = (Events,);
//             fn call(..) -> impl Reply<Place> { _cqrs::Later(place(cmd, &**clock, context, events)) }
//         }
//         pub struct __Here;
//         _cqrs::begin_here! { __Here, __Handler }
//         impl _cqrs::Handled<Place, _cqrs::this_crate!()> for <Place as _cqrs::HandledIn<__Here>>::Slot { type By = __Here; }
//         _cqrs::submit! { Handler(..) }
//     };
fn implement(handler: &Handler, options: &Options) -> TokenStream {
    let Handler { path, name, is_async, binding, message, parameters, returns, .. } = handler;
    let shared = parameters::shared(parameters);
    let given = parameters::given(parameters);
    let opened = parameters::opened(parameters);
    let types = [shared.types, given.types, opened.types];
    let [shared_types, given_types, opened_types] =
        types.map(|types| types.unwrap_or_else(|| quote_spanned!(message.span()=> ())));
    let (shared_names, given_names, opened_names) = (&shared.names, &given.names, &opened.names);
    let mut arguments: Vec<TokenStream> = parameters::arguments(parameters).collect();
    arguments.insert(usize::from(handler.has_receiver), quote!(#binding));
    let answer = if *is_async {
        quote!(_cqrs::Later(#path(#(#arguments),*)))
    } else {
        quote!(_cqrs::Now(move || #path(#(#arguments),*)))
    };
    let reply = quote_spanned!(*returns=> impl _cqrs::Reply<'x, #message>);
    // At the message, like everything that is wrong where it is none.
    let header = quote_spanned!(message.span()=> impl _cqrs::Handler<#message> for __Handler);
    let info = quote_spanned!(message.span()=> <__Handler as _cqrs::Handler<#message>>::info);
    let handled = handled(message, &quote!(__Here));
    // At the function's name: a method's line is its own and not the block's.
    let place = quote_spanned!(handler.named=> _cqrs::place!(#name));
    let method_of = handler.method_of.as_ref().map(|this| quote!(.method_of(_cqrs::path!(#this))));
    let subscription = subscription::info(options);
    let checks = checks(handler, options);
    hidden(
        &handler.attributes,
        options.alias(),
        quote! {
            struct __Handler;
            #[automatically_derived]
            #header {
                type Shared = #shared_types;
                type Given = #given_types;
                type Opened = #opened_types;
                fn info() -> &'static _cqrs::HandlerInfo {
                    static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<#message, __Handler>(#place) #method_of #subscription;
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
            pub struct __Here;
            _cqrs::begin_here! { __Here, __Handler }
            #handled
            #checks
            _cqrs::submit! { Handler(#info) }
        },
    )
}

/// Where the message says that its handler is known; at its type, so that two handlers are an error there.
fn handled(message: &Type, by: &TokenStream) -> TokenStream {
    quote_spanned! {message.span()=>
        #[automatically_derived]
        impl _cqrs::Handled<#message, _cqrs::this_crate!()> for <#message as _cqrs::HandledIn<__Here>>::Slot { type By = #by; }
    }
}

/// For a handler that is wrong in itself: whoever sends its message has no error of their own.
fn stub(handler: &Handler, options: &Options) -> TokenStream {
    let handled = handled(&handler.message, &quote!(_cqrs::Linked));
    hidden(
        &handler.attributes,
        options.alias(),
        quote! {
            pub struct __Here;
            #handled
        },
    )
}

/// What rustc is asked about the parameters, each at its own type, and about the function at its name.
fn checks(handler: &Handler, options: &Options) -> TokenStream {
    let Handler { message, parameters, named, is_async, .. } = handler;
    let first = quote_spanned! {message.span()=>
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            { _cqrs::check::in_one_crate(<#message as _cqrs::Message>::HOME, _cqrs::module_path!()) }
        >();
    };
    let timed = (!is_async).then(|| {
        let message = at(*named, message);
        quote_spanned! {*named=>
            _cqrs::check::a_timeout_interrupts_an_async_fn::<{ <#message as _cqrs::Message>::TIMED }>();
        }
    });
    let subscribes = subscription::checks(options, message);
    let opens = parameters.iter().any(|parameter| matches!(parameter.takes, Takes::Resource(_) | Takes::Provided(_)));
    let each = parameters.iter().map(|parameter| {
        // rustc blames the first type that it can: the message stands at the parameter too.
        let here = parameter.takes.ty().span();
        let message = at(here, message);
        match &parameter.takes {
            Takes::Shared(ty) if is_named_bus(ty) => {
                quote_spanned!(here=> _cqrs::check::the_bus_is_no_dependency::<{ _cqrs::bus!(#ty) }>();)
            }
            Takes::Shared(ty @ Type::TraitObject(_)) => {
                quote_spanned!(here=> _cqrs::check::a_query_takes_what_is_read_only::<#message, #ty>();)
            }
            Takes::Shared(ty) => {
                quote_spanned!(here=> _cqrs::check::reference::<#message, #ty>().may_be_taken();)
            }
            Takes::Value(ty) => {
                quote_spanned!(here=> _cqrs::check::value::<#message, #ty, #opens>().may_be_taken();)
            }
            Takes::Resource(_) | Takes::Provided(_) => {
                quote_spanned!(here=> _cqrs::check::a_query_opens_nothing::<#message>();)
            }
        }
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
            let (message, first) = (at(second.span(), message), at(second.span(), first));
            quote_spanned!(second.span()=> _cqrs::check::a_call_has_one_unit_of_work::<#message, #first, #second>();)
        })
    });
    quote! {
        const _: fn() = || {
            #first
            #timed
            #subscribes
            #(#each)*
            #(#pairs)*
        };
    }
}

/// Whether a type is named like the bus; whether it is the bus, rustc says.
fn is_named_bus(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Bus"))
}
